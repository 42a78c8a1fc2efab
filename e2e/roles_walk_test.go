package e2e_test

import (
	"strconv"
	"testing"
)

// TestWalkWithRoles does the founding documents' walk as a machine with the roles
// that they ask for, each named there, and with nothing else: what lies beside
// them stays closed, and what they leave out is opened by the role that the
// refusal names.
func TestWalkWithRoles(t *testing.T) {
	t.Parallel()
	p := demo(t, t.TempDir(), "--bare", "--port-base", strconv.Itoa(portBase(t)))
	pages := newBrowser(t, p.OktaURL)
	pages.signIn(p.Admin.Email, p.Admin.Password)
	dcrToken := pages.createToken("dcr")
	pages.addScope("default", "orders.read")
	pages.addClaim("default", "client_id", "app.clientId")
	admin := newAPI(t, p.ManagementURL, "Authorization", "Bearer "+p.Token)
	account := "/v3/system-accounts/" + id(admin.do("POST", "/v3/system-accounts", object{"name": "installer", "description": "I"}, 201))
	token := admin.do("POST", account+"/access-tokens", object{"name": "i", "expires_at": "2100-01-01T00:00:00Z"}, 201)["token"].(string)
	machine := newAPI(t, p.ManagementURL, "Authorization", "Bearer "+token)
	give := func(of, role, entity string) {
		t.Helper()
		admin.do("POST", account+"/assigned-roles", object{"role_name": role, "entity_type_name": of, "entity_id": entity, "entity_region": "*"}, 201)
	}
	provider := object{"name": "DCR by roles", "provider_type": "okta", "issuer": p.Issuer, "dcr_config": object{"dcr_token": dcrToken}}
	plane := "/v2/control-planes/" + id(admin.do("GET", "/v2/control-planes", nil, 200)["data"].([]any)[0].(object))

	for _, closed := range []string{"/v3/portals", "/v3/apis", "/v2/dcr-providers"} {
		machine.do("POST", closed, object{"name": "refused"}, 403)
	}
	give("Portals", "Creator", "*")
	give("APIs", "Creator", "*")
	give("DCR Providers", "Creator", "*")
	give("APIs", "Publisher", "*")
	give("APIs", "Registration Approver", "*")

	providerID := id(machine.do("POST", "/v2/dcr-providers", provider, 201))
	if verdict := machine.do("POST", "/v2/dcr-providers/"+providerID+"/verify", nil, 200); verdict["status"] != "success" {
		t.Errorf("verify: %v", verdict)
	}
	strategy := object{"name": "By roles", "display_name": "By roles", "strategy_type": "openid_connect", "dcr_provider_id": providerID, "configs": object{
		"openid-connect": object{"issuer": p.Issuer, "credential_claim": []string{"client_id"}, "scopes": []string{"orders.read"}, "auth_methods": []string{"client_credentials", "bearer"}},
	}}
	machine.do("POST", "/v2/application-auth-strategies", strategy, 403)
	give("Application Auth Strategies", "Creator", "*")
	strategyID := id(machine.do("POST", "/v2/application-auth-strategies", strategy, 201))

	machine.do("POST", plane+"/core-entities/services", object{"name": "by-roles", "url": "http://127.0.0.1:9"}, 403)
	give("Control Planes", "Deployer", plane[len("/v2/control-planes/"):])
	portal := "/v3/portals/" + id(machine.do("POST", "/v3/portals", object{"name": "By roles"}, 201))
	api := publishAPI(machine, portal[len("/v3/portals/"):], strategyID, "Roles", "/by-roles", newUpstream(t).URL)

	developer := signUp(p, machine, portal[len("/v3/portals/"):], "roles@example.com", "correct horse battery")
	app := developer.do("POST", "/api/v3/applications", object{"name": "By roles", "auth_strategy_id": strategyID}, 201)
	registration := portal + "/applications/" + id(app) + "/registrations/" + id(developer.do("POST", "/api/v3/applications/"+id(app)+"/registrations", object{"api_id": api}, 201))
	calls := func(want int) {
		t.Helper()
		if got := get(t, p.GatewayURL+"/by-roles", "Authorization", basic(app["client_id"].(string)+":"+app["client_secret"].(string))); got != want {
			t.Errorf("the gateway answers %d, want %d", got, want)
		}
	}
	calls(403)
	machine.do("PATCH", registration, object{"status": "approved"}, 200)
	calls(200)

	beside, other := id(admin.do("POST", "/v3/portals", object{"name": "Beside"}, 201)), id(admin.do("POST", "/v3/apis", object{"name": "Beside"}, 201))
	machine.do("GET", "/v3/portals/"+beside, nil, 403)
	machine.do("PUT", "/v3/apis/"+api+"/publications/"+beside, object{"visibility": "public"}, 403)
	machine.do("PATCH", "/v3/apis/"+other, object{"name": "stolen"}, 403)
	machine.do("DELETE", plane, nil, 403)
	machine.do("POST", account+"/assigned-roles", object{"role_name": "Admin", "entity_type_name": "Portals", "entity_id": "*", "entity_region": "*"}, 403)
}
