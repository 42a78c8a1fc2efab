package content

import (
	"cmp"
	"context"
	"regexp"
	"strings"

	"portico"
	"portico/usecase"
)

// Documents are the Markdown documents of APIs, for those who write them.
type Documents struct{ usecase.Deps }

// DocumentFields are the settings of a document. For a new one an absent field
// means what the content's front matter says, or else its default; in an
// update, that it stays as it is.
type DocumentFields struct {
	Slug      portico.Opt[string]
	Content   portico.Opt[string]
	Title     portico.Opt[string]
	Published portico.Opt[bool]
	ParentID  portico.Opt[portico.DocumentID]
}

// documentSlug is the contract's ApiDocumentSlug.
var documentSlug = regexp.MustCompile(`^[\w-]+$`)

func documentTree(tx portico.Tx, api portico.APIID) tree[portico.DocumentID, portico.Document] {
	return tree[portico.DocumentID, portico.Document]{
		all: tx.Documents(), scope: portico.Where("api_id", api), field: "parent_document_id", noun: "document",
		id:       func(d *portico.Document) portico.DocumentID { return d.ID },
		parent:   func(d *portico.Document) **portico.DocumentID { return &d.ParentID },
		position: func(d *portico.Document) *int { return &d.Position },
	}
}

// Create adds a document, as the last of its siblings. Unless the fields or the
// front matter say otherwise it is unpublished, titled by its first heading, and
// has a free slug made from its title. KindNotFound (API), KindInvalid (slug,
// parent, front matter), KindConflict (the slug is taken).
func (d Documents) Create(ctx context.Context, api portico.APIID, in DocumentFields) (portico.Document, error) {
	in, err := in.withMatter()
	if err != nil {
		return portico.Document{}, err
	}
	var document portico.Document
	err = d.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.APIs().ByID(ctx, api); err != nil {
			return err
		}
		now := d.Now()
		document = portico.Document{ID: portico.DocumentID(d.NewID()), APIID: api, CreatedAt: now, UpdatedAt: now}
		in.apply(&document)
		if document.Title == "" {
			document.Title = titleOf(portico.PortalPage{Slug: cmp.Or(document.Slug, "document"), Content: document.Content})
		}
		if document.Slug == "" {
			if document.Slug, err = freeSlug(ctx, tx, document); err != nil {
				return err
			}
		}
		if err := checkDocument(document); err != nil {
			return err
		}
		t := documentTree(tx, api)
		if document.Position, err = t.place(ctx, document.ID, document.ParentID, -1); err != nil {
			return err
		}
		if err := tx.Documents().Insert(ctx, document); err != nil {
			return err
		}
		return reindex(ctx, tx, api)
	})
	return document, err
}

// freeSlug makes a slug from a document's title that no other document has.
func freeSlug(ctx context.Context, tx portico.Tx, d portico.Document) (string, error) {
	return usecase.Free(cmp.Or(usecase.Slugify(d.Title), "document"), func(candidate string) (bool, error) {
		found, err := tx.Documents().List(ctx, portico.Everything(portico.Where("api_id", d.APIID), portico.Where("slug", candidate)))
		return found.Total > 0, err
	})
}

// withMatter fills in what is not given from the front matter of the content.
func (in DocumentFields) withMatter() (DocumentFields, error) {
	if !in.Content.Set {
		return in, nil
	}
	m, _, err := split(in.Content.Value)
	if err != nil {
		return in, err
	}
	if !in.Title.Set && m.Title != nil {
		in.Title = portico.Some(strings.TrimSpace(*m.Title))
	}
	if !in.Slug.Set && m.Slug != nil {
		in.Slug = portico.Some(*m.Slug)
	}
	if !in.ParentID.Set && m.ParentID != nil {
		in.ParentID = portico.Some(portico.DocumentID(strings.ToLower(*m.ParentID)))
	}
	if !in.Published.Set && m.Status != nil {
		if *m.Status != "published" && *m.Status != "unpublished" {
			return in, portico.Invalid("content", "invalid", "The front matter's status must be published or unpublished.")
		}
		in.Published = portico.Some(*m.Status == "published")
	}
	return in, nil
}

func (in DocumentFields) apply(to *portico.Document) {
	in.Slug.Apply(&to.Slug)
	in.Content.Apply(&to.Content)
	in.Title.Apply(&to.Title)
	in.Published.Apply(&to.Published)
	in.ParentID.ApplyPtr(&to.ParentID)
}

func checkDocument(d portico.Document) error {
	if !documentSlug.MatchString(d.Slug) {
		return portico.Invalid("slug", "matches_regex", "The slug may hold ASCII letters, digits, hyphens and underscores.")
	}
	return checkMatter(d.Title, nil)
}

