package portalapi_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"portico"
	"portico/audit"
)

// exportAudit is the whole audit log as text, with all that it tells.
func (s *testServer) exportAudit(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	check(t, s.Audit.Entries.Export(context.Background(), &out, nil)) // at the end of a test, too
	return out.String()
}

// TestAuditLogOfDevelopers: what developers do stands under their name, with the
// portal, and so do their attempts to sign in.
func TestAuditLogOfDevelopers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	b := s.signUp(t, p, "dora@dev.example")
	b.call(t, 401, "POST", "/developer/authenticate", map[string]any{"username": "dora@dev.example", "password": "wrong"})
	b.call(t, 401, "POST", "/developer/authenticate", map[string]any{"username": "hunter2@dev.example", "password": "another"})
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	s.publish(t, p, "Weather", portico.Public, &keys)
	app := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID}).text("id")
	b.call(t, 200, "PATCH", "/applications/"+app, map[string]any{"name": "Renamed"})
	page, err := s.Audit.Entries.Page(t.Context(), audit.Query{Size: 100})
	check(t, err)
	var told []string
	for _, e := range page.Entries {
		if e.Event.PortalID != p.ID {
			continue
		}
		told = append(told, strings.Join([]string{string(e.Type), e.Event.Action, string(e.Event.Principal.Kind), e.Event.Principal.Name, string(e.Outcome)}, " "))
		if e.Event.Principal.Kind == portico.PrincipalDeveloper && (e.Event.Principal.ID == "" || e.Event.ClientIP != "127.0.0.1" || e.Event.URI == "") {
			t.Errorf("the entry %+v says too little", e)
		}
	}
	for _, want := range []string{
		"authorization create-application developer dora@dev.example ",
		"authorization update-application developer dora@dev.example ",
		"authentication authenticate developer dora@dev.example success",
		"authentication authenticate developer dora@dev.example invalid_password",
		"authentication authenticate anonymous  not_found",
	} {
		if !slices.Contains(told, want) {
			t.Errorf("nothing tells %q:\n%s", want, strings.Join(told, "\n"))
		}
	}
	if strings.Contains(s.exportAudit(t), "hunter2") {
		t.Error("what was typed for an address is in the log")
	}
}
