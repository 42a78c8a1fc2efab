package apipackages

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"portico"
	"portico/openapi"
	"portico/usecase"
)

// packageOf returns a package; KindNotFound, for an API, too.
func packageOf(ctx context.Context, tx portico.Tx, id portico.APIID) (portico.API, error) {
	found, err := tx.APIs().ByID(ctx, id)
	if err == nil && !found.IsPackage {
		err = portico.NotFound("API package", id)
	}
	return found, err
}

// versionsOf returns the versions of a package: one, or none.
func versionsOf(ctx context.Context, tx portico.Tx, id portico.APIID, filters ...portico.Filter) ([]portico.Version, error) {
	found, err := tx.Versions().List(ctx, portico.Everything(append(filters, portico.Where("api_id", id))...))
	return found.Items, err
}

// given returns the specification that was given for a package; KindNotFound.
func given(ctx context.Context, tx portico.Tx, id portico.APIID) (portico.Version, error) {
	if _, err := packageOf(ctx, tx, id); err != nil {
		return portico.Version{}, err
	}
	found, err := versionsOf(ctx, tx, id, portico.Where("computed", "false"))
	if err == nil && len(found) == 0 {
		err = portico.Errorf(portico.KindNotFound, "The package [%s] has no specification of its own; its computed specification applies.", id)
	}
	return usecase.One(found, err)
}

// Current returns the specification that was given for a package, which then
// is shown in place of the computed one. KindNotFound (package, specification).
func (p Packages) Current(ctx context.Context, id portico.APIID) (portico.Version, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Version, error) { return given(ctx, tx, id) })
}

// PutCurrent gives a package a specification of its own, or another one. An
// empty kind means what the document says. KindNotFound, KindInvalid.
func (p Packages) PutCurrent(ctx context.Context, id portico.APIID, content string, kind portico.SpecificationType) (portico.Version, error) {
	doc, err := Inspect(content, "content")
	if err != nil {
		return portico.Version{}, err
	}
	if kind != "" && kind != doc.Type {
		return portico.Version{}, portico.Invalid("type", "invalid", fmt.Sprintf("The specification is of type %s.", doc.Type))
	}
	operations := openapi.Operations([]byte(content))
	var made portico.Version
	err = p.Commit(ctx, func(tx portico.Tx) error {
		pack, err := packageOf(ctx, tx, id)
		if err != nil {
			return err
		}
		made, err = p.put(ctx, tx, pack, portico.Version{Content: content, Type: doc.Type, Messages: doc.Messages})
		if err != nil {
			return err
		}
		return p.Follow(ctx, tx, pack, Known{made.ID: operations}, true)
	})
	return made, err
}

// put makes the one version of a package hold a document.
func (p Packages) put(ctx context.Context, tx portico.Tx, pack portico.API, v portico.Version) (portico.Version, error) {
	name := firstVersion
	if pack.Version != nil {
		name = *pack.Version
	}
	there, err := versionsOf(ctx, tx, pack.ID)
	if err != nil {
		return v, err
	}
	if len(there) > 0 {
		return tx.Versions().Change(ctx, there[0].ID, func(to *portico.Version) error {
			to.Version, to.Content, to.Type, to.Messages, to.Computed = name, v.Content, v.Type, v.Messages, v.Computed
			return nil
		})
	}
	v.ID, v.APIID, v.Version, v.CreatedAt = portico.VersionID(p.NewID()), pack.ID, name, p.Now()
	v.UpdatedAt = v.CreatedAt
	return v, tx.Versions().Insert(ctx, v)
}

// DeleteCurrent takes a package's own specification away: the computed one
// applies again. KindNotFound (package, specification).
func (p Packages) DeleteCurrent(ctx context.Context, id portico.APIID) error {
	return p.Commit(ctx, func(tx portico.Tx) error {
		v, err := given(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := dropVersion(ctx, tx, v.ID); err != nil {
			return err
		}
		return p.recompute(ctx, tx, []portico.APIID{id})
	})
}

func dropVersion(ctx context.Context, tx portico.Tx, id portico.VersionID) error {
	if err := tx.Index(ctx, portico.SearchOperation, string(id), nil); err != nil {
		return err
	}
	return tx.Versions().Delete(ctx, id)
}

// Computed returns the specification that is made of a package's operations,
// whether or not it is the one that is shown. It has the package's id.
// KindNotFound for no package, or one without operations.
func (p Packages) Computed(ctx context.Context, id portico.APIID) (portico.Version, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Version, error) {
		pack, err := packageOf(ctx, tx, id)
		if err != nil {
			return portico.Version{}, err
		}
		made, changed, err := compute(ctx, tx, pack)
		if err == nil && made == nil {
			err = portico.Errorf(portico.KindNotFound, "The package [%s] has no operations yet, so there is nothing to compute a specification from.", id)
		}
		if err != nil {
			return portico.Version{}, err
		}
		made.ID, made.APIID, made.CreatedAt, made.UpdatedAt = portico.VersionID(id), id, pack.CreatedAt, changed
		return *made, nil
	})
}

