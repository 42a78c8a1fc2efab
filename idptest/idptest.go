package idptest

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/secret"
)

// Options of Run.
type Options struct {
	// CreatePath is the path that registrations are posted to.
	CreatePath string
	// ObjectPath is the beginning of the paths of one client's object.
	ObjectPath string
	// CreateMethod, UpdateMethod, SecretPath: where they are not POST, PUT and
	// ObjectPath.
	CreateMethod, UpdateMethod, SecretPath string
	// SecretMethod replaces a secret, where it is not POST.
	SecretMethod string
	// Recovers: another credential is tried where a client's own is refused.
	Recovers bool
	// KeysRepeat: the provider cannot refuse a second client under a create key.
	KeysRepeat bool
	// SecretsUnlimited: the provider would let a client have more secrets than
	// the adapter says.
	SecretsUnlimited bool
	// Audience of the strategies whose clients are registered, if it matters.
	Audience string
	// Busy are the headers that the vendor refuses a call with for the sake of its
	// rate limit, if they are not Retry-After.
	Busy func(now, end time.Time) http.Header
	// Steps are the requests that a registration consists of, in their order: all
	// of them, for each is interrupted.
	Steps []Request
	// Credential is the management credential: it must be in no error.
	Credential secret.Text
	// Token obtains an access token with the client's id and secret; the error
	// says that the provider refused. Nil where there is no token endpoint.
	Token func(ctx context.Context, clientID string, value secret.Text) error
	// Held looks at the provider's clients from its own side, by create key or by
	// any other where the provider keeps the application's id. It is needed where
	// an adapter cannot find (Capabilities.Unfindable) or not read.
	Held func() map[string]portico.ClientState
	// Rotates: with a lost answer to an update goes what manages the client.
	Rotates bool
	// Unmarked: the provider has no room for the application's id.
	Unmarked bool
}

// Request is a kind of request: its method, and how its path begins.
type Request struct{ Method, Path string }

func (o Options) withDefaults() Options {
	o.CreateMethod, o.UpdateMethod = cmp.Or(o.CreateMethod, http.MethodPost), cmp.Or(o.UpdateMethod, http.MethodPut)
	o.SecretMethod = cmp.Or(o.SecretMethod, http.MethodPost)
	o.SecretPath = cmp.Or(o.SecretPath, o.ObjectPath)
	return o
}

// New makes the adapter under test for a provider that may know other clients.
// It must use the HTTP client, the clock and its Wait.
type New func(t *testing.T, hc *http.Client, clock *Clock) portico.IdP

// Run runs the whole suite.
func Run(t *testing.T, newIdP New, o Options) {
	o = o.withDefaults()
	// Before the others, which wait: in a list by numbered pages a client moves up
	// when another is removed.
	t.Run("List", func(t *testing.T) { list(newFixture(t, newIdP, o)) })
	for name, test := range map[string]func(*fixture){
		"Lifecycle": lifecycle, "Names": names, "Rename": rename, "RedirectURIs": redirectURIs,
		"CreateKeyIsUnique": createKeyIsUnique, "Verify": verify,
		"SecretReplaced": secretReplaced, "SecretsOverlap": secretsOverlap, "SecretsLimit": secretsLimit, "SecretsLast": secretsLast,
		"Unknown": unknown, "Token": token,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newFixture(t, newIdP, o))
		})
	}
	t.Run("Faults", func(t *testing.T) { runFaults(t, newIdP, o) })
	t.Run("StepsAreAll", func(t *testing.T) {
		t.Parallel()
		stepsAreAll(newFixture(t, newIdP, o))
	})
	t.Run("Steps", func(t *testing.T) { runSteps(t, newIdP, o) })
}

// fixture is one test's adapter and the wire it talks over.
type fixture struct {
	*testing.T
	Options
	idp   portico.IdP
	sound portico.IdP // the same provider over a wire that never breaks
	wire  *Wire
	clock *Clock
}

