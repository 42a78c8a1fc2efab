package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/httpkit"
	"portico/secret"
)

const (
	dana     = "dana@example.com"
	password = "correct horse battery staple"
)

func TestSigningUp(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]struct{ sent, short, pending, wrong string }{
		"en": {"An email is on its way to dana@example.com.", "Use at least 12 characters.", "We have told the portal team. You will get an email at dana@example.com", "The e-mail address or the password is wrong."},
		"ja": {"dana@example.com にメールを送信しました。", "12文字以上で入力してください。", "ポータルの管理者に連絡しました。結果が決まると dana@example.com にメールでお知らせします。", "メールアドレスまたはパスワードが正しくありません。"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, control.PortalFields{})
			b := s.browser(t, lang)
			b.get("/signup").submit("/signup", url.Values{"full_name": {""}, "email": {"no address"}}).is(http.StatusUnprocessableEntity, "/signup").fault("full_name").fault("email")
			b.get("/signup").submit("/signup", url.Values{"full_name": {"Dana"}, "email": {dana}}).is(http.StatusOK, "/signup/sent").says(want.sent)
			mail := s.mails.last(t, dana)
			// A mail program that looks at the link does not use it up.
			b.open(mail)
			form := b.open(mail)
			short := form.submit("/verify-email", url.Values{"password": {"short"}}).is(http.StatusUnprocessableEntity, "/verify-email").says(want.short).fault("password")
			if strings.Contains(short.body, `value="short"`) {
				t.Error("the page shows a password")
			}
			short.submit("/reset-password", url.Values{"password": {password}}).is(http.StatusOK, "/login")
			b.get("/login").submit("/login", url.Values{"email": {dana}, "password": {"wrong password"}}).is(http.StatusUnprocessableEntity, "/login").says(want.wrong)
			b.get("/login").submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusForbidden, "/login").says(want.pending)
			s.decide(t, portico.Approved)
			b.get("/login").submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusOK, "/")
			b.get("/login").is(http.StatusOK, "/")
			b.get("/").submit("/logout", nil).is(http.StatusOK, "/")
			b.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
			b.open(mail).is(http.StatusNotFound, "/verify-email?"+strings.Split(mail.Link, "?")[1]).submit("/forgot-password", url.Values{"email": {dana}}).is(http.StatusOK, "/forgot-password/sent")
		})
	}
}

// decide is an admin's decision about the only account there is.
func (s *site) decide(t *testing.T, status portico.Status) {
	t.Helper()
	found, err := s.Developers.List(t.Context(), s.portal.ID, portico.Everything())
	must(t, err)
	_, err = s.Developers.SetStatus(t.Context(), s.portal.ID, found.Items[0].ID, status, "")
	must(t, err)
}

func TestApprovedBySigningUpIsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{AutoApproveDevelopers: portico.Some(true)})
	b := s.browser(t, "en")
	b.get("/signup").submit("/signup", url.Values{"full_name": {"Dana"}, "email": {dana}})
	b.open(s.mails.last(t, dana)).submit("/verify-email", url.Values{"password": {password}}).is(http.StatusOK, "/").says("Welcome.")
	b.get("/account").is(http.StatusOK, "/account").says("Signed in as " + dana)
	if strings.Contains(s.logs.String(), password) {
		t.Error("the log has the password")
	}
}

// TestNoPageTellsWhoHasAnAccount compares what pages answer for an address with
// an account and for one without.
func TestNoPageTellsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	for _, form := range []struct {
		action string
		values url.Values
	}{
		{"/login", url.Values{"password": {"something else"}}},
		{"/signup", url.Values{"full_name": {"Somebody"}}},
		{"/forgot-password", nil},
	} {
		var answers []string
		for _, email := range []string{dana, "nemo@example.com"} {
			values := url.Values{"email": {email}}
			for name, v := range form.values {
				values[name] = v
			}
			got := s.browser(t, "en").get(form.action).submit(form.action, values)
			answers = append(answers, http.StatusText(got.status)+got.path+strings.ReplaceAll(got.text(), email, "ADDRESS"))
		}
		if answers[0] != answers[1] {
			t.Errorf("%s tells them apart:\n%s\n%s", form.action, answers[0], answers[1])
		}
	}
}

