package control

import (
	"context"
	"slices"
	"strings"

	"portico"
	"portico/usecase"
)

// Catalogue is what a portal shows to a visitor (visitor.go). What is not shown
// is not there: KindNotFound.
type Catalogue struct{ saga }

// PublishedAPI is an API as a portal shows it.
type PublishedAPI struct {
	APIView
	Publication portico.Publication
	Strategy    *StrategyView // nil: no application auth
	Actions     Actions       // of the visitor
}

// APIs returns a page of what the visitor sees.
func (c Catalogue) APIs(ctx context.Context, v Visitor, q portico.ListQuery) (portico.Page[PublishedAPI], error) {
	return usecase.View(ctx, c.Store, func(tx portico.Tx) (portico.Page[PublishedAPI], error) {
		none := portico.Page[PublishedAPI]{}
		seen, err := v.look(ctx, tx)
		if err != nil {
			return none, err
		}
		shown, err := seen.shown(ctx, tx)
		if err != nil {
			return none, err
		}
		q.Filters = append(slices.Clone(q.Filters), usecase.AnyOf("id", shown, published))
		page, err := tx.APIs().List(ctx, q)
		if err != nil {
			return none, err
		}
		views, err := seen.views(ctx, tx, page.Items, usecase.By(shown, published))
		return portico.Page[PublishedAPI]{Items: views, Total: page.Total}, err
	})
}

// API returns one of the APIs that the visitor sees, by its id or its slug.
func (c Catalogue) API(ctx context.Context, v Visitor, idOrSlug string) (PublishedAPI, error) {
	return usecase.View(ctx, c.Store, func(tx portico.Tx) (PublishedAPI, error) {
		api, err := apiBy(ctx, tx, idOrSlug)
		if err != nil {
			return PublishedAPI{}, err
		}
		seen, err := v.look(ctx, tx)
		if err != nil {
			return PublishedAPI{}, err
		}
		there, err := publicationsOf(ctx, tx, api.ID, v.Portal.ID)
		if err != nil {
			return PublishedAPI{}, err
		}
		if len(there) == 0 || !seen.sees(there[0]) {
			return PublishedAPI{}, portico.NotFound("API", idOrSlug)
		}
		return usecase.One(seen.views(ctx, tx, []portico.API{api}, usecase.By(there, published)))
	})
}

// apiBy returns an API by its id or its slug. A slug may look like an id.
func apiBy(ctx context.Context, tx portico.Tx, idOrSlug string) (portico.API, error) {
	if id := strings.ToLower(idOrSlug); portico.IsID(id) {
		api, err := tx.APIs().ByID(ctx, portico.APIID(id))
		if portico.KindOf(err) != portico.KindNotFound {
			return api, err
		}
	}
	found, err := tx.APIs().List(ctx, portico.Everything(portico.Where("slug", idOrSlug)))
	if err == nil && len(found.Items) == 0 || portico.KindOf(err) == portico.KindInvalid { // what cannot be a text is no slug
		return portico.API{}, portico.NotFound("API", idOrSlug)
	}
	return usecase.One(found.Items, err)
}

func published(p portico.Publication) portico.APIID { return p.APIID }

// views adds what a portal shows of APIs.
func (s sight) views(ctx context.Context, tx portico.Tx, apis []portico.API, publicationBy map[portico.APIID]portico.Publication) ([]PublishedAPI, error) {
	views, err := apiViews(ctx, tx, apis)
	if err != nil {
		return nil, err
	}
	var ids []portico.StrategyID
	for _, api := range apis {
		if id := publicationBy[api.ID].StrategyID; id != nil {
			ids = append(ids, *id)
		}
	}
	strategies, err := strategiesIn(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	strategyBy := usecase.By(strategies, func(s StrategyView) portico.StrategyID { return s.ID })
	out := make([]PublishedAPI, len(views))
	for i, v := range views {
		p := publicationBy[v.ID]
		out[i] = PublishedAPI{APIView: v, Publication: p, Actions: s.actions(p)}
		if id := p.StrategyID; id != nil {
			out[i].Strategy = new(strategyBy[*id])
		}
	}
	return out, nil
}

// strategiesIn returns strategies by their ids, oldest first.
func strategiesIn(ctx context.Context, tx portico.Tx, ids []portico.StrategyID) ([]StrategyView, error) {
	found, err := tx.Strategies().List(ctx, portico.Everything(usecase.AnyOf("id", ids, func(id portico.StrategyID) portico.StrategyID { return id })))
	if err != nil {
		return nil, err
	}
	return strategyViews(ctx, tx, found.Items)
}

// Strategies returns a page of the strategies that a developer of the portal
// can make applications with. They can be filtered by name, which is the
// display name, and by credential_type.
func (c Catalogue) Strategies(ctx context.Context, portal portico.Portal, q portico.ListQuery) (portico.Page[StrategyView], error) {
	return usecase.View(ctx, c.Store, func(tx portico.Tx) (portico.Page[StrategyView], error) {
		ids, err := offeredStrategies(ctx, tx, portal)
		if err != nil {
			return portico.Page[StrategyView]{}, err
		}
		offered, err := strategiesIn(ctx, tx, ids)
		if err != nil {
			return portico.Page[StrategyView]{}, err
		}
		for _, f := range q.Filters {
			offered = slices.DeleteFunc(offered, func(s StrategyView) bool {
				if f.Field == "credential_type" {
					return !usecase.Matches(f, string(s.CredentialType()))
				}
				return !usecase.Matches(f, s.DisplayName)
			})
		}
		return usecase.Cut(offered, q), nil
	})
}

// APIApplication is a developer's application as an API sees it.
type APIApplication struct {
	ApplicationView
	Registration *portico.Registration // nil: not registered for the API
}

// Applications returns a page of the applications that a developer can use:
// those registered for an API, in whatever status, or those that are not.
func (c Catalogue) Applications(ctx context.Context, developer portico.Developer, api portico.APIID, unregistered bool, q portico.ListQuery) (portico.Page[APIApplication], error) {
	return usecase.View(ctx, c.Store, func(tx portico.Tx) (portico.Page[APIApplication], error) {
		none := portico.Page[APIApplication]{}
		// A developer has few enough applications to choose among them here.
		all, err := usable(ctx, tx, developer.ID, q.Filters...)
		if err != nil {
			return none, err
		}
		registrations, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("api_id", api), usecase.AnyOf("application_id", all, applicationID)))
		if err != nil {
			return none, err
		}
		registrationBy := usecase.By(registrations.Items, registered)
		page := usecase.Cut(slices.DeleteFunc(all, func(app portico.Application) bool {
			_, is := registrationBy[app.ID]
			return is == unregistered
		}), q)
		views, err := Applications(c).views(ctx, tx, page.Items)
		if err != nil {
			return none, err
		}
		out := portico.Page[APIApplication]{Total: page.Total}
		for _, v := range views {
			item := APIApplication{ApplicationView: v}
			if r, is := registrationBy[v.ID]; is {
				item.Registration = &r
			}
			out.Items = append(out.Items, item)
		}
		return out, nil
	})
}
