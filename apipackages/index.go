package apipackages

import (
	"cmp"
	"context"
	"strings"

	"portico"
	"portico/openapi"
)

// indexOperations indexes the operations of an API's current version, and of no
// other.
func indexOperations(ctx context.Context, tx portico.Tx, all []portico.Version, current *portico.Version, operations []openapi.Operation) error {
	for _, v := range all {
		var entries []portico.SearchEntry
		if v.ID == current.ID {
			for _, o := range operations {
				entries = append(entries, operationEntry(v, o))
			}
		}
		if err := tx.Index(ctx, portico.SearchOperation, string(v.ID), entries); err != nil {
			return err
		}
	}
	return nil
}

// operationEntry is how an operation is indexed: the first line of its text is
// its key, the second its id.
func operationEntry(v portico.Version, o openapi.Operation) portico.SearchEntry {
	return portico.SearchEntry{
		Kind: portico.SearchOperation, EntityID: string(v.ID), APIID: v.APIID, Fragment: clean(cmp.Or(o.ID, o.Key())),
		Title: clean(o.Name()), Description: clean(o.Description),
		Text: clean(line(o.Key()) + "\n" + line(o.ID) + "\n" + strings.Join(o.Tags, " ")),
	}
}

// OperationOf reads an operation's entry of the index.
func OperationOf(e portico.SearchEntry) openapi.Operation {
	key, rest, _ := strings.Cut(e.Text, "\n")
	id, _, _ := strings.Cut(rest, "\n")
	o := openapi.Operation{ID: id, Summary: e.Title, Description: e.Description}
	o.Method, o.Path, _ = strings.Cut(key, " ")
	return o
}

// line is a text on one line.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// maxIndexed is how much of one text is indexed, in bytes.
const maxIndexed = 20_000

// clean makes a text of a document one that a store takes.
func clean(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > maxIndexed {
		s = strings.ToValidUTF8(s[:maxIndexed], "")
	}
	return s
}

// IndexAPI indexes an API itself.
func IndexAPI(ctx context.Context, tx portico.Tx, api portico.API) error {
	e := portico.SearchEntry{Kind: portico.SearchAPI, EntityID: string(api.ID), APIID: api.ID, Title: clean(api.Name)}
	if api.Description != nil {
		e.Description = clean(*api.Description)
	}
	words := []string{api.Slug}
	if api.Version != nil {
		words = append(words, *api.Version)
	}
	for _, values := range api.Attributes {
		words = append(words, values...)
	}
	e.Text = clean(strings.Join(words, " "))
	return tx.Index(ctx, portico.SearchAPI, string(api.ID), []portico.SearchEntry{e})
}