func TestAccountsThatMayNotSignIn(t *testing.T) {
	t.Parallel()
	for _, status := range []portico.Status{portico.Rejected, portico.Revoked} {
		s := newSite(t, control.PortalFields{})
		s.developer(t, dana, password)
		b := s.signedIn(t, "en", dana, password)
		s.decide(t, status)
		b.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
		b.get("/login").submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusForbidden, "/login").says("This account has no access")
	}
}

func TestSigningInLeadsBackWithinThePortal(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	for path, want := range map[string]string{
		"/account/teams": "/account/teams", "/search?q=a+b": "/search?q=a+b", "": "/",
		"//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "account": "/",
	} {
		b := s.browser(t, "en")
		b.get("/login?return="+url.QueryEscape(path)).submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusOK, want)
	}
	s.browser(t, "en").get("/account/security").is(http.StatusOK, "/login?return=%2Faccount%2Fsecurity")
}

func TestGuessingIsThrottled(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	b := s.browser(t, "en")
	var got *shown
	for range 11 {
		got = b.post("/login", url.Values{"email": {dana}, "password": {"guess"}})
	}
	got.is(http.StatusTooManyRequests, "/login").says("Too many attempts in a short time; nothing was done.")
	if got.header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to try again")
	}
	s.clock.pass(time.Minute)
	b.post("/login", url.Values{"email": {dana}, "password": {"guess"}}).is(http.StatusUnprocessableEntity, "/login")
	for range 60 {
		got = b.post("/login", url.Values{"email": {"x"}, "password": {"guess"}})
	}
	got.is(http.StatusTooManyRequests, "/login").says("Too many attempts")
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	other := s.signedIn(t, "en", dana, password)
	b := s.browser(t, "en")
	b.get("/forgot-password").submit("/forgot-password", url.Values{"email": {""}}).is(http.StatusUnprocessableEntity, "/forgot-password").fault("email")
	b.get("/forgot-password").submit("/forgot-password", url.Values{"email": {dana}}).is(http.StatusOK, "/forgot-password/sent")
	mail := s.mails.last(t, dana)
	page := b.open(mail)
	if !strings.Contains(page.header.Get("Cache-Control"), "no-store") || page.header.Get("Content-Encoding") != "" {
		t.Errorf("a page with a token may be kept or is compressed: %v", page.header)
	}
	page.submit("/reset-password", url.Values{"password": {dana}}).is(http.StatusUnprocessableEntity, "/reset-password").says("Must not be the mail address.")
	page.submit("/reset-password", url.Values{"password": {"a new password"}}).is(http.StatusOK, "/login").says("The password is set.")
	other.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
	page.submit("/reset-password", url.Values{"password": {"another password"}}).says("This link does not work any more")
	b.get("/login").submit("/login", url.Values{"email": {dana}, "password": {"a new password"}}).is(http.StatusOK, "/")

	must(t, s.Developers.ForgotPassword(t.Context(), s.portal.ID, dana))
	late := s.mails.last(t, dana)
	s.clock.pass(2 * time.Hour)
	b.open(late).says("This link has expired", "Send a new one")
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	_, err := s.Developers.Create(t.Context(), s.portal.ID, developers.NewAccount{Email: dana, FullName: "Dana", Status: new(portico.Approved), SendInvitation: true})
	must(t, err)
	b := s.browser(t, "en")
	b.open(s.mails.last(t, dana)).submit("/reset-password", url.Values{"password": {password}}).is(http.StatusOK, "/login").
		submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusOK, "/")
}

func TestSingleSignOnThatFails(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	b := s.browser(t, "en")
	b.get("/login/sso").is(http.StatusNotFound, "/login/sso")
	b.get("/login/sso/callback?state=x&code=y").is(http.StatusNotFound, "/login/sso/callback?state=x&code=y")
	_, err := s.IdentityProviders.Create(t.Context(), s.portal.ID, developers.IdentityProviderFields{
		Enabled: portico.Some(true), IssuerURL: portico.Some("https://idp.example"), ClientID: portico.Some("portal"), Secret: portico.Some(secret.New("shh")),
	})
	must(t, err)
	if b.get("/login/sso/callback?state=x&code=y").status != http.StatusUnauthorized {
		t.Error("a callback that nobody has started is let in")
	}
	b.get("/login/sso/callback?state=x&code=y").says("Single sign-on did not finish", "Reference")
}

func TestPortalWithoutPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	must(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		_, err := tx.Portals().Change(t.Context(), s.portal.ID, func(p *portico.Portal) error { p.BasicAuthEnabled = false; return nil })
		return err
	}))
	b := s.browser(t, "en")
	b.get("/login").is(http.StatusOK, "/login").says("Nobody can sign in at the moment")
	b.get("/signup").is(http.StatusNotFound, "/signup")
	b.get("/forgot-password").is(http.StatusNotFound, "/forgot-password")
}

func TestPortalWithoutAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{AuthenticationEnabled: portico.Some(false)})
	b := s.browser(t, "ja")
	home := b.get("/").is(http.StatusOK, "/")
	for _, link := range []string{"/login", "/signup", "/apps"} {
		if strings.Contains(home.body, `href="`+link) {
			t.Errorf("the home page leads to %s", link)
		}
	}
	for _, path := range []string{"/login", "/signup", "/account", "/apps", "/login/sso"} {
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestPrivatePortal(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{DisplayName: portico.Some("Inner circle")})
	s.developer(t, dana, password)
	s.browser(t, "en").get("/").is(http.StatusOK, "/").says("Sign in to Inner circle").
		submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusOK, "/").says("No API is published yet")
}

func TestProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	form := b.get("/account").is(http.StatusOK, "/account").says("Dana Developer")
	form.submit("/account", url.Values{"full_name": {""}, "language": {"tlh"}, "theme": {"pink"}}).is(http.StatusUnprocessableEntity, "/account").fault("full_name").fault("language").fault("theme")
	b.lang = "ja"
	saved := form.submit("/account", url.Values{"full_name": {"Dana D."}, "language": {"ja"}, "theme": {"dark"}}).is(http.StatusOK, "/account").says("プロフィールを保存しました。", "Dana D.")
	if !strings.Contains(saved.body, `data-theme="dark"`) {
		t.Error("the page is not dark")
	}
	// The choice is the account's: another browser has it, too.
	other := s.browser(t, "en")
	other.lang = "en"
	signIn := other.get("/login")
	other.lang = "ja"
	if home := signIn.submit("/login", url.Values{"email": {dana}, "password": {password}}); !strings.Contains(home.body, `data-theme="dark"`) {
		t.Error("another browser is not dark")
	}
	b.post("/preferences/language", url.Values{"language": {"tlh"}}).says("この操作はできません")
	b.post("/preferences/theme", url.Values{"theme": {"pink"}}).says("この操作はできません")
}

func TestPreferencesWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	b := s.browser(t, "en")
	b.lang = "ja"
	b.post("/preferences/language", url.Values{"language": {"ja"}, "return": {"/signup"}}).is(http.StatusOK, "/signup").says("新規登録")
	if got := b.post("/preferences/theme", url.Values{"theme": {"light"}, "return": {"//evil.example"}}).is(http.StatusOK, "/"); !strings.Contains(got.body, `data-theme="light"`) {
		t.Error("the page is not light")
	}
	b.lang = "en"
	b.get("/signup?lang=en").is(http.StatusOK, "/signup?lang=en")
	b.get("/login").is(http.StatusOK, "/login")
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	phone := s.signedIn(t, "en", dana, password)
	tablet := s.signedIn(t, "en", dana, password)
	page := b.get("/account/security").is(http.StatusOK, "/account/security").says("This one", "Sign out everywhere else")
	const forms = "/account/password"
	page.submit(forms, url.Values{"current_password": {"wrong"}, "new_password": {"a new password"}}).is(http.StatusUnprocessableEntity, forms).says("This is not your password.").fault("current_password")
	page.submit(forms, url.Values{"current_password": {password}, "new_password": {"short"}}).is(http.StatusUnprocessableEntity, forms).fault("new_password")

	var id string
	for n := range page.doc.Descendants() {
		if n.Data == "button" && attr(n, "name") == "session" {
			id = attr(n, "value")
		}
	}
	b.post("/account/sessions/end", url.Values{"session": {id}}).is(http.StatusOK, "/account/security").says("The session has ended.")
	b.post("/account/sessions/end", url.Values{"session": {id}}).is(http.StatusOK, "/account/security")
	ended := 0
	for _, other := range []*browser{phone, tablet} {
		if other.get("/account").path != "/account" {
			ended++
		}
	}
	if ended != 1 {
		t.Errorf("%d sessions ended, not one", ended)
	}
	page.submit("/account/sessions/end-others", nil).says("All other sessions have ended.")
	phone.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
	tablet.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
	page.submit(forms, url.Values{"current_password": {password}, "new_password": {"a new password"}}).is(http.StatusOK, "/account/security").says("The password is changed.")
	b.get("/account").is(http.StatusOK, "/account")
}

