package control_test

import (
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/secret"
	"portico/usecase"
)

const (
	accessLife  = time.Hour
	sessionLife = 14 * 24 * time.Hour
)

// approved signs somebody up and approves of them.
func (h *house) approved(t testing.TB, email string) portico.Developer {
	t.Helper()
	d := h.member(t, email)
	d, err := h.Developers.SetStatus(t.Context(), h.portal.ID, d.ID, portico.Approved, "")
	must(t, err)
	return d
}

func (h *house) signIn(t testing.TB, email string) developers.IssuedSession {
	t.Helper()
	s, err := h.Sessions.SignIn(t.Context(), h.portal.ID, email, secret.New(goodPassword), developers.Browser{})
	must(t, err)
	return s
}

// signedIn says whether an access token opens the portal.
func (h *house) signedIn(t testing.TB, access secret.Text) bool {
	t.Helper()
	_, err := h.Sessions.Developer(t.Context(), h.portal.ID, access)
	if err != nil {
		wantKind(t, err, portico.KindUnauthenticated)
	}
	return err == nil
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	sam := h.member(t, "sam@dev.example")
	try := func(portal portico.PortalID, email, pass string) string {
		issued, err := h.Sessions.SignIn(ctx, portal, email, secret.New(pass), developers.Browser{})
		if !issued.Access.Empty() || !issued.Refresh.Empty() {
			t.Error("a refused sign-in gave tokens")
		}
		return wantKind(t, err, portico.KindUnauthenticated).Detail
	}
	wrong := try(h.portal.ID, "sam@dev.example", "not the passphrase")
	other, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Other")})
	must(t, err)
	for _, same := range []string{try(h.portal.ID, "nobody@dev.example", goodPassword), try(other.ID, "sam@dev.example", goodPassword),
		try(h.portal.ID, h.developer.Email, ""), try(h.portal.ID, "", "")} {
		if same != wrong {
			t.Errorf("%q tells more than %q", same, wrong)
		}
	}
	pending := try(h.portal.ID, "sam@dev.example", goodPassword)
	for _, status := range []portico.Status{portico.Revoked, portico.Rejected} {
		_, err := h.Developers.SetStatus(ctx, h.portal.ID, sam.ID, status, "")
		must(t, err)
		if ended := try(h.portal.ID, "sam@dev.example", goodPassword); ended == wrong || ended == pending {
			t.Errorf("%s: %s", status, ended)
		}
	}
	_, err = h.Developers.SetStatus(ctx, h.portal.ID, sam.ID, portico.Approved, "")
	must(t, err)
	issued := h.signIn(t, "SAM@dev.example")
	now := h.clock.Now()
	if !issued.AccessExpiresAt.Equal(now.Add(accessLife)) || !issued.RefreshExpiresAt.Equal(now.Add(sessionLife)) || issued.Access.Equal(issued.Refresh) {
		t.Errorf("issued %+v", issued)
	}
	who, err := h.Sessions.Developer(ctx, h.portal.ID, issued.Access)
	must(t, err)
	if who.ID != sam.ID {
		t.Errorf("signed in as %+v", who)
	}
	for _, token := range []secret.Text{issued.Refresh, {}, secret.New("nonsense")} {
		if h.signedIn(t, token) {
			t.Errorf("%d characters opened the portal", len(token.Reveal()))
		}
	}
	_, err = h.Sessions.Developer(ctx, other.ID, issued.Access)
	wantKind(t, err, portico.KindUnauthenticated)
}

func TestRefreshReplacesBothTokens(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.approved(t, "sam@dev.example")
		first := h.signIn(t, "sam@dev.example")
		h.clock.Advance(accessLife)
		if h.signedIn(t, first.Access) {
			t.Error("an expired access token works")
		}
		second, err := h.Sessions.Refresh(ctx, h.portal.ID, first.Refresh)
		must(t, err)
		if !h.signedIn(t, second.Access) || h.signedIn(t, first.Access) {
			t.Error("the tokens were not replaced")
		}
		if !second.RefreshExpiresAt.Equal(first.RefreshExpiresAt) {
			t.Error("refreshing prolongs a session without end")
		}
		for _, token := range []secret.Text{first.Refresh, second.Access, {}} {
			_, err = h.Sessions.Refresh(ctx, h.portal.ID, token)
			wantKind(t, err, portico.KindUnauthenticated)
		}
		_, err = h.Sessions.Refresh(ctx, "nowhere", second.Refresh)
		wantKind(t, err, portico.KindUnauthenticated)
		h.clock.Advance(second.RefreshExpiresAt.Sub(h.clock.Now()) - time.Minute)
		last, err := h.Sessions.Refresh(ctx, h.portal.ID, second.Refresh)
		must(t, err)
		if !last.AccessExpiresAt.Equal(last.RefreshExpiresAt) {
			t.Errorf("the access token outlives its session: %+v", last)
		}
		h.clock.Advance(time.Minute)
		_, err = h.Sessions.Refresh(ctx, h.portal.ID, last.Refresh)
		wantKind(t, err, portico.KindUnauthenticated)
		if h.signedIn(t, last.Access) {
			t.Error("an expired session works")
		}
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	h.approved(t, "sam@dev.example")
	for _, tokens := range []func(developers.IssuedSession) (access, refresh secret.Text){
		func(s developers.IssuedSession) (secret.Text, secret.Text) { return s.Access, s.Refresh },
		func(s developers.IssuedSession) (secret.Text, secret.Text) { return s.Access, secret.Text{} },
		func(s developers.IssuedSession) (secret.Text, secret.Text) { return secret.Text{}, s.Refresh },
	} {
		leaving, staying := h.signIn(t, "sam@dev.example"), h.signIn(t, "sam@dev.example")
		access, refresh := tokens(leaving)
		must(t, h.Sessions.SignOut(ctx, h.portal.ID, access, refresh))
		must(t, h.Sessions.SignOut(ctx, h.portal.ID, access, refresh))
		_, err := h.Sessions.Refresh(ctx, h.portal.ID, leaving.Refresh)
		wantKind(t, err, portico.KindUnauthenticated)
		if h.signedIn(t, leaving.Access) || !h.signedIn(t, staying.Access) {
			t.Error("signing out ended the wrong session")
		}
	}
	must(t, h.Sessions.SignOut(ctx, h.portal.ID, secret.Text{}, secret.Text{}))
}

