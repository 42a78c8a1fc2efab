package control_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/secret"
)

const goodPassword = "a long enough passphrase"

// linked is the token of the link in a mail.
func linked(t testing.TB, m portico.Message) string {
	t.Helper()
	u, err := url.Parse(m.Link)
	must(t, err)
	token := u.Query().Get("token")
	if !portico.IsID(token) || u.Host != "airline.localhost" || !strings.Contains(m.Text, m.Link) {
		t.Fatalf("the link is %s in %q", m.Link, m.Text)
	}
	return token
}

// oneMail runs something that sends exactly one mail.
func (h *house) oneMail(t testing.TB, run func() error) portico.Message {
	t.Helper()
	mails := h.journal.mailed(func() { must(t, run()) })
	if len(mails) != 1 {
		t.Fatalf("%d mails were sent", len(mails))
	}
	return mails[0]
}

// member signs somebody up, up to the password.
func (h *house) member(t testing.TB, email string) portico.Developer {
	t.Helper()
	ctx := t.Context()
	letter := h.oneMail(t, func() error {
		return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: email, FullName: "Sam Signup"})
	})
	_, next, err := h.Developers.VerifyEmail(ctx, h.portal.ID, linked(t, letter))
	must(t, err)
	must(t, h.Developers.ResetPassword(ctx, h.portal.ID, next, secret.New(goodPassword)))
	return h.developerBy(t, email)
}

func (h *house) developerBy(t testing.TB, email string) portico.Developer {
	t.Helper()
	page, err := h.Developers.List(t.Context(), h.portal.ID, portico.Everything(portico.Where("email", email)))
	must(t, err)
	if len(page.Items) != 1 {
		t.Fatalf("%d developers have the address %s", len(page.Items), email)
	}
	return page.Items[0]
}

func TestSignUpFromTheFormToThePassword(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		letter := h.oneMail(t, func() error {
			return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "Sam@Dev.example", FullName: "Sam Signup"})
		})
		if letter.Kind != "confirm-email-address" || letter.To != "sam@dev.example" {
			t.Errorf("mailed %+v", letter)
		}
		sam := h.developerBy(t, "sam@dev.example")
		if sam.Status != portico.Pending || sam.EmailVerified || sam.PasswordHash != "" {
			t.Errorf("signed up as %+v", sam)
		}
		token := linked(t, letter)
		wantKind(t, h.Developers.ResetPassword(ctx, h.portal.ID, token, secret.New(goodPassword)), portico.KindNotFound) // another purpose
		email, next, err := h.Developers.VerifyEmail(ctx, h.portal.ID, token)
		must(t, err)
		if email != "sam@dev.example" {
			t.Errorf("verified %s", email)
		}
		_, _, err = h.Developers.VerifyEmail(ctx, h.portal.ID, token)
		wantKind(t, err, portico.KindNotFound)
		_, _, err = h.Developers.VerifyEmail(ctx, h.portal.ID, next) // another purpose
		wantKind(t, err, portico.KindNotFound)
		wantFault(t, h.Developers.ResetPassword(ctx, h.portal.ID, next, secret.New("short")), "password", "min_length")
		must(t, h.Developers.ResetPassword(ctx, h.portal.ID, next, secret.New(goodPassword))) // a bad password does not use the token up
		wantKind(t, h.Developers.ResetPassword(ctx, h.portal.ID, next, secret.New("another passphrase")), portico.KindNotFound)
		sam = h.developerBy(t, "sam@dev.example")
		if !sam.EmailVerified || !strings.HasPrefix(sam.PasswordHash, "$argon2id$") || strings.Contains(sam.PasswordHash, goodPassword) {
			t.Errorf("now %+v", sam)
		}
	})
}

