package control

import (
	"context"
	"fmt"

	"portico"
	"portico/apipackages"
	"portico/usecase"
)

// Publications say which API is visible in which portal, and with what strategy.
type Publications struct{ saga }

// PublicationFields is what a publication should be. What is absent comes from
// the portal, as its defaults are now; later defaults do not reach back.
type PublicationFields struct {
	StrategyID               portico.Opt[portico.StrategyID] // null: no application auth
	AutoApproveRegistrations portico.Opt[bool]
	Visibility               portico.Opt[portico.Visibility]
}

// PublicationView is a publication with what an admin should know about it.
type PublicationView struct {
	portico.Publication
	EntityType string // of what is published
	Warnings   []string
}

// Put publishes an API to a portal, or makes its publication there equal to in.
// KindNotFound (API, portal), KindInvalid (strategy).
func (p Publications) Put(ctx context.Context, apiID portico.APIID, portalID portico.PortalID, in PublicationFields) (PublicationView, error) {
	err := p.Commit(ctx, func(tx portico.Tx) error {
		if _, err := tx.APIs().ByID(ctx, apiID); err != nil {
			return err
		}
		portal, err := tx.Portals().ByID(ctx, portalID)
		if err != nil {
			return err
		}
		wanted := in.on(portal)
		if err := checkStrategy(ctx, tx, "auth_strategy_ids.0", wanted.StrategyID); err != nil {
			return err
		}
		there, err := publicationsOf(ctx, tx, apiID, portalID)
		if err != nil {
			return err
		}
		if len(there) == 0 {
			wanted.ID, wanted.APIID, wanted.PortalID = portico.PublicationID(p.NewID()), apiID, portalID
			wanted.CreatedAt = p.Now()
			wanted.UpdatedAt = wanted.CreatedAt
			return tx.Publications().Insert(ctx, wanted)
		}
		_, err = tx.Publications().Change(ctx, there[0].ID, func(to *portico.Publication) error {
			to.StrategyID, to.AutoApproveRegistrations, to.Visibility = wanted.StrategyID, wanted.AutoApproveRegistrations, wanted.Visibility
			return nil
		})
		return err
	})
	if err != nil {
		return PublicationView{}, err
	}
	return p.One(ctx, apiID, portalID)
}

// on completes the fields with the defaults of a portal.
func (in PublicationFields) on(portal portico.Portal) portico.Publication {
	out := portico.Publication{StrategyID: portal.DefaultStrategyID, Visibility: portal.DefaultAPIVisibility}
	in.StrategyID.ApplyPtr(&out.StrategyID)
	in.AutoApproveRegistrations.ApplyPtr(&out.AutoApproveRegistrations)
	in.Visibility.Apply(&out.Visibility)
	return out
}

func publicationsOf(ctx context.Context, tx portico.Tx, apiID portico.APIID, portalID portico.PortalID) ([]portico.Publication, error) {
	found, err := tx.Publications().List(ctx, portico.Everything(portico.Where("api_id", apiID), portico.Where("portal_id", portalID)))
	return found.Items, err
}

// publication returns the publication of an API in a portal; KindNotFound when
// it is not published there.
func publication(ctx context.Context, tx portico.Tx, apiID portico.APIID, portalID portico.PortalID) (portico.Publication, error) {
	found, err := publicationsOf(ctx, tx, apiID, portalID)
	if err == nil && len(found) == 0 {
		err = portico.Errorf(portico.KindNotFound, "The API [%s] is not published to the portal [%s].", apiID, portalID)
	}
	return usecase.One(found, err)
}

// One returns the publication of an API in a portal, with warnings about what
// it does not do. KindNotFound.
func (p Publications) One(ctx context.Context, apiID portico.APIID, portalID portico.PortalID) (PublicationView, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (PublicationView, error) {
		found, err := publication(ctx, tx, apiID, portalID)
		if err != nil {
			return PublicationView{}, err
		}
		views, err := publicationViews(ctx, tx, portico.Page[portico.Publication]{Items: []portico.Publication{found}})
		if err != nil {
			return PublicationView{}, err
		}
		one := views.Items[0]
		one.Warnings, err = publicationWarnings(ctx, tx, one)
		return one, err
	})
}