// Tree returns the documents that the query holds for, without their texts; of
// the query, filters and order count. KindNotFound (API).
func (d Documents) Tree(ctx context.Context, api portico.APIID, q portico.ListQuery) ([]Node[portico.Document], error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) ([]Node[portico.Document], error) {
		if _, err := tx.APIs().ByID(ctx, api); err != nil {
			return nil, err
		}
		t := documentTree(tx, api)
		items, err := t.outline(ctx, q)
		return t.grow(items), err
	})
}

// ByID returns a document of an API; KindNotFound.
func (d Documents) ByID(ctx context.Context, api portico.APIID, id portico.DocumentID) (portico.Document, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Document, error) { return documentOf(ctx, tx, api, id) })
}

func documentOf(ctx context.Context, tx portico.Tx, api portico.APIID, id portico.DocumentID) (portico.Document, error) {
	document, err := tx.Documents().ByID(ctx, id)
	if err == nil && document.APIID != api {
		err = portico.NotFound("document", id)
	}
	return document, err
}

// Update changes a document; errors as with Create, and KindNotFound.
func (d Documents) Update(ctx context.Context, api portico.APIID, id portico.DocumentID, in DocumentFields) (portico.Document, error) {
	in, err := in.withMatter()
	if err != nil {
		return portico.Document{}, err
	}
	var document portico.Document
	err = d.Store.Update(ctx, func(tx portico.Tx) error {
		old, err := documentOf(ctx, tx, api, id)
		if err != nil {
			return err
		}
		parent := old.ParentID
		if in.ParentID.ApplyPtr(&parent); !same(parent, old.ParentID) {
			if old.Position, err = documentTree(tx, api).place(ctx, id, parent, -1); err != nil {
				return err
			}
		}
		document, err = tx.Documents().Change(ctx, id, func(to *portico.Document) error {
			to.Position = old.Position
			in.apply(to)
			return checkDocument(*to)
		})
		if err != nil {
			return err
		}
		return reindex(ctx, tx, api)
	})
	return document, err
}

// Move puts a document below another, or at the top, at an index among its
// siblings that may count from the end: -1 is the last. KindNotFound,
// KindInvalid (no such parent), KindConflict (below itself).
func (d Documents) Move(ctx context.Context, api portico.APIID, id portico.DocumentID, parent *portico.DocumentID, index int) error {
	return d.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := documentOf(ctx, tx, api, id); err != nil {
			return err
		}
		position, err := documentTree(tx, api).place(ctx, id, parent, index)
		if err != nil {
			return err
		}
		_, err = tx.Documents().Change(ctx, id, func(to *portico.Document) error {
			to.ParentID, to.Position = parent, position
			return nil
		})
		if err != nil {
			return err
		}
		return reindex(ctx, tx, api)
	})
}

// Delete removes a document and those below it; KindNotFound.
func (d Documents) Delete(ctx context.Context, api portico.APIID, id portico.DocumentID) error {
	return d.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := documentOf(ctx, tx, api, id); err != nil {
			return err
		}
		gone, err := documentTree(tx, api).subtree(ctx, id)
		for i := 0; err == nil && i < len(gone); i++ {
			err = tx.Index(ctx, portico.SearchDocument, string(gone[i]), nil)
		}
		if err != nil {
			return err
		}
		return tx.Documents().Delete(ctx, id)
	})
}

// reindex puts the documents of an API that visitors see into the search index,
// and takes the others out: publishing one may show those below it, too.
func reindex(ctx context.Context, tx portico.Tx, api portico.APIID) error {
	shown, err := shownDocuments(ctx, tx, api)
	if err != nil {
		return err
	}
	visible := map[portico.DocumentID]bool{}
	walk(shown, func(d portico.Document) { visible[d.ID] = true })
	all, err := tx.Documents().List(ctx, portico.Everything(portico.Where("api_id", api)))
	for i := 0; err == nil && i < len(all.Items); i++ {
		d := all.Items[i]
		var entries []portico.SearchEntry
		if visible[d.ID] {
			entries = []portico.SearchEntry{{Kind: portico.SearchDocument, EntityID: string(d.ID), APIID: api, Title: d.Title, Text: plain(Body(d.Content))}}
		}
		err = tx.Index(ctx, portico.SearchDocument, string(d.ID), entries)
	}
	return err
}

// shownDocuments are the published documents below published ones.
func shownDocuments(ctx context.Context, tx portico.Tx, api portico.APIID) ([]Node[portico.Document], error) {
	t := documentTree(tx, api)
	items, err := t.outline(ctx, portico.ListQuery{Filters: []portico.Filter{isPublished()}})
	return t.rooted(t.grow(items)), err
}

func isPublished() portico.Filter { return portico.Where("published", "true") }

// walk visits trees from the top down.
func walk[T any](nodes []Node[T], visit func(T)) {
	for _, n := range nodes {
		visit(n.Item)
		walk(n.Children, visit)
	}
}
