package bench_test

import (
	"net/http"
	"testing"
	"time"

	"portico"
	"portico/control"
)

// maxPage is how many bytes a page without the reference may have, before
// compression.
const maxPage = 60_000

// catalogueSize is how many APIs the catalogue's pages are measured with.
const catalogueSize = 1_000

// pages measures the portal's pages as a developer with 400 applications sees
// them, in a catalogue of 1,000 APIs: how long the whole answer takes, and how
// large it is.
func (h *house) pages(b *testing.B) {
	h.fillCatalogue(b)
	developer, _ := h.signIn(1, 1)
	application := developer.first("/api/v3/applications")
	for _, page := range []struct{ name, path string }{
		{"home", "/"}, {"apis", "/apis"}, {"apis found", "/apis?q=Orders"}, {"api", "/apis/" + h.api}, {"use this api", "/apis/" + h.api + "/use"},
		{"my apps", "/apps"}, {"new app", "/apps/new"}, {"app overview", "/apps/" + application}, {"app apis", "/apps/" + application + "/apis"},
		{"app analytics", "/apps/" + application + "/analytics"}, {"app settings", "/apps/" + application + "/settings"},
		{"account", "/account"}, {"search", "/search?q=order"}, {"not found", "/nowhere"},
	} {
		b.Run(page.name, func(b *testing.B) {
			want := http.StatusOK
			if page.name == "not found" {
				want = http.StatusNotFound
			}
			var took timings
			size := 0
			for b.Loop() {
				answer, t := developer.send("GET", page.path, nil, want)
				took, size = append(took, t), len(answer)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(took.percentile(50)), "p50-ms")
			b.ReportMetric(milliseconds(took.percentile(95)), "p95-ms")
			b.ReportMetric(float64(size), "bytes")
			if size > maxPage {
				b.Errorf("%s has %d bytes, more than %d", page.path, size, maxPage)
			}
		})
	}
}

// fillCatalogue publishes APIs past the management API, until there are enough.
func (h *house) fillCatalogue(b *testing.B) {
	ctx, portal := b.Context(), portico.PortalID(h.portal)
	there, err := h.app.Control.Catalogue.APIs(ctx, control.Visitor{Portal: portico.Portal{ID: portal}}, portico.ListQuery{Size: 1, Number: 1})
	if err != nil {
		b.Fatal(err)
	}
	err = h.store.Update(ctx, func(tx portico.Tx) error {
		for n := there.Total; n < catalogueSize; n++ {
			now := time.Now()
			api := portico.API{ID: portico.APIID(portico.NewID(now)), Name: "Service " + portico.NewRandomID(), Version: new("v1"), Description: new("One of many"), CreatedAt: now, UpdatedAt: now}
			api.Slug = string(api.ID)
			if err := tx.APIs().Insert(ctx, api); err != nil {
				return err
			}
			strategy := portico.StrategyID(h.strategy)
			p := portico.Publication{ID: portico.PublicationID(portico.NewID(now)), APIID: api.ID, PortalID: portal, StrategyID: &strategy, Visibility: portico.Public, CreatedAt: now, UpdatedAt: now}
			if err := tx.Publications().Insert(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
