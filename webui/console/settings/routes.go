package settings

import (
	"net/http"
	"slices"

	"portico"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/visit"
)

type pages struct{ *desk.Site }

// Routes lists the pages and actions of this package.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	return slices.Concat(p.organizationRoutes(), p.signOnRoutes(), p.keyRoutes(), p.accountRoutes(), p.tokenRoutes())
}

// show renders a page again with the form as it was sent.
type show func(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error

// again shows a form again with what a use case had against it; fields maps the
// use case's names to the form's.
func again(w http.ResponseWriter, v *desk.Visit, f *desk.Form, err error, fields map[string]string, page show) error {
	e := problem.Translate(err)
	if err := f.Refused(err, fields); err != nil {
		return err
	}
	if e.Kind == portico.KindTooMany {
		visit.RetryAfter(w, e)
	}
	return page(w, v, statusOf(e), f)
}

// statusOf is the status of a form that is shown again.
func statusOf(e *portico.Error) int {
	if e.Kind == portico.KindInvalid {
		return http.StatusUnprocessableEntity
	}
	return problem.Status(e.Kind)
}

// tab makes the tabs of an area of pages.
func tab(v *desk.Visit, current string, tabs ...design.Tab) []design.Tab {
	for i := range tabs {
		tabs[i].Label, tabs[i].Current = v.T(tabs[i].Label), tabs[i].Href == current
	}
	return tabs
}
