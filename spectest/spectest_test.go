package spectest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"portico/spectest"
)

// recorder is a testing.TB that remembers whether it was failed.
type recorder struct {
	testing.TB
	faults []string
}

func (r *recorder) Errorf(format string, args ...any) { r.faults = append(r.faults, format) }

func answering(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	})
}

func TestOracle(t *testing.T) {
	t.Parallel()
	o := spectest.Management(t)
	if o == nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must set %s", spectest.Variable)
		}
		t.Skip("the public contracts are not at hand")
	}
	const (
		okBody  = `{"id":"2b7c5b2e-0f6c-4b0a-9a3f-0d6f0f5f1a11","name":"n","display_name":"d","provider_type":"okta","issuer":"https://x.okta.com/oauth2/default","dcr_config":{},"active":false,"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"}`
		request = `{"name":"n","provider_type":"okta","issuer":"https://x.okta.com/oauth2/default","dcr_config":{"dcr_token":"t"}}`
	)
	service := strings.Replace(request, "dcr_token", "client_id", 1)
	serviceBody := strings.Replace(okBody, `"dcr_config":{}`, `"dcr_config":{"client_id":"0oa"}`, 1)
	for name, c := range map[string]struct {
		request string
		handler http.Handler
		wrong   bool
		beyond  string
	}{
		"right":                 {request, answering(201, "application/json", okBody), false, ""},
		"undeclared status":     {request, answering(202, "application/json", okBody), true, ""},
		"member missing":        {request, answering(201, "application/json", `{}`), true, ""},
		"secret in the answer":  {request, answering(201, "application/json", strings.Replace(okBody, `"dcr_config":{}`, `"dcr_config":{"dcr_token":"t"}`, 1)), true, ""},
		"error is no problem":   {`{}`, answering(400, "application/json", `{"message":"no"}`), true, ""},
		"accepts what is wrong": {`{"name":7}`, answering(201, "application/json", okBody), true, ""},

		"more than the contract has":            {service, answering(201, "application/json", serviceBody), true, ""},
		"and known for it":                      {service, answering(201, "application/json", serviceBody), false, "dcr_config.client_id dcr_config.private_key"},
		"and more besides":                      {service, answering(201, "application/json", strings.Replace(serviceBody, "0oa\"", "0oa\",\"dcr_token\":\"t\"", 1)), true, "dcr_config.client_id"},
		"nothing beyond the contract":           {request, answering(201, "application/json", okBody), true, "dcr_config.client_id"},
		"a request of the contract's is held":   {`{"name":7}`, answering(201, "application/json", serviceBody), true, "dcr_config.client_id"},
		"a status of the contract's is held to": {service, answering(202, "application/json", serviceBody), true, "dcr_config.client_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{TB: t}
			r := httptest.NewRequest("POST", "/v2/dcr-providers", strings.NewReader(c.request))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(spectest.Beyond, c.beyond)
			o.Wrap(rec, c.handler).ServeHTTP(httptest.NewRecorder(), r)
			if got := len(rec.faults) > 0; got != c.wrong {
				t.Errorf("found fault: %v, want %v", got, c.wrong)
			}
		})
	}
}

func TestOperationsAreListed(t *testing.T) {
	t.Parallel()
	o := spectest.Portal(t)
	if o == nil {
		t.Skip("the public contracts are not at hand")
	}
	if got := o.Operations()["create-application"]; got != "POST /api/v3/applications" {
		t.Errorf("create-application is at %q", got)
	}
}

func TestOperationsAreDescribed(t *testing.T) {
	t.Parallel()
	o := spectest.Management(t)
	if o == nil {
		t.Skip("the public contracts are not at hand")
	}
	all := o.Described()
	list, change := all["list-portals"], all["update-portal"]
	if list.Method != "GET" || list.Path != "/v3/portals" || list.Success() != 200 || list.Body != nil || all["replace-app-auth-strategy"].Success() != 201 {
		t.Errorf("%+v", list)
	}
	if got := strings.Join(list.Filters["name"], " "); got != " contains eq neq ocontains oeq" {
		t.Errorf("filters by name: %q", got)
	}
	if got := all["list-dcr-providers"].Filters["name"]; len(got) != 3 {
		t.Errorf("filters by the name of providers: %q", got)
	}
	if !slices.Contains(list.Sorts, "canonical_domain") || !slices.Contains(all["list-api-versions"].Sorts, "created_at") {
		t.Errorf("sorts %q", list.Sorts)
	}
	if b := change.Body; !b["description"].Nullable || b["name"].Nullable || !b["default_domain"].ReadOnly || b["name"].ReadOnly || len(all["create-dcr-provider"].Body) != 6 {
		t.Errorf("body %+v", b)
	}
}