// TestStayingSignedIn: pages cannot refresh tokens by script.
func TestStayingSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	s.clock.pass(13 * 24 * time.Hour)
	b.get("/account").is(http.StatusOK, "/account")
	s.clock.pass(2 * 24 * time.Hour)
	b.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
}

func TestOneDeveloperCannotEndAnothersSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	eve := s.developer(t, "eve@example.com", password)
	b := s.signedIn(t, "en", dana, password)
	other := s.signedIn(t, "en", "eve@example.com", password)
	sessions, err := s.Sessions.List(t.Context(), eve.ID)
	must(t, err)
	b.post("/account/sessions/end", url.Values{"session": {string(sessions[0].ID)}})
	other.get("/account").is(http.StatusOK, "/account")
}

func TestDeletingTheAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	page := b.get("/account/delete").is(http.StatusOK, "/account/delete")
	page.submit("/account/delete", url.Values{"password": {password}}).is(http.StatusUnprocessableEntity, "/account/delete").fault("confirm")
	page.submit("/account/delete", url.Values{"password": {"wrong"}, "confirm": {"on"}}).is(http.StatusUnprocessableEntity, "/account/delete").fault("password")
	page.submit("/account/delete", url.Values{"password": {password}, "confirm": {"on"}}).is(http.StatusOK, "/").says("Your account is deleted.")
	b.get("/login").submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusUnprocessableEntity, "/login")
}

// TestDeletingAnAccountWithoutPassword goes by mail.
func TestDeletingAnAccountWithoutPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	must(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		found, err := tx.Developers().List(t.Context(), portico.Everything())
		if err == nil {
			_, err = tx.Developers().Change(t.Context(), found.Items[0].ID, func(d *portico.Developer) error { d.PasswordHash = ""; return nil })
		}
		return err
	}))
	b.get("/account/security").submit("/account/password/link", nil).is(http.StatusOK, "/account/security").says("An email is on its way")
	b.get("/account/delete").submit("/account/delete", url.Values{"confirm": {"on"}}).is(http.StatusOK, "/account/delete").says("We have sent you a link")
	for range 10 { // a mail each, until it is enough
		got := b.post("/account/delete", url.Values{"confirm": {"on"}})
		if got.status == http.StatusTooManyRequests {
			break
		}
		got.is(http.StatusOK, "/account/delete")
	}
	b.post("/account/delete", url.Values{"confirm": {"on"}}).is(http.StatusTooManyRequests, "/account/delete")
	b.open(s.mails.last(t, dana)).says("Delete your account?").submit("/delete-account", nil).is(http.StatusOK, "/").says("Your account is deleted.")
}

func TestTeams(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	d := s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	b.get("/account/teams").is(http.StatusOK, "/account/teams").says("You are in no team")
	team, err := s.Teams.Create(t.Context(), s.portal.ID, developers.TeamFields{Name: portico.Some("Baristas"), CanOwnApplications: portico.Some(true)})
	must(t, err)
	must(t, s.Teams.AddMember(t.Context(), s.portal.ID, team.ID, d.ID))
	b.get("/account/teams").says("Baristas", "1 member", "Can own apps")
}

// TestForeignSitesPostNothing: cookies would go along.
func TestForeignSitesPostNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	b := s.signedIn(t, "en", dana, password)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/logout", nil)
	must(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.do(r).is(http.StatusForbidden, "/logout").says("The request came from another site, so nothing was changed.")
	b.get("/account").is(http.StatusOK, "/account")
	for _, c := range b.client.Jar.Cookies(r.URL) {
		if c.Name == httpkit.AccessCookie && c.Value == "" {
			t.Error("the session is gone")
		}
	}
}
