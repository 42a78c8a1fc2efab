package gateways_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico"
	"portico/access"
	"portico/apipackages"
	"portico/control"
	"portico/developers"
	"portico/routing"
	"portico/webui/consoletest"
)

// guarded is a house with an API behind /orders that asks for keys.
type guarded struct {
	*consoletest.House
	test  string // the page
	route portico.Route
	api   control.APIView
	app   control.CreatedApplication
	key   string
}

func guard(t testing.TB) guarded {
	t.Helper()
	h, plane := newHouse(t)
	g := guarded{House: h, test: home + "/" + string(plane.ID) + "/test"}
	ctx := t.Context()
	service, err := h.Gateways.CreateService(ctx, plane.ID, routing.ServiceFields{Name: portico.Some("orders"), URL: portico.Some("http://orders.internal:8080/v2")})
	must(t, err)
	g.route, err = h.Gateways.CreateRoute(ctx, plane.ID, routing.RouteFields{Name: portico.Some("orders"), Paths: portico.Some([]string{"/orders"}), Methods: portico.Some([]string{"GET"}), Service: portico.Some("orders")})
	must(t, err)
	portal, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Shop")})
	must(t, err)
	keys, err := h.Strategies.Create(ctx, control.NewStrategy{Name: "keys", DisplayName: "Keys", KeyAuth: &portico.KeyAuthConfig{KeyNames: []string{"x-key"}}})
	must(t, err)
	g.api, err = h.APIs.Create(ctx, control.NewAPI{Name: "Orders"})
	must(t, err)
	_, err = h.Publications.Put(ctx, g.api.ID, portal.ID, control.PublicationFields{StrategyID: portico.Some(keys.ID)})
	must(t, err)
	_, err = h.Implementations.Create(ctx, g.api.ID, plane.ID, &service.ID)
	must(t, err)
	erin, err := h.Developers.Create(ctx, portal.ID, developers.NewAccount{Email: "erin@shop.example", FullName: "Erin Builder", Status: new(portico.Approved)})
	must(t, err)
	g.app, err = h.Applications.Create(ctx, control.NewApplication{PortalID: portal.ID, DeveloperID: erin.ID, Name: "Checkout", StrategyID: &keys.ID})
	must(t, err)
	issued, err := h.Credentials.Create(ctx, g.app.ID, "first")
	must(t, err)
	g.key = issued.Value.Reveal()
	return g
}

// call is what the gateway itself answers to the same request.
func (g guarded) call(t testing.TB, method, path, key string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.Gateway.URL+path, nil)
	must(t, err)
	if key != "" {
		r.Header.Set("x-key", key)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}

