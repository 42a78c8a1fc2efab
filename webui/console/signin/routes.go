package signin

import (
	"net/http"
	"slices"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/problem"
	"portico/webui/desk"
	"portico/webui/visit"
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

// again shows a form again with what a use case had against it.
func again(w http.ResponseWriter, v *desk.Visit, f *desk.Form, err error, show func(http.ResponseWriter, *desk.Visit, int, *desk.Form) error) error {
	if err := f.Refused(err, nil); err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if e := problem.Translate(err); e.Kind == portico.KindTooMany {
		status = http.StatusTooManyRequests
		visit.RetryAfter(w, e)
	}
	return show(w, v, status, f)
}
