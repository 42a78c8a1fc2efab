package okta_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idp/okta"
	"portico/idptest"
	"portico/secret"
)

var (
	_ portico.IdP           = (*okta.Client)(nil)
	_ portico.SecretManager = (*okta.Client)(nil)
	_ portico.ClientLister  = (*okta.Client)(nil)

	_ portico.IdP            = (*okta.Registrations)(nil)
	_ portico.SecretReplacer = (*okta.Registrations)(nil)
	_ portico.ClientLister   = (*okta.Registrations)(nil)
	_ portico.ScopeChecker   = (*okta.Registrations)(nil)
	_ portico.SetUp          = (*okta.Registrations)(nil)
	_ portico.SetUp          = (*okta.Client)(nil)
)

func newClient(t *testing.T, issuer, token string, hc *http.Client, clock *idptest.Clock) *okta.Client {
	t.Helper()
	c, err := okta.New(idp.Settings{
		Provider: portico.Provider{Type: portico.ProviderOkta, Issuer: issuer}, Credential: secret.New(token),
		HTTP: hc, Now: clock.Now, Wait: clock.Wait,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.(*okta.Client)
}

// tokenAt asks a token endpoint for a client's token.
func tokenAt(endpoint string) func(context.Context, string, secret.Text) error {
	return func(ctx context.Context, clientID string, value secret.Text) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader("grant_type=client_credentials&scope=read"))
		if err != nil {
			return err
		}
		req.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(value.Reveal()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			var body bytes.Buffer
			body.ReadFrom(res.Body)
			return fmt.Errorf("token endpoint: %s: %s", res.Status, body.String())
		}
		return nil
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
		return newClient(t, f.URL+"/oauth2/default", fakeToken, hc, clock)
	}, idptest.Options{
		CreatePath: "/api/v1/apps", ObjectPath: "/api/v1/apps/", Steps: appSteps(),
		Credential: secret.New(fakeToken), Token: tokenAt(f.URL + "/oauth2/default/v1/token"), Busy: busy,
	})
}

// appSteps are the requests of a registration through the Apps API: the app, and
// the id of its secret.
func appSteps() []idptest.Request {
	return []idptest.Request{{Method: http.MethodPost, Path: "/api/v1/apps"}, {Method: http.MethodGet, Path: "/api/v1/apps/"}}
}

// busy is how Okta says that its rate limit is used up.
func busy(now, end time.Time) http.Header {
	return http.Header{
		"Date": {now.UTC().Format(http.TimeFormat)}, "X-Rate-Limit-Limit": {"25"}, "X-Rate-Limit-Remaining": {"0"},
		"X-Rate-Limit-Reset": {strconv.FormatInt(end.Unix(), 10)},
	}
}

func fakeClient(t *testing.T) (*fakeOkta, *okta.Client) {
	f := newFakeOkta(t)
	return f, newClient(t, f.URL+"/oauth2/default", fakeToken, f.Client(), idptest.NewClock(time.Now()))
}

func spec(name string) portico.ClientSpec {
	return portico.ClientSpec{ApplicationID: "019234ab-0000-7000-8000-0123456789ab", Name: name}
}

func TestClientIDComesFromCreateKey(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	made, err := c.Create(t.Context(), spec("Weather"), "019234ab-1111-7000-8000-0123456789ab")
	if err != nil {
		t.Fatal(err)
	}
	if made.Ref.ClientID != "dp019234ab1111700080000123456789ab" || made.Ref.ExternalID == made.Ref.ClientID || len(made.Secret.Value.Reveal()) != 48 {
		t.Errorf("made %+v", made.Ref)
	}
	if made.Secret.ID == "" || made.Secret.CreatedAt == nil {
		t.Errorf("the secret is %+v", made.Secret.SecretInfo)
	}
	f.set(func() {
		if got := f.apps[0].object["label"]; got != "Weather (6789ab)" {
			t.Errorf("label %q", got)
		}
	})
	for _, key := range []string{"", "-", "a/../../b", strings.Repeat("x", 99), "sp ace", "näh"} {
		before := f.requests("POST")
		if _, err := c.Create(t.Context(), spec("x"), key); !portico.IsIdP(err, portico.IdPRejected) || f.requests("POST") != before {
			t.Errorf("create key %q: %v", key, err)
		}
	}
}

