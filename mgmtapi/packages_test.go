package mgmtapi_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const shopSpec = `{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"servers":[{"url":"https://shop.example/v1"}],"paths":{
	"/orders":{"get":{"operationId":"list","responses":{"200":{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Order"}}}}}},
		"post":{"operationId":"create","responses":{"201":{"description":"ok"}}}},
	"/orders/{id}":{"get":{"operationId":"read","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}}},
	"components":{"schemas":{"Order":{"type":"object"},"Unused":{"type":"string"}}}}`

// enforced makes an API with operations whose access is controlled one by one,
// with a gateway that has a route for some of them.
func (s *testServer) enforced(t *testing.T, name, spec string) (api, plane string) {
	t.Helper()
	plane = s.call(t, 201, "POST", "/v2/control-planes", object{"name": "plane of " + name}).text("id")
	service := s.call(t, 201, "POST", "/v2/control-planes/"+plane+"/core-entities/services", object{"name": "backend", "host": "shop.example"}).text("id")
	s.call(t, 201, "POST", "/v2/control-planes/"+plane+"/core-entities/services/"+service+"/routes", object{"name": "orders", "paths": []string{"/v1/orders"}, "methods": []string{"GET"}})
	api = s.apiNamed(t, name, "spec_content", spec)
	s.call(t, 201, "POST", "/v3/apis/"+api+"/implementations", object{"control_plane": object{"control_plane_id": plane}})
	return api, plane
}

// operations are the ids of an API's operations by method and path.
func (s *testServer) operations(t *testing.T, api string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, o := range s.call(t, 200, "GET", "/v3/apis/"+api+"/operations?page[size]=100", nil).at("data").([]any) {
		operation := answer{Body: o.(map[string]any)}
		out[operation.text("method")+" "+operation.text("path")] = operation.text("id")
	}
	return out
}

// packed makes an API of a control plane, and a package that holds some of its
// operations.
func (s *testServer) packed(t *testing.T) (api, pack string) {
	t.Helper()
	api, _ = s.enforced(t, "Shop", shopSpec)
	pack = s.call(t, 201, "POST", "/v3/api-packages", object{"name": "Starter", "version": "1", "description": "To begin with", "attributes": object{"tier": []string{"free"}}}).text("id")
	held := s.operations(t, api)
	s.call(t, 204, "PATCH", "/v3/api-packages/"+pack+"/operations", []object{
		add(held["GET /orders"]), with(add(held["GET /orders/{id}"]), "value", object{"rate_limiting_config": object{"limit": 3, "duration": "hours"}}),
	})
	return api, pack
}

func add(operation string) object { return object{"op": "add", "path": "operations/" + operation} }

func TestOperationsOfAnAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	plain := s.apiNamed(t, "Plain", "spec_content", shopSpec)
	s.call(t, 404, "GET", "/v3/apis/"+plain+"/operations", nil)
	api, plane := s.enforced(t, "Shop", shopSpec)
	list := s.call(t, 200, "GET", "/v3/apis/"+api+"/operations", nil)
	if list.at("meta.page.total") != 3.0 || list.text("data.0.path") != "/orders" || list.text("data.0.method") != "GET" {
		t.Errorf("listed %s", list.Text)
	}
	held := s.operations(t, api)
	one := s.call(t, 200, "GET", "/v3/apis/"+api+"/operations/"+held["GET /orders/{id}"], nil)
	if one.at("implementation_status.matched") != true || one.text("implementation_status.route.name") != "orders" || one.text("implementation_status.service.name") != "backend" {
		t.Errorf("one: %s", one.Text)
	}
	if one := s.call(t, 200, "GET", "/v3/apis/"+api+"/operations/"+held["POST /orders"], nil); one.at("implementation_status.matched") != false || one.at("implementation_status.route") != nil {
		t.Errorf("without a route: %s", one.Text)
	}
	s.call(t, 404, "GET", "/v3/apis/"+plain+"/operations/"+held["POST /orders"], nil)

	// What stays keeps its id, and only force lets others go.
	version := s.call(t, 200, "GET", "/v3/apis/"+api, nil).text("current_version_summary.id")
	path := "/v3/apis/" + api + "/versions/" + version
	less := object{"spec": object{"content": strings.Replace(shopSpec, `"post"`, `"delete"`, 1)}}
	if refused := s.call(t, 409, "PATCH", path, less); !strings.Contains(refused.Text, "POST /orders") {
		t.Errorf("refused with %s", refused.Text)
	}
	s.call(t, 409, "PATCH", path+"?force=false", less)
	s.call(t, 400, "PATCH", path+"?force=perhaps", less)
	s.call(t, 200, "PATCH", path+"?force=true", less)
	after := s.operations(t, api)
	if after["GET /orders"] != held["GET /orders"] || after["POST /orders"] != "" || after["DELETE /orders"] == "" || len(after) != 3 {
		t.Errorf("before %v, after %v", held, after)
	}
	s.call(t, 409, "POST", "/v3/apis/"+api+"/implementations", object{"service": object{"control_plane_id": plane, "id": s.call(t, 200, "GET", "/v2/control-planes/"+plane+"/core-entities/services", nil).text("data.0.id")}})
}