// TestSignUpTellsNothingAboutOthers: the answer is the same whether or not an
// address has an account; only the owner of the mailbox learns.
func TestSignUpTellsNothingAboutOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	h.member(t, "known@dev.example")
	known := h.oneMail(t, func() error {
		return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "KNOWN@dev.example", FullName: "Somebody Else"})
	})
	if strings.Contains(known.Link, "token") || known.To != "known@dev.example" || known.Kind != "account-exists" {
		t.Errorf("mailed %+v", known)
	}
	if again := h.developerBy(t, "known@dev.example"); again.FullName != "Sam Signup" {
		t.Errorf("a stranger changed the account: %+v", again)
	}
	first := linked(t, h.oneMail(t, func() error {
		return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "new@dev.example", FullName: "N"})
	}))
	second := linked(t, h.oneMail(t, func() error {
		return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "new@dev.example", FullName: "N"})
	}))
	_, _, err := h.Developers.VerifyEmail(ctx, h.portal.ID, first)
	wantKind(t, err, portico.KindNotFound) // replaced by the second
	_, _, err = h.Developers.VerifyEmail(ctx, h.portal.ID, second)
	must(t, err)

	h.oneMail(t, func() error { return h.Developers.ForgotPassword(ctx, h.portal.ID, "known@dev.example") })
	if mails := h.journal.mailed(func() { must(t, h.Developers.ForgotPassword(ctx, h.portal.ID, "nobody@dev.example")) }); len(mails) > 0 {
		t.Errorf("mailed %+v", mails)
	}
	wantKind(t, h.Developers.SignUp(ctx, "nowhere", developers.Applicant{Email: "x@dev.example", FullName: "X"}), portico.KindNotFound)
	wantKind(t, h.Developers.ForgotPassword(ctx, "nowhere", "x@dev.example"), portico.KindNotFound)
}

func TestTokensExpireAndBelongToOnePortal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	other, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Other")})
	must(t, err)
	token := linked(t, h.oneMail(t, func() error {
		return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "sam@dev.example", FullName: "Sam"})
	}))
	_, _, err = h.Developers.VerifyEmail(ctx, other.ID, token)
	wantKind(t, err, portico.KindNotFound)
	for _, bad := range []string{"", "no token", portico.NewRandomID()} {
		_, _, err = h.Developers.VerifyEmail(ctx, h.portal.ID, bad)
		wantKind(t, err, portico.KindNotFound)
		wantKind(t, h.Developers.ResetPassword(ctx, h.portal.ID, bad, secret.New(goodPassword)), portico.KindNotFound)
	}
	h.clock.Advance(48 * time.Hour)
	_, _, err = h.Developers.VerifyEmail(ctx, h.portal.ID, token)
	wantKind(t, err, portico.KindGone)
	_, _, err = h.Developers.VerifyEmail(ctx, other.ID, token)
	wantKind(t, err, portico.KindNotFound)

	reset := linked(t, h.oneMail(t, func() error { return h.Developers.ForgotPassword(ctx, h.portal.ID, "sam@dev.example") }))
	wantKind(t, h.Developers.ResetPassword(ctx, other.ID, reset, secret.New(goodPassword)), portico.KindNotFound)
	h.clock.Advance(time.Hour - time.Microsecond)
	must(t, h.Developers.ResetPassword(ctx, h.portal.ID, reset, secret.New(goodPassword)))
	if !h.developerBy(t, "sam@dev.example").EmailVerified {
		t.Error("who read the mail has the mailbox, but it does not count as verified")
	}
	reset = linked(t, h.oneMail(t, func() error { return h.Developers.ForgotPassword(ctx, h.portal.ID, "sam@dev.example") }))
	h.clock.Advance(time.Hour)
	wantKind(t, h.Developers.ResetPassword(ctx, h.portal.ID, reset, secret.New(goodPassword)), portico.KindGone)
}

