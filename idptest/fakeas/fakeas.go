package fakeas

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Keys sign an issuer's tokens.
type Keys struct {
	private *rsa.PrivateKey
	signer  jose.Signer
}

const keyID = "key-1"

// NewKeys makes a key pair for RS256.
func NewKeys(t testing.TB) *Keys {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: private, KeyID: keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	return &Keys{private, signer}
}

// ServeHTTP answers the key set (RFC 7517 §5).
func (k *Keys) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	JSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.private.Public(), KeyID: keyID, Algorithm: string(jose.RS256), Use: "sig"}}})
}

// Sign makes a token of claims; iat and exp are set unless they are given.
func (k *Keys) Sign(now time.Time, life time.Duration, claims map[string]any) string {
	all := map[string]any{"iat": now.Unix(), "exp": now.Add(life).Unix()}
	for name, value := range claims {
		all[name] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	signed, err := k.signer.Sign(text)
	if err != nil {
		panic(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

// TokenRequest is a request of a token endpoint (RFC 6749 §4.4.2).
type TokenRequest struct {
	GrantType string
	ClientID  string
	Secret    string
	Method    string // client_secret_basic or client_secret_post
	Scopes    []string
	Extra     map[string]string // parameters of no other member, such as audience
}

// ReadTokenRequest reads a form, or a JSON object where a vendor takes those. A
// fault is the error code to answer with.
func ReadTokenRequest(r *http.Request) (q TokenRequest, fault string) {
	q.Extra = map[string]string{}
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/x-www-form-urlencoded":
		if r.ParseForm() != nil {
			return q, "invalid_request"
		}
		for name, values := range r.PostForm {
			if len(values) != 1 {
				return q, "invalid_request"
			}
			q.Extra[name] = values[0]
		}
	case "application/json":
		if json.NewDecoder(r.Body).Decode(&q.Extra) != nil {
			return q, "invalid_request"
		}
	default:
		return q, "invalid_request"
	}
	take := func(name string) string {
		value := q.Extra[name]
		delete(q.Extra, name)
		return value
	}
	q.GrantType, q.Scopes = take("grant_type"), strings.Fields(take("scope"))
	q.ClientID, q.Secret, q.Method = take("client_id"), take("client_secret"), "client_secret_post"
	if id, secret, basic := r.BasicAuth(); basic {
		if q.Secret != "" {
			return q, "invalid_request" // one way at a time (RFC 6749 §2.3)
		}
		id, err1 := url.QueryUnescape(id)
		secret, err2 := url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			return q, "invalid_request"
		}
		q.ClientID, q.Secret, q.Method = id, secret, "client_secret_basic"
	}
	return q, ""
}

// Fail answers with an OAuth error.
func Fail(w http.ResponseWriter, status int, code, description string) {
	JSON(w, status, map[string]string{"error": code, "error_description": description})
}

// JSON answers with a document.
func JSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a client that went away learns nothing
}

// Metadata answers an issuer's discovery document.
func Metadata(issuer, tokens, keys string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		JSON(w, http.StatusOK, map[string]any{
			"issuer": issuer, "token_endpoint": tokens, "jwks_uri": keys, "authorization_endpoint": tokens + "/authorize",
			"response_types_supported": []string{"code", "token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	}
}
