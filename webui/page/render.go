package page

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/webui/design"
	"portico/webui/i18n"
)

// Option changes the shell around one page.
type Option func(*design.Shell)

// Wide gives a page the whole width.
func Wide(s *design.Shell) { s.Wide = true }

// NotIndexed asks search engines to leave a page out.
func NotIndexed(s *design.Shell) { s.NoIndex = true }

// Module adds a script module of the page's own; src is a path of this portal.
func Module(src string) Option {
	return func(s *design.Shell) { s.Modules = append(s.Modules, src) }
}

// Described gives search engines a sentence about a page.
func Described(text string) Option {
	return func(s *design.Shell) { s.Description = text }
}

// Render answers with a page: content within the portal's shell. title is in
// the visitor's language.
func (v *Visit) Render(w http.ResponseWriter, status int, title string, content templ.Component, options ...Option) error {
	return v.answer(w, status, design.Page, title, content, options)
}

// RenderBare answers with content in a card that has the screen for itself.
func (v *Visit) RenderBare(w http.ResponseWriter, status int, title string, content templ.Component, options ...Option) error {
	return v.answer(w, status, design.Bare, title, content, options)
}

func (v *Visit) answer(w http.ResponseWriter, status int, frame func(design.Shell) templ.Component, title string, content templ.Component, options []Option) error {
	shell, err := v.shell(title)
	if err != nil {
		return err
	}
	for _, change := range options {
		change(&shell)
	}
	return v.Write(templ.WithChildren(v.Context(), content), w, status, frame(shell))
}

// shell is what surrounds every page of the portal.
func (v *Visit) shell(title string) (design.Shell, error) {
	here := v.Here()
	s := design.Shell{
		Title: title, Lang: i18n.Lang(v.Context()), Theme: design.Mode(v.Theme), Path: here,
		Brand: design.Brand{Name: v.PortalName()}, Languages: v.Languages(), Flash: v.TakeFlash(),
	}
	if v.Portal.ID == "" {
		return s, nil
	}
	s.Search = design.Search{Action: "/search"}
	v.addAccount(&s, here)
	return s, v.dress(&s)
}

// PortalName is what the portal calls itself.
func (v *Visit) PortalName() string { return NameOf(v.Portal) }

// NameOf is what a portal calls itself; a request for no portal gets Portico's
// own name.
func NameOf(p portico.Portal) string { return cmp.Or(p.DisplayName, p.Name, "Portico") }

// addAccount adds who is signed in, or how to sign in and come back.
func (v *Visit) addAccount(s *design.Shell, here string) {
	switch d := v.Developer; {
	case d != nil:
		s.User = &design.UserMenu{Name: d.FullName, Email: d.Email, Items: []design.MenuItem{
			{Label: v.T("portal.nav_apps"), Icon: "app", Href: "/apps"},
			{Label: v.T("portal.nav_account"), Icon: "user", Href: "/account"},
			{Label: v.T("portal.sign_out"), Icon: "sign-out", Post: "/logout"},
		}}
	case v.Portal.AuthenticationEnabled:
		s.SignInHref = SignInPath(here)
		if v.Portal.BasicAuthEnabled {
			s.SignUpHref = "/signup"
		}
	}
}

// SignInPath is the page that signs a developer in and then leads back to a path.
func SignInPath(back string) string {
	if back == "/" {
		return "/login"
	}
	return "/login?return=" + url.QueryEscape(back)
}
