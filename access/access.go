package access

import (
	"context"
	"slices"

	"portico"
)

// Type is a kind of entity that roles are given for, by the name that the
// contract has for it (identity v3: entity_type_name).
type Type string

// The types. Organization is whatever belongs to no other: its users, teams,
// system accounts and the way they sign in.
const (
	Organization  Type = "Identity"
	AuditLogs     Type = "Audit Logs"
	Portals       Type = "Portals"
	APIs          Type = "APIs"
	Providers     Type = "DCR Providers"
	Strategies    Type = "Application Auth Strategies"
	ControlPlanes Type = "Control Planes"
)

// Types lists them all.
func Types() []Type {
	return []Type{Organization, AuditLogs, Portals, APIs, Providers, Strategies, ControlPlanes}
}

// Action is what can be done to an entity.
type Action string

// The actions. What an entity consists of is viewed and edited with it, unless
// there is an action of its own for it.
const (
	View   Action = "view"
	Create Action = "create" // needs no entity, for there is none yet
	Edit   Action = "edit"
	Delete Action = "delete"

	// Of a portal: its looks, its pages and snippets, its developers and teams,
	// their applications.
	Appearance   Action = "appearance"
	Content      Action = "content"
	Accounts     Action = "accounts"
	Applications Action = "applications"

	// Of a portal and of an API.
	Publish Action = "publish" // an API to a portal needs both
	Approve Action = "approve" // developers, registrations

	// Of a control plane.
	Services  Action = "services"
	Routes    Action = "routes"
	Plugins   Action = "plugins"
	Consumers Action = "consumers"
)

// Need is one permission that an operation asks for.
type Need struct {
	Type   Type
	Action Action
	// Param is the path parameter that holds the entity's id. Empty: the
	// permission for any one entity will do, and the operation itself looks at
	// which (lists show what may be viewed), or the action is Create.
	Param string
	// Or is enough in its place; nil: nothing is.
	Or *Need
}

// For makes a need; see Need.
func For(t Type, a Action, param string) Need { return Need{Type: t, Action: a, Param: param} }

// OrElse is the need with another one that is enough in its place.
func (n Need) OrElse(other Need) Need {
	n.Or = &other
	return n
}

// Own is the need of an operation on nothing but the caller's own account:
// that he is signed in.
func Own() Need { return Need{} }

// IsOwn says whether a need is Own.
func (n Need) IsOwn() bool { return n.Type == "" }

// Everything is the entity id of a grant for all entities of its type.
const Everything = "*"

// Grant is a role for an entity, or for Everything of its type.
type Grant struct {
	Role   string
	Type   Type
	Entity string
}

// Grants is all that somebody was granted, himself or through a team. The zero
// value may do nothing.
type Grants []Grant

// May says whether an action on an entity is granted. With the entity
// Everything it says whether it is granted for all of the type.
func (g Grants) May(t Type, a Action, entity string) bool {
	return slices.ContainsFunc(g, func(granted Grant) bool {
		return granted.allows(t, a) && (granted.Entity == Everything || granted.Entity == entity && entity != "")
	})
}

// Somewhere says whether an action is granted for any entity of the type.
func (g Grants) Somewhere(t Type, a Action) bool {
	return slices.ContainsFunc(g, func(granted Grant) bool { return granted.allows(t, a) })
}

// Entities are those that an action is granted for; all is true when it is
// granted for every one of the type.
func (g Grants) Entities(t Type, a Action) (ids []string, all bool) {
	for _, granted := range g {
		switch {
		case !granted.allows(t, a):
		case granted.Entity == Everything:
			return nil, true
		case !slices.Contains(ids, granted.Entity):
			ids = append(ids, granted.Entity)
		}
	}
	return ids, false
}

// Meet says whether a need is met for the entity that its parameter named.
func (g Grants) Meet(n Need, value func(param string) string) bool {
	switch {
	case n.IsOwn():
		return true
	case n.Param == "" && g.Somewhere(n.Type, n.Action), n.Param != "" && g.May(n.Type, n.Action, value(n.Param)):
		return true
	}
	return n.Or != nil && g.Meet(*n.Or, value)
}

// allows says whether the grant's role has the action.
func (g Grant) allows(t Type, a Action) bool {
	switch g.Role {
	case organizationAdmin:
		return g.Type == Organization
	case organizationReader:
		return g.Type == Organization && a == View
	}
	return g.Type == t && slices.Contains(roles()[t][g.Role].Actions, a)
}

type key struct{}

// With keeps in the context what the caller was granted.
func With(ctx context.Context, g Grants) context.Context { return context.WithValue(ctx, key{}, g) }

// From is what the caller was granted; nothing without With.
func From(ctx context.Context) Grants {
	g, _ := ctx.Value(key{}).(Grants)
	return g
}

// Visible restricts a list to what the caller may view: field holds the id of
// an entity of the type.
func Visible(ctx context.Context, q portico.ListQuery, t Type, field string) portico.ListQuery {
	ids, all := From(ctx).Entities(t, View)
	if all {
		return q
	}
	// There is always a value to compare with; no entity has an empty id.
	q.Filters = append(slices.Clone(q.Filters), portico.Filter{Field: field, Op: portico.OpAnyEqual, Values: append([]string{""}, ids...)})
	return q
}

// Require refuses a caller who was not granted an action on an entity:
// KindForbidden. It is for operations that learn only on their way which
// entity they are about; all others declare their needs.
func Require(ctx context.Context, t Type, a Action, entity string) error {
	if From(ctx).May(t, a, entity) {
		return nil
	}
	return Refusal(For(t, a, "id"))
}

// Refusal is what somebody is answered whose grants do not meet a need.
func Refusal(n Need) error {
	return portico.Errorf(portico.KindForbidden, "Your roles do not allow this (%s of %s); nothing was done. Ask an organization admin for a role that does: %s.",
		n.Action, n.Type, list(RolesFor(n.Type, n.Action))).Named("role_missing")
}
