package control

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"

	"portico"
	"portico/access"
	"portico/apipackages"
	"portico/hooks"
	"portico/openapi"
	"portico/routing"
	"portico/usecase"
)

// APIs are the catalogue's entries with their versions.
type APIs struct{ saga }

// packages are the use cases around the operations that APIs have.
func (a APIs) packages() apipackages.Packages { return apipackages.Packages{Deps: a.Deps} }

// APIView is an API with what every face shows of it. Versions are oldest
// first and carry no content; Current is one of them.
type APIView struct {
	portico.API
	Current  *portico.Version // nil: there is no version
	Versions []portico.Version
	Portals  []portico.Portal // those it is published to
	Mode     string           // empty: not implemented
}

// NewAPI is the wish for an API or a package.
type NewAPI struct {
	IsPackage     bool
	Name          string
	Version       *string
	Description   *string
	Slug          *string // nil: made from name and version
	Labels        map[string]string
	Attributes    map[string][]string
	Specification *string            // the content of its first version
	RateLimit     *portico.RateLimit // of a package
}

// APIChange is a partial update. A null slug makes it anew from the name and
// version; attributes merge as labels do.
type APIChange struct {
	Name        portico.Opt[string]
	Version     portico.Opt[string]
	Description portico.Opt[string]
	Slug        portico.Opt[string]
	Labels      portico.Opt[map[string]*string]
	Attributes  portico.Opt[map[string]*[]string]
	RateLimit   portico.Opt[portico.RateLimit]
}

// Create adds an API, with a first version if the wish has a specification:
// that version then is the API's, unless the wish names one. KindConflict for a
// name and version, or a slug, that is taken; KindInvalid for a specification
// that cannot be read.
func (a APIs) Create(ctx context.Context, in NewAPI) (APIView, error) {
	now := a.Now()
	api := portico.API{
		ID: portico.APIID(a.NewID()), IsPackage: in.IsPackage, RateLimit: in.RateLimit, Name: in.Name, Version: in.Version, Description: in.Description,
		Labels: in.Labels, Attributes: in.Attributes, CreatedAt: now, UpdatedAt: now,
	}
	var first *portico.Version
	if in.Specification != nil {
		doc, err := apipackages.Inspect(*in.Specification, "spec_content")
		if err != nil {
			return APIView{}, err
		}
		wanted := ""
		if in.Version != nil {
			wanted = *in.Version
		}
		version := a.version(api, wanted, doc, *in.Specification)
		first, api.Version = &version, &version.Version
	}
	known := apipackages.Known{}
	if first != nil {
		known[first.ID] = openapi.Operations([]byte(first.Content))
	}
	err := a.Commit(ctx, func(tx portico.Tx) error {
		var err error
		if api.Slug, err = apiSlug(ctx, tx, api, in.Slug); err != nil {
			return err
		}
		if err := tx.APIs().Insert(ctx, api); err != nil {
			return err
		}
		if err := a.Own(ctx, tx, access.APIs, string(api.ID)); err != nil {
			return err
		}
		if err := apipackages.IndexAPI(ctx, tx, api); err != nil || first == nil {
			return err
		}
		if err := tx.Versions().Insert(ctx, *first); err != nil {
			return err
		}
		return a.packages().Follow(ctx, tx, api, known, false)
	})
	if err != nil {
		return APIView{}, err
	}
	return a.ByID(ctx, api.ID)
}

// List returns a page of the APIs.
func (a APIs) List(ctx context.Context, q portico.ListQuery) (portico.Page[APIView], error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Page[APIView], error) {
		page, err := tx.APIs().List(ctx, q)
		if err != nil {
			return portico.Page[APIView]{}, err
		}
		views, err := apiViews(ctx, tx, page.Items)
		return portico.Page[APIView]{Items: views, Total: page.Total}, err
	})
}

// EntityType says whether an id is an API's or a package's; KindNotFound.
func (a APIs) EntityType(ctx context.Context, id portico.APIID) (string, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (string, error) {
		api, err := tx.APIs().ByID(ctx, id)
		return api.EntityType(), err
	})
}

// ByID returns an API; KindNotFound.
func (a APIs) ByID(ctx context.Context, id portico.APIID) (APIView, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (APIView, error) {
		api, err := tx.APIs().ByID(ctx, id)
		if err != nil {
			return APIView{}, err
		}
		return usecase.One(apiViews(ctx, tx, []portico.API{api}))
	})
}

