package portals

import (
	"net/http"

	"github.com/a-h/templ"

	"portico/access"
	"portico/webui/desk"
)

func (p pages) domainRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/domains", p.domains, access.View),
		p.on("POST", "/domains", p.addDomain, access.Edit).As("create-portal-custom-domain"),
		p.on("GET", "/domains/delete", p.deleteDomainForm, access.Edit),
		p.on("POST", "/domains/delete", p.deleteDomain, access.Edit).As("delete-portal-custom-domain"),
	}
}

// maxHost is how long a host name can be (RFC 1035 §2.3.4).
const maxHost = 253

// domainsView is the tab Domains.
type domainsView struct {
	sheet
	Portal  portal
	Default string // the domain that the portal always has
}

func (p pages) domains(w http.ResponseWriter, v *desk.Visit, one portal) error {
	return p.showDomains(w, v, one, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDomains(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := domainsView{Portal: one, Default: p.Portals.DefaultDomain(one.Portal), sheet: sheet{
		Form: f, Call: call, Action: one.Path(tabDomains), May: one.May(access.Edit), Submit: v.T("portals.add_domain"),
	}}
	return v.Render(w, status, v.T("portals.tab_domains"), domainsPage(view))
}

func (p pages) addDomain(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	host := f.Text("hostname", true, maxHost)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/custom-domain"), Body: body{
			"hostname": host, "enabled": true, "ssl": body{"domain_verification_method": "http"},
		}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Portals.AddDomain(v.Context(), one.ID, host)
			return v.To(one.Path(tabDomains), "portals.domain_added", "Domain", host), err
		},
		Show: func(status int, call templ.Component) error { return p.showDomains(w, v, one, status, f, call) },
	})
}

func (p pages) deleteDomainForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	return p.showDeleteDomain(w, v, one, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDeleteDomain(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := confirmView{
		Portal: one, Tab: tabDomains, Title: v.T("portals.delete_domain", "Domain", one.CustomDomain), Text: v.T("portals.delete_domain_text", "Default", p.Portals.DefaultDomain(one.Portal)),
		sheet: sheet{Form: f, Call: call, Action: one.Path("/domains/delete"), May: true, Cancel: one.Path(tabDomains), Submit: v.T("portals.remove"), Danger: true},
	}
	return v.Render(w, status, view.Title, confirmPage(view))
}

func (p pages) deleteDomain(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodDelete, Path: one.API("/custom-domain")}},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path(tabDomains), "portals.domain_removed", "Domain", one.CustomDomain), p.Portals.DeleteDomain(v.Context(), one.ID)
		},
		Show: func(status int, call templ.Component) error { return p.showDeleteDomain(w, v, one, status, f, call) },
	})
}
