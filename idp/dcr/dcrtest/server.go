package dcrtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/idptest/fakeas"
	"portico/secret"
)

// Behaviour is how servers differ.
type Behaviour struct {
	Initial       string // the initial access token; empty: registering is open
	SingleUse     bool   // initial access tokens come from the token endpoint (scope dcr) and serve once
	RotateOnWrite bool   // PUT gives a new registration access token
	RotateOnRead  bool   // GET and PUT give a new token and a new secret (Curity)
	ShowSecret    bool   // GET tells the secret (oidc-provider)
	Unmanaged     bool   // there is no RFC 7592
	ManageAt      string // another origin in registration_client_uri
	Silent        bool   // the metadata do not name the registration endpoint (Ory Hydra)
	Bare          bool   // clients get no secret
	Accept        bool   // redirect URIs are not looked at
}

// Server is the authorization server, with the issuer at its root unless Path is
// given.
type Server struct {
	*httptest.Server
	Behaviour
	keys *fakeas.Keys

	mu      sync.Mutex
	clients map[string]*client
	tokens  map[string]string // access token → its scope, of admins' clients
	Calls   []string          // of the registration endpoint: method and path
}

type client struct {
	metadata map[string]any
	secret   string
	token    string // registration access token
	issued   time.Time
}

// Admin is the client that obtains tokens for registration and management.
const Admin, AdminSecret = "portico-admin", "the-admin's-secret:~"

// Start runs a server until the test ends.
func Start(t testing.TB, b Behaviour) *Server {
	s := &Server{Behaviour: b, keys: fakeas.NewKeys(t), clients: map[string]*client{}, tokens: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.Handle("GET /jwks", s.keys)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /register", s.register)
	mux.HandleFunc("/register/{id}", s.manage)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	metadata := map[string]any{
		"issuer": s.URL, "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/jwks", "registration_endpoint": s.URL + "/register",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	if s.Silent {
		delete(metadata, "registration_endpoint")
	}
	fakeas.JSON(w, http.StatusOK, metadata)
}

// token serves the clients registered here, and the admin's.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, fault := fakeas.ReadTokenRequest(r)
	if fault == "" && q.GrantType != portico.MethodClientCredentials {
		fault = "unsupported_grant_type"
	}
	if fault != "" {
		fakeas.Fail(w, http.StatusBadRequest, fault, "not a request for a client's own token")
		return
	}
	known, ours := s.clients[q.ClientID]
	switch {
	case q.ClientID == Admin && q.Secret == AdminSecret:
		token := secret.Token("iat_").Reveal()
		s.tokens[token] = strings.Join(q.Scopes, " ")
		fakeas.JSON(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": 300, "scope": s.tokens[token]})
	case ours && known.secret != "" && known.secret == q.Secret && q.Method == known.metadata["token_endpoint_auth_method"]:
		fakeas.JSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 300,
			"access_token": s.keys.Sign(time.Now(), 5*time.Minute, map[string]any{"iss": s.URL, "sub": q.ClientID, "client_id": q.ClientID, "aud": s.URL})})
	default:
		fakeas.Fail(w, http.StatusUnauthorized, "invalid_client", "client authentication failed")
	}
}

// initial says whether a registration is authorized.
func (s *Server) initial(bearer string) bool {
	if s.SingleUse {
		scope, known := s.tokens[bearer]
		delete(s.tokens, bearer)
		return known && scope == "dcr"
	}
	return s.Initial == "" || s.Initial == bearer
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls = append(s.Calls, r.Method+" "+r.URL.Path)
	if !s.initial(bearer(r)) {
		fakeas.Fail(w, http.StatusUnauthorized, "invalid_token", "no valid initial access token: "+bearer(r))
		return
	}
	metadata, fault := s.read(r)
	if fault != "" {
		fakeas.Fail(w, http.StatusBadRequest, fault, "the client's metadata are not valid")
		return
	}
	id := "c-" + portico.NewRandomID()
	c := &client{metadata: metadata, secret: secret.Token("").Reveal(), token: secret.Token("rat_").Reveal(), issued: time.Now()}
	s.clients[id] = c
	s.answer(w, http.StatusCreated, id, c, !s.Bare)
}

