package gateways_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/control"
	"portico/routing"
	"portico/usecase"
	"portico/webui/console/gateways"
	"portico/webui/consoletest"
)

const home = "/gateways"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newHouse is a house with its control plane.
func newHouse(t testing.TB) (*consoletest.House, portico.ControlPlane) {
	t.Helper()
	h := consoletest.New(t, gateways.Routes)
	plane, err := h.Gateways.EnsureDefault(t.Context())
	must(t, err)
	return h, plane
}

func with(values url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, value := range values {
		out[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = []string{pairs[i+1]}
	}
	return out
}

// same holds that two entities differ in nothing but their ids, names and times.
func same(t *testing.T, a, b any) {
	t.Helper()
	read := func(v any) map[string]any {
		data, err := json.Marshal(v)
		must(t, err)
		out := map[string]any{}
		must(t, json.Unmarshal(data, &out))
		for _, differs := range []string{"ID", "Name", "Username", "InstanceName", "CreatedAt", "UpdatedAt"} {
			delete(out, differs)
		}
		return out
	}
	x, y := read(a), read(b)
	for name := range x {
		one, _ := json.Marshal(x[name])
		other, _ := json.Marshal(y[name])
		if string(one) != string(other) {
			t.Errorf("%s: %s and %s", name, one, other)
		}
	}
}

func TestControlPlanes(t *testing.T) {
	t.Parallel()
	h, plane := newHouse(t)
	admin := h.As(t, "en")
	admin.Get(home).Is(200, home).Says("Gateways", "default")
	form := admin.Get(home+"/new").Is(200, home)
	filled := url.Values{"name": {"Europe"}, "description": {"Frankfurt"}, "proxy_urls": {"https://eu.example, http://eu.example:8080"}, "labels": {"team=a"}}
	if answer := h.Run(t, form.Submit("/new", with(filled, "view", "call", "name", "By call")).Is(200, home)); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", filled).Is(200, home).Says("Europe is saved", "Frankfurt", "https://eu.example:443", "http://eu.example:8080", "team=a")
	found, err := h.Gateways.ControlPlanes(t.Context(), portico.ListQuery{Size: 9, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	must(t, err)
	if found.Total != 3 {
		t.Fatalf("there are %d", found.Total)
	}
	same(t, found.Items[0], found.Items[1])
	europe := home + "/" + string(found.Items[1].ID)
	admin.Get(home + "?q=euro").Says("Europe").Hides("By call")
	admin.Get(home + "?q=nothing").Says("Nothing matches")

	edit := admin.Get(europe+"/edit").Is(200, europe)
	change := url.Values{"description": {""}, "labels": {""}, "proxy_urls": {""}}
	seen := edit.Submit("/edit", with(change, "view", "call")).Is(200, europe)
	edit.Submit("/edit", change).Is(200, europe).Says("Europe is saved").Hides("Frankfurt", "team=a", "eu.example")
	if answer := h.Run(t, seen); answer.Status != 200 || answer.Body["description"] != "" || len(answer.Body["labels"].(map[string]any)) != 0 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	for _, fault := range []struct{ field, value string }{{"name", ""}, {"name", "x"}, {"labels", "kong=1"}, {"proxy_urls", "gw.example"}, {"proxy_urls", "ftp://gw.example"}, {"proxy_urls", "https://a/b"}, {"proxy_urls", "https://a:0"}} {
		form.Submit("/new", with(filled, fault.field, fault.value)).Is(422, home).Fault(fault.field)
	}
	form.Submit("/new", with(filled, "name", "default")).Is(409, home).Says("A control plane with this name exists already")

	ask := admin.Get(europe+"/delete").Is(200, europe).Says("Delete control plane")
	removal := ask.Submit("/delete", url.Values{"view": {"call"}}).Is(200, europe)
	ask.Submit("/delete", nil).Is(200, home).Says("Europe is deleted")
	if answer := h.Run(t, removal); answer.Status != 404 {
		t.Errorf("deleting once more answers %d", answer.Status)
	}
	_, err = h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{URL: portico.Some("http://a.example")})
	must(t, err)
	used := home + "/" + string(plane.ID) + "/delete"
	admin.Get(used).Is(200, used).Says("default is in use", "Services: 1")
	admin.Post(used, url.Values{}).Is(409, used).Says("nothing was changed")
}

func TestGatewaysThatRun(t *testing.T) {
	t.Parallel()
	h, plane := newHouse(t)
	path := home + "/" + string(plane.ID)
	h.As(t, "en").Get(path).Is(200, path).Says("No gateway runs in this process")
	expected, err := h.Gateways.Expected(t.Context(), plane.ID)
	must(t, err)
	now := h.Clock.Now()
	h.Gateways.Nodes = func() []usecase.Node {
		return []usecase.Node{{ID: "11111111-1111-4111-8111-111111111111", Version: "1.2.3", Hostname: "gw-1", Since: now.Add(-time.Hour), LastPing: now, Epoch: expected.Epoch, Config: expected.Version}}
	}
	h.As(t, "en").Get(path).Says("gw-1", "1.2.3", "Newest").Hides("Silent", "Behind")
	h.Clock.Advance(31 * time.Second)
	h.As(t, "en").Get(path).Says("Silent", "Newest")
	_, err = h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{URL: portico.Some("http://a.example")})
	must(t, err)
	h.As(t, "ja").Get(path).Says("応答なし", "遅れています")
}

func TestServicesRoutesAndConsumers(t *testing.T) {
	t.Parallel()
	h, plane := newHouse(t)
	admin := h.As(t, "en")
	base := home + "/" + string(plane.ID)

	services := base + "/services"
	admin.Get(services).Is(200, services).Says("No service yet")
	form := admin.Get(services+"/new").Is(200, services)
	service := url.Values{"name": {"orders"}, "url": {"https://orders.example:8443/v1"}, "retries": {"2"}, "read_timeout": {"1000"}, "tags": {"a, b"}}
	if answer := h.Run(t, form.Submit("/new", with(service, "view", "call", "name", "orders-call")).Is(200, services)); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", service).Is(200, services).Says("orders is saved", "https://orders.example:8443/v1")
	byCall, err := h.Gateways.Service(t.Context(), plane.ID, "orders-call")
	must(t, err)
	orders, err := h.Gateways.Service(t.Context(), plane.ID, "orders")
	must(t, err)
	same(t, byCall, orders)
	one := services + "/" + string(orders.ID)
	edit := admin.Get(one).Is(200, one).Says("Nothing uses it")
	change := url.Values{"url": {"http://orders.example"}, "enabled": nil, "tags": {""}}
	seen := edit.Submit(one, with(change, "view", "call")).Is(200, one)
	edit.Submit(one, change).Is(200, services).Says("Off")
	orders, err = h.Gateways.Service(t.Context(), plane.ID, "orders")
	must(t, err)
	if orders.Protocol != "http" || orders.Port != 80 || orders.Path != nil || orders.Enabled || orders.ReadTimeout != 1000 || orders.Retries != 2 || len(orders.Tags) != 0 {
		t.Errorf("saved as %+v", orders)
	}
	if answer := h.Run(t, seen); answer.Status != 200 || answer.Body["port"] != 80.0 || answer.Body["name"] != "orders" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	for _, fault := range []struct{ field, value string }{{"url", ""}, {"url", "orders"}, {"url", "http://a b"}, {"url", "http://a:0"}, {"url", "http://a:70000"}, {"name", "a b"}, {"retries", "-1"}, {"read_timeout", "x"}, {"tags", "a/b"}} {
		if s := form.Submit("/new", with(service, "name", "other", fault.field, fault.value)).Fault(fault.field); s.Status != 422 && s.Status != 400 {
			t.Errorf("%v: %d", fault, s.Status)
		}
	}
	form.Submit("/new", service).Is(409, services).Says("exists already")

	routes := base + "/routes"
	form = admin.Get(routes+"/new?service=orders").Is(200, routes)
	route := url.Values{"name": {"shop"}, "paths": {"/shop\n~/v[0-9]{1,2}/x"}, "hosts": {"api.example, *.shop.example"}, "methods": {"get, POST"}, "headers": {"x-version: 1, 2\nx-version: 3"}, "protocols": {"https"}, "preserve_host": {"on"}, "regex_priority": {"3"}}
	if answer := h.Run(t, form.Submit("/new", with(route, "view", "call", "name", "shop-call")).Is(200, routes)); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", route).Is(200, routes).Says("shop is saved", "/shop", "orders", "GET")
	routeByCall, err := h.Gateways.Route(t.Context(), plane.ID, "shop-call")
	must(t, err)
	shop, err := h.Gateways.Route(t.Context(), plane.ID, "shop")
	must(t, err)
	same(t, routeByCall, shop)
	if len(shop.Paths) != 2 || shop.Paths[1] != "~/v[0-9]{1,2}/x" || strings.Join(shop.Headers["x-version"], "|") != "1, 2|3" || !shop.PreserveHost || !shop.StripPath || *shop.ServiceID != orders.ID {
		t.Errorf("saved as %+v", shop)
	}
	one = routes + "/" + string(shop.ID)
	edit = admin.Get(one).Is(200, one)
	edit.Submit(one, nil).Is(200, routes)
	again, err := h.Gateways.Route(t.Context(), plane.ID, "shop")
	must(t, err)
	same(t, shop, again)
	if answer := h.Run(t, edit.Submit(one, url.Values{"view": {"call"}, "service": {""}})); answer.Status != 200 || answer.Body["service"] != nil {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	for _, fault := range []struct{ field, value string }{{"service", "nothing"}, {"paths", "shop"}, {"paths", "~/["}, {"headers", "x"}, {"headers", "host: a"}, {"protocols", ""}, {"hosts", "a*b"}, {"methods", "G(T"}, {"regex_priority", "1.5"}} {
		if s := form.Submit("/new", with(route, "name", "other", fault.field, fault.value)).Fault(fault.field); s.Status != 422 && s.Status != 400 {
			t.Errorf("%v: %d", fault, s.Status)
		}
	}
	form.Submit("/new", url.Values{"paths": {""}}).Fault("paths")

	blocked := services + "/" + string(byCall.ID) + "/delete"
	admin.Get(blocked).Submit("/delete", nil).Is(200, services).Says("orders-call is deleted")
	_, err = h.Gateways.UpdateRoute(t.Context(), plane.ID, "shop-call", routing.RouteFields{Service: portico.Some("orders")})
	must(t, err)
	blocked = services + "/" + string(orders.ID) + "/delete"
	admin.Get(blocked).Says("orders is in use", "Route shop")
	admin.Post(blocked, url.Values{}).Is(409, blocked).Says("nothing was changed")
	for _, name := range []string{"shop", "shop-call"} {
		found, err := h.Gateways.Route(t.Context(), plane.ID, name)
		must(t, err)
		ask := admin.Get(routes + "/" + string(found.ID) + "/delete").Says("Requests no longer take the route " + name)
		ask.Submit("/delete", nil).Is(200, routes).Says(name + " is deleted")
	}

	consumers := base + "/consumers"
	form = admin.Get(consumers+"/new").Is(200, consumers)
	if answer := h.Run(t, form.Submit("/new", url.Values{"username": {"by-call"}, "custom_id": {"c1"}, "tags": {"x"}, "view": {"call"}})); answer.Status != 201 {
		t.Fatalf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/new", url.Values{"username": {"partner"}, "custom_id": {"crm-2"}}).Is(200, consumers).Says("partner", "crm-2", "by-call")
	form.Submit("/new", url.Values{}).Fault("username")
	partner, err := h.Gateways.Consumer(t.Context(), plane.ID, "partner")
	must(t, err)
	one = consumers + "/" + string(partner.ID)
	edit = admin.Get(one).Is(200, one)
	edit.Submit(one, url.Values{"custom_id": {""}}).Is(200, consumers).Hides("crm-2")
	admin.Get(consumers + "?q=part&sort=-username").Says("partner").Hides("by-call")
	admin.Get(one+"/delete").Submit("/delete", nil).Is(200, consumers).Says("partner is deleted")
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	h, plane := newHouse(t)
	base := home + "/" + string(plane.ID)
	service, err := h.Gateways.CreateService(t.Context(), plane.ID, routing.ServiceFields{Name: portico.Some("orders"), URL: portico.Some("http://orders.example")})
	must(t, err)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Orders"})
	must(t, err)
	_, err = h.Implementations.Create(t.Context(), api.ID, plane.ID, &service.ID)
	must(t, err)
	one := base + "/services/" + string(service.ID)
	grant := func(role string) access.Grant {
		return access.Grant{Role: role, Type: access.ControlPlanes, Entity: string(plane.ID)}
	}
	viewer := h.As(t, "en", grant("Viewer"))
	viewer.Get(home).Is(200, home).Says("default").Hides("New control plane")
	viewer.Get(base).Is(200, base).Hides("Edit", "Delete")
	viewer.Get(base+"/services").Is(200, base).Says("orders").Hides("New service")
	viewer.Get(one).Is(200, one).Says("http://orders.example", "1 more that you may not see").Hides("Save", "API Orders")
	for _, path := range []string{"/edit", "/delete", "/services/new", "/services/" + string(service.ID), "/services/" + string(service.ID) + "/delete", "/routes/new", "/consumers/new"} {
		viewer.Post(base+path, url.Values{"name": {"x"}}).Is(403, base+path)
	}
	routeAdmin := h.As(t, "en", grant("Route Admin"))
	routeAdmin.Get(base+"/routes/new").Is(200, base)
	routeAdmin.Get(base+"/services/new").Is(403, base)
	other, err := h.Gateways.CreateControlPlane(t.Context(), routing.ControlPlaneFields{Name: portico.Some("other")})
	must(t, err)
	viewer.Get(home).Hides(string(other.ID))
	viewer.Get(home+"/"+string(other.ID)).Is(403, home)
	admin := h.As(t, "en")
	admin.Get(home+"/"+string(other.ID)+"/services/"+string(service.ID)).Is(404, home)
	admin.Get(home+"/"+string(plane.ID[:8])+"/services").Is(404, home)
	admin.Get(one+"/delete").Is(200, one).Says("API Orders", "These are affected")
}
