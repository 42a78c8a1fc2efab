package apis_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/content"
	"portico/control"
	"portico/routing"
	"portico/webui/console/apis"
	"portico/webui/consoletest"
)

const specification = `openapi: 3.1.0
info: {title: Orders, version: "1.0"}
paths:
  /orders:
    get: {summary: List orders, responses: {"200": {description: ok}}}
    post: {summary: Place an order, responses: {"201": {description: ok}}}
`

// later is a later specification: one operation more, one changed, one gone.
const later = `openapi: 3.1.0
info: {title: Orders, version: "2.0"}
paths:
  /orders:
    get: {summary: List all orders, responses: {"200": {description: ok}}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {summary: One order, responses: {"200": {description: ok}}}
`

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t testing.TB) *consoletest.House {
	t.Helper()
	return consoletest.New(t, apis.Routes)
}

func newAPI(t testing.TB, h *consoletest.House, name string) control.APIView {
	t.Helper()
	made, err := h.APIs.Create(t.Context(), control.NewAPI{Name: name, Specification: new(specification), Attributes: map[string][]string{"domain": {"sales"}}, Labels: map[string]string{"team": "a"}})
	must(t, err)
	return made
}

func newPortal(t testing.TB, h *consoletest.House, name string) portico.Portal {
	t.Helper()
	made, err := h.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some(name)})
	must(t, err)
	return made
}

func newStrategy(t testing.TB, h *consoletest.House) control.StrategyView {
	t.Helper()
	made, err := h.Strategies.Create(t.Context(), control.NewStrategy{Name: "Okta auth strategy", DisplayName: "Okta",
		OIDC: json.RawMessage(`{"issuer":"` + h.Okta.Issuer + `","scopes":["orders:read"],"credential_claim":["cid"],"auth_methods":["bearer"]}`)})
	must(t, err)
	return made
}

func path(a control.APIView) string { return "/apis/" + string(a.ID) }

func call(values url.Values) url.Values {
	out := url.Values{"view": {"call"}}
	for name, value := range values {
		out[name] = value
	}
	return out
}

func TestAnAPIIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.As(t, "en")
	admin.Get("/apis").Is(200, "/apis").Says("No API yet")
	form := admin.Get("/apis/new").Is(200, "/apis/new")
	filled := url.Values{"name": {"Orders"}, "version": {"v1"}, "description": {"All *orders*"}, "slug": {"orders-form"}, "attributes": {"domain: sales, finance\n\nstage: live"}, "labels": {"team=a"}, "content": {specification}}
	again := call(filled)
	again["slug"], again["name"] = []string{"orders-call"}, []string{"Orders by call"}
	if answer := h.Run(t, form.Submit("/new", again).Is(200, "/apis/new")); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", filled).Is(200, "/apis/").Says("Orders is created", "orders-form")
	found, err := h.APIs.List(t.Context(), portico.ListQuery{Size: 9, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	must(t, err)
	byForm, byCall := found.Items[0], found.Items[1]
	if *byForm.Description != *byCall.Description || *byForm.Version != *byCall.Version || strings.Join(byForm.Attributes["domain"], " ") != "sales finance" || strings.Join(byCall.Attributes["stage"], " ") != "live" || byForm.Labels["team"] != "a" || byCall.Labels["team"] != "a" || len(byForm.Versions) != 1 || len(byCall.Versions) != 1 {
		t.Errorf("the form makes %+v, its call %+v", byForm, byCall)
	}
	admin.Get("/apis?q=call").Says("Orders by call")
	admin.Get("/apis?attribute=domain%3Dfinance&sort=-updated_at").Says("Orders", "domain: sales", "Not published", "Not linked")
	admin.Get("/apis?attribute=domain%3Dnone").Says("Nothing matches")

	page := admin.Get(path(byForm)).Is(200, path(byForm)).Says("At a glance")
	change := url.Values{"version": {""}, "description": {""}, "attributes": {"stage: test"}, "labels": {"team=b"}}
	seen := page.Submit(path(byForm), call(change)).Is(200, path(byForm))
	page.Submit(path(byForm), change).Is(200, path(byForm)).Says("Orders is saved")
	changed, err := h.APIs.ByID(t.Context(), byForm.ID)
	must(t, err)
	if changed.Version != nil || changed.Description != nil || len(changed.Attributes) != 1 || changed.Attributes["stage"][0] != "test" || changed.Labels["team"] != "b" || changed.Slug != "orders-form" {
		t.Errorf("saved as %+v", changed.API)
	}
	if answer := h.Run(t, seen); answer.Status != 200 || answer.Body["version"] != nil {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	confirm := admin.Get(path(byForm)+"/delete").Is(200, path(byForm)).Says("is deleted with its specification")
	gone := confirm.Submit("/delete", call(nil)).Is(200, path(byForm))
	confirm.Submit("/delete", nil).Is(200, "/apis").Says("Orders is deleted")
	if answer := h.Run(t, gone); answer.Status != 404 {
		t.Errorf("the call answers %d", answer.Status)
	}
}

func TestFaultsOfAnAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	newAPI(t, h, "Taken")
	form := h.As(t, "en").Get("/apis/new")
	for _, test := range []struct{ field, value string }{
		{"name", ""}, {"slug", "a b"}, {"attributes", "Domain: x"}, {"attributes", "domain:"}, {"attributes", "a: <b>"}, {"attributes", "a: 1\na: 2"}, {"labels", "a"}, {"content", "openapi: [\n"}, {"version", strings.Repeat("x", 256)},
	} {
		sent := url.Values{"name": {"A"}, test.field: {test.value}}
		if answer := form.Submit("/new", sent).Fault(test.field); answer.Status != 422 && answer.Status != 400 {
			t.Errorf("%v: answered %d", test, answer.Status)
		}
	}
	form.Submit("/new", url.Values{"name": {"A"}, "content": {"{\n\n\"a\": }"}}).Says("line 3")
	form.Submit("/new", url.Values{"name": {"Taken"}, "version": {"1.0"}}).Is(409, "/apis/new")
	if found, err := h.APIs.List(t.Context(), portico.Everything()); err != nil || found.Total != 1 {
		t.Errorf("%d APIs, %v", found.Total, err)
	}
}

func TestSpecifications(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api := newAPI(t, h, "Orders")
	admin, at := h.As(t, "en"), path(api)+"/specification"
	admin.Get(at).Is(200, at).Says("1.0", "OpenAPI 3", "No findings", "Current")
	form := admin.Get(at+"/new").Is(200, at)
	form.Submit("/new", url.Values{"content": {later}, "view": {"check"}}).Is(200, at).Says("The document is valid", "1 operation added", "1 operation removed", "1 operation changed", "/orders/{id}")
	form.Submit("/new", url.Values{"content": {"openapi: 3.1.0\ninfo: {}\n"}, "view": {"check"}}).Is(200, at).Says("finding")
	form.Submit("/new", url.Values{"content": {"openapi: 3.1.0\ninfo: [\n"}, "view": {"check"}}).Fault("content").Says("line 2")
	form.Submit("/new", url.Values{"content": {""}}).Is(422, at).Fault("content")
	h.Clock.Advance(time.Minute)
	byCall := h.Run(t, form.Submit("/new", call(url.Values{"content": {later}, "version": {"call"}})).Is(200, at))
	if byCall.Status != 201 || byCall.Body["version"] != "call" {
		t.Fatalf("the call answers %d %v", byCall.Status, byCall.Body)
	}
	h.Clock.Advance(time.Minute)
	shown := form.Submit("/new", url.Values{"content": {later}}).Is(200, at).Says("Version 2.0 is saved", "2 operations")
	shown.Says("No operation differs") // from the one that the call has made
	admin.Get(at+"/"+byCall.Body["id"].(string)).Says("Compared with version 1.0", "1 operation added", "One order")
	one := strings.Split(shown.Path, "?")[0]
	if got := admin.Get(one + "/content"); got.Body != later || !strings.Contains(got.Header.Get("Content-Disposition"), "specification.yaml") {
		t.Errorf("downloaded %q", got.Body)
	}
	edit := admin.Get(one+"/edit").Is(200, one)
	if answer := h.Run(t, edit.Submit("/edit", call(url.Values{"version": {"2.1"}}))); answer.Status != 200 || answer.Body["version"] != "2.1" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	edit.Submit("/edit", url.Values{"version": {"1.0"}}).Is(409, one)
	edit.Submit("/edit", url.Values{"version": {"2.2"}, "content": {specification}}).Is(200, one).Says("Version 2.2 is saved", "1 operation removed")
	admin.Get(one+"/delete").Submit("/delete", nil).Is(200, at).Says("Version 2.2 is deleted")
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api := newAPI(t, h, "Orders")
	admin, at := h.As(t, "en"), path(api)+"/documents"
	admin.Get(at).Is(200, at).Says("No documents yet")
	form := admin.Get(at+"/new").Is(200, at)
	form.Submit("/new", url.Values{"title": {"Guide"}, "content": {"# Hello *you*\n<script>x</script>"}, "view": {"preview"}}).Is(200, at).Says("Hello you").Hides("<script>x")
	if answer := h.Run(t, form.Submit("/new", call(url.Values{"title": {"By call"}, "content": {"text"}}))); answer.Status != 201 || answer.Body["slug"] != "by-call" || answer.Body["status"] != "published" {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	parent := form.Submit("/new", url.Values{"title": {"Guide"}, "content": {"text"}}).Is(200, at).Says("Guide is saved").Path
	parentID := parent[strings.LastIndex(parent, "/")+1:]
	child := admin.Get(at+"/new?parent="+parentID).Submit("/new", url.Values{"title": {"Begin"}, "published": nil}).Is(200, at).Path
	admin.Get(at).Says("Guide", "Begin", "Draft", "Published")
	page := admin.Get(child)
	if answer := h.Run(t, page.Submit(child, call(url.Values{"title": {"Start"}, "published": {"on"}}))); answer.Status != 200 || answer.Body["title"] != "Start" || answer.Body["status"] != "published" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	page.Submit(child, url.Values{"title": {"Begin here"}, "slug": {"start"}, "published": {"on"}}).Is(200, child).Says("Begin here is saved")
	page.Submit(child, url.Values{"title": {""}}).Is(422, child).Fault("title")
	admin.Get(parent).Submit(parent, url.Values{"published": nil})
	admin.Get(at).Says("Hidden by what is above")
	tree := func() string {
		nodes, err := h.Content.Documents.Tree(t.Context(), api.ID, portico.ListQuery{})
		must(t, err)
		var out []string
		for _, n := range nodes {
			out = append(out, n.Item.Title+":"+childTitles(n))
		}
		return strings.Join(out, " ")
	}
	if got := tree(); got != "By call: Guide:Begin here" {
		t.Errorf("the tree is %s", got)
	}
	page.Submit("/move", url.Values{"parent": {""}, "position": {"0"}}).Is(422, child).Fault("position")
	if answer := h.Run(t, page.Submit("/move", call(url.Values{"parent": {""}, "position": {"1"}}))); answer.Status != 204 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	if got := tree(); got != "Begin here: By call: Guide:" {
		t.Errorf("the tree is %s", got)
	}
	page.Submit("/move", url.Values{"parent": {parentID}, "position": {"1"}}).Is(200, at).Says("is moved")
	admin.Get(parent+"/delete").Says("One document below it goes, too").Submit("/delete", nil).Is(200, at).Says("Guide is deleted")
	if got := tree(); got != "By call:" {
		t.Errorf("the tree is %s", got)
	}
}

func childTitles(n content.Node[portico.Document]) string {
	var out []string
	for _, c := range n.Children {
		out = append(out, c.Item.Title)
	}
	return strings.Join(out, ",")
}

func TestGateway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api := newAPI(t, h, "Orders")
	plane, err := h.Gateways.EnsureDefault(t.Context())
	must(t, err)
	there, err := h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{Name: portico.Some("legacy"), URL: portico.Some("http://legacy.example")})
	must(t, err)
	admin, at := h.As(t, "en"), path(api)+"/gateway"
	page := admin.Get(at).Is(200, at).Says("No gateway serves this API yet", "legacy")
	filled := url.Values{"name": {"orders"}, "url": {"https://orders.internal.example:8443/v1"}, "path": {"/orders"}}
	for field, value := range map[string]string{"name": "a b", "url": "orders", "path": "orders"} {
		sent := url.Values{"name": {"orders"}, "url": {"https://x.example"}, "path": {"/o"}}
		sent[field] = []string{value}
		page.Submit("/serve", sent).Fault(field)
	}
	if services, err := h.Gateways.Services(t.Context(), plane.ID, portico.Everything()); err != nil || services.Total != 1 {
		t.Fatalf("a refused form has made %d services, %v", services.Total-1, err)
	}
	other := newAPI(t, h, "Other")
	byCall := admin.Get(path(other)+"/gateway").Submit("/serve", call(url.Values{"name": {"other"}, "url": {"https://x.example"}, "path": {"/other"}})).Is(200, path(other))
	if answer := h.Run(t, byCall); answer.Status != 201 {
		t.Fatalf("the calls answer %d %v", answer.Status, answer.Body)
	}
	admin.Get(path(other)+"/gateway").Says("other", "https://x.example", h.Gateway.URL+"/other")
	page.Submit("/serve", filled).Is(200, at).Says("The API is served at /orders", "https://orders.internal.example:8443/v1", h.Gateway.URL+"/orders")
	link := admin.Get(at)
	service := string(plane.ID) + "/" + string(there.ID)
	if answer := h.Run(t, admin.Get(path(other)+"/gateway").Submit("/link", call(url.Values{"service": {service}}))); answer.Status != 201 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	link.Submit("/link", url.Values{"service": {service}}).Is(200, at).Says("linked to the service", "legacy")
	link.Submit("/link", url.Values{"service": {""}}).Is(422, at).Fault("service")
	admin.Get(at).Submit("/unlink", nil).Is(200, at).Says("The link is removed")
	if linked, err := h.Implementations.List(t.Context(), portico.Everything(portico.Where("api_id", api.ID))); err != nil || linked.Total != 1 {
		t.Errorf("%d links, %v", linked.Total, err)
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api, strategy := newAPI(t, h, "Orders"), newStrategy(t, h)
	admin, at := h.As(t, "en"), path(api)
	admin.Get(at+"/publish").Is(200, at).Says("no portal that you may publish to")
	portal, second := newPortal(t, h, "Developers"), newPortal(t, h, "Partners")
	form := admin.Get(at+"/publish?portal="+string(portal.ID)).Is(200, at).Says("Publish API", "Authentication strategy")
	filled := url.Values{"portal": {string(portal.ID)}, "visibility": {"public"}, "strategy": {string(strategy.ID)}, "auto_approve": {"on"}}
	preview := call(filled)
	preview.Set("view", "preview")
	form.Submit("/publish", preview).Is(200, at).Says("Everybody find the API in Developers; applications call it with Okta, at once after registering", "not enforced yet")
	other := call(filled)
	other.Set("portal", string(second.ID))
	if answer := h.Run(t, form.Submit("/publish", other)); answer.Status != 200 || answer.Body["visibility"] != "public" || answer.Body["auto_approve_registrations"] != true {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/publish", filled).Is(200, at+"/portals").Says("Orders is published to Developers", "Okta auth strategy", "Approved at once", "The strategy is saved but not enforced yet")
	byForm, err := h.Publications.One(t.Context(), api.ID, portal.ID)
	must(t, err)
	byCall, err := h.Publications.One(t.Context(), api.ID, second.ID)
	must(t, err)
	if *byForm.StrategyID != *byCall.StrategyID || byForm.Visibility != byCall.Visibility || *byForm.AutoApproveRegistrations != *byCall.AutoApproveRegistrations {
		t.Errorf("the form makes %+v, its call %+v", byForm, byCall)
	}
	// The form of what is published has it as it is.
	change := admin.Get(at + "/publish?portal=" + string(portal.ID))
	change.Submit("/publish", url.Values{"auto_approve": nil, "strategy": {""}, "visibility": {"private"}}).Is(200, at).Says("None: no application auth")
	if p, err := h.Publications.One(t.Context(), api.ID, portal.ID); err != nil || p.StrategyID != nil || p.Visibility != portico.Private || *p.AutoApproveRegistrations {
		t.Errorf("changed to %+v, %v", p, err)
	}
	for field, value := range map[string]string{"portal": "x", "visibility": "all", "strategy": "x"} {
		sent := url.Values{field: {value}}
		change.Submit("/publish", sent).Is(422, at).Fault(field)
	}
	confirm := admin.Get(at+"/portals/"+string(portal.ID)+"/unpublish").Is(200, at).Says("disappears from Developers")
	seen := confirm.Submit("/unpublish", call(nil))
	confirm.Submit("/unpublish", nil).Is(200, at).Says("no longer published there")
	admin.Get(at+"/portals/"+string(portal.ID)+"/unpublish").Is(404, at) // there is nothing to confirm any more
	if answer := h.Run(t, seen); answer.Status != 404 {
		t.Errorf("the call answers %d", answer.Status)
	}
	admin.Get(at+"/applications").Is(200, at).Says("No applications yet")
	admin.Get(at + "/applications?status=pending").Says("Nothing matches")
}

func TestImages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api := newAPI(t, h, "Orders")
	admin, at := h.As(t, "en"), path(api)
	png := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 40)...)
	if answer := h.Run(t, admin.Upload(at+"/image?view=call", "image", "image/png", png).Is(200, at)); answer.Status != 201 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	if got := admin.Get(at + "/image"); got.Body != string(png) {
		t.Errorf("the call has sent %q", got.Body)
	}
	admin.Upload(at+"/image", "image", "image/png", png).Is(200, at).Says("The image is saved", "Remove image")
	if got := admin.Get(at + "/image"); got.Body != string(png) || got.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the image is %q", got.Body)
	}
	admin.Upload(at+"/image", "image", "image/png", []byte("no image")).Fault("image")
	admin.Post(at+"/image", url.Values{}).Is(422, at).Fault("image")
	seen := admin.Get(at).Submit("/image/remove", call(nil)).Is(200, at)
	admin.Get(at).Submit("/image/remove", nil).Is(200, at).Says("The image is removed").Hides("Remove image")
	if answer := h.Run(t, seen); answer.Status != 404 { // there is none any more
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Upload(at+"/specification/new", "file", "application/yaml", []byte(later)).Is(200, at).Says("Version 2.0 is saved")
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen, hidden, portal := newAPI(t, h, "Seen"), newAPI(t, h, "Hidden"), newPortal(t, h, "Developers")
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.APIs, Entity: string(seen.ID)})
	viewer.Get("/apis").Is(200, "/apis").Says("Seen").Hides("Hidden", "/apis/new")
	viewer.Get(path(hidden)).Is(403, path(hidden))
	for _, tab := range []string{"", "/specification", "/documents", "/gateway", "/portals", "/applications"} {
		viewer.Get(path(seen)+tab).Is(200, path(seen)).Hides("View as API call", "/publish\"", "/delete\"")
	}
	for _, action := range []string{"", "/image", "/image/remove", "/delete", "/specification/new", "/documents/new", "/gateway/link", "/gateway/serve", "/publish", "/portals/" + string(portal.ID) + "/unpublish"} {
		viewer.Post(path(seen)+action, url.Values{"name": {"x"}}).Is(403, path(seen))
	}
	// Who may publish the API may not do it to any portal, and who may edit it
	// may not use any control plane.
	publisher := h.As(t, "en", access.Grant{Role: "Publisher", Type: access.APIs, Entity: string(seen.ID)})
	publisher.Get(path(seen)+"/publish").Is(200, path(seen)).Says("no portal that you may publish to")
	publisher.Post(path(seen)+"/publish", url.Values{"portal": {string(portal.ID)}, "visibility": {"public"}}).Is(422, path(seen))
	maintainer := h.As(t, "en", access.Grant{Role: "Maintainer", Type: access.APIs, Entity: string(seen.ID)})
	plane, err := h.Gateways.EnsureDefault(t.Context())
	must(t, err)
	maintainer.Get(path(seen)+"/gateway").Is(200, path(seen)).Hides("Create and link")
	maintainer.Post(path(seen)+"/gateway/serve", url.Values{"control_plane": {string(plane.ID)}, "name": {"x"}, "url": {"http://x.example"}, "path": {"/x"}}).Is(403, path(seen))
	if services, err := h.Gateways.Services(t.Context(), plane.ID, portico.Everything()); err != nil || services.Total != 0 {
		t.Errorf("%d services, %v", services.Total, err)
	}
	// What is another API's is not below this one.
	admin := h.As(t, "en")
	admin.Get(path(hidden)+"/specification/"+string(seen.Versions[0].ID)).Is(404, path(hidden))
	admin.Post(path(hidden)+"/specification/"+string(seen.Versions[0].ID)+"/delete", url.Values{}).Is(404, path(hidden))
}
