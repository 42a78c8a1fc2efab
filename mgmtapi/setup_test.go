package mgmtapi_test

import (
	"slices"
	"strings"
	"testing"

	"portico"
)

// TestSetUpRules: what the operation of our own takes, and what it refuses. That
// it sets anything up is for package setup, and for the console.
func TestSetUpRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := providers + "/" + s.newProvider(t, "azureAd") + "/set-up"
	for body, want := range map[string]string{
		`{}`: "dry_run required", `{"dry_run":"yes"}`: "dry_run is_boolean", `{"dry_run":null}`: "dry_run is_boolean", `{"dry_run":true,"apply":true}`: "apply unknown_property",
	} {
		if a := s.call(t, 400, "POST", path, body); !slices.Equal(a.faults(), []string{want}) {
			t.Errorf("%s: %v", body, a.faults())
		}
	}
	for _, body := range []string{`{"dry_run":true}`, `{"dry_run":false}`} {
		if a := s.call(t, 409, "POST", path, body); !strings.Contains(a.text("detail"), "cannot set up authorization servers") {
			t.Errorf("%s: %s", body, a.Text)
		}
		s.call(t, 404, "POST", providers+"/"+portico.NewID(s.clock.Now())+"/set-up", body)
	}
}
