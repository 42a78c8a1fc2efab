package localas_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/localas"
	"portico/localas/localastest"
)

func TestDroppedResponseHasBeenCommitted(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.DropResponsesTo("POST", "/api/v1/apps", 1)
	request := c.request("POST", "/api/v1/apps", strings.NewReader(`{"name":"oidc_client","label":"Lost","signOnMode":"OPENID_CONNECT",
		"credentials":{"oauthClient":{"client_id":"lost-client"}},
		"settings":{"oauthClient":{"application_type":"service","grant_types":["client_credentials"]}}}`))
	request.Header.Set("Authorization", "SSWS "+c.Token.Reveal())
	request.GetBody = nil // so that the client cannot send it again by itself
	if response, err := http.DefaultClient.Do(request); err == nil {
		t.Fatalf("an answer came: %s", response.Status)
	}
	if apps := c.manage("GET", "/api/v1/apps", nil).list(t); len(apps) != 1 || apps[0]["label"] != "Lost" {
		t.Errorf("after the lost answer: %v", apps)
	}
}

func TestFailuresDoNothing(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.Fail("/api/v1/apps", 503, 1)
	c.Fail("/api/v1/apps", 429, 1)
	app := serviceApp("Orders", "", "")
	code(t, c.manage("POST", "/api/v1/apps", app), 503)
	limited := c.manage("POST", "/api/v1/apps", app)
	if got := code(t, limited, 429); got != "E0000047" || limited.Header.Get("X-Rate-Limit-Reset") == "" {
		t.Errorf("429: %s, %v", got, limited.Header)
	}
	if apps := c.manage("GET", "/api/v1/apps", nil).list(t); len(apps) != 0 {
		t.Errorf("a refused request created %v", apps)
	}
	c.Fail("/", 503, 100)
	c.ClearFaults()
	c.manage("GET", "/api/v1/apps", nil).list(t)
}

func TestDelayClockAndRotation(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.addScope("orders:read")
	app := c.createApp("Orders")
	c.Delay("/oauth2/default/v1/token", 50*time.Millisecond, 1)
	begun := time.Now()
	c.token(app, "orders:read").object(t, 200)
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Errorf("not delayed: %v", took)
	}
	before := c.keySet()
	c.RotateKeys()
	if after := c.keySet(); len(after.Keys) != len(before.Keys)+1 {
		t.Errorf("%d keys, then %d", len(before.Keys), len(after.Keys))
	}
	c.OffsetClock(-2 * time.Hour)
	_, claims := c.verified(c.token(app, "orders:read").object(t, 200)["access_token"].(string))
	if expiry := time.Unix(int64(claims["exp"].(float64)), 0); expiry.After(time.Now()) {
		t.Errorf("a server two hours behind issued a token until %v", expiry)
	}
	if code(t, c.do(c.faultRequest(`{"status":200}`)), 400) == "" {
		t.Error("a fault that is no fault was accepted")
	}
}

func (c caller) faultRequest(body string) *http.Request {
	return c.request("POST", "/_faults", strings.NewReader(body))
}

func TestFaultsAreOffUnlessConfigured(t *testing.T) {
	t.Parallel()
	c := caller{localastest.Start(t, func(cfg *localas.Config) { cfg.Faults = false }), t}
	if got := c.do(c.faultRequest(`{"status":503}`)); got.StatusCode != 404 {
		t.Errorf("POST /_faults: %s", got.Status)
	}
	c.manage("GET", "/api/v1/apps", nil).list(t)
}
