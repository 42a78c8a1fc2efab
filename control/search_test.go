package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"portico"
	"portico/content"
	"portico/control"
)

const airlineSpec = `{"openapi":"3.0.3","info":{"title":"T","version":"v1"},"paths":{"/bookings/{id}":{
	"get":{"operationId":"readBooking","summary":"Read a booking","description":"Returns the seat.","responses":{"200":{"description":"ok"}}},
	"put":{"responses":{"200":{"description":"ok"}}}}}}`

// finds are the titles of what a visitor finds.
func (h *house) finds(t testing.TB, v control.Visitor, text string, kinds ...portico.SearchKind) []string {
	t.Helper()
	page, err := h.Catalogue.Search(t.Context(), v, portico.SearchQuery{Text: text, Kinds: kinds, Size: 20})
	must(t, err)
	titles := []string{}
	for _, f := range page.Items {
		titles = append(titles, f.Title)
	}
	return titles
}

func TestFindsSayWhereTheyAre(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	version, err := h.APIs.CreateVersion(ctx, h.flights.ID, control.NewVersion{Content: airlineSpec}, "content")
	must(t, err)
	guide, err := h.Content.Pages.Create(ctx, h.portal.ID, content.PageFields{Slug: portico.Some("guides"), Title: portico.Some("Guides"),
		Content: portico.Some("# Guides\n"), Published: portico.Some(true), Visibility: portico.Some(portico.Public)})
	must(t, err)
	page, err := h.Content.Pages.Create(ctx, h.portal.ID, content.PageFields{Slug: portico.Some("booking"), Title: portico.Some("How to book"), ParentID: portico.Some(guide.ID),
		Content: portico.Some("# Booking\n\nTake a **booking** and a *seat*.\n"), Published: portico.Some(true), Visibility: portico.Some(portico.Public)})
	must(t, err)
	document, err := h.Content.Documents.Create(ctx, h.flights.ID, content.DocumentFields{Slug: portico.Some("bookings"), Title: portico.Some("About bookings"),
		Content: portico.Some("# About bookings\n"), Published: portico.Some(true)})
	must(t, err)

	found, err := h.Catalogue.Search(ctx, control.Visitor{Portal: h.portal}, portico.SearchQuery{Text: "Booking", Size: 20})
	must(t, err)
	byKind := map[portico.SearchKind]control.Find{}
	for _, f := range found.Items {
		byKind[f.Kind] = f
	}
	if f := byKind[portico.SearchPage]; f.Path != "/guides/booking" || f.API != nil || f.ParentID != string(guide.ID) || f.EntityID != string(page.ID) || !strings.Contains(f.Match, "ooking") {
		t.Errorf("page: %+v", f)
	}
	if f := byKind[portico.SearchDocument]; f.Path != "bookings" || f.API == nil || f.API.ID != h.flights.ID || f.EntityID != string(document.ID) || f.Scope != portico.Public {
		t.Errorf("document: %+v", f)
	}
	operations := h.finds(t, control.Visitor{Portal: h.portal}, "booking", portico.SearchOperation)
	if !slices.Equal(operations, []string{"Read a booking", "PUT /bookings/{id}"}) {
		t.Errorf("operations: %q", operations)
	}
	found, err = h.Catalogue.Search(ctx, control.Visitor{Portal: h.portal}, portico.SearchQuery{Text: "seat booking", Kinds: []portico.SearchKind{portico.SearchOperation}, Size: 20})
	must(t, err)
	if f := found.Items[0]; len(found.Items) != 1 || f.Operation.ID != "readBooking" || f.Operation.Key() != "GET /bookings/{id}" || f.Fragment != "readBooking" || f.EntityID != string(version.ID) {
		t.Errorf("operation: %+v", found.Items)
	}
}

// TestSearchesKeepSecrets: what a visitor does not see, a search does not tell of.
func TestSearchesKeepSecrets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	as := h.guarded(t)
	_, err := h.Publications.Put(ctx, h.flights.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(h.dcr.ID), Visibility: portico.Some(portico.Private)})
	must(t, err)
	outsider := h.newDeveloper(t, "outsider@dev.example")
	h.give(t, h.team(t, "Pilots", h.developer.ID), portico.APIViewer, h.flights.ID)
	for _, p := range []struct {
		title      string
		visibility portico.Visibility
		published  bool
	}{{"Flights for all", portico.Public, true}, {"Flights for members", portico.Private, true}, {"Flights of tomorrow", portico.Public, false}} {
		_, err := h.Content.Pages.Create(ctx, h.portal.ID, content.PageFields{Slug: portico.Some(strings.ReplaceAll(strings.ToLower(p.title), " ", "-")), Title: portico.Some(p.title),
			Content: portico.Some("# " + p.title + "\n"), Published: portico.Some(p.published), Visibility: portico.Some(p.visibility)})
		must(t, err)
	}
	stranger := as(outsider)
	stranger.Developer = nil
	for _, test := range []struct {
		who  control.Visitor
		want []string
	}{
		{stranger, []string{"Flights for all"}},
		{as(outsider), []string{"Flights for all", "Flights for members"}},
		{as(h.developer), []string{"Flights", "Flights for all", "Flights for members"}},
	} {
		if got := h.finds(t, test.who, "flights"); !slices.Equal(got, test.want) {
			t.Errorf("found %q, want %q", got, test.want)
		}
	}
}

