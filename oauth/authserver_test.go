package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/oauth"
	"portico/secret"
)

// testKeys are made once, because RSA keys take long.
var testKeys = sync.OnceValue(func() map[string]crypto.Signer {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	keys := map[string]crypto.Signer{"rsa": rsaKey}
	for name, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		if keys[name], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			panic(err)
		}
	}
	if _, keys["ed"], err = ed25519.GenerateKey(rand.Reader); err != nil {
		panic(err)
	}
	return keys
})

// authServer is an authorization server: discovery, keys, and a token endpoint
// that issues signed JWTs to its one client. Its fields may be changed under
// change while it serves.
type authServer struct {
	now func() time.Time

	mu           sync.Mutex
	issuer       string
	published    []jose.JSONWebKey
	cacheControl string
	jwksPath     string
	down         map[string]bool // paths that answer 500
	hang         bool            // the token endpoint waits for its caller to leave
	slow         time.Duration   // what the keys take, in a bubble's time
	tokenAnswer  http.HandlerFunc
	requests     []recordedRequest
}

type recordedRequest struct {
	path          string
	authorization []string
	form          url.Values
}

const (
	clientID     = "0oaclient"
	clientSecret = "s3cret~ with:odd+chars%"
)

func newAuthServer(now func() time.Time) *authServer {
	s := &authServer{now: now, issuer: "https://as.test/oauth2/default", jwksPath: "/keys", down: map[string]bool{}}
	for id, key := range testKeys() {
		s.published = append(s.published, jose.JSONWebKey{KeyID: id, Key: key.Public(), Use: "sig"})
	}
	return s
}

// listen serves over a real socket.
func (s *authServer) listen(t testing.TB) *httptest.Server {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.change(func() { s.issuer = server.URL + "/oauth2/default" })
	return server
}

func (s *authServer) change(edit func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit()
}

// count says how often a path, seen from the issuer, was asked for.
func (s *authServer) count(suffix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if strings.HasSuffix(r.path, suffix) {
			n++
		}
	}
	return n
}

func (s *authServer) last(suffix string) recordedRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.requests) {
		if strings.HasSuffix(r.path, suffix) {
			return r
		}
	}
	return recordedRequest{}
}

func (s *authServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	s.mu.Lock()
	s.requests = append(s.requests, recordedRequest{r.URL.Path, r.Header["Authorization"], r.PostForm})
	issuer, keys, cacheControl, jwksPath := s.issuer, s.published, s.cacheControl, s.jwksPath
	path := strings.TrimPrefix(r.URL.Path, "/oauth2/default")
	down, hang, slow, answer := s.down[path], s.hang, s.slow, s.tokenAnswer
	s.mu.Unlock()
	switch {
	case down:
		http.Error(w, "down", http.StatusInternalServerError)
	case path == "/.well-known/openid-configuration":
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer, "token_endpoint": issuer + "/token", "jwks_uri": issuer + jwksPath,
			"scopes_supported": []string{"orders"}, "response_types_supported": []string{"code"},
		})
	case path == jwksPath:
		time.Sleep(slow)
		if cacheControl != "" {
			w.Header().Set("Cache-Control", cacheControl)
		}
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: keys})
	case path == "/token" && hang:
		<-r.Context().Done()
	case path == "/token" && answer != nil:
		answer(w, r)
	case path == "/token":
		s.token(w, r, issuer)
	default:
		http.NotFound(w, r)
	}
}

// token is a client credentials endpoint; it form-decodes Basic as RFC 6749
// asks.
func (s *authServer) token(w http.ResponseWriter, r *http.Request, issuer string) {
	id, password, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		password, _ = url.QueryUnescape(password)
	} else {
		id, password = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	w.Header().Set("Content-Type", "application/json")
	if id != clientID || password != clientSecret || basic && r.PostForm.Has("client_secret") {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"error":"invalid_client","error_description":"The client secret supplied for a confidential client is invalid."}`)
		return
	}
	now := s.now()
	claims := map[string]any{
		"iss": issuer, "sub": id, "cid": id, "aud": "api://default", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		"scp": strings.Fields(r.PostFormValue("scope")),
	}
	json.NewEncoder(w).Encode(map[string]any{
		"access_token": signed("RS256", "rsa", nil, claims), "token_type": "bearer", "expires_in": 3600, "scope": r.PostFormValue("scope"),
	})
}

// inMemory calls a handler without sockets, so that it works in a synctest bubble.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// signed makes a JWT with another implementation than the one under test.
func signed(algorithm, keyID string, header map[jose.HeaderKey]any, claims any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: jose.JSONWebKey{Key: testKeys()[keyID], KeyID: keyID}},
		&jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		panic(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

// forged signs any header and payload with the server's own RSA key, so that
// nothing but the header or the payload can be wrong.
func forged(header, payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	return input + "." + encode(rawSignature(testKeys()["rsa"], input, crypto.SHA256))
}

// rawSignature signs the SHA-256 of an input without any wrapping.
func rawSignature(key crypto.Signer, input string, options crypto.SignerOpts) []byte {
	sum := sha256.Sum256([]byte(input))
	signature, err := key.Sign(rand.Reader, sum[:], options)
	if err != nil {
		panic(err)
	}
	return signature
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// fixedClock stands still; verification tests need nothing more.
func fixedClock() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// newProvider returns a provider of an in-memory server, on one clock.
func newProvider(s *authServer) *oauth.Provider {
	client := &http.Client{Transport: inMemory{s}, Timeout: 5 * time.Second}
	return oauth.NewProviders(client, s.now, quiet()).Provider(s.issuer)
}

// claims of a good token; edits change or, with nil, remove members.
func claims(s *authServer, edits map[string]any) map[string]any {
	now := s.now().Unix()
	all := map[string]any{"iss": s.issuer, "sub": clientID, "aud": "api://default", "iat": now, "exp": now + 600}
	for name, value := range edits {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

func text(token string) secret.Text { return secret.New(token) }
