package apps_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico"
)

func TestCredentialsAreTriedStepByStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	page := b.create(url.Values{"name": {"Trying"}})
	value := page.value("secret")
	app := page.submit("/proceed", url.Values{"stored": {"on"}})
	try := func(credential string) *shown {
		s := b.get(app.path+"/test").says("neither stored nor logged").submit("/test", url.Values{"credential": {credential}})
		s.hides(credential)
		if s.header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control: %s", s.header.Get("Cache-Control"))
		}
		return s
	}
	b.get(app.path+"/test").submit("/test", nil).is(422, app.path).fault("credential")
	try(value).says("It ends here", "Token issued for orders.read", "client_id is", "Your app is not registered for", "Add the API on the tab APIs.")
	b.get(app.path+"/apis/add").submit("/apis/add", url.Values{"api": {string(h.loyalty.ID)}})
	try(value).says("Loyalty 1.0 awaits approval.", "You get an email")
	b.get(app.path+"/apis/add").submit("/apis/add", url.Values{"api": {string(h.orders.ID)}})
	try(value).says("Everything works", "The issuer answers", "The API answered with 200", "Claims of the token")
	try("wrong-secret-of-somebody").says("It ends here", "Okta rejected the secret. It may have been rotated.", "Paste the newest one, or create a new credential.", "Not tried:")
	h.as.Fail("/oauth2/default/.well-known", http.StatusServiceUnavailable, 20)
	try(value).says("Okta does not answer as an issuer should.", "Try again in a few minutes.")
	h.as.ClearFaults()
	h.gateway.Close()
	try(value).says("The gateway does not answer.")
	for _, known := range []string{value, "wrong-secret-of-somebody"} {
		if strings.Contains(h.logs.String(), known) {
			t.Error("the log has a secret that was tried")
		}
	}
}

func TestAKeyIsTried(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	page := b.create(url.Values{"name": {"Seats app"}, "strategy": {string(h.keys.ID)}})
	key := page.value("secret")
	app := page.submit("/proceed", url.Values{"stored": {"on"}})
	b.get(app.path+"/apis/add").submit("/apis/add", url.Values{"api": {string(h.seats.ID)}})
	b.get(app.path+"/test").submit("/test", url.Values{"credential": {key}}).says("Everything works", "The API answered with 200")
	b.get(app.path+"/test").submit("/test", url.Values{"credential": {key + "x"}}).says("The gateway answered with 401")
}

// TestEveryPageIsInEveryLanguage visits all pages of an application of each
// kind; reading them checks markup and texts.
func TestEveryPageIsInEveryLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, lang := range []string{"en", "ja"} {
		b, _ := h.newcomer(t, lang)
		for name, strategy := range map[string]portico.StrategyID{"dcr": h.dcr.ID, "keys": h.keys.ID, "self": h.self.ID} {
			page := b.create(url.Values{"name": {name + lang}, "strategy": {string(strategy)}, "client_id-" + string(h.self.ID): {"client-" + lang}})
			if strings.HasPrefix(page.path, "/apps/new/") {
				page = page.submit("/proceed", url.Values{"stored": {"on"}})
			}
			for _, api := range []portico.APIID{h.orders.ID, h.loyalty.ID, h.seats.ID, h.meals.ID} {
				b.post(page.path+"/apis/add", url.Values{"api": {string(api)}})
			}
			h.use(t, idOf(page), h.orders.ID, "x", "server_error", 2)
			for _, below := range []string{"", "/apis", "/apis/add", "/credentials", "/credentials/new", "/credentials/regenerate", "/analytics", "/settings", "/test"} {
				s := b.get(page.path+below).is(200, page.path)
				if !strings.Contains(s.body, `<html lang="`+lang+`"`) {
					t.Errorf("%s is not in %s", s.path, lang)
				}
			}
			b.get(page.path+"/test").submit("/test", url.Values{"credential": {"wrong"}}).is(200, page.path)
		}
		b.get("/apps").is(200, "/apps")
		b.get("/apps/new").is(200, "/apps/new")
	}
}
