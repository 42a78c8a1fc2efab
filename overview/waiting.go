package overview

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Waiting is how much waits for a decision.
type Waiting struct{ Developers, Registrations int }

// All is all of it.
func (w Waiting) All() int { return w.Developers + w.Registrations }

// Waiting counts what waits in the portals that the caller may approve in, and
// for the APIs whose registrations he may approve.
func (o Overview) Waiting(ctx context.Context) (Waiting, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (Waiting, error) {
		one := portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{pending()}}
		developers, err := decidableDevelopers(ctx, tx, one)
		if err != nil {
			return Waiting{}, err
		}
		registrations, err := decidableRegistrations(ctx, tx, one)
		return Waiting{developers.Total, registrations.Total}, err
	})
}

func pending() portico.Filter { return portico.Where("status", portico.Pending) }

// Applicant is somebody who wants an account, with what to think about.
type Applicant struct {
	portico.Developer
	Portal    portico.Portal
	NewDomain bool // nobody who was approved in the portal has an address of the same domain
}

// Request is the wish of an application to use an API, with what to think about.
type Request struct {
	portico.Registration
	API         portico.API
	Application portico.Application
	Developer   portico.Developer // the owner, or with Team who created the application
	Team        *portico.Team     // nil unless a team owns the application
	Portal      portico.Portal
	Scopes      []string // that the application's client has, or gets
	NewDomain   bool     // as for an Applicant, of the developer
}

// Applicants returns a page of the accounts that the caller may decide about and
// that wait, the oldest first. They can be filtered as developers can.
func (o Overview) Applicants(ctx context.Context, q portico.ListQuery) (portico.Page[Applicant], error) {
	q.Filters = append(slices.Clone(q.Filters), pending())
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (portico.Page[Applicant], error) {
		page, err := decidableDevelopers(ctx, tx, q)
		if err != nil {
			return portico.Page[Applicant]{}, err
		}
		items, err := applicants(ctx, tx, page.Items)
		return portico.Page[Applicant]{Items: items, Total: page.Total}, err
	})
}

// Applicant returns an account that the caller may decide about, whatever its
// status. KindNotFound.
func (o Overview) Applicant(ctx context.Context, id portico.DeveloperID) (Applicant, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (Applicant, error) {
		page, err := decidableDevelopers(ctx, tx, portico.Everything(portico.Where("id", id)))
		if err == nil && len(page.Items) == 0 {
			err = portico.NotFound("developer", id)
		}
		if err != nil {
			return Applicant{}, err
		}
		return usecase.One(applicants(ctx, tx, page.Items))
	})
}

// Requests returns a page of the registrations that the caller may decide about
// and that wait, the oldest first. They can be filtered as registrations can.
func (o Overview) Requests(ctx context.Context, q portico.ListQuery) (portico.Page[Request], error) {
	q.Filters = append(slices.Clone(q.Filters), pending())
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (portico.Page[Request], error) {
		page, err := decidableRegistrations(ctx, tx, q)
		if err != nil {
			return portico.Page[Request]{}, err
		}
		items, err := requests(ctx, tx, page.Items)
		return portico.Page[Request]{Items: items, Total: page.Total}, err
	})
}

// Request returns a registration that the caller may decide about, whatever its
// status. KindNotFound.
func (o Overview) Request(ctx context.Context, id portico.RegistrationID) (Request, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (Request, error) {
		page, err := decidableRegistrations(ctx, tx, portico.Everything(portico.Where("id", id)))
		if err == nil && len(page.Items) == 0 {
			err = portico.NotFound("registration", id)
		}
		if err != nil {
			return Request{}, err
		}
		return usecase.One(requests(ctx, tx, page.Items))
	})
}

// oldest is the order in which things wait. What is asked for again after a
// rejection waits from then on.
func oldest() []portico.Sort { return []portico.Sort{{Field: "updated_at"}, {Field: "id"}} }

// decidableDevelopers are those in the portals that the caller may approve in.
func decidableDevelopers(ctx context.Context, tx portico.Tx, q portico.ListQuery) (portico.Page[portico.Developer], error) {
	q.Filters, q.Sort = slices.Clone(q.Filters), oldest()
	if portals, all := access.From(ctx).Entities(access.Portals, access.Approve); !all {
		q.Filters = append(q.Filters, among("portal_id", portals))
	}
	return tx.Developers().List(ctx, q)
}

// decidableRegistrations are those in the portals that the caller may approve
// in, and those of the APIs whose registrations he may approve.
func decidableRegistrations(ctx context.Context, tx portico.Tx, q portico.ListQuery) (portico.Page[portico.Registration], error) {
	q.Sort = oldest()
	portals, allPortals := access.From(ctx).Entities(access.Portals, access.Approve)
	apis, allAPIs := access.From(ctx).Entities(access.APIs, access.Approve)
	if allPortals || allAPIs {
		return tx.Registrations().List(ctx, q)
	}
	byPortal, err := tx.Registrations().List(ctx, portico.Everything(append(slices.Clone(q.Filters), among("portal_id", portals))...))
	if err != nil {
		return portico.Page[portico.Registration]{}, err
	}
	byAPI, err := tx.Registrations().List(ctx, portico.Everything(append(slices.Clone(q.Filters), among("api_id", apis))...))
	if err != nil {
		return portico.Page[portico.Registration]{}, err
	}
	union := append(byPortal.Items, byAPI.Items...)
	slices.SortFunc(union, func(a, b portico.Registration) int {
		return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), strings.Compare(string(a.ID), string(b.ID)))
	})
	union = slices.CompactFunc(union, func(a, b portico.Registration) bool { return a.ID == b.ID })
	return usecase.Cut(union, q), nil
}