// TestOldStoresAreIndexed: what was there before there was an index is found
// after the next start, and what is deleted is not.
func TestOldStoresAreIndexed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		version, err := h.APIs.CreateVersion(ctx, h.flights.ID, control.NewVersion{Content: airlineSpec}, "content")
		must(t, err)
		everybody := control.Visitor{Portal: h.portal}
		forget := func(done string) {
			must(t, h.store.Update(ctx, func(tx portico.Tx) error {
				for kind, id := range map[portico.SearchKind]string{portico.SearchAPI: string(h.flights.ID), portico.SearchOperation: string(version.ID)} {
					if err := tx.Index(ctx, kind, id, nil); err != nil {
						return err
					}
				}
				return tx.SetMeta(ctx, portico.MetaSearchIndex, done)
			}))
		}
		want := []string{"Flights", "Read a booking", "PUT /bookings/{id}"}
		both := func() []string { return append(h.finds(t, everybody, "flights"), h.finds(t, everybody, "booking")...) }
		forget("")
		if got := both(); len(got) != 0 {
			t.Fatalf("found without an index: %q", got)
		}
		for range 2 {
			must(t, h.APIs.EnsureIndexed(ctx))
			if got := both(); !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
		}
		done := ""
		must(t, h.store.View(ctx, func(tx portico.Tx) (err error) { done, err = tx.Meta(ctx, portico.MetaSearchIndex); return err }))
		forget(done)
		must(t, h.APIs.EnsureIndexed(ctx))
		if got := both(); len(got) != 0 {
			t.Errorf("an index that is there was built again: %q", got)
		}
	})
}

// TestStrangeDocumentsAreIndexed: no document that is accepted is refused by
// the index.
func TestStrangeDocumentsAreIndexed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	long := strings.Repeat("長い", 40_000)
	spec := fmt.Sprintf(`{"openapi":"3.0.3","info":{"title":"T","version":"v9"},"paths":{"/a b\u0000":{"get":{"summary":"\u0000nul\ud800","description":%q,"operationId":"x\ny"}},"/%s":{"get":{}}}}`, long, long)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Strange", Specification: &spec})
	must(t, err)
	_, err = h.Publications.Put(t.Context(), api.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}, Visibility: portico.Some(portico.Public)})
	must(t, err)
	found, err := h.Catalogue.Search(t.Context(), control.Visitor{Portal: h.portal}, portico.SearchQuery{Text: "長い nul", Size: 20})
	must(t, err)
	if len(found.Items) != 1 || found.Items[0].Operation.ID != "x y" || utf8.RuneCountInString(found.Items[0].Match) > 200 {
		t.Errorf("found %+v", found.Items)
	}
}

// TestExcerpts: a find shows the text around the word, as it is written there.
func TestExcerpts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before, after := strings.Repeat("before ", 50), strings.Repeat(" after", 50)
	for i, test := range []struct{ words, text, want string }{
		{"ROUTE", "One Route only", "One Route only"},
		{"ｒｏｕｔｅ", before + "the Route" + after, "…" + (before + "the ")[len(before)-36:] + "Route" + after[:115] + "…"},
		{"路線", before + "路線を検索", "…" + before[len(before)-40:] + "路線を検索"},
		{"", "nothing of it", "Document 3"},
	} {
		title := fmt.Sprintf("Document %d", i)
		_, err := h.Content.Documents.Create(t.Context(), h.flights.ID, content.DocumentFields{Slug: portico.Some(fmt.Sprint("d", i)), Title: portico.Some(title),
			Content: portico.Some(test.text + "\n"), Published: portico.Some(true)})
		must(t, err)
		found, err := h.Catalogue.Search(t.Context(), control.Visitor{Portal: h.portal}, portico.SearchQuery{Text: title + " " + test.words, Kinds: []portico.SearchKind{portico.SearchDocument}, Size: 1})
		must(t, err)
		if len(found.Items) != 1 || found.Items[0].Match != test.want {
			t.Errorf("%s: %+v, want %q", test.words, found.Items, test.want)
		}
	}
}
