package control

import (
	"context"
	"slices"

	"portico"
	"portico/developers"
	"portico/routing"
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
	Consumer    *portico.Consumer // as whom it calls the API; nil: as itself
}

// Create registers an application for an API of its portal on behalf of an
// admin. status is the admin's decision; nil lets the auto-approval of portal
// and publication decide. KindNotFound (application, API, or not published in
// the portal), KindConflict (registered already, or another auth strategy).
func (r Registrations) Create(ctx context.Context, app portico.ApplicationID, api portico.APIID, status *portico.Status) (RegistrationView, error) {
	var out RegistrationView
	err := r.commitAndTell(ctx, func(tx portico.Tx) ([]portico.Task, error) {
		registration, _, err := r.plan(ctx, tx, app, api)
		if err != nil {
			return nil, err
		}
		if status != nil {
			registration.Status = *status
		}
		if err := tx.Registrations().Insert(ctx, registration); err != nil {
			return nil, err
		}
		if out, err = usecase.One(r.views(ctx, tx, []portico.Registration{registration})); err != nil {
			return nil, err
		}
		return r.tellOf(ctx, tx, registration, portico.Pending, registration.Status)
	})
	return out, err
}

// Request is a developer's wish to use an API with an application of theirs,
// with a comment to whoever decides. What was rejected can be asked for again.
// Errors are those of Create; further KindNotFound for an API that the visitor
// does not see, and KindForbidden without the role that RBAC asks for.
func (r Registrations) Request(ctx context.Context, v Visitor, app portico.ApplicationID, api portico.APIID, comment string) (RegistrationView, error) {
	var out RegistrationView
	err := r.commitAndTell(ctx, func(tx portico.Tx) ([]portico.Task, error) {
		registration, p, err := r.plan(ctx, tx, app, api)
		if err != nil {
			return nil, err
		}
		registration.Comment = comment
		seen, err := v.look(ctx, tx)
		if err != nil {
			return nil, err
		}
		if !seen.sees(p) {
			return nil, portico.NotFound("API", api)
		}
		owned, err := tx.Applications().ByID(ctx, app)
		if err != nil {
			return nil, err
		}
		if err := mayConsume(ctx, tx, v.Portal, owned, api); err != nil {
			return nil, err
		}
		if registration, err = r.ask(ctx, tx, registration); err != nil {
			return nil, err
		}
		if out, err = usecase.One(r.views(ctx, tx, []portico.Registration{registration})); err != nil {
			return nil, err
		}
		return r.tellOf(ctx, tx, registration, portico.Pending, registration.Status)
	})
	return out, err
}

// ask puts a wish down: in the place of one that was rejected, if there is one.
func (r Registrations) ask(ctx context.Context, tx portico.Tx, wish portico.Registration) (portico.Registration, error) {
	there, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("application_id", wish.ApplicationID), portico.Where("api_id", wish.APIID)))
	if err != nil {
		return wish, err
	}
	if len(there.Items) == 0 || there.Items[0].Status != portico.Rejected {
		return wish, tx.Registrations().Insert(ctx, wish)
	}
	return tx.Registrations().Change(ctx, there.Items[0].ID, func(to *portico.Registration) error {
		to.Status, to.Comment, to.Reason = wish.Status, wish.Comment, ""
		return nil
	})
}

