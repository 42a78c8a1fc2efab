package signin_test

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/secret"
	"portico/webtest"
	"portico/webui/console/signin"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

const password = "correct horse battery staple" // as consoletest founds the organization

// routes are the package's, and a page that needs a sign-in.
func routes(s *desk.Site) []desk.Route {
	return append(signin.Routes(s), desk.On("GET /{$}", func(w http.ResponseWriter, v *desk.Visit) error {
		return v.Render(w, http.StatusOK, "Home", templ.Raw("<h1>Home of "+v.Principal.User.FullName+"</h1>"))
	}, access.Own()))
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSignInByPassword(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := webtest.NewClient(t, h.Console.URL, "en")
	page := c.Get("/?x=1").Is(200, "/login").Says("Administer the developer portals of Acme.")
	page.Submit("/login", form("email", "not an address", "password", "")).Is(422, "/login").Says("Enter")
	wrong := page.Submit("/login", form("email", "ada@acme.example", "password", "wrong")).Is(422, "/login")
	unknown := page.Submit("/login", form("email", "eve@acme.example", "password", "wrong")).Is(422, "/login")
	if strings.Replace(wrong.Text(), "ada@", "eve@", 1) != unknown.Text() {
		t.Errorf("it tells who has an account:\n%s\n%s", wrong.Text(), unknown.Text())
	}
	page.Submit("/login", form("email", "ada@acme.example", "password", password)).Is(200, "/?x=1").Says("Home of Ada Admin")
	c.Get("/login").Is(200, "/").Says("Home")
	c.Post("/logout", nil).Is(200, "/login")
	c.Get("/").Is(200, "/login")
}

func TestSignInDoesNotLeadElsewhere(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	for _, back := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		c := webtest.NewClient(t, h.Console.URL, "en")
		c.Post("/login", form("email", "ada@acme.example", "password", password, "return", back)).Is(200, "/").Says("Home")
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	recovery := enrol(t, h)
	c := webtest.NewClient(t, h.Console.URL, "en")
	c.Get("/login/code").Is(200, "/login").Says("Forgot your password?") // nothing to complete
	code := c.Post("/login", form("email", "ada@acme.example", "password", password, "return", "/?x=2")).Is(200, "/login/code").Says("Second factor")
	c.Get("/").Is(200, "/login") // the password alone opens nothing
	code.Submit("/login/code", form("code", "000000")).Is(422, "/login/code")
	code.Submit("/login/code", form("code", recovery)).Is(200, "/?x=2").Says("Home of Ada Admin")

	late := webtest.NewClient(t, h.Console.URL, "en")
	code = late.Post("/login", form("email", "ada@acme.example", "password", password)).Is(200, "/login/code")
	h.Clock.Advance(11 * time.Minute)
	code.Submit("/login/code", form("code", "000000")).Is(200, "/login")
}

// enrol sets the admin's second factor up and returns a recovery code.
func enrol(t *testing.T, h *consoletest.House) string {
	t.Helper()
	e, err := h.Admins.SecondFactors.Enrol(t.Context(), h.Admin.ID)
	must(t, err)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(e.Key.Reveal(), " ", ""))
	must(t, err)
	codes, err := h.Admins.SecondFactors.Confirm(t.Context(), h.Admin.ID, consoletest.Code(key, h.Clock.Now()))
	must(t, err)
	return codes[0].Reveal()
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := webtest.NewClient(t, h.Console.URL, "en")
	known := c.Get("/forgot-password").Submit("/forgot-password", form("email", "ada@acme.example")).Is(200, "/forgot-password")
	unknown := c.Get("/forgot-password").Submit("/forgot-password", form("email", "eve@acme.example")).Is(200, "/forgot-password")
	if strings.ReplaceAll(known.Text(), "ada@", "eve@") != unknown.Text() {
		t.Errorf("it tells who has an account:\n%s\n%s", known.Text(), unknown.Text())
	}
	link := strings.TrimPrefix(h.Mails.Last(t, "ada@acme.example").Link, h.Console.URL)
	set := c.Get(link).Is(200, "/reset-password")
	if set.Header.Get("Cache-Control") != "no-store" {
		t.Error("a page with a token may be kept")
	}
	set.Submit("/reset-password", form("password", "short")).Is(422, "/reset-password")
	set.Submit("/reset-password", form("password", "another good passphrase")).Is(200, "/login").Says("Administer")
	c.Get(link).Submit("/reset-password", form("password", "another good passphrase")).Is(410, "/reset-password")
	c.Post("/login", form("email", "ada@acme.example", "password", password)).Is(422, "/login")
	c.Post("/login", form("email", "ada@acme.example", "password", "another good passphrase")).Is(200, "/")
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	_, err := h.Admins.Invites.Create(t.Context(), admins.NewInvite{Email: "ben@acme.example", TeamIDs: []portico.AdminTeamID{portico.OrganizationReaders}})
	must(t, err)
	link := strings.TrimPrefix(h.Mails.Last(t, "ben@acme.example").Link, h.Console.URL)
	c := webtest.NewClient(t, h.Console.URL, "ja")
	c.Get("/invitation?token=none").Is(410, "/invitation")
	page := c.Get(link).Is(200, "/invitation").Says("ben@acme.example", "Acme")
	page.Submit("/invitation", form("full_name", "", "password", "short")).Is(422, "/invitation")
	page.Submit("/invitation", form("full_name", "Ben", "password", "another good passphrase")).Is(200, "/").Says("Home of Ben")
	c.Get(link).Is(410, "/invitation")
	session, err := h.Admins.Sessions.SignIn(t.Context(), "ben@acme.example", secret.New("another good passphrase"), admins.Browser{})
	must(t, err)
	who, err := h.Admins.Sessions.Current(t.Context(), session.Token)
	must(t, err)
	if !who.Grants.May(access.Portals, access.View, "1") || who.Grants.May(access.Portals, access.Edit, "1") {
		t.Errorf("he was granted %v", who.Grants)
	}
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	_, err := h.Admins.Invites.Create(t.Context(), admins.NewInvite{Email: "ben@acme.example"})
	must(t, err)
	link := strings.TrimPrefix(h.Mails.Last(t, "ben@acme.example").Link, h.Console.URL)
	must(t, h.Admins.Passwords.Forgot(t.Context(), "ada@acme.example"))
	reset := strings.TrimPrefix(h.Mails.Last(t, "ada@acme.example").Link, h.Console.URL)
	enrol(t, h)
	halfway := func(p *webtest.Page) {
		session, err := h.Admins.Sessions.SignIn(t.Context(), "ada@acme.example", secret.New(password), admins.Browser{})
		must(t, err)
		p.SetCookie(desk.SessionCookie, session.Token.Reveal())
	}
	site := h.Site()
	site.Visitors["halfway"] = halfway
	h.MatrixOf(t, site, []webtest.View{
		{Name: "login", Path: "/login"}, {Name: "forgot", Path: "/forgot-password"}, {Name: "reset", Path: reset}, {Name: "invitation", Path: link},
		{Name: "dead", Path: "/invitation?token=none", Status: http.StatusGone}, {Name: "code", Visitor: "halfway", Path: "/login/code"}, {Name: "home", Visitor: "admin", Path: "/"},
	})
}
