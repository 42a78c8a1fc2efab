package portals_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/access"
)

func TestListOfPortals(t *testing.T) {
	t.Parallel()
	h := open(t)
	empty := openEmpty(t)
	empty.As(t, "en").Get("/portals").Is(200, "/portals").Says("No portals yet", "New Portal")
	for i := range 30 {
		h.portal(t, fmt.Sprintf("portal %02d", i))
	}
	admin := h.As(t, "en")
	admin.Get("/portals").Is(200, "/portals").Says("acme", "portal 23", "acme.localhost").Hides("portal 24")
	admin.Get("/portals?page=2").Is(200, "/portals").Says("portal 29")
	admin.Get("/portals?sort=-name").Is(200, "/portals").Says("portal 29").Hides("acme developers")
	admin.Get("/portals?q=portal+1").Is(200, "/portals").Says("portal 19").Hides("portal 29")
	admin.Get("/portals?q=none").Is(200, "/portals").Says("Nothing matches")
	h.viewer(t).Get("/portals").Is(200, "/portals").Says("acme").Hides("portal 01", "New Portal")
	h.As(t, "en", access.Grant{Role: "Viewer", Type: access.APIs, Entity: access.Everything}).Get("/portals").Is(403, "/portals")
}

func TestNewPortal(t *testing.T) {
	t.Parallel()
	h := open(t)
	strategy := h.strategy(t, "keys")
	form := h.As(t, "en").Get("/portals/new").Is(200, "/portals/new")
	form.Submit("/new", url.Values{"name": {""}}).Is(422, "/portals/new").Says("Fill in this field.")
	form.Submit("/new", url.Values{"name": {"acme"}}).Is(409, "/portals/new").Says("A portal with this name exists already.")
	form.Submit("/new", url.Values{"name": {"x"}, "strategy": {"0190b5e5-0000-7000-8000-000000000000"}}).Is(422, "/portals/new").Says("There is no application auth strategy with this id.")

	values := url.Values{"name": {"partners"}, "display_name": {"Partners"}, "description": {"For partners"}, "visibility": {"public"}, "strategy": {string(strategy)}}
	called := h.call(t, 201, form, "/new", values).Body["id"].(string)
	byCall, err := h.Portals.ByID(t.Context(), portico.PortalID(called))
	must(t, err)
	must(t, h.Portals.Delete(t.Context(), byCall.ID, false))
	made := form.Submit("/new", values).Is(200, "/portals/").Says("“partners” is created")
	byForm, err := h.Portals.ByID(t.Context(), portico.PortalID(strings.TrimPrefix(made.Path, "/portals/")))
	must(t, err)
	byCall.ID, byForm.ID = "", ""
	if !reflect.DeepEqual(byCall, byForm) {
		t.Errorf("the call makes %+v, the form %+v", byCall, byForm)
	}
	if byForm.DisplayName != "Partners" || byForm.DefaultAPIVisibility != portico.Public || *byForm.DefaultStrategyID != strategy || !byForm.AuthenticationEnabled {
		t.Errorf("made %+v", byForm)
	}
	h.viewer(t).Get("/portals/new").Is(403, "/portals/new")
	h.viewer(t).Post("/portals/new", values).Is(403, "/portals/new")
}

func TestOverview(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.viewer(t).Get(h.at("")).Is(200, h.at("")).Says("acme developers", "http://acme.localhost", "Get started", "Publish an API")
	h.As(t, "ja").Get(h.at("")).Is(200, h.at("")).Says("はじめに")
	h.As(t, "en").Get("/portals/0190b5e5-0000-7000-8000-000000000000").Is(404, "/portals")
	other := h.portal(t, "other")
	h.viewer(t).Get("/portals/"+string(other.ID)).Is(403, "/portals")
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	h := open(t)
	strategy := h.strategy(t, "keys")
	admin := h.As(t, "en")
	admin.Get(h.at("/apis")).Is(200, h.at("/apis")).Says("No API is published here", "Publish API")
	admin.Get(h.at("/publish")).Is(200, h.at("/publish")).Says("There is no API left to publish")
	flights := h.api(t, "Flights")
	h.api(t, "Hotels")
	form := admin.Get(h.at("/publish")).Is(200, h.at("/publish")).Says("Authentication strategy", "Flights", "Hotels")
	form.Submit("/publish", url.Values{"api": {""}, "visibility": {"x"}}).Is(422, h.at("/publish")).Says("Fill in this field.", "Choose one of the options.")

	values := url.Values{"api": {string(flights.ID)}, "strategy": {string(strategy)}, "visibility": {"public"}, "auto_approve": {"on"}}
	h.call(t, 200, form, "/publish", values)
	byCall, err := h.Publications.One(t.Context(), flights.ID, h.Portal.ID)
	must(t, err)
	must(t, h.Publications.Delete(t.Context(), flights.ID, h.Portal.ID))
	form.Submit("/publish", values).Is(200, h.at("/apis")).Says("as soon as they are registered", "Flights", "keys shown", "Public", "Automatic")
	byForm, err := h.Publications.One(t.Context(), flights.ID, h.Portal.ID)
	must(t, err)
	byCall.ID = byForm.ID
	if !reflect.DeepEqual(byCall, byForm) {
		t.Errorf("the call makes %+v, the form %+v", byCall, byForm)
	}

	path := h.at("/apis/" + string(flights.ID))
	edit := admin.Get(path).Is(200, path).Says("Flights")
	h.call(t, 200, edit, path, url.Values{"strategy": {""}})
	admin.Get(h.at("/apis")).Says("No authentication")
	edit.Submit(path, url.Values{"visibility": {"private"}, "auto_approve": nil}).Is(200, h.at("/apis")).Says("keys shown", "Private", "By approval")

	gone := admin.Get(path+"/unpublish").Is(200, path).Says("Unpublish Flights?", "Registrations are kept")
	h.call(t, 204, gone, "/unpublish", nil)
	gone.Submit("/unpublish", nil).Is(404, path)
	form.Submit("/publish", values).Is(200, h.at("/apis"))
	gone.Submit("/unpublish", nil).Is(200, h.at("/apis")).Says("Flights is no longer published here.")
}

