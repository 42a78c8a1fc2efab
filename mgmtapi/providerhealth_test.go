package mgmtapi_test

import (
	"testing"

	"portico"
)

// TestProviderHealth: what the operation of our own answers of a provider that
// nobody has asked anything yet.
func TestProviderHealth(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.call(t, 200, "GET", providers+"/"+s.newProvider(t, "okta")+"/health", "")
	if a.text("status") != "unknown" || a.Body["waiting_total"] != 0.0 || len(a.Body["waiting"].([]any)) != 0 || a.Body["last_failure"] != nil || a.Body["rate_limit"] != nil {
		t.Errorf("answers %s", a.Text)
	}
	s.call(t, 404, "GET", providers+"/"+portico.NewID(s.clock.Now())+"/health", "")
}
