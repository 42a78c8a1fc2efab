package appauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/url"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"portico"
	"portico/webtest"
	"portico/webui/consoletest"
)

// only is the one provider there is.
func only(t *testing.T, h *consoletest.House) portico.Provider {
	t.Helper()
	found, err := h.Providers.List(t.Context(), portico.Everything())
	must(t, err)
	if found.Total != 1 {
		t.Fatalf("there are %d providers", found.Total)
	}
	return found.Items[0].Provider
}

// TestAServiceAppOfOkta takes the place of an API token, with a key of its own.
func TestAServiceAppOfOkta(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	text, err := jose.JSONWebKey{Key: pair, KeyID: "k", Algorithm: "ES256"}.MarshalJSON()
	must(t, err)
	key := string(text)
	form := h.As(t, "en").Get(providers+"/new").Is(200, providers).Says("Service app", "Registration")
	filled := url.Values{"name": {"Okta"}, "type": {"okta"}, "issuer": {h.Okta.Issuer}, "token": {"an-api-token"}, "service_client_id": {"0oa1"}, "registration_mode": {"dcr"}}
	form.Submit("/new", filled).Is(422, providers).Fault("token")
	filled.Set("token", key)
	filled.Set("view", "call")
	form.Submit("/new", filled).Is(200, providers).Says("private_key", "0oa1", "registration_mode").Hides(key, "dcr_token")
	filled.Del("view")
	form.Submit("/new", filled).Is(200, providers).Says("Okta is saved")
	made := only(t, h)
	if made.Config.ServiceClientID != "0oa1" || made.Config.RegistrationMode != portico.RegistrationDCR {
		t.Fatalf("saved as %+v", made)
	}

	path := providers + "/" + string(made.ID)
	page := func() *webtest.Shown { return h.As(t, "en").Get(path).Is(200, path) }
	page().Says("Private key").Submit(path, url.Values{"name": {"Renamed"}}).Is(200, path).Says("Renamed is saved")
	if now := only(t, h); now.Config != made.Config || string(now.SealedSecret) != string(made.SealedSecret) {
		t.Errorf("renaming made it %+v", now)
	}
	page().Submit(path, url.Values{"service_client_id": {""}}).Is(422, path).Fault("token") // the key is no API token
	page().Submit(path, url.Values{"service_client_id": {"0oa2"}}).Is(422, path).Fault("token")
	page().Submit(path, url.Values{"registration_mode": {"apps"}, "view": {"call"}}).Is(200, path).Says("registration_mode", "PATCH").Hides("private_key")
	page().Submit(path, url.Values{"registration_mode": {"apps"}}).Is(200, path).Says("Renamed is saved")
	if now := only(t, h); now.Config.RegistrationMode != portico.RegistrationApps || now.Config.ServiceClientID != "0oa1" {
		t.Errorf("another way to register makes it %+v", now)
	}
	page().Submit(path, url.Values{"service_client_id": {""}, "token": {h.Okta.Token.Reveal()}}).Is(200, path).Says("Renamed is saved")
	if now := only(t, h); now.Config.ServiceClientID != "" || string(now.SealedSecret) == string(made.SealedSecret) {
		t.Errorf("with an API token it is %+v", now)
	}
	page().Says("DCR Token")
}

// TestABridge: what a bridge can do, by the form and by its call alike.
func TestABridge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := h.As(t, "en").Get(providers+"/new").Is(200, providers)
	filled := url.Values{
		"name": {"Bridge"}, "type": {"http"}, "issuer": {"https://idp.example"}, "token": {"abcdefghijkl"}, "base_url": {"https://bridge.example"},
		"disable_refresh_secret": {"on"}, "allow_multiple_credentials": {"on"},
	}
	form.Submit("/new", filled).Is(200, providers).Says("Bridge is saved")
	made := only(t, h)
	if c := made.Config; c.BaseURL != "https://bridge.example" || c.DisableEventHooks || !c.DisableRefreshSecret || !c.AllowMultipleCredentials {
		t.Errorf("saved as %+v", made)
	}
	path := providers + "/" + string(made.ID)
	page := h.As(t, "en").Get(path).Is(200, path)
	call := h.Run(t, page.Submit(path, url.Values{"disable_event_hooks": {"on"}, "disable_refresh_secret": {}, "view": {"call"}}).Is(200, path))
	if c := only(t, h).Config; call.Status != 200 || !c.DisableEventHooks || c.DisableRefreshSecret || !c.AllowMultipleCredentials {
		t.Errorf("the call answers %+v and makes it %+v", call, c)
	}
}
