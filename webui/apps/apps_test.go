package apps_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
)

// idOf is the application that a page is about.
func idOf(s *shown) portico.ApplicationID {
	id, _, _ := strings.Cut(strings.TrimPrefix(s.path, "/apps/"), "/")
	return portico.ApplicationID(id)
}

func TestAnApplicationWithKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	page := b.create(url.Values{"name": {"Seats app"}, "strategy": {string(h.keys.ID)}}).is(http.StatusOK, "/apps/new/").says("API key", "x-shop-key", "I have stored the API key")
	key := page.value("secret")
	if env := page.get(page.path + "/env").body; env != "API_KEY="+key+"\nAPI_KEY_HEADER=x-shop-key\nAPI_BASE_URL="+h.gateway.URL+"\n" {
		t.Errorf(".env: %s", env)
	}
	app := page.submit("/proceed", url.Values{"stored": {"on"}}).says("REGISTERED_ROUTE", "No API yet", "New API key")
	added := b.get(app.path+"/apis/add").says("Seats", "Uses Keys of ours; this API needs Okta").submit("/apis/add", url.Values{"api": {string(h.seats.ID)}})
	added.is(http.StatusOK, app.path+"/apis").says("The application may now call Seats.", "Approved")
	if status := h.call(t, "/seats/orders", func(r *http.Request) { r.Header.Set("x-shop-key", key) }); status != http.StatusOK {
		t.Errorf("the gateway answers the key with %d", status)
	}
	b.get(app.path).says("curl "+h.gateway.URL+"/seats/orders", `-H "x-shop-key: $API_KEY"`)

	held, err := h.Credentials.List(t.Context(), idOf(app), portico.Everything())
	must(t, err)
	one := held.Items[0].ID
	h.use(t, idOf(app), h.seats.ID, one, "ok", 3)
	tab := b.get(app.path+"/credentials").says("1 of 20 used", "First key", "Last used", "New Credential", "Rename", "Revoke").hides("Never</span>")
	b.get(tab.path+"/"+one+"/rename").submit("/rename", url.Values{"name": {""}}).is(422, tab.path).fault("name")
	b.get(tab.path+"/"+one+"/rename").submit("/rename", url.Values{"name": {"on the laptop"}}).is(200, tab.path).says("on the laptop")
	b.get(tab.path+"/"+one+"/revoke").says("Seats app", one).submit("/revoke", url.Values{"confirm": {"yes"}}).is(422, tab.path).fault("confirm")
	b.get(tab.path+"/"+one+"/revoke").submit("/revoke", url.Values{"confirm": {"revoke"}}).is(200, tab.path).says("The credential is revoked.", "No credentials")
	b.get(tab.path+"/"+one+"/revoke").is(http.StatusNotFound, tab.path)
	if status := h.call(t, "/seats/orders", func(r *http.Request) { r.Header.Set("x-shop-key", key) }); status != http.StatusUnauthorized {
		t.Errorf("the gateway answers the revoked key with %d", status)
	}
	b.get(tab.path+"/new").submit("/credential", url.Values{"name": {""}}).is(422, "/apps/new/").fault("name")
	next := b.get(tab.path+"/new").submit("/credential", url.Values{"name": {"second"}}).is(200, "/apps/new/").says("This is a new API key")
	next.submit("/proceed", url.Values{"stored": {"on"}}).is(200, tab.path).says("second")
	for i := range portico.MaxAPIKeysPerApplication - 1 {
		_, err := h.Credentials.Create(t.Context(), idOf(app), fmt.Sprint("key ", i))
		must(t, err)
	}
	b.get(tab.path).says("Revoke one first (20 of 20)")
}

func TestSecretsAreReplacedOneByOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	app := b.app("Rotating", h.dcr)
	tab := b.get(app.path+"/credentials").says("1 of 2 used", "New Credential", "Replace a secret without an interruption").hides("/revoke")
	second := b.get(tab.path+"/new").says("Those that you have go on working").submit("/credential", nil).is(200, "/apps/new/").says("This is a further secret")
	b.get(app.path).says("Store your client secret", "1 / 4")
	second.submit("/proceed", url.Values{"stored": {"on"}}).is(200, tab.path).says("Revoke one first (2 of 2)")
	view, err := h.Applications.ByID(t.Context(), "", idOf(app))
	must(t, err)
	held, err := h.Credentials.List(t.Context(), view.ID, portico.Everything())
	must(t, err)
	names := h.named(t, view.ID)
	older, newer := names[held.Items[0].ID], names[held.Items[1].ID]
	if older == "" || newer == "" {
		t.Fatalf("of %v the secrets %v are named", held.Items, names)
	}
	b.get(tab.path).says("Never").hides("Unused for 24 hours")
	h.use(t, view.ID, h.orders.ID, older, "ok", 1)
	h.clock.pass(25 * time.Hour)
	h.use(t, view.ID, h.orders.ID, newer, "ok", 1)
	h.use(t, view.ID, h.orders.ID, view.ClientID+"#00ff00ff00ff", "ok", 1)
	b = h.signedIn(t, "en", "en@dev.example")
	b.get(tab.path).says("1 day ago", "just now", "Unused for 24 hours", "Other secrets that the gateway has seen", "00ff00ff00ff")
	revoke := tab.path + "/" + held.Items[0].ID + "/revoke"
	b.get(revoke).says("Tokens that were issued already go on working").submit("/revoke", url.Values{"confirm": {"revoke"}}).is(200, tab.path).says("1 of 2 used")
	b.get(tab.path+"/"+held.Items[1].ID+"/revoke").submit("/revoke", url.Values{"confirm": {"revoke"}}).is(409, tab.path).says("only secret")
	replaced := b.get(tab.path+"/regenerate").says("stops working at once").submit("/credential", url.Values{"confirm": {"no"}}).is(422, "/apps/new/").fault("confirm")
	replaced.submit("/credential", url.Values{"confirm": {"regenerate"}}).is(200, "/apps/new/").says("The former one no longer works")

	h.as.Fail("/api/v1/apps", http.StatusServiceUnavailable, 50)
	b.get(tab.path).is(200, tab.path).says("Okta did not answer. Your credentials go on working", "Reload")
}

func TestAnApplicationWithAClientOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	app := b.app("Own", h.self).says("own-Own")
	b.get(app.path+"/credentials").says("You manage the secret yourself", h.as.Issuer)
	b.get(app.path+"/settings").submit("/edit", url.Values{"client_id": {"other-client"}}).is(200, app.path+"/settings").says("The application is saved.")
	b.get(app.path).says("other-client")
	b.get(app.path + "/settings").says("The client at the identity provider stays")
}

func TestApprovalIsAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	app := b.app("Asking", h.dcr)
	b.get(app.path + "/apis").says("Register the application for the APIs that it shall call.")
	add := b.get(app.path+"/apis/add").says("Orders", "Loyalty", "Comment to the portal team")
	add.submit("/apis/add", url.Values{"api": {"none"}}).is(422, app.path).fault("api")
	pending := add.submit("/apis/add", url.Values{"api": {string(h.loyalty.ID)}, "comment": {"for points"}}).is(200, app.path+"/apis")
	pending.says("You have asked for Loyalty.", "Awaiting approval since", "Your comment: for points")
	b.get(app.path).says("Loyalty awaits approval. The request is refused until then.")
	b.get("/apps").says("Awaiting approval", "1 API")
	found, err := h.Registrations.List(t.Context(), portico.Everything(portico.Where("application_id", idOf(app))))
	must(t, err)
	_, err = h.Registrations.SetStatus(t.Context(), "", found.Items[0].ID, portico.Rejected, "Not for shops.")
	must(t, err)
	rejected := b.get(app.path+"/apis").says("Rejected", "Reason: Not for shops.", "Ask again")
	b.get(app.path).says("no access to Loyalty")
	again := rejected.submit("/again", nil).is(200, app.path+"/apis").says("Awaiting approval")
	again.submit("/remove", nil).is(200, app.path+"/apis").says("no longer registered for Loyalty")
	b.post(again.path+"/"+string(found.Items[0].ID)+"/remove", nil).is(404, again.path)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, d := h.newcomer(t, "en")
	mate := h.developer(t, "mate@dev.example")
	team, err := h.Teams.Create(t.Context(), h.portal.ID, developers.TeamFields{Name: portico.Some("Shop floor"), CanOwnApplications: portico.Some(true)})
	must(t, err)
	for _, member := range []portico.DeveloperID{d.ID, mate.ID} {
		must(t, h.Teams.AddMember(t.Context(), h.portal.ID, team.ID, member))
	}
	app := b.app("Old name", h.dcr)
	settings := b.get(app.path+"/settings").says("Application", "Transfer", "Delete", "This also deletes the client in Okta")
	settings.submit("/edit", url.Values{"name": {""}}).is(422, settings.path).fault("name")
	settings.submit("/edit", url.Values{"name": {"New name"}, "description": {"About it"}, "redirect_uri": {"https://app.example.com/cb"}}).is(200, settings.path).says("The application is saved.", "New name", "About it")
	h.as.Fail("/api/v1/apps", http.StatusServiceUnavailable, 20)
	settings.submit("/edit", url.Values{"name": {"Newer"}}).is(503, settings.path).says("Okta did not answer. Nothing was changed.")
	h.as.ClearFaults()

	other := h.signedIn(t, "en", mate.Email)
	other.get(app.path).is(404, app.path)
	settings.submit("/transfer", url.Values{"owner": {"0"}}).is(422, settings.path).fault("owner")
	settings.submit("/transfer", url.Values{"owner": {string(team.ID)}}).is(200, settings.path).says("The application has its new owner.")
	other.get("/apps").says("New name", "Team Shop floor")
	other.get(app.path).is(200, app.path).says("Team Shop floor")

	settings.submit("/delete", url.Values{"confirm": {"new name"}}).is(422, settings.path).fault("confirm")
	settings.submit("/delete", url.Values{"confirm": {"New name"}}).is(200, "/apps").says("The application New name is deleted.", "No apps yet")
}

func TestOtherPeoplesApplicationsAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	app := b.app("Mine", h.dcr)
	stranger, _ := h.newcomer(t, "ja")
	for _, below := range []string{"", "/apis", "/apis/add", "/credentials", "/credentials/new", "/credentials/regenerate", "/credentials/x/revoke", "/credentials/x/rename", "/analytics", "/settings", "/test"} {
		stranger.get(app.path+below).is(404, app.path).hides("Mine")
	}
	for _, below := range []string{"/apis/add", "/apis/x/again", "/apis/x/remove", "/credentials/x/rename", "/credentials/x/revoke", "/settings/edit", "/settings/transfer", "/settings/delete", "/test"} {
		stranger.post(app.path+below, url.Values{"confirm": {"Mine"}, "name": {"Theirs"}}).is(404, app.path)
	}
	stranger.post(stranger.get("/apps/new").handoff(t)+"/credential", url.Values{"app": {string(idOf(app))}, "kind": {"new"}}).is(404, "/apps/new/")
	nobody := &browser{t, h.site.URL, "en", new(http.Client)}
	nobody.get(app.path).is(200, "/login").hides("Mine")
}

// handoff is the hand-off that a page's form begins.
func (s *shown) handoff(t *testing.T) string {
	t.Helper()
	_, after, found := strings.Cut(s.body, `action="/apps/new/`)
	id, _, _ := strings.Cut(after, "/")
	if !found {
		t.Fatal("no hand-off")
	}
	return "/apps/new/" + id
}

func TestAnalytics(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	app := b.app("Busy", h.dcr)
	b.get(app.path+"/analytics").says("No requests yet", "curl ")
	h.use(t, idOf(app), h.orders.ID, "x", "ok", 40)
	h.use(t, idOf(app), h.orders.ID, "x", "not_registered", 10)
	h.use(t, idOf(app), "", "x", "rate_limited", 1)
	b.get(app.path+"/analytics").says("51", "21.6%", "Latency", "By API", "Orders", "Errors by cause", "The application is not registered for the API", "Too many requests", "Show the figures as a table")
	for _, r := range []string{"1h", "24h", "7d", "30d", "nonsense"} {
		b.get(app.path+"/analytics?range="+r).is(200, app.path).says("51")
	}
	b.get("/apps").says("Last used", "Busy")
	b.get(app.path).says("3 / 4").hides("Never")
}

func TestMyAppsHasPagesAndALimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, d := h.newcomer(t, "en")
	for i := range 21 {
		_, err := h.Applications.Create(t.Context(), control.NewApplication{PortalID: h.portal.ID, DeveloperID: d.ID, StrategyID: &h.keys.ID, Name: fmt.Sprintf("app %03d", i)})
		must(t, err)
	}
	b.get("/apps").says("app 000", "app 019", "21 entries", "New App").hides("app 020")
	b.get("/apps?page=2").says("app 020").hides("app 019")
	b.get("/apps?page=x").says("app 000")
	now := h.clock.Now()
	must(t, h.deps.Store.Update(t.Context(), func(tx portico.Tx) error {
		for i := 21; i < portico.MaxApplicationsPerDeveloper; i++ {
			app := portico.Application{ID: portico.ApplicationID(h.deps.NewID()), PortalID: h.portal.ID, DeveloperID: d.ID, StrategyID: h.keys.ID, Name: fmt.Sprintf("app %03d", i), Generation: 1, CreatedAt: now, UpdatedAt: now}
			if err := tx.Applications().Insert(t.Context(), app); err != nil {
				return err
			}
		}
		return nil
	}))
	b.get("/apps").says("You have reached the limit", "500 applications").hides(`href="/apps/new"`)
	b.get("/apps/new").says("You have reached the limit")
}
