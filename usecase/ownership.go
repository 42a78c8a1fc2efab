package usecase

import (
	"context"

	"portico"
	"portico/access"
)

// Own gives whoever makes the request the role of a creator for what he has
// created (access.Owner), in the transaction of the creation, unless he may do as
// much with everything of its type. What Portico or a developer creates is
// nobody's.
func (d Deps) Own(ctx context.Context, tx portico.Tx, t access.Type, id string) error {
	given := access.Owner(t, id)
	if mayAll(access.From(ctx), given) {
		return nil
	}
	role := portico.RoleAssignment{
		ID: portico.RoleAssignmentID(d.NewID()), Role: given.Role, EntityType: string(t), EntityID: id, Region: access.Everything, CreatedAt: d.Now(),
	}
	switch who := portico.EventFrom(ctx).Principal; who.Kind {
	case portico.PrincipalUser:
		role.UserID = new(portico.UserID(who.ID))
	case portico.PrincipalSystemAccount:
		role.SystemAccountID = new(portico.SystemAccountID(who.ID))
	default:
		return nil
	}
	return tx.RoleAssignments().Insert(ctx, role)
}

// mayAll says whether somebody may do all that a role allows, with everything of
// its type.
func mayAll(granted access.Grants, given access.Grant) bool {
	role, _ := access.RoleOf(given.Type, given.Role)
	for _, action := range role.Actions {
		if !granted.May(given.Type, action, access.Everything) {
			return false
		}
	}
	return true
}

// Disown takes away the roles for an entity that goes.
func Disown(ctx context.Context, tx portico.Tx, t access.Type, id string) error {
	return DeleteAll(ctx, tx.RoleAssignments(), func(r portico.RoleAssignment) portico.RoleAssignmentID { return r.ID },
		portico.Where("entity_type_name", t), portico.Where("entity_id", id))
}
