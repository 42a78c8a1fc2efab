package control

import (
	"context"
	"fmt"

	"portico"
	"portico/usecase"
)

// Registrations let applications use APIs. What is approved works, what is not
// does not: the gateways know before the caller does.
type Registrations struct{ saga }

// RegistrationView is a registration with the two things that it connects.
type RegistrationView struct {
	portico.Registration
	API         portico.API
	Application portico.Application
}

// Create registers an application for an API of its portal. status is an
// admin's decision; nil lets the auto-approval of portal and publication
// decide. KindNotFound (application, API, or not published in the portal),
// KindConflict (registered already, or another auth strategy).
func (r Registrations) Create(ctx context.Context, app portico.ApplicationID, api portico.APIID, status *portico.Status) (RegistrationView, error) {
	var out RegistrationView
	err := r.Commit(ctx, func(tx portico.Tx) error {
		a, err := tx.Applications().ByID(ctx, app)
		if err != nil {
			return err
		}
		portal, err := tx.Portals().ByID(ctx, a.PortalID)
		if err != nil {
			return err
		}
		p, err := publicationIn(ctx, tx, portal.ID, api)
		if err != nil {
			return err
		}
		if p.StrategyID == nil || *p.StrategyID != a.StrategyID {
			return portico.Errorf(portico.KindConflict, "The API [%s] is published with another auth strategy than the application [%s] uses; nothing was registered. Use an application with the API's auth strategy.", api, a.Name).Named("other_strategy")
		}
		decided := portico.Pending
		switch {
		case status != nil:
			decided = *status
		case portal.AutoApproveApplications || p.AutoApproveRegistrations != nil && *p.AutoApproveRegistrations:
			decided = portico.Approved
		}
		now := r.Now()
		registration := portico.Registration{ID: portico.RegistrationID(r.NewID()), ApplicationID: a.ID, APIID: api, PortalID: portal.ID, Status: decided, CreatedAt: now, UpdatedAt: now}
		if err := tx.Registrations().Insert(ctx, registration); err != nil {
			return err
		}
		out, err = usecase.One(r.views(ctx, tx, []portico.Registration{registration}))
		return err
	})
	return out, err
}

// publicationIn finds the publication of an API in a portal. KindNotFound says
// no more than that the portal has no such API.
func publicationIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, api portico.APIID) (portico.Publication, error) {
	found, err := tx.Publications().List(ctx, portico.Everything(portico.Where("portal_id", portal), portico.Where("api_id", api)))
	if err != nil {
		return portico.Publication{}, err
	}
	if len(found.Items) == 0 {
		return portico.Publication{}, portico.NotFound("API", api)
	}
	return found.Items[0], nil
}

// List returns a page of registrations; restrict it by application_id,
// portal_id or api_id.
func (r Registrations) List(ctx context.Context, q portico.ListQuery) (portico.Page[RegistrationView], error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Page[RegistrationView], error) {
		page, err := tx.Registrations().List(ctx, q)
		if err != nil {
			return portico.Page[RegistrationView]{}, err
		}
		views, err := r.views(ctx, tx, page.Items)
		return portico.Page[RegistrationView]{Items: views, Total: page.Total}, err
	})
}

// ByID returns one registration of an application. KindNotFound.
func (r Registrations) ByID(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID) (RegistrationView, error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (RegistrationView, error) {
		registration, err := registrationOf(ctx, tx, app, id)
		if err != nil {
			return RegistrationView{}, err
		}
		return usecase.One(r.views(ctx, tx, []portico.Registration{registration}))
	})
}

// SetStatus decides about a registration. The gateways act on it before
// SetStatus returns; the developer gets a mail. KindNotFound.
func (r Registrations) SetStatus(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID, status portico.Status) (RegistrationView, error) {
	var out RegistrationView
	var before portico.Status
	err := r.Commit(ctx, func(tx portico.Tx) error {
		registration, err := registrationOf(ctx, tx, app, id)
		if err != nil {
			return err
		}
		before = registration.Status
		registration, err = tx.Registrations().Change(ctx, id, func(reg *portico.Registration) error {
			reg.Status = status
			return nil
		})
		if err != nil {
			return err
		}
		out, err = usecase.One(r.views(ctx, tx, []portico.Registration{registration}))
		return err
	})
	if err == nil && before != status && status != portico.Pending {
		r.notify(ctx, out)
	}
	return out, err
}

// Delete ends a registration; the developer may ask again. KindNotFound.
func (r Registrations) Delete(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID) error {
	return r.Commit(ctx, func(tx portico.Tx) error {
		if _, err := registrationOf(ctx, tx, app, id); err != nil {
			return err
		}
		return tx.Registrations().Delete(ctx, id)
	})
}

// notify tells the owner of the application what was decided.
func (r Registrations) notify(ctx context.Context, v RegistrationView) {
	owner, err := usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Developer, error) {
		return tx.Developers().ByID(ctx, v.Application.DeveloperID)
	})
	if err != nil {
		r.Logger.ErrorContext(ctx, "developer not told of the decision", "registration", v.ID, "err", err)
		return
	}
	r.Notify(ctx, &portico.Message{
		Kind: "app-registration-" + string(v.Status), To: owner.Email,
		Subject: fmt.Sprintf("%s: access to %s %s", v.Application.Name, v.API.Name, v.Status),
		Text:    fmt.Sprintf("Hello %s,\n\nthe registration of your application %s for the API %s is now %s.\n", owner.FullName, v.Application.Name, v.API.Name, v.Status),
	})
}

// registrationOf returns a registration; an empty application means any.
func registrationOf(ctx context.Context, tx portico.Tx, app portico.ApplicationID, id portico.RegistrationID) (portico.Registration, error) {
	registration, err := tx.Registrations().ByID(ctx, id)
	if err == nil && app != "" && registration.ApplicationID != app {
		return portico.Registration{}, portico.NotFound("registration", id)
	}
	return registration, err
}

// views adds the API and the application, with one query per kind of entity.
func (r Registrations) views(ctx context.Context, tx portico.Tx, items []portico.Registration) ([]RegistrationView, error) {
	apps, err := tx.Applications().List(ctx, portico.Everything(usecase.AnyOf("id", items, registered)))
	if err != nil {
		return nil, err
	}
	apis, err := tx.APIs().List(ctx, portico.Everything(usecase.AnyOf("id", items, func(r portico.Registration) portico.APIID { return r.APIID })))
	if err != nil {
		return nil, err
	}
	appBy := usecase.By(apps.Items, func(a portico.Application) portico.ApplicationID { return a.ID })
	apiBy := usecase.By(apis.Items, func(a portico.API) portico.APIID { return a.ID })
	out := make([]RegistrationView, len(items))
	for i, item := range items {
		out[i] = RegistrationView{Registration: item, API: apiBy[item.APIID], Application: appBy[item.ApplicationID]}
	}
	return out, nil
}

func registered(r portico.Registration) portico.ApplicationID { return r.ApplicationID }
