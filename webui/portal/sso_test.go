package portal_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/secret"
)

// openID is an OpenID Connect provider whose only user is Dana.
type openID struct {
	server *httptest.Server
	key    *rsa.PrivateKey
	now    func() time.Time

	mu        sync.Mutex
	nonce     string // of the sign-in under way
	challenge string
}

func newOpenID(t *testing.T, now func() time.Time) *openID {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	o := &openID{key: key, now: now}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) // a client that has left asks no more
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": o.server.URL, "authorization_endpoint": o.server.URL + "/authorize", "token_endpoint": o.server.URL + "/token",
			"jwks_uri": o.server.URL + "/jwks", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "kid": "1", "use": "sig", "n": code(key.N.Bytes()), "e": code(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		verifier := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		o.mu.Lock()
		defer o.mu.Unlock()
		if code(verifier[:]) != o.challenge || r.FormValue("code") != "good" {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant"})
			return
		}
		answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": o.idToken()})
	})
	o.server = httptest.NewServer(mux)
	t.Cleanup(o.server.Close)
	return o
}

func code(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (o *openID) idToken() string {
	claims, _ := json.Marshal(map[string]any{ // texts and numbers always fit
		"iss": o.server.URL, "aud": "portal", "sub": "dana-1", "nonce": o.nonce, "iat": o.now().Unix(), "exp": o.now().Add(time.Minute).Unix(),
		"email": dana, "email_verified": true, "name": "Dana from afar",
	})
	signed := code([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + code(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, o.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is good for any digest
	}
	return signed + "." + code(signature)
}

// signsIn lets the provider's user sign in at the address the portal leads to,
// and returns the way back.
func (o *openID) signsIn(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	q := u.Query()
	if !strings.HasPrefix(address, o.server.URL+"/authorize?") || q.Get("code_challenge_method") != "S256" || q.Get("client_id") != "portal" ||
		q.Get("redirect_uri") != "http://coffee-shop.localhost"+developers.CallbackPath {
		t.Fatalf("the portal leads to %s", address)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.nonce, o.challenge = q.Get("nonce"), q.Get("code_challenge")
	return developers.CallbackPath + "?" + url.Values{"state": {q.Get("state")}, "code": {"good"}}.Encode()
}

// withOpenID is a site whose developers sign in elsewhere.
func withOpenID(t *testing.T, fields control.PortalFields) (*site, *openID) {
	t.Helper()
	s := newSite(t, fields)
	o := newOpenID(t, s.clock.Now)
	_, err := s.IdentityProviders.Create(t.Context(), s.portal.ID, developers.IdentityProviderFields{
		Enabled: portico.Some(true), IssuerURL: portico.Some(o.server.URL), ClientID: portico.Some("portal"), Secret: portico.Some(secret.New("shh")),
		Scopes: portico.Some([]string{"openid", "email"}),
	})
	must(t, err)
	return s, o
}

// leaves is where the browser is sent from a path, when that is another site.
func (b *browser) leaves(path string) string {
	b.t.Helper()
	stay := *b.client
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := stay.Get(b.site.server.URL + path)
	must(b.t, err)
	must(b.t, res.Body.Close())
	return res.Header.Get("Location")
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	s, o := withOpenID(t, control.PortalFields{AutoApproveDevelopers: portico.Some(true)})
	b := s.browser(t, "en")
	page := b.get("/login?return=%2Faccount").says("Continue with single sign-on")
	start := strings.ReplaceAll(between(t, page.body, `href="/login/sso`, `"`), "&amp;", "&")
	back := o.signsIn(t, b.leaves(start))
	b.get(back).is(http.StatusOK, "/account").says("Signed in as "+dana, "Dana from afar")
	// The way back works once: the browser has let go of its half.
	if again := b.get(back); again.status != http.StatusUnauthorized {
		t.Errorf("the second time: %d", again.status)
	}
	if strings.Contains(s.logs.String(), "shh") {
		t.Error("the log has the client's secret")
	}
}

func TestSingleSignOnAwaitingApproval(t *testing.T) {
	t.Parallel()
	s, o := withOpenID(t, control.PortalFields{})
	b := s.browser(t, "ja")
	b.get(o.signsIn(t, b.leaves("/login/sso"))).says("アカウントは承認待ちです")
	s.decide(t, portico.Approved)
	b.get(o.signsIn(t, b.leaves("/login/sso?return=//evil.example"))).is(http.StatusOK, "/")
}

func TestSingleSignOnOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	s, o := withOpenID(t, control.PortalFields{AutoApproveDevelopers: portico.Some(true)})
	back := o.signsIn(t, s.browser(t, "en").leaves("/login/sso"))
	other := s.browser(t, "en")
	other.get(back).says("Single sign-on did not finish", "This sign-in was started in another browser")
	other.get("/account").is(http.StatusOK, "/login?return=%2Faccount")
}

func TestProviderThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s, o := withOpenID(t, control.PortalFields{})
	o.server.Close()
	b := s.browser(t, "en")
	b.get("/login/sso").is(http.StatusServiceUnavailable, "/login/sso").says("Single sign-on did not finish", "Reference")
	b.get("/login").is(http.StatusOK, "/login")
}
