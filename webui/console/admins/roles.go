package admins

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

// typeKey is a type of entity, and slug a role, as a part of a text's key.
func typeKey(t access.Type) string { return slug(string(t)) }

func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "_") }

// typeName is what a type is called in the visitor's language.
func typeName(v *desk.Visit, t access.Type) string { return v.T("admins.type_" + typeKey(t)) }

// purpose says in the visitor's language what a role is for.
func purpose(v *desk.Visit, t access.Type, role string) string {
	return v.T("admins.role_" + typeKey(t) + "_" + slug(role))
}

// rolesView is what the predefined roles allow.
type rolesView struct {
	Tabs  []design.Tab
	Types []typeView
}

// typeView are the roles for one type of entity.
type typeView struct {
	ID    string // of its card
	Name  string
	Roles []roleView
}

type roleView struct {
	Name    string
	Purpose string
	Actions []string
}

func (p pages) roles(w http.ResponseWriter, v *desk.Visit) error {
	view := rolesView{Tabs: desk.SettingsTabs(v, rolesPath)}
	for _, t := range admins.AssignableTypes() {
		of := typeView{ID: typeKey(t), Name: typeName(v, t)}
		for _, r := range access.Roles(t) {
			role := roleView{Name: r.Name, Purpose: purpose(v, t, r.Name)}
			for _, a := range r.Actions {
				role.Actions = append(role.Actions, v.T("admins.action_"+string(a)))
			}
			of.Roles = append(of.Roles, role)
		}
		view.Types = append(view.Types, of)
	}
	return v.Render(w, http.StatusOK, v.T("admins.roles"), rolesPage(view))
}

// assignedRoles are the roles that somebody has himself.
type assignedRoles struct {
	Items []assignedRole
	May   bool // the visitor may give and take them
}

// assignedRole is one of them with what it is for.
type assignedRole struct {
	portico.RoleAssignment
	Type   string
	Anchor string // of the type on the page of roles
	Entity named
}

// named is an entity by its name; Href is empty where it has no page.
type named struct{ Name, Href string }

func (p pages) assignedRoles(v *desk.Visit, of admins.Holder) (assignedRoles, error) {
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "entity_type_name"}, {Field: "role_name"}}
	found, err := p.Admins.Roles.List(v.Context(), of, q)
	if err != nil {
		return assignedRoles{}, err
	}
	view := assignedRoles{May: mayEdit(v)}
	for _, r := range found.Items {
		t := access.Type(r.EntityType)
		role := assignedRole{RoleAssignment: r, Type: typeName(v, t), Anchor: rolesPath + "#" + typeKey(t)}
		if role.Entity, err = p.entity(v, t, r.EntityID); err != nil {
			return view, err
		}
		view.Items = append(view.Items, role)
	}
	return view, nil
}

// entity names what a role is for. What is gone keeps its id for a name.
func (p pages) entity(v *desk.Visit, t access.Type, id string) (named, error) {
	if id == access.Everything {
		return named{Name: v.T("admins.all_entities")}, nil
	}
	var name, path string
	var err error
	switch t {
	case access.Portals:
		var portal portico.Portal
		portal, err = p.Portals.ByID(v.Context(), portico.PortalID(id))
		name, path = portal.Name, "/portals/"
	case access.APIs:
		var api control.APIView
		api, err = p.APIs.ByID(v.Context(), portico.APIID(id))
		name, path = api.Name, "/apis/"
	case access.Providers:
		var provider control.ProviderView
		provider, err = p.Providers.ByID(v.Context(), portico.ProviderID(id))
		name, path = provider.Name, "/application-auth/providers/"
	case access.Strategies:
		var strategy control.StrategyView
		strategy, err = p.Strategies.ByID(v.Context(), portico.StrategyID(id))
		name, path = strategy.Name, "/application-auth/strategies/"
	case access.ControlPlanes:
		var plane portico.ControlPlane
		plane, err = p.Gateways.ControlPlane(v.Context(), portico.ControlPlaneID(id))
		name, path = plane.Name, "/gateways/"
	}
	if err := gone(err); err != nil {
		return named{}, err
	}
	if name == "" {
		return named{Name: id}, nil
	}
	return named{name, path + id}, nil
}