// among holds for what has one of the ids; for nothing if there is none.
func among(field string, ids []string) portico.Filter {
	return portico.Filter{Field: field, Op: portico.OpAnyEqual, Values: append([]string{""}, ids...)}
}

func applicants(ctx context.Context, tx portico.Tx, all []portico.Developer) ([]Applicant, error) {
	portals, err := tx.Portals().List(ctx, portico.Everything(usecase.AnyOf("id", all, func(d portico.Developer) portico.PortalID { return d.PortalID })))
	if err != nil {
		return nil, err
	}
	portalBy := usecase.By(portals.Items, func(p portico.Portal) portico.PortalID { return p.ID })
	domains := domains{}
	out := make([]Applicant, len(all))
	for i, d := range all {
		out[i] = Applicant{Developer: d, Portal: portalBy[d.PortalID]}
		if out[i].NewDomain, err = domains.unknown(ctx, tx, d); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func requests(ctx context.Context, tx portico.Tx, all []portico.Registration) ([]Request, error) {
	apps, err := tx.Applications().List(ctx, portico.Everything(usecase.AnyOf("id", all, func(r portico.Registration) portico.ApplicationID { return r.ApplicationID })))
	if err != nil {
		return nil, err
	}
	apis, err := tx.APIs().List(ctx, portico.Everything(usecase.AnyOf("id", all, func(r portico.Registration) portico.APIID { return r.APIID })))
	if err != nil {
		return nil, err
	}
	strategies, err := tx.Strategies().List(ctx, portico.Everything(usecase.AnyOf("id", apps.Items, func(a portico.Application) portico.StrategyID { return a.StrategyID })))
	if err != nil {
		return nil, err
	}
	teams, err := tx.Teams().List(ctx, portico.Everything(usecase.AnyOf("id", apps.Items, func(a portico.Application) portico.TeamID {
		if a.TeamID == nil {
			return ""
		}
		return *a.TeamID
	})))
	if err != nil {
		return nil, err
	}
	owners, err := tx.Developers().List(ctx, portico.Everything(usecase.AnyOf("id", apps.Items, func(a portico.Application) portico.DeveloperID { return a.DeveloperID })))
	if err != nil {
		return nil, err
	}
	people, err := applicants(ctx, tx, owners.Items)
	if err != nil {
		return nil, err
	}
	appBy := usecase.By(apps.Items, func(a portico.Application) portico.ApplicationID { return a.ID })
	apiBy := usecase.By(apis.Items, func(a portico.API) portico.APIID { return a.ID })
	strategyBy := usecase.By(strategies.Items, func(s portico.Strategy) portico.StrategyID { return s.ID })
	teamBy := usecase.By(teams.Items, func(t portico.Team) portico.TeamID { return t.ID })
	personBy := usecase.By(people, func(a Applicant) portico.DeveloperID { return a.ID })
	out := make([]Request, len(all))
	for i, r := range all {
		app := appBy[r.ApplicationID]
		owner := personBy[app.DeveloperID]
		out[i] = Request{Registration: r, API: apiBy[r.APIID], Application: app, Developer: owner.Developer, Portal: owner.Portal, Scopes: app.Scopes, NewDomain: owner.NewDomain}
		if app.TeamID != nil {
			out[i].Team = new(teamBy[*app.TeamID])
		}
		if oidc := strategyBy[app.StrategyID].OIDC; oidc != nil && len(app.Scopes) == 0 {
			out[i].Scopes = oidc.Scopes
		}
	}
	return out, nil
}

// domains remembers what was found out about a domain in a portal.
type domains map[[2]string]bool

// neighbours is how many approved accounts with a similar address are looked
// at: further ones can only make a known domain look new.
const neighbours = 200

// unknown says whether nobody else who was approved in the developer's portal
// has an address of the same domain.
func (known domains) unknown(ctx context.Context, tx portico.Tx, d portico.Developer) (bool, error) {
	_, domain, _ := strings.Cut(d.Email, "@")
	key := [2]string{string(d.PortalID), domain}
	if d.Status != portico.Approved {
		if found, ok := known[key]; ok {
			return found, nil
		}
	}
	similar, err := tx.Developers().List(ctx, portico.ListQuery{Size: neighbours, Number: 1, Filters: []portico.Filter{
		portico.Where("portal_id", d.PortalID), portico.Where("status", portico.Approved), {Field: "email", Op: portico.OpContains, Values: []string{"@" + domain}},
	}})
	unknown := !slices.ContainsFunc(similar.Items, func(other portico.Developer) bool {
		return other.ID != d.ID && strings.HasSuffix(other.Email, "@"+domain)
	})
	if d.Status != portico.Approved {
		known[key] = unknown
	}
	return unknown, err
}