func newFixture(t *testing.T, newIdP New, o Options) *fixture {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	f := &fixture{T: t, Options: o, wire: NewWire(transport), clock: NewClock(time.Now())}
	f.idp = newIdP(t, &http.Client{Transport: f.wire}, f.clock)
	f.sound = newIdP(t, &http.Client{Transport: transport}, f.clock)
	return f
}

// spec of a new application's client.
func spec(name string) portico.ClientSpec {
	return portico.ClientSpec{ApplicationID: portico.ApplicationID(portico.NewID(time.Now())), Name: name,
		GrantTypes: []string{portico.MethodClientCredentials}, Owner: portico.ClientOwner{
			OrganizationID: portico.OrganizationID(portico.NewRandomID()), PortalID: portico.PortalID(portico.NewRandomID()),
			DeveloperID: portico.DeveloperID(portico.NewRandomID()), StrategyID: portico.StrategyID(portico.NewRandomID()),
			AuthMethods: []string{portico.MethodClientCredentials, portico.MethodBearer},
		}}
}

// create registers a client that is removed after the test.
func (f *fixture) create(s portico.ClientSpec) (portico.Client, string) {
	f.Helper()
	key := portico.NewRandomID()
	made, err := f.idp.Create(f.Context(), s, key)
	if err != nil {
		f.Fatalf("create: %v", err)
	}
	f.removeAfter(made.Ref)
	return made, key
}

func (f *fixture) removeAfter(ref portico.ClientRef) {
	f.Cleanup(func() {
		if err := f.sound.Delete(context.Background(), ref); err != nil {
			f.Errorf("cleaning up: %v", err)
		}
	})
}

// want checks the kind of an error, and that it gives nothing away.
func (f *fixture) want(what string, err error, kind portico.IdPErrorKind) {
	f.Helper()
	if !portico.IsIdP(err, kind) {
		f.Fatalf("%s: got %v, want kind %d", what, err, kind)
	}
	if !f.Credential.Empty() && strings.Contains(err.Error(), f.Credential.Reveal()) {
		f.Errorf("%s: the error shows the credential", what)
	}
}

func (f *fixture) must(what string, err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("%s: %v", what, err)
	}
}

// read is what the provider holds.
func (f *fixture) read(ref portico.ClientRef) portico.ClientState {
	f.Helper()
	if f.blind() {
		for _, state := range f.Held() {
			if state.Ref == ref {
				return state
			}
		}
		f.Fatalf("the provider does not have %+v", ref)
	}
	state, err := f.sound.Read(f.Context(), ref)
	f.must("read", err)
	return state
}

// owns checks whose the client is, as far as the provider knows.
func (f *fixture) owns(s portico.ClientSpec, state portico.ClientState) bool {
	return f.Unmarked && state.ApplicationID == "" || state.ApplicationID == s.ApplicationID
}

// found is what the create key made of the spec.
func (f *fixture) found(s portico.ClientSpec, key string) portico.ClientState {
	f.Helper()
	if f.blind() || f.unfindable() {
		state, there := f.held(s, key)
		if !there {
			f.Fatal("the provider does not have the client")
		}
		return state
	}
	ref, err := f.sound.Find(f.Context(), key)
	f.must("find", err)
	return f.read(ref)
}

// gone checks that the provider has nothing under the create key.
func (f *fixture) gone(s portico.ClientSpec, key string) {
	f.Helper()
	if f.blind() || f.unfindable() {
		if state, there := f.held(s, key); there {
			f.Fatalf("the provider still has %+v", state)
		}
	}
	_, err := f.sound.Find(f.Context(), key)
	f.want("find", err, f.missing())
}

// held looks for a client from the provider's side.
func (f *fixture) held(s portico.ClientSpec, key string) (portico.ClientState, bool) {
	all := f.Held()
	if state, there := all[key]; there {
		return state, true
	}
	for _, state := range all {
		if state.ApplicationID == s.ApplicationID {
			return state, true
		}
	}
	return portico.ClientState{}, false
}

