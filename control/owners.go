package control

import (
	"context"
	"slices"

	"portico"
	"portico/developers"
	"portico/usecase"
)

// Usable returns an application that a developer owns, or a team of theirs;
// KindNotFound for anybody else's.
func (a Applications) Usable(ctx context.Context, developer portico.Developer, id portico.ApplicationID) (ApplicationView, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (ApplicationView, error) {
		app, err := applicationIn(ctx, tx, developer.PortalID, id)
		if err != nil {
			return ApplicationView{}, err
		}
		mine := app.TeamID == nil && app.DeveloperID == developer.ID
		if app.TeamID != nil {
			teams, err := developers.TeamsOf(ctx, tx, developer.ID)
			if err != nil {
				return ApplicationView{}, err
			}
			mine = slices.Contains(teams, *app.TeamID)
		}
		if !mine {
			return ApplicationView{}, portico.NotFound("application", id)
		}
		return usecase.One(a.views(ctx, tx, []portico.Application{app}))
	})
}

// UsableBy returns a page of the applications that a developer owns, and those
// of their teams. The field team_id is null for those that no team owns.
func (a Applications) UsableBy(ctx context.Context, developer portico.Developer, q portico.ListQuery) (portico.Page[ApplicationView], error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Page[ApplicationView], error) {
		all, err := usable(ctx, tx, developer.ID)
		if err != nil {
			return portico.Page[ApplicationView]{}, err
		}
		var rest []portico.Filter
		for _, f := range q.Filters {
			if f.Field != "team_id" {
				rest = append(rest, f)
				continue
			}
			all = slices.DeleteFunc(all, func(app portico.Application) bool { return !usecase.Matches(f, teamName(app)) })
		}
		q.Filters = append(rest, usecase.AnyOf("id", all, applicationID))
		page, err := tx.Applications().List(ctx, q)
		if err != nil {
			return portico.Page[ApplicationView]{}, err
		}
		views, err := a.views(ctx, tx, page.Items)
		return portico.Page[ApplicationView]{Items: views, Total: page.Total}, err
	})
}

// teamName is an application's team as a filter names it.
func teamName(app portico.Application) string {
	if app.TeamID == nil {
		return "null"
	}
	return string(*app.TeamID)
}

// usable are the applications that a developer owns, and those of their teams,
// oldest first.
func usable(ctx context.Context, tx portico.Tx, developer portico.DeveloperID, filters ...portico.Filter) ([]portico.Application, error) {
	own, err := tx.Applications().List(ctx, portico.Everything(append(slices.Clone(filters), portico.Where("owner_id", developer))...))
	if err != nil {
		return nil, err
	}
	teams, err := developers.TeamsOf(ctx, tx, developer)
	if err != nil || len(teams) == 0 {
		return own.Items, err
	}
	shared, err := tx.Applications().List(ctx, portico.Everything(append(slices.Clone(filters), usecase.AnyOf("team_id", teams, teamID))...))
	if err != nil {
		return nil, err
	}
	all := append(own.Items, shared.Items...)
	slices.SortStableFunc(all, func(a, b portico.Application) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return all, nil
}

func teamID(id portico.TeamID) portico.TeamID { return id }

// owningTeam is the team of an application; empty if none owns it.
func owningTeam(app portico.Application) portico.TeamID {
	if app.TeamID == nil {
		return ""
	}
	return *app.TeamID
}

// Users are the developers who can use an application: its owner, or the members
// of the team that owns it.
func (a Applications) Users(ctx context.Context, app portico.Application) ([]portico.DeveloperID, error) {
	if app.TeamID == nil {
		return []portico.DeveloperID{app.DeveloperID}, nil
	}
	return usecase.View(ctx, a.Store, func(tx portico.Tx) ([]portico.DeveloperID, error) {
		return developers.MembersOf(ctx, tx, *app.TeamID)
	})
}

// ownerIn completes and checks an owner: a team must be one of the portal's, be
// allowed to own applications, and have whoever creates or transfers the
// application among its members. KindInvalid, KindForbidden.
func ownerIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, owner Owner) (Owner, error) {
	if owner.Team == nil {
		return owner, nil
	}
	team, err := developers.TeamIn(ctx, tx, portal, *owner.Team)
	if err != nil {
		return owner, usecase.Missing(err, "team_id", "There is no team with this id that you are a member of.")
	}
	members, err := developers.MembersOf(ctx, tx, team.ID)
	switch {
	case err != nil:
		return owner, err
	case len(members) == 0:
		return owner, portico.Invalid("team_id", "invalid", "The team has no members, so nobody could use the application.")
	case owner.Developer == "":
		owner.Developer = members[0]
	case !slices.Contains(members, owner.Developer):
		return owner, portico.Invalid("team_id", "missing_reference", "There is no team with this id that you are a member of.")
	}
	if !team.CanOwnApplications {
		return owner, portico.Errorf(portico.KindForbidden, "The team [%s] may not own applications; nothing was changed. Ask the portal's administrators to allow it.", team.Name).Named("team_cannot_own")
	}
	return owner, nil
}

// checkTransfer refuses an owner that an application cannot have, and returns
// the condition for what else that owner has. KindInvalid, KindForbidden.
func checkTransfer(ctx context.Context, tx portico.Tx, app portico.Application, to *Owner) (portico.Filter, error) {
	var err error
	if *to, err = ownerIn(ctx, tx, app.PortalID, *to); err != nil {
		return portico.Filter{}, err
	}
	developer, err := tx.Developers().ByID(ctx, to.Developer)
	if portico.KindOf(err) == portico.KindNotFound || err == nil && developer.PortalID != app.PortalID {
		return portico.Filter{}, portico.Invalid("owner.id", "missing_reference", "The portal has no developer with this id.")
	}
	if err != nil {
		return portico.Filter{}, err
	}
	portal, err := tx.Portals().ByID(ctx, app.PortalID)
	if err != nil {
		return portico.Filter{}, err
	}
	found, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("application_id", app.ID)))
	if err != nil {
		return portico.Filter{}, err
	}
	apis := make([]portico.APIID, 0, len(found.Items))
	for _, r := range found.Items {
		apis = append(apis, r.APIID)
	}
	app.DeveloperID, app.TeamID = to.Developer, to.Team
	if err := mayConsume(ctx, tx, portal, app, apis...); err != nil {
		return portico.Filter{}, err
	}
	if to.Team != nil {
		return portico.Where("owner_id", *to.Team), nil
	}
	return portico.Where("owner_id", to.Developer), nil
}
