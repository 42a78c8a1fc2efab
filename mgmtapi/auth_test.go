package mgmtapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/mgmtapi"
)

func TestEveryRouteAsksForAToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, op := range mgmtapi.Operations() {
		if op.Open {
			continue
		}
		path := op.Pattern
		for strings.Contains(path, "{") {
			before, rest, _ := strings.Cut(path, "{")
			_, after, _ := strings.Cut(rest, "}")
			path = before + unknownID + after
		}
		req, err := http.NewRequestWithContext(t.Context(), op.Method, s.url+path, nil)
		check(t, err)
		res, err := http.DefaultClient.Do(req)
		check(t, err)
		res.Body.Close()
		// The failures of one address are limited, so both answers are a refusal.
		if res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%s %s without a token answers %d", op.Method, op.Pattern, res.StatusCode)
		}
	}
}

func TestOperationsAreDistinct(t *testing.T) {
	t.Parallel()
	ids, patterns := map[string]bool{}, map[string]bool{}
	for _, op := range mgmtapi.Operations() {
		if op.ID != "" && ids[op.ID] || patterns[op.Method+op.Pattern] {
			t.Errorf("operation %+v is there twice", op)
		}
		ids[op.ID], patterns[op.Method+op.Pattern] = true, true
	}
	if len(ids) < 39 {
		t.Errorf("only %d operations", len(ids))
	}
}

func TestWhatCountsAsAToken(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header func(token string) []string
		status int
	}{
		"bearer":              {func(v string) []string { return []string{"Bearer " + v} }, 200},
		"scheme in any case":  {func(v string) []string { return []string{"bEARER " + v} }, 200},
		"spaces around":       {func(v string) []string { return []string{"  Bearer   " + v + " "} }, 200},
		"no scheme":           {func(v string) []string { return []string{v} }, 200},
		"none":                {func(string) []string { return nil }, 401},
		"empty":               {func(string) []string { return []string{""} }, 401},
		"scheme only":         {func(string) []string { return []string{"Bearer"} }, 401},
		"another scheme":      {func(v string) []string { return []string{"Basic " + v} }, 401},
		"two headers":         {func(v string) []string { return []string{"Bearer " + v, "Bearer " + v} }, 401},
		"one character short": {func(v string) []string { return []string{"Bearer " + v[:len(v)-1]} }, 401},
		"in other case":       {func(v string) []string { return []string{"Bearer " + strings.ToUpper(v)} }, 401},
		"without prefix":      {func(v string) []string { return []string{"Bearer " + strings.TrimPrefix(v, "kpat_")} }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			a := s.send(t, tt.status, "GET", "/v3/users/me", nil, http.Header{"Authorization": tt.header(s.token)})
			if tt.status != 401 {
				a.has(t, map[string]any{"email": "ada@acme.example"})
				return
			}
			a.has(t, map[string]any{"status": 401, "title": "Unauthorized", "type": "https://httpstatuses.com/401"})
			// RFC 6750 §3.1: no error code for a request without a token.
			want := `Bearer realm="portico", error="invalid_token"`
			if header := tt.header(s.token); header == nil {
				want = `Bearer realm="portico"`
			}
			if challenge := a.Header.Get("WWW-Authenticate"); challenge != want {
				t.Errorf("the challenge is %q, want %q", challenge, want)
			}
			if !strings.HasPrefix(a.text("instance"), "kong:trace:") || a.text("detail") == "" {
				t.Errorf("not the contract's problem: %s", a.Text)
			}
		})
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tokens := "/v3/users/" + string(s.user.ID) + "/access-tokens"
	issue := func(name string) (id, value string) {
		a := s.call(t, 201, "POST", tokens, map[string]any{"name": name, "ttl_seconds": 86400})
		s.keep(a.text("konnect_token"))
		return a.text("id"), a.text("konnect_token")
	}
	use := func(status int, value string) {
		t.Helper()
		s.send(t, status, "GET", "/v3/organizations/me", nil, http.Header{"Authorization": {"Bearer " + value}})
	}
	expiring, value := issue("expiring")
	use(200, value)
	s.clock.advance(24 * time.Hour)
	use(401, value)
	s.call(t, 200, "GET", tokens+"/"+expiring, nil).has(t, map[string]any{"state": "EXPIRED"})

	revoked, value := issue("revoked")
	use(200, value)
	s.call(t, 200, "PATCH", tokens+"/"+revoked+"/revoke", nil).has(t, map[string]any{"state": "REVOKED"})
	use(401, value)

	deleted, value := issue("deleted")
	use(200, value)
	s.call(t, 204, "DELETE", tokens+"/"+deleted, nil)
	use(401, value)
	s.call(t, 404, "GET", tokens+"/"+deleted, nil)
}

func TestAnInactiveUserHasNoAccess(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	check(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		_, err := tx.Users().Change(t.Context(), s.user.ID, func(u *portico.User) error {
			u.Active = false
			return nil
		})
		return err
	}))
	s.call(t, 401, "GET", "/v3/users/me", nil)
}

func TestTooManyRefusedTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bad := http.Header{"Authorization": {"Bearer kpat_guess"}}
	for range 5 {
		s.send(t, 401, "GET", "/v3/users/me", nil, bad)
	}
	a := s.send(t, 429, "GET", "/v3/users/me", nil, bad)
	if a.Header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
	}
	s.call(t, 200, "GET", "/v3/users/me", nil) // others behind the address go on
	s.clock.advance(time.Minute)
	s.send(t, 401, "GET", "/v3/users/me", nil, bad)
}

func TestUseOfATokenIsNoted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	lastUse := func() *time.Time {
		page, err := s.Accounts.Tokens(t.Context(), s.user.ID, portico.Everything())
		check(t, err)
		return page.Items[0].LastUsedAt
	}
	// The note is written behind the request's back: look until it is there.
	waitFor := func(what string, ok func() bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !ok(); {
			if time.Now().After(deadline) {
				t.Fatal("not within 10 s: " + what)
			}
		}
	}
	s.call(t, 200, "GET", "/v3/users/me", nil)
	waitFor("first use", func() bool { return lastUse() != nil })
	first := *lastUse()
	s.call(t, 200, "GET", "/v3/users/me", nil)
	if second := *lastUse(); !second.Equal(first) {
		t.Errorf("noted again after %v", second.Sub(first))
	}
	s.clock.advance(time.Minute)
	s.call(t, 200, "GET", "/v3/users/me", nil)
	waitFor("use a minute later", func() bool { return lastUse().After(first) })
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.call(t, 404, "GET", "/v2/nothing", nil).has(t, map[string]any{"status": 404, "title": "Not Found", "type": "https://httpstatuses.com/404"})
	a := s.call(t, 405, "DELETE", "/v2/dcr-providers", nil)
	a.has(t, map[string]any{"status": 405})
	if allow := a.Header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", allow)
	}
	s.call(t, 404, "GET", "/v2/dcr-providers/not-a-uuid", nil).has(t, map[string]any{"status": 404})
}

// TestSingleSignOnIsThrottled: anybody may start one, and each asks the identity
// provider something.
func TestSingleSignOnIsThrottled(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for range 5 {
		s.send(t, 400, "GET", "/v3/authenticate/acme", nil, http.Header{})
	}
	s.send(t, 429, "GET", "/v3/authenticate/acme", nil, http.Header{})
	s.clock.advance(time.Minute)
	s.send(t, 400, "GET", "/v3/authenticate/acme", nil, http.Header{})
}
