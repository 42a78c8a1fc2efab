package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/snapshot"
	"portico/usage"
)

// counted is what the gateway has counted since the last call: one line for
// each count, sorted, and the uses of credentials.
func (w *world) counted() (lines []string, uses []usage.Use) {
	w.t.Helper()
	err := w.usage.Flush(w.t.Context(), func(_ context.Context, b usage.Batch) error {
		for _, c := range b.Counts {
			lines = append(lines, fmt.Sprintf("%s %s %d %s ×%d", c.Application, c.API, c.Status, c.Outcome, c.Requests))
		}
		uses = b.Uses
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(lines)
	return lines, uses
}

func TestRequestsAreCountedWithTheirCause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		failing := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/gone"):
				rw.WriteHeader(http.StatusGone)
			case strings.HasSuffix(r.URL.Path, "/hang"):
				panic(http.ErrAbortHandler)
			default:
				rw.WriteHeader(http.StatusInternalServerError)
			}
		}))
		w.t.Cleanup(failing.Close)
		s.Routing.Services = append(s.Routing.Services, service(w.t, "failing", failing, s.Routing.Services[1].Access...))
		s.Routing.Routes = append(s.Routing.Routes, snapshot.Route{ID: "r-failing", ServiceID: "failing", Paths: []string{"/failing"}})
		s.Applications = append(s.Applications, snapshot.Application{ID: "app-new", PortalID: "portal", StrategyID: "oidc", ClientID: "new"})
	})
	right := []string{"Authorization", basic(clientID, clientSecret)}
	for _, step := range []struct {
		name    string
		path    string
		headers []string
		want    string
	}{
		{"open", "/open", nil, "  200 ok ×1"},
		{"no route", "/nowhere", nil, ""},
		{"nothing presented", "/api", nil, " orders 401 no_credential ×1"},
		{"key", "/api", []string{"apikey", apiKey}, "app-key orders 200 ok ×1"},
		{"client", "/api", right, "app-oidc orders 200 ok ×1"},
		{"wrong secret", "/api", []string{"Authorization", basic(clientID, "wrong")}, "app-oidc orders 401 bad_credential ×1"},
		{"unknown client", "/api", []string{"Authorization", basic("nobody", "wrong")}, " orders 401 bad_credential ×1"},
		{"not registered", "/api", []string{"Authorization", basic("new", "secret")}, "app-new orders 403 not_registered ×1"},
		{"the upstream refuses", "/failing/gone", right, "app-oidc orders 410 client_error ×1"},
		{"the upstream breaks", "/failing/", right, "app-oidc orders 500 server_error ×1"},
		{"the upstream hangs up", "/failing/hang", right, "app-oidc orders 502 upstream_failed ×1"},
	} {
		w.do("GET", step.path, step.headers...)
		if lines, _ := w.counted(); strings.Join(lines, "\n") != step.want {
			t.Errorf("%s: counted %q, want %q", step.name, lines, step.want)
		}
	}
	w.auth.down.Store(true)
	w.do("GET", "/api", "Authorization", basic(clientID, "rotated"))
	if lines, _ := w.counted(); !slices.Equal(lines, []string{"app-oidc orders 503 idp_failed ×1"}) {
		t.Errorf("without an identity provider: %q", lines)
	}
}

func TestUsesOfCredentialsAreNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.do("GET", "/api", "Authorization", basic(clientID, clientSecret))
	w.clock.Advance(time.Minute)
	last := w.clock.Now()
	w.do("GET", "/api", "Authorization", basic(clientID, clientSecret))
	w.do("GET", "/api", "apikey", apiKey)
	w.do("GET", "/api", "Authorization", bearer(w.auth.issue(clientID)))
	w.do("GET", "/api", "apikey", "guess")
	_, uses := w.counted()
	var got []string
	for _, u := range uses {
		if !u.At.Equal(last) {
			t.Errorf("%s was last used at %s, not %s", u.Credential, u.At, last)
		}
		if strings.Contains(u.Credential, clientSecret) || strings.Contains(u.Credential, apiKey) {
			t.Errorf("%q shows a secret", u.Credential)
		}
		client, fingerprint, secret := strings.Cut(u.Credential, "#")
		got = append(got, fmt.Sprintf("%s %s %t", u.Application, client, secret && len(fingerprint) == 12))
	}
	slices.Sort(got)
	want := []string{"app-key key-1 false", "app-oidc " + clientID + " false", "app-oidc " + clientID + " true"}
	if !slices.Equal(got, want) {
		t.Errorf("uses: %q, want %q", got, want)
	}
}

func TestSizesAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	resp, err := http.Post(w.front.URL+"/open", "text/plain", strings.NewReader("four"))
	if err != nil {
		t.Fatal(err)
	}
	size := resp.ContentLength
	resp.Body.Close()
	err = w.usage.Flush(t.Context(), func(_ context.Context, b usage.Batch) error {
		if len(b.Counts) != 1 || b.Counts[0].RequestBytes != 4 || b.Counts[0].ResponseBytes != size || size <= 0 {
			t.Errorf("counted %+v; the answer had %d bytes", b.Counts, size)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
