package apis_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/control"
	"portico/routing"
	"portico/webtest"
	"portico/webui/consoletest"
)

const invoices = `openapi: 3.1.0
info: {title: Invoices, version: "1.0"}
paths:
  /invoices:
    get: {summary: List invoices, responses: {"200": {description: ok}}}
  /orders:
    get: {summary: Orders to bill, responses: {"200": {description: ok}}}
`

// guard links an API to the whole default control plane; without an API it
// makes a route for the paths below /orders.
func guard(t testing.TB, h *consoletest.House, apis ...control.APIView) {
	t.Helper()
	plane, err := h.Gateways.EnsureDefault(t.Context())
	must(t, err)
	for _, a := range apis {
		_, err = h.Implementations.Create(t.Context(), a.ID, plane.ID, nil)
		must(t, err)
	}
	service, err := h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{Name: portico.Some("orders"), URL: portico.Some("http://orders.internal.example")})
	must(t, err)
	_, err = h.Gateways.CreateRoute(t.Context(), plane.ID, routing.RouteFields{Name: portico.Some("orders"), Paths: portico.Some([]string{"/orders"}), Service: portico.Some(string(service.ID))})
	must(t, err)
}

func newPackage(t testing.TB, h *consoletest.House, name string) control.APIView {
	t.Helper()
	made, err := h.APIs.Create(t.Context(), control.NewAPI{Name: name, IsPackage: true, Version: new("2026"), RateLimit: &portico.RateLimit{Limit: 60, Duration: "minutes"}})
	must(t, err)
	return made
}

func packagePath(a control.APIView) string { return "/packages/" + string(a.ID) }

// operationsOf are the ids of an API's operations by method and path.
func operationsOf(t testing.TB, h *consoletest.House, a control.APIView) map[string]string {
	t.Helper()
	found, err := h.Packages.Operations(t.Context(), a.ID, portico.Everything())
	must(t, err)
	out := map[string]string{}
	for _, o := range found.Items {
		out[o.Key()] = string(o.ID)
	}
	return out
}

func TestAPackageIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.As(t, "en")
	admin.Get("/packages").Is(200, "/packages").Says("No API package yet")
	form := admin.Get("/packages/new").Is(200, "/packages/new").Hides("Specification")
	filled := url.Values{"name": {"Starter"}, "version": {"1"}, "slug": {"starter-form"}, "limit": {"60"}, "duration": {"hours"}, "attributes": {"plan: free"}, "labels": {"team=a"}}
	again := call(filled)
	again["slug"], again["name"] = []string{"starter-call"}, []string{"Starter by call"}
	if answer := h.Run(t, form.Submit("/new", again).Is(200, "/packages/new")); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", filled).Is(200, "/packages/").Says("Starter is created", "60 an hour")
	for field, value := range map[string]string{"name": "", "limit": "-1", "slug": "a b"} {
		sent := url.Values{"name": {"A"}, "duration": {"minutes"}, field: {value}}
		form.Submit("/new", sent).Is(422, "/packages/new").Fault(field)
	}
	form.Submit("/new", url.Values{"name": {"A"}, "limit": {"1"}, "duration": {"days"}}).Is(422, "/packages/new").Fault("duration")
	found, err := h.APIs.List(t.Context(), portico.ListQuery{Size: 9, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	must(t, err)
	if found.Total != 2 {
		t.Fatalf("%d packages are made", found.Total)
	}
	byForm, byCall := found.Items[0], found.Items[1]
	if !byForm.IsPackage || !byCall.IsPackage || *byForm.RateLimit != (portico.RateLimit{Limit: 60, Duration: "hours"}) || *byForm.RateLimit != *byCall.RateLimit ||
		byForm.Attributes["plan"][0] != "free" || byCall.Attributes["plan"][0] != "free" || byForm.Labels["team"] != byCall.Labels["team"] || *byForm.Version != *byCall.Version {
		t.Errorf("the form makes %+v, its call %+v", byForm, byCall)
	}
	admin.Get("/packages?q=call").Says("Starter by call", "60 an hour", "Not published")
	admin.Get("/packages?q=none").Says("Nothing matches")
	admin.Get("/apis").Says("No API yet").Hides("Starter")

	at := packagePath(byForm)
	page := admin.Get(at).Is(200, at).Says("At a glance", "0 operations")
	change := url.Values{"limit": {""}, "description": {"For a start"}}
	seen := page.Submit(at, call(change)).Is(200, at)
	page.Submit(at, change).Is(200, at).Says("Starter is saved")
	changed, err := h.APIs.ByID(t.Context(), byForm.ID)
	must(t, err)
	if changed.RateLimit != nil || *changed.Description != "For a start" || changed.Slug != "starter-form" {
		t.Errorf("saved as %+v", changed.API)
	}
	if answer := h.Run(t, seen); answer.Status != 200 || answer.Body["rate_limiting_config"] != nil {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Get("/apis/"+string(byForm.ID)+"/portals?size=10").Is(200, at+"/portals")
	admin.Post("/apis/"+string(byForm.ID), url.Values{"name": {"x"}}).Is(404, "/apis/")

	confirm := admin.Get(at+"/delete").Is(200, at).Says("Starter is deleted", "The APIs and their operations stay")
	gone := confirm.Submit("/delete", call(nil)).Is(200, at)
	confirm.Submit("/delete", nil).Is(200, "/packages").Says("Starter is deleted")
	if answer := h.Run(t, gone); answer.Status != 404 {
		t.Errorf("the call answers %d", answer.Status)
	}
}

func TestOperationsOfAPackage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pack, orders := newPackage(t, h, "Starter"), newAPI(t, h, "Orders")
	admin, at := h.As(t, "en"), packagePath(pack)+"/operations"
	admin.Get(at).Is(200, at).Says("No operations yet")
	admin.Get(at + "/add").Says("No API to take operations from")
	billing, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Billing", Specification: new(invoices)})
	must(t, err)
	guard(t, h, orders, billing)
	ids, others := operationsOf(t, h, orders), operationsOf(t, h, billing)

	admin.Get(at+"/add").Is(200, at).Says("/invoices").Hides("Place an order") // by name, Billing comes first
	form := admin.Get(at+"/add?api="+string(orders.ID)).Is(200, at).Says("List orders", "Place an order")
	admin.Get(at + "/add?api=" + string(orders.ID) + "&q=none").Says("Nothing matches")
	add := "/add?api=" + string(orders.ID)
	form.Submit(add, url.Values{"operation": nil}).Is(422, at).Fault("operation")
	form.Submit(add, url.Values{"operation": {"00000000-0000-4000-8000-000000000000"}}).Fault("operation")
	form.Submit(add, url.Values{"operation": {ids["GET /orders"]}, "limit": {"many"}}).Is(422, at).Fault("limit")

	one := url.Values{"operation": {ids["POST /orders"]}, "limit": {"5"}, "duration": {"seconds"}}
	if answer := h.Run(t, form.Submit(add, call(one)).Is(200, at)); answer.Status != 204 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	byCall, err := h.Packages.HeldOne(t.Context(), pack.ID, portico.OperationID(ids["POST /orders"]))
	must(t, err)
	must(t, h.Packages.RemoveOperation(t.Context(), pack.ID, byCall.Operation.ID))
	form.Submit(add, one).Is(200, at).Says("The operations are added to Starter")
	byForm, err := h.Packages.HeldOne(t.Context(), pack.ID, portico.OperationID(ids["POST /orders"]))
	must(t, err)
	if *byForm.Held.RateLimit != *byCall.Held.RateLimit || byForm.Held.RateLimit.Limit != 5 {
		t.Errorf("the form adds %+v, its call %+v", byForm.Held, byCall.Held)
	}
	form.Submit(add, url.Values{"operation": {ids["GET /orders"]}}).Is(200, at).Says("5 a second", "60 a minute", "Reachable", "Place an order")
	admin.Get(at+"/add?api="+string(billing.ID)).Submit(string(billing.ID), url.Values{"operation": {others["GET /orders"]}}).Is(409, at).Says("of the API [Orders] already")
	admin.Get(at + "/add?api=" + string(orders.ID)).Says("In the package already")
	admin.Get(at + "?q=none").Says("Nothing matches")

	limit := admin.Get(at+"/"+ids["POST /orders"]).Is(200, at).Says("POST /orders", "60 a minute")
	limit.Submit(ids["POST /orders"], url.Values{"limit": {"0.5"}}).Is(422, at).Fault("limit")
	if answer := h.Run(t, limit.Submit(ids["POST /orders"], call(url.Values{"limit": {"7"}, "duration": {"hours"}}))); answer.Status != 204 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Get(at).Says("7 an hour")
	limit.Submit(ids["POST /orders"], url.Values{"limit": {""}}).Is(200, at).Says("The limit of POST /orders is saved").Hides("7 an hour")
	if held, err := h.Packages.HeldOne(t.Context(), pack.ID, byForm.Operation.ID); err != nil || held.Held.RateLimit != nil {
		t.Errorf("saved as %+v, %v", held.Held, err)
	}

	confirm := admin.Get(at+"/"+ids["POST /orders"]+"/remove").Is(200, at).Says("POST /orders is removed from Starter")
	seen := confirm.Submit("/remove", call(nil)).Is(200, at)
	confirm.Submit("/remove", nil).Is(200, at).Says("POST /orders is removed").Hides("Place an order")
	if answer := h.Run(t, seen); answer.Status != 404 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Get(at+"/"+ids["POST /orders"]).Is(404, at)
}

func TestTheSpecificationOfAPackage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pack, orders := newPackage(t, h, "Starter"), newAPI(t, h, "Orders")
	guard(t, h, orders)
	admin, at := h.As(t, "en"), packagePath(pack)+"/specification"
	admin.Get(at).Is(200, at).Says("It is computed as soon as the package has operations")
	admin.Get(at+"/content").Is(404, at)
	admin.Get(packagePath(pack)+"/operations/add").Submit("/add", url.Values{"operation": {operationsOf(t, h, orders)["GET /orders"]}})
	admin.Get(at).Is(200, at).Says("Computed", "1 operation", "List orders").Hides("Place an order", "Use the computed one")

	form := admin.Get(at+"/edit").Is(200, at).Says("List orders") // what is computed, to begin with
	form.Submit("/edit", url.Values{"content": {"openapi: [\n"}}).Fault("content").Says("line 1")
	form.Submit("/edit", url.Values{"content": {""}}).Is(422, at).Fault("content")
	h.Clock.Advance(time.Minute)
	if answer := h.Run(t, form.Submit("/edit", call(url.Values{"content": {invoices}})).Is(200, at)); answer.Status != 200 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Get(at).Says("Your own", "Orders to bill", "2 operations")
	form.Submit("/edit", url.Values{"content": {later}}).Is(200, at).Says("The specification of Starter is saved", "Portals show a specification of your own", "One order")
	admin.Get(at+"?view=computed").Says("Portals do not show this specification", "List orders").Hides("One order")
	if got := admin.Get(at + "/content"); got.Body != later || !strings.Contains(got.Header.Get("Content-Disposition"), "specification.yaml") {
		t.Errorf("downloaded %q", got.Body)
	}
	admin.Get(at + "/content?view=computed").Says("List orders").Hides("One order")

	confirm := admin.Get(at+"/delete").Is(200, at).Says("Your specification of Starter is deleted")
	seen := confirm.Submit("/delete", call(nil)).Is(200, at)
	confirm.Submit("/delete", nil).Is(200, at).Says("Starter has its computed specification again", "List orders").Hides("One order")
	if answer := h.Run(t, seen); answer.Status != 404 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
}

