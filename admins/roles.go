package admins

import (
	"context"
	"slices"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Roles are what users, teams and system accounts may do. Whoever is given a
// role for one entity, or for all of a type, has it until it is removed.
type Roles struct{ usecase.Deps }

// NewRole is a role to assign.
type NewRole struct {
	Role       string // of package access
	EntityType access.Type
	EntityID   string // or access.Everything
	Region     string // kept for its clients
}

// AssignableTypes are the types of entities that roles can be assigned for. The
// organization itself is administered by its system teams alone.
func AssignableTypes() []access.Type {
	return slices.DeleteFunc(access.Types(), func(t access.Type) bool { return t == access.Organization })
}

// List returns a page of the roles that somebody was given himself. They can be
// filtered by role_name, entity_type_name and entity_id. KindNotFound.
func (r Roles) List(ctx context.Context, of Holder, q portico.ListQuery) (portico.Page[portico.RoleAssignment], error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Page[portico.RoleAssignment], error) {
		if err := of.exists(ctx, tx); err != nil {
			return portico.Page[portico.RoleAssignment]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), of.filter())
		return tx.RoleAssignments().List(ctx, q)
	})
}

// ByID returns one of them. KindNotFound.
func (r Roles) ByID(ctx context.Context, of Holder, id portico.RoleAssignmentID) (portico.RoleAssignment, error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.RoleAssignment, error) { return roleOf(ctx, tx, of, id) })
}

func roleOf(ctx context.Context, tx portico.Tx, of Holder, id portico.RoleAssignmentID) (portico.RoleAssignment, error) {
	if err := of.exists(ctx, tx); err != nil {
		return portico.RoleAssignment{}, err
	}
	found, err := tx.RoleAssignments().List(ctx, portico.Everything(portico.Where("id", id), of.filter()))
	if err == nil && len(found.Items) == 0 {
		err = portico.NotFound("assigned role", id)
	}
	return usecase.One(found.Items, err)
}

// Assign gives somebody a role. KindNotFound; KindInvalid: the type has no such
// role, the entity does not exist, or it is a system team; KindConflict: has it.
func (r Roles) Assign(ctx context.Context, to Holder, in NewRole) (portico.RoleAssignment, error) {
	if err := in.check(); err != nil {
		return portico.RoleAssignment{}, err
	}
	given := portico.RoleAssignment{
		ID: portico.RoleAssignmentID(r.NewID()), UserID: to.user, TeamID: to.team, SystemAccountID: to.machine,
		Role: in.Role, EntityType: string(in.EntityType), EntityID: in.EntityID, Region: in.Region, CreatedAt: r.Now(),
	}
	return given, r.Store.Update(ctx, func(tx portico.Tx) error {
		if err := to.changeable(ctx, tx); err != nil {
			return err
		}
		if in.EntityID != access.Everything {
			if err := entityExists(ctx, tx, in.EntityType, in.EntityID); err != nil {
				return usecase.Missing(err, "entity_id", "There is nothing of the type ["+string(in.EntityType)+"] with this id.")
			}
		}
		return tx.RoleAssignments().Insert(ctx, given)
	})
}

// check refuses what package access has not.
func (in NewRole) check() error {
	if !slices.Contains(AssignableTypes(), in.EntityType) {
		return portico.InvalidAll(portico.InvalidParameter{Field: "entity_type_name", Rule: "enum", Choices: names(AssignableTypes()), Reason: "must be a type of entity that Portico has roles for"})
	}
	role, ok := access.RoleOf(in.EntityType, in.Role)
	if !ok {
		var choices []string
		for _, r := range access.Roles(in.EntityType) {
			choices = append(choices, r.Name)
		}
		return portico.InvalidAll(portico.InvalidParameter{Field: "role_name", Rule: "enum", Choices: choices, Reason: "must be a role for " + string(in.EntityType)})
	}
	if in.EntityID != access.Everything && len(role.Actions) == 1 && role.Actions[0] == access.Create {
		return portico.Invalid("entity_id", "invalid", "must be *, because this role is about entities that do not exist yet")
	}
	return nil
}

func names[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i, v := range of {
		out[i] = string(v)
	}
	return out
}

// changeable refuses a holder whose roles cannot be changed, or who is not there.
func (h Holder) changeable(ctx context.Context, tx portico.Tx) error {
	if h.team == nil {
		return h.exists(ctx, tx)
	}
	team, err := tx.AdminTeams().ByID(ctx, *h.team)
	if err == nil && team.System {
		err = predefined(team)
	}
	return err
}

// entityExists is KindNotFound for an entity that is not there.
func entityExists(ctx context.Context, tx portico.Tx, t access.Type, id string) (err error) {
	switch t {
	case access.Portals:
		_, err = tx.Portals().ByID(ctx, portico.PortalID(id))
	case access.APIs:
		_, err = tx.APIs().ByID(ctx, portico.APIID(id))
	case access.Providers:
		_, err = tx.Providers().ByID(ctx, portico.ProviderID(id))
	case access.Strategies:
		_, err = tx.Strategies().ByID(ctx, portico.StrategyID(id))
	case access.ControlPlanes:
		_, err = tx.ControlPlanes().ByID(ctx, portico.ControlPlaneID(id))
	default: // there is one audit log, the organization's
		_, err = tx.Organizations().ByID(ctx, portico.OrganizationID(id))
	}
	return err
}

// Remove takes a role away. KindNotFound, KindInvalid (of a system team).
func (r Roles) Remove(ctx context.Context, of Holder, id portico.RoleAssignmentID) error {
	return r.Store.Update(ctx, func(tx portico.Tx) error {
		if err := of.changeable(ctx, tx); err != nil {
			return err
		}
		if _, err := roleOf(ctx, tx, of, id); err != nil {
			return err
		}
		return tx.RoleAssignments().Delete(ctx, id)
	})
}
