package settings_test

import (
	"encoding/base32"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/secret"
	"portico/webtest"
	"portico/webui/console/settings"
	"portico/webui/console/signin"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

const password = "correct horse battery staple" // as consoletest founds the organization

func routes(s *desk.Site) []desk.Route { return append(signin.Routes(s), settings.Routes(s)...) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

// signIn is a browser in which the founder has signed in by password.
func signIn(t testing.TB, h *consoletest.House) *webtest.Client {
	t.Helper()
	session, err := h.Admins.Sessions.SignIn(t.Context(), h.Admin.Email, secret.New(password), admins.Browser{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", Address: "192.0.2.7"})
	must(t, err)
	c := webtest.NewClient(t, h.Console.URL, "en")
	c.SetCookie(desk.SessionCookie, session.Token.Reveal())
	return c
}

func TestProfile(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := signIn(t, h)
	page := c.Get("/account").Is(200, "/account").Says("Signed in as ada@acme.example")
	page.Submit("/account", form("full_name", "")).Is(422, "/account").Says("Fill in this field")
	call := h.Run(t, page.Submit("/account", form("full_name", "Ada L.", "preferred_name", "Ada", "view", "call")).Is(200, "/account"))
	if call.Status != 200 || call.Body["full_name"] != "Ada L." || call.Body["preferred_name"] != "Ada" {
		t.Errorf("the call answers %+v", call)
	}
	page.Submit("/account", form("full_name", "Ada Lovelace", "preferred_name", "")).Is(200, "/account").Says("Your profile is saved.")
	user, err := h.Admins.Users.ByID(t.Context(), h.Admin.ID)
	must(t, err)
	if user.FullName != "Ada Lovelace" || user.PreferredName != "" {
		t.Errorf("saved %+v", user)
	}
	c.Get("/account").Submit("/browser", form("language", "tlh")).Is(422, "/account/browser")
	c.Get("/account").Submit("/browser", form("language", "ja", "theme", "dark")).Is(200, "/account").Says("アカウント")
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: access.Everything})
	viewer.Get("/account").Is(200, "/account").Hides("View as API call") // the API would refuse it
}

func TestPassword(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c, other := signIn(t, h), signIn(t, h)
	page := c.Get("/account/security").Is(200, "/account/security").Says("Firefox on Linux", "192.0.2.7", "This one")
	page.Submit("/password", form("current_password", "wrong", "new_password", "another good passphrase")).Is(422, "/account/password").Fault("current_password")
	page.Submit("/password", form("current_password", password, "new_password", "short")).Is(422, "/account/password").Fault("new_password")
	other.Get("/account").Is(200, "/account")
	page.Submit("/password", form("current_password", password, "new_password", "another good passphrase")).Is(200, "/account/security").Says("The password is changed")
	other.Get("/account").Is(200, "/login")
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := signIn(t, h)
	h.Clock.Advance(time.Minute) // the other ones stand above it
	second, third := signIn(t, h), signIn(t, h)
	sessions, err := h.Admins.Sessions.List(t.Context(), h.Admin.ID)
	must(t, err)
	if len(sessions) != 3 {
		t.Fatalf("%d sessions", len(sessions))
	}
	c.Post("/account/sessions/end", form("session", string(sessions[1].ID))).Is(200, "/account/security").Says("The session has ended")
	c.Post("/account/sessions/end", form("session", "none")).Is(200, "/account/security")
	c.Post("/account/sessions/end-others", nil).Is(200, "/account/security").Says("All other sessions have ended")
	second.Get("/account").Is(200, "/login")
	third.Get("/account").Is(200, "/login")
	c.Get("/account").Is(200, "/account")
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := signIn(t, h)
	c.Get("/account/second-factor").Is(200, "/account/security") // none is being set up
	page := c.Get("/account/security").Submit("/begin", nil).Is(200, "/account/second-factor").Says("Add the account to your app")
	if page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the key may be kept")
	}
	shown := strings.ReplaceAll(page.TextOf("key"), " ", "")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(shown)
	must(t, err)
	if !strings.Contains(page.Body, "otpauth://totp/") || !strings.Contains(page.Body, "secret="+shown) {
		t.Error("the link does not hold the key")
	}
	page.Submit("/second-factor", form("code", "000000")).Is(422, "/account/second-factor").Fault("code")
	codes := page.Submit("/second-factor", form("code", consoletest.Code(key, h.Clock.Now()))).Is(200, "/account/second-factor").Says("Your recovery codes")
	recovery := regexp.MustCompile(`\S{4}-\S{4}-\S{4}-\S{4}`).FindAllString(codes.TextOf("recovery-codes"), -1)
	if len(recovery) != 10 || codes.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("shows %v", recovery)
	}

	// From now on the password is not enough.
	fresh := webtest.NewClient(t, h.Console.URL, "en")
	fresh.Post("/login", form("email", h.Admin.Email, "password", password, "return", "/account")).Is(200, "/login/code").Submit("/login/code", form("code", recovery[0])).Is(200, "/account")

	page = c.Get("/account/security").Says("9 recovery codes are left")
	page.Submit("/change", form("code", "000000", "do", "off")).Is(422, "/account/second-factor/change").Fault("code")
	renewed := page.Submit("/change", form("code", recovery[1], "do", "renew")).Is(200, "/account/second-factor/change").Says("Your recovery codes").Hides(recovery[2])
	page.Submit("/change", form("code", recovery[2], "do", "off")).Is(422, "/account/second-factor/change") // replaced
	last := regexp.MustCompile(`\S{4}-\S{4}-\S{4}-\S{4}`).FindString(renewed.TextOf("recovery-codes"))
	page.Submit("/change", form("code", last, "do", "off")).Is(200, "/account/security").Says("The second factor is off", "Set up a second factor")
	if strings.Contains(h.Logs.String(), shown) {
		t.Error("the key is in the log")
	}
}