// TestAPackageIsPublishedAndDocumented holds that what packages share with APIs
// goes to the operations of the management API that are for packages.
func TestAPackageIsPublishedAndDocumented(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pack, strategy, portal := newPackage(t, h, "Starter"), newStrategy(t, h), newPortal(t, h, "Developers")
	admin, at := h.As(t, "en"), packagePath(pack)
	form := admin.Get(at+"/publish?portal="+string(portal.ID)).Is(200, at)
	filled := url.Values{"portal": {string(portal.ID)}, "visibility": {"public"}, "strategy": {string(strategy.ID)}, "auto_approve": {"on"}}
	if answer := h.Run(t, form.Submit("/publish", call(filled)).Hides("not enforced yet")); answer.Status != 200 || answer.Body["visibility"] != "public" {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/publish", filled).Is(200, at+"/portals").Says("Starter is published to Developers", "Okta auth strategy").Hides("not enforced yet")
	if answer := h.Run(t, admin.Get(at+"/portals/"+string(portal.ID)+"/unpublish").Submit("/unpublish", call(nil))); answer.Status != 204 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	document := admin.Get(at+"/documents/new").Is(200, at)
	if answer := h.Run(t, document.Submit("/new", call(url.Values{"title": {"By call"}, "content": {"text"}}))); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	document.Submit("/new", url.Values{"title": {"Guide"}, "content": {"text"}}).Is(200, at+"/documents/").Says("Guide is saved")
	admin.Get(at+"/documents").Says("By call", "Guide")
	png := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 40)...)
	if answer := h.Run(t, admin.Upload(at+"/image?view=call", "image", "image/png", png).Is(200, at)); answer.Status != 201 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Get(at+"/applications").Is(200, at).Says("No applications yet")
}

