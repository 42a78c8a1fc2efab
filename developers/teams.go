package developers

import (
	"context"
	"slices"

	"portico"
	"portico/usecase"
)

// Teams group a portal's developers. Members share the applications that a team
// owns and the roles that it was given.
type Teams struct{ usecase.Deps }

// TeamFields are the settings of a team. For a new one an absent field means
// its default; in an update, that it stays as it is.
type TeamFields struct {
	Name               portico.Opt[string]
	Description        portico.Opt[string]
	CanOwnApplications portico.Opt[bool]
}

func (in TeamFields) write(to *portico.Team) error {
	in.Name.Apply(&to.Name)
	in.Description.ApplyPtr(&to.Description)
	if in.Description.Set && in.Description.Value == "" {
		to.Description = nil
	}
	in.CanOwnApplications.Apply(&to.CanOwnApplications)
	return nil
}

// Create adds a team. KindNotFound (portal), KindConflict (name).
func (t Teams) Create(ctx context.Context, portal portico.PortalID, in TeamFields) (portico.Team, error) {
	now := t.Now()
	team := portico.Team{ID: portico.TeamID(t.NewID()), PortalID: portal, CreatedAt: now, UpdatedAt: now}
	_ = in.write(&team) // cannot fail
	return team, t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return err
		}
		return tx.Teams().Insert(ctx, team)
	})
}

// List returns a page of a portal's teams. KindNotFound (portal).
func (t Teams) List(ctx context.Context, portal portico.PortalID, q portico.ListQuery) (portico.Page[portico.Team], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.Team], error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return portico.Page[portico.Team]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("portal_id", portal))
		return tx.Teams().List(ctx, q)
	})
}

// ListAll returns a page of the teams of all portals.
func (t Teams) ListAll(ctx context.Context, q portico.ListQuery) (portico.Page[portico.Team], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.Team], error) { return tx.Teams().List(ctx, q) })
}

// ByID returns a team of a portal. KindNotFound.
func (t Teams) ByID(ctx context.Context, portal portico.PortalID, id portico.TeamID) (portico.Team, error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Team, error) { return TeamIn(ctx, tx, portal, id) })
}

// TeamIn returns a team, provided it is in the portal. KindNotFound.
func TeamIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.TeamID) (portico.Team, error) {
	team, err := tx.Teams().ByID(ctx, id)
	if err == nil && team.PortalID != portal {
		return portico.Team{}, portico.NotFound("team", id)
	}
	return team, err
}

// Update changes a team. It cannot stop owning applications while it has some:
// KindConflict. KindNotFound, KindConflict (name).
func (t Teams) Update(ctx context.Context, portal portico.PortalID, id portico.TeamID, in TeamFields) (portico.Team, error) {
	var team portico.Team
	err := t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return err
		}
		if in.CanOwnApplications.Set && !in.CanOwnApplications.Value {
			if err := ownsNothing(ctx, tx, id, "changed"); err != nil {
				return err
			}
		}
		var err error
		team, err = tx.Teams().Change(ctx, id, in.write)
		return err
	})
	return team, err
}

func ownsNothing(ctx context.Context, tx portico.Tx, id portico.TeamID, what string) error {
	owned, err := tx.Applications().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("team_id", id)}})
	if err == nil && owned.Total > 0 {
		err = portico.Errorf(portico.KindConflict, "The team owns %d applications; nothing was %s. Transfer or delete them first.", owned.Total, what).Named("team_owns_apps")
	}
	return err
}

// Delete removes a team with its roles. KindNotFound, KindConflict (it owns
// applications).
func (t Teams) Delete(ctx context.Context, portal portico.PortalID, id portico.TeamID) error {
	return t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return err
		}
		if err := ownsNothing(ctx, tx, id, "deleted"); err != nil {
			return err
		}
		return tx.Teams().Delete(ctx, id)
	})
}

