package e2e_test

import (
	"path"
	"strconv"
	"testing"

	"portico/webtest"
)

// TestConsoleWalk does in a browser what the founding documents tell an admin to
// do, by their labels, with scripts and without; a developer's credentials at the
// gateway are the proof.
func TestConsoleWalk(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	for _, scripts := range []bool{true, false} {
		t.Run("scripts "+strconv.FormatBool(scripts), func(t *testing.T) { administer(t, b, p, scripts) })
	}
}

func administer(t *testing.T, b *webtest.Browser, p *program, scripts bool) {
	way := strconv.FormatBool(scripts)
	visit := b.Page(t, p.ConsoleURL)
	visit.SetViewport(1360, 900)
	visit.SetJavaScript(scripts)
	visit.Open("/")
	visit.Fill("E-mail", p.Admin.Email)
	visit.Fill("Password", p.Admin.Password)
	visit.Click("Sign in")
	visit.See("What is set up")

	setUpApplicationAuth(t, visit, p, way, scripts)
	api := publishWith(visit, newUpstream(t).URL, way)

	developer := signedIn(p)
	strategy := ""
	for _, s := range developer.do("GET", "/api/v3/application-auth-strategies?page%5Bsize%5D=100", nil, 200)["data"].([]any) {
		if s.(object)["name"] == "Okta by clicks "+way {
			strategy = id(s.(object))
		}
	}
	app := developer.do("POST", "/api/v3/applications", object{"name": "Clicked " + way, "auth_strategy_id": strategy}, 201)
	developer.do("POST", "/api/v3/applications/"+id(app)+"/registrations", object{"api_id": api}, 201)
	calls := func(want int) {
		t.Helper()
		if got := get(t, p.GatewayURL+"/menu-"+way, "Authorization", basic(app["client_id"].(string)+":"+app["client_secret"].(string))); got != want {
			t.Errorf("the gateway answers %d, want %d", got, want)
		}
	}
	calls(403)
	visit.Click("Access and approvals", "Approve Clicked "+way)
	visit.See("Clicked " + way + " is approved")
	calls(200)

	visit.Click("Applications", "Clicked "+way)
	visit.See(app["client_id"].(string))
	if faults := visit.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// setUpApplicationAuth makes a DCR provider and an auth strategy that uses it.
func setUpApplicationAuth(t *testing.T, visit *webtest.Page, p *program, way string, scripts bool) {
	visit.Click("DCR Providers", "New DCR Provider")
	visit.Fill("Name", "DCR Okta "+way)
	visit.Fill("Issuer URL", p.Issuer)
	visit.Choose("Okta")
	visit.Fill("DCR Token", p.OktaToken)
	visit.Click("Test connection")
	visit.See("All good")
	if !scripts { // the page was made anew, and a token is never sent back
		visit.Fill("DCR Token", p.OktaToken)
	}
	visit.Click("Save")
	visit.See("DCR Okta " + way + " is saved")

	visit.Click("Auth Strategies", "New Auth Strategy")
	visit.Fill("Name", "Okta auth strategy "+way)
	visit.Fill("Display name", "Okta by clicks "+way)
	visit.Choose("DCR Okta " + way)
	visit.Fill("Scopes", "orders.read")
	visit.Fill("Claims", "client_id")
	visit.Click("Save")
	visit.See("Okta auth strategy " + way + " is saved")
	visit.Click("DCR Providers", "DCR Okta "+way)
	if visit.Value("DCR Token") != "" {
		t.Error("the provider's page holds a token")
	}
}

// publishWith makes an API, serves it at the gateway and publishes it with the
// auth strategy; it returns its id.
func publishWith(visit *webtest.Page, upstream, way string) string {
	visit.Click("APIs", "New API")
	visit.Fill("Name", "Menu "+way)
	visit.Click("Create")
	visit.See("Menu " + way + " is created")
	api := path.Base(visit.URL())
	visit.Click("Gateway")
	visit.Fill("Service name", "menu-"+way)
	visit.Fill("Upstream URL", upstream)
	visit.Fill("Path", "/menu-"+way)
	visit.Click("Create and link")
	visit.See("The API is served at /menu-" + way)
	visit.Click("Console", "Portals", "Coffee Shop", "Published APIs", "Publish API")
	visit.Fill("API", "Menu "+way)
	visit.Fill("Authentication strategy", "Okta by clicks "+way+" (Okta auth strategy "+way+")")
	visit.Click("Publish API")
	visit.See("you decide about each registration")
	return api
}
