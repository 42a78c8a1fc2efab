package admins

import (
	"context"
	"slices"

	"portico"
	"portico/usecase"
)

// Teams are the organization's teams and who is in them. What their members may
// do is given with Roles.
type Teams struct{ usecase.Deps }

// NewTeam is a team to create.
type NewTeam struct {
	Name        string
	Description *string
	Labels      map[string]string
}

// TeamChange is a partial update of a team.
type TeamChange struct {
	Name, Description portico.Opt[string]
	Labels            portico.Opt[map[string]*string]
}

// List returns a page of the teams.
func (t Teams) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.AdminTeam], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.AdminTeam], error) { return tx.AdminTeams().List(ctx, q) })
}

// ByID returns a team. KindNotFound.
func (t Teams) ByID(ctx context.Context, id portico.AdminTeamID) (portico.AdminTeam, error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.AdminTeam, error) { return tx.AdminTeams().ByID(ctx, id) })
}

// Create adds a team without members and roles.
func (t Teams) Create(ctx context.Context, in NewTeam) (portico.AdminTeam, error) {
	now := t.Now()
	team := portico.AdminTeam{
		ID: portico.AdminTeamID(t.NewID()), Name: in.Name, Description: in.Description, Labels: in.Labels, CreatedAt: now, UpdatedAt: now,
	}
	return team, t.Store.Update(ctx, func(tx portico.Tx) error { return tx.AdminTeams().Insert(ctx, team) })
}

// Change changes a team. KindNotFound, KindInvalid (a system team).
func (t Teams) Change(ctx context.Context, id portico.AdminTeamID, ch TeamChange) (portico.AdminTeam, error) {
	var team portico.AdminTeam
	err := t.Store.Update(ctx, func(tx portico.Tx) (err error) {
		team, err = tx.AdminTeams().Change(ctx, id, func(to *portico.AdminTeam) error {
			if to.System {
				return predefined(*to)
			}
			ch.Name.Apply(&to.Name)
			ch.Description.ApplyPtr(&to.Description)
			return portico.MergeLabels(&to.Labels, ch.Labels)
		})
		return err
	})
	return team, err
}

// Delete removes a team: its members lose its roles. KindNotFound, KindInvalid
// (a system team).
func (t Teams) Delete(ctx context.Context, id portico.AdminTeamID) error {
	return t.Store.Update(ctx, func(tx portico.Tx) error {
		team, err := tx.AdminTeams().ByID(ctx, id)
		if err != nil {
			return err
		}
		if team.System {
			return predefined(team)
		}
		return tx.AdminTeams().Delete(ctx, id)
	})
}

// predefined refuses to change a system team.
func predefined(t portico.AdminTeam) error {
	return portico.Invalid("team_id", "invalid", "The system team ["+t.Name+"] can be neither changed nor deleted, and its roles are fixed; its members are not.")
}

// Users returns a page of the users in a team. They can be filtered by id,
// email, full_name and active. KindNotFound.
func (t Teams) Users(ctx context.Context, id portico.AdminTeamID, q portico.ListQuery) (portico.Page[portico.User], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.User], error) {
		members, err := t.members(ctx, tx, id, "user_id", q)
		if err != nil {
			return portico.Page[portico.User]{}, err
		}
		return each(members, func(m portico.AdminTeamMember) (portico.User, error) { return tx.Users().ByID(ctx, *m.UserID) })
	})
}

// SystemAccounts returns a page of the system accounts in a team. They can be
// filtered by name. KindNotFound.
func (t Teams) SystemAccounts(ctx context.Context, id portico.AdminTeamID, q portico.ListQuery) (portico.Page[portico.SystemAccount], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.SystemAccount], error) {
		members, err := t.members(ctx, tx, id, "system_account_id", q)
		if err != nil {
			return portico.Page[portico.SystemAccount]{}, err
		}
		return each(members, func(m portico.AdminTeamMember) (portico.SystemAccount, error) {
			return tx.SystemAccounts().ByID(ctx, *m.SystemAccountID)
		})
	})
}

