package doctor_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/doctor"
	"portico/idp/dcr/dcrtest"
	"portico/localas/localastest"
	"portico/secret"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

const (
	server = "/api/v1/authorizationServers/default"
	scope  = "orders.read"
)

// world is a house with a provider and a strategy, and an authorization server
// that is set up as it should be.
type world struct {
	*consoletest.House
	provider portico.ProviderID

	claim string // its id

}

// planted is a world before it is built, for a test to spoil.
type planted struct {
	issuer         string
	token          secret.Text
	strategyIssuer string
	scopes         []string
	claim          []string
}

func newWorld(t *testing.T, spoil func(*planted, *localastest.Instance)) *world {
	t.Helper()
	w := &world{House: consoletest.New(t, func(*desk.Site) []desk.Route { return nil })}
	w.manage(t, http.MethodPost, server+"/scopes", `{"name":"`+scope+`","consent":"IMPLICIT"}`)
	w.claim = w.manage(t, http.MethodPost, server+"/claims", `{"name":"app","claimType":"RESOURCE","valueType":"EXPRESSION","value":"app.clientId","status":"ACTIVE","conditions":{"scopes":[]}}`)
	p := planted{issuer: w.Okta.Issuer, token: w.Okta.Token, strategyIssuer: w.Okta.Issuer, scopes: []string{scope}, claim: []string{"app"}}
	if spoil != nil {
		spoil(&p, w.Okta)
	}
	provider, err := w.Providers.Create(t.Context(), control.NewProvider{Name: "okta", Type: portico.ProviderOkta, Issuer: p.issuer, Secret: p.token})
	must(t, err)
	oidc, err := json.Marshal(map[string]any{"issuer": p.strategyIssuer, "credential_claim": p.claim, "scopes": p.scopes, "auth_methods": []string{"client_credentials", "bearer"}})
	must(t, err)
	_, err = w.Strategies.Create(t.Context(), control.NewStrategy{Name: "Orders", DisplayName: "Orders", OIDC: oidc, ProviderID: &provider.ID})
	must(t, err)
	w.provider = provider.ID
	return w
}

// manage calls the authorization server's management API and returns the id in
// its answer.
func (w *world) manage(t *testing.T, method, path, body string) string {
	t.Helper()
	return manage(t, w.Okta, method, path, body)
}

func manage(t *testing.T, as *localastest.Instance, method, path, body string) string {
	t.Helper()
	var out struct{ ID string }
	call(t, as, method, path, body, &out)
	return out.ID
}

func call(t *testing.T, as *localastest.Instance, method, path, body string, out any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, as.URL+path, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "SSWS "+as.Token.Reveal())
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, path, res.Status, text)
	}
	if len(text) > 0 {
		must(t, json.Unmarshal(text, out))
	}
}

// only is the id of the only policy, or of its only rule.
func only(t *testing.T, as *localastest.Instance, path string) string {
	t.Helper()
	var list []struct{ ID string }
	call(t, as, http.MethodGet, path, "", &list)
	if len(list) != 1 {
		t.Fatalf("%s has %d entries", path, len(list))
	}
	return list[0].ID
}

// clean fails unless the check left nothing behind, here and there.
func (w *world) clean(t *testing.T) {
	t.Helper()
	var apps []struct{ Label string }
	call(t, w.Okta, http.MethodGet, "/api/v1/apps?limit=200", "", &apps)
	for _, app := range apps {
		if strings.Contains(app.Label, "Portico connection test") {
			t.Errorf("the authorization server still has %q", app.Label)
		}
	}
	must(t, w.Deps.Store.View(t.Context(), func(tx portico.Tx) error {
		tasks, err := tx.Tasks().List(t.Context(), portico.Everything())
		if len(tasks.Items) > 0 {
			t.Errorf("intents are left: %+v", tasks.Items)
		}
		return err
	}))
	if strings.Contains(w.Logs.String(), w.Okta.Token.Reveal()) {
		t.Error("the log has the management token")
	}
}

func (w *world) verify(t *testing.T) portico.Verification {
	t.Helper()
	v, err := w.Doctor.Verify(t.Context(), w.provider)
	must(t, err)
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// states are how the steps ended, in their order.
func states(v portico.Verification) (out []string) {
	for _, c := range v.Checks {
		out = append(out, string(c.Step)+":"+string(c.State))
	}
	return out
}

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	// A pasted address of the metadata leads to the issuer.
	w := newWorld(t, func(p *planted, as *localastest.Instance) { p.issuer = as.Issuer + "/.well-known/openid-configuration" })
	for range 2 {
		v := w.verify(t)
		want := []string{"reachable:ok", "issuer:ok", "keys:ok", "token:ok", "client:ok", "issued:ok", "removed:ok"}
		if len(v.Errors)+len(v.Warnings) > 0 || !slices.Equal(states(v), want) {
			t.Errorf("verified as %+v %v", v, states(v))
		}
		w.clean(t)
	}
}

