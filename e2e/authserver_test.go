package e2e_test

import (
	"strconv"
	"strings"
	"testing"
)

// TestTheBuiltInAuthorizationServer registers clients without a credential from
// anybody, also after a restart.
func TestTheBuiltInAuthorizationServer(t *testing.T) {
	t.Parallel()
	dir, ports := t.TempDir(), strconv.Itoa(portBase(t))
	p := demo(t, dir, "--port-base", ports)
	admin := func() *api { return newAPI(t, p.ManagementURL, "Authorization", "Bearer "+p.Token) }
	own := id(admin().do("POST", "/v2/dcr-providers", object{"name": "own", "provider_type": "kongIdentity", "issuer": p.Issuer}, 201))
	admin().do("POST", "/v2/application-auth-strategies", object{
		"name": "own", "display_name": "Own", "strategy_type": "openid_connect", "dcr_provider_id": own,
		"configs": object{"openid-connect": object{
			"issuer": p.Issuer, "credential_claim": []string{"client_id"}, "scopes": []string{"openid", "orders.read"}, "auth_methods": []string{"client_credentials", "bearer"},
		}},
	}, 201)
	other := id(admin().do("POST", "/v2/dcr-providers", object{"name": "other", "provider_type": "kongIdentity", "issuer": "https://elsewhere.example/oauth2/default"}, 201))
	check := func() {
		t.Helper()
		found := admin().do("POST", "/v2/dcr-providers/"+own+"/verify", nil, 200)
		said := ""
		for _, sentence := range found["errors"].([]any) {
			said += sentence.(string) + "\n"
		}
		if found["status"] != "success" {
			t.Errorf("verified as %v", found)
		}
		if strings.Contains(said, "removed yet") {
			t.Error(said)
		}
		if found := admin().do("POST", "/v2/dcr-providers/"+other+"/verify", nil, 200); found["status"] != "failed" || !strings.Contains(found["errors"].([]any)[0].(string), p.Issuer) {
			t.Errorf("the other is verified as %v", found)
		}
	}
	check()
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = demo(t, dir, "--port-base", ports)
	check()
	okta := newAPI(t, p.OktaURL, "Authorization", "SSWS "+p.OktaToken)
	_, tokens, err := okta.send("GET", "/api/v1/api-tokens", nil)
	if err != nil || strings.Count(string(tokens), "of its own accord") != 1 {
		t.Errorf("API tokens there: %s, %v", tokens, err)
	}
	if strings.Contains(p.stderr.String(), "level=ERROR") {
		t.Error(p.stderr)
	}
}
