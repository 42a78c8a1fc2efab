package mgmtapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/audit"
)

// create makes a thing and returns its id.
func (s *testServer) create(t *testing.T, path, body string) string {
	t.Helper()
	return s.call(t, 201, "POST", path, body).Body["id"].(string)
}

// auditLog asks for the audit log and returns its entries.
func (s *testServer) auditLog(t *testing.T, query string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, e := range s.call(t, 200, "GET", "/v3/audit-logs?page[size]=1000&"+query, nil).Body["data"].([]any) {
		out = append(out, e.(map[string]any))
	}
	return out
}

// TestAuditLogOfOperations: who did what is in the log, refusals and refused
// tokens too.
func TestAuditLogOfOperations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.create(t, "/v3/portals", `{"name":"audited"}`)
	s.call(t, 200, "PATCH", "/v3/portals/"+portal, `{"display_name":"Renamed"}`)
	s.send(t, 401, "GET", "/v3/portals", nil, http.Header{"Authorization": {"Bearer kpat_nobodys"}})
	s.send(t, 401, "GET", "/v3/portals", nil, nil) // nobody tried anything
	log := s.auditLog(t, "")
	var told []string
	for _, e := range log {
		told = append(told, fmt.Sprint(e["type"], " ", e["action"], e["outcome"]))
		if e["org_id"] == "" || e["ts"] == "" {
			t.Errorf("the entry %v says too little", e)
		}
	}
	for _, want := range []string{"authorization create-portal<nil>", "authorization update-portal<nil>", "authentication <nil>invalid", "authentication <nil>success"} {
		if n := strings.Count(strings.Join(told, "\n")+"\n", want+"\n"); n != 1 {
			t.Errorf("%s is told %d times in\n%s", want, n, strings.Join(told, "\n"))
		}
	}
	for _, e := range log {
		if e["action"] == "update-portal" && (e["principal_id"] != string(s.user.ID) || e["granted"] != true || e["portal_id"] != portal ||
			e["resource"] != "krn:portico:portal/"+portal || e["uri"] != "/v3/portals/"+portal || e["client_ip"] != "127.0.0.1" || e["trace_id"] == "") {
			t.Errorf("the change is told as %v", e)
		}
	}
	for filter, want := range map[string]int{
		"filter[type]=authentication": 2, "filter[type]=gateway_access": 0, "filter[ts][lte]=2020-01-01T00:00:00Z": 0,
		"filter[ts][gte]=2020-01-01T00:00:00Z&filter[type]=authentication": 2, "filter[ts][gte]=2030-01-01T00:00:00Z": 0,
	} {
		if got := len(s.auditLog(t, filter)); got != want {
			t.Errorf("%s finds %d entries", filter, got)
		}
	}
	s.clock.advance(8 * 24 * time.Hour)
	for _, e := range s.auditLog(t, "") {
		if e["action"] == "create-portal" {
			t.Error("without a filter the log goes back for more than seven days")
		}
	}
	s.call(t, 400, "GET", "/v3/audit-logs?filter[ts][gte]=yesterday", nil)
	s.call(t, 400, "GET", "/v3/audit-logs?page[after]=x", nil)
}

// TestAuditLogPages: following next gives every entry once, and previous leads
// back.
func TestAuditLogPages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for i := range 23 {
		s.create(t, "/v3/portals", fmt.Sprintf(`{"name":"portal %d"}`, i))
	}
	all := s.auditLog(t, "filter[type]=authorization")
	at, back := "/v3/audit-logs?page[size]=10&filter[type]=authorization", []string{}
	var got []any
	for at != "" {
		body := s.call(t, 200, "GET", at, nil).Body
		got = append(got, body["data"].([]any)...)
		page := body["meta"].(map[string]any)["page"].(map[string]any)
		back = append(back, at)
		if at, _ = page["next"].(string); at == "" {
			previous, _ := page["previous"].(string)
			before := s.call(t, 200, "GET", previous, nil).Body["data"]
			if want := s.call(t, 200, "GET", back[len(back)-2], nil).Body["data"]; !reflect.DeepEqual(before, want) {
				t.Errorf("the way back leads to %v", before)
			}
		}
	}
	if len(got) != len(all) || len(got) < 24 {
		t.Errorf("%d entries on pages, %d at once", len(got), len(all))
	}
	for i, e := range got {
		if !reflect.DeepEqual(e, any(all[i])) {
			t.Errorf("entry %d differs", i)
		}
	}
}