func TestARequestIsTried(t *testing.T) {
	t.Parallel()
	g := guard(t)
	admin := g.As(t, "en")
	form := admin.Get(g.test).Is(200, g.test).Says("Nothing is sent", "Say what a caller sends")
	ask := func(pairs ...string) url.Values {
		return with(url.Values{"method": {"GET"}, "scheme": {"http"}, "host": {strings.TrimPrefix(g.Gateway.URL, "http://")}, "path": {"/orders/7?x=1"}}, pairs...)
	}
	see := func(status int, method, path, key string, values url.Values, says ...string) {
		t.Helper()
		form.Submit("/test#answer", values).Is(200, g.test).Says(says...)
		if got := g.call(t, method, path, key); got != status {
			t.Errorf("%s %s is answered %d, and explained as %d", method, path, got, status)
		}
	}
	app := ask("application", string(g.app.ID))
	see(404, "GET", "/order", "", ask("path", "/order"), "Answered with 404", "No route takes this request", "Another path.", "It takes /orders.")
	see(404, "POST", "/orders", "", ask("method", "POST"), "Another method.", "It takes GET.")
	_, err := g.Gateways.CreateRoute(t.Context(), g.route.ControlPlaneID, routing.RouteFields{Name: portico.Some("bare"), Paths: portico.Some([]string{"/bare"})})
	must(t, err)
	see(404, "GET", "/bare", "", ask("path", "/bare"), "No route takes this request", "bare", "It has no service.")
	see(401, "GET", "/orders/7?x=1", "", ask(), "Answered with 401", "there is none", "Accepted by: keys", "Orders")
	see(401, "GET", "/orders/7?x=1", "guess", ask("key", "guess"), "No application has this API key")
	see(403, "GET", "/orders/7?x=1", g.key, app, "Answered with 403", "Checkout is not registered for this API", "Registrations of the application")
	wish, err := g.Registrations.Create(t.Context(), g.app.ID, g.api.ID, new(portico.Pending))
	must(t, err)
	see(403, "GET", "/orders/7?x=1", g.key, app, "Checkout for Orders waits for a decision", "Access and approvals")
	_, err = g.Registrations.SetStatus(t.Context(), g.app.ID, wish.ID, portico.Rejected, "Not yet")
	must(t, err)
	see(403, "GET", "/orders/7?x=1", g.key, ask("key", g.key), "was rejected or revoked", "Reason: Not yet")
	_, err = g.Registrations.SetStatus(t.Context(), g.app.ID, wish.ID, portico.Approved, "")
	must(t, err)
	page := form.Submit("/test#answer", ask("key", g.key)).Is(200, g.test).Says("Reaches the service", "Checkout is let in, registered for Orders", "http://orders.internal:8080/v2/7?x=1")
	page.Hides(g.key)

	other, err := g.Strategies.Create(t.Context(), control.NewStrategy{Name: "badges", DisplayName: "Badges", KeyAuth: &portico.KeyAuthConfig{}})
	must(t, err)
	_, err = g.Publications.Put(t.Context(), g.api.ID, g.app.PortalID, control.PublicationFields{StrategyID: portico.Some(other.ID)})
	must(t, err)
	see(401, "GET", "/orders/7?x=1", g.key, app, "Checkout uses another auth strategy", "The API takes: badges")
	elsewhere, err := g.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Partners")})
	must(t, err)
	must(t, g.Publications.Delete(t.Context(), g.api.ID, g.app.PortalID))
	_, err = g.Publications.Put(t.Context(), g.api.ID, elsewhere.ID, control.PublicationFields{StrategyID: portico.Some(g.app.StrategyID)})
	must(t, err)
	see(403, "GET", "/orders/7?x=1", g.key, app, "is not published with this strategy in the portal of Checkout")

	_, err = g.Gateways.CreatePlugin(t.Context(), g.route.ControlPlaneID, routing.PluginFields{Name: portico.Some("request-termination"), Config: portico.Some(map[string]any{"status_code": json.Number("503"), "message": "Closed"}), Route: portico.Some("orders")})
	must(t, err)
	must(t, g.Publications.Delete(t.Context(), g.api.ID, elsewhere.ID))
	see(503, "GET", "/orders/7?x=1", "", ask(), "Answered with 503", "Everybody may call", "A plugin answers in place of the service", "Closed")
	_, err = g.Gateways.PutRoute(t.Context(), g.route.ControlPlaneID, string(g.route.ID), routing.RouteFields{Name: portico.Some("orders"), Paths: portico.Some([]string{"/orders"}), Protocols: portico.Some([]string{"https"}), Service: portico.Some("orders")})
	must(t, err)
	see(426, "GET", "/orders/7?x=1", "", ask(), "Answered with 426", "The route takes https only")

	form.Submit("/test#answer", ask("path", "orders")).Is(422, g.test).Fault("path")
	for _, fault := range [][2]string{{"path", ""}, {"host", "a b"}, {"host", ""}, {"method", "BREW"}, {"scheme", "ftp"}, {"source", "here"},
		{"headers", "Authorization: Basic x"}, {"headers", "nothing"}, {"application", "0oagone"}} {
		form.Submit("/test#answer", ask(fault[0], fault[1])).Is(422, g.test).Fault(fault[0])
	}
	form.Submit("/test#answer", with(app, "key", "x")).Is(422, g.test).Fault("key")
}