// plan is the registration of an application for an API, as auto-approval
// decides, and the API's publication.
func (r Registrations) plan(ctx context.Context, tx portico.Tx, app portico.ApplicationID, api portico.APIID) (portico.Registration, portico.Publication, error) {
	none, nowhere := portico.Registration{}, portico.Publication{}
	a, err := tx.Applications().ByID(ctx, app)
	if err != nil {
		return none, nowhere, err
	}
	portal, err := tx.Portals().ByID(ctx, a.PortalID)
	if err != nil {
		return none, nowhere, err
	}
	p, err := publicationIn(ctx, tx, portal.ID, api)
	if err != nil {
		return none, nowhere, err
	}
	if p.StrategyID == nil || *p.StrategyID != a.StrategyID {
		return none, nowhere, portico.Errorf(portico.KindConflict, "The API [%s] is published with another auth strategy than the application [%s] uses; nothing was registered. Use an application with the API's auth strategy.", api, a.Name).Named("other_strategy")
	}
	decided := portico.Pending
	if p.AutoApproves(portal) {
		decided = portico.Approved
	}
	now := r.Now()
	return portico.Registration{
		ID: portico.RegistrationID(r.NewID()), ApplicationID: a.ID, APIID: api, PortalID: portal.ID,
		Status: decided, CreatedAt: now, UpdatedAt: now,
	}, p, nil
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

// SetStatus decides about a registration, with a reason for its developer. The
// gateways act on it before SetStatus returns; the developer, or the whole team,
// gets a mail. KindNotFound.
func (r Registrations) SetStatus(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID, status portico.Status, reason string) (RegistrationView, error) {
	return r.decide(ctx, app, id, "", status, reason)
}

// Decide is SetStatus on a registration that has a status now, so that nobody
// undoes what somebody else has just decided. KindConflict if it has another.
func (r Registrations) Decide(ctx context.Context, id portico.RegistrationID, now, next portico.Status, reason string) (RegistrationView, error) {
	return r.decide(ctx, "", id, now, next, reason)
}

func (r Registrations) decide(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID, expected, status portico.Status, reason string) (RegistrationView, error) {
	var out RegistrationView
	var told []portico.Task
	err := r.CommitAndMailAll(ctx, func(tx portico.Tx) ([]*portico.Message, error) {
		registration, err := registrationOf(ctx, tx, app, id)
		if err != nil {
			return nil, err
		}
		before := registration.Status
		registration, err = tx.Registrations().Change(ctx, id, func(reg *portico.Registration) error {
			if err := reg.Status.Expect(expected); err != nil {
				return err
			}
			reg.Status, reg.Reason = status, reason
			return nil
		})
		if err != nil {
			return nil, err
		}
		if told, err = r.tellOf(ctx, tx, registration, before, status); err != nil {
			return nil, err
		}
		out, err = usecase.One(r.views(ctx, tx, []portico.Registration{registration}))
		if err != nil || before == status || status == portico.Pending {
			return nil, err
		}
		return r.decided(ctx, tx, out)
	})
	if err == nil && len(told) > 0 {
		r.Settle(ctx, told)
	}
	return out, err
}

// Withdraw ends a registration as its developer wishes. One that was revoked
// stays: taking it away and asking anew would undo the decision. KindNotFound,
// KindConflict.
func (r Registrations) Withdraw(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID) error {
	return r.end(ctx, app, id, func(registration portico.Registration) error {
		if registration.Status == portico.Revoked {
			return portico.Errorf(portico.KindConflict, "An administrator has revoked this registration; nothing was changed. It is theirs to remove.").Named("registration_revoked")
		}
		return nil
	})
}

// Delete ends a registration; the developer may ask again. KindNotFound.
func (r Registrations) Delete(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID) error {
	return r.end(ctx, app, id, func(portico.Registration) error { return nil })
}

// end removes a registration unless check is against it.
func (r Registrations) end(ctx context.Context, app portico.ApplicationID, id portico.RegistrationID, check func(portico.Registration) error) error {
	return r.commitAndTell(ctx, func(tx portico.Tx) ([]portico.Task, error) {
		registration, err := registrationOf(ctx, tx, app, id)
		if err == nil {
			err = check(registration)
		}
		if err != nil {
			return nil, err
		}
		if err := tx.Registrations().Delete(ctx, id); err != nil {
			return nil, err
		}
		return r.tellOf(ctx, tx, registration, registration.Status, portico.Rejected)
	})
}

// decided words the letters for everybody who can use the application about
// what was decided.
func (r Registrations) decided(ctx context.Context, tx portico.Tx, v RegistrationView) ([]*portico.Message, error) {
	portal, err := tx.Portals().ByID(ctx, v.PortalID)
	if err != nil {
		return nil, err
	}
	values := map[string]string{
		"application_name": v.Application.Name, "api_name": v.API.Name, "api_version": "",
		"api_documentation_url": r.PortalURL(r.Domain(portal)) + "/apis/" + v.API.Slug,
	}
	if v.API.Version != nil {
		values["api_version"] = *v.API.Version
	}
	return r.letters(ctx, tx, portal, v.Application, developers.Letter{
		Template: "app-registration-" + string(v.Status), Reason: v.Reason, Path: "/apps/" + string(v.ApplicationID), Values: values,
	})
}

// letters words a letter for everybody who can use an application.
func (d saga) letters(ctx context.Context, tx portico.Tx, portal portico.Portal, app portico.Application, letter developers.Letter) ([]*portico.Message, error) {
	to := []portico.DeveloperID{app.DeveloperID}
	if app.TeamID != nil {
		var err error
		if to, err = developers.MembersOf(ctx, tx, *app.TeamID); err != nil {
			return nil, err
		}
	}
	var out []*portico.Message
	for _, id := range to {
		developer, err := tx.Developers().ByID(ctx, id)
		if err != nil {
			return nil, err
		}
		letter.To = developer
		m, err := developers.Letters{Deps: d.Deps}.Write(ctx, tx, portal, letter)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
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
	consumers, err := routing.RegisteredConsumers(ctx, tx, items)
	if err != nil {
		return nil, err
	}
	appBy := usecase.By(apps.Items, func(a portico.Application) portico.ApplicationID { return a.ID })
	apiBy := usecase.By(apis.Items, func(a portico.API) portico.APIID { return a.ID })
	out := make([]RegistrationView, len(items))
	for i, item := range items {
		out[i] = RegistrationView{Registration: item, API: apiBy[item.APIID], Application: appBy[item.ApplicationID]}
		if c, mapped := consumers[item.ID]; mapped {
			out[i].Consumer = &c
		}
	}
	return out, nil
}

func registered(r portico.Registration) portico.ApplicationID { return r.ApplicationID }

// APIRegistration is a registration as an API sees it: who, in which portal.
type APIRegistration struct {
	RegistrationView
	Portal portico.Portal
}

// ListByAPI returns a page of an API's registrations. Beyond the fields of the
// registrations themselves they can be filtered by portal_name,
// application_owner_id and application_owner_type. KindNotFound (API).
func (r Registrations) ListByAPI(ctx context.Context, api portico.APIID, q portico.ListQuery) (portico.Page[APIRegistration], error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Page[APIRegistration], error) {
		var none portico.Page[APIRegistration]
		if _, err := tx.APIs().ByID(ctx, api); err != nil {
			return none, err
		}
		portals, err := tx.Portals().List(ctx, portico.Everything())
		if err != nil {
			return none, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("api_id", api))
		for i, f := range q.Filters {
			q.Filters[i] = registrationFilter(f, portals.Items)
		}
		page, err := tx.Registrations().List(ctx, q)
		if err != nil {
			return none, err
		}
		views, err := r.views(ctx, tx, page.Items)
		if err != nil {
			return none, err
		}
		portalBy := usecase.By(portals.Items, func(p portico.Portal) portico.PortalID { return p.ID })
		out := portico.Page[APIRegistration]{Total: page.Total}
		for _, v := range views {
			out.Items = append(out.Items, APIRegistration{RegistrationView: v, Portal: portalBy[v.PortalID]})
		}
		return out, nil
	})
}

// registrationFilter turns a condition on what is no column of a registration
// into one on what is.
func registrationFilter(f portico.Filter, portals []portico.Portal) portico.Filter {
	switch f.Field {
	case "application_owner_id":
		f.Field = "owner_id"
	case "application_owner_type":
		f.Field = "owner_type"
	case "portal_name":
		matching := slices.DeleteFunc(slices.Clone(portals), func(p portico.Portal) bool { return !usecase.Matches(f, p.Name) })
		f = usecase.AnyOf("portal_id", matching, portalID)
	}
	return f
}
