package configsync_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"portico/configsync"
	"portico/secret"
	"portico/snapshot"
)

// remote is a gateway that follows a source over HTTP.
type remote struct {
	target    *target
	publisher *configsync.Publisher
	server    *httptest.Server
	mu        sync.Mutex
	acks      map[string]configsync.Version
}

func newRemote(t *testing.T, s *source, path, token string) *remote {
	t.Helper()
	r := &remote{target: &target{}, acks: map[string]configsync.Version{}}
	r.server = httptest.NewServer(configsync.Handler(s, secret.New("sync-token"), slog.New(slog.DiscardHandler), func(name string, v configsync.Version) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.acks[name] = v
	}))
	t.Cleanup(r.server.Close)
	from := &configsync.Remote{Client: r.server.Client(), URL: r.server.URL, Token: secret.New(token), Gateway: "edge-1", Version: r.target.Version}
	r.publisher = configsync.New(from, configsync.Options{Logger: slog.New(slog.DiscardHandler), Path: path})
	return r
}

func TestFollowingOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSource("a")
	r := newRemote(t, s, "", "sync-token")
	if err := r.publisher.Follow(t.Context(), "self", r.target); err != nil || !r.target.has("a") {
		t.Fatalf("%v, apps %v", err, r.target.apps)
	}
	s.commit("b")
	if err := r.publisher.Flush(t.Context()); err != nil || !r.target.has("b") {
		t.Errorf("%v, apps %v", err, r.target.apps)
	}
	if fulls, deltas := s.count(); fulls != 1 || deltas != 1 {
		t.Errorf("%d full copies and %d deltas, want 1 and 1", fulls, deltas)
	}
	if err := r.publisher.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if got, want := r.acks["edge-1"], (configsync.Version{Epoch: "e1", Number: 2}); got != want {
		t.Errorf("acknowledged %+v, want %+v", got, want)
	}
	s.set(func(s *source) { s.epoch, s.first = "e2", 3 })
	s.commit("c")
	if err := r.publisher.Flush(t.Context()); err != nil || !r.target.has("c") {
		t.Errorf("after another epoch: %v, apps %v", err, r.target.apps)
	}
	s.set(func(s *source) { s.err = errors.New("database away: secret detail") })
	if err := r.publisher.Flush(t.Context()); err == nil || strings.Contains(err.Error(), "secret detail") {
		t.Errorf("source away: %v", err)
	}
}

func TestSyncTokenIsAsked(t *testing.T) {
	t.Parallel()
	r := newRemote(t, newSource("a"), "", "guess")
	if err := r.publisher.Follow(t.Context(), "self", r.target); err == nil || !strings.Contains(err.Error(), "refuses the sync token") {
		t.Errorf("%v", err)
	}
	open := httptest.NewServer(configsync.Handler(newSource("a"), secret.Text{}, slog.New(slog.DiscardHandler), nil))
	defer open.Close()
	if status, _ := ask(t, open.URL+"?gateway=x", ""); status != http.StatusUnauthorized {
		t.Errorf("without a configured token: %d", status)
	}
}

func ask(t *testing.T, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestSyncRequestsAreChecked(t *testing.T) {
	t.Parallel()
	r := newRemote(t, newSource("a"), "", "sync-token")
	for query, want := range map[string]struct {
		status int
		body   string
	}{
		"":                                     {400, "gateway: must be a name"},
		"?gateway=x&since=-1":                  {400, "since: must be a version"},
		"?gateway=x&since=9":                   {410, "ask for the whole configuration"},
		"?gateway=" + strings.Repeat("x", 200): {400, "gateway: must be a name"},
	} {
		if status, body := ask(t, r.server.URL+query, "sync-token"); status != want.status || !strings.Contains(body, want.body) {
			t.Errorf("%q: %d %s", query, status, body)
		}
	}
	status, body := ask(t, r.server.URL+"?gateway=x", "sync-token")
	if full, err := snapshot.Decode([]byte(body)); status != 200 || err != nil || full.Version != 1 {
		t.Errorf("%d, %+v, %v", status, full, err)
	}
}
