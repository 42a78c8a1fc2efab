package portalapi_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico"
)

// TestJourney is a developer's whole way: from nobody to an application that
// may use an API, and back.
func TestJourney(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "Orders Portal")
	strategy := s.oidc(t)
	api := s.publish(t, p, "Orders", portico.Private, &strategy)

	b := s.signUp(t, p, "Dora@dev.example")
	b.call(t, 200, "GET", "/developer/me", nil).has(t, map[string]any{"email": "dora@dev.example", "full_name": "Dora Developer"})
	b.lists(t, "/application-auth-strategies", "name", "Okta")

	b.lists(t, "/applications", "name")
	created := b.call(t, 201, "POST", "/applications", map[string]any{
		"name": "My app", "description": "for orders", "auth_strategy_id": strategy.ID, "redirect_uri": "https://app.example/callback",
	})
	created.has(t, map[string]any{
		"name": "My app", "description": "for orders", "redirect_uri": "https://app.example/callback",
		"auth_strategy.name": "Okta", "auth_strategy.credential_type": "client_credentials", "auth_strategy.supports_multiple_credentials": true,
	})
	clientID, clientSecret := created.text("client_id"), created.text("client_secret")
	if clientID == "" || len(clientSecret) < 32 {
		t.Fatalf("no credentials in %s", created.Text)
	}
	if err := s.token(t.Context(), clientID, clientSecret); err != "" {
		t.Fatalf("the issued credentials do not work: %s", err)
	}
	s.keep(clientSecret)
	app := "/applications/" + created.text("id")
	b.call(t, 200, "GET", app, nil).has(t, map[string]any{"client_id": clientID, "client_secret": nil})

	b.lists(t, "/apis/orders-v1/applications?unregistered", "name", "My app")
	registered := b.call(t, 201, "POST", app+"/registrations", map[string]any{"api_id": api.ID})
	registered.has(t, map[string]any{
		"status": "approved", "api_name": "Orders", "api_id": api.ID, "api_slug": "orders-v1", "application_id": created.text("id"),
	})
	b.call(t, 409, "POST", app+"/registrations", map[string]any{"api_id": api.ID})
	b.lists(t, "/apis/orders-v1/applications", "registration_status", "approved")
	b.lists(t, "/apis/orders-v1/applications?unregistered=true", "name")
	registration := app + "/registrations/" + registered.text("id")
	b.call(t, 200, "GET", registration, nil).has(t, map[string]any{"id": registered.text("id"), "status": "approved"})
	b.lists(t, app+"/registrations", "api_name", "Orders")

	b.call(t, 200, "PATCH", app, map[string]any{"name": "My better app"}).has(t, map[string]any{"name": "My better app", "description": "for orders"})
	b.call(t, 204, "DELETE", registration, nil)
	b.call(t, 404, "GET", registration, nil)
	b.call(t, 204, "DELETE", app, nil)
	b.call(t, 404, "GET", app, nil)
	if err := s.token(t.Context(), clientID, clientSecret); err == "" {
		t.Error("the credentials outlive the application")
	}
	b.call(t, 204, "POST", "/developer/logout", nil)
	b.call(t, 401, "GET", "/developer/me", nil)
}

// scope is one that the authorization server grants to every client.
const scope = "orders:read"

// token asks the authorization server for an access token; it returns what went
// wrong.
func (s *testServer) token(ctx context.Context, clientID, clientSecret string) string {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	req, err := http.NewRequestWithContext(ctx, "POST", s.as.Issuer+"/v1/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(clientID, clientSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return res.Status
	}
	return ""
}
