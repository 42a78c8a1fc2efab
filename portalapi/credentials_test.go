package portalapi_test

import (
	"testing"
	"time"

	"portico"
)

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys := s.keyAuth(t, portico.KeyAuthConfig{TTL: &portico.TTL{Value: 3, Unit: "days"}})
	s.publish(t, p, "A", portico.Public, &keys)
	b := s.signUp(t, p, "d@dev.example")
	created := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID})
	created.has(t, map[string]any{"client_id": nil, "client_secret": nil})
	path := "/applications/" + created.text("id") + "/credentials"
	b.lists(t, path, "id")
	for body, faults := range map[string][]string{
		`{"display_name":7}`: {"display_name is_string"}, `{"display_name":"` + long(256) + `"}`: {"display_name max_length 255"},
		`{"credential":"chosen"}`: {"credential unknown_property"}, `{`: {"body invalid"}, `[]`: {"body is_object"},
	} {
		b.refuses(t, "POST", path, body, faults...)
	}
	first := b.call(t, 201, "POST", path, map[string]any{"display_name": "laptop"})
	first.has(t, map[string]any{"type": "api_key", "display_name": "laptop", "status": "active", "client_secret": nil})
	if len(first.text("credential")) < 40 || first.text("expires_at") == "" {
		t.Errorf("a key: %s", first.Text)
	}
	second := b.call(t, 201, "POST", path, nil)
	s.keep(first.text("credential"), second.text("credential"))
	b.lists(t, path, "display_name", "", "laptop")

	b.refuses(t, "PUT", path+"/"+second.text("id"), `{}`, "display_name required")
	b.refuses(t, "PUT", path+"/"+second.text("id"), `{"display_name":null}`, "display_name is_string")
	if a := b.call(t, 200, "PUT", path+"/"+second.text("id"), map[string]any{"display_name": "server"}); a.Text != "" {
		t.Errorf("renaming answers %q", a.Text)
	}
	b.lists(t, path, "display_name", "laptop", "server")
	s.clock.advance(3 * 24 * time.Hour)
	b.signIn(t, "d@dev.example")
	b.lists(t, path, "status", "expired", "expired")
	for _, id := range []string{unknownID, "x", "%00", "%ff"} {
		b.call(t, 404, "DELETE", path+"/"+id, nil)
		b.call(t, 404, "PUT", path+"/"+id, map[string]any{"display_name": "x"})
	}
	b.call(t, 204, "DELETE", path+"/"+first.text("id"), nil)
	b.call(t, 404, "DELETE", path+"/"+first.text("id"), nil)
	b.lists(t, path, "display_name", "server")
	for range portico.MaxAPIKeysPerApplication - 1 {
		b.call(t, 201, "POST", path, nil)
	}
	b.call(t, 403, "POST", path, nil)
	b.call(t, 200, "GET", path+"?page[size]=7&page[number]=3", nil).has(t, map[string]any{"meta.page": map[string]any{"size": 7, "number": 3, "total": 20}})
	b.call(t, 409, "POST", "/applications/"+created.text("id")+"/regenerate-secret", nil)
}

// TestClientSecrets adds, revokes and regenerates secrets of a client in a real
// authorization server, and tries each there.
func TestClientSecrets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	strategy := s.oidc(t)
	s.publish(t, p, "A", portico.Public, &strategy)
	b := s.signUp(t, p, "d@dev.example")
	created := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": strategy.ID})
	clientID, first := created.text("client_id"), created.text("client_secret")
	app := "/applications/" + created.text("id")
	path := app + "/credentials"
	works := func(secret string, want bool) {
		t.Helper()
		if refusal := s.token(t.Context(), clientID, secret); (refusal == "") != want {
			t.Errorf("the secret should work: %v; %s", want, refusal)
		}
	}
	works(first, true)
	s.keep(first)
	firstID := b.call(t, 200, "GET", path, nil).column("id")[0]
	b.call(t, 409, "DELETE", path+"/"+firstID, nil)
	b.refuses(t, "POST", path, map[string]any{"display_name": "x"}, "display_name invalid")
	b.refuses(t, "PUT", path+"/"+firstID, map[string]any{"display_name": "x"}, "display_name invalid")

	added := b.call(t, 201, "POST", path, nil)
	added.has(t, map[string]any{"type": "client_secret", "client_id": clientID, "display_name": nil, "credential": nil})
	second := added.text("client_secret")
	works(first, true)
	works(second, true)
	s.keep(second)
	b.lists(t, path, "type", "client_secret", "client_secret")
	b.call(t, 403, "POST", path, map[string]any{})
	b.call(t, 409, "POST", app+"/regenerate-secret", nil)
	b.call(t, 404, "DELETE", path+"/nothing", nil)
	b.call(t, 204, "DELETE", path+"/"+firstID, nil)
	works(first, false)
	works(second, true)

	regenerated := b.call(t, 201, "POST", app+"/regenerate-secret", nil)
	regenerated.has(t, map[string]any{"client_id": clientID})
	third := regenerated.text("client_secret")
	works(second, false)
	works(third, true)
	s.keep(third)
	b.lists(t, path, "client_id", clientID)
	b.call(t, 422, "GET", app+"/granted-scopes", nil)
}
