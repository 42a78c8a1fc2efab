package e2e_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"portico/webtest"
	"portico/webui/i18n"
)

// TestPortalMatrix looks at every page of the demo's portal in all themes,
// languages and widths.
func TestPortalMatrix(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	site, views := tour(t)
	webtest.Matrix(t, b, site, views)
}

// TestPortalScreenshots writes pictures of every page into the directory that
// PORTICO_SCREENSHOTS names: make screenshots.
func TestPortalScreenshots(t *testing.T) {
	dir := os.Getenv("PORTICO_SCREENSHOTS")
	if dir == "" {
		t.Skip("PORTICO_SCREENSHOTS names no directory: make screenshots")
	}
	t.Parallel()
	b := webtest.Start(t)
	site, views := tour(t)
	webtest.Screenshots(t, b, site, views, dir)
}

// TestConsoleScreenshots does so for the console of a demo, with all that its
// navigation leads to: the first page of each part.
func TestConsoleScreenshots(t *testing.T) {
	dir := os.Getenv("PORTICO_SCREENSHOTS")
	if dir == "" {
		t.Skip("PORTICO_SCREENSHOTS names no directory: make screenshots")
	}
	t.Parallel()
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	site := webtest.Site{Base: p.ConsoleURL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie, Visitors: map[string]func(*webtest.Page){
		"admin": func(page *webtest.Page) {
			page.Open("/")
			page.Fill("E-mail", p.Admin.Email)
			page.Fill("Password", p.Admin.Password)
			page.Within("Password").Click("Sign in")
		},
	}}
	webtest.Screenshots(t, webtest.Start(t), site, []webtest.View{
		{Name: "console-overview", Path: "/", Visitor: "admin"},
		{Name: "console-apis", Path: "/apis", Visitor: "admin"},
		{Name: "console-portals", Path: "/portals", Visitor: "admin"},
		{Name: "console-gateways", Path: "/gateways", Visitor: "admin"},
	}, dir)
}

// tour is the portal's pages, of a demo in which one developer has begun to
// work and another has not.
func tour(t *testing.T) (webtest.Site, []webtest.View) {
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	admin := newAPI(t, p.ManagementURL, "Authorization", p.Token)
	portal := id(admin.do("GET", "/v3/portals", nil, 200)["data"].([]any)[0].(object))
	const password = "correct horse battery"
	signUp(p, admin, portal, "new@example.com", password)
	signUp(p, admin, portal, "maker@example.com", password)
	dana := newAPI(t, p.PortalURL)
	dana.do("POST", "/api/v3/developer", object{"email": "half@example.com", "full_name": "Half Way"}, 201)
	dana.do("POST", "/api/v3/developer/forgot-password", object{"email": "maker@example.com"}, 200)
	dana.do("POST", "/api/v3/developer/authenticate", object{"username": p.Developer.Email, "password": p.Developer.Password}, 204)
	app := dana.do("POST", "/api/v3/applications", object{"name": "Checkout service", "description": "Takes card payments in the web shop."}, 201)
	api := dana.do("GET", "/api/v3/apis/orders-1-0", nil, 200)
	dana.do("POST", "/api/v3/applications/"+id(app)+"/registrations", object{"api_id": id(api)}, 201)
	for range 3 {
		get(t, p.GatewayURL+p.Route, "Authorization", basic(app["client_id"].(string)+":"+app["client_secret"].(string)))
	}

	enter := func(email, password string) func(*webtest.Page) {
		return func(page *webtest.Page) {
			page.Open("/login")
			page.Fill("E-mail", email)
			page.Fill("Password", password)
			page.Within("Password").Click("Sign in")
		}
	}
	site := webtest.Site{
		Base: p.PortalURL, Langs: []string{"en", "ja"}, Cookie: i18n.Cookie,
		Visitors: map[string]func(*webtest.Page){
			"dana":  enter(p.Developer.Email, p.Developer.Password),
			"new":   enter("new@example.com", password),
			"maker": enter("maker@example.com", password),
		},
	}
	return site, slices.Concat(visitorsViews(), accountViews(mailedToken(t, p.dir, "half@example.com"), mailedToken(t, p.dir, "maker@example.com")), appsViews("/apps/"+id(app)), apiViews("/apis/orders-1-0"))
}

// visitorsViews are the pages for everybody and of the account.
func visitorsViews() []webtest.View {
	return []webtest.View{
		{Name: "home", Path: "/"},
		{Name: "home-signed-in", Visitor: "dana", Path: "/"},
		{Name: "guide", Path: "/getting-started"},
		{Name: "search", Path: "/search"},
		{Name: "search-found", Path: "/search?q=order"},
		{Name: "search-nothing", Path: "/search?q=zzzzzz"},
		{Name: "not-found", Path: "/nothing/here", Status: 404},
	}
}

