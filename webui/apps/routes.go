package apps

import (
	"net/http"
	"strconv"

	"portico"
	"portico/control"
	"portico/problem"
	"portico/webui/page"
)

type pages struct{ *page.Site }

// Routes are the pages of applications.
func Routes(s *page.Site) []page.Route {
	p := pages{s}
	own := func(pattern string, h page.Handler) page.Route { return page.On(page.Developer, pattern, h) }
	return []page.Route{
		own("GET /apps", p.list),
		own("GET /apps/new", p.newForm),
		own("POST /apps/new/{handoff}/application", p.create),
		own("POST /apps/new/{handoff}/credential", p.issue),
		own("GET /apps/new/{handoff}/credentials", p.show),
		own("GET /apps/new/{handoff}/credentials/env", p.downloadEnv),
		own("GET /apps/new/{handoff}/credentials/json", p.downloadJSON),
		own("POST /apps/new/{handoff}/extend", p.extend),
		own("POST /apps/new/{handoff}/proceed", p.proceed),
		own("GET /apps/{id}", p.of(p.overview)),
		own("GET /apps/{id}/apis", p.of(p.apis)),
		own("GET /apps/{id}/apis/add", p.of(p.addAPIForm)),
		own("POST /apps/{id}/apis/add", p.of(p.addAPI)),
		own("POST /apps/{id}/apis/{registration}/again", p.of(p.askAgain)),
		own("POST /apps/{id}/apis/{registration}/remove", p.of(p.removeAPI)),
		own("GET /apps/{id}/credentials", p.of(p.credentials)),
		own("GET /apps/{id}/credentials/new", p.of(p.newCredentialForm)),
		own("GET /apps/{id}/credentials/regenerate", p.of(p.regenerateForm)),
		own("GET /apps/{id}/credentials/{credential}/rename", p.of(p.renameForm)),
		own("POST /apps/{id}/credentials/{credential}/rename", p.of(p.rename)),
		own("GET /apps/{id}/credentials/{credential}/revoke", p.of(p.revokeForm)),
		own("POST /apps/{id}/credentials/{credential}/revoke", p.of(p.revoke)),
		own("GET /apps/{id}/analytics", p.of(p.analytics)),
		own("GET /apps/{id}/settings", p.of(p.settings)),
		own("POST /apps/{id}/settings/edit", p.of(p.edit)),
		own("POST /apps/{id}/settings/transfer", p.of(p.transfer)),
		own("POST /apps/{id}/settings/delete", p.of(p.remove)),
		own("GET /apps/{id}/test", p.of(p.testForm)),
		own("POST /apps/{id}/test", p.of(p.test)),
	}
}

// app is an application of the visitor's, with what every tab of it shows.
type app struct {
	control.ApplicationView
	Registrations []control.RegistrationView
	Status        portico.Status // see statusOf
}

// Type is how the application proves who it is.
func (a app) Type() portico.CredentialType { return a.Strategy.CredentialType() }

// Path is the address of the application, or of a page below it.
func (a app) Path(below string) string { return "/apps/" + string(a.ID) + below }

// Needs reports whether callers may use the auth method.
func (a app) Needs(method string) bool { return a.Strategy.OIDC != nil && a.Strategy.OIDC.Has(method) }

// of finds the application that a page is about; other people's are not there.
func (p pages) of(h func(http.ResponseWriter, *page.Visit, app) error) page.Handler {
	return func(w http.ResponseWriter, v *page.Visit) error {
		view, err := p.Applications.Usable(v.Context(), *v.Developer, portico.ApplicationID(v.PathValue("id")))
		if portico.KindOf(err) == portico.KindNotFound && err != nil {
			return portico.Errorf(portico.KindNotFound, "You have no application at this address. It may have been deleted, or belong to somebody else.").Named("no_app")
		}
		if err != nil {
			return err
		}
		a, err := p.complete(v, view)
		if err != nil {
			return err
		}
		return h(w, v, a)
	}
}

// complete adds the registrations, which every tab counts.
func (p pages) complete(v *page.Visit, view control.ApplicationView) (app, error) {
	found, err := p.Registrations.List(v.Context(), portico.Everything(portico.Where("application_id", view.ID)))
	return app{view, found.Items, statusOf(found.Items)}, err
}

// statusOf sums up an application's registrations: it is as good as its best
// one. Empty: it has none.
func statusOf(registrations []control.RegistrationView) portico.Status {
	rank := map[portico.Status]int{portico.Rejected: 1, portico.Revoked: 2, portico.Pending: 3, portico.Approved: 4}
	best := portico.Status("")
	for _, r := range registrations {
		if rank[r.Status] > rank[best] {
			best = r.Status
		}
	}
	return best
}

// statusOfForm is the status of a form that is shown again: err is what a use
// case had against it; nil: it was not asked.
func statusOfForm(err error) int {
	if err == nil {
		return http.StatusUnprocessableEntity
	}
	return problem.Status(portico.KindOf(err))
}

// number reads a page number of the query, from 1.
func number(v *page.Visit) int {
	n, _ := strconv.Atoi(v.URL.Query().Get("page")) // what is no number is page 1
	return min(max(n, 1), 1000)
}
