package rfc7591_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/dcr/dcrtest"
	"portico/idp/rfc7591"
	"portico/idptest"
	"portico/secret"
)

var _ portico.IdP = (*rfc7591.Client)(nil)

const initial = "initial-access-token-of-the-tests"

func newClient(t *testing.T, cfg idp.Settings) *rfc7591.Client {
	t.Helper()
	if cfg.Handles == nil {
		cfg.Handles = idptest.NewHandles()
	}
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	c, err := rfc7591.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func provider(issuer string) portico.Provider {
	return portico.Provider{Type: portico.ProviderRFC7591, Issuer: issuer}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]dcrtest.Behaviour{
		"Steady":   {Initial: initial},                                        // PingAM
		"Rotating": {Initial: initial, RotateOnWrite: true, ShowSecret: true}, // oidc-provider, Keycloak
		"Open":     {RotateOnWrite: true, Silent: true},                       // Ory Hydra
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, handles := dcrtest.Start(t, b), idptest.NewHandles()
			p := provider(s.URL)
			steps := []idptest.Request{{Method: "POST", Path: "/register"}}
			if !b.Silent {
				steps = append(steps, idptest.Request{Method: "GET", Path: "/.well-known/"})
			}
			if b.Silent {
				p.Config.RegistrationEndpoint = new(s.URL + "/register")
			}
			idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
				return newClient(t, idp.Settings{Provider: p, Credential: secret.New(b.Initial), HTTP: hc, Handles: handles, Now: clock.Now, Wait: clock.Wait})
			}, idptest.Options{
				Steps:      steps,
				CreatePath: "/register", ObjectPath: "/register/", Credential: secret.New(b.Initial), Token: s.Token, Held: s.Held, Rotates: b.RotateOnWrite,
			})
		})
	}
}

func spec(name string) portico.ClientSpec {
	return portico.ClientSpec{ApplicationID: portico.ApplicationID(portico.NewID(time.Now())), Name: name, Scopes: []string{"read", "write"},
		GrantTypes: []string{portico.MethodClientCredentials}, Owner: portico.ClientOwner{OrganizationID: portico.OrganizationID(portico.NewRandomID())}}
}

func create(t *testing.T, c portico.IdP, s portico.ClientSpec) portico.Client {
	t.Helper()
	made, err := c.Create(t.Context(), s, portico.NewRandomID())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestWhatIsNotOursStays: an update writes back what the server's admin set.
func TestWhatIsNotOursStays(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{Initial: initial, RotateOnWrite: true, ShowSecret: true})
	c := newClient(t, idp.Settings{Provider: provider(s.URL), Credential: secret.New(initial)})
	wanted := spec("Before")
	made := create(t, c, wanted)
	s.Change(made.Ref.ClientID, func(m map[string]any) {
		m["tos_uri"], m["require_auth_time"] = "https://example.com/tos", 12345678901234567
		m["contacts"] = append(m["contacts"].([]any), "admin@example.com")
	})
	before := s.Metadata(made.Ref.ClientID)
	wanted.Name, wanted.Scopes = "After", []string{"read"}
	for range 2 {
		if err := c.Update(t.Context(), made.Ref, wanted); err != nil {
			t.Fatal(err)
		}
	}
	after := s.Metadata(made.Ref.ClientID)
	id := string(wanted.ApplicationID)
	if after["client_name"] != "After ("+id[len(id)-6:]+")" || after["scope"] != "read" || after["tos_uri"] != before["tos_uri"] || !reflect.DeepEqual(after["contacts"], before["contacts"]) {
		t.Errorf("%v became %v", before, after)
	}
	state, err := c.Read(t.Context(), made.Ref)
	if err != nil || state.OrganizationID != wanted.Owner.OrganizationID || !slices.Equal(state.Scopes, wanted.Scopes) || state.CreatedAt == nil {
		t.Errorf("read %+v, %v", state, err)
	}
	if err := s.Token(t.Context(), made.Ref.ClientID, made.Secret.Value); err != nil {
		t.Errorf("the secret after updates: %v", err)
	}
}

// TestTokenChangedMeanwhile: another process was given a newer token.
func TestTokenChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{RotateOnWrite: true})
	handles := idptest.NewHandles()
	a := newClient(t, idp.Settings{Provider: provider(s.URL), Handles: handles})
	made := create(t, a, spec("Shared"))
	stale, err := handles.Handle(t.Context(), made.Ref.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Update(t.Context(), made.Ref, spec("Newer")); err != nil {
		t.Fatal(err)
	}
	b := newClient(t, idp.Settings{Provider: provider(s.URL), Handles: &staleOnce{Handles: handles, stale: stale}})
	if _, err := b.Read(t.Context(), made.Ref); err != nil {
		t.Errorf("with a token that was replaced meanwhile: %v", err)
	}
}

