package trial_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/localas/localastest"
	"portico/oauth"
	"portico/secret"
	"portico/trial"
)

// world is an authorization server with one client, and a gateway that answers
// as a test says.
type world struct {
	*trial.Trials
	as      *localastest.Instance
	gateway *httptest.Server
	logs    *buffer
	subject trial.Subject
	secret  secret.Text

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request)
}

type buffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{as: localastest.Start(t), logs: &buffer{}}
	logger := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.Trials = trial.New(trial.Options{Issuers: oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 30 * time.Second}), Gateway: trial.NewGatewayClient(30 * time.Second), Now: time.Now, Logger: logger})
	w.answers(http.StatusOK, `{}`)
	w.gateway = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		answer := w.answer
		w.mu.Unlock()
		answer(rw, r)
	}))
	t.Cleanup(w.gateway.Close)
	w.okta(t, "/api/v1/authorizationServers/default/scopes", `{"name":"orders.read","consent":"IMPLICIT"}`)
	w.okta(t, "/api/v1/authorizationServers/default/claims", `{"name":"client_id","claimType":"RESOURCE","valueType":"EXPRESSION","value":"app.clientId","status":"ACTIVE","conditions":{"scopes":[]}}`)
	client := w.okta(t, "/oauth2/v1/clients", `{"client_name":"tried","grant_types":["client_credentials"],"response_types":["token"],"application_type":"service"}`)
	id, _ := client["client_id"].(string)
	value, _ := client["client_secret"].(string)
	w.secret = secret.New(value)
	w.subject = trial.Subject{Client: id, Status: portico.Approved, Address: w.gateway.URL + "/orders", Strategy: portico.Strategy{OIDC: &portico.OIDCConfig{
		Issuer: w.as.Issuer, CredentialClaim: []string{"client_id"}, Scopes: []string{"orders.read"}, AuthMethods: []string{portico.MethodClientCredentials, portico.MethodBearer},
	}}}
	return w
}

func (w *world) okta(t *testing.T, path, body string) (out map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.as.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "SSWS "+w.as.Token.Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s: %d %v %v", path, res.StatusCode, out, err)
	}
	return out
}

func (w *world) answers(status int, body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		io.WriteString(rw, body)
	}
}

// ends is where a trial ends, and of what cause.
func ends(steps []trial.Step) (trial.Stage, trial.Cause) {
	for _, s := range steps {
		if s.State == trial.Failed {
			return s.Stage, s.Cause
		}
	}
	return "", ""
}

func TestATrialThatSucceedsTellsWhatItFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mu.Lock()
	w.answer = func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey") || r.Method != http.MethodGet || r.URL.Path != "/orders" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		rw.WriteHeader(http.StatusNoContent)
	}
	w.mu.Unlock()
	steps := w.Run(t.Context(), w.subject, w.secret)
	if stage, cause := ends(steps); cause != "" || len(steps) != 5 {
		t.Fatalf("%d steps, ended at %s: %s", len(steps), stage, cause)
	}
	token := steps[1]
	if len(token.Scopes) != 1 || token.Scopes[0] != "orders.read" || time.Until(token.ExpiresAt) < time.Minute || !strings.Contains(token.Claims, `"cid": "`+w.subject.Client+`"`) {
		t.Errorf("token: %+v", token)
	}
	if steps[2].Found != w.subject.Client || steps[4].Code != http.StatusNoContent {
		t.Errorf("claim %q, code %d", steps[2].Found, steps[4].Code)
	}
	if endpoint := w.TokenEndpoint(t.Context(), w.as.Issuer); endpoint != w.as.Issuer+"/v1/token" {
		t.Errorf("token endpoint %q", endpoint)
	}
	if endpoint := w.TokenEndpoint(t.Context(), w.as.URL+"/nowhere"); endpoint != "" {
		t.Errorf("token endpoint of nobody: %q", endpoint)
	}
}