// read reads metadata and checks them (RFC 7591 §2).
func (s *Server) read(r *http.Request) (metadata map[string]any, fault string) {
	if r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&metadata) != nil {
		return nil, "invalid_client_metadata"
	}
	redirects, grants, responses := texts(metadata["redirect_uris"]), texts(metadata["grant_types"]), texts(metadata["response_types"])
	for _, uri := range redirects {
		if u, err := url.Parse(uri); !s.Accept && (err != nil || !u.IsAbs() || u.Fragment != "") {
			return nil, "invalid_redirect_uri"
		}
	}
	code := slices.Contains(grants, "authorization_code")
	if code != (len(redirects) > 0) || code != slices.Contains(responses, "code") {
		return nil, "invalid_client_metadata"
	}
	for _, contact := range texts(metadata["contacts"]) {
		if name, host, ok := strings.Cut(contact, "@"); !ok || name == "" || strings.ContainsAny(host, "@:") {
			return nil, "invalid_client_metadata"
		}
	}
	for member := range metadata {
		if !slices.Contains([]string{"client_id", "client_secret", "client_name", "redirect_uris", "grant_types", "response_types", "token_endpoint_auth_method", "contacts", "scope", "tos_uri", "require_auth_time"}, member) {
			delete(metadata, member) // as servers do with members they do not know (RFC 7591 §2)
		}
	}
	if metadata["token_endpoint_auth_method"] == nil {
		metadata["token_endpoint_auth_method"] = "client_secret_basic"
	}
	return metadata, ""
}

func texts(value any) (out []string) {
	array, _ := value.([]any)
	for _, v := range array {
		if text, ok := v.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// manage is RFC 7592.
func (s *Server) manage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls = append(s.Calls, r.Method+" "+r.URL.Path)
	id := r.PathValue("id")
	c, known := s.clients[id]
	any := s.SingleUse && s.tokens[bearer(r)] == "dcrm"
	if any && !known {
		fakeas.Fail(w, http.StatusNotFound, "not_found", "no such client")
		return
	}
	if !any && (!known || c.token != bearer(r)) {
		fakeas.Fail(w, http.StatusUnauthorized, "invalid_token", "token or client not valid: "+bearer(r))
		return
	}
	switch r.Method {
	case http.MethodDelete:
		delete(s.clients, id)
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodPut:
		if fault := s.replace(r, id, c); fault != "" {
			fakeas.Fail(w, http.StatusBadRequest, fault, "the client's metadata are not valid")
			return
		}
		if s.RotateOnWrite {
			c.token = secret.Token("rat_").Reveal()
		}
	case http.MethodGet:
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if s.RotateOnRead {
		c.token, c.secret = secret.Token("rat_").Reveal(), secret.Token("").Reveal()
	}
	s.answer(w, http.StatusOK, id, c, s.ShowSecret || s.RotateOnRead)
}

// replace takes a client's new metadata (RFC 7592 §2.2).
func (s *Server) replace(r *http.Request, id string, c *client) (fault string) {
	metadata, fault := s.read(r)
	if fault != "" {
		return fault
	}
	if metadata["client_id"] != id || metadata["client_secret"] != nil && metadata["client_secret"] != c.secret {
		return "invalid_client_metadata"
	}
	delete(metadata, "client_id")
	delete(metadata, "client_secret")
	c.metadata = metadata
	return ""
}

// answer tells of a client (RFC 7591 §3.2.1).
func (s *Server) answer(w http.ResponseWriter, status int, id string, c *client, showSecret bool) {
	origin := s.URL
	if s.ManageAt != "" {
		origin = s.ManageAt
	}
	body := map[string]any{"client_id": id, "client_id_issued_at": c.issued.Unix()}
	for name, value := range c.metadata {
		body[name] = value
	}
	if showSecret {
		body["client_secret"], body["client_secret_expires_at"] = c.secret, 0
	}
	if !s.Unmanaged {
		body["registration_access_token"], body["registration_client_uri"] = c.token, origin+"/register/"+id
	}
	fakeas.JSON(w, status, body)
}