// staleOnce gives at first what was true before another process's call.
type staleOnce struct {
	*idptest.Handles
	stale portico.ClientHandle
	once  sync.Once
}

func (h *staleOnce) Handle(ctx context.Context, id string) (portico.ClientHandle, error) {
	var first bool
	h.once.Do(func() { first = true })
	if first {
		return h.stale, nil
	}
	return h.Handles.Handle(ctx, id)
}

func TestOneClientAtATime(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{RotateOnWrite: true})
	c := newClient(t, idp.Settings{Provider: provider(s.URL)})
	made := create(t, c, spec("Busy"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := c.Update(t.Context(), made.Ref, spec("Busy")); err != nil {
				t.Errorf("update among others: %v", err)
			}
		})
	}
	all.Wait()
}

// TestRefusedToken: the admin is told; only a removal is settled by it.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{})
	var log bytes.Buffer
	c := newClient(t, idp.Settings{Provider: provider(s.URL), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	made := create(t, c, spec("Revoked"))
	s.Revoke(made.Ref.ClientID)
	for what, err := range map[string]error{
		"update": c.Update(t.Context(), made.Ref, spec("Revoked")),
		"read":   func() error { _, err := c.Read(t.Context(), made.Ref); return err }(),
	} {
		if !portico.IsIdP(err, portico.IdPDenied) || !strings.Contains(err.Error(), made.Ref.ClientID) || strings.Contains(err.Error(), "rat_") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Delete(t.Context(), made.Ref); err != nil || !strings.Contains(log.String(), made.Ref.ClientID) {
		t.Errorf("delete: %v; log: %s", err, &log)
	}
}

// TestUnfitServers: no client is left that could not be managed, or the admin is
// told which.
func TestUnfitServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dcrtest.Behaviour
		says string
		left int
	}{
		"no management":   {dcrtest.Behaviour{Unmanaged: true}, "remove it by hand", 1},
		"no secret":       {dcrtest.Behaviour{Bare: true}, "without a secret", 0},
		"managed outside": {dcrtest.Behaviour{ManageAt: "https://elsewhere.example"}, "another host", 0},
	} {
		s := dcrtest.Start(t, c.Behaviour)
		idp := newClient(t, idp.Settings{Provider: provider(s.URL)})
		_, err := idp.Create(t.Context(), spec("Unfit"), portico.NewRandomID())
		if !portico.IsIdP(err, portico.IdPRejected) || !strings.Contains(err.Error(), c.says) || len(s.Held()) != c.left {
			t.Errorf("%s: %v, with %d clients left", name, err, len(s.Held()))
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dcrtest.Behaviour
		token string
		state [4]portico.CheckState
		says  string
	}{
		"sound":       {dcrtest.Behaviour{Initial: initial}, initial, [4]portico.CheckState{"ok", "ok", "ok", "ok"}, ""},
		"open":        {dcrtest.Behaviour{}, "", [4]portico.CheckState{"ok", "ok", "ok", "ok"}, ""},
		"wrong token": {dcrtest.Behaviour{Initial: initial}, "wrong", [4]portico.CheckState{"ok", "ok", "ok", "failed"}, "refused the initial access token"},
		"no token":    {dcrtest.Behaviour{Initial: initial}, "", [4]portico.CheckState{"ok", "ok", "ok", "failed"}, "wants an initial access token"},
		"silent":      {dcrtest.Behaviour{Silent: true}, "", [4]portico.CheckState{"ok", "ok", "ok", "failed"}, "names no registration endpoint"},
		"lenient":     {dcrtest.Behaviour{Accept: true}, "", [4]portico.CheckState{"ok", "ok", "ok", "ok"}, "was removed again"},
	} {
		s := dcrtest.Start(t, c.Behaviour)
		v, err := newClient(t, idp.Settings{Provider: provider(s.URL), Credential: secret.New(c.token)}).Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, check := range v.Checks {
			if check.State != c.state[i] {
				t.Errorf("%s: %s is %s: %s", name, check.Step, check.State, check.Fault)
			}
		}
		if said := strings.Join(append(v.Errors, v.Warnings...), " "); !strings.Contains(said, c.says) || c.says == "" && said != "" || strings.Contains(said, initial) {
			t.Errorf("%s: %q", name, said)
		}
		if n := len(s.Held()); n != 0 {
			t.Errorf("%s: %d clients are left", name, n)
		}
	}
	nowhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nowhere.Close)
	v, err := newClient(t, idp.Settings{Provider: provider(nowhere.URL)}).Verify(t.Context())
	if err != nil || len(v.Errors) != 1 || v.Checks[0].State != portico.CheckFailed || v.Checks[3].State != portico.CheckSkipped {
		t.Errorf("nowhere: %+v, %v", v, err)
	}
}

