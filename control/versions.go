package control

import (
	"cmp"
	"context"
	"fmt"

	"portico"
	"portico/apipackages"
	"portico/openapi"
	"portico/usecase"
)

// firstVersion names a version whose document and API name none.
const firstVersion = "1.0.0"

// NewVersion is the wish for a version.
type NewVersion struct {
	Version string // empty: info.version of the document
	Content string
	Type    portico.SpecificationType // empty: as the document says
}

// VersionChange is a partial update.
type VersionChange struct {
	Version portico.Opt[string]
	Content portico.Opt[string]
	Type    portico.Opt[portico.SpecificationType]
}

// CreateVersion adds a version to an API. field is where the request has the
// content. KindNotFound (API), KindConflict (version), KindInvalid (content).
func (a APIs) CreateVersion(ctx context.Context, apiID portico.APIID, in NewVersion, field string) (portico.Version, error) {
	return a.createVersion(ctx, apiID, in, field, false)
}

// CreateSpecification adds the only version of an API: the deprecated way.
// KindConflict when there is one already; otherwise as CreateVersion.
func (a APIs) CreateSpecification(ctx context.Context, apiID portico.APIID, in NewVersion, field string) (portico.Version, error) {
	return a.createVersion(ctx, apiID, in, field, true)
}

func (a APIs) createVersion(ctx context.Context, apiID portico.APIID, in NewVersion, field string, only bool) (portico.Version, error) {
	doc, err := apipackages.Inspect(in.Content, field)
	if err != nil {
		return portico.Version{}, err
	}
	if err := checkType(in.Type, doc); err != nil {
		return portico.Version{}, err
	}
	var version portico.Version
	known := openapi.Operations([]byte(in.Content))
	err = a.Commit(ctx, func(tx portico.Tx) error {
		api, err := tx.APIs().ByID(ctx, apiID)
		if err != nil {
			return err
		}
		if only {
			there, err := tx.Versions().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("api_id", apiID)}})
			if err != nil {
				return err
			}
			if there.Total > 0 {
				return portico.Errorf(portico.KindConflict, "The API has a specification already; nothing was created. Change that one, or add a version.")
			}
		}
		version = a.version(api, in.Version, doc, in.Content)
		if err := tx.Versions().Insert(ctx, version); err != nil {
			return err
		}
		return a.packages().Follow(ctx, tx, api, apipackages.Known{version.ID: known}, false)
	})
	return version, err
}

// version makes the version of a document. Its name is the wanted one, or the
// document's, or the API's.
func (a APIs) version(api portico.API, wanted string, doc openapi.Document, content string) portico.Version {
	now := a.Now()
	name := cmp.Or(wanted, doc.Version)
	if name == "" && api.Version != nil {
		name = *api.Version
	}
	return portico.Version{
		ID: portico.VersionID(a.NewID()), APIID: api.ID, Version: cmp.Or(name, firstVersion), Content: content,
		Type: doc.Type, Messages: doc.Messages, CreatedAt: now, UpdatedAt: now,
	}
}

// checkType refuses a type that is not the document's.
func checkType(wanted portico.SpecificationType, doc openapi.Document) error {
	if wanted != "" && wanted != doc.Type {
		return portico.Invalid("type", "invalid", fmt.Sprintf("The specification is of type %s.", doc.Type))
	}
	return nil
}

// Versions returns a page of an API's versions; KindNotFound.
func (a APIs) Versions(ctx context.Context, apiID portico.APIID, q portico.ListQuery) (portico.Page[portico.Version], error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Page[portico.Version], error) {
		if _, err := tx.APIs().ByID(ctx, apiID); err != nil {
			return portico.Page[portico.Version]{}, err
		}
		q.Filters = append(q.Filters, portico.Where("api_id", apiID))
		return tx.Versions().List(ctx, q)
	})
}

// Version returns one version of an API; KindNotFound.
func (a APIs) Version(ctx context.Context, apiID portico.APIID, id portico.VersionID) (portico.Version, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Version, error) { return versionOf(ctx, tx, apiID, id) })
}

func versionOf(ctx context.Context, tx portico.Tx, apiID portico.APIID, id portico.VersionID) (portico.Version, error) {
	version, err := tx.Versions().ByID(ctx, id)
	if err == nil && version.APIID != apiID {
		return portico.Version{}, portico.NotFound("version", id)
	}
	return version, err
}

// UpdateVersion changes a version; a new content is inspected as the first was.
// field is where the request has it. KindNotFound, KindInvalid, KindConflict:
// for a name that is taken, or unless forced for operations that would be gone
// although access to them is controlled.
func (a APIs) UpdateVersion(ctx context.Context, apiID portico.APIID, id portico.VersionID, ch VersionChange, field string, force bool) (portico.Version, error) {
	var doc openapi.Document
	known := apipackages.Known{}
	if ch.Content.Set {
		known[id] = openapi.Operations([]byte(ch.Content.Value))
		var err error
		if doc, err = apipackages.Inspect(ch.Content.Value, field); err != nil {
			return portico.Version{}, err
		}
	}
	var version portico.Version
	err := a.Commit(ctx, func(tx portico.Tx) error {
		if _, err := versionOf(ctx, tx, apiID, id); err != nil {
			return err
		}
		var err error
		version, err = tx.Versions().Change(ctx, id, func(v *portico.Version) error {
			ch.Version.Apply(&v.Version)
			if ch.Content.Set {
				v.Content, v.Type, v.Messages = ch.Content.Value, doc.Type, doc.Messages
			}
			return checkType(ch.Type.Value, openapi.Document{Type: v.Type})
		})
		if err != nil {
			return err
		}
		return a.follow(ctx, tx, apiID, known, force)
	})
	return version, err
}

// DeleteVersion removes a version; KindNotFound.
func (a APIs) DeleteVersion(ctx context.Context, apiID portico.APIID, id portico.VersionID) error {
	return a.Commit(ctx, func(tx portico.Tx) error {
		if _, err := versionOf(ctx, tx, apiID, id); err != nil {
			return err
		}
		if err := tx.Versions().Delete(ctx, id); err != nil {
			return err
		}
		if err := tx.Index(ctx, portico.SearchOperation, string(id), nil); err != nil {
			return err
		}
		return a.follow(ctx, tx, apiID, nil, true)
	})
}

func (a APIs) follow(ctx context.Context, tx portico.Tx, id portico.APIID, known apipackages.Known, force bool) error {
	api, err := tx.APIs().ByID(ctx, id)
	if err != nil {
		return err
	}
	return a.packages().Follow(ctx, tx, api, known, force)
}

// Validate inspects a specification without keeping it. KindInvalid when it
// cannot be read.
func (a APIs) Validate(content string) (openapi.Document, error) {
	return apipackages.Inspect(content, "content")
}

// OfVersion is the API that a version belongs to. An API's own id stands for
// its current version. KindNotFound.
func (a APIs) OfVersion(ctx context.Context, id string) (portico.APIID, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.APIID, error) {
		version, err := tx.Versions().ByID(ctx, portico.VersionID(id))
		if portico.KindOf(err) == portico.KindNotFound && err != nil {
			api, err := tx.APIs().ByID(ctx, portico.APIID(id))
			return api.ID, err
		}
		return version.APIID, err
	})
}
