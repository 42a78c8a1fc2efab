package portalapi_test

import (
	"strings"
	"testing"

	"portico"
)

// TestWhichPortal opens portals by host names, right and wrong ones.
func TestWhichPortal(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bare := []string{"portal.example", "localhost", "127.0.0.1", "[::1]", "PORTAL.example", "localhost:8002"}
	expect := func(status int, word string, hosts ...string) {
		t.Helper()
		for _, host := range hosts {
			if a := s.visitHost(t, host).call(t, status, "GET", "/portal", nil); !strings.Contains(a.text("detail")+a.text("name"), word) {
				t.Errorf("%s: %s", host, a.Text)
			}
		}
	}
	expect(404, "has to create one", bare...)
	p := s.portal(t, "First")
	expect(200, "First", append(bare, "first.portal.example", "FIRST.portal.example", "first.portal.example:8002", "first.portal.example.")...)
	expect(404, "NAME.portal.example", "second.portal.example", "evil.example", "first.portal.example.evil.example", "x.first.portal.example", "8.8.8.8", "firstportal.example")
	s.portal(t, "Second")
	expect(404, "more than one portal", bare...)
	expect(200, "Second", "second.portal.example")

	organization, err := s.Accounts.Organization(t.Context())
	check(t, err)
	s.visit(t, p).call(t, 200, "GET", "/portal", nil).has(t, map[string]any{
		"portal_id": p.ID, "org_id": organization.ID, "name": "First", "canonical_domain": "first.portal.example",
		"authentication_enabled": true, "basic_auth_enabled": true, "oidc_auth_enabled": false, "saml_auth_enabled": false, "rbac_enabled": false,
	})
}

// TestPortalsAreApart holds that nothing of one portal is there in another, for
// anybody.
func TestPortalsAreApart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	strategy := s.keyAuth(t, portico.KeyAuthConfig{})
	p, q := s.portal(t, "P"), s.portal(t, "Q")
	api := s.publish(t, p, "Orders", portico.Public, &strategy)
	s.publish(t, q, "Billing", portico.Public, nil)
	there := s.signUp(t, p, "d@dev.example")
	app := there.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": strategy.ID}).text("id")
	here := s.signUp(t, q, "d@dev.example")
	here.lists(t, "/apis", "name", "Billing")
	here.lists(t, "/applications", "name")
	here.lists(t, "/application-auth-strategies", "name")
	here.call(t, 404, "GET", "/apis/"+string(api.ID), nil)
	here.call(t, 404, "GET", "/applications/"+app, nil)
	here.refuses(t, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": strategy.ID}, "auth_strategy_id missing_reference")
	here.refuses(t, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": nil}, "auth_strategy_id required")
}
