package e2e_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"portico/developers"
	"portico/webtest"
)

// TestSingleSignOn signs a developer in through the pages of both sites, the
// portal's and the authorization server's. Only a browser holds the sign-in's
// redirects to the policy of the page that its form was on.
func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	b := webtest.Start(t)
	p := demo(t, t.TempDir(), "--port-base", strconv.Itoa(portBase(t)))
	const login, password, group = "dora@dev.example", "blue parrots fly", "Pilots"
	admin := newAPI(t, p.ManagementURL, "Authorization", p.Token)
	okta := newAPI(t, p.OktaURL, "Authorization", "SSWS "+p.OktaToken)

	// In Okta: an application for the portal, a person and their group.
	found := admin.do("GET", "/v3/portals", nil, 200)["data"].([]any)[0].(object)
	portal, site := "/v3/portals/"+id(found), address(t, p.PortalURL, found["canonical_domain"].(string))
	app := okta.do("POST", "/api/v1/apps", object{
		"name": "oidc_client", "label": "Coffee developers", "signOnMode": "OPENID_CONNECT",
		"credentials": object{"oauthClient": object{"token_endpoint_auth_method": "client_secret_basic"}},
		"settings": object{"oauthClient": object{"application_type": "web", "grant_types": []string{"authorization_code"},
			"response_types": []string{"code"}, "redirect_uris": []string{site + developers.CallbackPath}}},
	}, 200)
	client := app["credentials"].(object)["oauthClient"].(object)
	pilots := okta.do("POST", "/api/v1/groups", object{"profile": object{"name": group}}, 200)
	dora := okta.do("POST", "/api/v1/users?activate=true", object{
		"profile":     object{"firstName": "Dora", "lastName": "Dev", "email": login, "login": login},
		"credentials": object{"password": object{"value": password}},
	}, 200)
	okta.do("PUT", "/api/v1/groups/"+id(pilots)+"/users/"+id(dora), nil, 204)

	// In Portico: that identity provider, and a team for the group.
	admin.do("PATCH", portal, object{"auto_approve_developers": true}, 200)
	crew := admin.do("POST", portal+"/teams", object{"name": "Crew"}, 201)
	provider := admin.do("POST", portal+"/identity-providers", object{"type": "oidc", "enabled": true, "config": object{
		"issuer_url": p.Issuer, "client_id": client["client_id"], "client_secret": client["client_secret"],
		"scopes": []string{"openid", "profile", "email", "groups"},
	}}, 201)
	admin.do("POST", portal+"/identity-providers/"+id(provider)+"/team-group-mappings", object{"team_id": id(crew), "group": group}, 201)
	admin.do("PATCH", portal+"/authentication-settings", object{"idp_mapping_enabled": true}, 200)

	for _, scripts := range []bool{true, false} {
		t.Run("scripts "+strconv.FormatBool(scripts), func(t *testing.T) {
			visit := b.Page(t, site)
			visit.SetJavaScript(scripts)
			visit.Open("/account/teams")
			visit.Click("Continue with single sign-on")
			visit.See("to continue to Coffee developers")
			visit.Fill("Username", login)
			visit.Fill("Password", "not this one")
			visit.Click("Sign in")
			visit.See("do not match")
			visit.Fill("Password", password)
			visit.Click("Sign in")
			visit.See("Crew")
			if got := visit.URL(); got != site+"/account/teams" {
				t.Errorf("after the sign-in the browser is at %s", got)
			}
			for _, fault := range visit.Faults() {
				// To leave for the other site and come back is the point here.
				if !strings.HasPrefix(fault, "request to another origin: "+p.OktaURL+"/") && !strings.Contains(fault, "status of 401") {
					t.Error(fault)
				}
			}
		})
	}
	developer := admin.do("GET", portal+"/developers?filter%5Bemail%5D="+url.QueryEscape(login), nil, 200)["data"].([]any)
	if len(developer) != 1 || developer[0].(object)["full_name"] != "Dora Dev" || developer[0].(object)["status"] != "approved" {
		t.Errorf("the portal's developers: %v", developer)
	}
}

// address is a site's with another host.
func address(t *testing.T, site, host string) string {
	t.Helper()
	u, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = host + ":" + u.Port()
	return u.String()
}
