package sqlstore_test

import (
	"slices"
	"testing"

	"portico"
	"portico/sqlstore"
)

// FuzzFilter: no filter and no sort, however strange, is more than an answer or
// a refusal, and both engines give the same.
func FuzzFilter(f *testing.F) {
	for _, field := range []string{"id", "name", "version", "created_at", "labels.env", "labels.a.b", "attributes.team", "labels", "x", "",
		"name' OR '1'='1", "labels.$", "labels.\"", "apis.name", "attributes.[0]"} {
		for _, op := range []string{"eq", "neq", "contains", "oeq", "ocontains", "lt", "lte", "gt", "gte", "exists", "like", ""} {
			f.Add(field, op, "prod", "2026-01-01T00:00:00Z", "name", false)
		}
	}
	for _, value := range []string{"", "%", "_", `\`, "'", "ÄPFEL", "İ", "ΟΔΟΣ", "\x00", "\xff", "true", "1", "null", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59"} {
		f.Add("name", "contains", value, value, "created_at", true)
		f.Add("labels.env", "ocontains", value, value, "version; --", false)
		f.Add("created_at", "gte", value, value, value, true)
	}
	stores := []*sqlstore.Store{openSQLite(f), openPostgres(f)}
	for _, store := range stores {
		seedAPIs(f, store)
	}
	f.Fuzz(func(t *testing.T, field, op, first, second, sort string, desc bool) {
		values := []string{first}
		if op == portico.OpAnyEqual || op == portico.OpAnyContains {
			values = append(values, second)
		}
		q := portico.Everything(portico.Filter{Field: field, Op: op, Values: values})
		if sort != "" {
			q.Sort = []portico.Sort{{Field: sort, Desc: desc}}
		}
		var answers [2]portico.Page[portico.API]
		var kinds [2]portico.Kind
		for i, store := range stores {
			err := store.View(t.Context(), func(tx portico.Tx) (err error) {
				answers[i], err = tx.APIs().List(t.Context(), q)
				return err
			})
			if kinds[i] = portico.KindOf(err); err != nil && kinds[i] != portico.KindInvalid {
				t.Fatalf("store %d: %v", i, err)
			}
		}
		same := func(a, b portico.API) bool { return a.ID == b.ID }
		if kinds[0] != kinds[1] || answers[0].Total != answers[1].Total || !slices.EqualFunc(answers[0].Items, answers[1].Items, same) {
			t.Errorf("SQLite: kind %d, %+v\nPostgreSQL: kind %d, %+v", kinds[0], answers[0], kinds[1], answers[1])
		}
	})
}

func seedAPIs(t testing.TB, store portico.Store) {
	t.Helper()
	apis := []portico.API{
		{ID: "1", Name: "Orders", Version: new("v1"), Slug: "orders", Labels: map[string]string{"env": "prod", "a.b": "x"}},
		{ID: "2", Name: "Äpfel 100%_\\'", Slug: "apples", Attributes: map[string][]string{"team": {"prod", "Dev"}, "none": nil}},
		{ID: "3", Name: "οδος İ i̇", Version: new("V2"), Slug: "streets", Labels: map[string]string{"$": "1", `"`: "null", "": ""}},
	}
	err := store.Update(t.Context(), func(tx portico.Tx) error {
		for _, a := range apis {
			if err := tx.APIs().Insert(t.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzSearch: whatever is searched for, both engines find the same, and a text
// finds itself.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{"orders", "注文", "ｵｰﾀﾞｰ", "\"", "a OR b", "NEAR(a b)", "*", "^a", "-a", "%", "_", `\`, "\x00", "\xff", "ﬀ", "İ", "ß", "Σς", "a\u0301", "👩‍👩‍👧", "{folded_title}:a", "\u2028", "(", "'"} {
		f.Add(text, text, "order")
		f.Add("List all orders", "All 注文 of the shop", text)
	}
	stores := []*sqlstore.Store{openSQLite(f), openPostgres(f)}
	for _, store := range stores {
		seedAPIs(f, store)
	}
	f.Fuzz(func(t *testing.T, title, description, words string) {
		const id = "fuzzed"
		entry := portico.SearchEntry{Kind: portico.SearchOperation, EntityID: id, APIID: "1", Title: title, Description: description}
		var found [2][2]int
		var kinds [2][3]portico.Kind
		for i, store := range stores {
			err := store.Update(t.Context(), func(tx portico.Tx) error {
				return tx.Index(t.Context(), portico.SearchOperation, id, []portico.SearchEntry{entry})
			})
			if kinds[i][0] = portico.KindOf(err); err != nil && kinds[i][0] != portico.KindInvalid {
				t.Fatalf("store %d: %v", i, err)
			}
			for j, text := range []string{words, title} {
				err := store.View(t.Context(), func(tx portico.Tx) error {
					page, err := tx.Search(t.Context(), portico.SearchQuery{Text: text, APIIDs: []portico.APIID{"1"}, Size: 10})
					found[i][j] = page.Total
					return err
				})
				if kinds[i][j+1] = portico.KindOf(err); err != nil && kinds[i][j+1] != portico.KindInvalid {
					t.Fatalf("store %d searching %q: %v", i, text, err)
				}
			}
		}
		if kinds[0] != kinds[1] || found[0] != found[1] {
			t.Errorf("SQLite: kinds %v, found %v; PostgreSQL: kinds %v, found %v", kinds[0], found[0], kinds[1], found[1])
		}
		if kinds[0] == [3]portico.Kind{} && found[0][1] != 1 {
			t.Errorf("%q does not find itself", title)
		}
	})
}
