package e2e_test

import (
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"portico/webtest"
)

// TestBrowserWalk does in a browser what the founding documents tell a
// developer to do, by their labels, with scripts and without.
func TestBrowserWalk(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	for _, scripts := range []bool{true, false} {
		t.Run("scripts "+strconv.FormatBool(scripts), func(t *testing.T) {
			walk(t, b, p, scripts, "walker."+strconv.FormatBool(scripts)+"@example.com")
		})
	}
}

func walk(t *testing.T, b *webtest.Browser, p *program, scripts bool, email string) {
	const password = "correct horse battery staple"
	visit := signUpInBrowser(t, b, p, scripts, email, password)

	// The portal team approves.
	admin := newAPI(t, p.ManagementURL, "Authorization", p.Token)
	portal := id(admin.do("GET", "/v3/portals", nil, 200)["data"].([]any)[0].(object))
	found := admin.do("GET", "/v3/portals/"+portal+"/developers?filter%5Bemail%5D="+url.QueryEscape(email), nil, 200)["data"].([]any)
	admin.do("PATCH", "/v3/portals/"+portal+"/developers/"+id(found[0].(object)), object{"status": "approved"}, 200)
	visit.Open("/login")
	visit.Fill("E-mail", email)
	visit.Fill("Password", password)
	visit.Within("Password").Click("Sign in")

	visit.Click("My Apps")
	visit.See("No apps yet")
	visit.Click("New App")
	visit.See("Create New Application")
	visit.Fill("Name", "Checkout")
	visit.Fill("Description", "the first one")
	visit.Click("Create")
	visit.See("The secret is shown once")
	clientID, clientSecret := visit.TextOf("client-id"), visit.TextOf("secret")
	visit.Reload()
	if again := visit.TextOf("secret"); again != clientSecret {
		t.Error("after a reload the secret is not the same")
	}
	visit.Choose("I have stored the client secret")
	visit.Click("Proceed")
	visit.Within("Registered APIs").See("registered for no API")
	if html := visit.HTML(); strings.Contains(html, clientSecret) {
		t.Error("the application's page still holds the secret")
	}

	pages := newBrowser(t, p.OktaURL)
	pages.signIn(p.Admin.Email, p.Admin.Password)
	if list := pages.page("/applications"); !strings.Contains(list, clientID) {
		t.Errorf("the authorization server's Applications do not list %s", clientID)
	}

	visit.Within("Parts of the application").Click("APIs")
	visit.Click("Add API")
	visit.Choose("Orders")
	visit.Within("Comment").Click("Add API")
	visit.See("The application may now call Orders")
	visit.Click("Overview")
	line := visit.TextOf("call-basic")
	curl := exec.Command("bash", "-c", line+` -sS -o /dev/null -w '%{http_code}'`)
	curl.Env = append(curl.Environ(), "CLIENT_ID="+clientID, "CLIENT_SECRET="+clientSecret)
	if out, err := curl.CombinedOutput(); err != nil || string(out) != "200" {
		t.Errorf("the line that the page shows gets %s (%v):\n%s", out, err, line)
	}

	visit.Click("Send test request")
	visit.Fill("Client Secret", clientSecret)
	visit.Click("Send test request")
	visit.See("Everything works")

	useThisAPI(t, visit, p)
	visit.Click("My Apps", "Checkout", "Settings")
	visit.Fill("Type “Checkout” to confirm", "Checkout")
	visit.Click("Delete application")
	visit.See("The application Checkout is deleted")
	if got := get(t, p.GatewayURL+p.Route, "Authorization", "Basic "+clientID+":"+clientSecret); got != 401 {
		t.Errorf("a deleted application's credential gets %d, want 401", got)
	}
}

// useThisAPI starts from the API's page, as the current how-to does: it makes an
// application that is registered for the API from the beginning.
func useThisAPI(t *testing.T, visit *webtest.Page, p *program) {
	visit.Click("APIs", "Orders", "Use this API")
	visit.Choose("New app")
	visit.Click("Continue")
	visit.See("Create New Application")
	visit.Fill("Name", "Stock keeper")
	visit.Click("Create")
	visit.See("The secret is shown once")
	credentials := visit.TextOf("client-id") + ":" + visit.TextOf("secret")
	visit.Choose("I have stored the client secret")
	visit.Click("Proceed")
	visit.Within("Registered APIs").See("Orders")
	if got := get(t, p.GatewayURL+p.Route, "Authorization", "Basic "+credentials); got != 200 {
		t.Errorf("the credentials of an application made for the API get %d", got)
	}
}

// signUpInBrowser makes an account, up to where it awaits approval.
func signUpInBrowser(t *testing.T, b *webtest.Browser, p *program, scripts bool, email, password string) *webtest.Page {
	t.Helper()
	visit := b.Page(t, p.PortalURL)
	visit.SetJavaScript(scripts)
	visit.Open("/")
	visit.Click("Sign up")
	visit.Fill("Full name", "Wanda Walker")
	visit.Fill("E-mail", email)
	visit.Within("Full name").Click("Sign up")
	visit.See("Open the link in it")
	visit.Open("/verify-email?token=" + mailedToken(t, p.dir, email))
	visit.Fill("New password", password)
	visit.Click("Set password")
	visit.Open("/login")
	visit.Fill("E-mail", email)
	visit.Fill("Password", password)
	visit.Within("Password").Click("Sign in")
	visit.See("portal team")
	return visit
}
