package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/apipackages"
	"portico/control"
	"portico/snapshot"
)

const shopSpec = `{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"servers":[{"url":"https://shop.example/v1"},{"url":"/v2"}],"paths":{
	"/orders":{"get":{"responses":{"200":{"description":"ok"}}}},
	"/orders/{id}":{"put":{"responses":{"200":{"description":"ok"}}}}}}`

// shop makes an API with operations.
func (w *world) shop(t failer) portico.APIID {
	t.Helper()
	api, err := w.APIs.Create(w.ctx, control.NewAPI{Name: "Shop", Specification: new(shopSpec)})
	must(t, err)
	return api.ID
}

// operations are the compiled ones, as METHOD TEMPLATE and who may call.
func operations(s *snapshot.Snapshot) map[string][]snapshot.Access {
	out := map[string][]snapshot.Access{}
	for _, o := range s.Routing.Operations {
		out[o.Method+" "+o.Template] = o.Access
	}
	return out
}

// TestAccessByOperation: an API of a control plane is guarded operation by
// operation, and packages let in more for what they hold.
func TestAccessByOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claimed, unclaimed := w.service(t, w.plane.ID, "claimed"), w.service(t, w.plane.ID, "unclaimed")
	shop, own := w.shop(t), w.api(t, "Own")
	w.publish(t, shop, w.portal.ID, &w.keys.ID)
	w.publish(t, own, w.portal.ID, &w.keys.ID)
	w.implement(t, own, w.plane.ID, &claimed.ID)
	if got := w.full(t).Routing.Operations; got != nil {
		t.Errorf("operations of an API that is not linked: %+v", got)
	}
	w.implement(t, shop, w.plane.ID, nil)

	byShop := snapshot.Access{APIID: string(shop), PortalID: string(w.portal.ID), StrategyID: string(w.keys.ID)}
	expect := func(when string, of map[string][]snapshot.Access) {
		t.Helper()
		got := operations(w.full(t))
		for key, want := range of {
			if !slices.Equal(got[key], want) {
				t.Errorf("%s: %s lets in %+v, want %+v", when, key, got[key], want)
			}
			delete(got, key)
		}
		if len(got) > 0 {
			t.Errorf("%s: more operations: %+v", when, got)
		}
	}
	all := []snapshot.Access{byShop}
	expect("linked", map[string][]snapshot.Access{"GET /v1/orders": all, "GET /v2/orders": all, "PUT /v1/orders/{id}": all, "PUT /v2/orders/{id}": all})
	for _, s := range w.full(t).Routing.Services {
		if s.ByOperation != (s.ID == string(unclaimed.ID)) || len(s.Access) > 0 != (s.ID == string(claimed.ID)) {
			t.Errorf("%s: by operation %t, access %+v", s.Name, s.ByOperation, s.Access)
		}
	}

	pack, err := w.APIs.Create(w.ctx, control.NewAPI{IsPackage: true, Name: "Pack", RateLimit: &portico.RateLimit{Limit: 5, Duration: "minutes"}})
	must(t, err)
	page, err := w.Packages.Operations(w.ctx, shop, portico.ListQuery{Size: 10, Number: 1})
	must(t, err)
	before := w.full(t).Version
	must(t, w.Packages.ChangeOperations(w.ctx, pack.ID, []apipackages.Change{{Verb: apipackages.Add, Operation: page.Items[0].ID}}, nil))
	w.publish(t, pack.ID, w.portal.ID, &w.oidc.ID)
	if d, ok := w.since(t, before); !ok || d.Routing == nil {
		t.Error("gateways were not told of the package")
	}
	byPack := snapshot.Access{APIID: string(pack.ID), PortalID: string(w.portal.ID), StrategyID: string(w.oidc.ID), Limit: 5, Window: time.Minute}
	both := []snapshot.Access{byShop, byPack}
	expect("packed", map[string][]snapshot.Access{"GET /v1/orders": both, "GET /v2/orders": both, "PUT /v1/orders/{id}": all, "PUT /v2/orders/{id}": all})

	limit := portico.Some(portico.RateLimit{Limit: 0, Duration: "hours"})
	must(t, w.Packages.ChangeOperations(w.ctx, pack.ID, []apipackages.Change{{Verb: apipackages.Replace, Operation: page.Items[0].ID, RateLimit: limit}}, nil))
	must(t, w.Publications.Delete(w.ctx, shop, w.portal.ID))
	byPack.Limit, byPack.Window = 0, time.Hour
	only := []snapshot.Access{byPack}
	expect("only the package is published", map[string][]snapshot.Access{"GET /v1/orders": only, "GET /v2/orders": only})
	must(t, w.APIs.Delete(w.ctx, pack.ID))
	expect("nothing is published", nil)
}

// TestOperationsFollowTheSpecification: what a specification no longer has is
// gone at the gateways, too, but only if that is meant.
func TestOperationsFollowTheSpecification(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.shop(t)
	w.publish(t, shop, w.portal.ID, &w.keys.ID)
	w.implement(t, shop, w.plane.ID, nil)
	api, err := w.APIs.ByID(w.ctx, shop)
	must(t, err)
	less := control.VersionChange{Content: portico.Some(strings.Replace(shopSpec, `"put"`, `"x-put"`, 1))}
	if _, err := w.APIs.UpdateVersion(w.ctx, shop, api.Current.ID, less, "content", false); portico.KindOf(err) != portico.KindConflict {
		t.Errorf("an operation vanished: %v", err)
	}
	if got := len(operations(w.full(t))); got != 4 {
		t.Errorf("%d operations after a refusal", got)
	}
	_, err = w.APIs.UpdateVersion(w.ctx, shop, api.Current.ID, less, "content", true)
	must(t, err)
	if got := len(operations(w.full(t))); got != 2 {
		t.Errorf("%d operations are left", got)
	}
}