// TestVersionsSwitchOperations: the operations are those of the current version.
func TestVersionsSwitchOperations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	api, _ := s.enforced(t, "Shop", shopSpec)
	s.call(t, 201, "POST", "/v3/apis/"+api+"/versions", object{"version": "2", "spec": object{"content": flights("2")}})
	if got := len(s.operations(t, api)); got != 3 {
		t.Errorf("another version, not the current one, left %d operations", got)
	}
	s.call(t, 409, "PATCH", "/v3/apis/"+api, object{"version": "2"})
	s.call(t, 200, "PATCH", "/v3/apis/"+api+"?force=true", object{"version": "2"})
	if got := len(s.operations(t, api)); got != 0 {
		t.Errorf("%d operations of a version without any", got)
	}
	s.call(t, 200, "PATCH", "/v3/apis/"+api, object{"version": "1"})
	if got := len(s.operations(t, api)); got != 3 {
		t.Errorf("%d operations are back", got)
	}
}

func TestTooManyOperationsToEnforce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	paths := object{}
	for i := range 1001 {
		paths[fmt.Sprintf("/p%d", i)] = object{"get": object{"responses": object{"200": object{"description": "ok"}}}}
	}
	spec := text(t, object{"openapi": "3.0.3", "info": object{"title": "t", "version": "1"}, "paths": paths})
	api, plane := s.enforced(t, "Small", shopSpec)
	version := s.call(t, 200, "GET", "/v3/apis/"+api, nil).text("current_version_summary.id")
	s.call(t, 409, "PATCH", "/v3/apis/"+api+"/versions/"+version+"?force=true", object{"spec": object{"content": spec}})
	large := s.apiNamed(t, "Large", "spec_content", spec)
	s.call(t, 409, "POST", "/v3/apis/"+large+"/implementations", object{"control_plane": object{"control_plane_id": plane}})
}

func TestOperationsOfAPackage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	api, pack := s.packed(t)
	operations := "/v3/api-packages/" + pack + "/operations"
	held := s.operations(t, api)
	list := s.call(t, 200, "GET", operations+"?sort=path", nil)
	if list.at("meta.page.total") != 2.0 || list.text("data.0.id") != held["GET /orders"] || list.at("data.0.rate_limiting_config") != nil ||
		list.at("data.1.rate_limiting_config.limit") != 3.0 || list.text("data.1.api.name") != "Shop" {
		t.Errorf("listed %s", list.Text)
	}
	one := operations + "/" + held["GET /orders"]
	for range 2 { // adding what is there changes nothing but what is said about it
		s.call(t, 204, "PATCH", operations, []object{add(held["GET /orders"])})
		s.call(t, 204, "PATCH", operations, []object{{"op": "replace", "path": "operations/" + held["GET /orders"], "value": object{"rate_limiting_config": object{"limit": 0, "duration": "seconds"}}}})
	}
	if got := s.call(t, 200, "GET", one, nil); got.at("rate_limiting_config.limit") != 0.0 || got.text("rate_limiting_config.duration") != "seconds" {
		t.Errorf("replaced: %s", got.Text)
	}
	s.call(t, 204, "PATCH", operations, []object{{"op": "replace", "path": "operations/" + held["GET /orders"], "value": object{"rate_limiting_config": nil}}})
	if got := s.call(t, 200, "GET", one, nil); got.at("rate_limiting_config") != nil {
		t.Errorf("without a limit: %s", got.Text)
	}

	// All or nothing.
	s.refuses(t, "PATCH", operations, []object{{"op": "remove", "path": "operations/" + held["GET /orders"]}, add(unknownID)}, "body.1.path missing_reference")
	s.call(t, 200, "GET", one, nil)
	plain := s.apiNamed(t, "Plain", "spec_content", shopSpec)
	s.refuses(t, "PATCH", operations, []object{{"op": "remove", "path": "operations/" + held["POST /orders"]}}, "body.0.path missing_reference")
	s.refuses(t, "PATCH", operations, `{"op":"add"}`, "body is_array")
	s.refuses(t, "PATCH", operations, `[]`, "body min_items 1")
	s.refuses(t, "PATCH", operations, `[{"op":"move","path":"orders","more":1},7]`, "body.1 is_object", "body.0.op enum [add remove replace]", "body.0.path matches_regex", "body.0.more unknown_property")
	many := make([]object, 101)
	for i := range many {
		many[i] = add(held["GET /orders"])
	}
	s.refuses(t, "PATCH", operations, many, "body max_items 100")
	s.refuses(t, "PATCH", operations, []object{{"op": "replace", "path": "operations/" + held["GET /orders"]}}, "body.0.value required")

	other, _ := s.enforced(t, "Second shop", shopSpec)
	if clash := s.call(t, 409, "PATCH", operations, []object{add(s.operations(t, other)["GET /orders"])}); !strings.Contains(clash.Text, "GET /orders") {
		t.Errorf("clash: %s", clash.Text)
	}
	s.call(t, 204, "PATCH", operations, []object{add(s.operations(t, other)["POST /orders"])})

	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "GET", one, nil)
	s.call(t, 404, "DELETE", one, nil)
	s.call(t, 204, "DELETE", "/v3/apis/"+api, nil)
	if left := s.call(t, 200, "GET", operations, nil); left.at("meta.page.total") != 1.0 || left.text("data.0.api.name") != "Second shop" {
		t.Errorf("after the first API is gone: %s", left.Text)
	}
	s.call(t, 404, "GET", "/v3/apis/"+plain+"/operations", nil)
}

