package mgmtapi_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/spectest"
)

// list is a collection of a test's world, and where the items show the fields
// that it is filtered and sorted by, if not under their own names.
type list struct {
	id    string // of the operation
	shows map[string]func(item answer) any
}

// member reads a dotted path.
func member(path string) func(answer) any { return func(item answer) any { return item.at(path) } }

// value is a field of an item.
func (l list) value(item answer, field string) any {
	if f, other := l.shows[field]; other {
		return f(item)
	}
	return item.at(field)
}

// TestListsFilterSortAndPage asks every list for everything that the contract
// lets a client ask for, and works out from the items themselves what is right.
func TestListsFilterSortAndPage(t *testing.T) {
	t.Parallel()
	oracle := spectest.Management(t)
	if oracle == nil {
		t.Skip("the public contracts are not at hand")
	}
	contract := oracle.Described()
	s := newServer(t)
	s.clock.now = s.clock.now.Truncate(time.Millisecond) // what an item shows is what a filter can name
	params := s.crowd(t)
	owner := func(kind string) func(answer) any {
		return func(item answer) any {
			if item.text("owner.type") == kind {
				return item.at("owner.id")
			}
			return nil
		}
	}
	developer := func(registration answer) any {
		return owner("developer")(s.call(t, 200, "GET", "/v3/applications/"+registration.text("application.id"), nil))
	}
	published := func(publication answer) any {
		if publication.text("entity_type") == "api_package" {
			return s.named(t, "/v3/api-packages/", "api_id")(publication)
		}
		return s.named(t, "/v3/apis/", "api_id")(publication)
	}
	ownerOf := func(what string) func(answer) any {
		return func(registration answer) any { return registration.at("application.owner." + what) }
	}
	for _, l := range []list{
		{"list-dcr-providers", map[string]func(answer) any{"initial_client_id": member("dcr_config.initial_client_id"), "initial_client_audience": member("dcr_config.initial_client_audience")}},
		{"list-app-auth-strategies", map[string]func(answer) any{"dcr_provider_id": member("dcr_provider.id"), "dcr_provider_name": member("dcr_provider.name"), "dcr_provider_type": member("dcr_provider.provider_type")}},
		{"list-portals", nil}, {"list-portal-pages", nil}, {"list-portal-snippets", nil},
		{"list-applications", map[string]func(answer) any{"developer_id": owner("developer"), "team_id": owner("team")}},
		{"list-developers-by-application", nil},
		{"list-registrations", map[string]func(answer) any{"developer_id": developer, "application_name": member("application.name")}},
		{"list-registrations-by-application", nil},
		{"list-portal-teams", nil},
		{"list-portal-team-developers", nil},
		{"list-portal-developers", map[string]func(answer) any{"name": member("full_name")}},
		{"list-portal-developer-teams", nil},
		{"list-portal-team-roles", nil},
		{"list-apis", nil},
		{"list-api-documents", nil},
		{"list-api-versions", map[string]func(answer) any{"type": member("spec.type")}},
		{"list-api-publications", map[string]func(answer) any{"api_name": published, "portal_name": s.named(t, "/v3/portals/", "portal_id"), "auth_strategy_id": member("auth_strategy_ids.0")}},
		{"list-portal-api-publications", map[string]func(answer) any{"api_name": published, "auth_strategy_id": member("auth_strategy_ids.0")}},
		{"list-api-implementations", map[string]func(answer) any{"service_id": member("service.id"), "control_plane_id": func(item answer) any {
			return cmp.Or(item.at("service.control_plane_id"), item.at("control_plane.control_plane_id"))
		}}},
		{"list-api-attributes", nil},
		{"list-api-operations", nil},
		{"list-api-packages", nil},
		{"list-api-packages-operations", map[string]func(answer) any{"api_id": member("api.id")}},
		{"list-api-package-documents", nil},
		{"list-api-registrations", map[string]func(answer) any{
			"portal_id": member("portal.id"), "portal_name": member("portal.name"), "application_id": member("application.id"), "application_name": member("application.name"),
			"application_owner_type": ownerOf("type"), "application_owner_id": ownerOf("id"),
		}},
		{"list-email-domains", map[string]func(answer) any{"verification_status": member("verification.status")}},
		{"list-control-planes", map[string]func(answer) any{"cluster_type": member("config.cluster_type"), "cloud_gateway": member("config.cloud_gateway")}},
	} {
		t.Run(l.id, func(t *testing.T) {
			op, known := contract[l.id]
			if !known {
				t.Fatal("the contract has no such list")
			}
			own := maps.Clone(params)
			if l.id == "list-developers-by-application" {
				own["applicationId"] = params["ours"]
			}
			if l.id == "list-api-operations" {
				own["apiId"] = params["shop"]
			}
			s.explore(t, op, l, fillPath(t, op.Path, own))
		})
	}
}

