package people

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/developers"
	"portico/webui/design"
	"portico/webui/desk"
)

// developersView is the list of developers, of all portals.
type developersView struct {
	desk.List
	Items     []portico.Developer
	Total     int
	Names     map[portico.PortalID]string
	Portals   []design.Option
	Statuses  []design.Option
	MayInvite bool
}

func (p pages) developers(w http.ResponseWriter, v *desk.Visit) error {
	view := developersView{List: v.List("email", "full_name", "status", "created_at"), MayInvite: v.Grants().Somewhere(access.Portals, access.Accounts)}
	q := view.Query(view.Contains("q", "email"), view.Equal("status"), view.Equal("portal_id"))
	found, err := p.Developers.ListAll(v.Context(), access.Visible(v.Context(), q, access.Portals, "portal_id"))
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
	view.Statuses = []design.Option{{Label: v.T("people.any_status")}}
	for _, s := range statuses() {
		view.Statuses = append(view.Statuses, design.Option{Value: s, Label: v.T("design.status." + s), Selected: view.Value("status") == s})
	}
	return v.Render(w, http.StatusOK, v.T("people.developers"), developersPage(view))
}

// developerView is everything about one developer.
type developerView struct {
	portico.Developer
	Portal        portico.Portal
	Applications  []control.ApplicationView
	Teams         []portico.Team
	Sessions      []portico.Session
	MayDecide     bool
	MayDelete     bool
	MaySeeNetwork bool // where somebody signs in from
	Form          *desk.Form
	Call          templ.Component // nil: it was not asked for
}

// Path is the developer's page.
func (d developerView) Path() string { return developersPath + "/" + string(d.ID) }

// find gathers what the pages of a developer show, for a visitor who was granted
// the action in the portal.
func (p pages) findDeveloper(v *desk.Visit, action access.Action) (developerView, error) {
	id := portico.DeveloperID(v.PathValue("developerId"))
	d, err := p.Developers.Find(v.Context(), id)
	if err == nil {
		err = in(v, action, d.PortalID, portico.NotFound("developer", id))
	}
	if err != nil {
		return developerView{}, err
	}
	may := func(a access.Action) bool { return v.May(access.Portals, a, string(d.PortalID)) }
	view := developerView{Developer: d, Form: v.EmptyForm(nil), MayDecide: may(access.Approve), MayDelete: may(access.Accounts), MaySeeNetwork: may(access.Accounts)}
	if view.Portal, err = p.Portals.ByID(v.Context(), d.PortalID); err != nil {
		return view, err
	}
	apps, err := p.Applications.UsableBy(v.Context(), d, portico.Everything())
	if err != nil {
		return view, err
	}
	teams, err := p.Teams.Of(v.Context(), d.PortalID, d.ID, portico.Everything())
	if err != nil {
		return view, err
	}
	view.Applications, view.Teams = apps.Items, teams.Items
	view.Sessions, err = p.Sessions.List(v.Context(), d.ID)
	return view, err
}

func (p pages) developer(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findDeveloper(v, access.View)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, view.FullName, developerPage(view))
}

// signOut ends every session of a developer.
func (p pages) signOut(_ http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findDeveloper(v, access.Accounts)
	if err != nil {
		return err
	}
	if err := p.Sessions.EndOthers(v.Context(), view.ID, ""); err != nil {
		return err
	}
	v.Flash("people.signed_out", "Name", view.FullName)
	return v.Redirect(view.Path())
}

func (p pages) deleteDeveloperForm(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findDeveloper(v, access.Accounts)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("people.delete_developer"), deleteDeveloperPage(view))
}

func (p pages) deleteDeveloper(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.findDeveloper(v, access.Accounts)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v3/portals/" + string(view.PortalID) + "/developers/" + string(view.ID)}},
		Do: func() (desk.Answer, error) {
			return v.To(developersPath, "people.developer_deleted", "Name", view.FullName), p.Developers.Delete(v.Context(), view.PortalID, view.ID)
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return v.Render(w, status, v.T("people.delete_developer"), deleteDeveloperPage(view))
		},
	})
}

// inviteView is the form of a new account.
type inviteView struct {
	Form    *desk.Form
	Portals []design.Option
	Call    templ.Component // nil: it was not asked for
}

func (p pages) inviteForm(w http.ResponseWriter, v *desk.Visit) error {
	return p.showInvite(w, v, http.StatusOK, inviteView{Form: v.EmptyForm(url.Values{"portal": {v.URL.Query().Get("portal_id")}, "approved": {"on"}, "mail": {"on"}})})
}

func (p pages) showInvite(w http.ResponseWriter, v *desk.Visit, status int, view inviteView) (err error) {
	if view.Portals, err = p.portalChoice(v, access.Accounts, view.Form.Value("portal")); err != nil {
		return err
	}
	return v.Render(w, status, v.T("people.invite"), invitePage(view))
}

func (p pages) invite(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	options, err := p.portalChoice(v, access.Accounts, "")
	if err != nil {
		return err
	}
	portal := portico.PortalID(f.Choice("portal", values(options)...))
	account := developers.NewAccount{Email: f.Email("email"), FullName: f.Text("full_name", true, maxFullName), SendInvitation: f.Value("mail") != ""}
	if f.Value("approved") != "" {
		account.Status = new(portico.Approved)
	}
	view := inviteView{Form: f}
	body := map[string]any{"email": account.Email, "full_name": account.FullName, "send_invitation_email": account.SendInvitation}
	if account.Status != nil {
		body["status"] = *account.Status
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/portals/" + string(portal) + "/developers", Body: body}},
		Do: func() (desk.Answer, error) {
			made, err := p.Developers.Create(v.Context(), portal, account)
			return v.To(developersPath+"/"+string(made.ID), "people.invited", "Name", made.FullName), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showInvite(w, v, status, view)
		},
	})
}

// maxFullName is how many characters a name may have (contract: Developer).
const maxFullName = 250

// teamsView is the list of teams, of all portals.
type teamsView struct {
	desk.List
	Items   []teamLine
	Total   int
	Names   map[portico.PortalID]string
	Portals []design.Option
}

// teamLine is a team and how many developers are in it.
type teamLine struct {
	portico.Team
	Members int
}

func (p pages) teams(w http.ResponseWriter, v *desk.Visit) error {
	view := teamsView{List: v.List("name", "created_at")}
	q := view.Query(view.Contains("q", "name"), view.Equal("portal_id"))
	found, err := p.Teams.ListAll(v.Context(), access.Visible(v.Context(), q, access.Portals, "portal_id"))
	if err != nil {
		return err
	}
	view.Total = found.Total
	for _, t := range found.Items {
		members, err := p.Teams.Members(v.Context(), t.PortalID, t.ID, portico.ListQuery{Size: 1, Number: 1})
		if err != nil {
			return err
		}
		view.Items = append(view.Items, teamLine{t, members.Total})
	}
	if view.Names, err = p.portalNames(v); err != nil {
		return err
	}
	if view.Portals, err = p.portalOptions(v, view.Value("portal_id")); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("people.teams"), teamsPage(view))
}