// TestSpecificationsOfAPackage: the computed one holds what is chosen, follows
// the APIs, and steps back for one that is put.
func TestSpecificationsOfAPackage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	api, pack := s.packed(t)
	path := "/v3/api-packages/" + pack
	computed := func() *openapi3.T {
		t.Helper()
		doc, err := openapi3.NewLoader().LoadFromData([]byte(s.call(t, 200, "GET", path+"/computed-specification", nil).text("content")))
		check(t, err)
		check(t, doc.Validate(t.Context()))
		return doc
	}
	doc := computed()
	if doc.Info.Title != "Starter" || doc.Info.Version != "1" || doc.Info.Description != "To begin with" || len(doc.Components.Schemas) != 1 ||
		doc.Paths.Find("/orders").Post != nil || doc.Paths.Find("/orders/{id}").Get == nil || doc.Servers[0].URL != "https://shop.example/v1" {
		t.Errorf("computed %+v", doc)
	}
	s.call(t, 404, "GET", path+"/current-specification", nil)
	s.call(t, 404, "DELETE", path+"/current-specification", nil)
	s.refuses(t, "PUT", path+"/current-specification", object{}, "content required")
	s.refuses(t, "PUT", path+"/current-specification", object{"content": "no"}, "content invalid")
	s.refuses(t, "PUT", path+"/current-specification", object{"content": flights("9"), "type": "oas2"}, "type invalid")
	for range 2 {
		put := s.call(t, 200, "PUT", path+"/current-specification", object{"content": flights("9"), "type": "oas3"})
		same(t, "the current specification, read back", put.Body, s.call(t, 200, "GET", path+"/current-specification", nil).Body)
		s.call(t, 204, "DELETE", path+"/current-specification", nil)
	}
	s.call(t, 200, "PATCH", path, object{"name": "Renamed", "description": nil})
	version := s.call(t, 200, "GET", "/v3/apis/"+api, nil).text("current_version_summary.id")
	s.call(t, 200, "PATCH", "/v3/apis/"+api+"/versions/"+version+"?force=true", object{"spec": object{"content": strings.Replace(shopSpec, `"/orders/{id}"`, `"/orders/{number}"`, 1)}})
	if doc := computed(); doc.Info.Title != "Renamed" || doc.Info.Description != "" || doc.Paths.Len() != 1 {
		t.Errorf("after changes: %+v", doc)
	}
	s.call(t, 204, "DELETE", "/v3/apis/"+api, nil)
	s.call(t, 404, "GET", path+"/computed-specification", nil)
}