// missing is how an adapter says that there is no client: one that cannot find
// any does not know.
func (f *fixture) missing() portico.IdPErrorKind {
	if f.unfindable() {
		return portico.IdPAmbiguous
	}
	return portico.IdPNotFound
}

// unfindable says that a lost client cannot be looked for.
func (f *fixture) unfindable() bool { return f.idp.Capabilities().Unfindable }

// blind says that the adapter cannot read, or had better not.
func (f *fixture) blind() bool {
	can := f.idp.Capabilities()
	return can.DestructiveRead || slices.Contains(can.Unread, "name")
}

// sighted skips a test that is about reading where nothing can be read.
func (f *fixture) sighted() {
	f.Helper()
	if f.blind() {
		f.Skip("the provider cannot be asked about its clients")
	}
}

func lifecycle(f *fixture) {
	s := spec("Lifecycle")
	made, key := f.create(s)
	if made.Ref.ClientID == "" || len(made.Secret.Value.Reveal()) < 32 {
		f.Fatalf("created %+v with a secret of %d characters", made.Ref, len(made.Secret.Value.Reveal()))
	}
	state := f.read(made.Ref)
	if state.Ref != made.Ref || state.Name != s.Name || !state.Enabled || !f.owns(s, state) ||
		len(state.RedirectURIs) != 0 || !slices.Contains(state.GrantTypes, "client_credentials") {
		f.Errorf("read %+v", state)
	}
	if found := f.found(s, key).Ref; found != made.Ref {
		f.Errorf("found %+v, created %+v", found, made.Ref)
	}
	if !f.blind() {
		if state := f.read(portico.ClientRef{ClientID: made.Ref.ClientID}); state.Ref != made.Ref {
			f.Errorf("read by client id alone: %+v", state)
		}
	}
	f.must("delete", f.idp.Delete(f.Context(), made.Ref))
	f.must("delete again", f.idp.Delete(f.Context(), made.Ref))
	f.gone(s, key)
	if !f.blind() {
		_, err := f.idp.Read(f.Context(), made.Ref)
		f.want("read after delete", err, portico.IdPNotFound)
	}
}

func names(f *fixture) {
	for _, name := range []string{
		"a", "Zoë's Bäckerei & <Söhne>", `quote " backslash \ comma , slash /`, "鍵と門 🔑", strings.Repeat("long ", 40), "ends (in parentheses)",
	} {
		made, _ := f.create(spec(name))
		got := f.read(made.Ref).Name
		if got == "" || !strings.HasPrefix(name, got) || len(name) < 80 && got != name {
			f.Errorf("%q became %q", name, got)
		}
	}
}

func rename(f *fixture) {
	f.sighted()
	s := spec("Before")
	made, key := f.create(s)
	s.Name = "After"
	f.must("update", f.idp.Update(f.Context(), made.Ref, s))
	if state := f.read(made.Ref); state.Name != "After" || state.Ref != made.Ref || !state.Enabled || !f.owns(s, state) {
		f.Errorf("after the update: %+v", state)
	}
	found, err := f.idp.Find(f.Context(), key)
	f.must("find under the old create key", err)
	if found != made.Ref {
		f.Errorf("found %+v", found)
	}
	if f.Token != nil {
		f.must("the secret after the update", f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value))
	}
}

