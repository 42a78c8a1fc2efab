package overview

import (
	"context"
	"time"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Overview looks at everything at once.
type Overview struct{ usecase.Deps }

// Setup is how far setting up has come. Each field says whether there is at
// least one; see Steps for their order.
type Setup struct {
	Provider, Strategy, Specification, Linked, Published, Developer, Called bool
}

// Done says that nothing is left to set up.
func (s Setup) Done() bool {
	return s.Provider && s.Strategy && s.Specification && s.Linked && s.Published && s.Developer && s.Called
}

// callsWithin is how far back a successful call is looked for.
const callsWithin = 30 * 24 * time.Hour

// Setup looks at what there is.
func (o Overview) Setup(ctx context.Context) (Setup, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (Setup, error) {
		var s Setup
		for _, step := range []struct {
			there *bool
			count func(context.Context, portico.Tx) (int, error)
		}{
			{&s.Provider, func(ctx context.Context, tx portico.Tx) (int, error) { return count(ctx, tx.Providers()) }},
			{&s.Strategy, func(ctx context.Context, tx portico.Tx) (int, error) { return count(ctx, tx.Strategies()) }},
			{&s.Specification, func(ctx context.Context, tx portico.Tx) (int, error) { return count(ctx, tx.Versions()) }},
			{&s.Linked, func(ctx context.Context, tx portico.Tx) (int, error) { return count(ctx, tx.Implementations()) }},
			{&s.Published, func(ctx context.Context, tx portico.Tx) (int, error) { return count(ctx, tx.Publications()) }},
			{&s.Developer, func(ctx context.Context, tx portico.Tx) (int, error) { return count(ctx, tx.Developers()) }},
		} {
			n, err := step.count(ctx, tx)
			if err != nil {
				return s, err
			}
			*step.there = n > 0
		}
		calls, err := tx.Usage(ctx, portico.UsageQuery{Everyone: true, From: o.Now().Add(-callsWithin), To: o.Now().Add(time.Minute), Step: callsWithin})
		for _, c := range calls {
			s.Called = s.Called || c.Outcome == portico.OutcomeOK && c.ApplicationID != ""
		}
		return s, err
	})
}

// count is how many entities the filters hold for.
func count[ID ~string, T any](ctx context.Context, all portico.Collection[ID, T], filters ...portico.Filter) (int, error) {
	page, err := all.List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: filters})
	return page.Total, err
}

// Find is an entity that was found by its name.
type Find struct {
	Type access.Type
	Kind string // api, portal, strategy, provider, plane, developer or application
	ID   string
	Name string
	More string // an address, a version; may be empty
}

// perKind is how many finds of one kind are answered.
const perKind = 5

// Search returns what the caller may view and has the text in its name.
func (o Overview) Search(ctx context.Context, text string) ([]Find, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) ([]Find, error) {
		s := search{ctx: ctx, text: text}
		look(&s, access.APIs, "id", "name", tx.APIs(), func(a portico.API) Find {
			return Find{Kind: "api", ID: string(a.ID), Name: a.Name, More: version(a)}
		})
		look(&s, access.Portals, "id", "name", tx.Portals(), func(p portico.Portal) Find {
			return Find{Kind: "portal", ID: string(p.ID), Name: p.Name, More: o.Domain(p)}
		})
		look(&s, access.Strategies, "id", "name", tx.Strategies(), func(st portico.Strategy) Find {
			return Find{Kind: "strategy", ID: string(st.ID), Name: st.Name, More: st.DisplayName}
		})
		look(&s, access.Providers, "id", "name", tx.Providers(), func(p portico.Provider) Find {
			return Find{Kind: "provider", ID: string(p.ID), Name: p.Name, More: p.Issuer}
		})
		look(&s, access.ControlPlanes, "id", "name", tx.ControlPlanes(), func(p portico.ControlPlane) Find {
			return Find{Kind: "plane", ID: string(p.ID), Name: p.Name}
		})
		look(&s, access.Portals, "portal_id", "name", tx.Applications(), func(a portico.Application) Find {
			return Find{Kind: "application", ID: string(a.ID), Name: a.Name}
		})
		look(&s, access.Portals, "portal_id", "email", tx.Developers(), func(d portico.Developer) Find {
			return Find{Kind: "developer", ID: string(d.ID), Name: d.FullName, More: d.Email}
		})
		return s.finds, s.err
	})
}

func version(a portico.API) string {
	if a.Version == nil {
		return ""
	}
	return *a.Version
}

// search collects finds; the first error ends it.
type search struct {
	ctx   context.Context
	text  string
	finds []Find
	err   error
}

// look searches one kind of entity by a field; owner is the field with the id
// of the entity that roles are given for.
func look[ID ~string, T any](s *search, of access.Type, owner, field string, all portico.Collection[ID, T], as func(T) Find) {
	if s.err != nil {
		return
	}
	q := portico.ListQuery{Size: perKind, Number: 1, Filters: []portico.Filter{{Field: field, Op: portico.OpContains, Values: []string{s.text}}}, Sort: []portico.Sort{{Field: field}}}
	page, err := all.List(s.ctx, access.Visible(s.ctx, q, of, owner))
	s.err = err
	for _, item := range page.Items {
		find := as(item)
		find.Type = of
		s.finds = append(s.finds, find)
	}
}