// used is a token that no mail holds.
const used = "4f4f4f4f-0000-4000-8000-000000000000"

// accountViews are the pages on the way to an account and of one.
func accountViews(verify, reset string) []webtest.View {
	return []webtest.View{
		{Name: "login", Path: "/login"},
		{Name: "login-refused", Status: 422, Open: filled("/login", "email", "nobody@example.com", "password", "not this one")},
		{Name: "signup", Path: "/signup"},
		{Name: "signup-faults", Status: 422, Open: filled("/signup", "full_name", "", "email", "nothing")},
		{Name: "signup-sent", Path: "/signup/sent"},
		{Name: "verify-email", Path: "/verify-email?token=" + verify},
		{Name: "verify-email-used", Path: "/verify-email?token=" + used, Status: 404},
		{Name: "forgot-password", Path: "/forgot-password"},
		{Name: "forgot-password-sent", Path: "/forgot-password/sent"},
		{Name: "reset-password", Path: "/reset-password?token=" + reset},
		{Name: "reset-password-faults", Status: 422, Open: filled("/reset-password?token="+reset, "password", "short")},
		{Name: "reset-password-used", Path: "/reset-password?token=" + used, Status: 404},
		{Name: "account", Visitor: "dana", Path: "/account"},
		{Name: "account-security", Visitor: "dana", Path: "/account/security"},
		{Name: "account-teams", Visitor: "dana", Path: "/account/teams"},
		{Name: "account-delete", Visitor: "dana", Path: "/account/delete"},
	}
}

// filled opens a page and sends its form, with pairs of field and value. The
// word NEW in a value stands for one that is another each time.
func filled(path string, fields ...string) func(*webtest.Page) {
	var times atomic.Int64
	return func(page *webtest.Page) {
		values := map[string]string{}
		for i := 0; i < len(fields); i += 2 {
			values[fields[i]] = strings.ReplaceAll(fields[i+1], "NEW", fmt.Sprint(times.Load()))
		}
		times.Add(1)
		page.Open(path)
		page.Submit(values)
	}
}

// appsViews are the pages of applications, and of one that lies at a path.
func appsViews(app string) []webtest.View {
	return []webtest.View{
		{Name: "apps-none", Visitor: "new", Path: "/apps"},
		{Name: "apps", Visitor: "dana", Path: "/apps"},
		{Name: "apps-new", Visitor: "dana", Path: "/apps/new"},
		{Name: "apps-new-faults", Visitor: "dana", Status: 422, Open: filled("/apps/new", "name", "", "description", "no name")},
		{Name: "apps-created", Visitor: "maker", Open: filled("/apps/new", "name", "Inventory service NEW")},
		{Name: "app-overview", Visitor: "dana", Path: app},
		{Name: "app-apis", Visitor: "dana", Path: app + "/apis"},
		{Name: "app-apis-add", Visitor: "dana", Path: app + "/apis/add"},
		{Name: "app-credentials", Visitor: "dana", Path: app + "/credentials"},
		{Name: "app-credentials-new", Visitor: "dana", Path: app + "/credentials/new"},
		{Name: "app-analytics", Visitor: "dana", Path: app + "/analytics"},
		{Name: "app-analytics-30d", Visitor: "dana", Path: app + "/analytics?range=30d"},
		{Name: "app-settings", Visitor: "dana", Path: app + "/settings"},
		{Name: "app-test", Visitor: "dana", Path: app + "/test"},
		{Name: "app-foreign", Visitor: "dana", Path: "/apps/01890000-0000-7000-8000-000000000000", Status: 404},
	}
}

// apiViews are the pages of the catalogue, and of the API that lies at a path.
func apiViews(api string) []webtest.View {
	return []webtest.View{
		{Name: "apis", Path: "/apis"},
		{Name: "apis-signed-in", Visitor: "dana", Path: "/apis"},
		{Name: "apis-nothing", Path: "/apis?q=zzzzzz"},
		{Name: "api", Path: api},
		{Name: "api-signed-in", Visitor: "dana", Path: api},
		{Name: "api-reference", Visitor: "dana", Path: api + "/reference"},
		{Name: "api-versions", Path: api + "/versions"},
		{Name: "api-apps", Visitor: "dana", Path: api + "/apps"},
		{Name: "api-use-first", Visitor: "new", Path: api + "/use"},
		{Name: "api-use-again", Visitor: "dana", Path: api + "/use"},
		{Name: "api-try", Visitor: "dana", Path: api + "/try/listOrders"},
		{Name: "api-unknown", Path: "/apis/nothing-here", Status: 404},
	}
}
