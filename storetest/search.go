package storetest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"portico"
)

// testSearch: what is found, by whom, in which order.
func testSearch(t *testing.T, open func(*testing.T) portico.Store) {
	t.Run("words", func(t *testing.T) { t.Parallel(); testWords(t, open(t)) })
	t.Run("order and pages", func(t *testing.T) { t.Parallel(); testSearchPages(t, open(t)) })
	t.Run("index", func(t *testing.T) { t.Parallel(); testIndex(t, open(t)) })
	t.Run("refusals", func(t *testing.T) { t.Parallel(); testSearchRefusals(t, open(t)) })
}

// entryOf is a find that is made from the world's API.
func entryOf(w World, fragment, title, description, text string) portico.SearchEntry {
	return portico.SearchEntry{Kind: portico.SearchOperation, EntityID: string(w.Version.ID), Fragment: fragment, APIID: w.API.ID,
		Title: title, Description: description, Text: text}
}

// found are the titles that a search gives, and how many there are in all.
func found(t *testing.T, store portico.Store, q portico.SearchQuery) (titles []string, total int) {
	t.Helper()
	view(t, store, func(tx portico.Tx) error {
		page, err := tx.Search(t.Context(), q)
		for _, e := range page.Items {
			titles = append(titles, e.Title)
		}
		total = page.Total
		return err
	})
	return titles, total
}

