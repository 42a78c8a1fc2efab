package admins

import (
	"context"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Holder is who roles are assigned to: a user, a team or a system account.
type Holder struct {
	user    *portico.UserID
	team    *portico.AdminTeamID
	machine *portico.SystemAccountID
}

// OfUser is the holder of a user's own roles.
func OfUser(id portico.UserID) Holder { return Holder{user: &id} }

// OfTeam is the holder of the roles of a team's members.
func OfTeam(id portico.AdminTeamID) Holder { return Holder{team: &id} }

// OfSystemAccount is the holder of a system account's own roles.
func OfSystemAccount(id portico.SystemAccountID) Holder { return Holder{machine: &id} }

// filter finds what belongs to the holder.
func (h Holder) filter() portico.Filter {
	switch {
	case h.user != nil:
		return portico.Where("user_id", *h.user)
	case h.team != nil:
		return portico.Where("team_id", *h.team)
	}
	return portico.Where("system_account_id", *h.machine)
}

// exists is KindNotFound for a holder that is not there.
func (h Holder) exists(ctx context.Context, tx portico.Tx) (err error) {
	switch {
	case h.user != nil:
		_, err = tx.Users().ByID(ctx, *h.user)
	case h.team != nil:
		_, err = tx.AdminTeams().ByID(ctx, *h.team)
	default:
		_, err = tx.SystemAccounts().ByID(ctx, *h.machine)
	}
	return err
}

// grantsOf is all that a user or a system account may do: by the roles of his
// own, and by those of his teams.
func grantsOf(ctx context.Context, tx portico.Tx, h Holder) (access.Grants, error) {
	teams, err := tx.AdminTeamMembers().List(ctx, portico.Everything(h.filter()))
	if err != nil {
		return nil, err
	}
	own, err := tx.RoleAssignments().List(ctx, portico.Everything(h.filter()))
	if err != nil {
		return nil, err
	}
	roles := own.Items
	var granted access.Grants
	if len(teams.Items) > 0 {
		of := usecase.AnyOf("team_id", teams.Items, func(m portico.AdminTeamMember) portico.AdminTeamID { return m.TeamID })
		theirs, err := tx.RoleAssignments().List(ctx, portico.Everything(of))
		if err != nil {
			return nil, err
		}
		roles = append(roles, theirs.Items...)
	}
	for _, m := range teams.Items {
		switch m.TeamID {
		case portico.OrganizationAdmins:
			granted = append(granted, access.OrganizationAdmin())
		case portico.OrganizationReaders:
			granted = append(granted, access.OrganizationReader())
		}
	}
	for _, r := range roles {
		granted = append(granted, access.Grant{Role: r.Role, Type: access.Type(r.EntityType), Entity: r.EntityID})
	}
	return granted, nil
}
