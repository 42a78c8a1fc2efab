package control_test

import (
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/secret"
)

const newPassword = "a wholly different passphrase"

func TestProfile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		sam := h.approved(t, "sam@dev.example")
		change := func(ch developers.ProfileChange) portico.Developer {
			t.Helper()
			d, err := h.Developers.ChangeProfile(ctx, h.portal.ID, sam.ID, ch)
			must(t, err)
			return d
		}
		d := change(developers.ProfileChange{FullName: portico.Some("Samira"), Language: portico.Some("ja"), Theme: portico.Some(portico.ThemeDark)})
		if d.FullName != "Samira" || d.Language != "ja" || d.Theme != portico.ThemeDark {
			t.Errorf("changed to %+v", d)
		}
		d = change(developers.ProfileChange{Language: portico.Opt[string]{Set: true, Null: true}})
		if d.FullName != "Samira" || d.Language != "" || d.Theme != portico.ThemeDark {
			t.Errorf("changed to %+v", d)
		}
		other, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Other")})
		must(t, err)
		_, err = h.Developers.ChangeProfile(ctx, other.ID, sam.ID, developers.ProfileChange{})
		wantKind(t, err, portico.KindNotFound)
	})
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	sam := h.approved(t, "sam@dev.example")
	here, there := h.signIn(t, sam.Email), h.signIn(t, sam.Email)
	session, _, err := h.Sessions.Current(ctx, h.portal.ID, here.Access, here.Refresh)
	must(t, err)
	change := func(current, next string) error {
		return h.Developers.ChangePassword(ctx, h.portal.ID, sam.ID, secret.New(current), secret.New(next), session.ID)
	}
	wantFault(t, change("not the passphrase", newPassword), "current_password", "invalid")
	wantFault(t, change(goodPassword, "short"), "password", "min_length")
	if !h.signedIn(t, there.Access) {
		t.Error("a refused change ended a session")
	}
	must(t, change(goodPassword, newPassword))
	if !h.signedIn(t, here.Access) || h.signedIn(t, there.Access) {
		t.Error("the change must end every session but the one it was made in")
	}
	_, err = h.Sessions.SignIn(ctx, h.portal.ID, sam.Email, secret.New(goodPassword), developers.Browser{})
	wantKind(t, err, portico.KindUnauthenticated)
	_, err = h.Sessions.SignIn(ctx, h.portal.ID, sam.Email, secret.New(newPassword), developers.Browser{})
	must(t, err)
}

func TestOwnSessions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		sam := h.approved(t, "sam@dev.example")
		open := func(agent string) (developers.IssuedSession, portico.Session) {
			t.Helper()
			issued, err := h.Sessions.SignIn(ctx, h.portal.ID, sam.Email, secret.New(goodPassword), developers.Browser{UserAgent: agent, Address: "192.0.2.7"})
			must(t, err)
			session, _, err := h.Sessions.Current(ctx, h.portal.ID, issued.Access, secret.Text{})
			must(t, err)
			return issued, session
		}
		_, phone := open("Phone")
		h.clock.Advance(time.Minute)
		laptop, here := open(strings.Repeat("é", 1000))
		_, tablet := open("Tablet")
		h.clock.Advance(seenEvery)
		_, who, err := h.Sessions.Current(ctx, h.portal.ID, secret.New("stale"), laptop.Refresh) // a page, after the access token has run out
		must(t, err)
		list, err := h.Sessions.List(ctx, sam.ID)
		must(t, err)
		if who.ID != sam.ID || len(list) != 3 || list[0].ID != here.ID || !list[0].LastSeenAt.Equal(h.clock.Now()) || len(list[0].UserAgent) > 256 || list[0].Address != "192.0.2.7" {
			t.Errorf("%s has %+v", who.Email, list)
		}
		// The other way round it is no proof: a refresh token is not for the API.
		if h.signedIn(t, laptop.Refresh) {
			t.Error("the API takes a refresh token for an access token")
		}
		stranger := h.approved(t, "stranger@dev.example")
		wantKind(t, h.Sessions.End(ctx, stranger.ID, phone.ID), portico.KindNotFound)
		must(t, h.Sessions.End(ctx, sam.ID, phone.ID))
		wantKind(t, h.Sessions.End(ctx, sam.ID, phone.ID), portico.KindNotFound)
		must(t, h.Sessions.EndOthers(ctx, sam.ID, here.ID))
		list, err = h.Sessions.List(ctx, sam.ID)
		must(t, err)
		if len(list) != 1 || list[0].ID != here.ID {
			t.Errorf("left are %+v; tablet was %s", list, tablet.ID)
		}
		h.clock.Advance(sessionLife)
		_, _, err = h.Sessions.Current(ctx, h.portal.ID, laptop.Access, laptop.Refresh)
		wantKind(t, err, portico.KindUnauthenticated)
		if list, err = h.Sessions.List(ctx, sam.ID); err != nil || len(list) > 0 {
			t.Errorf("expired sessions are listed: %+v, %v", list, err)
		}
	})
}