func TestAdminsCreateDevelopers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	letter := h.oneMail(t, func() error {
		_, err := h.Developers.Create(ctx, h.portal.ID, developers.NewAccount{Email: "Guest@Dev.example", FullName: "Guest", SendInvitation: true})
		return err
	})
	guest := h.developerBy(t, "guest@dev.example")
	if guest.Status != portico.Pending || letter.Kind != "developer-invitation" {
		t.Errorf("created %+v, mailed %+v", guest, letter)
	}
	must(t, h.Developers.ResetPassword(ctx, h.portal.ID, linked(t, letter), secret.New(goodPassword)))
	_, err := h.Developers.Create(ctx, h.portal.ID, developers.NewAccount{Email: "GUEST@dev.example", FullName: "Guest"})
	wantKind(t, err, portico.KindConflict)
	_, err = h.Developers.Create(ctx, "nowhere", developers.NewAccount{Email: "x@dev.example"})
	wantKind(t, err, portico.KindNotFound)
	_, err = h.Portals.Update(ctx, h.portal.ID, control.PortalFields{AutoApproveDevelopers: portico.Some(true)})
	must(t, err)
	if auto := h.member(t, "auto@dev.example"); auto.Status != portico.Approved {
		t.Errorf("with auto-approval: %s", auto.Status)
	}
	h.journal.breakDown(portico.Errorf(portico.KindUnavailable, "no mail server"))
	must(t, h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "later@dev.example", FullName: "Later"})) // the account is there; the mail can be asked for again
	h.developerBy(t, "later@dev.example")
}

func TestDecisionsAboutDevelopersAreMailed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	sam := h.member(t, "sam@dev.example")
	for _, status := range []portico.Status{portico.Approved, portico.Revoked, portico.Rejected, portico.Approved} {
		letter := h.oneMail(t, func() error {
			now, err := h.Developers.SetStatus(ctx, h.portal.ID, sam.ID, status, "")
			if err == nil && now.Status != status {
				t.Errorf("set to %s", now.Status)
			}
			return err
		})
		if letter.Kind != "account-access-"+string(status) || letter.To != sam.Email {
			t.Errorf("mailed %+v", letter)
		}
	}
	for _, status := range []portico.Status{portico.Approved, portico.Pending} { // nothing new, and nothing decided
		if mails := h.journal.mailed(func() { _, err := h.Developers.SetStatus(ctx, h.portal.ID, sam.ID, status, ""); must(t, err) }); len(mails) > 0 {
			t.Errorf("mailed %+v", mails)
		}
	}
	other, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Other")})
	must(t, err)
	_, err = h.Developers.SetStatus(ctx, other.ID, sam.ID, portico.Approved, "")
	wantKind(t, err, portico.KindNotFound)
	_, err = h.Developers.ByID(ctx, other.ID, sam.ID)
	wantKind(t, err, portico.KindNotFound)
	wantKind(t, h.Developers.Delete(ctx, other.ID, sam.ID), portico.KindNotFound)
}

// TestAMailboxIsNotFilled holds that strangers cannot fill a mailbox, and that
// they are not told.
func TestAMailboxIsNotFilled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	flood := func() error {
		for i := range 20 {
			h.clock.Advance(time.Minute)
			if err := h.Developers.ForgotPassword(ctx, h.portal.ID, "victim@dev.example"); err != nil {
				return err
			}
			err := h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "victim@dev.example", FullName: "V"})
			if err != nil || i > 15 {
				return err
			}
		}
		return nil
	}
	if got := len(h.journal.mailed(func() { must(t, flood()) })); got != 10 {
		t.Errorf("%d mails within an hour", got)
	}
	victim := h.developerBy(t, "victim@dev.example")
	letter := h.oneMail(t, func() error { // what an admin decides arrives all the same
		_, err := h.Developers.SetStatus(ctx, h.portal.ID, victim.ID, portico.Rejected, "")
		return err
	})
	if letter.Kind != "account-access-rejected" {
		t.Errorf("%+v", letter)
	}
	h.clock.Advance(24 * time.Hour)
	h.oneMail(t, func() error { return h.Developers.ForgotPassword(ctx, h.portal.ID, "victim@dev.example") })
}