// publicationViews adds what is published to a page of publications.
func publicationViews(ctx context.Context, tx portico.Tx, page portico.Page[portico.Publication]) (portico.Page[PublicationView], error) {
	out := portico.Page[PublicationView]{Items: make([]PublicationView, len(page.Items)), Total: page.Total}
	apis, err := tx.APIs().List(ctx, portico.Everything(usecase.AnyOf("id", page.Items, published)))
	by := usecase.By(apis.Items, func(a portico.API) portico.APIID { return a.ID })
	for i, p := range page.Items {
		out.Items[i] = PublicationView{Publication: p, EntityType: by[p.APIID].EntityType()}
	}
	return out, err
}

// publicationWarnings says where a strategy does not enforce what it seems to.
func publicationWarnings(ctx context.Context, tx portico.Tx, p PublicationView) ([]string, error) {
	if p.StrategyID == nil {
		return nil, nil
	}
	var warnings []string
	total, warning, err := enforcedBy(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	if total == 0 {
		warnings = append(warnings, warning)
	}
	unmatched, err := apipackages.Unmatched(ctx, tx, p.APIID)
	if err != nil {
		return nil, err
	}
	if unmatched > 0 {
		warnings = append(warnings, fmt.Sprintf("No route leads to %d of the API's operations. Access is controlled at the path of the specification's server: "+
			"where routes serve the operations at another path, nobody is asked for credentials.", unmatched))
	}
	registrations, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("api_id", p.APIID), portico.Where("portal_id", p.PortalID)))
	if err != nil {
		return nil, err
	}
	// Asked from this side, because an API may have more registrations than a
	// filter takes values.
	others, err := tx.Applications().List(ctx, portico.Everything(portico.Where("portal_id", p.PortalID),
		portico.Filter{Field: "auth_strategy_id", Op: portico.OpNotEqual, Values: []string{string(*p.StrategyID)}}))
	other, n := usecase.By(others.Items, func(a portico.Application) portico.ApplicationID { return a.ID }), 0
	for _, r := range registrations.Items {
		if _, is := other[r.ApplicationID]; is {
			n++
		}
	}
	if n > 0 {
		warnings = append(warnings, fmt.Sprintf("%d registered applications use another auth strategy and cannot call the API through this publication.", n))
	}
	return warnings, err
}

// enforcedBy counts what a publication's strategy is enforced by, and says what
// it means when there is nothing.
func enforcedBy(ctx context.Context, tx portico.Tx, p PublicationView) (int, string, error) {
	first := func(field string) portico.ListQuery {
		return portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where(field, p.APIID)}}
	}
	if p.EntityType == portico.EntityPackage {
		operations, err := tx.PackageOperations().List(ctx, first("package_id"))
		return operations.Total, "The package has no operations, so applications that register for it can call nothing.", err
	}
	implementations, err := tx.Implementations().List(ctx, first("api_id"))
	return implementations.Total, "The API is not linked to a gateway service, so its auth strategy is not enforced yet.", err
}

// List returns a page of the publications, without warnings.
func (p Publications) List(ctx context.Context, q portico.ListQuery) (portico.Page[PublicationView], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Page[PublicationView], error) {
		page, err := tx.Publications().List(ctx, q)
		if err != nil {
			return portico.Page[PublicationView]{}, err
		}
		return publicationViews(ctx, tx, page)
	})
}

// ListIn returns a page of a portal's publications; KindNotFound (portal).
func (p Publications) ListIn(ctx context.Context, portalID portico.PortalID, q portico.ListQuery) (portico.Page[PublicationView], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Page[PublicationView], error) {
		if _, err := tx.Portals().ByID(ctx, portalID); err != nil {
			return portico.Page[PublicationView]{}, err
		}
		q.Filters = append(q.Filters, portico.Where("portal_id", portalID))
		page, err := tx.Publications().List(ctx, q)
		if err != nil {
			return portico.Page[PublicationView]{}, err
		}
		return publicationViews(ctx, tx, page)
	})
}

// Delete takes an API out of a portal. Registrations stay and count again when
// it is published once more. KindNotFound when it is not published there.
func (p Publications) Delete(ctx context.Context, apiID portico.APIID, portalID portico.PortalID) error {
	return p.Commit(ctx, func(tx portico.Tx) error {
		found, err := publication(ctx, tx, apiID, portalID)
		if err != nil {
			return err
		}
		return tx.Publications().Delete(ctx, found.ID)
	})
}
