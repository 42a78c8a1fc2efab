package control_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/idptest"
	"portico/secret"
	"portico/storetest"
	"portico/usecase"
	"portico/usecase/usecasetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// idpTimeout is the longest conversation; an intent is due after twice that.
const (
	idpTimeout = usecasetest.IdPTimeout
	lease      = 2 * idpTimeout
)

const managementToken = "00management-token-of-the-provider"

// house is every use case on a real store and a real key, with a portal, one
// approved developer, and one strategy of each credential type. The identity
// provider is played by a fake that behaves like one.
type house struct {
	*control.Control
	deps    usecase.Deps
	store   portico.Store
	clock   *idptest.Clock
	idp     *fakeIdP
	journal *journal
	logs    *buffer

	mu     sync.Mutex
	stopAt string // the step of the saga at which the program ends

	portal    portico.Portal
	developer portico.Developer
	provider  control.ProviderView
	dcr       control.StrategyView
	keys      control.StrategyView
	self      control.StrategyView
	flights   control.APIView // published with dcr
	seats     control.APIView // published with keys
	meals     control.APIView // published with self
}

// newHouse makes a house on SQLite.
func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseOn(t, usecasetest.SQLite(t))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	usecasetest.OnBoth(t, func(t *testing.T, dsn string) { test(t, newHouseOn(t, dsn)) })
}

func newHouseOn(t testing.TB, dsn string) *house {
	t.Helper()
	h := &house{clock: idptest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), journal: &journal{}, logs: &buffer{}}
	h.idp = newFakeIdP(h.clock, h.journal)
	h.deps = usecasetest.Deps(t, dsn, h.clock.Now)
	h.deps.IdPs, h.deps.Mailer, h.deps.Flusher, h.deps.Checkpoint = h.idp, h.journal, h.journal, h.checkpoint
	h.deps.Logger = slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.store = h.deps.Store
	h.Control = control.New(h.deps)
	h.furnish(t)
	t.Cleanup(func() {
		if strings.Contains(h.logs.String(), managementToken) {
			t.Error("the log has the management token")
		}
	})
	return h
}

func (h *house) furnish(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	var err error
	h.provider, err = h.Providers.Create(ctx, control.NewProvider{Name: "okta", Type: portico.ProviderOkta, Issuer: "https://idp.example/oauth2/default", Secret: secret.New(managementToken)})
	must(t, err)
	oidc := []byte(`{"issuer":"https://idp.example/oauth2/default","credential_claim":["client_id"],"scopes":["flights:read"],"auth_methods":["client_credentials","bearer"]}`)
	h.dcr, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "dcr", DisplayName: "DCR", OIDC: oidc, ProviderID: &h.provider.ID})
	must(t, err)
	h.keys, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "keys", DisplayName: "Keys", KeyAuth: &portico.KeyAuthConfig{}})
	must(t, err)
	h.self, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "self", DisplayName: "Bring your own", OIDC: oidc})
	must(t, err)
	h.portal, err = h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Airline"), DefaultStrategyID: portico.Some(h.dcr.ID)})
	must(t, err)
	h.developer = h.newDeveloper(t, "dora@dev.example")
	h.flights = h.published(t, "Flights", h.dcr.ID)
	h.seats = h.published(t, "Seats", h.keys.ID)
	h.meals = h.published(t, "Meals", h.self.ID)
}

// newDeveloper makes an approved developer of the portal.
func (h *house) newDeveloper(t testing.TB, email string) portico.Developer {
	t.Helper()
	d, err := h.Developers.Create(t.Context(), h.portal.ID, developers.NewAccount{Email: email, FullName: "Dora Dev", Status: new(portico.Approved)})
	must(t, err)
	return d
}

// published makes an API that is published to the portal.
func (h *house) published(t testing.TB, name string, strategy portico.StrategyID) control.APIView {
	t.Helper()
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: name})
	must(t, err)
	_, err = h.Publications.Put(t.Context(), api.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(strategy), Visibility: portico.Some(portico.Public)})
	must(t, err)
	return api
}

// wish for an application of the developer.
func (h *house) wish(name string, strategy portico.StrategyID) control.NewApplication {
	return control.NewApplication{PortalID: h.portal.ID, DeveloperID: h.developer.ID, Name: name, StrategyID: &strategy}
}

// register makes an application with a client.
func (h *house) register(t testing.TB, name string) control.CreatedApplication {
	t.Helper()
	app, err := h.Applications.Create(t.Context(), h.wish(name, h.dcr.ID))
	must(t, err)
	return app
}

// with gives use cases that differ from the house's in something.
func (h *house) with(change func(*usecase.Deps)) *control.Control {
	deps := h.deps
	change(&deps)
	return control.New(deps)
}

// stop is what the program ends with at a checkpoint.
type stop struct{ step string }

func (h *house) checkpoint(step string) {
	h.mu.Lock()
	hit := h.stopAt == step
	h.mu.Unlock()
	if hit {
		panic(stop{step})
	}
}

