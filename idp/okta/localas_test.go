package okta_test

import (
	"net/http"
	"strings"
	"testing"

	"portico"
	"portico/idptest"
	"portico/localas/localastest"
)

// TestConformanceWithLocalAuthorizationServer: the adapter takes the same path
// to the built-in authorization server as to Okta.
func TestConformanceWithLocalAuthorizationServer(t *testing.T) {
	t.Parallel()
	as := localastest.Start(t)
	addScope(t, as, "read")
	idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
		return newClient(t, as.Issuer, as.Token.Reveal(), hc, clock)
	}, idptest.Options{
		CreatePath: "/api/v1/apps", ObjectPath: "/api/v1/apps/", Steps: appSteps(),
		Credential: as.Token, Token: tokenAt(as.Issuer + "/v1/token"), Busy: busy,
	})
}

// manage calls the management API as an admin's script would.
func manage(t *testing.T, as *localastest.Instance, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, as.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+as.Token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode > 299 {
		t.Fatalf("POST %s: %s", path, res.Status)
	}
}

func addScope(t *testing.T, as *localastest.Instance, name string) {
	t.Helper()
	manage(t, as, "/api/v1/authorizationServers/default/scopes", `{"name":"`+name+`"}`)
}