// What admins get wrong, planted one by one, and what each is told to do.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, p *planted, as *localastest.Instance)
		step  portico.CheckStep // the one that fails
		says  []string          // cause and action
	}{
		{"without /oauth2/", func(_ *testing.T, p *planted, as *localastest.Instance) { p.issuer = as.URL + "/default" },
			portico.CheckReachable, []string{"/oauth2/ is missing", "/oauth2/default answers"}},
		{"the organization's own server", func(_ *testing.T, p *planted, as *localastest.Instance) { p.issuer = as.URL },
			portico.CheckIssuer, []string{"the organisation's own authorization server", "Use a custom authorization server"}},
		{"a server that is not there", func(_ *testing.T, p *planted, as *localastest.Instance) { p.issuer = as.URL + "/oauth2/nope" },
			portico.CheckReachable, []string{"No authorization server answers", "Compare it with the issuer shown"}},
		{"nobody listens", func(_ *testing.T, p *planted, _ *localastest.Instance) {
			p.issuer = "http://127.0.0.1:1/oauth2/default"
		},
			portico.CheckReachable, []string{"No authorization server answers", "Compare"}},
		{"a mistyped token", func(_ *testing.T, p *planted, _ *localastest.Instance) { p.token = secret.New("00mistyped") },
			portico.CheckToken, []string{"refused the DCR token", "Create a new one"}},
		{"a token without rights", func(_ *testing.T, _ *planted, as *localastest.Instance) {
			as.Fail("/api/v1/apps", http.StatusForbidden, 9)
		},
			portico.CheckToken, []string{"may not manage applications", "Application Administrator"}},
		{"a scope that is not there", func(_ *testing.T, p *planted, _ *localastest.Instance) { p.scopes = []string{scope, "orders.write"} },
			portico.CheckIssued, []string{"orders.write", "Add the missing one"}},
		{"no claim", func(_ *testing.T, p *planted, _ *localastest.Instance) { p.claim = []string{"application"} },
			portico.CheckIssued, []string{"application is not in the access token", "claim cid holds the client id"}},
		{"a claim that says something else", func(t *testing.T, p *planted, as *localastest.Instance) {
			p.claim = []string{"label"}
			manage(t, as, http.MethodPost, server+"/claims", `{"name":"label","claimType":"RESOURCE","valueType":"EXPRESSION","value":"app.id","status":"ACTIVE","conditions":{"scopes":[]}}`)
		}, portico.CheckIssued, []string{"and not the client id"}},
		{"a claim of identity tokens", func(t *testing.T, p *planted, as *localastest.Instance) {
			manage(t, as, http.MethodPost, server+"/claims", `{"name":"identity","claimType":"IDENTITY","valueType":"EXPRESSION","value":"app.clientId","status":"ACTIVE","conditions":{"scopes":[]}}`)
			p.claim = []string{"identity"}
		}, portico.CheckIssued, []string{"identity is not in the access token"}},
		{"a claim of another scope", func(t *testing.T, p *planted, as *localastest.Instance) {
			manage(t, as, http.MethodPost, server+"/scopes", `{"name":"other","consent":"IMPLICIT"}`)
			manage(t, as, http.MethodPost, server+"/claims", `{"name":"scoped","claimType":"RESOURCE","valueType":"EXPRESSION","value":"app.clientId","status":"ACTIVE","conditions":{"scopes":["other"]}}`)
			p.claim = []string{"scoped"}
		}, portico.CheckIssued, []string{"scoped is not in the access token"}},
		{"a policy for other clients", func(t *testing.T, _ *planted, as *localastest.Instance) {
			policy := server + "/policies/" + only(t, as, server+"/policies")
			manage(t, as, http.MethodPut, policy, `{"type":"OAUTH_AUTHORIZATION_POLICY","name":"Some","description":"d","priority":1,"conditions":{"clients":{"include":["0oaother"]}}}`)
		}, portico.CheckIssued, []string{"gives new clients no token", "admit all clients"}},
		{"a policy that is switched off", func(t *testing.T, _ *planted, as *localastest.Instance) {
			manage(t, as, http.MethodPost, server+"/policies/"+only(t, as, server+"/policies")+"/lifecycle/deactivate", "")
		}, portico.CheckIssued, []string{"gives new clients no token"}},
		{"a rule without client credentials", func(t *testing.T, _ *planted, as *localastest.Instance) { rule(t, as, "authorization_code", "*") },
			portico.CheckIssued, []string{"gives new clients no token", "Client Credentials"}},
		{"a rule for other scopes", func(t *testing.T, _ *planted, as *localastest.Instance) {
			manage(t, as, http.MethodPost, server+"/scopes", `{"name":"other","consent":"IMPLICIT"}`)
			rule(t, as, "client_credentials", "other")
		}, portico.CheckIssued, []string{"these scopes"}},
		{"the strategy's issuer is another server", func(t *testing.T, p *planted, as *localastest.Instance) {
			id := manage(t, as, http.MethodPost, "/api/v1/authorizationServers", `{"name":"Other","description":"d","audiences":["api://other"]}`)
			p.strategyIssuer = as.URL + "/oauth2/" + id
		}, portico.CheckIssued, []string{"Add the missing one"}},
		{"the strategy's issuer does not answer", func(_ *testing.T, p *planted, as *localastest.Instance) { p.strategyIssuer = as.URL + "/oauth2/gone" },
			portico.CheckIssued, []string{"does not answer", "Enter the issuer of the DCR provider"}},
		{"the token endpoint is down", func(_ *testing.T, _ *planted, as *localastest.Instance) {
			as.Fail("/oauth2/default/v1/token", http.StatusServiceUnavailable, 99)
		},
			portico.CheckIssued, []string{"Try again later"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(p *planted, as *localastest.Instance) { c.spoil(t, p, as) })
			v := w.verify(t)
			at := slices.IndexFunc(v.Checks, func(s portico.Check) bool { return s.State == portico.CheckFailed })
			if at < 0 || v.Checks[at].Step != c.step || len(v.Errors) != 1 {
				t.Fatalf("verified as %+v", v)
			}
			t.Log(v.Errors[0], v.Warnings)
			for _, words := range c.says {
				if !strings.Contains(v.Errors[0], words) {
					t.Errorf("does not say %q: %s", words, v.Errors[0])
				}
			}
			w.Okta.ClearFaults()
			w.clean(t)
		})
	}
}

