package portalapi_test

import (
	"fmt"
	"strings"
	"testing"

	"portico"
	"portico/content"
	"portico/control"
)

const shopJSON = `{"openapi":"3.0.3","info":{"title":"Shop","version":"v1"},"paths":{
	"/orders":{"get":{"operationId":"listOrders","summary":"List orders","description":"All orders of the shop.","tags":["orders"],"responses":{"200":{"description":"ok"}}},
		"post":{"summary":"注文を作成する","responses":{"201":{"description":"ok"}}}},
	"/refunds":{"get":{"responses":{"200":{"description":"ok"}}}}}}`

// shop publishes an API that has operations.
func (s *testServer) shop(t *testing.T, p portico.Portal, name string, visibility portico.Visibility) control.APIView {
	t.Helper()
	api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: name, Description: new("About " + name), Specification: new(shopJSON)})
	check(t, err)
	_, err = s.Publications.Put(t.Context(), api.ID, p.ID, control.PublicationFields{Visibility: portico.Some(visibility), StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}})
	check(t, err)
	return api
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	api := s.shop(t, p, "Shop", portico.Public)
	document, err := s.Content.Documents.Create(t.Context(), api.ID, content.DocumentFields{
		Slug: portico.Some("first-steps"), Title: portico.Some("First steps"), Content: portico.Some("# How to\n\nRead about **orders** here.\n"), Published: portico.Some(true),
	})
	check(t, err)
	b := s.visit(t, p)
	a := b.call(t, 200, "GET", "/search?q=ORDERS+list", nil)
	shared := map[string]any{"api_name": "Shop", "api_slug": "shop-v1", "api_version": "v1", "api_description": "About Shop"}
	a.has(t, map[string]any{
		"data.0.id": string(api.Current.ID) + ":GET /orders", "data.0.type": "api_specs_operation", "data.0.name": "List orders",
		"data.0.description": "All orders of the shop.", "data.0.match": "List orders",
		"data.0.attributes.operation_id": "listOrders", "data.0.attributes.operation_key": "GET /orders",
		"data.0.attributes.path": "/orders", "data.0.attributes.method": "GET", "data.0.attributes.scope": "public",
		"data.0.relations.api_id": api.ID, "data.0.relations.spec_id": api.Current.ID, "data.0.relations.portal_id": p.ID,
		"data.1": nil, "meta.page": map[string]any{"size": 10, "next": nil, "previous": nil},
	})
	for name, value := range shared {
		a.has(t, map[string]any{"data.0.attributes." + name: value, "data.0.relations." + name: value})
	}
	b.call(t, 200, "GET", "/search?q=orders+how", nil).has(t, map[string]any{
		"data.0.id": document.ID, "data.0.type": "api_document", "data.0.name": "First steps", "data.0.attributes.path": "/first-steps",
		"data.0.attributes.slug": "first-steps", "data.0.relations.api_id": api.ID, "data.0.relations.parent_document_id": "", "data.1": nil,
	})
	for query, want := range map[string][]string{
		"注文": {"注文を作成する"}, "refunds": {"GET /refunds"}, "zebra": {}, "Shop zebra": {}, "Shop": {"List orders"},
	} {
		got := b.call(t, 200, "GET", "/search?q="+strings.ReplaceAll(query, " ", "+"), nil).column("name")
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
}

// renamed is the shop's document about something else.
func renamed(subject string) string {
	return strings.NewReplacer("orders", subject, "Orders", subject, "注文", subject).Replace(shopJSON)
}

// TestSearchFollowsChanges: nothing is found that is not there any more, or
// not for this visitor.
func TestSearchFollowsChanges(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p, other := s.portal(t, "P"), s.portal(t, "Other")
	private := s.shop(t, p, "Private", portico.Private)
	s.shop(t, other, "Elsewhere", portico.Public)
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")
	stranger.lists(t, "/search?q=orders", "name")
	dora.lists(t, "/search?q=orders", "name", "List orders", "注文を作成する")

	_, err := s.APIs.UpdateVersion(t.Context(), private.ID, private.Current.ID, control.VersionChange{Content: portico.Some(renamed("parcels"))}, "content", false)
	check(t, err)
	dora.lists(t, "/search?q=orders", "name")
	dora.lists(t, "/search?q=parcels", "name", "List parcels", "parcelsを作成する")

	newer, err := s.APIs.CreateVersion(t.Context(), private.ID, control.NewVersion{Version: "v2", Content: renamed("crates")}, "content")
	check(t, err)
	dora.lists(t, "/search?q=crates", "name") // v1 is the API's own version
	_, err = s.APIs.Update(t.Context(), private.ID, control.APIChange{Version: portico.Some("v2")}, false)
	check(t, err)
	dora.lists(t, "/search?q=crates", "name", "List crates", "cratesを作成する")
	dora.lists(t, "/search?q=parcels", "name")
	check(t, s.APIs.DeleteVersion(t.Context(), private.ID, newer.ID))
	dora.lists(t, "/search?q=crates", "name")
	dora.lists(t, "/search?q=parcels", "name", "List parcels", "parcelsを作成する")
	check(t, s.APIs.Delete(t.Context(), private.ID))
	dora.lists(t, "/search?q=parcels", "name")
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	for i := range 3 {
		s.shop(t, p, fmt.Sprintf("Shop %d", i), portico.Public)
	}
	b := s.visit(t, p)
	next := "/api/v3/search?q=list&page[size]=2"
	var previous any
	for _, want := range []int{2, 1} {
		a := b.call(t, 200, "GET", strings.TrimPrefix(next, "/api/v3"), nil)
		if got := len(a.column("name")); got != want {
			t.Errorf("%s has %d finds, want %d", next, got, want)
		}
		next, previous = a.text("meta.page.next"), a.at("meta.page.previous")
	}
	if next != "" || previous == nil {
		t.Errorf("the last page has the next %q, the previous %v", next, previous)
	}
	b.call(t, 200, "GET", "/search", nil) // without words, all there is
	b.refuses(t, "GET", "/search?q=x&page[after]=nonsense", nil, "page[after] invalid")
	b.refuses(t, "GET", "/search?q=x&page[size]=0", nil, "page[size] min 1")
	b.refuses(t, "GET", "/search?q=%ff", nil, "q is_string")
	b.refuses(t, "GET", "/search?q="+words(40), nil, "q max_items 32")
}

func words(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "+w%d", i)
	}
	return b.String()
}
