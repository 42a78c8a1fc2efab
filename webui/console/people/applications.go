package people

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/analytics"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

// applicationsView is the list of applications, of all portals.
type applicationsView struct {
	desk.List
	Items     []control.ApplicationView
	Total     int
	Names     map[portico.PortalID]string
	Portals   []design.Option
	MayImport bool
}

func (p pages) applications(w http.ResponseWriter, v *desk.Visit) error {
	view := applicationsView{List: v.List("name", "created_at"), MayImport: v.Grants().Somewhere(access.Portals, access.Applications)}
	q := view.Query(view.Contains("q", "name"), view.Equal("portal_id"))
	found, err := p.Applications.ListAll(v.Context(), access.Visible(v.Context(), q, access.Portals, "portal_id"))
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	if view.Names, err = p.portalNames(v); err != nil {
		return err
	}
	if view.Portals, err = p.portalOptions(v, view.Value("portal_id")); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("people.applications"), applicationsPage(view))
}

// applicationView is what every page of an application shows.
type applicationView struct {
	control.ApplicationView
	Portal    portico.Portal
	Tabs      []design.Tab
	MayManage bool
	Form      *desk.Form
	Call      templ.Component // nil: it was not asked for

	Report        analytics.Report           // of the overview
	Registrations []control.RegistrationView // of their tab
	MayDecide     map[portico.RegistrationID]bool
	Credentials   []control.Credential // of their tab
	Fault         string               // why the credentials cannot be told; empty: they can
	Owners        []design.Option      // of a transfer
}

// Path is a page of the application.
func (a applicationView) Path(tab string) string { return applicationsPath + "/" + string(a.ID) + tab }

// OwnerName is whom the application belongs to.
func (a applicationView) OwnerName() string { return ownerName(a.ApplicationView) }

func ownerName(a control.ApplicationView) string {
	if a.Team != nil {
		return a.Team.Name
	}
	return a.Developer.FullName
}

// findApplication gathers what the pages of an application show, for a visitor
// who was granted the action in the portal.
func (p pages) findApplication(v *desk.Visit, action access.Action, tab string) (applicationView, error) {
	id := portico.ApplicationID(v.PathValue("applicationId"))
	app, err := p.Applications.ByID(v.Context(), "", id)
	if err == nil {
		err = in(v, action, app.PortalID, portico.NotFound("application", id))
	}
	if err != nil {
		return applicationView{}, err
	}
	view := applicationView{ApplicationView: app, Form: v.EmptyForm(nil), MayManage: v.May(access.Portals, access.Applications, string(app.PortalID))}
	for _, t := range []struct{ path, label string }{{"", "people.tab_overview"}, {tabRegistrations, "people.tab_registrations"}, {tabCredentials, "people.tab_credentials"}} {
		view.Tabs = append(view.Tabs, design.Tab{Href: view.Path(t.path), Label: v.T(t.label), Current: t.path == tab})
	}
	view.Portal, err = p.Portals.ByID(v.Context(), app.PortalID)
	return view, err
}

// The tabs of an application beside its overview.
const (
	tabRegistrations = "/registrations"
	tabCredentials   = "/credentials"
)

func (p pages) application(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.View, "")
	if err != nil {
		return err
	}
	if view.Report, err = p.Analytics.Application(v.Context(), view.ID, analytics.LastDay); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, view.Name, applicationPage(view))
}

func (p pages) registrationsOf(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.View, tabRegistrations)
	if err != nil {
		return err
	}
	found, err := p.Registrations.List(v.Context(), portico.Everything(portico.Where("application_id", view.ID)))
	if err != nil {
		return err
	}
	view.Registrations, view.MayDecide = found.Items, map[portico.RegistrationID]bool{}
	for _, r := range found.Items {
		view.MayDecide[r.ID] = v.May(access.Portals, access.Approve, string(r.PortalID)) || v.May(access.APIs, access.Approve, string(r.APIID))
	}
	return v.Render(w, http.StatusOK, view.Name, registrationsPage(view))
}

