package content

import (
	"context"
	"regexp"
	"slices"

	"portico"
	"portico/usecase"
)

// Snippets are the pieces of Markdown that a portal's pages include.
type Snippets struct{ usecase.Deps }

// SnippetFields are the settings of a snippet. For a new one an absent field
// means its default; in an update, that it stays as it is.
type SnippetFields struct {
	Name        portico.Opt[string]
	Title       portico.Opt[string]
	Content     portico.Opt[string]
	Description portico.Opt[string]
	Visibility  portico.Opt[portico.Visibility]
	Published   portico.Opt[bool]
}

// snippetName is what a page can include by name.
var snippetName = regexp.MustCompile(`^[\pL\pM\pN][\pL\pM\pN._ -]*$`)

// Create adds a snippet. Unless the fields say otherwise it is unpublished, as
// visible as the portal's pages are by default, and titled by its name.
// KindNotFound (portal), KindInvalid (name), KindConflict (the name is taken).
func (s Snippets) Create(ctx context.Context, portal portico.PortalID, in SnippetFields) (portico.Snippet, error) {
	var snippet portico.Snippet
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		owner, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return err
		}
		now := s.Now()
		snippet = portico.Snippet{
			ID: portico.SnippetID(s.NewID()), PortalID: portal, Title: in.Name.Value, Visibility: owner.DefaultPageVisibility, CreatedAt: now, UpdatedAt: now,
		}
		if err := in.write(&snippet); err != nil {
			return err
		}
		return tx.Snippets().Insert(ctx, snippet)
	})
	return snippet, err
}

func (in SnippetFields) write(to *portico.Snippet) error {
	in.Name.Apply(&to.Name)
	in.Title.Apply(&to.Title)
	in.Content.Apply(&to.Content)
	in.Description.ApplyPtr(&to.Description)
	in.Visibility.Apply(&to.Visibility)
	in.Published.Apply(&to.Published)
	if !snippetName.MatchString(to.Name) {
		return portico.Invalid("name", "invalid", "The name may hold letters, digits, spaces, hyphens, underscores and dots, and begins with a letter or a digit.")
	}
	return nil
}

// List returns a page of a portal's snippets, without their texts; KindNotFound.
func (s Snippets) List(ctx context.Context, portal portico.PortalID, q portico.ListQuery) (portico.Page[portico.Snippet], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Page[portico.Snippet], error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return portico.Page[portico.Snippet]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("portal_id", portal))
		q.Brief = true
		return tx.Snippets().List(ctx, q)
	})
}

// ByID returns a snippet of a portal; KindNotFound.
func (s Snippets) ByID(ctx context.Context, portal portico.PortalID, id portico.SnippetID) (portico.Snippet, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Snippet, error) { return snippetOf(ctx, tx, portal, id) })
}

func snippetOf(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.SnippetID) (portico.Snippet, error) {
	snippet, err := tx.Snippets().ByID(ctx, id)
	if err == nil && snippet.PortalID != portal {
		err = portico.NotFound("snippet", id)
	}
	return snippet, err
}

// Update changes a snippet; errors as with Create, and KindNotFound.
func (s Snippets) Update(ctx context.Context, portal portico.PortalID, id portico.SnippetID, in SnippetFields) (portico.Snippet, error) {
	var snippet portico.Snippet
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := snippetOf(ctx, tx, portal, id); err != nil {
			return err
		}
		var err error
		snippet, err = tx.Snippets().Change(ctx, id, in.write)
		return err
	})
	return snippet, err
}

// Delete removes a snippet; pages that include it say so. KindNotFound.
func (s Snippets) Delete(ctx context.Context, portal portico.PortalID, id portico.SnippetID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := snippetOf(ctx, tx, portal, id); err != nil {
			return err
		}
		return tx.Snippets().Delete(ctx, id)
	})
}
