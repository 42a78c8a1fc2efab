package localas_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/localas/localastest"
)

// object is a JSON object of an answer.
type object = map[string]any

// caller speaks to an instance as a program does.
type caller struct {
	*localastest.Instance
	t testing.TB
}

func start(t *testing.T) caller {
	t.Helper()
	return caller{localastest.Start(t), t}
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body []byte
}

// object decodes the body; a status other than want ends the test.
func (a answer) object(t testing.TB, want int) object {
	t.Helper()
	return decode[object](t, a, want)
}

func (a answer) list(t testing.TB) []object {
	t.Helper()
	return decode[[]object](t, a, http.StatusOK)
}

func decode[T any](t testing.TB, a answer, want int) T {
	t.Helper()
	var into T
	if a.StatusCode != want {
		t.Fatalf("%s %s: status %d, want %d: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, want, a.body)
	}
	if err := json.Unmarshal(a.body, &into); err != nil {
		t.Fatalf("%s %s: %v: %s", a.Request.Method, a.Request.URL.Path, err, a.body)
	}
	return into
}

func (c caller) do(request *http.Request) answer {
	c.t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := answer{response, body}
	checkContract(c.t, got)
	return got
}

func (c caller) request(method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return request
}

// manage calls the management API with the instance's API token.
func (c caller) manage(method, path string, body any) answer {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request := c.request(method, path, nil)
	if body != nil {
		request = c.request(method, path, bytes.NewReader(text))
	}
	request.Header.Set("Authorization", "SSWS "+c.Token.Reveal())
	request.Header.Set("Content-Type", "application/json")
	return c.do(request)
}

// form posts an OAuth request, by Basic when id is not empty.
func (c caller) form(path, id, secret string, values url.Values) answer {
	c.t.Helper()
	request := c.request(http.MethodPost, path, strings.NewReader(values.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		request.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	return c.do(request)
}

func clientCredentials(scope string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
}

// serviceApp is the body of an application for client credentials.
func serviceApp(label, clientID, clientSecret string) object {
	return object{
		"name": "oidc_client", "label": label, "signOnMode": "OPENID_CONNECT",
		"credentials": object{"oauthClient": object{
			"client_id": clientID, "client_secret": clientSecret, "token_endpoint_auth_method": "client_secret_basic",
		}},
		"settings": object{"oauthClient": object{
			"application_type": "service", "grant_types": []string{"client_credentials"}, "response_types": []string{"token"},
		}},
		"profile": object{"portal_application_id": "7"},
	}
}

// registered is a client with its secret.
type registered struct{ app, id, secret string }

func (c caller) createApp(label string) registered {
	c.t.Helper()
	app := c.manage(http.MethodPost, "/api/v1/apps", serviceApp(label, "", "")).object(c.t, http.StatusOK)
	credentials := app["credentials"].(object)["oauthClient"].(object)
	return registered{app["id"].(string), credentials["client_id"].(string), credentials["client_secret"].(string)}
}

func (c caller) addScope(name string) {
	c.t.Helper()
	c.manage(http.MethodPost, "/api/v1/authorizationServers/default/scopes", object{"name": name}).object(c.t, http.StatusCreated)
}

// token asks the default authorization server.
func (c caller) token(r registered, scope string) answer {
	c.t.Helper()
	return c.form("/oauth2/default/v1/token", r.id, r.secret, clientCredentials(scope))
}
