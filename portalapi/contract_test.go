package portalapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"portico/portalapi"
	"portico/spectest"
)

// TestEveryOperation holds that each operation of the contract is served where
// the contract has it, and no other.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	oracle := spectest.Portal(t)
	if oracle == nil {
		return
	}
	contract, served := oracle.Operations(), map[string]bool{}
	for _, op := range portalapi.Operations() {
		served[op.ID] = true
		if at := op.Method + " " + op.Pattern; contract[op.ID] != at && op.ID != "" {
			t.Errorf("%s is served at %s, but belongs at %q", op.ID, at, contract[op.ID])
		}
	}
	for id, at := range contract {
		if !served[id] {
			t.Errorf("%s (%s) is not served", id, at)
		}
	}
}

// TestSignInIsAsked calls every operation as nobody: each answers 401 but for
// the few that anybody may call.
func TestSignInIsAsked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	host := s.Portals.Domain(s.portal(t, "P"))
	open := regexp.MustCompile(`^(GET /api/v3/(portal|search|pages.*|snippets.*|customization|integrations|assets/.*|api-attributes|apis($|/.*(slug|actions|versions.*|specifications.*|documents.*|images.*)$|/\{apiIdOrSlug\}$))|POST /api/v3/developer|GET /api/v3/developer/authenticate/sso)`)
	wildcard := regexp.MustCompile(`\{\w+\}`)
	for _, op := range portalapi.Operations() {
		r := httptest.NewRequest(op.Method, wildcard.ReplaceAllString(op.Pattern, unknownID), nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		isOpen := open.MatchString(op.Method+" "+op.Pattern) && op.ID != "refresh"
		if asked := w.Code == http.StatusUnauthorized; asked == isOpen {
			t.Errorf("%s %s answers nobody with %d", op.Method, op.Pattern, w.Code)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := s.visit(t, s.portal(t, "P"))
	b.call(t, 404, "GET", "/nothing", nil)
	if allow := b.call(t, 405, "DELETE", "/developer/me", nil).Header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow: %q", allow)
	}
	b.header.Set("Content-Type", "text/plain")
	b.call(t, 415, "POST", "/developer", `{"email":"d@dev.example","full_name":"D"}`)
	b.header.Set("Content-Type", "application/json")
	b.call(t, 413, "POST", "/developer", `{"email":"`+long(2<<20)+`"}`)
}