// Members returns a page of a team's developers, longest in it first. They can
// be filtered by email, full_name and active. KindNotFound.
func (t Teams) Members(ctx context.Context, portal portico.PortalID, id portico.TeamID, q portico.ListQuery) (portico.Page[portico.Developer], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.Developer], error) {
		none := portico.Page[portico.Developer]{}
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return none, err
		}
		q = usecase.Settled(q, "attributes", "") // which developers do not have
		q.Filters = append(slices.Clone(q.Filters), portico.Where("team_id", id))
		page, err := tx.TeamMembers().List(ctx, q)
		if err != nil {
			return none, err
		}
		found, err := tx.Developers().List(ctx, portico.Everything(usecase.AnyOf("id", page.Items, member)))
		if err != nil {
			return none, err
		}
		by := usecase.By(found.Items, func(d portico.Developer) portico.DeveloperID { return d.ID })
		out := portico.Page[portico.Developer]{Total: page.Total}
		for _, m := range page.Items {
			out.Items = append(out.Items, by[m.DeveloperID])
		}
		return out, nil
	})
}

func member(m portico.TeamMember) portico.DeveloperID { return m.DeveloperID }

func memberOf(m portico.TeamMember) portico.TeamID { return m.TeamID }

// AddMember puts a developer into a team. KindNotFound (team), KindInvalid (the
// portal has no such developer), KindConflict (is in it).
func (t Teams) AddMember(ctx context.Context, portal portico.PortalID, id portico.TeamID, developer portico.DeveloperID) error {
	return t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return err
		}
		if _, err := developerIn(ctx, tx, portal, developer); err != nil {
			return usecase.Missing(err, "id", "The portal has no developer with this id.")
		}
		return t.join(ctx, tx, id, developer)
	})
}

func (t Teams) join(ctx context.Context, tx portico.Tx, id portico.TeamID, developer portico.DeveloperID) error {
	return tx.TeamMembers().Insert(ctx, portico.TeamMember{ID: portico.TeamMemberID(t.NewID()), TeamID: id, DeveloperID: developer, CreatedAt: t.Now()})
}

// RemoveMember takes a developer out of a team; the team's applications stay
// with it. KindNotFound.
func (t Teams) RemoveMember(ctx context.Context, portal portico.PortalID, id portico.TeamID, developer portico.DeveloperID) error {
	return t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return err
		}
		found, err := tx.TeamMembers().List(ctx, portico.Everything(portico.Where("team_id", id), portico.Where("developer_id", developer)))
		if err != nil {
			return err
		}
		if len(found.Items) == 0 {
			return portico.Errorf(portico.KindNotFound, "The team has no member with id [%s].", developer)
		}
		return tx.TeamMembers().Delete(ctx, found.Items[0].ID)
	})
}

// Of returns a page of the teams that a developer is in. They can be filtered
// by can_own_applications. KindNotFound.
func (t Teams) Of(ctx context.Context, portal portico.PortalID, developer portico.DeveloperID, q portico.ListQuery) (portico.Page[portico.Team], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.Team], error) {
		if _, err := developerIn(ctx, tx, portal, developer); err != nil {
			return portico.Page[portico.Team]{}, err
		}
		ids, err := TeamsOf(ctx, tx, developer)
		if err != nil {
			return portico.Page[portico.Team]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), usecase.AnyOf("id", ids, func(id portico.TeamID) portico.TeamID { return id }))
		return tx.Teams().List(ctx, q)
	})
}

// OfMember returns a team that a developer is in; for any other team
// KindNotFound.
func (t Teams) OfMember(ctx context.Context, developer portico.Developer, id portico.TeamID) (portico.Team, error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Team, error) {
		ids, err := TeamsOf(ctx, tx, developer.ID)
		if err != nil {
			return portico.Team{}, err
		}
		if !slices.Contains(ids, id) {
			return portico.Team{}, portico.NotFound("team", id)
		}
		return tx.Teams().ByID(ctx, id)
	})
}

// TeamsOf returns the teams that a developer is in.
func TeamsOf(ctx context.Context, tx portico.Tx, developer portico.DeveloperID) ([]portico.TeamID, error) {
	found, err := tx.TeamMembers().List(ctx, portico.Everything(portico.Where("developer_id", developer)))
	ids := make([]portico.TeamID, 0, len(found.Items))
	for _, m := range found.Items {
		ids = append(ids, m.TeamID)
	}
	return ids, err
}

