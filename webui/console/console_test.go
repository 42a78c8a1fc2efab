package console_test

import (
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/control"
	"portico/developers"
	"portico/webtest"
	"portico/webui/console"
	"portico/webui/consoletest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// furnished is a house with a portal, an API and somebody who waits.
func furnished(t *testing.T) (*consoletest.House, portico.Portal, control.APIView) {
	t.Helper()
	h := consoletest.New(t, console.Routes)
	portal, err := h.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Shop")})
	must(t, err)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Shop orders"})
	must(t, err)
	_, err = h.Developers.Create(t.Context(), portal.ID, developers.NewAccount{Email: "dana@shop.example", FullName: "Dana Shopper", Status: new(portico.Pending)})
	must(t, err)
	return h, portal, api
}

func TestOverviewOfAFreshInstallation(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, console.Routes)
	page := h.As(t, "en").Get("/").Is(200, "/").Says("Set up", "Connect an identity provider", "Nothing is waiting.", "No requests yet.")
	if !strings.Contains(page.Body, `aria-current="page"`) {
		t.Error("the side bar does not say where one is")
	}
}

func TestOverviewTellsWhatIsDoneAndWhatWaits(t *testing.T) {
	t.Parallel()
	h, portal, api := furnished(t)
	counts := []portico.UsageCount{{Start: h.Clock.Now().Add(-time.Hour).Truncate(time.Minute), Length: time.Minute, ApplicationID: "gone", APIID: api.ID, Status: 200, Outcome: portico.OutcomeOK, Requests: 7, Latencies: make([]int64, len(portico.LatencyClasses())+1)}}
	must(t, h.Deps.Store.Update(t.Context(), func(tx portico.Tx) error { return tx.AddUsage(t.Context(), counts, nil) }))
	h.As(t, "en").Get("/").Is(200, "/").Says("Developers1", "Requests 7", "Set up")
	approver := h.As(t, "en", access.Grant{Role: "Registration Approver", Type: access.Portals, Entity: string(portal.ID)})
	approver.Get("/").Is(200, "/").Says("Developers1").Hides("Connect an identity provider", "Requests", "/settings")
	elsewhere := h.As(t, "en", access.Grant{Role: "Registration Approver", Type: access.Portals, Entity: "other"})
	elsewhere.Get("/").Is(200, "/").Says("Nothing is waiting.")
}

func TestSearchFindsWhatMayBeViewed(t *testing.T) {
	t.Parallel()
	h, portal, api := furnished(t)
	admin := h.As(t, "en")
	admin.Get("/search?q=SHOP").Is(200, "/search").Says("Shop orders", "Dana Shopper", "Portals")
	admin.Get("/search?q=nothing+like+it").Says("Nothing has this in its name")
	admin.Get("/search?q=%00%ff").Is(200, "/search")
	if palette := admin.Get("/search?palette=1&q=shop"); strings.Contains(palette.Body, "<html") || !strings.Contains(palette.Body, "/portals/"+string(portal.ID)) {
		t.Errorf("the palette gets %s", palette.Body)
	}
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.APIs, Entity: string(api.ID)})
	viewer.Get("/search?q=shop").Is(200, "/search").Says("Shop orders").Hides("Dana", string(portal.ID))
}

func TestThemes(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, console.Routes)
	c := webtest.NewClient(t, h.Console.URL, "en")
	c.Post("/preferences/theme", map[string][]string{"theme": {"dark"}, "return": {"/login"}}).Is(200, "/login")
	if page := c.Get("/login"); !strings.Contains(page.Body, `data-theme="dark"`) {
		t.Error("the theme is forgotten")
	}
	c.Post("/preferences/theme", map[string][]string{"theme": {"pink"}}).Is(400, "/preferences/theme")
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h, _, _ := furnished(t)
	h.Matrix(t, []webtest.View{{Name: "overview", Path: "/"}, {Name: "search", Path: "/search?q=shop"}, {Name: "none", Path: "/search?q=zzz"}, {Name: "nowhere", Path: "/nowhere", Status: 404}})
}