// TestAuditLogDestinations is their life, member by member.
func TestAuditLogDestinations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep("Bearer sesame")
	const path = "/v3/audit-log-destinations"
	made := s.call(t, 201, "POST", path, `{"name":"SIEM","endpoint":"https://siem.example/in","log_format":"json","authorization":"Bearer sesame"}`).Body
	id := made["id"].(string)
	want := map[string]any{"id": id, "name": "SIEM", "endpoint": "https://siem.example/in", "log_format": "json", "skip_ssl_verification": false,
		"created_at": made["created_at"], "updated_at": made["updated_at"]}
	if !reflect.DeepEqual(made, want) {
		t.Errorf("made %v", made)
	}
	if got := s.call(t, 200, "GET", path+"/"+id, nil).Body; !reflect.DeepEqual(got, want) {
		t.Errorf("read %v", got)
	}
	s.clock.advance(time.Minute)
	changed := s.call(t, 200, "PATCH", path+"/"+id, `{"name":"Other","log_format":"cps","skip_ssl_verification":true}`).Body
	want["name"], want["log_format"], want["skip_ssl_verification"], want["updated_at"] = "Other", "cps", true, changed["updated_at"]
	if !reflect.DeepEqual(changed, want) || changed["updated_at"] == made["updated_at"] {
		t.Errorf("changed %v", changed)
	}
	s.call(t, 201, "POST", path, `{"name":"Second","endpoint":"https://siem.example/2","log_format":"cef","authorization":"Bearer sesame","skip_ssl_verification":true}`)
	for query, n := range map[string]int{"": 2, "filter[name][eq]=Other": 1, "filter[name][contains]=con": 1, "filter[name][eq]=none": 0, "page[size]=1": 1} {
		body := s.call(t, 200, "GET", path+"?"+query, nil).Body
		meta := body["meta"].(map[string]any)
		if len(body["data"].([]any)) != n || meta["size"] == nil || (meta["next"] != nil) != (query == "page[size]=1") {
			t.Errorf("%s lists %v", query, body)
		}
	}
	for _, body := range []string{`{}`, `{"name":"x","endpoint":"http://siem.example","log_format":"cef","authorization":"x"}`,
		`{"name":"","endpoint":"https://siem.example","log_format":"xml","authorization":"x"}`, `{"name":"x","endpoint":"https://siem.example","log_format":"cef","authorization":"a\nb"}`} {
		s.call(t, 400, "POST", path, body)
	}
	s.call(t, 400, "PATCH", path+"/"+id, `{"endpoint":"https://elsewhere.example"}`)
	s.call(t, 200, "PATCH", "/v3/audit-log-webhook", `{"audit_log_destination_id":"`+id+`"}`)
	s.call(t, 409, "DELETE", path+"/"+id, nil)
	s.call(t, 204, "DELETE", "/v3/audit-log-webhook", nil)
	s.call(t, 204, "DELETE", path+"/"+id, nil)
	s.call(t, 404, "DELETE", path+"/"+id, nil)
	s.call(t, 404, "GET", path+"/"+id, nil)
	s.call(t, 404, "PATCH", path+"/"+id, `{"name":"x"}`)
}

