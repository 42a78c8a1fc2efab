package admins_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/secret"
)

func founding() admins.Founding {
	return admins.Founding{
		Organization: "Acme", Email: "Ada@acme.example", FullName: "Ada", Password: secret.New(goodPassword), TokenName: "first", TokenLifetime: 24 * time.Hour,
	}
}

func TestBootstrapHappensOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		_, err := h.Organization(ctx)
		wantKind(t, err, portico.KindNotFound)
		founded, errs := make([]admins.Founded, 3), make([]error, 3)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { founded[i], errs[i] = h.Bootstrap(ctx, founding()) })
		}
		group.Wait()
		var made admins.Founded
		for i, err := range errs {
			if err != nil {
				wantKind(t, err, portico.KindConflict)
				if !founded[i].Token.Empty() {
					t.Error("a refused founding gave a token")
				}
			} else if made.Token.Empty() {
				made = founded[i]
			} else {
				t.Error("founded twice")
			}
		}
		_, err = h.Bootstrap(ctx, founding())
		wantKind(t, err, portico.KindConflict)
		organization, err := h.Organization(ctx)
		must(t, err)
		if organization.ID != made.Organization.ID || organization.OwnerID != made.User.ID || made.User.Email != "ada@acme.example" {
			t.Errorf("founded %+v by %+v", organization, made.User)
		}
		who, err := h.Authenticate(ctx, made.Token)
		must(t, err)
		if who.User.ID != made.User.ID || who.Token.Name != "first" {
			t.Errorf("the token is %+v", who)
		}
	})
}

func TestBootstrapRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, test := range map[string]struct {
		change      func(*admins.Founding)
		field, rule string
	}{
		"no address":    {func(f *admins.Founding) { f.Email = "" }, "email", "invalid"},
		"a named one":   {func(f *admins.Founding) { f.Email = "Ada <ada@acme.example>" }, "email", "invalid"},
		"no name":       {func(f *admins.Founding) { f.Organization = " " }, "organization", "min_length"},
		"no token name": {func(f *admins.Founding) { f.TokenName = "" }, "name", "min_length"},
		"no life":       {func(f *admins.Founding) { f.TokenLifetime = 0 }, "life", "min"},
		"weak password": {func(f *admins.Founding) { f.Password = secret.New("short") }, "password", "min_length"},
	} {
		in := founding()
		test.change(&in)
		_, err := h.Bootstrap(t.Context(), in)
		t.Run(name, func(t *testing.T) { wantFault(t, err, test.field, test.rule) })
	}
	_, err := h.Organization(t.Context())
	wantKind(t, err, portico.KindNotFound)
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		founded, err := h.Bootstrap(ctx, founding())
		must(t, err)
		ada := founded.User.ID
		opens := func(token secret.Text) bool {
			_, err := h.Authenticate(ctx, token)
			if err != nil {
				wantKind(t, err, portico.KindUnauthenticated)
			}
			return err == nil
		}
		end := h.clock.Now().Add(time.Hour)
		issued, err := h.CreateToken(ctx, ada, "ci", end)
		must(t, err)
		if !strings.HasPrefix(issued.Value.Reveal(), "kpat_") || !opens(issued.Value) {
			t.Error("the new token does not open anything")
		}
		_, err = h.CreateToken(ctx, ada, "ci", end)
		wantCode(t, err, "token_name_taken")
		renamed, err := h.RenameToken(ctx, ada, issued.ID, "deploy")
		must(t, err)
		_, err = h.RenameToken(ctx, ada, issued.ID, "first")
		wantCode(t, err, "token_name_taken")
		must(t, h.NoteUse(ctx, admins.Principal{User: founded.User, Token: issued.AccessToken}, h.clock.Now()))
		kept, err := h.Token(ctx, ada, issued.ID)
		must(t, err)
		if renamed.Name != "deploy" || kept.Name != "deploy" || kept.LastUsedAt == nil || kept.Digest != issued.Value.Digest() {
			t.Errorf("kept %+v", kept)
		}
		const eve = portico.UserID("eve")
		_, err = h.Token(ctx, eve, issued.ID)
		wantKind(t, err, portico.KindNotFound)
		_, err = h.RevokeToken(ctx, eve, issued.ID)
		wantKind(t, err, portico.KindNotFound)
		_, err = h.RenameToken(ctx, eve, issued.ID, "stolen")
		wantKind(t, err, portico.KindNotFound)
		wantKind(t, h.DeleteToken(ctx, eve, issued.ID), portico.KindNotFound)

		for _, bad := range []secret.Text{{}, secret.New("kpat_"), secret.New(strings.TrimPrefix(issued.Value.Reveal(), "kpat_")), secret.Token("kpat_")} {
			if opens(bad) {
				t.Error("an unknown token opens")
			}
		}
		_, err = h.RevokeToken(ctx, ada, issued.ID)
		must(t, err)
		if opens(issued.Value) {
			t.Error("a revoked token opens")
		}
		must(t, h.DeleteToken(ctx, ada, issued.ID))
		wantKind(t, h.DeleteToken(ctx, ada, issued.ID), portico.KindNotFound)

		short, err := h.CreateToken(ctx, ada, "short", end)
		must(t, err)
		h.clock.Advance(time.Hour - time.Microsecond)
		if !opens(short.Value) {
			t.Error("it ended too early")
		}
		h.clock.Advance(time.Microsecond)
		if opens(short.Value) {
			t.Error("an expired token opens")
		}
		for n := 2; n < portico.MaxAccessTokens; n++ {
			_, err = h.CreateToken(ctx, ada, strings.Repeat("n", n), end)
			must(t, err)
		}
		_, err = h.CreateToken(ctx, ada, "one too many", end)
		wantCode(t, err, "token_limit")
	})
}

func TestReissueTokenReplacesTheOneOfThatName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	founded, err := h.Bootstrap(ctx, founding())
	must(t, err)
	token, err := h.ReissueToken(ctx, "ADA@acme.example", "first", time.Hour)
	must(t, err)
	_, err = h.Authenticate(ctx, founded.Token)
	wantKind(t, err, portico.KindUnauthenticated)
	_, err = h.Authenticate(ctx, token)
	must(t, err)
	_, err = h.ReissueToken(ctx, "eve@acme.example", "first", time.Hour)
	wantKind(t, err, portico.KindNotFound)
}
