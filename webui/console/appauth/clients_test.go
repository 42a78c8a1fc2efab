package appauth_test

import (
	"net/url"
	"testing"

	"portico"
	"portico/access"
	"portico/control"
	"portico/developers"
	"portico/webui/consoletest"
)

// traveller is an application with a client.
func traveller(t *testing.T, h *consoletest.House, strategy portico.StrategyID) portico.ApplicationID {
	t.Helper()
	portal, err := h.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Airline"), DefaultStrategyID: portico.Some(strategy)})
	must(t, err)
	developer, err := h.Developers.Create(t.Context(), portal.ID, developers.NewAccount{Email: "dora@dev.example", FullName: "Dora Dev", Status: new(portico.Approved)})
	must(t, err)
	app, err := h.Applications.Create(t.Context(), control.NewApplication{PortalID: portal.ID, DeveloperID: developer.ID, Name: "Trips"})
	must(t, err)
	return app.ID
}

// renameThere lets both sides have different names, as if somebody had renamed
// the client.
func renameThere(t *testing.T, h *consoletest.House, app portico.ApplicationID) {
	t.Helper()
	must(t, h.Inventories.Store.Update(t.Context(), func(tx portico.Tx) error {
		_, err := tx.Applications().Change(t.Context(), app, func(a *portico.Application) error { a.Name = "Journeys"; return nil })
		return err
	}))
}

// TestClientsInTheIdentityProvider looks, ignores and settles what was found, by
// forms and by their call.
func TestClientsInTheIdentityProvider(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	provider := okta(t, h, "Okta")
	strategy := dcr(t, h, "dcr", provider.ID)
	app := traveller(t, h, strategy.ID)
	path := providers + "/" + string(provider.ID)
	admin := h.As(t, "en")
	admin.Get(path).Is(200, path).Says("Clients in the identity provider", "Show the clients")
	admin.Get(path).Submit(path, url.Values{"registration_mode": {"dcr"}}).Is(422, path).Fault("registration_mode").Says("nothing was changed")
	page := admin.Get(path+"/clients").Is(200, path).Says("Nobody has looked yet")
	page = page.Submit("/clients", url.Values{}).Is(200, path).Says("Both sides are alike", "Last looked at")

	renameThere(t, h, app)
	page.Submit("/clients", url.Values{}).Is(200, path).Says("Drifted", "Journeys", "Trips", "Push back", "Adopt", "Ignore")
	last, err := h.Inventories.Last(t.Context(), provider.ID)
	must(t, err)
	if len(last.Findings) != 1 {
		t.Fatalf("found %+v", last.Findings)
	}
	of := func(action string) string {
		return path + "/clients?" + url.Values{"finding": {last.Findings[0].ID}, "action": {action}}.Encode()
	}
	admin.Get(of("ignore")).Is(200, path).Submit("/clients", url.Values{}).Is(200, path).Says("Ignored by", "Stop ignoring", "Done.")
	admin.Get(of("notice")).Is(200, path).Submit("/clients", url.Values{}).Is(200, path).Says("Push back")
	call := h.Run(t, admin.Get(of("push_back")).Is(200, path).Says("made what its application says").Submit("/clients", url.Values{"view": {"call"}}).Is(200, path))
	if call.Status != 200 || len(call.Body["findings"].([]any)) != 0 {
		t.Errorf("the call answers %d %v", call.Status, call.Body)
	}
	admin.Post(path+"/clients", url.Values{"finding": {last.Findings[0].ID}, "action": {"push_back"}}).Is(409, path).Says("nothing was done")
	admin.Get(of("push_back")).Is(200, path).Says("Both sides are alike") // nothing to confirm any more
	h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Providers, Entity: access.Everything}).Get(path+"/clients").Is(200, path).Hides("Look now")
}