// TestEchoedSecretsAreNotShown: Okta's errors may quote what they were sent.
func TestEchoedSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	var log bytes.Buffer
	var sent string
	hc := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		var body bytes.Buffer
		if r.Body != nil {
			body.ReadFrom(r.Body)
		}
		sent = body.String()
		echo := strings.NewReplacer(`"`, `'`, "\n", " ").Replace(sent + r.Header.Get("Authorization"))
		return idptest.Answer(400, nil, `{"errorCode":"E0000001","errorSummary":"bad: `+echo+`","errorCauses":[]}`)(r, nil)
	})}
	c, err := okta.New(idp.Settings{Provider: portico.Provider{Issuer: f.URL + "/oauth2/default"}, Credential: secret.New(fakeToken), HTTP: hc,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.(portico.SecretManager).AddSecret(t.Context(), portico.ClientRef{ClientID: "dpx", ExternalID: "0oa1"})
	if !portico.IsIdP(err, portico.IdPRejected) {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(sent, `"client_secret":"`)
	value := after[:48]
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), log.String()} {
		if strings.Contains(text, value) || strings.Contains(text, fakeToken) {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	if !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("nothing was echoed, so nothing was tested: %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestForeignSettingsStay: what an admin set in Okta survives an update.
func TestForeignSettingsStay(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	made, err := c.Create(t.Context(), spec("Before"), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() {
		f.apps[0].object["profile"].(map[string]any)["cost_center"] = json.Number("12345678901234567890")
		f.apps[0].oauth("settings")["logo_uri"] = "https://logo.example"
		f.apps[0].oauth("credentials")["client_secret"] = "shown-by-okta"
	})
	if err := c.Update(t.Context(), made.Ref, spec("After")); err != nil {
		t.Fatal(err)
	}
	f.set(func() {
		o := f.apps[0].object
		if o["label"] != "After (6789ab)" || o["profile"].(map[string]any)["cost_center"] != json.Number("12345678901234567890") ||
			f.apps[0].oauth("settings")["logo_uri"] != "https://logo.example" || o["visibility"] == nil {
			t.Errorf("after the update: %v", o)
		}
	})
}

// TestAnswersThatAreNoApp are JSON, but not what was asked for.
func TestAnswersThatAreNoApp(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	wire := idptest.NewWire(f.Client().Transport)
	c := newClient(t, f.URL+"/oauth2/default", fakeToken, &http.Client{Transport: wire}, idptest.NewClock(time.Now()))
	ref := portico.ClientRef{ClientID: "dpx0", ExternalID: "0oa1"}
	for _, body := range []string{"null", "{}", `{"id":null}`} {
		wire.Break(http.MethodGet, "/api/v1/apps", 1000, idptest.Answer(200, nil, body))
		if _, err := c.Read(t.Context(), ref); !portico.IsIdP(err, portico.IdPUnavailable) {
			t.Errorf("read %s: %v", body, err)
		}
		if err := c.Update(t.Context(), ref, spec("x")); !portico.IsIdP(err, portico.IdPUnavailable) {
			t.Errorf("update %s: %v", body, err)
		}
		wire.Break(http.MethodPost, "/api/v1/apps", 1000, idptest.Answer(200, nil, body))
		if _, err := c.Create(t.Context(), spec("x"), "key-0001"); !portico.IsIdP(err, portico.IdPAmbiguous) {
			t.Errorf("create %s: %v", body, err)
		}
		if _, err := c.AddSecret(t.Context(), ref); !portico.IsIdP(err, portico.IdPAmbiguous) {
			t.Errorf("add %s: %v", body, err)
		}
	}
	wire.Break(http.MethodPost, "/api/v1/apps", 1, idptest.Answer(200, nil, `{"id":"0oa1","credentials":{"oauthClient":{"client_id":"another"}}}`))
	if _, err := c.Create(t.Context(), spec("x"), "key-0001"); !portico.IsIdP(err, portico.IdPAmbiguous) {
		t.Errorf("a client with another id: %v", err)
	}
	link := func(target string) http.Header { return http.Header{"Link": {"<" + f.URL + target + `>; rel="next"`}} }
	wire.Break(http.MethodGet, "/api/v1/apps", 1000, idptest.Answer(200, link("/api/v1/apps?limit=200"), "[null,{}]"))
	if _, _, err := c.Clients(t.Context(), ""); !portico.IsIdP(err, portico.IdPUnavailable) {
		t.Errorf("a list that leads back to itself: %v", err)
	}
}

// TestDeactivatedByHand: an app that an admin deactivated in Okta can be changed,
// and switched on again.
func TestDeactivatedByHand(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	made, err := c.Create(t.Context(), spec("Trips"), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.apps[0].object["status"] = "INACTIVE" })
	if err := c.Update(t.Context(), made.Ref, spec("Journeys")); err != nil {
		t.Fatal(err)
	}
	if state, err := c.Read(t.Context(), made.Ref); err != nil || state.Enabled || state.CreatedAt == nil {
		t.Errorf("after a new name: %+v, %v", state, err)
	}
	for range 2 {
		if err := c.EnableClient(t.Context(), made.Ref); err != nil {
			t.Error(err)
		}
	}
	if state, err := c.Read(t.Context(), made.Ref); err != nil || !state.Enabled {
		t.Errorf("switched on: %+v, %v", state, err)
	}
}

func TestDeletedByHand(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	made, err := c.Create(t.Context(), spec("Manual"), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.apps[0].object["status"] = "INACTIVE" })
	if state, err := c.Read(t.Context(), made.Ref); err != nil || state.Enabled {
		t.Errorf("read %+v, %v", state, err)
	}
	if err := c.Delete(t.Context(), portico.ClientRef{ClientID: made.Ref.ClientID}); err != nil {
		t.Errorf("delete without the external id: %v", err)
	}
	if n := f.requests("DELETE"); n != 1 {
		t.Errorf("%d deletions", n)
	}
}

// TestDeleteAlthoughDeactivationIsRefused: an app may be inactive already.
func TestDeleteAlthoughDeactivationIsRefused(t *testing.T) {
	t.Parallel()
	f := newFakeOkta(t)
	wire := idptest.NewWire(f.Client().Transport)
	c := newClient(t, f.URL+"/oauth2/default", fakeToken, &http.Client{Transport: wire}, idptest.NewClock(time.Now()))
	made, err := c.Create(t.Context(), spec("Refused"), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	wire.Break(http.MethodPost, "/api/v1/apps/", 1000, idptest.Answer(http.StatusBadRequest, nil, `{"errorCode":"E0000001"}`))
	if err := c.Delete(t.Context(), made.Ref); !portico.IsIdP(err, portico.IdPDenied) {
		t.Errorf("Okta refused to delete an active app, but: %v", err)
	}
	f.set(func() { f.apps[0].object["status"] = "INACTIVE" })
	if err := c.Delete(t.Context(), made.Ref); err != nil {
		t.Error(err)
	}
}

// TestInactiveSecretIsJustDeleted: an earlier revocation stopped half-way.
func TestInactiveSecretIsJustDeleted(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	made, err := c.Create(t.Context(), spec("Half"), "key-0001")
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.AddSecret(t.Context(), made.Ref)
	if err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.apps[0].secrets[0].Status = "INACTIVE" })
	if err := c.RevokeSecret(t.Context(), made.Ref, second.ID); !portico.IsIdP(err, portico.IdPRejected) {
		t.Errorf("the last active secret of two was revoked: %v", err)
	}
	if err := c.RevokeSecret(t.Context(), made.Ref, made.Secret.ID); err != nil {
		t.Error(err)
	}
	f.set(func() {
		if len(f.apps[0].secrets) != 1 {
			t.Errorf("%d secrets are left", len(f.apps[0].secrets))
		}
	})
}

// TestForeignAppsAreNotOurs: apps without a client, and clients without our
// mark, are told apart.
func TestForeignAppsAreNotOurs(t *testing.T) {
	t.Parallel()
	f, c := fakeClient(t)
	f.set(func() {
		f.apps = append(f.apps,
			&fakeApp{object: map[string]any{"id": "0oaSAML", "label": "Payroll", "signOnMode": "SAML_2_0"}},
			&fakeApp{object: map[string]any{"id": "0oaOther", "label": "Theirs (6789ab)", "status": "ACTIVE", "profile": map[string]any{"portal_application_id": 7},
				"credentials": map[string]any{"oauthClient": map[string]any{"client_id": "theirs"}}}})
	})
	batch, next, err := c.Clients(t.Context(), "")
	if err != nil || next != "" || len(batch) != 1 || batch[0].Ref.ClientID != "theirs" || batch[0].ApplicationID != "" || batch[0].Name != "Theirs (6789ab)" {
		t.Errorf("listed %+v, next %q, %v", batch, next, err)
	}
	for _, cursor := range []string{"https://evil.example/api/v1/apps?after=1", "//evil.example/", "/api/v1/users?after=1", "x"} {
		if _, _, err := c.Clients(t.Context(), cursor); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"", "okta", "ftp://example.okta.com", "https://", "https://me:pw@example.okta.com", "://"} {
		if _, err := okta.New(idp.Settings{Provider: portico.Provider{Issuer: issuer}, Credential: secret.New("x")}); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("issuer %q: %v", issuer, err)
		}
	}
}