func TestWhoMayWhatWithPackages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen, hidden, secret := newPackage(t, h, "Seen"), newPackage(t, h, "Hidden"), newAPI(t, h, "Secret")
	guard(t, h, secret)
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.APIs, Entity: string(seen.ID)})
	viewer.Get("/packages").Is(200, "/packages").Says("Seen").Hides("Hidden", "/packages/new")
	viewer.Get(packagePath(hidden)).Is(403, packagePath(hidden))
	for _, tab := range []string{"", "/operations", "/specification", "/documents", "/portals", "/applications"} {
		viewer.Get(packagePath(seen)+tab).Is(200, packagePath(seen)).Hides("View as API call", "/publish\"", "/delete\"", "/operations/add")
	}
	for _, action := range []string{"", "/delete", "/operations/add", "/operations/x", "/operations/x/remove", "/specification/edit", "/specification/delete"} {
		viewer.Post(packagePath(seen)+action, url.Values{"name": {"x"}}).Is(403, packagePath(seen))
	}
	viewer.Post("/packages/new", url.Values{"name": {"x"}}).Is(403, "/packages")
	// Operations are offered of APIs alone that the maintainer may look at.
	maintainer := h.As(t, "en", access.Grant{Role: "Maintainer", Type: access.APIs, Entity: string(seen.ID)})
	maintainer.Get(packagePath(seen)+"/operations/add").Is(200, packagePath(seen)).Says("No API to take operations from").Hides("Secret")
	maintainer.Get(packagePath(seen)+"/operations/add?api="+string(secret.ID)).Hides("Secret", "List orders")
}

// furnishedPackage has everything that its pages can show.
func furnishedPackage(t testing.TB, h *consoletest.House) []webtest.View {
	t.Helper()
	pack, orders := newPackage(t, h, "Starter plan"), newAPI(t, h, "Orders and returns")
	guard(t, h, orders)
	ids := operationsOf(t, h, orders)
	at := packagePath(pack)
	admin := h.As(t, "en")
	admin.Get(at+"/operations/add").Submit("/add", url.Values{"operation": {ids["GET /orders"]}})
	return []webtest.View{
		{Name: "packages", Path: "/packages"}, {Name: "package", Path: at}, {Name: "package-operations", Path: at + "/operations"}, {Name: "package-add", Path: at + "/operations/add"},
		{Name: "package-limit", Path: at + "/operations/" + ids["GET /orders"]}, {Name: "package-specification", Path: at + "/specification"},
	}
}