// named looks a name up by the id that an item has.
func (s *testServer) named(t *testing.T, path, id string) func(answer) any {
	return func(item answer) any { return s.call(t, 200, "GET", path+item.text(id), nil).at("name") }
}

// explore asks one list for everything.
func (s *testServer) explore(t *testing.T, op spectest.Operation, l list, path string) {
	t.Helper()
	all := s.items(t, path, url.Values{"page[size]": {"1000"}})
	if len(all) < 2 {
		t.Fatalf("%d items are too few to tell anything", len(all))
	}
	for _, field := range slices.Sorted(maps.Keys(op.Filters)) {
		var values []string
		for _, item := range all {
			if v := l.value(item, field); v != nil {
				values = append(values, fmt.Sprint(v))
			}
		}
		if len(values) == 0 && len(op.Filters[field]) > 0 {
			if field != "attributes" { // which developers do not have
				t.Errorf("no item has a %s: its filter is not tried", field)
			}
			continue
		}
		for _, operator := range op.Filters[field] {
			s.filter(t, l, path, all, field, operator, values)
		}
	}
	for _, field := range op.Sorts {
		s.sorted(t, l, path, len(all), field)
	}
	s.paged(t, path, all)
}

// filter asks for what has a value that some item has, by one operator.
func (s *testServer) filter(t *testing.T, l list, path string, all []answer, field, operator string, values []string) {
	t.Helper()
	value := values[0]
	switch operator {
	case "contains":
		value = strings.ToUpper(value[:(len(value)+1)/2])
	case "ocontains":
		value = strings.ToUpper(value[:1]) + "," + values[len(values)-1]
	case "oeq":
		value += "," + values[len(values)-1]
	}
	got := s.items(t, path, url.Values{filterName(field, operator): {value}, "page[size]": {"1000"}})
	var want []string
	for _, item := range all {
		if holds(operator, l.value(item, field), value) {
			want = append(want, identityOf(item))
		}
	}
	if !reflect.DeepEqual(identities(got), want) {
		t.Errorf("%s=%s: got %v, want %v", filterName(field, operator), value, identities(got), want)
	}
}

