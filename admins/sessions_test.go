package admins_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/secret"
)

// app is an authenticator app: RFC 6238 written down a second time.
func app(t *testing.T, key secret.Text, at time.Time) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key.Reveal())
	must(t, err)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/30))
	mac := hmac.New(sha1.New, raw)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	o := sum[19] & 15
	return fmt.Sprintf("%06d", (uint32(sum[o]&127)<<24|uint32(sum[o+1])<<16|uint32(sum[o+2])<<8|uint32(sum[o+3]))%1_000_000)
}

func TestSignInByPassword(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		made := founded(t, h)
		issued, err := h.Sessions.SignIn(ctx, "ADA@acme.example", secret.New(goodPassword), admins.Browser{UserAgent: strings.Repeat("x", 300), Address: "192.0.2.7"})
		must(t, err)
		who, err := h.Sessions.Current(ctx, issued.Token)
		must(t, err)
		if issued.NeedsCode || who.User.ID != made.User.ID || who.User.LastSignInAt == nil || len(who.Session.UserAgent) != 256 || who.Session.Address != "192.0.2.7" {
			t.Errorf("signed in: %+v", who)
		}
		if !who.Grants.May(access.Portals, access.Delete, "any") {
			t.Error("the founder may not do everything")
		}
		if a := who.Actor(); a.Kind != portico.PrincipalUser || a.Name != "ada@acme.example" {
			t.Errorf("acts as %+v", a)
		}
		_, wrong := h.Sessions.SignIn(ctx, "ada@acme.example", secret.New("wrong passphrase"), admins.Browser{})
		_, unknown := h.Sessions.SignIn(ctx, "eve@acme.example", secret.New(goodPassword), admins.Browser{})
		if wantKind(t, wrong, portico.KindUnauthenticated).Detail != wantKind(t, unknown, portico.KindUnauthenticated).Detail {
			t.Errorf("%v tells more than %v", wrong, unknown)
		}
		for _, bad := range []secret.Text{{}, secret.New("x"), made.Token} {
			_, err := h.Sessions.Current(ctx, bad)
			wantKind(t, err, portico.KindUnauthenticated)
		}
		must(t, h.Sessions.SignOut(ctx, issued.Token))
		must(t, h.Sessions.SignOut(ctx, issued.Token))
		_, err = h.Sessions.Current(ctx, issued.Token)
		wantKind(t, err, portico.KindUnauthenticated)
	})
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, ada := t.Context(), founded(t, h).User.ID
	enter := func() secret.Text {
		issued, err := h.Sessions.SignIn(ctx, "ada@acme.example", secret.New(goodPassword), admins.Browser{})
		must(t, err)
		return issued.Token
	}
	open := func(token secret.Text) bool {
		_, err := h.Sessions.Current(ctx, token)
		if err != nil {
			wantKind(t, err, portico.KindUnauthenticated)
		}
		return err == nil
	}
	idle := enter()
	h.clock.Advance(12*time.Hour - time.Second)
	if !open(idle) {
		t.Error("it ended too early")
	}
	h.clock.Advance(12 * time.Hour)
	if open(idle) {
		t.Error("an idle session is open")
	}
	busy := enter()
	for range 6*24 + 23 {
		h.clock.Advance(time.Hour)
		if !open(busy) {
			t.Fatal("a busy session ended")
		}
	}
	h.clock.Advance(time.Hour)
	if open(busy) {
		t.Error("it lasts longer than a week")
	}
	one, two, three := enter(), enter(), enter()
	all, err := h.Sessions.List(ctx, ada)
	must(t, err)
	if len(all) != 3 {
		t.Fatalf("%d sessions", len(all))
	}
	who, err := h.Sessions.Current(ctx, two)
	must(t, err)
	wantKind(t, h.Sessions.End(ctx, "somebody else", who.Session.ID), portico.KindNotFound)
	must(t, h.Sessions.EndOthers(ctx, ada, who.Session.ID))
	if open(one) || !open(two) || open(three) {
		t.Error("the wrong sessions ended")
	}
	must(t, h.Sessions.End(ctx, ada, who.Session.ID))
	if open(two) {
		t.Error("an ended session is open")
	}
	must(t, h.Sessions.Sweep(ctx))
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx, ada := t.Context(), founded(t, h).User.ID
		_, err := h.SecondFactors.Confirm(ctx, ada, "123456")
		wantKind(t, err, portico.KindNotFound)
		enrolment, err := h.SecondFactors.Enrol(ctx, ada)
		must(t, err)
		again, err := h.SecondFactors.Pending(ctx, ada)
		must(t, err)
		if again.Key != enrolment.Key || !strings.HasPrefix(again.URI.Reveal(), "otpauth://totp/Acme:ada@acme.example?") {
			t.Errorf("pending: %s", again.URI.Reveal())
		}
		_, err = h.SecondFactors.Confirm(ctx, ada, "000000x")
		wantFault(t, err, "code", "invalid")
		code := app(t, enrolment.Key, h.clock.Now())
		recovery, err := h.SecondFactors.Confirm(ctx, ada, code[:3]+" "+code[3:])
		must(t, err)
		if len(recovery) != 10 {
			t.Errorf("%d recovery codes", len(recovery))
		}
		_, err = h.SecondFactors.Enrol(ctx, ada)
		wantKind(t, err, portico.KindConflict)

		enter := func() admins.IssuedSession {
			issued, err := h.Sessions.SignIn(ctx, "ada@acme.example", secret.New(goodPassword), admins.Browser{})
			must(t, err)
			return issued
		}
		waiting := enter()
		_, err = h.Sessions.Current(ctx, waiting.Token)
		if e := wantKind(t, err, portico.KindUnauthenticated); !waiting.NeedsCode || e.Code != "second_factor" {
			t.Errorf("without the code: %+v", e)
		}
		if all, err := h.Sessions.List(ctx, ada); err != nil || len(all) != 0 {
			t.Errorf("listed before the code: %v, %v", all, err)
		}
		_, err = h.Sessions.VerifyCode(ctx, waiting.Token, code)
		wantFault(t, err, "code", "invalid") // it was used to confirm
		h.clock.Advance(30 * time.Second)
		done, err := h.Sessions.VerifyCode(ctx, waiting.Token, app(t, enrolment.Key, h.clock.Now()))
		must(t, err)
		if _, err := h.Sessions.Current(ctx, done.Token); err != nil || done.Token == waiting.Token {
			t.Errorf("after the code: %v", err)
		}
		_, err = h.Sessions.VerifyCode(ctx, done.Token, "123456")
		wantKind(t, err, portico.KindUnauthenticated)
		_, err = h.Sessions.Current(ctx, waiting.Token)
		wantKind(t, err, portico.KindUnauthenticated)

		lost := enter()
		if _, err := h.Sessions.VerifyCode(ctx, lost.Token, strings.ToUpper(recovery[3].Reveal())); err != nil {
			t.Errorf("a recovery code: %v", err)
		}
		h.clock.Advance(time.Minute)
		_, err = h.Sessions.VerifyCode(ctx, enter().Token, recovery[3].Reveal())
		wantFault(t, err, "code", "invalid")
		late := enter()
		h.clock.Advance(10 * time.Minute)
		_, err = h.Sessions.VerifyCode(ctx, late.Token, app(t, enrolment.Key, h.clock.Now()))
		wantKind(t, err, portico.KindUnauthenticated)

		fresh, err := h.SecondFactors.Renew(ctx, ada, app(t, enrolment.Key, h.clock.Now()))
		must(t, err)
		wantFault(t, h.SecondFactors.Disable(ctx, ada, recovery[0].Reveal()), "code", "invalid")
		must(t, h.SecondFactors.Disable(ctx, ada, fresh[0].Reveal()))
		if enter().NeedsCode {
			t.Error("a code is asked for that there is none of")
		}
		_, err = h.SecondFactors.Enrol(ctx, ada)
		must(t, err)
		must(t, h.SecondFactors.Reset(ctx, "ADA@acme.example"))
		wantKind(t, h.SecondFactors.Reset(ctx, "eve@acme.example"), portico.KindNotFound)
	})
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, ada := t.Context(), founded(t, h).User.ID
	slows := func(what string, try func(context.Context) error) {
		t.Helper()
		for range 30 {
			if portico.KindOf(try(ctx)) == portico.KindTooMany {
				return
			}
		}
		t.Errorf("%s is not slowed", what)
	}
	slows("the password", func(ctx context.Context) error {
		_, err := h.Sessions.SignIn(ctx, "nobody@acme.example", secret.New("x"), admins.Browser{})
		return err
	})
	slows("a forgotten password", func(ctx context.Context) error { return h.Passwords.Forgot(ctx, "other@acme.example") })
	slows("the present password", func(ctx context.Context) error {
		return h.Passwords.Change(ctx, ada, "", secret.New("x"), secret.New("x"))
	})
	slows("the second factor", func(ctx context.Context) error { return h.SecondFactors.Disable(ctx, ada, "123456") })
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx, ada := t.Context(), founded(t, h).User
		const other = "another fine passphrase"
		in := func(pass string) error {
			_, err := h.Sessions.SignIn(ctx, ada.Email, secret.New(pass), admins.Browser{})
			return err
		}
		if mails := h.post.mailed(func() { must(t, h.Passwords.Forgot(ctx, "nobody@acme.example")) }); len(mails) != 0 {
			t.Errorf("mailed %+v", mails)
		}
		var first secret.Text
		mails := h.post.mailed(func() { must(t, h.Passwords.Forgot(ctx, ada.Email)) })
		first = token(t, mails[0])
		mails = h.post.mailed(func() { must(t, h.Passwords.Forgot(ctx, ada.Email)) })
		second := token(t, mails[0])
		wantKind(t, h.Passwords.Reset(ctx, first, secret.New(other)), portico.KindNotFound)
		wantFault(t, h.Passwords.Reset(ctx, second, secret.New("short")), "password", "min_length")
		session, err := h.Sessions.SignIn(ctx, ada.Email, secret.New(goodPassword), admins.Browser{})
		must(t, err)
		must(t, h.Passwords.Reset(ctx, second, secret.New(other)))
		_, err = h.Sessions.Current(ctx, session.Token)
		wantKind(t, err, portico.KindUnauthenticated)
		wantKind(t, in(goodPassword), portico.KindUnauthenticated)
		must(t, in(other))
		wantKind(t, h.Passwords.Reset(ctx, second, secret.New(other)), portico.KindNotFound)

		h.clock.Advance(time.Minute)
		mails = h.post.mailed(func() { must(t, h.Passwords.Forgot(ctx, ada.Email)) })
		h.clock.Advance(time.Hour)
		wantKind(t, h.Passwords.Reset(ctx, token(t, mails[0]), secret.New(goodPassword)), portico.KindGone)

		keep, err := h.Sessions.SignIn(ctx, ada.Email, secret.New(other), admins.Browser{})
		must(t, err)
		who, err := h.Sessions.Current(ctx, keep.Token)
		must(t, err)
		wantFault(t, h.Passwords.Change(ctx, ada.ID, who.Session.ID, secret.New("no"), secret.New(goodPassword)), "current_password", "invalid")
		wantFault(t, h.Passwords.Change(ctx, ada.ID, who.Session.ID, secret.New(other), secret.New("no")), "password", "min_length")
		must(t, h.Passwords.Change(ctx, ada.ID, who.Session.ID, secret.New(other), secret.New(goodPassword)))
		_, err = h.Sessions.Current(ctx, keep.Token)
		must(t, err)

		_, err = h.Passwords.Issue(ctx, "nobody@acme.example")
		wantKind(t, err, portico.KindNotFound)
		issued, err := h.Passwords.Issue(ctx, ada.Email)
		must(t, err)
		_, err = h.Sessions.Current(ctx, keep.Token)
		wantKind(t, err, portico.KindUnauthenticated)
		h.clock.Advance(time.Minute)
		must(t, in(issued.Reveal()))
	})
}