func TestPublishingNeedsBothSides(t *testing.T) {
	t.Parallel()
	h := open(t)
	flights, hotels := h.api(t, "Flights"), h.api(t, "Hotels")
	values := url.Values{"api": {string(hotels.ID)}, "visibility": {"public"}}
	h.viewer(t).Get(h.at("/publish")).Is(403, h.at("/publish"))
	publisher := h.As(t, "en",
		access.Grant{Role: "Product Publisher", Type: access.Portals, Entity: string(h.Portal.ID)},
		access.Grant{Role: "Publisher", Type: access.APIs, Entity: string(flights.ID)},
		access.Grant{Role: "Viewer", Type: access.APIs, Entity: string(hotels.ID)},
	)
	form := publisher.Get(h.at("/publish")).Is(200, h.at("/publish")).Says("Flights").Hides("Hotels")
	form.Submit("/publish", values).Is(403, h.at("/publish")).Says("Your roles do not allow this")
	values.Set("api", string(flights.ID))
	form.Submit("/publish", values).Is(200, h.at("/apis")).Says("Flights")
	h.viewer(t).Get(h.at("/apis")).Is(200, h.at("/apis")).Says("Flights").Hides("Publish API", "Unpublish")
	h.As(t, "en", access.Grant{Role: "Product Publisher", Type: access.Portals, Entity: string(h.Portal.ID)}).
		Post(h.at("/apis/"+string(flights.ID)+"/unpublish"), url.Values{}).Is(403, h.at("/apis"))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h := open(t)
	strategy := h.strategy(t, "keys")
	form := h.As(t, "en").Get(h.at("/settings")).Is(200, h.at("/settings")).Says("Application Setup")
	form.Submit("/settings", url.Values{"name": {" "}, "default_api_visibility": {"x"}, "labels": {"no label"}}).Is(422, h.at("/settings")).
		Says("Fill in this field.", "Choose one of the options.", "is no label")

	values := url.Values{
		"name": {"renamed"}, "display_name": {"Renamed"}, "description": {"New"}, "labels": {"team=blue, env=test"}, "authentication_enabled": nil,
		"rbac_enabled": {"on"}, "auto_approve_developers": {"on"}, "auto_approve_applications": {"on"}, "notifications_pii": {"on"},
		"default_api_visibility": {"public"}, "default_page_visibility": {"public"}, "strategy": {string(strategy)},
	}
	h.call(t, 200, form, "/settings", values)
	byCall := h.now(t)
	if byCall.AuthenticationEnabled || !byCall.RBACEnabled || !byCall.AutoApproveDevelopers || !byCall.AutoApproveApplications || !byCall.NotificationsPIIVisible ||
		byCall.Labels["team"] != "blue" || *byCall.Description != "New" || byCall.DefaultPageVisibility != portico.Public || *byCall.DefaultStrategyID != strategy {
		t.Errorf("the call makes %+v", byCall)
	}
	form.Submit("/settings", nil).Is(200, h.at("/settings")).Says("Saved.") // as it was
	if now := h.now(t); !reflect.DeepEqual(reset(now), reset(h.Portal)) {
		t.Errorf("it was %+v, and is %+v", h.Portal, now)
	}
	form.Submit("/settings", values).Is(200, h.at("/settings"))
	if now := h.now(t); !reflect.DeepEqual(now, byCall) {
		t.Errorf("the call makes %+v, the form %+v", byCall, now)
	}
	h.viewer(t).Get(h.at("/settings")).Is(200, h.at("/settings")).Says("not change it").Hides("View as API call", "settings/delete")
	h.viewer(t).Post(h.at("/settings"), values).Is(403, h.at("/settings"))
}

// reset is a portal without what its form cannot bring back.
func reset(p portico.Portal) portico.Portal {
	p.Labels = nil
	return p
}

func TestDeletingAPortal(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.As(t, "en").Get(h.at("/settings/delete")).Is(200, h.at("/settings/delete")).Says("0 publications", "Type acme to confirm")
	form.Submit("/delete", url.Values{"confirm": {"Acme"}}).Is(422, h.at("/settings/delete")).Says("exactly as it is written")
	other := h.portal(t, "other")
	maintainer := access.Grant{Role: "Maintainer", Type: access.Portals, Entity: string(h.Portal.ID)}
	h.As(t, "en", maintainer).Post(h.at("/settings/delete"), url.Values{"confirm": {"acme"}}).Is(403, h.at("/settings"))
	h.call(t, 204, h.As(t, "en").Get("/portals/"+string(other.ID)+"/settings/delete"), "/delete", url.Values{"confirm": {"other"}})
	form.Submit("/delete", url.Values{"confirm": {"acme"}}).Is(200, "/portals").Says("is deleted", "No portals yet")
}