// entities are the choices for what a new role is for.
func (p pages) entities(v *desk.Visit, t access.Type, chosen string) ([]design.Option, error) {
	options := []design.Option{{Value: access.Everything, Label: v.T("admins.all_entities"), Selected: chosen == access.Everything}}
	add := func(id, name string) {
		options = append(options, design.Option{Value: id, Label: name, Selected: chosen == id})
	}
	q, ctx := access.Visible(v.Context(), byName(), t, "id"), v.Context()
	var err error
	switch t {
	case access.Portals:
		var all portico.Page[portico.Portal]
		all, err = p.Portals.List(ctx, q)
		for _, e := range all.Items {
			add(string(e.ID), e.Name)
		}
	case access.APIs:
		var all portico.Page[control.APIView]
		all, err = p.APIs.List(ctx, q)
		for _, e := range all.Items {
			add(string(e.ID), strings.TrimSpace(e.Name+" "+value(e.Version)))
		}
	case access.Providers:
		var all portico.Page[control.ProviderView]
		all, err = p.Providers.List(ctx, q)
		for _, e := range all.Items {
			add(string(e.ID), e.Name)
		}
	case access.Strategies:
		var all portico.Page[control.StrategyView]
		all, err = p.Strategies.List(ctx, q)
		for _, e := range all.Items {
			add(string(e.ID), e.Name)
		}
	case access.ControlPlanes:
		var all portico.Page[portico.ControlPlane]
		all, err = p.Gateways.ControlPlanes(ctx, q)
		for _, e := range all.Items {
			add(string(e.ID), e.Name)
		}
	}
	return options, err
}

// assignView is the form that gives a role.
type assignView struct {
	sheet
	Types    []design.Tab
	Type     access.Type
	Roles    []design.Option
	Entities []design.Option
}

func (p pages) newRole(k kind) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		f := v.EmptyForm(url.Values{"type": {v.URL.Query().Get("type")}, "entity": {access.Everything}})
		return p.showNewRole(k)(w, v, http.StatusOK, f, nil)
	}
}

func (p pages) showNewRole(k kind) show {
	return func(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
		h, err := k.in(v)
		if err != nil {
			return err
		}
		types := admins.AssignableTypes()
		t := access.Type(f.Value("type"))
		if !slices.Contains(types, t) {
			t = access.APIs
		}
		action := h.Path + "/roles/new"
		view := assignView{Type: t, sheet: sheet{
			Title: v.T("admins.assign_role"), Lead: v.T("admins.assign_lead", "Name", h.Name),
			Crumb: crumbs(v, k.path, k.list, design.Crumb{Href: h.Path, Label: h.Name}, design.Crumb{Label: v.T("admins.assign_role")}),
			Form:  f, Action: action, Cancel: h.Path, Submit: v.T("admins.assign_button"), Call: call,
		}}
		for _, other := range types {
			view.Types = append(view.Types, design.Tab{Href: action + "?" + url.Values{"type": {string(other)}}.Encode(), Label: typeName(v, other), Current: other == t})
		}
		chosen := cmp.Or(f.Value("role"), "Viewer")
		for _, r := range access.Roles(t) {
			view.Roles = append(view.Roles, design.Option{Value: r.Name, Label: r.Name, Text: purpose(v, t, r.Name), Selected: r.Name == chosen})
		}
		if view.Entities, err = p.entities(v, t, f.Value("entity")); err != nil {
			return err
		}
		return v.Render(w, status, view.Title, assignPage(view))
	}
}

func (p pages) assignRole(k kind) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		h, err := k.in(v)
		if err != nil {
			return err
		}
		f, err := v.Form()
		if err != nil {
			return err
		}
		in := admins.NewRole{
			EntityType: access.Type(f.Value("type")), Role: f.Text("role", true, maxText), EntityID: f.Text("entity", true, maxText), Region: everywhere,
		}
		return submit(w, v, p.showNewRole(k), desk.Task{
			Form: f, Fields: map[string]string{"role_name": "role", "entity_id": "entity", "entity_type_name": "type"},
			Calls: []desk.Call{{Method: http.MethodPost, Path: h.API + "/assigned-roles", Body: body{
				"role_name": in.Role, "entity_type_name": in.EntityType, "entity_id": in.EntityID, "entity_region": everywhere,
			}}},
			Do: func() (desk.Answer, error) {
				_, err := p.Admins.Roles.Assign(v.Context(), h.Holder, in)
				return v.To(h.Path, "admins.role_assigned", "Role", in.Role), err
			},
		})
	}
}

// everywhere is the region of roles, which means nothing here.
const everywhere = "*"

func (p pages) removeRole(k kind) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		h, err := k.in(v)
		if err != nil {
			return err
		}
		f, err := v.Form()
		if err != nil {
			return err
		}
		role := f.Value("assigned")
		return submit(w, v, k.show, desk.Task{
			Form:  f,
			Calls: []desk.Call{{Method: http.MethodDelete, Path: h.API + "/assigned-roles/" + role}},
			Do: func() (desk.Answer, error) {
				return v.To(h.Path, "admins.role_removed"), gone(p.Admins.Roles.Remove(v.Context(), h.Holder, portico.RoleAssignmentID(role)))
			},
		})
	}
}