func testWords(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	entries := []portico.SearchEntry{
		entryOf(w, "1", "List orders", "Returns all orders", "GET /orders"),
		entryOf(w, "2", "注文を作成する", "新しい注文を登録します", "POST /orders"),
		entryOf(w, "3", "ＡＰＩキー ﾃｽﾄ", "Straße 100%_\\", `say "hello" AND NOT * OR (world)`),
		entryOf(w, "4", "ΟΔΟΣ", "", "x"),
	}
	update(t, store, func(tx portico.Tx) error {
		return tx.Index(ctx, portico.SearchOperation, string(w.Version.ID), entries)
	})
	for words, want := range map[string]string{
		"orders":               "1 2",
		"ORDERS list":          "1",
		"list list":            "1",
		"rder":                 "1 2",
		"returns post":         "",
		"注文":                   "2",
		"注":                    "2",
		"作成する":                 "2",
		"注文 登録":                "2",
		"文を作":                  "2",
		"注作":                   "",
		"apiキー":                "3",
		"APIキー　テスト":            "3",
		"strasse":              "3",
		"100%":                 "3",
		"0%_":                  "3",
		`%_\`:                  "3",
		`"hello"`:              "3",
		"and not":              "3",
		"*":                    "3",
		"(world)":              "3",
		"οδος":                 "4",
		"%":                    "3",
		"_rders":               "",
		"x":                    "4",
		"folded_title : order": "",
		"-orders":              "",
		"NEAR(a":               "",
	} {
		var got []string
		view(t, store, func(tx portico.Tx) error {
			page, err := tx.Search(ctx, portico.SearchQuery{Text: words, APIIDs: []portico.APIID{w.API.ID}, Size: 10})
			for _, e := range page.Items {
				got = append(got, e.Fragment)
				if i := slices.IndexFunc(entries, func(x portico.SearchEntry) bool { return x.Fragment == e.Fragment }); entries[i] != e {
					t.Errorf("%q: read\n%+v, not\n%+v", words, e, entries[i])
				}
			}
			return err
		})
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %q, want %q", words, got, want)
		}
	}
}

func testSearchPages(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	page := func(id portico.PageID, title string) portico.SearchEntry {
		return portico.SearchEntry{Kind: portico.SearchPage, EntityID: string(id), PortalID: w.Portal.ID, Title: title}
	}
	api := portico.SearchEntry{Kind: portico.SearchAPI, EntityID: string(w.API.ID), APIID: w.API.ID, Title: "An API of orders"}
	update(t, store, func(tx portico.Tx) error {
		operations := []portico.SearchEntry{
			entryOf(w, "c", "Nothing in the title", "but orders here", ""),
			entryOf(w, "d", "Nothing in the title either", "", "orders"),
			entryOf(w, "a", "Create orders", "", ""),
			entryOf(w, "b", "Delete orders", "", ""),
		}
		for _, err := range []error{
			tx.Index(ctx, portico.SearchOperation, string(w.Version.ID), operations),
			tx.Index(ctx, portico.SearchAPI, string(w.API.ID), []portico.SearchEntry{api}),
			tx.Index(ctx, portico.SearchPage, "seen", []portico.SearchEntry{page("seen", "How to read orders")}),
			tx.Index(ctx, portico.SearchPage, "hidden", []portico.SearchEntry{page("hidden", "Secret orders")}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	everything := portico.SearchQuery{Text: "orders", APIIDs: []portico.APIID{"other", w.API.ID}, PageIDs: []portico.PageID{"seen"}, Size: 10}
	want := []string{"An API of orders", "How to read orders", "Create orders", "Delete orders", "Nothing in the title", "Nothing in the title either"}
	if got, total := found(t, store, everything); !slices.Equal(got, want) || total != len(want) {
		t.Errorf("found %q of %d, want %q", got, total, want)
	}
	for size := 1; size <= len(want)+1; size++ {
		for offset := 0; offset <= len(want)+1; offset++ {
			q := everything
			q.Size, q.Offset = size, offset
			got, total := found(t, store, q)
			if from := min(offset, len(want)); !slices.Equal(got, want[from:min(from+size, len(want))]) || total != len(want) {
				t.Errorf("size %d from %d: %q of %d", size, offset, got, total)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*portico.SearchQuery)
		want   []string
	}{
		"of a kind":     {func(q *portico.SearchQuery) { q.Kinds = []portico.SearchKind{portico.SearchAPI, portico.SearchPage} }, want[:2]},
		"without APIs":  {func(q *portico.SearchQuery) { q.APIIDs = nil }, want[1:2]},
		"without pages": {func(q *portico.SearchQuery) { q.PageIDs, q.Kinds = nil, []portico.SearchKind{portico.SearchPage} }, nil},
		"of nobody":     {func(q *portico.SearchQuery) { q.PageIDs, q.APIIDs = nil, nil }, nil},
		"an API's id does not open a page": {func(q *portico.SearchQuery) {
			q.APIIDs, q.PageIDs = []portico.APIID{"hidden"}, []portico.PageID{portico.PageID(w.API.ID)}
		}, nil},
		"far behind": {func(q *portico.SearchQuery) { q.Offset = math.MaxInt64 }, nil},
		"no words":   {func(q *portico.SearchQuery) { q.Text, q.Kinds = " \t", []portico.SearchKind{portico.SearchPage} }, want[1:2]},
	} {
		q := everything
		c.change(&q)
		if got, _ := found(t, store, q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func testIndex(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	id := string(w.Version.ID)
	put := func(entries ...portico.SearchEntry) {
		t.Helper()
		update(t, store, func(tx portico.Tx) error { return tx.Index(ctx, portico.SearchOperation, id, entries) })
	}
	hits := func(word string) int {
		_, total := found(t, store, portico.SearchQuery{Text: word, APIIDs: []portico.APIID{w.API.ID}, Size: 1})
		return total
	}
	put(entryOf(w, "a", "first", "", ""), entryOf(w, "b", "first and second", "", ""))
	if first, second := hits("first"), hits("second"); first != 2 || second != 1 {
		t.Errorf("%d and %d are found", first, second)
	}
	put(entryOf(w, "a", "third", "", ""))
	if first, third := hits("first"), hits("third"); first != 0 || third != 1 {
		t.Errorf("after a replacement %d old and %d new are found", first, third)
	}
	update(t, store, func(tx portico.Tx) error { return tx.Index(ctx, portico.SearchAPI, id, nil) })
	if third := hits("third"); third != 1 {
		t.Error("another kind's index was removed")
	}
	put()
	if third := hits("third"); third != 0 {
		t.Error("no entries do not remove")
	}
	put(entryOf(w, "a", "fourth", "", ""))
	page := portico.SearchEntry{Kind: portico.SearchPage, EntityID: "page", PortalID: w.Portal.ID, Title: "fifth"}
	update(t, store, func(tx portico.Tx) error {
		if err := tx.Index(ctx, portico.SearchPage, "page", []portico.SearchEntry{page}); err != nil {
			return err
		}
		if err := tx.APIs().Delete(ctx, w.API.ID); err != nil {
			return err
		}
		return tx.Portals().Delete(ctx, w.Portal.ID)
	})
	for _, word := range []string{"fourth", "fifth", "f"} {
		if got, _ := found(t, store, portico.SearchQuery{Text: word, APIIDs: []portico.APIID{w.API.ID}, PageIDs: []portico.PageID{"page"}, Size: 1}); len(got) != 0 {
			t.Errorf("what belonged to an API or a portal that is gone is found: %q", got)
		}
	}
}

func testSearchRefusals(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	for name, q := range map[string]portico.SearchQuery{
		"NUL":            {Text: "a\x00b", Size: 1},
		"no text":        {Text: "\xff", Size: 1},
		"many words":     {Text: manyWords(40), Size: 1},
		"no size":        {Text: "a"},
		"before nothing": {Text: "a", Size: 1, Offset: -1},
	} {
		q.APIIDs = []portico.APIID{w.API.ID}
		err := store.View(ctx, func(tx portico.Tx) error { _, err := tx.Search(ctx, q); return err })
		wantKind(t, name, err, portico.KindInvalid)
	}
	for name, e := range map[string]portico.SearchEntry{
		"NUL": entryOf(w, "a", "a\x00b", "", ""), "no text": entryOf(w, "a", "", "\xff", ""),
	} {
		err := store.Update(ctx, func(tx portico.Tx) error {
			return tx.Index(ctx, portico.SearchOperation, string(w.Version.ID), []portico.SearchEntry{e})
		})
		wantKind(t, name, err, portico.KindInvalid)
	}
	err := store.Update(ctx, func(tx portico.Tx) error {
		return tx.Index(ctx, portico.SearchAPI, string(w.Version.ID), []portico.SearchEntry{entryOf(w, "a", "", "", "")})
	})
	wantKind(t, "another kind", err, portico.KindInternal)
	if err := store.View(ctx, func(tx portico.Tx) error { return tx.Index(context.Background(), portico.SearchAPI, "x", nil) }); err == nil {
		t.Error("a view could index")
	}
}

func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " word%d", i)
	}
	return b.String()
}