// credentialsOf lists what may be told of the credentials. Where the identity
// provider does not answer, the page says so.
func (p pages) credentialsOf(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.View, tabCredentials)
	if err != nil {
		return err
	}
	found, err := p.Credentials.List(v.Context(), view.ID, portico.Everything())
	if err != nil {
		if refused := view.Form.Refused(err, nil); refused != nil {
			return refused
		}
		view.Fault = view.Form.Faults[0].Text
	}
	view.Credentials = found.Items
	return v.Render(w, http.StatusOK, view.Name, credentialsPage(view))
}

func (p pages) deleteApplicationForm(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.Applications, "")
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("people.delete_application"), deleteApplicationPage(view))
}

func (p pages) deleteApplication(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.Applications, "")
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: view.resource()}},
		Do: func() (desk.Answer, error) {
			return v.To(applicationsPath, "people.application_deleted", "Name", view.Name), p.Applications.Delete(v.Context(), view.ID)
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return v.Render(w, status, v.T("people.delete_application"), deleteApplicationPage(view))
		},
	})
}

// resource is the application's address in the management API.
func (a applicationView) resource() string {
	return "/v3/portals/" + string(a.PortalID) + "/applications/" + string(a.ID)
}

// The two types of owner, as the management API writes them.
const (
	ownerDeveloper = "developer"
	ownerTeam      = "team"
)

func (p pages) transferForm(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.Applications, "")
	if err != nil {
		return err
	}
	return p.showTransfer(w, v, http.StatusOK, view)
}

// showTransfer offers the teams of the portal that may own applications; a
// developer is named by the address.
func (p pages) showTransfer(w http.ResponseWriter, v *desk.Visit, status int, view applicationView) error {
	teams, err := p.Teams.List(v.Context(), view.PortalID, portico.Everything(portico.Filter{Field: "can_own_applications", Op: portico.OpEqual, Values: []string{"true"}}))
	if err != nil {
		return err
	}
	view.Owners = []design.Option{{Label: v.T("people.no_team")}}
	for _, t := range teams.Items {
		view.Owners = append(view.Owners, design.Option{Value: string(t.ID), Label: t.Name, Selected: view.Form.Value("team") == string(t.ID)})
	}
	return v.Render(w, status, v.T("people.transfer"), transferPage(view))
}

func (p pages) transfer(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findApplication(v, access.Applications, "")
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	f := view.Form
	owner, name := control.Owner{}, ""
	var body map[string]any
	if team := portico.TeamID(f.Value("team")); team != "" {
		t, err := p.Teams.ByID(v.Context(), view.PortalID, team)
		if err != nil {
			return err
		}
		owner.Team, name, body = &team, t.Name, map[string]any{"type": ownerTeam, "id": team}
	} else {
		d, err := p.developerByEmail(v, f, view.PortalID)
		if err != nil {
			return err
		}
		owner.Developer, name, body = d.ID, d.FullName, map[string]any{"type": ownerDeveloper, "id": d.ID}
	}
	show := func(status int, call templ.Component) error {
		view.Call = call
		return p.showTransfer(w, v, status, view)
	}
	if !f.OK() { // there is no call without an owner
		return show(http.StatusUnprocessableEntity, nil)
	}
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"owner.id": "email", "developer_id": "email", "team_id": "team"}, Show: show,
		Calls: []desk.Call{{Method: http.MethodPatch, Path: view.resource(), Body: map[string]any{"owner": body}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Applications.Update(v.Context(), view.ID, control.ApplicationChange{Owner: portico.Some(owner)})
			return v.To(view.Path(""), "people.transferred", "Name", view.Name, "Owner", name), err
		},
	})
}

// developerByEmail reads the address of one of the portal's developers.
func (p pages) developerByEmail(v *desk.Visit, f *desk.Form, portal portico.PortalID) (portico.Developer, error) {
	email := f.Email("email")
	if f.Fault("email") != "" || portal == "" {
		return portico.Developer{}, nil
	}
	found, err := p.Developers.List(v.Context(), portal, portico.Everything(portico.Where("email", email)))
	if err != nil {
		return portico.Developer{}, err
	}
	if len(found.Items) == 0 {
		f.Reject("email", "people.no_such_developer")
		return portico.Developer{}, nil
	}
	return found.Items[0], nil
}