// rule makes the only rule allow one grant type and one scope.
func rule(t *testing.T, as *localastest.Instance, grant, allowed string) {
	t.Helper()
	policy := server + "/policies/" + only(t, as, server+"/policies")
	body := `{"type":"RESOURCE_ACCESS","name":"Only","priority":1,"conditions":{"people":{"groups":{"include":["EVERYONE"]}},"grantTypes":{"include":["` + grant + `"]},"scopes":{"include":["` + allowed + `"]}},"actions":{"token":{"accessTokenLifetimeMinutes":60}}}`
	manage(t, as, http.MethodPut, policy+"/rules/"+only(t, as, policy+"/rules"), body)
}

// What is tried is what is filled in, and the stored credential goes only where
// it belongs.
func TestTry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the stored credential went elsewhere") }))
	t.Cleanup(elsewhere.Close)
	stored := doctor.Draft{ID: w.provider, Type: portico.ProviderOkta, Issuer: w.Okta.Issuer, Config: portico.ProviderConfig{RegistrationMode: portico.RegistrationApps}}
	asked := []string{"reachable:ok", "issuer:ok", "keys:ok", "token:ok"}
	for name, c := range map[string]struct {
		change func(*doctor.Draft)
		states []string // nil: the credential is missing
	}{
		"nothing is changed":   {func(*doctor.Draft) {}, append(asked, "client:ok", "issued:ok", "removed:ok")},
		"another way":          {func(d *doctor.Draft) { d.Config.RegistrationMode = portico.RegistrationDCR }, asked},
		"another issuer there": {func(d *doctor.Draft) { d.Issuer = w.Okta.URL + "/oauth2/nope" }, []string{"reachable:failed", "issuer:skipped", "keys:skipped", "token:skipped"}},
		"another host":         {func(d *doctor.Draft) { d.Issuer = elsewhere.URL + "/oauth2/default" }, nil},
		"a service app":        {func(d *doctor.Draft) { d.Config.ServiceClientID = "0oa1" }, nil},
		"another token":        {func(d *doctor.Draft) { d.Secret = secret.New("00mistyped") }, []string{"reachable:ok", "issuer:ok", "keys:ok", "token:failed"}},
		"a new one":            {func(d *doctor.Draft) { d.ID = "" }, nil},
	} {
		draft := stored
		c.change(&draft)
		v, err := w.Doctor.Try(t.Context(), draft)
		if c.states == nil {
			if portico.KindOf(err) != portico.KindInvalid {
				t.Errorf("%s: %+v, %v", name, v, err)
			}
			continue
		}
		if err != nil || !slices.Equal(states(v), c.states) {
			t.Errorf("%s: tried as %+v, %v", name, v, err)
		}
		w.clean(t)
	}
	open := dcrtest.Start(t, dcrtest.Behaviour{})
	if v, err := w.Doctor.Try(t.Context(), doctor.Draft{Type: portico.ProviderRFC7591, Issuer: open.URL}); err != nil || len(v.Errors) > 0 {
		t.Errorf("where everybody may register: %+v, %v", v, err)
	}
}