// members lists those members of a team that have an id in the column; the
// query's own ids and names are those of what the column refers to.
func (t Teams) members(ctx context.Context, tx portico.Tx, id portico.AdminTeamID, column string, q portico.ListQuery) (portico.Page[portico.AdminTeamMember], error) {
	if _, err := tx.AdminTeams().ByID(ctx, id); err != nil {
		return portico.Page[portico.AdminTeamMember]{}, err
	}
	q.Filters = slices.Clone(q.Filters)
	for i, f := range q.Filters {
		switch f.Field {
		case "id":
			q.Filters[i].Field = column
		case "name":
			q.Filters[i].Field = "account_name"
		}
	}
	q.Filters = append(q.Filters, portico.Where("team_id", id), portico.Filter{Field: column, Op: portico.OpExists})
	return tx.AdminTeamMembers().List(ctx, q)
}

// each replaces the items of a page by what they stand for.
func each[T, V any](page portico.Page[T], of func(T) (V, error)) (portico.Page[V], error) {
	out := portico.Page[V]{Total: page.Total}
	for _, item := range page.Items {
		v, err := of(item)
		if err != nil {
			return portico.Page[V]{}, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

// Of returns a page of the teams that a user or a system account is in. They can
// be filtered by name. KindNotFound.
func (t Teams) Of(ctx context.Context, member Holder, q portico.ListQuery) (portico.Page[portico.AdminTeam], error) {
	return usecase.View(ctx, t.Store, func(tx portico.Tx) (portico.Page[portico.AdminTeam], error) {
		if err := member.exists(ctx, tx); err != nil {
			return portico.Page[portico.AdminTeam]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), member.filter())
		members, err := tx.AdminTeamMembers().List(ctx, q)
		if err != nil {
			return portico.Page[portico.AdminTeam]{}, err
		}
		return each(members, func(m portico.AdminTeamMember) (portico.AdminTeam, error) { return tx.AdminTeams().ByID(ctx, m.TeamID) })
	})
}

// Add puts a user or a system account into a team. KindNotFound, KindConflict
// (is in it; or users are put into teams by their identity provider alone).
func (t Teams) Add(ctx context.Context, id portico.AdminTeamID, member Holder) error {
	return t.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.AdminTeams().ByID(ctx, id); err != nil {
			return err
		}
		if err := member.exists(ctx, tx); err != nil {
			return err
		}
		if member.user != nil {
			o, err := usecase.Organization(ctx, tx)
			if err != nil {
				return err
			}
			if !o.TeamsByHand {
				return portico.Errorf(portico.KindConflict, "Users are put into teams by the groups of the identity provider alone (konnect_mapping_enabled is false); nothing was changed.").Named("teams_by_groups")
			}
		}
		return join(ctx, tx, t.Deps, id, member)
	})
}

func join(ctx context.Context, tx portico.Tx, d usecase.Deps, id portico.AdminTeamID, member Holder) error {
	return tx.AdminTeamMembers().Insert(ctx, portico.AdminTeamMember{
		ID: portico.AdminTeamMemberID(d.NewID()), TeamID: id, UserID: member.user, SystemAccountID: member.machine, CreatedAt: d.Now(),
	})
}

// Remove takes a user or a system account out of a team. KindNotFound (also: is
// not in it), KindConflict (the last organization admin).
func (t Teams) Remove(ctx context.Context, id portico.AdminTeamID, member Holder) error {
	return t.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.AdminTeams().ByID(ctx, id); err != nil {
			return err
		}
		found, err := tx.AdminTeamMembers().List(ctx, portico.Everything(portico.Where("team_id", id), member.filter()))
		if err != nil {
			return err
		}
		if len(found.Items) == 0 {
			return portico.NotFound("team member", portico.AdminTeamMemberID(member.filter().Values[0]))
		}
		if err := tx.AdminTeamMembers().Delete(ctx, found.Items[0].ID); err != nil || id != portico.OrganizationAdmins || member.user == nil {
			return err
		}
		return keepsAdmin(ctx, tx)
	})
}