// TestTokensStayAtHome: an issuer cannot send the token to another host.
func TestTokensStayAtHome(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{})
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"issuer":"` + issuer.URL + `","jwks_uri":"` + s.URL + `/jwks","registration_endpoint":"` + s.URL + `/register"}`))
	}))
	t.Cleanup(issuer.Close)
	c := newClient(t, idp.Settings{Provider: provider(issuer.URL), Credential: secret.New(initial)})
	if _, err := c.Create(t.Context(), spec("Sent away"), "key"); !portico.IsIdP(err, portico.IdPRejected) || s.Requests() != 0 {
		t.Errorf("create: %v, after %d requests to the other host", err, s.Requests())
	}
	p := provider(issuer.URL)
	p.Config.RegistrationEndpoint = new(s.URL + "/register")
	create(t, newClient(t, idp.Settings{Provider: p, Credential: secret.New(initial)}), spec("As entered"))
}

// TestTheIssuerIsLookedAtAnew: what an adapter learnt of an issuer is no answer
// to whether it answers now, nor where it registers clients now.
func TestTheIssuerIsLookedAtAnew(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{})
	wire := idptest.NewWire(http.DefaultTransport)
	c := newClient(t, idp.Settings{Provider: provider(s.URL), HTTP: &http.Client{Transport: wire}})
	create(t, c, spec("Before"))
	wire.Break(http.MethodGet, "/.well-known/", 1000, idptest.Unreachable)
	if v, err := c.Verify(t.Context()); err != nil || len(v.Errors) != 1 || v.Checks[0].State != portico.CheckFailed {
		t.Errorf("an issuer that is away: %+v, %v", v, err)
	}
	wire.Break(http.MethodGet, "/.well-known/", 1000, idptest.Answer(http.StatusOK, nil, `{"issuer":"`+s.URL+`","jwks_uri":"`+s.URL+`/jwks","registration_endpoint":"`+s.URL+`/moved"}`))
	if v, err := c.Verify(t.Context()); err != nil || len(v.Errors) != 1 || !strings.Contains(v.Errors[0], "no registration endpoint at "+s.URL+"/moved") {
		t.Errorf("an endpoint that moved: %+v, %v", v, err)
	}
}

// TestNobodyWaitsForTheIssuerForEver: who gives up is let go, and those who ask
// at the same time share one discovery.
func TestNobodyWaitsForTheIssuerForEver(t *testing.T) {
	t.Parallel()
	s := dcrtest.Start(t, dcrtest.Behaviour{})
	wire := idptest.NewWire(http.DefaultTransport)
	c := newClient(t, idp.Settings{Provider: provider(s.URL), HTTP: &http.Client{Transport: wire}})
	asked, answer := make(chan struct{}), make(chan struct{})
	wire.Break(http.MethodGet, "/.well-known/", 1, func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		close(asked)
		<-answer
		return next.RoundTrip(r)
	})
	var first sync.WaitGroup
	first.Go(func() { create(t, c, spec("First")) })
	<-asked
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	_, err := c.Create(ctx, spec("Impatient"), portico.NewRandomID())
	if !portico.IsIdP(err, portico.IdPUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	close(answer)
	first.Wait()
}

// TestNothingIsRemovedByGuess: a server that does not say where a client is
// managed is sent no deletion.
func TestNothingIsRemovedByGuess(t *testing.T) {
	t.Parallel()
	var methods []string
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			methods = append(methods, r.Method+" "+r.URL.Path)
		}
		w.Write([]byte(`{"issuer":"` + server.URL + `","registration_endpoint":"` + server.URL + `/register","client_id":"left","client_secret":"s","registration_access_token":"rat"}`))
	}))
	t.Cleanup(server.Close)
	_, err := newClient(t, idp.Settings{Provider: provider(server.URL)}).Create(t.Context(), spec("Left"), portico.NewRandomID())
	if !portico.IsIdP(err, portico.IdPRejected) || !strings.Contains(err.Error(), "remove it by hand") || len(methods) != 1 {
		t.Errorf("%v, after %q", err, methods)
	}
}
