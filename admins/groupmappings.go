package admins

import (
	"context"
	"slices"

	"portico"
	"portico/usecase"
)

// Mappings returns a page of an identity provider's group mappings. They can be
// filtered by team_id and group. KindNotFound.
func (i IdentityProviders) Mappings(ctx context.Context, id portico.AdminIdentityProviderID, q portico.ListQuery) (portico.Page[portico.AdminGroupMapping], error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Page[portico.AdminGroupMapping], error) {
		if _, err := tx.AdminIdentityProviders().ByID(ctx, id); err != nil {
			return portico.Page[portico.AdminGroupMapping]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("provider_id", id))
		return tx.AdminGroupMappings().List(ctx, q)
	})
}

// Mapping returns one of them. KindNotFound.
func (i IdentityProviders) Mapping(ctx context.Context, id portico.AdminIdentityProviderID, mapping portico.AdminGroupMappingID) (portico.AdminGroupMapping, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.AdminGroupMapping, error) { return mappingIn(ctx, tx, id, mapping) })
}

func mappingIn(ctx context.Context, tx portico.Tx, id portico.AdminIdentityProviderID, mapping portico.AdminGroupMappingID) (portico.AdminGroupMapping, error) {
	if _, err := tx.AdminIdentityProviders().ByID(ctx, id); err != nil {
		return portico.AdminGroupMapping{}, err
	}
	m, err := tx.AdminGroupMappings().ByID(ctx, mapping)
	if err == nil && m.ProviderID != id {
		return portico.AdminGroupMapping{}, portico.NotFound("group mapping", mapping)
	}
	return m, err
}

// AddMapping maps a group to a team. KindNotFound (provider), KindInvalid
// (team), KindConflict (is mapped).
func (i IdentityProviders) AddMapping(ctx context.Context, id portico.AdminIdentityProviderID, team portico.AdminTeamID, group string) (portico.AdminGroupMapping, error) {
	m := i.mapping(id, team, group)
	return m, i.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.AdminIdentityProviders().ByID(ctx, id); err != nil {
			return err
		}
		if _, err := tx.AdminTeams().ByID(ctx, team); err != nil {
			return usecase.Missing(err, "team_id", "There is no team with this id.")
		}
		return tx.AdminGroupMappings().Insert(ctx, m)
	})
}

func (i IdentityProviders) mapping(id portico.AdminIdentityProviderID, team portico.AdminTeamID, group string) portico.AdminGroupMapping {
	now := i.Now()
	return portico.AdminGroupMapping{ID: portico.AdminGroupMappingID(i.NewID()), ProviderID: id, TeamID: team, Group: group, CreatedAt: now, UpdatedAt: now}
}

// DeleteMapping ends a mapping: at their next sign-in, users are put into teams
// without it. KindNotFound, KindConflict (no organization admin could sign in any
// more).
func (i IdentityProviders) DeleteMapping(ctx context.Context, id portico.AdminIdentityProviderID, mapping portico.AdminGroupMappingID) error {
	return letsAdminsIn(ctx, i.Store, func(tx portico.Tx) error {
		if _, err := mappingIn(ctx, tx, id, mapping); err != nil {
			return err
		}
		return tx.AdminGroupMappings().Delete(ctx, mapping)
	})
}

// AllMappings are those of the organization's identity provider.
// KindInvalid: there is no provider.
func (i IdentityProviders) AllMappings(ctx context.Context) ([]portico.AdminGroupMapping, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) ([]portico.AdminGroupMapping, error) {
		_, all, err := mappings(ctx, tx)
		return all, err
	})
}

func mappings(ctx context.Context, tx portico.Tx) (portico.AdminIdentityProviderID, []portico.AdminGroupMapping, error) {
	provider, err := only(ctx, tx)
	if err == nil && provider == nil {
		err = portico.Invalid("identity_provider", "missing_reference", "The organization has no identity provider whose groups could be mapped. Create one first.")
	}
	if err != nil {
		return "", nil, err
	}
	found, err := tx.AdminGroupMappings().List(ctx, portico.Everything(portico.Where("provider_id", provider.ID)))
	return provider.ID, found.Items, err
}

// GroupToTeam says that whoever is in a group is in a team.
type GroupToTeam struct {
	Group string
	Team  portico.AdminTeamID
}

// PutMappings makes what the given mappings say of those that replaces holds for.
// KindInvalid (no provider, a team that is not there), KindConflict (no
// organization admin could sign in any more).
func (i IdentityProviders) PutMappings(ctx context.Context, wanted []GroupToTeam, replaces func(portico.AdminGroupMapping) bool) error {
	return letsAdminsIn(ctx, i.Store, func(tx portico.Tx) error {
		provider, there, err := mappings(ctx, tx)
		if err != nil {
			return err
		}
		left := map[GroupToTeam]bool{}
		for _, m := range there {
			as := GroupToTeam{m.Group, m.TeamID}
			if replaces(m) && !slices.Contains(wanted, as) {
				if err := tx.AdminGroupMappings().Delete(ctx, m.ID); err != nil {
					return err
				}
				continue
			}
			left[as] = true
		}
		for _, w := range wanted {
			if left[w] {
				continue
			}
			left[w] = true
			if _, err := tx.AdminTeams().ByID(ctx, w.Team); err != nil {
				return usecase.Missing(err, "team_id", "There is no team with the id ["+string(w.Team)+"].")
			}
			if err := tx.AdminGroupMappings().Insert(ctx, i.mapping(provider, w.Team, w.Group)); err != nil {
				return err
			}
		}
		return nil
	})
}
