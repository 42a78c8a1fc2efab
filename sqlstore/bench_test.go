package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"portico"
	"portico/storetest"
)

// BenchmarkListApplications reads pages of the 10,000 applications of a portal.
func BenchmarkListApplications(b *testing.B) {
	for name, open := range map[string]func(testing.TB) portico.Store{
		"SQLite":     func(t testing.TB) portico.Store { return openSQLite(t) },
		"PostgreSQL": func(t testing.TB) portico.Store { return openPostgres(t) },
	} {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			w := storetest.Seed(b, store)
			seedApplications(b, store, w, 10_000)
			of := portico.Where("portal_id", w.Portal.ID)
			for name, q := range map[string]portico.ListQuery{
				"first page": {Size: 20, Number: 1, Filters: []portico.Filter{of}},
				"last page":  {Size: 20, Number: 500, Filters: []portico.Filter{of}},
				"by name": {Size: 20, Number: 1, Filters: []portico.Filter{of},
					Sort: []portico.Sort{{Field: "name", Desc: true}}},
				"search": {Size: 20, Number: 1, Filters: []portico.Filter{of,
					{Field: "name", Op: portico.OpContains, Values: []string{"APP 99"}}}},
				"label": {Size: 20, Number: 1, Filters: []portico.Filter{of,
					{Field: "labels.team", Op: portico.OpEqual, Values: []string{"team 7"}}}},
				"one client": {Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("client_id", "client 5000"),
					portico.Where("dcr_provider_id", w.Provider.ID)}},
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						err := store.View(b.Context(), func(tx portico.Tx) error {
							page, err := tx.Applications().List(b.Context(), q)
							if err == nil && len(page.Items) == 0 {
								err = fmt.Errorf("no applications")
							}
							return err
						})
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

func seedApplications(b *testing.B, store portico.Store, w storetest.World, n int) {
	b.Helper()
	err := store.Update(b.Context(), func(tx portico.Tx) error {
		for i := range n {
			a := w.Application
			a.ID = portico.ApplicationID(portico.NewID(w.Application.CreatedAt))
			a.Name, a.ClientID, a.ExternalID = fmt.Sprintf("App %d", i), fmt.Sprintf("client %d", i), ""
			a.Description, a.RedirectURI, a.Scopes = new("An application"), nil, []string{"openid"}
			a.Labels = map[string]string{"team": fmt.Sprintf("team %d", i%100)}
			if err := tx.Applications().Insert(b.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSearch searches the 20,000 operations of a catalogue of 1,000 APIs.
func BenchmarkSearch(b *testing.B) {
	for name, open := range map[string]func(testing.TB) portico.Store{
		"SQLite":     func(t testing.TB) portico.Store { return openSQLite(t) },
		"PostgreSQL": func(t testing.TB) portico.Store { return openPostgres(t) },
	} {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			visible := seedOperations(b, store, storetest.Seed(b, store), 1_000, 20)
			for name, text := range map[string]string{
				"rare": "operation 777", "common": "order", "two words": "refund pending", "none": "zebra",
				"Japanese": "払い戻し", "two characters": "注文", "rare two characters": "倉庫",
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						err := store.View(b.Context(), func(tx portico.Tx) error {
							page, err := tx.Search(b.Context(), portico.SearchQuery{Text: text, APIIDs: visible, Size: 20})
							if err == nil && (len(page.Items) == 0) != (name == "none") {
								err = fmt.Errorf("%d finds", page.Total)
							}
							return err
						})
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// seedOperations indexes APIs with operations in English and Japanese.
func seedOperations(b *testing.B, store portico.Store, w storetest.World, apis, operations int) []portico.APIID {
	b.Helper()
	subjects := []string{"order", "invoice", "customer", "shipment", "refund"}
	subjectsJA := []string{"注文", "請求書", "顧客", "配送", "払い戻し"}
	ids := make([]portico.APIID, apis)
	err := store.Update(b.Context(), func(tx portico.Tx) error {
		for i := range apis {
			a := w.API
			a.ID = portico.APIID(portico.NewID(a.CreatedAt))
			a.Name, a.Slug = fmt.Sprintf("API %d", i), fmt.Sprintf("api-%d", i)
			ids[i] = a.ID
			if err := tx.APIs().Insert(b.Context(), a); err != nil {
				return err
			}
			entries := make([]portico.SearchEntry, operations)
			for j := range entries {
				n := i*operations + j
				s, ja := subjects[n%5], subjectsJA[n%5]
				entries[j] = portico.SearchEntry{Kind: portico.SearchOperation, EntityID: string(a.ID), Fragment: fmt.Sprint(j), APIID: a.ID,
					Title:       fmt.Sprintf("Read the pending %s · %sを取得する", s, ja),
					Description: fmt.Sprintf("Returns what operation %d knows of one %s, with its history and its totals. %sの詳細と履歴を返します。", n, s, ja),
					Text:        fmt.Sprintf("GET /v1/%ss/{id}/pending read%d", s, n)}
				if n%4000 == 0 {
					entries[j].Description += "倉庫の在庫"
				}
			}
			if err := tx.Index(b.Context(), portico.SearchOperation, string(a.ID), entries); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return ids
}

// BenchmarkAddUsage adds the counts of 500 applications for a minute: new ones,
// and to those that are there.
func BenchmarkAddUsage(b *testing.B) {
	for name, open := range map[string]func(testing.TB) portico.Store{
		"SQLite":     func(t testing.TB) portico.Store { return openSQLite(t) },
		"PostgreSQL": func(t testing.TB) portico.Store { return openPostgres(t) },
	} {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			counts := make([]portico.UsageCount, 500)
			minute := time.Unix(0, 0)
			for b.Loop() {
				minute = minute.Add(time.Minute)
				for i := range counts {
					counts[i] = portico.UsageCount{Start: minute, Length: time.Minute, ApplicationID: portico.ApplicationID(fmt.Sprint(i)), APIID: "api",
						Status: 200, Outcome: portico.OutcomeOK, Requests: 1}
				}
				for range 2 {
					err := store.Update(b.Context(), func(tx portico.Tx) error { return tx.AddUsage(b.Context(), counts, nil) })
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