// holds says whether a filter's condition holds for what an item has.
func holds(operator string, has any, value string) bool {
	if has == nil {
		return operator == "neq"
	}
	text := fmt.Sprint(has)
	contains := func(part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	switch operator {
	case "", "eq":
		return text == value
	case "neq":
		return text != value
	case "contains":
		return contains(value)
	case "oeq":
		return slices.Contains(strings.Split(value, ","), text)
	case "ocontains":
		return slices.ContainsFunc(strings.Split(value, ","), contains)
	case "lt":
		return text < value
	case "lte":
		return text <= value
	case "gt":
		return text > value
	case "gte":
		return text >= value
	}
	return false
}

// sorted asks for an order, and for its opposite.
func (s *testServer) sorted(t *testing.T, l list, path string, total int, field string) {
	t.Helper()
	for _, direction := range []string{"", " asc", " desc"} {
		items := s.items(t, path, url.Values{"sort": {field + direction}, "page[size]": {"1000"}})
		if len(items) != total {
			t.Errorf("sort=%s%s: %d items of %d", field, direction, len(items), total)
		}
		siblings := map[string][]string{} // in a tree, everybody is sorted below his parent
		for _, item := range items {
			v := l.value(item, field)
			if v == nil {
				v = "" // nothing is less than anything
			}
			parent := item.text("parent_page_id")
			siblings[parent] = append(siblings[parent], fmt.Sprint(v))
		}
		for _, values := range siblings {
			if direction == " desc" {
				slices.Reverse(values)
			}
			if !slices.IsSorted(values) {
				t.Errorf("sort=%s%s: %q", field, direction, values)
			}
		}
	}
}

// paged walks through the collection one by one: a stable order, a true total.
func (s *testServer) paged(t *testing.T, path string, all []answer) {
	t.Helper()
	a := s.call(t, 200, "GET", path, nil)
	if a.at("meta.page.number") == nil { // a tree
		return
	}
	var walked []string
	for number := 1; number <= len(all)+1; number++ {
		page := s.call(t, 200, "GET", path+fmt.Sprintf("?page[size]=1&page[number]=%d", number), nil)
		page.has(t, map[string]any{"meta.page": map[string]any{"number": number, "size": 1, "total": len(all)}})
		walked = append(walked, identities(itemsOf(page))...)
	}
	if want := identities(all); !reflect.DeepEqual(walked, want) {
		t.Errorf("page by page %v, at once %v", walked, want)
	}
}

// items asks for a list. The contract's reader does not tell the two forms of a
// filter apart reliably, so it looks at the answer alone.
func (s *testServer) items(t *testing.T, path string, q url.Values) []answer {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + s.token}, spectest.Lenient: {"1"}}
	a := s.request(t, "GET", path+"?"+q.Encode(), nil, header)
	if a.Status != 200 {
		text, _ := url.QueryUnescape(q.Encode())
		t.Errorf("%s?%s: status %d: %s", path, text, a.Status, a.Text)
	}
	return itemsOf(a)
}

// itemsOf are the items of a list, and of a tree with its branches.
func itemsOf(a answer) []answer {
	var out []answer
	rows, _ := a.Body["data"].([]any)
	for _, row := range rows {
		item := answer{Body: row.(map[string]any)}
		out = append(out, item)
		if children, tree := item.Body["children"]; tree {
			out = append(out, itemsOf(answer{Body: map[string]any{"data": children}})...)
		}
	}
	return out
}

// identityOf is the id of an item, or all of one that has none.
func identityOf(item answer) string {
	for _, name := range []string{"id", "domain"} {
		if id := item.text(name); id != "" {
			return id
		}
	}
	raw, _ := json.Marshal(item.Body)
	return string(raw)
}

func identities(items []answer) []string {
	var out []string
	for _, item := range items {
		out = append(out, identityOf(item))
	}
	return out
}