// Whatever happens to a check, its client is removed in the end.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	t.Run("the answer to the registration is lost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.Okta.DropResponsesTo(http.MethodPost, "/api/v1/apps", 2) // the token's trial, and the registration
		v := w.verify(t)
		w.settle(t)
		w.clean(t)
		if len(v.Errors) == 0 {
			t.Errorf("verified as %+v", v)
		}
	})
	t.Run("the removal is refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.Okta.Fail("/api/v1/apps/", http.StatusServiceUnavailable, 99)
		v := w.verify(t)
		if len(v.Errors) != 1 || !strings.Contains(v.Errors[0], "goes on trying") {
			t.Errorf("verified as %+v", v)
		}
		w.Okta.ClearFaults()
		w.settle(t)
		w.clean(t)
	})
	t.Run("the program ends in the middle", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		for _, stop := range []string{"check.intent", "check.called"} {
			died := w.Doctor
			died.Checkpoint = func(step string) {
				if step == stop {
					panic(stop)
				}
			}
			func() {
				defer func() {
					if recover() != stop {
						t.Errorf("did not come to %s", stop)
					}
				}()
				_, err := died.Verify(t.Context(), w.provider)
				t.Errorf("went on: %v", err)
			}()
			w.settle(t)
			w.clean(t)
		}
	})
}

// settle lets every lease run out and the reconciler work.
func (w *world) settle(t *testing.T) {
	t.Helper()
	w.Clock.Advance(time.Hour)
	_, err := w.Reconciler.Once(t.Context())
	must(t, err)
}

// How a provider is doing, and what waits for it.
func TestCondition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	seen := portico.ProviderHealth{}
	d := w.Doctor
	d.Health = func(id portico.ProviderID) portico.ProviderHealth {
		if id != w.provider {
			t.Errorf("asked for %s", id)
		}
		return seen
	}
	condition := func() doctor.Condition {
		t.Helper()
		c, err := d.Condition(t.Context(), w.provider)
		must(t, err)
		return c
	}
	if c := condition(); c.Failing() || c.Waiting.Total != 0 || !c.CredentialExpires.IsZero() {
		t.Errorf("nothing has happened: %+v", c)
	}
	seen.LastSuccess = w.Clock.Now()
	if c := condition(); c.Failing() || !c.CredentialExpires.Equal(w.Clock.Now().Add(30*24*time.Hour)) {
		t.Errorf("Okta lets an API token live for 30 days after its last use: %+v", c)
	}
	w.Okta.Fail("/api/v1/apps/", http.StatusServiceUnavailable, 99)
	w.verify(t) // its client is not removed
	seen.LastFailure, seen.Failure = w.Clock.Now().Add(time.Second), "503 Service Unavailable"
	c := condition()
	if !c.Failing() || c.Waiting.Total != 1 || c.Waiting.Items[0].Kind != portico.TaskRegister {
		t.Errorf("work waits: %+v", c)
	}
	if _, err := d.Condition(t.Context(), "nobody"); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("of nobody: %v", err)
	}
	jwt := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1800000000}`)) + ".x"
	for credential, want := range map[string]time.Time{jwt: time.Unix(1800000000, 0), "opaque": {}, "a.b.c": {}, "a.bnVsbA.c": {}} {
		open, err := w.Providers.Create(t.Context(), control.NewProvider{Name: "dcr " + credential, Type: portico.ProviderRFC7591, Issuer: w.Okta.Issuer, Secret: secret.New(credential)})
		must(t, err)
		c, err := w.Doctor.Condition(t.Context(), open.ID)
		must(t, err)
		if !c.CredentialExpires.Equal(want) {
			t.Errorf("%s expires %s", credential, c.CredentialExpires)
		}
	}
}
