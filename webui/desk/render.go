package desk

import (
	"net/http"

	"github.com/a-h/templ"

	"portico/webui/design"
	"portico/webui/i18n"
)

// Option changes the shell around one page.
type Option func(*design.Shell)

// Wide gives a page the whole width.
func Wide(s *design.Shell) { s.Wide = true }

// Module adds a script module of the page's own; src is a path of the console.
func Module(src string) Option {
	return func(s *design.Shell) { s.Modules = append(s.Modules, src) }
}

// Render answers with a page: content beside the side bar. title is in the
// visitor's language.
func (v *Visit) Render(w http.ResponseWriter, status int, title string, content templ.Component, options ...Option) error {
	groups, err := v.side()
	if err != nil {
		return err
	}
	frame := func(s design.Shell) templ.Component { return design.Console(s, groups) }
	return v.answer(w, status, frame, title, content, options)
}

// RenderBare answers with content in a card that has the screen for itself:
// signing in, a secret that is shown once.
func (v *Visit) RenderBare(w http.ResponseWriter, status int, title string, content templ.Component, options ...Option) error {
	return v.answer(w, status, design.Bare, title, content, options)
}

func (v *Visit) answer(w http.ResponseWriter, status int, frame func(design.Shell) templ.Component, title string, content templ.Component, options []Option) error {
	shell := v.shell(title)
	for _, change := range options {
		change(&shell)
	}
	return v.Write(templ.WithChildren(v.Context(), content), w, status, frame(shell))
}

// shell is what surrounds every page of the console.
func (v *Visit) shell(title string) design.Shell {
	s := design.Shell{
		Title: title, Lang: i18n.Lang(v.Context()), Theme: design.Mode(v.Theme), Path: v.Here(),
		Brand: design.Brand{Name: v.T("console.name")}, Languages: v.Languages(), Flash: v.TakeFlash(), NoIndex: true,
	}
	if v.SignedIn() {
		u := v.Principal.User
		s.Search = design.Search{Action: "/search"}
		s.User = &design.UserMenu{Name: u.FullName, Email: u.Email, Items: []design.MenuItem{
			{Label: v.T("console.account"), Icon: "user", Href: "/account"},
			{Label: v.T("console.sign_out"), Icon: "sign-out", Post: "/logout"},
		}}
	}
	return s
}
