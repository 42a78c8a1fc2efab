package settings_test

import (
	"testing"

	"portico/admins"
	"portico/secret"
	"portico/webtest"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	site := h.Site()
	site.Visitors["ada"] = func(p *webtest.Page) {
		session, err := h.Admins.Sessions.SignIn(t.Context(), h.Admin.Email, secret.New(password), admins.Browser{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", Address: "192.0.2.7"})
		must(t, err)
		p.SetCookie(desk.SessionCookie, session.Token.Reveal())
	}
	_, err := h.Admins.SecondFactors.Enrol(t.Context(), h.Admin.ID)
	must(t, err)
	h.MatrixOf(t, site, []webtest.View{
		{Name: "settings", Visitor: "ada", Path: "/settings"}, {Name: "settings-sign-on", Visitor: "ada", Path: "/settings/sign-on"},
		{Name: "settings-keys", Visitor: "ada", Path: "/settings/keys"}, {Name: "settings-backup", Visitor: "ada", Path: "/settings/backup"}, {Name: "account", Visitor: "ada", Path: "/account"}, {Name: "account-security", Visitor: "ada", Path: "/account/security"},
		{Name: "account-second-factor", Visitor: "ada", Path: "/account/second-factor"},
		{Name: "account-tokens", Visitor: "ada", Path: "/account/tokens"}, {Name: "account-token-new", Visitor: "ada", Path: "/account/tokens/new"},
	})
}