// TestPackagesAreNoAPIs: on the wire they are two resources.
func TestPackagesAreNoAPIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	api, pack := s.packed(t)
	for path, id := range map[string]string{"/v3/apis/": pack, "/v3/api-packages/": api} {
		for _, below := range []string{"", "/documents", "/operations", "/images/icon"} {
			s.call(t, 404, "GET", path+id+below, nil)
		}
		s.call(t, 404, "DELETE", path+id, nil)
	}
	s.lists(t, "/v3/apis", "name", "Shop")
	s.lists(t, "/v3/api-packages", "name", "Starter")
	s.call(t, 201, "POST", "/v3/api-packages", object{"name": "Shop"}) // the name of an API
	if taken := s.call(t, 409, "POST", "/v3/apis", object{"name": "x", "slug": "starter-1"}); !strings.Contains(taken.Text, "slug") {
		t.Errorf("the slug of a package: %s", taken.Text)
	}
}

// TestWarningOfOperationsWithoutARoute: they seem to be guarded, and are not.
func TestWarningOfOperationsWithoutARoute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	api, _ := s.enforced(t, "Shop", shopSpec)
	put := s.call(t, 200, "PUT", "/v3/apis/"+api+"/publications/"+w.portal, object{"auth_strategy_ids": []string{w.strategy}})
	if !strings.Contains(put.text("warnings.0"), "No route leads to 1 of") {
		t.Errorf("published with %s", put.Text)
	}
}

// TestPackagesArePublished: as APIs are, and registered for as APIs are.
func TestPackagesArePublished(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	_, pack := s.packed(t)
	empty := s.call(t, 201, "POST", "/v3/api-packages", object{"name": "Empty"}).text("id")
	path := "/v3/api-packages/" + pack + "/publications/" + w.portal
	s.call(t, 404, "GET", path, nil)
	for range 2 {
		put := s.call(t, 200, "PUT", path, object{"auth_strategy_ids": []string{w.strategy}, "visibility": "public", "auto_approve_registrations": true})
		same(t, "the publication, read back", put.Body, s.call(t, 200, "GET", path, nil).Body)
		if warnings := put.at("warnings").([]any); len(warnings) != 0 {
			t.Errorf("warned of %v", warnings)
		}
	}
	if got := s.call(t, 200, "PUT", "/v3/api-packages/"+empty+"/publications/"+w.portal, object{"auth_strategy_ids": []string{w.strategy}}); len(got.at("warnings").([]any)) != 1 {
		t.Errorf("a package without operations: %s", got.Text)
	}
	for filter, want := range map[string]float64{"": 3, "?filter[entity_type]=api_package": 2, "?filter[entity_type][neq]=api_package": 1} {
		if got := s.call(t, 200, "GET", "/v3/api-publications"+filter, nil); got.at("meta.page.total") != want {
			t.Errorf("%s: %s", filter, got.Text)
		}
	}
	app := s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	registration := s.call(t, 201, "POST", w.applications()+"/"+app+"/registrations", object{"api_id": pack})
	if registration.text("status") != "approved" || registration.text("api.entity_type") != "api_package" || registration.text("api.name") != "Starter" {
		t.Errorf("registered: %s", registration.Text)
	}
	s.call(t, 204, "DELETE", path, nil)
	s.call(t, 404, "DELETE", path, nil)
}

func TestImagesOfPackages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, pack := s.packed(t)
	path := "/v3/api-packages/" + pack + "/images/icon"
	s.call(t, 404, "GET", path, nil)
	image := object{"data": "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n...."))}
	for i, status := range []int{http.StatusCreated, http.StatusOK} {
		put := s.call(t, status, "PUT", path, image)
		same(t, fmt.Sprintf("image %d, read back", i), put.Body, s.call(t, 200, "GET", path, nil).Body)
		if put.text("api_package_id") != pack || put.at("api_id") != nil {
			t.Errorf("put %s", put.Text)
		}
	}
	s.call(t, 204, "DELETE", path, nil)
	s.call(t, 404, "DELETE", path, nil)
}

func TestDocumentsOfPackagesMove(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, pack := s.packed(t)
	path := "/v3/api-packages/" + pack + "/documents"
	var ids []string
	for _, title := range []string{"One", "Two", "Three"} {
		ids = append(ids, s.call(t, 201, "POST", path, object{"content": "# " + title}).text("id"))
	}
	s.call(t, 204, "POST", path+"/"+ids[2]+"/move", object{"parent_document_id": ids[0], "index": 0})
	s.call(t, 204, "POST", path+"/"+ids[0]+"/move", object{"index": -1})
	s.call(t, 409, "POST", path+"/"+ids[0]+"/move", object{"parent_document_id": ids[2], "index": 0})
	if tree := s.call(t, 200, "GET", path, nil); tree.text("data.0.title") != "Two" || tree.text("data.1.children.0.title") != "Three" {
		t.Errorf("the tree is %s", tree.Text)
	}
}
