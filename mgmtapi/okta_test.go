package mgmtapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"portico/spectest"
)

// TestOktaServiceApp: what an Okta provider can have beyond the contract goes
// in, comes back without the key, and gives way to a token again.
func TestOktaServiceApp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	private, err := json.Marshal(jose.JSONWebKey{Key: pair, KeyID: "portico", Algorithm: "ES256", Use: "sig"})
	check(t, err)
	key := string(private)
	var parts struct{ D string }
	check(t, json.Unmarshal(private, &parts))
	s.keep(parts.D, "hidden-okta-token")
	beyond := func(status int, method, path string, body any) answer {
		t.Helper()
		return s.send(t, status, method, path, body, http.Header{"Authorization": {"Bearer " + s.token}, spectest.Beyond: {"dcr_config.client_id dcr_config.private_key dcr_config.registration_mode"}})
	}
	shows := func(a answer, want map[string]any) {
		t.Helper()
		if got := a.Body["dcr_config"]; !reflect.DeepEqual(got, any(want)) {
			t.Errorf("dcr_config is %v, want %v", got, want)
		}
	}
	app := map[string]any{"client_id": "0oa1", "private_key": key, "registration_mode": "dcr"}
	made := beyond(201, "POST", providers, with(provider("okta"), "dcr_config", app))
	shows(made, map[string]any{"client_id": "0oa1", "registration_mode": "dcr"})
	path := providers + "/" + made.text("id")
	shows(beyond(200, "PATCH", path, map[string]any{"dcr_config": map[string]any{"registration_mode": "apps"}}), map[string]any{"client_id": "0oa1", "registration_mode": "apps"})
	shows(beyond(200, "PATCH", path, map[string]any{"name": "renamed"}), map[string]any{"client_id": "0oa1", "registration_mode": "apps"})
	shows(beyond(200, "PATCH", path, map[string]any{"dcr_config": map[string]any{"dcr_token": "hidden-okta-token"}}), map[string]any{"registration_mode": "apps"})
	shows(beyond(200, "PATCH", path, map[string]any{"dcr_config": app}), map[string]any{"client_id": "0oa1", "registration_mode": "dcr"})
	shows(beyond(200, "GET", path, nil), map[string]any{"client_id": "0oa1", "registration_mode": "dcr"})

	for name, tt := range map[string]struct {
		config map[string]any
		fault  string
	}{
		"no key":         {map[string]any{"client_id": "0oa1"}, "dcr_config.private_key required"},
		"no client":      {map[string]any{"private_key": key}, "dcr_config.client_id required"},
		"both":           {map[string]any{"client_id": "0oa1", "private_key": key, "dcr_token": "hidden-okta-token"}, "dcr_config.dcr_token invalid"},
		"no JSON":        {map[string]any{"client_id": "0oa1", "private_key": "-----BEGIN PRIVATE KEY-----"}, "dcr_config.private_key invalid"},
		"too long":       {map[string]any{"client_id": "0oa1", "private_key": strings.Repeat("k", 8193)}, "dcr_config.private_key max_length 8192"},
		"another mode":   {map[string]any{"client_id": "0oa1", "private_key": key, "registration_mode": "scim"}, "dcr_config.registration_mode enum [apps dcr]"},
		"nothing at all": {map[string]any{"registration_mode": "dcr"}, "dcr_config.dcr_token required"},
	} {
		a := s.call(t, 400, "POST", providers, with(provider("okta"), "dcr_config", tt.config))
		if !slices.Contains(a.faults(), tt.fault) {
			t.Errorf("%s: %v", name, a.faults())
		}
	}
}