func TestOwnTokens(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := signIn(t, h)
	c.Get("/account/tokens").Is(200, "/account/tokens").Says("bootstrap", "Active")
	page := c.Get("/account/tokens/new").Is(200, "/account/tokens/new")
	page.Submit("/new", form("name", "-bad-", "life", "30")).Is(422, "/account/tokens/new").Fault("name")
	page.Submit("/new", form("name", "CI", "life", "31")).Is(422, "/account/tokens/new").Says("Choose")
	call := h.Run(t, page.Submit("/new", form("name", "By call", "life", "30", "view", "call")).Is(200, "/account/tokens/new"))
	made := page.Submit("/new", form("name", "By form", "life", "30")).Is(200, "/account/tokens/new").Says("Copy it now", "2 Dec 2026")
	token := made.TextOf("token")
	if call.Status != 201 || !strings.HasPrefix(token, "kpat_") || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the call answers %+v, the form %q", call, token)
	}
	who, err := h.Accounts.Authenticate(t.Context(), secret.New(token))
	must(t, err)
	if who.User.ID != h.Admin.ID || who.Token.Name != "By form" || call.Body["expires_at"] != "2026-12-02T14:32:00.000Z" || !who.Token.ExpiresAt.Equal(h.Clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("the form makes %+v, its call %+v", who.Token, call.Body)
	}
	c.Get("/account/tokens").Says("By form", "By call").Hides(token)
	page.Submit("/new", form("name", "By form", "life", "30")).Is(409, "/account/tokens/new").Says("The name of this token is taken")

	path := "/account/tokens/" + string(who.Token.ID) + "/revoke"
	ask := c.Get(path).Is(200, path).Says("By form")
	if call := h.Run(t, ask.Submit("/revoke", form("view", "call")).Is(200, path)); call.Status != 200 || call.Body["state"] != "REVOKED" {
		t.Errorf("the call answers %+v", call)
	}
	ask.Submit("/revoke", nil).Is(200, "/account/tokens").Says("revoked")
	if _, err := h.Accounts.Authenticate(t.Context(), secret.New(token)); portico.KindOf(err) != portico.KindUnauthenticated {
		t.Errorf("it still works: %v", err)
	}
	c.Post(strings.TrimSuffix(path, "revoke")+"delete", nil).Is(200, "/account/tokens").Hides("By form")
	c.Get(path).Is(404, path)
}
