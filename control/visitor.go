package control

import (
	"context"
	"slices"

	"portico"
	"portico/developers"
	"portico/usecase"
)

// Visitor is whoever looks at a portal: what they see and may use follows from
// the portal's settings and from who they are.
type Visitor struct {
	Portal    portico.Portal
	Developer *portico.Developer // nil: nobody is signed in
}

// Actions are what a visitor may do with an API that they see (contract:
// ApiActions).
type Actions struct{ View, Register, ViewDocumentation bool }

// sight is what a visitor sees and may use. Anybody sees what is public; who is
// signed in sees what is private, too, with RBAC only through a team's role.
type sight struct {
	visitor Visitor
	grants  developers.Grants // with RBAC, of who is signed in
}

// look finds out what a visitor sees.
func (v Visitor) look(ctx context.Context, tx portico.Tx) (sight, error) {
	s := sight{visitor: v}
	if v.Developer == nil || !v.Portal.RBACEnabled {
		return s, nil
	}
	var err error
	s.grants, err = developers.GrantsOf(ctx, tx, v.Developer.ID)
	return s, err
}

func (s sight) sees(p portico.Publication) bool {
	switch {
	case p.Visibility == portico.Public:
		return true
	case s.visitor.Developer == nil:
		return false
	case s.visitor.Portal.RBACEnabled:
		return s.grants[p.APIID] != ""
	}
	return true
}

// actions are what the visitor may do with an API that they see: to register
// needs an auth strategy and, with RBAC, the role API Consumer.
func (s sight) actions(p portico.Publication) Actions {
	register := s.visitor.Developer != nil && p.StrategyID != nil &&
		(!s.visitor.Portal.RBACEnabled || s.grants[p.APIID] == portico.APIConsumer)
	return Actions{View: true, Register: register, ViewDocumentation: true}
}

// shown are the publications of a portal that the visitor sees.
func (s sight) shown(ctx context.Context, tx portico.Tx) ([]portico.Publication, error) {
	all, err := tx.Publications().List(ctx, portico.Everything(portico.Where("portal_id", s.visitor.Portal.ID)))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Items, func(p portico.Publication) bool { return !s.sees(p) }), nil
}

// VisibleAPIs are the ids of the APIs that a visitor sees.
func (c Catalogue) VisibleAPIs(ctx context.Context, v Visitor) ([]portico.APIID, error) {
	return usecase.View(ctx, c.Store, func(tx portico.Tx) ([]portico.APIID, error) {
		seen, err := v.look(ctx, tx)
		if err != nil {
			return nil, err
		}
		shown, err := seen.shown(ctx, tx)
		ids := make([]portico.APIID, 0, len(shown))
		for _, p := range shown {
			ids = append(ids, p.APIID)
		}
		return ids, err
	})
}

// mayConsume holds that everybody who can use an application may call the APIs:
// with RBAC, its developer or all members of its team need the role API
// Consumer. KindForbidden says for which API it is missing.
func mayConsume(ctx context.Context, tx portico.Tx, portal portico.Portal, app portico.Application, apis ...portico.APIID) error {
	if !portal.RBACEnabled || len(apis) == 0 {
		return nil
	}
	users := []portico.DeveloperID{app.DeveloperID}
	if app.TeamID != nil {
		var err error
		if users, err = developers.MembersOf(ctx, tx, *app.TeamID); err != nil {
			return err
		}
	}
	for _, user := range users {
		grants, err := developers.GrantsOf(ctx, tx, user)
		if err != nil {
			return err
		}
		for _, api := range apis {
			if grants[api] == portico.APIConsumer {
				continue
			}
			if app.TeamID != nil {
				return portico.Errorf(portico.KindForbidden, "Not every member of the application's team has the role API Consumer for the API [%s]; nothing was changed. Ask the portal's administrators to give it to the team.", api).Named("team_needs_role")
			}
			return portico.Errorf(portico.KindForbidden, "Using the API [%s] needs the role API Consumer; nothing was changed. Ask the portal's administrators to give it to one of your teams.", api).Named("needs_role")
		}
	}
	return nil
}