func TestWhatEndsEverySession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*house, *testing.T, portico.Developer) error{
		"revoked": func(h *house, t *testing.T, d portico.Developer) error {
			_, err := h.Developers.SetStatus(t.Context(), h.portal.ID, d.ID, portico.Revoked, "")
			return err
		},
		"revoked and approved again": func(h *house, t *testing.T, d portico.Developer) error {
			for _, status := range []portico.Status{portico.Revoked, portico.Approved} {
				if _, err := h.Developers.SetStatus(t.Context(), h.portal.ID, d.ID, status, ""); err != nil {
					return err
				}
			}
			return nil
		},
		"deleted": func(h *house, t *testing.T, d portico.Developer) error {
			return h.Developers.Delete(t.Context(), h.portal.ID, d.ID)
		},
		"another password": func(h *house, t *testing.T, d portico.Developer) error {
			letter := h.oneMail(t, func() error { return h.Developers.ForgotPassword(t.Context(), h.portal.ID, d.Email) })
			return h.Developers.ResetPassword(t.Context(), h.portal.ID, linked(t, letter), secret.New("quite another passphrase"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			sam := h.approved(t, "sam@dev.example")
			h.approved(t, "other@dev.example")
			one, two, other := h.signIn(t, sam.Email), h.signIn(t, sam.Email), h.signIn(t, "other@dev.example")
			must(t, end(h, t, sam))
			for _, s := range []developers.IssuedSession{one, two} {
				if h.signedIn(t, s.Access) {
					t.Error("an access token works")
				}
				_, err := h.Sessions.Refresh(t.Context(), h.portal.ID, s.Refresh)
				wantKind(t, err, portico.KindUnauthenticated)
			}
			if !h.signedIn(t, other.Access) {
				t.Error("somebody else was signed out")
			}
		})
	}
}

// TestSignInThatIsOvertaken: what ends every session also ends the one that is
// being opened while it happens.
func TestSignInThatIsOvertaken(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*house, *testing.T, portico.Developer) error{
		"password": func(h *house, t *testing.T, d portico.Developer) error {
			letter := h.oneMail(t, func() error { return h.Developers.ForgotPassword(t.Context(), h.portal.ID, d.Email) })
			return h.Developers.ResetPassword(t.Context(), h.portal.ID, linked(t, letter), secret.New("quite another passphrase"))
		},
		"status": func(h *house, t *testing.T, d portico.Developer) error {
			_, err := h.Developers.SetStatus(t.Context(), h.portal.ID, d.ID, portico.Revoked, "")
			return err
		},
		"deletion": func(h *house, t *testing.T, d portico.Developer) error {
			return h.Developers.Delete(t.Context(), h.portal.ID, d.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			sam := h.approved(t, "sam@dev.example")
			store := &troubledStore{Store: h.store, before: func(n int) {
				if n == 1 { // the second one tells the audit log of the refusal
					must(t, end(h, t, sam))
				}
			}}
			sessions := h.with(func(d *usecase.Deps) { d.Store = store }).Sessions
			issued, err := sessions.SignIn(t.Context(), h.portal.ID, sam.Email, secret.New(goodPassword), developers.Browser{})
			wantKind(t, err, portico.KindUnauthenticated)
			if !issued.Access.Empty() {
				t.Error("tokens were issued")
			}
		})
	}
}

func TestSweepForgetsOnlyWhatHasExpired(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	h.approved(t, "sam@dev.example")
	h.signIn(t, "sam@dev.example")
	must(t, h.Developers.ForgotPassword(ctx, h.portal.ID, "sam@dev.example"))
	count := func() (sessions, tokens int) {
		must(t, h.store.View(ctx, func(tx portico.Tx) error {
			s, err := tx.Sessions().List(ctx, portico.Everything())
			if err != nil {
				return err
			}
			o, err := tx.OneTimeTokens().List(ctx, portico.Everything())
			sessions, tokens = s.Total, o.Total
			return err
		}))
		return sessions, tokens
	}
	for _, test := range []struct {
		pass             time.Duration
		sessions, tokens int
	}{{0, 1, 1}, {time.Hour + time.Second, 1, 0}, {sessionLife, 0, 0}} {
		h.clock.Advance(test.pass)
		must(t, h.Sessions.Sweep(ctx))
		if sessions, tokens := count(); sessions != test.sessions || tokens != test.tokens {
			t.Errorf("%d sessions and %d tokens are left, want %d and %d", sessions, tokens, test.sessions, test.tokens)
		}
	}
}
