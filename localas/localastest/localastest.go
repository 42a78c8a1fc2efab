package localastest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"portico/localas"
	"portico/secret"
)

// AdminEmail and AdminPassword sign in to the pages of every instance.
const (
	AdminEmail    = "admin@example.test"
	AdminPassword = "correct horse battery"
)

// Instance is a running authorization server. It stops when its test ends.
type Instance struct {
	*localas.Server
	// URL is the base URL, without a path.
	URL string
	// Issuer is the default authorization server's.
	Issuer string
	// Token is an API token of the management API.
	Token secret.Text
	// Dir holds the state.
	Dir string

	t testing.TB
}

// Start runs a server with its fault switches enabled. The options change the
// configuration before it starts.
func Start(t testing.TB, options ...func(*localas.Config)) *Instance {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil) // listens, so that its URL is known
	url := "http://" + listener.Listener.Addr().String()
	cfg := localas.Config{
		Dir: t.TempDir(), BaseURL: url, AdminEmail: AdminEmail, AdminPassword: secret.New(AdminPassword),
		Logger: slog.New(slog.DiscardHandler), Faults: true,
	}
	for _, option := range options {
		option(&cfg)
	}
	server, err := localas.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = server.Handler()
	// Dropped responses are meant, so the HTTP server need not tell of them.
	listener.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	listener.Start()
	t.Cleanup(func() {
		listener.Close()
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	token, err := server.BootstrapToken(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	return &Instance{Server: server, URL: url, Issuer: url + "/oauth2/default", Token: token, Dir: cfg.Dir, t: t}
}

// DropResponses makes the next count requests under the path do their work and
// then lose their connection.
func (i *Instance) DropResponses(pathPrefix string, count int) {
	i.t.Helper()
	i.fault(map[string]any{"path_prefix": pathPrefix, "drop_response_after_commit": count})
}

// DropResponsesTo is DropResponses for one HTTP method.
func (i *Instance) DropResponsesTo(method, pathPrefix string, count int) {
	i.t.Helper()
	i.fault(map[string]any{"method": method, "path_prefix": pathPrefix, "drop_response_after_commit": count})
}

// Fail answers the next count requests under the path with the status and does
// nothing.
func (i *Instance) Fail(pathPrefix string, status, count int) {
	i.t.Helper()
	i.fault(map[string]any{"path_prefix": pathPrefix, "status": status, "count": count})
}

// Delay holds the next count requests under the path back.
func (i *Instance) Delay(pathPrefix string, delay time.Duration, count int) {
	i.t.Helper()
	i.fault(map[string]any{"path_prefix": pathPrefix, "delay_ms": delay.Milliseconds(), "count": count})
}

// RotateKeys rotates the signing keys of the default authorization server.
func (i *Instance) RotateKeys() {
	i.t.Helper()
	i.fault(map[string]any{"rotate_keys": true})
}

// OffsetClock makes the server's clock, as others see it, differ by offset.
func (i *Instance) OffsetClock(offset time.Duration) {
	i.t.Helper()
	i.fault(map[string]any{"clock_offset_seconds": int64(offset / time.Second)})
}

// ClearFaults switches every fault off.
func (i *Instance) ClearFaults() {
	i.t.Helper()
	i.fault(map[string]any{"clear": true})
}

func (i *Instance) fault(body map[string]any) {
	i.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		i.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(i.t.Context(), http.MethodPost, i.URL+"/_faults", bytes.NewReader(text))
	if err != nil {
		i.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		i.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		i.t.Fatalf("POST /_faults %s: %s", text, response.Status)
	}
}

// AddWebApp registers an application whose users sign in, with a client id and
// a secret of the caller's choice.
func (i *Instance) AddWebApp(label, clientID, clientSecret, redirectURI string) {
	i.t.Helper()
	i.manage(http.MethodPost, "/api/v1/apps", map[string]any{
		"name": "oidc_client", "label": label, "signOnMode": "OPENID_CONNECT",
		"credentials": map[string]any{"oauthClient": map[string]any{
			"client_id": clientID, "client_secret": clientSecret, "token_endpoint_auth_method": "client_secret_basic",
		}},
		"settings": map[string]any{"oauthClient": map[string]any{
			"application_type": "web", "grant_types": []string{"authorization_code"}, "response_types": []string{"code"},
			"redirect_uris": []string{redirectURI},
		}},
	})
}

// AddUser makes a person who can sign in, and the groups that they are in.
func (i *Instance) AddUser(firstName, lastName, login, password string, groups ...string) {
	i.t.Helper()
	ids := []string{}
	for _, name := range groups {
		ids = append(ids, i.manage(http.MethodPost, "/api/v1/groups", map[string]any{"profile": map[string]any{"name": name}}))
	}
	i.manage(http.MethodPost, "/api/v1/users?activate=true", map[string]any{
		"profile":     map[string]any{"firstName": firstName, "lastName": lastName, "email": login, "login": login},
		"credentials": map[string]any{"password": map[string]any{"value": password}}, "groupIds": ids,
	})
}

// AddAuthorizationServer makes an authorization server that has nothing of its
// own yet, and returns its issuer.
func (i *Instance) AddAuthorizationServer(name, audience string) (issuer string) {
	i.t.Helper()
	return i.URL + "/oauth2/" + i.manage(http.MethodPost, "/api/v1/authorizationServers", map[string]any{"name": name, "audiences": []string{audience}})
}

// manage calls the management API and returns the id of what it answers.
func (i *Instance) manage(method, path string, body any) string {
	i.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		i.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(i.t.Context(), method, i.URL+path, bytes.NewReader(text))
	if err != nil {
		i.t.Fatal(err)
	}
	request.Header.Set("Authorization", "SSWS "+i.Token.Reveal())
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		i.t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil || response.StatusCode >= http.StatusMultipleChoices {
		i.t.Fatalf("%s %s: %s (%v)", method, path, response.Status, err)
	}
	return made.ID
}
