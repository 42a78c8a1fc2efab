package signin

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Routes lists the pages and actions of this package.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	return slices.Concat([]desk.Route{
		desk.Door("GET /login", p.form),
		desk.Door("POST /login", p.signIn),
		desk.Door("GET "+codePath, p.codeForm),
		desk.Door("POST "+codePath, p.verifyCode),
		desk.On("POST /logout", p.signOut, access.Own()),
	}, p.signOnRoutes(), p.mailRoutes())
}

// browser is what the list of sessions tells of where somebody signs in from.
func browser(v *desk.Visit) admins.Browser {
	return admins.Browser{UserAgent: v.UserAgent(), Address: httpkit.ClientAddr(v.Request).String()}
}

// submit does what the form of a page asks for.
func submit(w http.ResponseWriter, v *desk.Visit, f *desk.Form, show func(http.ResponseWriter, *desk.Visit, int, *desk.Form) error, do func() (desk.Answer, error)) error {
	return v.Submit(desk.Task{Form: f, Do: do, Show: func(status int, _ templ.Component) error { return show(w, v, status, f) }})
}
