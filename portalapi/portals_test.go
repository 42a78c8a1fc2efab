package portalapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"portico"
	"portico/control"
	"portico/portalapi"
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

func TestListedAddressesAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	open, closed := s.portal(t, "Open"), s.portal(t, "Closed", func(f *control.PortalFields) { f.SIPREnabled = portico.Some(true) })
	from := func(portal portico.Portal, addr, method, path string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://"+s.Portals.DefaultDomain(portal)+path, nil)
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s is refused with %s", path, w.Header().Get("Content-Type"))
		}
		return w.Code
	}
	_, err := s.AllowLists.Create(t.Context(), closed.ID, []string{"198.51.100.7", "2001:db8::/32"})
	check(t, err)
	for addr, want := range map[string]int{
		"198.51.100.7:1234": 200, "198.51.100.8:1234": 403, "[2001:db8::1]:1": 200, "[2001:db9::1]:1": 403,
		"[::ffff:198.51.100.7]:1": 200, "[2001:db8::1%eth0]:1": 200, "[fe80::1%eth0]:1": 403, "nobody": 403,
	} {
		if got := from(closed, addr, "GET", "/api/v3/portal"); got != want {
			t.Errorf("from %s: status %d, want %d", addr, got, want)
		}
		if got := from(open, addr, "GET", "/api/v3/portal"); got != 200 {
			t.Errorf("another portal, from %s: status %d", addr, got)
		}
	}
	for _, o := range append(portalapi.Operations(), portalapi.ClassicOperations()...) {
		if got := from(closed, "198.51.100.8:1", o.Method, o.Pattern); got != 403 {
			t.Errorf("%s %s answers an address that is not listed with %d", o.Method, o.Pattern, got)
		}
	}
}