// importView is the form that takes over a client which an identity provider
// has already.
type importView struct {
	Form       *desk.Form
	Portals    []design.Option
	Strategies []design.Option
	Call       templ.Component // nil: it was not asked for
}

func (p pages) importForm(w http.ResponseWriter, v *desk.Visit) error {
	return p.showImport(w, v, http.StatusOK, importView{Form: v.EmptyForm(url.Values{"portal": {v.URL.Query().Get("portal_id")}})})
}

func (p pages) showImport(w http.ResponseWriter, v *desk.Visit, status int, view importView) (err error) {
	if view.Portals, err = p.portalChoice(v, access.Applications, view.Form.Value("portal")); err != nil {
		return err
	}
	if view.Strategies, err = p.dcrStrategies(v, view.Form.Value("strategy")); err != nil {
		return err
	}
	return v.Render(w, status, v.T("people.import"), importPage(view))
}

// dcrStrategies are the auth strategies whose clients a DCR provider holds, by
// the name that developers see.
func (p pages) dcrStrategies(v *desk.Visit, chosen string) ([]design.Option, error) {
	found, err := p.Strategies.List(v.Context(), portico.ListQuery{Size: 1 << 10, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	var out []design.Option
	for _, s := range found.Items {
		if s.CredentialType() == portico.CredentialDCR {
			out = append(out, design.Option{Value: string(s.ID), Label: cmp.Or(s.DisplayName, s.Name), Selected: chosen == string(s.ID)})
		}
	}
	return out, err
}

// The contract's limits.
const (
	maxAppName  = 255
	maxClientID = 255
)

func (p pages) importClient(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	portals, err := p.portalChoice(v, access.Applications, "")
	if err != nil {
		return err
	}
	strategies, err := p.dcrStrategies(v, "")
	if err != nil {
		return err
	}
	portal, strategy := portico.PortalID(f.Choice("portal", values(portals)...)), portico.StrategyID(f.Choice("strategy", values(strategies)...))
	in := control.NewApplication{PortalID: portal, StrategyID: &strategy, Name: f.Text("name", true, maxAppName), DCRClientID: f.Text("client_id", true, maxClientID)}
	if f.Fault("portal") != "" {
		portal = ""
	}
	owner, err := p.developerByEmail(v, f, portal)
	if err != nil {
		return err
	}
	in.DeveloperID = owner.ID
	view := importView{Form: f}
	show := func(status int, call templ.Component) error {
		view.Call = call
		return p.showImport(w, v, status, view)
	}
	if !f.OK() { // there is no call without an owner
		return show(http.StatusUnprocessableEntity, nil)
	}
	return v.Submit(desk.Task{
		Form: f, Fields: map[string]string{"dcr_client_id": "client_id", "auth_strategy_id": "strategy"}, Show: show,
		Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/portals/" + string(portal) + "/applications", Body: map[string]any{
			"name": in.Name, "owner": map[string]any{"type": ownerDeveloper, "id": owner.ID}, "auth_strategy_id": strategy, "dcr_client_id": in.DCRClientID,
		}}},
		Do: func() (desk.Answer, error) {
			made, err := p.Applications.Create(v.Context(), in)
			return v.To(applicationsPath+"/"+string(made.ID), "people.imported", "Name", made.Name), err
		},
	})
}

// appNames are the names of applications, for a sentence.
func appNames(apps []control.ApplicationView) string {
	var out []string
	for _, a := range apps {
		out = append(out, a.Name)
	}
	return strings.Join(out, ", ")
}

// ownOf are the applications that go with their developer: those that no team
// owns.
func ownOf(apps []control.ApplicationView) []control.ApplicationView {
	var out []control.ApplicationView
	for _, a := range apps {
		if a.TeamID == nil {
			out = append(out, a)
		}
	}
	return out
}
