package apipackages

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"portico"
	"portico/access"
	"portico/openapi"
	"portico/usecase"
)

// Packages are the use cases around operations and packages.
type Packages struct{ usecase.Deps }

// firstVersion names a version whose document and API name none.
const firstVersion = "1.0.0"

// maxVersion is the length of the name of a version (contract: version).
const maxVersion = 255

// Inspect reads a specification; field names it in the fault. KindInvalid when
// it cannot be read.
func Inspect(content, field string) (openapi.Document, error) {
	doc, err := openapi.Inspect([]byte(content))
	if err != nil {
		return doc, portico.Invalid(field, "invalid", fmt.Sprintf("The specification cannot be read: %v", err))
	}
	if utf8.RuneCountInString(doc.Version) > maxVersion {
		return doc, portico.Invalid(field, "invalid", fmt.Sprintf("The specification's info.version has more than %d characters.", maxVersion))
	}
	return doc, nil
}

// Current is the version that the API names as its own, or else the newest;
// versions stand oldest first.
func Current(api portico.API, versions []portico.Version) *portico.Version {
	for i := range versions {
		if api.Version != nil && versions[i].Version == *api.Version {
			return &versions[i]
		}
	}
	if len(versions) == 0 {
		return nil
	}
	return &versions[len(versions)-1]
}

// currentOf finds an API's current version among all, without documents.
func currentOf(ctx context.Context, tx portico.Tx, api portico.API) (current *portico.Version, all []portico.Version, err error) {
	q := portico.Everything(portico.Where("api_id", api.ID))
	q.Brief = true
	found, err := tx.Versions().List(ctx, q)
	return Current(api, found.Items), found.Items, err
}

// Known are operations of versions that were read before a transaction began,
// because documents may be large.
type Known map[portico.VersionID][]openapi.Operation

// Follow brings up to date what is made of an API's specifications, after they
// or the API have changed: its operations, the packages that hold some, and the
// search index. Unless forced it lets no operation go whose access is
// controlled: KindConflict.
func (p Packages) Follow(ctx context.Context, tx portico.Tx, api portico.API, known Known, force bool) error {
	current, all, err := currentOf(ctx, tx, api)
	if err != nil {
		return err
	}
	var operations []openapi.Operation
	if current != nil {
		var ready bool
		if operations, ready = known[current.ID]; !ready {
			whole, err := tx.Versions().ByID(ctx, current.ID)
			if err != nil {
				return err
			}
			operations = openapi.Operations([]byte(whole.Content))
		}
	}
	if err := indexOperations(ctx, tx, all, current, operations); err != nil || api.IsPackage {
		return err
	}
	holders, err := holdersOf(ctx, tx, api.ID)
	if err != nil {
		return err
	}
	if err := p.sync(ctx, tx, api, operations, force); err != nil {
		return err
	}
	return p.recompute(ctx, tx, holders)
}

// holdersOf are the packages that hold an API's operations.
func holdersOf(ctx context.Context, tx portico.Tx, api portico.APIID) ([]portico.APIID, error) {
	found, err := tx.PackageOperations().List(ctx, portico.Everything(portico.Where("api_id", api)))
	var out []portico.APIID
	for _, o := range found.Items {
		if !slices.Contains(out, o.PackageID) {
			out = append(out, o.PackageID)
		}
	}
	return out, err
}

// DeleteAPI removes an API; the packages that held its operations go on without
// them. KindNotFound.
func (p Packages) DeleteAPI(ctx context.Context, tx portico.Tx, id portico.APIID) error {
	holders, err := holdersOf(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := usecase.Disown(ctx, tx, access.APIs, string(id)); err != nil {
		return err
	}
	if err := tx.APIs().Delete(ctx, id); err != nil {
		return err
	}
	return p.recompute(ctx, tx, holders)
}

// sync makes an API's operations those of its specification. What stays keeps
// its id.
func (p Packages) sync(ctx context.Context, tx portico.Tx, api portico.API, operations []openapi.Operation, force bool) error {
	there, err := tx.Operations().List(ctx, portico.Everything(portico.Where("api_id", api.ID)))
	if err != nil {
		return err
	}
	wanted := map[string]portico.Operation{}
	var order []string
	for _, o := range operations {
		if made, fits := operationOf(api.ID, o); fits {
			wanted[made.Key()] = made
			order = append(order, made.Key())
		}
	}
	var gone []portico.Operation
	for _, old := range there.Items {
		made, stays := wanted[old.Key()]
		delete(wanted, old.Key())
		switch {
		case !stays:
			gone = append(gone, old)
		case !alike(old, made):
			_, err := tx.Operations().Change(ctx, old.ID, func(to *portico.Operation) error {
				to.Name, to.Summary, to.Tags, to.Templates = made.Name, made.Summary, made.Tags, made.Templates
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	if err := checkEnforced(ctx, tx, api.ID, len(order), gone, force); err != nil {
		return err
	}
	for _, old := range gone {
		if err := tx.Operations().Delete(ctx, old.ID); err != nil {
			return err
		}
	}
	for _, key := range order {
		made, fresh := wanted[key]
		if !fresh {
			continue
		}
		made.ID, made.CreatedAt = portico.OperationID(p.NewID()), p.Now()
		made.UpdatedAt = made.CreatedAt
		if err := tx.Operations().Insert(ctx, made); err != nil {
			return err
		}
	}
	return nil
}

// maxPath bounds the path of an operation, in bytes; longer ones cannot be
// called anyway.
const maxPath = 2048

// operationOf is what is kept of an operation; fits is false for one whose path
// no request can have.
func operationOf(api portico.APIID, o openapi.Operation) (made portico.Operation, fits bool) {
	if len(o.Path) > maxPath || strings.ContainsFunc(o.Path, func(r rune) bool { return r < ' ' }) {
		return portico.Operation{}, false
	}
	made = portico.Operation{APIID: api, Method: o.Method, Path: o.Path, Name: clean(o.ID), Summary: clean(o.Summary)}
	for _, tag := range o.Tags {
		made.Tags = append(made.Tags, clean(tag))
	}
	for _, template := range o.Templates {
		made.Templates = append(made.Templates, clean(template))
	}
	return made, true
}

func alike(a, b portico.Operation) bool {
	return a.Name == b.Name && a.Summary == b.Summary && slices.Equal(a.Tags, b.Tags) && slices.Equal(a.Templates, b.Templates)
}

// Enforced says whether access to an API is controlled operation by operation:
// it is implemented by a control plane.
func Enforced(ctx context.Context, tx portico.Tx, api portico.APIID) (bool, error) {
	found, err := tx.Implementations().List(ctx, portico.Everything(portico.Where("api_id", api)))
	return slices.ContainsFunc(found.Items, func(i portico.Implementation) bool { return i.ServiceID == nil }), err
}

// checkEnforced refuses what access control cannot bear, if the API has it.
func checkEnforced(ctx context.Context, tx portico.Tx, api portico.APIID, count int, gone []portico.Operation, force bool) error {
	if count <= portico.MaxEnforcedOperations && (force || len(gone) == 0) {
		return nil
	}
	enforced, err := Enforced(ctx, tx, api)
	switch {
	case err != nil || !enforced:
		return err
	case count > portico.MaxEnforcedOperations:
		return portico.TooManyOperations(count)
	}
	return portico.Errorf(portico.KindConflict,
		"Operations are not allowed to be removed from the current version when using access control enforcement, and [%s] would be gone (%d in all); nothing was changed. "+
			"Change the current version with force=true to remove them: packages lose them, and requests for them are no longer checked.", gone[0].Key(), len(gone))
}