func redirectURIs(f *fixture) {
	s := spec("Redirects")
	s.RedirectURIs = []string{"https://app.example/callback"}
	made, _ := f.create(s)
	state := f.read(made.Ref)
	if !slices.Equal(state.RedirectURIs, s.RedirectURIs) || !slices.Contains(state.GrantTypes, "client_credentials") ||
		!slices.Contains(state.GrantTypes, "authorization_code") && !f.blind() { // who cannot be asked has a reading of their own of grant_types
		f.Errorf("created with a redirect URI: %+v", state)
	}
	f.sighted()
	s.RedirectURIs = []string{"https://app.example/other?x=1"}
	f.must("change", f.idp.Update(f.Context(), made.Ref, s))
	if state := f.read(made.Ref); !slices.Equal(state.RedirectURIs, s.RedirectURIs) {
		f.Errorf("changed: %+v", state)
	}
	s.RedirectURIs = nil
	f.must("remove", f.idp.Update(f.Context(), made.Ref, s))
	if state := f.read(made.Ref); len(state.RedirectURIs) != 0 || !slices.Contains(state.GrantTypes, "client_credentials") {
		f.Errorf("removed: %+v", state)
	}
	s.RedirectURIs = []string{"https://app.example/callback"}
	f.must("add", f.idp.Update(f.Context(), made.Ref, s))
	if state := f.read(made.Ref); !slices.Equal(state.RedirectURIs, s.RedirectURIs) {
		f.Errorf("added: %+v", state)
	}
}

func createKeyIsUnique(f *fixture) {
	f.sighted()
	if f.KeysRepeat {
		f.Skip("the provider cannot refuse a second client under a create key")
	}
	s := spec("Once")
	made, key := f.create(s)
	_, err := f.idp.Create(f.Context(), s, key)
	f.want("second create under one key", err, portico.IdPAmbiguous)
	found, err := f.idp.Find(f.Context(), key)
	f.must("find", err)
	if found != made.Ref {
		f.Errorf("found %+v, created %+v", found, made.Ref)
	}
}

func list(f *fixture) {
	lister, ok := f.idp.(portico.ClientLister)
	if !ok {
		f.Skip("the provider cannot list clients")
	}
	want := map[string]portico.ApplicationID{}
	for range 3 {
		s := spec("Listed")
		made, _ := f.create(s)
		want[made.Ref.ClientID] = s.ApplicationID
	}
	seen := map[string]int{}
	for cursor, pages := "", 0; ; pages++ {
		batch, next, err := lister.Clients(f.Context(), cursor)
		f.must("list", err)
		for _, state := range batch {
			seen[state.Ref.ClientID]++
			if id, ours := want[state.Ref.ClientID]; ours && state.ApplicationID != id {
				f.Errorf("%s belongs to %q, want %q", state.Ref.ClientID, state.ApplicationID, id)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
		if pages > 1000 {
			f.Fatal("the list does not end")
		}
	}
	for id := range want {
		if seen[id] != 1 {
			f.Errorf("%s is listed %d times", id, seen[id])
		}
	}
}

func verify(f *fixture) {
	v, err := f.idp.Verify(f.Context())
	f.must("verify", err)
	if len(v.Errors) > 0 {
		f.Errorf("a sound provider has errors: %q", v.Errors)
	}
}

func unknown(f *fixture) {
	ref := portico.ClientRef{ClientID: "no-such-client", ExternalID: "no-such-object"}
	f.must("delete", f.idp.Delete(f.Context(), ref))
	f.must("delete by client id alone", f.idp.Delete(f.Context(), portico.ClientRef{ClientID: "no-such-client"}))
	f.gone(spec("Nobody"), portico.NewRandomID())
	f.sighted()
	_, err := f.idp.Read(f.Context(), ref)
	f.want("read", err, portico.IdPNotFound)
	f.want("update", f.idp.Update(f.Context(), ref, spec("Nobody")), portico.IdPNotFound)
}

func token(f *fixture) {
	if f.Token == nil {
		f.Skip("no token endpoint")
	}
	made, _ := f.create(spec("Token"))
	f.must("token", f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value))
	if f.Token(f.Context(), made.Ref.ClientID, secret.Token("")) == nil {
		f.Error("a wrong secret gives a token")
	}
	f.must("delete", f.idp.Delete(f.Context(), made.Ref))
	if f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value) == nil {
		f.Error("a deleted client gets a token")
	}
}
