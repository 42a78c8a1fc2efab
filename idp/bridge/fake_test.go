package bridge_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"portico"
	"portico/secret"
	"portico/spectest"
)

const apiKey = "bridge_api_key_0123456789"

// fakeBridge is a bridge as an organization may write one after the public
// document, with an issuer beside it. Every request and answer is checked
// against the document.
type fakeBridge struct {
	*httptest.Server

	mu      sync.Mutex
	clients map[string]*fakeClient // by client id
	events  []map[string]any
	made    int
	verbose bool // error_description as a list
}

type fakeClient struct {
	createKey string
	body      map[string]any
	secret    string
}

func newFakeBridge(t *testing.T) *fakeBridge {
	t.Helper()
	f := &fakeBridge{clients: map[string]*fakeClient{}}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /{$}", f.create)
	routes.HandleFunc("DELETE /{client}", f.delete)
	routes.HandleFunc("POST /{client}/new-secret", f.newSecret)
	routes.HandleFunc("POST /{client}/event-hook", f.hook)
	mux := http.NewServeMux()
	mux.Handle("/dcr/", http.StripPrefix("/dcr", f.guard(spectest.Bridge(t).Wrap(t, routes))))
	mux.HandleFunc("GET /issuer/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"issuer": f.URL + "/issuer", "token_endpoint": f.URL + "/issuer/token", "jwks_uri": f.URL + "/issuer/keys"})
	})
	mux.HandleFunc("GET /issuer/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func (f *fakeBridge) refuse(w http.ResponseWriter, status int, why string) {
	body := map[string]any{"error": http.StatusText(status), "error_description": why}
	answer(w, status, body)
}

// guard asks for the API key, before anything else looks at the request.
func (f *fakeBridge) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-API-KEY") != apiKey {
			f.refuse(w, http.StatusUnauthorized, "the API key is wrong")
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.verbose {
			answer(w, http.StatusBadRequest, map[string]any{"error": "Bad Request", "error_description": []string{"client_name is too short", "key " + r.Header.Get("X-API-KEY")}})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (f *fakeBridge) newValue() string {
	f.made++
	return fmt.Sprintf("secret~%d*|%s", f.made, secret.Token("").Reveal())
}

func (f *fakeBridge) create(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.refuse(w, http.StatusBadRequest, "no JSON")
		return
	}
	c := &fakeClient{createKey: r.Header.Get("X-Request-Id"), body: body, secret: f.newValue()}
	id := fmt.Sprintf("cb 9/z%d?%%", f.made) // as odd as the document allows
	f.clients[id] = c
	out := map[string]any{"client_id": id, "client_secret": c.secret, "client_id_issued_at": "2026-03-01T12:00:00+01:00", "client_secret_expires_at": "2027-03-01T12:00:00Z"}
	answer(w, http.StatusCreated, out)
}

func (f *fakeBridge) delete(w http.ResponseWriter, r *http.Request) {
	delete(f.clients, r.PathValue("client"))
	w.WriteHeader(http.StatusNoContent)
}

func (f *fakeBridge) newSecret(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("client")
	c := f.clients[id]
	if c == nil {
		f.refuse(w, http.StatusNotFound, "there is no such client")
		return
	}
	c.secret = f.newValue()
	answer(w, http.StatusOK, map[string]any{"client_id": id, "client_secret": c.secret})
}

func (f *fakeBridge) hook(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || f.clients[r.PathValue("client")] == nil {
		f.refuse(w, http.StatusBadRequest, "no event of a client")
		return
	}
	f.events = append(f.events, body)
	answer(w, http.StatusOK, map[string]any{})
}

// held is what the bridge holds, by the X-Request-Id of its creation.
func (f *fakeBridge) held() map[string]portico.ClientState {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]portico.ClientState{}
	for id, c := range f.clients {
		out[c.createKey] = portico.ClientState{
			Ref: portico.ClientRef{ClientID: id}, Name: c.body["client_name"].(string), Enabled: true,
			RedirectURIs: texts(c.body["redirect_uris"]), GrantTypes: texts(c.body["grant_types"]), Scopes: texts(c.body["scopes"]),
		}
	}
	return out
}

func texts(list any) (out []string) {
	for _, one := range list.([]any) {
		out = append(out, one.(string))
	}
	return out
}

// token is what the identity provider behind the bridge does.
func (f *fakeBridge) token(_ context.Context, clientID string, value secret.Text) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[clientID]; c == nil || c.secret != value.Reveal() {
		return errors.New("invalid_client")
	}
	return nil
}

func (f *fakeBridge) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// only is the one client that there is.
func (f *fakeBridge) only(t *testing.T) *fakeClient {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.clients) != 1 {
		t.Fatalf("%d clients", len(f.clients))
	}
	for _, c := range f.clients {
		return c
	}
	return nil
}

func members(body map[string]any) string {
	var names []string
	for name := range body {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
