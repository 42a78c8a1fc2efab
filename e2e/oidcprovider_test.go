package e2e_test

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"portico/idptest/oidcprovider"
	"portico/secret"
)

// TestAnyAuthorizationServer goes from a provider of Portico's own type to a
// call at the gateway and back, with an authorization server that others have
// written and that Portico knows nothing of but its issuer and a token.
func TestAnyAuthorizationServer(t *testing.T) {
	t.Parallel()
	server := oidcprovider.Start(t)
	p := demo(t, t.TempDir(), "--bare", "--port-base", strconv.Itoa(portBase(t)))
	admin := newAPI(t, p.ManagementURL, "Authorization", p.Token)
	initial := server.InitialToken.Reveal()

	provider := admin.do("POST", "/v2/dcr-providers", object{
		"name": "Any", "provider_type": "rfc7591", "issuer": server.Issuer, "dcr_config": object{"initial_access_token": "wrong"},
	}, 201)
	at := "/v2/dcr-providers/" + id(provider)
	if config := fmt.Sprint(provider["dcr_config"]); config != "map[has_initial_access_token:true registration_endpoint:<nil>]" {
		t.Errorf("dcr_config is answered as %s", config)
	}
	if verdict := admin.do("POST", at+"/verify", nil, 200); verdict["status"] != "failed" || !strings.Contains(fmt.Sprint(verdict["errors"]), "refused the initial access token") {
		t.Errorf("verify with a wrong token: %v", verdict)
	}
	admin.do("PATCH", at, object{"dcr_config": object{"registration_endpoint": "https://elsewhere.example/register"}}, 400) // the token stays at home
	admin.do("PATCH", at, object{"dcr_config": object{"registration_endpoint": server.Issuer + "/reg", "initial_access_token": initial}}, 200)
	strategy := admin.do("POST", "/v2/application-auth-strategies", object{
		"name": "any", "display_name": "Any", "strategy_type": "openid_connect", "dcr_provider_id": id(provider),
		"configs": object{"openid-connect": object{
			"issuer": server.Issuer, "credential_claim": []string{"client_id"}, "scopes": []string{"read"},
			"auth_methods": []string{"client_credentials", "bearer"}, "audience_required": []string{oidcprovider.Audience},
		}},
	}, 201)
	if verdict := admin.do("POST", at+"/verify", nil, 200); verdict["status"] != "success" || fmt.Sprint(verdict["errors"]) != "[]" {
		t.Errorf("verify: %v", verdict)
	}

	portal := id(admin.do("POST", "/v3/portals", object{"name": "Shop", "auto_approve_applications": true}, 201))
	api := publishAPI(admin, portal, id(strategy), "Orders", "/orders", newUpstream(t).URL)
	developer := signUp(p, admin, portal, "dev@example.com", "correct horse battery")
	app := developer.do("POST", "/api/v3/applications", object{"name": "My App", "auth_strategy_id": id(strategy)}, 201)
	clientID, clientSecret := app["client_id"].(string), app["client_secret"].(string)
	developer.do("POST", "/api/v3/applications/"+id(app)+"/registrations", object{"api_id": api}, 201)

	token, err := server.AccessToken(t.Context(), clientID, secret.New(clientSecret), "read")
	if err != nil {
		t.Fatal(err)
	}
	pair := "Basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":"+clientSecret))
	for _, credential := range []string{"Bearer " + token.Reveal(), pair} {
		if got := get(t, p.GatewayURL+"/orders", "Authorization", credential); got != 200 {
			t.Errorf("%.6s: %d, want 200", credential, got)
		}
	}
	// The name is written with the token that the registration gave.
	developer.do("PATCH", "/api/v3/applications/"+id(app), object{"name": "Renamed"}, 200)
	if name := fmt.Sprint(server.Held(t)[clientID]["client_name"]); !strings.HasPrefix(name, "Renamed (") {
		t.Errorf("the client is named %q", name)
	}
	developer.do("DELETE", "/api/v3/applications/"+id(app), nil, 204)
	if held := server.Held(t); len(held) != 0 {
		t.Errorf("the authorization server still has %v", held)
	}
	for _, credential := range []string{"Bearer " + token.Reveal(), pair} {
		if got := get(t, p.GatewayURL+"/orders", "Authorization", credential); got != 401 {
			t.Errorf("deleted, %.6s: %d, want 401", credential, got)
		}
	}
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, p.stderr)
	}
	searchForSecrets(t, p.dir, map[string]string{"initial access token": initial, "client secret": clientSecret},
		map[string]string{"log": p.stderr.String(), "management API": admin.heard.String()})
}