// seenEvery is how exact the time is at which a session was last seen.
const seenEvery = 5 * time.Minute

func TestDeletingOneself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	sam, sue := h.approved(t, "sam@dev.example"), h.approved(t, "sue@dev.example")
	wish := h.wish("App", h.dcr.ID)
	wish.DeveloperID = sam.ID
	_, err := h.Applications.Create(ctx, wish)
	must(t, err)
	wantFault(t, h.Developers.DeleteOwn(ctx, h.portal.ID, sam.ID, secret.New("not the passphrase")), "current_password", "invalid")
	must(t, h.Developers.DeleteOwn(ctx, h.portal.ID, sam.ID, secret.New(goodPassword)))
	_, err = h.Developers.ByID(ctx, h.portal.ID, sam.ID)
	wantKind(t, err, portico.KindNotFound)
	h.untouched(t)

	// Who has no password proves it by mail.
	letter := h.oneMail(t, func() error { return h.Developers.RequestDeletion(ctx, h.portal.ID, sue.ID) })
	token := linked(t, letter)
	if letter.Kind != "confirm-account-deletion" || !strings.Contains(letter.Link, "/delete-account?token=") {
		t.Errorf("mailed %+v", letter)
	}
	wantKind(t, h.Developers.CheckLink(ctx, h.portal.ID, token, portico.PurposeResetPassword), portico.KindNotFound)
	must(t, h.Developers.CheckLink(ctx, h.portal.ID, token, portico.PurposeDeleteAccount))
	wantKind(t, h.Developers.ConfirmDeletion(ctx, h.portal.ID, "nonsense"), portico.KindNotFound)
	h.clock.Advance(2 * time.Hour)
	wantKind(t, h.Developers.ConfirmDeletion(ctx, h.portal.ID, token), portico.KindGone)
	token = linked(t, h.oneMail(t, func() error { return h.Developers.RequestDeletion(ctx, h.portal.ID, sue.ID) }))
	must(t, h.Developers.ConfirmDeletion(ctx, h.portal.ID, token))
	_, err = h.Developers.ByID(ctx, h.portal.ID, sue.ID)
	wantKind(t, err, portico.KindNotFound)
}

func TestADecisionIsMailedInTheDevelopersLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	letter := h.oneMail(t, func() error {
		return h.Developers.SignUp(ctx, h.portal.ID, developers.Applicant{Email: "hana@dev.example", FullName: "Hana", Language: "ja"})
	})
	if !strings.Contains(letter.Subject, "ご確認ください") || !strings.Contains(letter.HTML, `<html lang="ja">`) {
		t.Errorf("mailed %+v", letter)
	}
	hana := h.developerBy(t, "hana@dev.example")
	letter = h.oneMail(t, func() error {
		_, err := h.Developers.SetStatus(ctx, h.portal.ID, hana.ID, portico.Rejected, "Use the address of your company")
		return err
	})
	if !strings.Contains(letter.Text, "承認されませんでした") || !strings.Contains(letter.Text, "Use the address of your company") || h.developerBy(t, "hana@dev.example").Reason == "" {
		t.Errorf("mailed %+v", letter)
	}
}

func TestAPortalsOwnWording(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	_, err := h.Templates.Change(ctx, h.portal.ID, "account-access-approved", developers.TemplateChange{Subject: portico.Some("Welcome aboard, {{developer_fullname}}: {{ developer_status }}")})
	must(t, err)
	approve := func() portico.Message {
		d := h.newDeveloper(t, portico.NewRandomID()+"@dev.example")
		_, err := h.Developers.SetStatus(ctx, h.portal.ID, d.ID, portico.Pending, "")
		must(t, err)
		return h.oneMail(t, func() error {
			_, err := h.Developers.SetStatus(ctx, h.portal.ID, d.ID, portico.Approved, "")
			return err
		})
	}
	if m := approve(); m.Subject != "Welcome aboard, Dora Dev: approved" || !strings.Contains(m.Text, "You can sign in now") || !strings.HasSuffix(m.Link, "/login") {
		t.Errorf("mailed %+v", m)
	}
	_, err = h.Templates.Change(ctx, h.portal.ID, "account-access-approved", developers.TemplateChange{Enabled: portico.Some(false)})
	must(t, err)
	if m := approve(); m.Subject != "Your account in Airline is approved" {
		t.Errorf("mailed %+v", m)
	}
}
