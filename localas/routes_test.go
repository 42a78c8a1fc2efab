package localas

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func testServer(t *testing.T) *Server {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), BaseURL: "http://localhost:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var wildcards = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryManagementRouteNeedsAToken(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	token, err := s.BootstrapToken(t.Context(), "routes")
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range s.managementRoutes() {
		method, path, _ := strings.Cut(wildcards.ReplaceAllString(route.pattern, "default"), " ")
		for authorization, want := range map[string]bool{"": true, "SSWS 00wrong": true, "SSWS " + token.Reveal(): false} {
			if authorization != "" && !want && strings.HasSuffix(path, "/current") {
				continue // it would revoke the token of this test
			}
			request := httptest.NewRequest(method, path, strings.NewReader("{"))
			request.Header.Set("Authorization", authorization)
			answer := httptest.NewRecorder()
			s.Handler().ServeHTTP(answer, request)
			if (answer.Code == http.StatusUnauthorized) != want || answer.Code >= 500 {
				t.Errorf("%s with Authorization %.10q: %d", route.pattern, authorization, answer.Code)
			}
			if answer.Header().Get("X-Rate-Limit-Limit") == "" {
				t.Errorf("%s counts against no rate limit", route.pattern)
			}
		}
	}
}

func TestEveryScopeOfARouteCanBeGranted(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	grantable := map[string]bool{"": true}
	for _, name := range managementScopes {
		grantable[name] = true
	}
	for _, route := range s.managementRoutes() {
		if !grantable[route.scope] {
			t.Errorf("%s needs %s, which nobody can grant", route.pattern, route.scope)
		}
	}
}

func TestManageIncludesReadAndRegister(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]string{
		"okta.apps.read": "okta.apps.manage", "okta.clients.register": "okta.clients.manage", "okta.apps.manage": "okta.apps.manage",
	} {
		if got := manageForm(scope); got != want {
			t.Errorf("%s is included in %s, want %s", scope, got, want)
		}
	}
}