// MembersOf returns the developers in a team, longest in it first.
func MembersOf(ctx context.Context, tx portico.Tx, team portico.TeamID) ([]portico.DeveloperID, error) {
	found, err := tx.TeamMembers().List(ctx, portico.Everything(portico.Where("team_id", team)))
	ids := make([]portico.DeveloperID, 0, len(found.Items))
	for _, m := range found.Items {
		ids = append(ids, m.DeveloperID)
	}
	return ids, err
}

// handOver gives the applications that a developer has created for teams to
// another member each, so that they stay when the developer goes.
func handOver(ctx context.Context, tx portico.Tx, leaving portico.DeveloperID) error {
	created, err := tx.Applications().List(ctx, portico.Everything(portico.Where("developer_id", leaving)))
	if err != nil {
		return err
	}
	for _, app := range created.Items {
		if app.TeamID == nil {
			continue
		}
		members, err := MembersOf(ctx, tx, *app.TeamID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(members, func(id portico.DeveloperID) bool { return id != leaving })
		if i < 0 {
			continue // nobody is left who could use it
		}
		_, err = tx.Applications().Change(ctx, app.ID, func(to *portico.Application) error {
			to.DeveloperID = members[i]
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Roles returns a page of the roles that a team was given. KindNotFound.
func (t Teams) Roles(ctx context.Context, portal portico.PortalID, id portico.TeamID, q portico.ListQuery) (portico.Page[portico.TeamRole], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.TeamRole], error) {
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return portico.Page[portico.TeamRole]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("team_id", id))
		return tx.TeamRoles().List(ctx, q)
	})
}

// Assign gives a role for an API to a team. KindNotFound (team), KindInvalid
// (there is no such API), KindConflict (has the role).
func (t Teams) Assign(ctx context.Context, portal portico.PortalID, role portico.TeamRole) (portico.TeamRole, error) {
	role.ID, role.CreatedAt = portico.TeamRoleID(t.NewID()), t.Now()
	return role, t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := TeamIn(ctx, tx, portal, role.TeamID); err != nil {
			return err
		}
		if _, err := tx.APIs().ByID(ctx, role.APIID); err != nil {
			return usecase.Missing(err, "entity_id", "There is no API with this id.")
		}
		return tx.TeamRoles().Insert(ctx, role)
	})
}

// Unassign takes a role from a team. What its members have registered stays.
// KindNotFound.
func (t Teams) Unassign(ctx context.Context, portal portico.PortalID, id portico.TeamID, role portico.TeamRoleID) error {
	return t.Commit(ctx, func(tx portico.Tx) error {
		if _, err := TeamIn(ctx, tx, portal, id); err != nil {
			return err
		}
		given, err := tx.TeamRoles().ByID(ctx, role)
		if err != nil {
			return err
		}
		if given.TeamID != id {
			return portico.NotFound("team role", role)
		}
		return tx.TeamRoles().Delete(ctx, role)
	})
}

// Grants are what a developer's teams let them do, API by API.
type Grants map[portico.APIID]portico.TeamRoleName

// GrantsOf returns what a developer's teams let them do: for an API with both
// roles, API Consumer, which includes the other.
func GrantsOf(ctx context.Context, tx portico.Tx, developer portico.DeveloperID) (Grants, error) {
	members, err := tx.TeamMembers().List(ctx, portico.Everything(portico.Where("developer_id", developer)))
	if err != nil {
		return nil, err
	}
	roles, err := tx.TeamRoles().List(ctx, portico.Everything(usecase.AnyOf("team_id", members.Items, memberOf)))
	if err != nil {
		return nil, err
	}
	grants := Grants{}
	for _, r := range roles.Items {
		if grants[r.APIID] != portico.APIConsumer {
			grants[r.APIID] = r.Role
		}
	}
	return grants, nil
}
