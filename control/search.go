package control

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"portico"
	"portico/apipackages"
	"portico/content"
	"portico/openapi"
	"portico/usecase"
)

// Find is something that a visitor's search has found.
type Find struct {
	portico.SearchEntry
	API       *portico.API       // nil: a portal's page
	Scope     portico.Visibility // of the API or the page
	Operation openapi.Operation  // of an operation: ID, Method, Path, Summary
	Path      string             // of a page from the portal's root; of a document its slug
	ParentID  string             // of a document or a page that hangs below another
	Match     string             // the text around the first word that was found
	CreatedAt time.Time          // with UpdatedAt, of what the entry was made from
	UpdatedAt time.Time
}

// Search finds what holds every word of a text among what the visitor sees:
// all kinds of find, unless some are named. KindInvalid for a text that is none.
func (c Catalogue) Search(ctx context.Context, v Visitor, q portico.SearchQuery) (portico.Page[Find], error) {
	return usecase.View(ctx, c.Store, func(tx portico.Tx) (portico.Page[Find], error) {
		none := portico.Page[Find]{}
		seen, err := v.look(ctx, tx)
		if err != nil {
			return none, err
		}
		shown, err := seen.shown(ctx, tx)
		if err != nil {
			return none, err
		}
		q.APIIDs = nil
		for _, p := range shown {
			q.APIIDs = append(q.APIIDs, p.APIID)
		}
		if q.PageIDs, err = content.VisiblePages(ctx, tx, content.Visitor{Portal: v.Portal.ID, SignedIn: v.Developer != nil}); err != nil {
			return none, err
		}
		page, err := tx.Search(ctx, q)
		if err != nil {
			return none, err
		}
		f := finder{tx: tx, published: usecase.By(shown, published), apis: map[portico.APIID]*portico.API{}}
		out := portico.Page[Find]{Items: make([]Find, len(page.Items)), Total: page.Total}
		for i, e := range page.Items {
			if out.Items[i], err = f.find(ctx, e); err != nil {
				return none, err
			}
			out.Items[i].Match = excerpt(q.Text, e.Title, e.Description, e.Text)
		}
		return out, nil
	})
}

// finder completes entries of the index.
type finder struct {
	tx        portico.Tx
	published map[portico.APIID]portico.Publication
	apis      map[portico.APIID]*portico.API
}

func (f finder) find(ctx context.Context, e portico.SearchEntry) (Find, error) {
	out := Find{SearchEntry: e}
	if e.Kind == portico.SearchPage {
		page, err := f.tx.Pages().ByID(ctx, portico.PageID(e.EntityID))
		if err != nil {
			return out, err
		}
		if page.ParentID != nil {
			out.ParentID = string(*page.ParentID)
		}
		out.Scope, out.CreatedAt, out.UpdatedAt = page.Visibility, page.CreatedAt, page.UpdatedAt
		out.Path, err = content.PathOf(ctx, f.tx, page)
		return out, err
	}
	if f.apis[e.APIID] == nil {
		api, err := f.tx.APIs().ByID(ctx, e.APIID)
		if err != nil {
			return out, err
		}
		f.apis[e.APIID] = &api
	}
	out.API, out.Scope = f.apis[e.APIID], f.published[e.APIID].Visibility
	out.CreatedAt, out.UpdatedAt = out.API.CreatedAt, out.API.UpdatedAt
	switch e.Kind {
	case portico.SearchDocument:
		document, err := f.tx.Documents().ByID(ctx, portico.DocumentID(e.EntityID))
		if err != nil {
			return out, err
		}
		if document.ParentID != nil {
			out.ParentID = string(*document.ParentID)
		}
		out.Path, out.CreatedAt, out.UpdatedAt = document.Slug, document.CreatedAt, document.UpdatedAt
	case portico.SearchOperation:
		out.Operation = apipackages.OperationOf(e)
	}
	return out, nil
}

// searchIndex is the version of what is indexed of APIs and kept of their
// operations: another one has it made anew.
const searchIndex = "2"

// EnsureIndexed indexes all APIs and keeps their operations, if that was never
// done by this version of the index.
func (a APIs) EnsureIndexed(ctx context.Context) error {
	var apis []portico.API
	err := a.Store.View(ctx, func(tx portico.Tx) error {
		done, err := tx.Meta(ctx, portico.MetaSearchIndex)
		if err != nil || done == searchIndex {
			return err
		}
		page, err := tx.APIs().List(ctx, portico.Everything())
		apis = page.Items
		return err
	})
	if err != nil {
		return err
	}
	for _, api := range apis {
		err := a.Store.Update(ctx, func(tx portico.Tx) error {
			if err := apipackages.IndexAPI(ctx, tx, api); err != nil {
				return err
			}
			return a.packages().Follow(ctx, tx, api, nil, true)
		})
		if err != nil {
			return err
		}
	}
	return a.Store.Update(ctx, func(tx portico.Tx) error { return tx.SetMeta(ctx, portico.MetaSearchIndex, searchIndex) })
}

// line is a text on one line.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// The length of an excerpt before and after the word, in characters.
const (
	excerptBefore = 40
	excerptAfter  = 120
)

// excerpt is a piece of a text around the first word that the title does not
// hold; it is the title when that holds them all.
func excerpt(words, title string, texts ...string) string {
	shown := folded([]rune(title))
	for _, word := range strings.Fields(words) {
		word := foldedWord(word)
		if index(shown, word) >= 0 {
			continue
		}
		for _, text := range texts {
			runes := []rune(line(text))
			at := index(folded(runes), word)
			if at < 0 {
				continue
			}
			from, to := max(at-excerptBefore, 0), min(at+excerptAfter, len(runes))
			out := string(runes[from:to])
			if from > 0 {
				out = "…" + out
			}
			if to < len(runes) {
				out += "…"
			}
			return out
		}
	}
	return title
}

// folded compares characters one by one, so that a place in it is a place in
// the text; what folds to several characters counts by its first.
func folded(runes []rune) []rune {
	out := make([]rune, len(runes))
	for i, r := range runes {
		out[i] = unicode.ToLower([]rune(norm.NFKC.String(string(r)))[0])
	}
	return out
}

func foldedWord(word string) []rune { return folded([]rune(norm.NFC.String(word))) }

// index is where text holds word; -1: nowhere.
func index(text, word []rune) int {
	before, _, found := strings.Cut(string(text), string(word))
	if !found {
		return -1
	}
	return utf8.RuneCountInString(before)
}