// TestAuditLogWebhooks: of the organization and of a portal alike.
func TestAuditLogWebhooks(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	destination := s.create(t, "/v3/audit-log-destinations", `{"name":"SIEM","endpoint":"https://siem.example/in","log_format":"json","authorization":"x"}`)
	portal := s.create(t, "/v3/portals", `{"name":"audited"}`)
	for _, top := range []string{"/v3", "/v3/portals/" + portal} {
		hook, replay := top+"/audit-log-webhook", top+"/audit-log-replay-job"
		s.call(t, 404, "GET", hook, nil)
		s.call(t, 404, "DELETE", hook, nil)
		if got := s.call(t, 200, "GET", hook+"/status", nil).Body; got["webhook_enabled"] != false || got["webhook_status"] != "inactive" || got["last_attempt_at"] != nil {
			t.Errorf("%s: status %v", top, got)
		}
		if got := s.call(t, 200, "GET", replay, nil).Body; got["status"] != "unconfigured" || got["start_at"] != "0001-01-01T00:00:00Z" {
			t.Errorf("%s: replay %v", top, got)
		}
		s.call(t, 400, "PATCH", hook, `{"enabled":true}`)
		s.call(t, 400, "PATCH", hook, `{"audit_log_destination_id":"`+portico.NewRandomID()+`"}`)
		s.call(t, 400, "PATCH", hook, `{"audit_log_destination_id":"x"}`)
		want := map[string]any{"audit_log_destination_id": destination, "enabled": false}
		for range 2 {
			if got := s.call(t, 200, "PATCH", hook, `{"audit_log_destination_id":"`+destination+`"}`).Body; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v", top, got)
			}
		}
		now := s.clock.Now()
		job := fmt.Sprintf(`{"start_at":%q,"end_at":%q}`, now.Add(-time.Hour).Format(time.RFC3339), now.Format(time.RFC3339))
		s.call(t, 409, "PUT", replay, job) // it is switched off
		want["enabled"] = true
		s.call(t, 200, "PATCH", hook, `{"enabled":true}`)
		if got := s.call(t, 200, "GET", hook, nil).Body; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", top, got)
		}
		if got := s.call(t, 200, "GET", hook+"/status", nil).Body; got["webhook_enabled"] != true || got["webhook_status"] != "active" {
			t.Errorf("%s: status %v", top, got)
		}
		started := s.call(t, 202, "PUT", replay, job).Body
		if started["status"] != "accepted" || started["end_at"] != now.UTC().Format("2006-01-02T15:04:05Z") {
			t.Errorf("%s: started %v", top, started)
		}
		s.call(t, 409, "PUT", replay, job)
		if got := s.call(t, 200, "GET", replay, nil).Body; !reflect.DeepEqual(got, started) {
			t.Errorf("%s: replay %v", top, got)
		}
		s.call(t, 400, "PUT", replay, `{}`)
		s.call(t, 400, "PUT", replay, `{"start_at":"2026-01-02T00:00:00Z","end_at":"2026-01-01T00:00:00Z"}`)
		s.call(t, 204, "DELETE", hook, nil)
		s.call(t, 404, "GET", hook, nil)
	}
	for _, what := range []string{"audit-log-webhook", "audit-log-webhook/status", "audit-log-replay-job"} {
		s.call(t, 404, "GET", "/v3/portals/"+portico.NewRandomID()+"/"+what, nil)
	}
	keys := s.call(t, 200, "GET", "/v3/audit-log-webhook/jwks.json", nil).Body["keys"].([]any)
	if key := keys[0].(map[string]any); key["kty"] != "OKP" || key["x"] == "" {
		t.Errorf("the key is %v", key)
	}
}

// exportAudit is the whole audit log as text, with all that it tells.
func (s *testServer) exportAudit(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	check(t, s.Audit.Entries.Export(context.Background(), &out, nil)) // at the end of a test, too
	return out.String()
}

// TestTheAuditLogKeepsNoSecrets: every secret of a journey through the API was
// written by somebody, or handed to somebody, and none is in the log.
func TestTheAuditLogKeepsNoSecrets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep("okta-management-token", "basic-secret", "sso-secret", "siem-secret")
	s.create(t, "/v2/dcr-providers", `{"name":"okta","provider_type":"okta","issuer":"https://idp.example","dcr_config":{"dcr_token":"okta-management-token"}}`)
	s.create(t, "/v2/application-auth-strategies", `{"name":"oidc","display_name":"OIDC","strategy_type":"openid_connect","configs":{"openid-connect":{
		"issuer":"https://idp.example","credential_claim":["client_id"],"scopes":["openid"],"auth_methods":["bearer"],"client_secret":["plugin-secret"]}}}`)
	portal := s.create(t, "/v3/portals", `{"name":"audited"}`)
	s.create(t, "/v3/audit-log-destinations", `{"name":"SIEM","endpoint":"https://siem.example/in?key=query-secret","log_format":"json","authorization":"siem-secret"}`)
	s.create(t, "/v3/portals/"+portal+"/identity-providers", `{"type":"oidc","config":{"issuer_url":"https://idp.example","client_id":"c","client_secret":"sso-secret"}}`)
	s.send(t, 401, "GET", "/v3/portals?token="+url.QueryEscape(s.token), nil, http.Header{"Authorization": {"Bearer " + s.token + "x"}})
	log := s.exportAudit(t)
	s.keep("query-secret", "plugin-secret") // the answers above show them to their admin
	s.guard(t, "the audit log", log)
	for _, shown := range []string{"https://idp.example", "okta", "audited", `"withheld":"secret"`} {
		if !strings.Contains(log, shown) {
			t.Errorf("the audit log does not tell %q", shown)
		}
	}
	if _, err := s.Audit.Entries.Page(t.Context(), audit.Query{}); portico.KindOf(err) != portico.KindInvalid {
		t.Errorf("a page without a size gives %v", err)
	}
}
