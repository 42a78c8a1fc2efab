package page

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

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

// Fragment answers with a component alone, for a script to put into a page.
func (v *Visit) Fragment(w http.ResponseWriter, content templ.Component) error {
	return v.write(v.Context(), w, http.StatusOK, content)
}

// NoStore keeps an answer that holds a secret out of every cache.
func (v *Visit) NoStore() { v.w.Header().Set("Cache-Control", "no-store") }

func (v *Visit) answer(w http.ResponseWriter, status int, frame func(design.Shell) templ.Component, title string, content templ.Component, options []Option) error {
	shell, err := v.shell(title)
	if err != nil {
		return err
	}
	for _, change := range options {
		change(&shell)
	}
	return v.write(templ.WithChildren(v.Context(), content), w, status, frame(shell))
}

// write renders everything before it sends anything, so that a failure can
// still become an error page.
func (v *Visit) write(ctx context.Context, w http.ResponseWriter, status int, c templ.Component) error {
	var html bytes.Buffer
	if err := c.Render(ctx, &html); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes()) // fails only when the visitor has left
	return nil
}

// shell is what surrounds every page of the portal.
func (v *Visit) shell(title string) (design.Shell, error) {
	here := v.here()
	s := design.Shell{
		Title: title, Lang: i18n.Lang(v.Context()), Theme: design.Mode(v.theme), Path: here,
		Brand: design.Brand{Name: v.PortalName()}, Languages: languages(v, here), Flash: v.takeFlash(),
	}
	if v.Portal.ID == "" {
		return s, nil
	}
	s.Search = design.Search{Action: "/search"}
	v.addAccount(&s, here)
	return s, v.dress(&s)
}

// here is the page's own address, where choosing a language or signing in leads
// back to. What was posted to can be asked for by GET, too.
func (v *Visit) here() string {
	u := url.URL{Path: v.URL.Path, RawQuery: v.URL.RawQuery}
	q := u.Query()
	q.Del(i18n.Param)
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// PortalName is what the portal calls itself.
func (v *Visit) PortalName() string {
	switch {
	case v.Portal.DisplayName != "":
		return v.Portal.DisplayName
	case v.Portal.Name != "":
		return v.Portal.Name
	}
	return "Portico"
}

// languages are the language menu: the same page in each of them.
func languages(v *Visit, here string) []design.Language {
	var out []design.Language
	for _, l := range i18n.Languages() {
		separator := "?"
		if strings.Contains(here, "?") {
			separator = "&"
		}
		out = append(out, design.Language{Code: l.Tag, Label: l.Name, Href: here + separator + i18n.Param + "=" + l.Tag, Current: l.Tag == i18n.Lang(v.Context())})
	}
	return out
}

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

// themeOf is the mode that pages are shown in.
func themeOf(mode string) portico.ThemeMode {
	switch m := portico.ThemeMode(mode); m {
	case portico.ThemeLight, portico.ThemeDark, portico.ThemeSystem:
		return m
	}
	return ""
}