// Update changes an API or a package; KindNotFound, KindConflict (name and
// version, slug), KindInvalid (labels, attributes). Another version may have
// fewer operations: where access to them is controlled, only force lets any go
// (KindConflict).
func (a APIs) Update(ctx context.Context, id portico.APIID, ch APIChange, force bool) (APIView, error) {
	err := a.Commit(ctx, func(tx portico.Tx) error {
		changed, err := tx.APIs().Change(ctx, id, func(api *portico.API) error {
			ch.Name.Apply(&api.Name)
			ch.Version.ApplyPtr(&api.Version)
			ch.Description.ApplyPtr(&api.Description)
			if err := portico.MergeLabels(&api.Labels, ch.Labels); err != nil {
				return err
			}
			mergeAttributes(&api.Attributes, ch.Attributes)
			ch.RateLimit.ApplyPtr(&api.RateLimit)
			if !ch.Slug.Set {
				return nil
			}
			var wanted *string
			ch.Slug.ApplyPtr(&wanted)
			var err error
			api.Slug, err = apiSlug(ctx, tx, *api, wanted)
			return err
		})
		if err != nil {
			return err
		}
		if err := apipackages.IndexAPI(ctx, tx, changed); err != nil {
			return err
		}
		switch {
		case changed.IsPackage:
			return a.packages().Recompute(ctx, tx, id)
		case ch.Version.Set:
			return a.packages().Follow(ctx, tx, changed, nil, force)
		}
		return nil
	})
	if err != nil {
		return APIView{}, err
	}
	return a.ByID(ctx, id)
}

// mergeAttributes writes an update to an API's attributes: a null value removes
// that one, and what is not mentioned stays.
func mergeAttributes(to *map[string][]string, change portico.Opt[map[string]*[]string]) {
	if !change.Set {
		return
	}
	merged := map[string][]string{}
	maps.Copy(merged, *to)
	for key, values := range change.Value {
		if values == nil {
			delete(merged, key)
		} else {
			merged[key] = *values
		}
	}
	*to = merged
}

// Delete removes an API or a package with its versions, publications,
// implementations and registrations. The applications that were registered for
// it stay, and so do the packages that held operations of it. KindNotFound.
func (a APIs) Delete(ctx context.Context, id portico.APIID) error {
	return a.commitAndTell(ctx, func(tx portico.Tx) ([]portico.Task, error) {
		tasks, err := hooks.Hooks{Deps: a.Deps}.QueueAPI(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		return tasks, a.packages().DeleteAPI(ctx, tx, id)
	})
}

// majorOf matches semantic versions and keeps their first number: an API's address
// outlives its minor versions.
var majorOf = regexp.MustCompile(`^(v?[0-9]+)\.[0-9]+\.[0-9]+([-+].*)?$`)

// apiSlug is the wanted slug, or a free one made from the name and version.
func apiSlug(ctx context.Context, tx portico.Tx, api portico.API, wanted *string) (string, error) {
	if wanted != nil {
		return *wanted, nil
	}
	name := api.Name
	if api.Version != nil {
		name += " " + majorOf.ReplaceAllString(*api.Version, "$1")
	}
	return usecase.Free(cmp.Or(usecase.Slugify(name), "api"), func(candidate string) (bool, error) {
		found, err := tx.APIs().List(ctx, portico.Everything(portico.Where("slug", candidate)))
		return slices.ContainsFunc(found.Items, func(other portico.API) bool { return other.ID != api.ID }), err
	})
}

// apiViews adds what the faces show, with one query per kind of entity.
func apiViews(ctx context.Context, tx portico.Tx, apis []portico.API) ([]APIView, error) {
	out := make([]APIView, len(apis))
	at := make(map[portico.APIID]*APIView, len(apis))
	for i, api := range apis {
		out[i].API, at[api.ID] = api, &out[i]
	}
	ofThese := usecase.AnyOf("api_id", apis, func(a portico.API) portico.APIID { return a.ID })
	if err := addVersions(ctx, tx, at, ofThese); err != nil {
		return nil, err
	}
	publications, err := tx.Publications().List(ctx, portico.Everything(ofThese))
	if err != nil {
		return nil, err
	}
	portals, err := tx.Portals().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	portalBy := usecase.By(portals.Items, func(p portico.Portal) portico.PortalID { return p.ID })
	for _, p := range publications.Items {
		at[p.APIID].Portals = append(at[p.APIID].Portals, portalBy[p.PortalID])
	}
	implementations, err := tx.Implementations().List(ctx, portico.Everything(ofThese))
	if err != nil {
		return nil, err
	}
	for _, i := range implementations.Items {
		at[i.APIID].Mode = routing.Mode(i)
	}
	return out, nil
}

// addVersions reads the versions, without their documents: a view has no use
// for them.
func addVersions(ctx context.Context, tx portico.Tx, at map[portico.APIID]*APIView, ofThese portico.Filter) error {
	q := portico.Everything(ofThese)
	q.Brief = true
	found, err := tx.Versions().List(ctx, q)
	for _, v := range found.Items {
		at[v.APIID].Versions = append(at[v.APIID].Versions, v)
	}
	for _, api := range at {
		api.Current = apipackages.Current(api.API, api.Versions)
	}
	return err
}
