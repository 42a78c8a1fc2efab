package mgmtapi_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/secret"
)

func TestMe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.call(t, 200, "GET", "/v3/users/me", nil).has(t, map[string]any{
		"id": s.user.ID, "email": "ada@acme.example", "full_name": "Ada Admin", "preferred_name": "", "active": true,
	})
	s.call(t, 200, "GET", "/v3/organizations/me", nil).has(t, map[string]any{"name": "Acme", "owner_id": s.user.ID, "state": "active"})
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/users/" + string(s.user.ID) + "/access-tokens"
	created := s.call(t, 201, "POST", path, `{"name":"Build server","ttl_seconds":86400}`)
	value := created.text("konnect_token")
	if !strings.HasPrefix(value, "kpat_") || len(value) < 50 {
		t.Errorf("the token is %q", value)
	}
	s.keep(value) // it was shown; from now on it is not
	created.has(t, map[string]any{"name": "Build server", "state": "ACTIVE", "user_id": s.user.ID, "last_used_at": nil})
	at, err := time.Parse(time.RFC3339, created.text("created_at"))
	check(t, err)
	if expires, err := time.Parse(time.RFC3339, created.text("expires_at")); err != nil || expires.Sub(at).Round(time.Second) != 24*time.Hour {
		t.Errorf("created %v, expires %v: %v", at, expires, err)
	}

	one := path + "/" + created.text("id")
	delete(created.Body, "konnect_token")
	if again := s.call(t, 200, "GET", one, nil); !reflect.DeepEqual(again.Body, created.Body) {
		t.Errorf("read again %s, created %s", again.Text, created.Text)
	}
	list := s.call(t, 200, "GET", path, nil)
	list.has(t, map[string]any{"meta": map[string]any{"number": 1, "size": 10, "total": 2}})
	if got := list.column("name"); !reflect.DeepEqual(got, []string{"bootstrap", "Build server"}) {
		t.Errorf("listed %q", got)
	}
	s.call(t, 200, "PATCH", one, `{"name":"CI"}`).has(t, map[string]any{"name": "CI", "state": "ACTIVE"})
	s.call(t, 200, "PATCH", one, `{"name":"CI"}`)
	s.call(t, 409, "PATCH", one, `{"name":"bootstrap"}`)
	s.call(t, 409, "POST", path, `{"name":"CI","ttl_seconds":86400}`)
	s.call(t, 200, "PATCH", one+"/revoke", nil).has(t, map[string]any{"state": "REVOKED"})
	s.call(t, 200, "PATCH", one+"/revoke", nil).has(t, map[string]any{"state": "REVOKED"})
	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "DELETE", one, nil)
	s.call(t, 404, "PATCH", one, `{"name":"x y"}`)
	s.call(t, 404, "PATCH", one+"/revoke", nil)
}

func TestAccessTokenRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/users/" + string(s.user.ID) + "/access-tokens"
	for body, faults := range map[string][]string{
		`{}`:                                                                    {"name required", "ttl_seconds required"},
		`{"name":"CI"}`:                                                         {"ttl_seconds required"},
		`{"name":"","ttl_seconds":86400}`:                                       {"name min_length 1"},
		`{"name":"x","ttl_seconds":86400}`:                                      {"name matches_regex"},
		`{"name":"-CI","ttl_seconds":86400}`:                                    {"name matches_regex"},
		`{"name":"C/I","ttl_seconds":86400}`:                                    {"name matches_regex"},
		`{"name":"` + long(257) + `","ttl_seconds":86400}`:                      {"name max_length 256"},
		`{"name":"CI","ttl_seconds":86399}`:                                     {"ttl_seconds min 86400"},
		`{"name":"CI","ttl_seconds":31536001}`:                                  {"ttl_seconds max 31536000"},
		`{"name":"CI","ttl_seconds":"1d"}`:                                      {"ttl_seconds is_integer"},
		`{"name":"CI","expires_at":"tomorrow"}`:                                 {"expires_at is_date_time"},
		`{"name":"CI","expires_at":"2026-03-01T11:00:00Z"}`:                     {"expires_at invalid"},
		`{"name":"CI","expires_at":"2027-03-01T11:00:00Z","ttl_seconds":86400}`: {"expires_at invalid"},
		`{"name":"CI","ttl_seconds":86400,"state":"ACTIVE"}`:                    {"state unknown_property"},
	} {
		s.refuses(t, "POST", path, body, faults...)
	}
	s.refuses(t, "PATCH", path+"/"+unknownID, `{}`, "name required")
	a := s.call(t, 201, "POST", path, `{"name":"Dated","expires_at":"2027-03-01T13:00:00+01:00"}`)
	s.keep(a.text("konnect_token"))
	a.has(t, map[string]any{"expires_at": "2027-03-01T12:00:00.000Z"})
}

func TestAtMostTenAccessTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/users/" + string(s.user.ID) + "/access-tokens"
	for i := range 9 {
		s.keep(s.call(t, 201, "POST", path, fmt.Sprintf(`{"name":"token %d","ttl_seconds":86400}`, i)).text("konnect_token"))
	}
	s.call(t, 409, "POST", path, `{"name":"one more","ttl_seconds":86400}`)
	s.call(t, 200, "GET", path, nil).has(t, map[string]any{"meta": map[string]any{"number": 1, "size": 10, "total": 10}})
}

// The limit holds when requests race.
func TestAtMostTenAccessTokensAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var won atomic.Int32
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			_, err := s.Accounts.CreateToken(t.Context(), s.user.ID, fmt.Sprintf("token %d", i), s.clock.Now().Add(time.Hour))
			switch {
			case err == nil:
				won.Add(1)
			case portico.KindOf(err) != portico.KindConflict:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 9 {
		t.Errorf("%d tokens were made beside the first", won.Load())
	}
}

// TestTokensOfOtherUsers: an organization admin sees and revokes them; to anybody
// else nothing is told, not even that there are such users.
func TestTokensOfOtherUsers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	now := s.clock.Now()
	other := portico.User{ID: portico.UserID(portico.NewID(now)), Email: "other@acme.example", FullName: "Other", Active: true, CreatedAt: now, UpdatedAt: now}
	check(t, s.store.Update(t.Context(), func(tx portico.Tx) error { return tx.Users().Insert(t.Context(), other) }))
	token, err := s.Accounts.CreateToken(t.Context(), other.ID, "theirs", now.Add(time.Hour))
	check(t, err)
	tokens := func(user portico.UserID) string { return "/v3/users/" + string(user) + "/access-tokens" }
	theirs := tokens(other.ID) + "/" + string(token.ID)
	for _, path := range []string{theirs, tokens(s.user.ID) + "/" + string(token.ID)} {
		s.call(t, 404, "DELETE", path, nil)
		s.call(t, 404, "PATCH", path, `{"name":"CI"}`)
	}
	s.call(t, 404, "POST", tokens(other.ID), `{"name":"CI","ttl_seconds":86400}`)
	s.call(t, 404, "GET", tokens(s.user.ID)+"/"+string(token.ID), nil)
	s.call(t, 404, "GET", tokens(unknownID), nil)
	if a := s.call(t, 200, "GET", tokens(other.ID), nil); a.at("meta.total") != 1.0 {
		t.Errorf("an admin sees %s", a.Text)
	}
	s.call(t, 200, "GET", theirs, nil)

	as := http.Header{"Authorization": {"Bearer " + token.Value.Reveal()}}
	bootstrap := s.call(t, 200, "GET", tokens(s.user.ID), nil).text("data.0.id")
	for _, path := range []string{tokens(s.user.ID), tokens(s.user.ID) + "/" + bootstrap} {
		s.send(t, 404, "GET", path, nil, as)
	}
	s.send(t, 404, "PATCH", tokens(s.user.ID)+"/"+bootstrap+"/revoke", nil, as)
	s.send(t, 200, "GET", theirs, nil, as)
	s.call(t, 200, "PATCH", theirs+"/revoke", nil)
	s.send(t, 401, "GET", theirs, nil, as)
}

func TestBootstrapOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	again := admins.Founding{Organization: "Other", Email: "eve@example.com", Password: secret.New("correct horse battery"), TokenName: "x", TokenLifetime: time.Hour}
	if _, err := s.Accounts.Bootstrap(t.Context(), again); portico.KindOf(err) != portico.KindConflict {
		t.Errorf("founded twice: %v", err)
	}
	again.Password = secret.New("short")
	if _, err := s.Accounts.Bootstrap(t.Context(), again); portico.KindOf(err) != portico.KindInvalid {
		t.Errorf("founded with a weak password: %v", err)
	}
	if _, err := s.Admins.Sessions.SignIn(t.Context(), "eve@example.com", secret.New("correct horse battery"), admins.Browser{}); portico.KindOf(err) != portico.KindUnauthenticated {
		t.Errorf("a refused founder signs in: %v", err)
	}
}
