package admins

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/admins"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/visit"
)

func (p pages) userRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET "+usersPath, p.users, views()),
		desk.On("GET "+usersPath+"/{userId}", p.user, views()),
		desk.On("POST "+usersPath+"/{userId}", p.saveUser, edits()).As("update-user"),
		desk.On("POST "+usersPath+"/{userId}/active", p.setActive, edits()).As("update-user"),
		desk.On("GET "+usersPath+"/{userId}/delete", p.askToDeleteUser, deletes()),
		desk.On("POST "+usersPath+"/{userId}/delete", p.deleteUser, deletes()).As("delete-user"),
	}
}

// States of the list's filter; none of them means all.
const (
	stateActive   = "active"
	stateInactive = "inactive"
	stateInvited  = "invited"
)

// usersView is the list of users, and of those who are invited.
type usersView struct {
	desk.List
	Tabs    []design.Tab
	States  []design.Option
	Items   []userLine
	Total   int
	Invited []portico.Invite
	Now     time.Time
	MayEdit bool
}

// userLine is a user with the names of his teams.
type userLine struct {
	portico.User
	Teams string
}

// Path is the user's page.
func (u userLine) Path() string { return usersPath + "/" + string(u.ID) }

func (p pages) users(w http.ResponseWriter, v *desk.Visit) error {
	view := usersView{
		List: v.List("full_name", "email", "last_sign_in_at"), Tabs: desk.SettingsTabs(v, usersPath), Now: p.Now(), MayEdit: mayEdit(v),
		States: []design.Option{{Label: v.T("admins.any_state")}},
	}
	state := view.Value("state")
	for _, s := range []string{stateActive, stateInactive, stateInvited} {
		view.States = append(view.States, design.Option{Value: s, Label: v.T("admins.state_" + s), Selected: state == s})
	}
	if state != stateInvited {
		if err := p.fillUsers(v, &view, state); err != nil {
			return err
		}
	}
	if state == "" || state == stateInvited {
		invited, err := p.Admins.Invites.List(v.Context(), portico.Everything(view.Contains("q", "email")...))
		if err != nil {
			return err
		}
		view.Invited = invited.Items
	}
	return v.Render(w, http.StatusOK, v.T("admins.title"), usersPage(view))
}

func (p pages) fillUsers(v *desk.Visit, view *usersView, state string) error {
	var active []portico.Filter
	switch state {
	case stateActive:
		active = []portico.Filter{portico.Where("active", "true")}
	case stateInactive:
		active = []portico.Filter{portico.Where("active", "false")}
	}
	found, err := p.Admins.Users.List(v.Context(), view.Query(view.Contains("q", "name_and_email"), active))
	if err != nil {
		return err
	}
	view.Total = found.Total
	for _, u := range found.Items {
		teams, err := p.Admins.Teams.Of(v.Context(), admins.OfUser(u.ID), byName())
		if err != nil {
			return err
		}
		var names []string
		for _, t := range teams.Items {
			names = append(names, t.Name)
		}
		view.Items = append(view.Items, userLine{u, strings.Join(names, ", ")})
	}
	return nil
}

// byName asks for everything, ordered by its name.
func byName(conditions ...portico.Filter) portico.ListQuery {
	q := portico.Everything(conditions...)
	q.Sort = []portico.Sort{{Field: "name"}}
	return q
}

// userView is a user with his teams and roles.
type userView struct {
	userLine
	Crumb   []design.Crumb
	Form    *desk.Form
	Call    templ.Component
	Teams   memberships
	Roles   assignedRoles
	Now     time.Time
	MayEdit bool
}

func (p pages) user(w http.ResponseWriter, v *desk.Visit) error {
	return p.showUser(w, v, http.StatusOK, nil, nil)
}

// showUser renders the page of the user in the path.
func (p pages) showUser(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	id := portico.UserID(v.PathValue("userId"))
	user, err := p.Admins.Users.ByID(v.Context(), id)
	if err != nil {
		return err
	}
	view := userView{
		userLine: userLine{User: user}, Call: call, Now: p.Now(), MayEdit: mayEdit(v), Crumb: crumbs(v, usersPath, "admins.title", design.Crumb{Label: user.FullName}),
		Form: fill(v, f, url.Values{"full_name": {user.FullName}, "preferred_name": {user.PreferredName}}),
	}
	if view.Teams, err = p.memberships(v, admins.OfUser(id), view.Form); err != nil {
		return err
	}
	if view.Roles, err = p.assignedRoles(v, admins.OfUser(id)); err != nil {
		return err
	}
	return v.Render(w, status, user.FullName, userPage(view))
}

func (p pages) saveUser(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id := portico.UserID(v.PathValue("userId"))
	name, preferred := f.Text("full_name", true, visit.MaxName), f.Text("preferred_name", false, visit.MaxName)
	return submit(w, v, p.showUser, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodPatch, Path: "/v3/users/" + string(id), Body: body{"full_name": name, "preferred_name": preferred}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Admins.Users.Change(v.Context(), id, admins.UserChange{FullName: portico.Some(name), PreferredName: portico.Some(preferred)})
			return v.To(usersPath+"/"+string(id), "admins.saved"), err
		},
	})
}

// setActive lets a user in or keeps him out. The management API has no such
// operation.
func (p pages) setActive(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id := portico.UserID(v.PathValue("userId"))
	state := f.Choice("state", stateActive, stateInactive)
	return submit(w, v, p.showUser, desk.Task{
		Form: f,
		Do: func() (desk.Answer, error) {
			user, err := p.Admins.Users.SetActive(v.Context(), id, state == stateActive)
			return v.To(usersPath+"/"+string(id), "admins.is_"+state, "Name", user.FullName), err
		},
	})
}

func (p pages) askToDeleteUser(w http.ResponseWriter, v *desk.Visit) error {
	return p.showDeleteUser(w, v, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDeleteUser(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	user, err := p.Admins.Users.ByID(v.Context(), portico.UserID(v.PathValue("userId")))
	if err != nil {
		return err
	}
	line := userLine{User: user}
	s := sheet{
		Title: v.T("admins.delete_user", "Name", user.FullName), Crumb: crumbs(v, usersPath, "admins.title", design.Crumb{Href: line.Path(), Label: user.FullName}, design.Crumb{Label: v.T("admins.delete")}),
		Form: f, Action: line.Path() + "/delete", Cancel: line.Path(), Submit: v.T("admins.delete"), Danger: true, Call: call,
	}
	return v.Render(w, status, s.Title, confirmPage(s, v.T("admins.delete_user_text")))
}

func (p pages) deleteUser(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	id := portico.UserID(v.PathValue("userId"))
	return submit(w, v, p.showDeleteUser, desk.Task{
		Form:  f,
		Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v3/users/" + string(id)}},
		Do: func() (desk.Answer, error) {
			return v.To(usersPath, "admins.deleted"), p.Admins.Users.Delete(v.Context(), id)
		},
	})
}