// Recompute makes a package's computed specification anew, if that is the one
// that applies.
func (p Packages) Recompute(ctx context.Context, tx portico.Tx, pack portico.APIID) error {
	return p.recompute(ctx, tx, []portico.APIID{pack})
}

func (p Packages) recompute(ctx context.Context, tx portico.Tx, packs []portico.APIID) error {
	for _, id := range packs {
		pack, err := packageOf(ctx, tx, id)
		if err != nil {
			return err
		}
		there, err := versionsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(there) > 0 && !there[0].Computed {
			continue
		}
		made, _, err := compute(ctx, tx, pack)
		switch {
		case err != nil:
			return err
		case made != nil:
			if _, err = p.put(ctx, tx, pack, *made); err == nil {
				err = p.Follow(ctx, tx, pack, nil, true)
			}
		case len(there) > 0:
			err = dropVersion(ctx, tx, there[0].ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compute makes the specification of a package's operations, and says when
// anything in it last changed; nil when it has none.
func compute(ctx context.Context, tx portico.Tx, pack portico.API) (*portico.Version, time.Time, error) {
	changed := pack.UpdatedAt
	later := func(t time.Time) {
		if t.After(changed) {
			changed = t
		}
	}
	held, err := tx.PackageOperations().List(ctx, portico.Everything(portico.Where("package_id", pack.ID)))
	if err != nil || len(held.Items) == 0 {
		return nil, changed, err
	}
	found, err := tx.Operations().List(ctx, portico.Everything(usecase.AnyOf("id", held.Items, operationID)))
	if err != nil {
		return nil, changed, err
	}
	byID := usecase.By(found.Items, func(o portico.Operation) portico.OperationID { return o.ID })
	keys := map[portico.APIID][]string{}
	var order []portico.APIID // as the operations were added
	for _, h := range held.Items {
		o := byID[h.OperationID]
		if keys[o.APIID] == nil {
			order = append(order, o.APIID)
		}
		keys[o.APIID] = append(keys[o.APIID], o.Key())
		later(h.UpdatedAt)
	}
	parts := make([]openapi.Part, len(order))
	for i, id := range order {
		api, err := tx.APIs().ByID(ctx, id)
		if err != nil {
			return nil, changed, err
		}
		current, _, err := currentOf(ctx, tx, api)
		if err != nil {
			return nil, changed, err
		}
		whole, err := tx.Versions().ByID(ctx, current.ID)
		if err != nil {
			return nil, changed, err
		}
		later(whole.UpdatedAt)
		parts[i] = openapi.Part{Name: api.Slug, Content: []byte(whole.Content), Operations: keys[id]}
	}
	content, err := openapi.Compose(about(pack), parts)
	if err != nil {
		return nil, changed, portico.Errorf(portico.KindConflict, "The specification of the package [%s] cannot be computed; nothing was changed. %v", pack.Name, err)
	}
	doc, err := openapi.Inspect(content)
	if err != nil {
		return nil, changed, portico.Errorf(portico.KindConflict, "The specification of the package [%s] cannot be computed; nothing was changed. %v", pack.Name, err)
	}
	return &portico.Version{Content: string(content), Type: doc.Type, Messages: doc.Messages, Computed: true}, changed, nil
}

func operationID(o portico.PackageOperation) portico.OperationID { return o.OperationID }

// about is what a package's computed specification says about itself.
func about(pack portico.API) openapi.Info {
	info := openapi.Info{Title: pack.Name, Version: firstVersion}
	if pack.Version != nil {
		info.Version = cmp.Or(*pack.Version, firstVersion)
	}
	if pack.Description != nil {
		info.Description = *pack.Description
	}
	return info
}
