package sqlstore_test

import (
	"fmt"
	"testing"

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
