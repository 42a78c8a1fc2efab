package curity_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/curity"
	"portico/idp/dcr/dcrtest"
	"portico/idptest"
	"portico/secret"
)

var (
	_ portico.IdP            = (*curity.Client)(nil)
	_ portico.SecretReplacer = (*curity.Client)(nil)
)

func start(t *testing.T) *dcrtest.Server {
	return dcrtest.Start(t, dcrtest.Behaviour{SingleUse: true, RotateOnRead: true})
}

func newClient(t *testing.T, cfg idp.Settings, issuer string) *curity.Client {
	t.Helper()
	cfg.Provider = portico.Provider{Type: portico.ProviderCurity, Issuer: issuer, Config: portico.ProviderConfig{InitialClientID: dcrtest.Admin}}
	if cfg.Credential.Empty() {
		cfg.Credential = secret.New(dcrtest.AdminSecret)
	}
	if cfg.Handles == nil {
		cfg.Handles = idptest.NewHandles()
	}
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	c, err := curity.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	s, handles := start(t), idptest.NewHandles()
	idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
		return newClient(t, idp.Settings{HTTP: hc, Handles: handles, Now: clock.Now, Wait: clock.Wait}, s.URL+"/.well-known/openid-configuration")
	}, idptest.Options{
		Steps:      []idptest.Request{{Method: "GET", Path: "/.well-known/"}, {Method: "POST", Path: "/token"}, {Method: "POST", Path: "/register"}},
		CreatePath: "/register", ObjectPath: "/register/", SecretMethod: http.MethodGet, Recovers: true,
		Credential: secret.New(dcrtest.AdminSecret), Token: s.Token, Held: s.Held,
	})
}

func spec() portico.ClientSpec {
	return portico.ClientSpec{ApplicationID: portico.ApplicationID(portico.NewID(time.Now())), Name: "Shop"}
}

// TestNothingIsReadUnasked: whatever is asked of the adapter but a new secret,
// the secret stays.
func TestNothingIsReadUnasked(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := newClient(t, idp.Settings{}, s.URL)
	made, err := c.Create(t.Context(), spec(), "key")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(t.Context(), made.Ref); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("read: %v", err)
	}
	if err := c.Update(t.Context(), made.Ref, spec()); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("update: %v", err)
	}
	if ref, err := c.Find(t.Context(), "key"); err != nil || ref != made.Ref {
		t.Errorf("find: %+v, %v", ref, err)
	}
	if v, err := c.Verify(t.Context()); err != nil || len(v.Errors)+len(v.Warnings) > 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	if err := s.Token(t.Context(), made.Ref.ClientID, made.Secret.Value); err != nil {
		t.Errorf("the secret afterwards: %v", err)
	}
	if slices.ContainsFunc(s.Calls, func(call string) bool { return !strings.HasPrefix(call, "POST ") }) {
		t.Errorf("calls: %q", s.Calls)
	}
}

// TestLostToken: where a client's own token does not serve, that for all does.
func TestLostToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	var log bytes.Buffer
	c := newClient(t, idp.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))}, s.URL)
	made, err := c.Create(t.Context(), spec(), "key")
	if err != nil {
		t.Fatal(err)
	}
	s.Revoke(made.Ref.ClientID)
	issued, err := c.ReplaceSecret(t.Context(), made.Ref)
	if err != nil || s.Token(t.Context(), made.Ref.ClientID, issued.Value) != nil {
		t.Errorf("replace: %v", err)
	}
	s.Revoke(made.Ref.ClientID)
	if err := c.Delete(t.Context(), made.Ref); err != nil || len(s.Held()) != 0 || log.Len() != 0 {
		t.Errorf("delete: %v, %d left; log: %s", err, len(s.Held()), &log)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s := start(t)
	v, err := newClient(t, idp.Settings{Credential: secret.New("wrong-secret-of-the-client")}, s.URL).Verify(t.Context())
	if err != nil || len(v.Errors) != 1 || v.Checks[3].State != portico.CheckFailed || strings.Contains(v.Errors[0], "wrong-secret") {
		t.Errorf("a wrong secret: %+v, %v", v, err)
	}
}