func TestEveryFailureHasItsCause(t *testing.T) {
	t.Parallel()
	oidc := func(change func(*portico.OIDCConfig)) func(*world) {
		return func(w *world) { change(w.subject.Strategy.OIDC) }
	}
	gateway := func(status int, body string) func(*world) {
		return func(w *world) { w.answers(status, body) }
	}
	for name, test := range map[string]struct {
		change func(*world)
		stage  trial.Stage
		cause  trial.Cause
	}{
		"another issuer":       {oidc(func(c *portico.OIDCConfig) { c.Issuer += "/none" }), trial.Issuer, trial.IssuerUnreachable},
		"a wrong secret":       {func(w *world) { w.secret = secret.New("not-the-secret") }, trial.Token, trial.WrongSecret},
		"another client":       {func(w *world) { w.subject.Client = "nobody" }, trial.Token, trial.WrongSecret},
		"openid":               {oidc(func(c *portico.OIDCConfig) { c.Scopes = []string{"openid"} }), trial.Token, trial.OpenIDScope},
		"an unknown scope":     {func(w *world) { w.subject.Scopes = []string{"orders.burn"} }, trial.Token, trial.InvalidScope},
		"a failing issuer":     {func(w *world) { w.as.Fail("/oauth2/default/v1/token", 503, 5) }, trial.Token, trial.TokenUnavailable},
		"a missing claim":      {oidc(func(c *portico.OIDCConfig) { c.CredentialClaim = []string{"azp"} }), trial.Claim, trial.ClaimMissing},
		"another claim":        {oidc(func(c *portico.OIDCConfig) { c.CredentialClaim = []string{"iss"} }), trial.Claim, trial.ClaimMismatch},
		"no registration":      {func(w *world) { w.subject.Status = "" }, trial.Registration, trial.NotRegistered},
		"no decision":          {func(w *world) { w.subject.Status = portico.Pending }, trial.Registration, trial.AwaitingApproval},
		"a rejection":          {func(w *world) { w.subject.Status = portico.Rejected }, trial.Registration, trial.Refused},
		"a revocation":         {func(w *world) { w.subject.Status = portico.Revoked }, trial.Registration, trial.Refused},
		"no route":             {func(w *world) { w.subject.Address = "" }, trial.Gateway, trial.NoRoute},
		"no address":           {func(w *world) { w.subject.Address = "http://%zz" }, trial.Gateway, trial.NoRoute},
		"no gateway":           {func(w *world) { w.gateway.Close() }, trial.Gateway, trial.GatewayUnreachable},
		"401":                  {gateway(401, `{"message":"Unauthorized","request_id":"1"}`), trial.Gateway, trial.GatewayRejected},
		"403":                  {gateway(403, `{"message":"Forbidden","request_id":"1"}`), trial.Gateway, trial.GatewayForbidden},
		"404 of the gateway":   {gateway(404, `{"message":"no Route matched","request_id":"1"}`), trial.Gateway, trial.GatewayNotFound},
		"404 of the API is OK": {gateway(404, `{"message":"no such order"}`), "", ""},
		"429":                  {gateway(429, ``), trial.Gateway, trial.GatewayLimited},
		"503":                  {gateway(503, ``), trial.Gateway, trial.GatewayUnavailable},
		"500":                  {gateway(500, `oops`), trial.Gateway, trial.UpstreamFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.change(w)
			steps := w.Run(t.Context(), w.subject, w.secret)
			stage, cause := ends(steps)
			if stage != test.stage || cause != test.cause || len(steps) != 5 {
				t.Errorf("%d steps, ended at %q: %q; want %q: %q\n%+v", len(steps), stage, cause, test.stage, test.cause, steps)
			}
			after := false
			for _, s := range steps {
				if after != (s.State == trial.Skipped) {
					t.Errorf("%s is %s", s.Stage, s.State)
				}
				after = after || s.State == trial.Failed
				if strings.Contains(s.Detail+s.Claims, w.secret.Reveal()) {
					t.Errorf("%s tells the secret", s.Stage)
				}
			}
			w.logs.mu.Lock()
			defer w.logs.mu.Unlock()
			if strings.Contains(w.logs.String(), w.secret.Reveal()) {
				t.Error("the log has the secret")
			}
		})
	}
}

func TestAKeyGoesIntoItsHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subject.Strategy = portico.Strategy{Type: portico.StrategyKeyAuth, KeyAuth: &portico.KeyAuthConfig{KeyNames: []string{"x-key"}}}
	w.mu.Lock()
	w.answer = func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("x-key") != w.secret.Reveal() {
			rw.WriteHeader(http.StatusUnauthorized)
		}
	}
	w.mu.Unlock()
	steps := w.Run(t.Context(), w.subject, w.secret)
	if stage, cause := ends(steps); cause != "" || len(steps) != 2 {
		t.Errorf("%d steps, ended at %s: %s", len(steps), stage, cause)
	}
	w.subject.Strategy.KeyAuth = &portico.KeyAuthConfig{}
	if _, cause := ends(w.Run(t.Context(), w.subject, w.secret)); cause != trial.GatewayRejected {
		t.Errorf("in another header: %s", cause)
	}
}

func TestRedirectsOfTheGatewayAreNotFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mu.Lock()
	w.answer = func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the credential went elsewhere")
		}
		http.Redirect(rw, r, "/elsewhere", http.StatusFound)
	}
	w.mu.Unlock()
	steps := w.Run(t.Context(), w.subject, w.secret)
	if last := steps[len(steps)-1]; last.State != trial.OK || last.Code != http.StatusFound {
		t.Errorf("%+v", last)
	}
}
