package audit_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/audit"
	"portico/keyring"
	"portico/ledger"
	"portico/oauth"
	"portico/secret"
	"portico/sqlstore"
	"portico/storetest"
	"portico/usecase"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// house is the use cases on a real store with a world in it.
type house struct {
	audit.Audit
	storetest.World
	deps usecase.Deps

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// eachEngine runs a test on both databases.
func eachEngine(t *testing.T, test func(t *testing.T, h *house)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db")))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, storetest.Postgres(t)))
	})
}

func open(t *testing.T, dsn string) *house {
	t.Helper()
	h := &house{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Now: h.clock})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key"))
	check(t, err)
	key, err := ledger.Open(t.Context(), store, ring)
	check(t, err)
	store.Sign(key)
	h.World = storetest.Seed(t, store)
	h.deps = usecase.Deps{Store: store, Sealer: ring, Client: oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 5 * time.Second}),
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: h.clock}
	h.Audit = audit.New(h.deps)
	// The world's webhook would call out.
	check(t, store.Update(t.Context(), func(tx portico.Tx) error { return tx.AuditWebhooks().Delete(t.Context(), h.AuditWebhook.ID) }))
	return h
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record adds an entry that bears a name.
func (h *house) record(t *testing.T, portal portico.PortalID, name string) {
	t.Helper()
	check(t, h.deps.Store.Update(t.Context(), func(tx portico.Tx) error {
		return tx.RecordAudit(t.Context(), portico.AuditEntry{Type: portico.AuditAuthorization, Granted: true, ResourceName: name,
			Resource: "krn:portico:test/1", Event: portico.Event{Action: "test", PortalID: portal, Principal: portico.Principal{Kind: portico.PrincipalUser, ID: "u"}}})
	}))
}

// sender is one that has just started.
func (h *house) sender() audit.Sender {
	return audit.Sender{Deps: h.deps, Unverified: oauth.NewHTTPClient(oauth.ClientPolicy{SkipTLSVerification: true, Timeout: 5 * time.Second})}
}

func (h *house) deliver(t *testing.T) {
	t.Helper()
	check(t, h.sender().Deliver(t.Context()))
}

// destination makes one for a receiver.
func (h *house) destination(t *testing.T, url string, format portico.AuditFormat, skip bool) portico.AuditDestinationID {
	t.Helper()
	made, err := h.Destinations.Create(t.Context(), audit.Destination{Name: portico.Some("siem"), Endpoint: portico.Some(url),
		Format: portico.Some(format), Authorization: portico.Some(secret.New("Bearer hush")), SkipTLSVerification: portico.Some(skip)})
	check(t, err)
	return made.ID
}

// hook switches on a webhook to a receiver.
func (h *house) hook(t *testing.T, scope audit.Scope, to portico.AuditDestinationID) {
	t.Helper()
	_, err := h.Webhooks.Update(t.Context(), scope, portico.Some(to), portico.Some(true))
	check(t, err)
}

// receiver takes deliveries, or answers with status when that is set.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	stall  chan struct{} // not nil: an answer waits for it
	lines  []string
	calls  int

	arrived chan struct{} // gets one for every call, as far as there is room
}

func newReceiver(t *testing.T, tls bool) *receiver {
	t.Helper()
	r := &receiver{arrived: make(chan struct{}, 100)}
	if r.Server = httptest.NewUnstartedServer(r); tls {
		r.StartTLS()
	} else {
		r.Start()
	}
	r.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.calls++
	status, stall := r.status, r.stall
	r.mu.Unlock()
	select {
	case r.arrived <- struct{}{}:
	default:
	}
	if stall != nil {
		<-stall
	}
	body, err := gzip.NewReader(req.Body)
	if err != nil || req.Method != "POST" || req.Header.Get("Authorization") != "Bearer hush" || !strings.HasPrefix(req.Header.Get("Content-Type"), "text/plain") {
		http.Error(w, "not a delivery", http.StatusBadRequest)
		return
	}
	if status != 0 {
		http.Error(w, "come\nagain", status)
		return
	}
	text, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, fmt.Sprint(err), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// got are the names of the entries that have arrived since the last time.
func (r *receiver) got() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, line := range r.lines {
		_, rest, found := strings.Cut(line, "resource_name")
		if !found {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(rest, `=":`), `"`)
		name, _, _ = strings.Cut(name, " ")
		names = append(names, name)
	}
	r.lines = nil
	return strings.Join(names, " ")
}

func (r *receiver) called() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}