// crowd fills a server with some of everything, different in every field that a
// list can be asked for, and returns the ids that paths are made of.
func (s *testServer) crowd(t *testing.T) map[string]string {
	t.Helper()
	w := s.newWorld(t)
	s.keep(hidden()...)
	post := func(path string, body object) string { return s.call(t, 201, "POST", path, body).text("id") }
	for _, kind := range []string{"auth0", "curity", "http"} {
		post(providers, provider(kind))
	}
	post(strategies, with(openID(), "name", "Own clients", "display_name", "Own"))
	keys := post(strategies, keyAuth())

	portal := "/v3/portals/" + w.portal
	second := post("/v3/portals", object{
		"name": "second", "description": "Another", "authentication_enabled": false, "rbac_enabled": true, "default_api_visibility": "public", "default_page_visibility": "public",
		"default_application_auth_strategy_id": keys, "auto_approve_developers": true, "auto_approve_applications": true,
	})
	s.call(t, 200, "PATCH", portal, object{"default_application_auth_strategy_id": w.strategy})
	s.call(t, 201, "POST", "/v3/portals/"+second+"/custom-domain", object{"hostname": "second.example", "enabled": true, "ssl": object{"domain_verification_method": "http"}})
	post("/v3/portals", object{"name": "third"})
	page := post(portal+"/pages", object{"slug": "first", "title": "First", "content": "", "visibility": "public"})
	post(portal+"/pages", object{"slug": "below", "title": "Below", "content": "", "parent_page_id": page})
	post(portal+"/pages", object{"slug": "last", "title": "Last", "content": ""})
	for i, name := range []string{"alpha", "beta", "gamma"} {
		post(portal+"/snippets", object{"name": name, "title": strings.ToUpper(name), "content": "", "visibility": []string{"public", "private"}[i%2]})
	}

	other := s.newDeveloper(t, w.portal, "other@example.com")
	post(portal+"/developers", object{"email": "late@example.com", "full_name": "Late", "status": "pending"})
	team := post(portal+"/teams", object{"name": "Crew", "can_own_applications": true})
	ground := post(portal+"/teams", object{"name": "Ground"})
	for _, d := range []string{w.developer, other} {
		s.call(t, 201, "POST", portal+"/teams/"+team+"/developers", object{"id": d})
	}
	s.call(t, 201, "POST", portal+"/teams/"+ground+"/developers", object{"id": w.developer})
	for _, role := range []string{"API Viewer", "API Consumer"} {
		post(portal+"/teams/"+team+"/assigned-roles", object{"role_name": role, "entity_id": w.api, "entity_type_name": "Services", "entity_region": "*"})
	}

	api := "/v3/apis/" + w.api
	s.call(t, 200, "PATCH", api, object{"labels": object{"env": "test"}, "attributes": object{"domain": []string{"air"}, "stage": []string{"beta"}}})
	more := post("/v3/apis", object{"name": "Second API", "version": "2", "attributes": object{"domain": []string{"sea"}}})
	post("/v3/apis", object{"name": "Third API", "version": "1"})
	s.call(t, 200, "PUT", "/v3/apis/"+more+"/publications/"+w.portal, object{"auth_strategy_ids": []string{w.strategy}})
	s.call(t, 200, "PUT", "/v3/apis/"+more+"/publications/"+second, object{"auth_strategy_ids": nil, "visibility": "public"})
	for i, kind := range []string{"one", "two", "three"} {
		post(api+"/documents", object{"content": "# " + kind, "status": []string{"published", "unpublished"}[i%2]})
	}
	post(api+"/versions", object{"version": "7", "spec": object{"content": `{"swagger":"2.0","info":{"title":"x","version":"7"},"paths":{}}`}})
	post(api+"/versions", object{"version": "8", "spec": object{"content": flights("8")}})
	for _, id := range []string{w.api, more} {
		plane := post("/v2/control-planes", object{"name": "plane of " + id})
		service := post("/v2/control-planes/"+plane+"/core-entities/services", object{"name": "s", "host": "s.example"})
		s.call(t, 201, "POST", "/v3/apis/"+id+"/implementations", object{"service": object{"control_plane_id": plane, "id": service}})
	}

	shop, pack := s.packed(t)
	s.call(t, 200, "PUT", "/v3/api-packages/"+pack+"/publications/"+w.portal, object{"auth_strategy_ids": []string{w.strategy}})
	post("/v3/api-packages", object{"name": "Empty", "version": "2", "labels": object{"env": "test"}})
	for _, status := range []string{"published", "unpublished"} {
		post("/v3/api-packages/"+pack+"/documents", object{"content": "# " + status, "status": status})
	}

	mine := post(w.applications(), w.application("Mine"))
	for _, app := range []string{mine, post(w.applications(), with(w.application("Theirs"), "owner.id", other)), post(w.applications(), with(w.application("Ours"), "owner.type", "team", "owner.id", team))} {
		post(w.applications()+"/"+app+"/registrations", object{"api_id": w.api, "status": []string{"approved", "pending"}[len(app)%2]})
		if app == mine {
			post(w.applications()+"/"+app+"/registrations", object{"api_id": more, "status": "pending"})
		}
	}
	for _, name := range []string{"one.example", "two.example"} {
		s.call(t, 201, "POST", "/v3/portals/email-domains", object{"domain": name})
	}
	ours := s.call(t, 200, "GET", w.applications()+"?filter[name]=Ours", nil).text("data.0.id")
	return map[string]string{"portalId": w.portal, "apiId": w.api, "teamId": team, "developerId": w.developer, "applicationId": mine, "ours": ours, "shop": shop, "packageId": pack}
}