// TestATryTellsNothingThatMayNotBeSeen: an admin of the gateways alone learns
// nothing of applications and APIs.
func TestATryTellsNothingThatMayNotBeSeen(t *testing.T) {
	t.Parallel()
	g := guard(t)
	viewer := g.As(t, "en", access.Grant{Role: "Viewer", Type: access.ControlPlanes, Entity: string(g.route.ControlPlaneID)})
	form := viewer.Get(g.test).Is(200, g.test)
	ask := url.Values{"method": {"GET"}, "scheme": {"http"}, "host": {"gw"}, "path": {"/orders"}}
	form.Submit("/test#answer", with(ask, "application", string(g.app.ID))).Is(422, g.test).Fault("application").Hides("Checkout")
	form.Submit("/test#answer", with(ask, "key", g.key)).Is(200, g.test).Says("An application that you may not look at").Hides("Checkout", ">Orders<")
	stranger := g.As(t, "en", access.Grant{Role: "Viewer", Type: access.ControlPlanes, Entity: "another"})
	stranger.Get(g.test).Is(403, g.test)
}

// TestAnOperationThatThePackageLacks holds that the page leads to the package.
func TestAnOperationThatThePackageLacks(t *testing.T) {
	t.Parallel()
	g := guard(t)
	ctx := t.Context()
	api, err := g.APIs.Create(ctx, control.NewAPI{Name: "Returns", Specification: new(`{"openapi":"3.1.0","info":{"title":"Returns","version":"1"},"paths":{"/returns":{"get":{"responses":{}}},"/returns/{id}/refund":{"get":{"responses":{}}}}}`)})
	must(t, err)
	_, err = g.Gateways.CreateService(ctx, g.route.ControlPlaneID, routing.ServiceFields{Name: portico.Some("returns"), URL: portico.Some("http://returns.internal:8080")})
	must(t, err)
	_, err = g.Gateways.CreateRoute(ctx, g.route.ControlPlaneID, routing.RouteFields{Name: portico.Some("returns"), Paths: portico.Some([]string{"/returns"}), Service: portico.Some("returns")})
	must(t, err)
	_, err = g.Implementations.Create(ctx, api.ID, g.route.ControlPlaneID, nil)
	must(t, err)
	pack, err := g.APIs.Create(ctx, control.NewAPI{Name: "Starter", IsPackage: true})
	must(t, err)
	found, err := g.Packages.Operations(ctx, api.ID, portico.Everything(portico.Where("path", "/returns")))
	must(t, err)
	must(t, g.Packages.ChangeOperations(ctx, pack.ID, []apipackages.Change{{Verb: apipackages.Add, Operation: found.Items[0].ID}}, nil))
	for _, id := range []portico.APIID{pack.ID, api.ID} {
		_, err = g.Publications.Put(ctx, id, g.app.PortalID, control.PublicationFields{StrategyID: portico.Some(g.app.StrategyID)})
		must(t, err)
	}
	_, err = g.Registrations.Create(ctx, g.app.ID, pack.ID, new(portico.Approved))
	must(t, err)
	asked := url.Values{"method": {"GET"}, "scheme": {"http"}, "host": {strings.TrimPrefix(g.Gateway.URL, "http://")}, "path": {"/returns/7/refund"}, "application": {string(g.app.ID)}}
	page := g.As(t, "en").Get(g.test).Submit("/test#answer", asked).Is(200, g.test).Says("Answered with 403", "Operations of the package")
	if !strings.Contains(page.Body, "/packages/"+string(pack.ID)+"/operations") {
		t.Error("no link leads to the package")
	}
	if status := g.call(t, "GET", "/returns/7/refund", g.key); status != 403 {
		t.Errorf("answered %d", status)
	}
}