// interrupted runs a use case that ends abruptly at a step.
func (h *house) interrupted(t testing.TB, step string, run func()) {
	t.Helper()
	h.arm(step)
	defer h.arm("")
	defer func() {
		t.Helper()
		if end, ok := recover().(stop); !ok || end.step != step {
			t.Errorf("the use case did not come to %s", step)
		}
	}()
	run()
}

func (h *house) arm(step string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopAt = step
}

// reconcile lets the lease of every intent pass and reconciles.
func (h *house) reconcile(t testing.TB) (settled int) {
	t.Helper()
	h.clock.Advance(lease)
	settled, err := control.New(h.deps).Reconciler.Once(t.Context())
	must(t, err)
	return settled
}

// tasks are the intents that are open.
func (h *house) tasks(t testing.TB) []portico.Task {
	t.Helper()
	var page portico.Page[portico.Task]
	must(t, h.store.View(t.Context(), func(tx portico.Tx) (err error) {
		page, err = tx.Tasks().List(t.Context(), portico.Everything())
		return err
	}))
	return page.Items
}

// applications are all there are.
func (h *house) applications(t testing.TB) []portico.Application {
	t.Helper()
	var page portico.Page[portico.Application]
	must(t, h.store.View(t.Context(), func(tx portico.Tx) (err error) {
		page, err = tx.Applications().List(t.Context(), portico.Everything())
		return err
	}))
	return page.Items
}

// balanced checks the promise of the saga: no intent is open, every application
// with a provider has its client, and there are no other clients.
func (h *house) balanced(t testing.TB) {
	t.Helper()
	if open := h.tasks(t); len(open) > 0 {
		t.Errorf("intents are open: %+v", open)
	}
	var owned []string
	for _, app := range h.applications(t) {
		if app.ProviderID != nil {
			for _, ref := range app.Clients() {
				owned = append(owned, ref.ClientID)
			}
		}
	}
	slices.Sort(owned)
	if there := h.idp.clientIDs(); !slices.Equal(owned, there) {
		t.Errorf("applications own the clients %v, the identity provider has %v", owned, there)
	}
}

// untouched checks that a refused creation has left nothing at all.
func (h *house) untouched(t testing.TB) {
	t.Helper()
	h.balanced(t)
	if apps := h.applications(t); len(apps) > 0 {
		t.Errorf("an application was created: %+v", apps)
	}
}

// journal writes down, in order, what the use cases did to the outside. It is
// the gateways' side and the mailer.
type journal struct {
	mu      sync.Mutex
	entries []string
	mails   []portico.Message
	fail    error // of flushing and mailing
}

func (j *journal) note(entry string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
}

func (j *journal) Flush(ctx context.Context) error {
	j.note("flush")
	return errors.Join(j.failure(), ctx.Err())
}

func (j *journal) Send(_ context.Context, m portico.Message) error {
	j.note("mail " + m.Kind)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mails = append(j.mails, m)
	return j.fail
}

func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.fail
}

// breakDown lets everything that is flushed or mailed from now on fail.
func (j *journal) breakDown(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fail = err
}

// since runs something and returns what it did to the outside.
func (j *journal) since(run func()) []string {
	j.mu.Lock()
	from := len(j.entries)
	j.mu.Unlock()
	run()
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries[from:])
}

// mailed runs something and returns the mails that it sent.
func (j *journal) mailed(run func()) []portico.Message {
	j.mu.Lock()
	from := len(j.mails)
	j.mu.Unlock()
	run()
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.mails[from:])
}

// buffer is a log that many may write.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// troubledStore is a store between whose transactions something happens.
type troubledStore struct {
	portico.Store
	mu     sync.Mutex
	count  int
	before func(n int)                  // the n-th Update is about to begin, from 1
	after  func(n int, err error) error // it has ended; what it returns is the outcome
}

func (s *troubledStore) Update(ctx context.Context, fn func(portico.Tx) error) error {
	s.mu.Lock()
	s.count++
	n := s.count
	s.mu.Unlock()
	if s.before != nil {
		s.before(n)
	}
	err := s.Store.Update(ctx, fn)
	if s.after != nil {
		err = s.after(n, err)
	}
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind checks what kind of error came, and that its text is fit for a
// person and tells no secret.
func wantKind(t testing.TB, err error, kind portico.Kind) *portico.Error {
	t.Helper()
	e, ok := errors.AsType[*portico.Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("got kind %v, want %v: %v", portico.KindOf(err), kind, err)
	}
	if e.Detail == "" || strings.Contains(e.Error(), managementToken) {
		t.Errorf("the error says: %v", e)
	}
	return e
}

// wantFault checks that an error names a field of the input and a rule.
func wantFault(t testing.TB, err error, field, rule string) {
	t.Helper()
	e := wantKind(t, err, portico.KindInvalid)
	if !slices.ContainsFunc(e.Invalid, func(p portico.InvalidParameter) bool { return p.Field == field && p.Rule == rule && p.Reason != "" }) {
		t.Errorf("the faults are %+v, want %s %s", e.Invalid, field, rule)
	}
}
