package oauth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/oauth"
	"portico/secret"
)

func TestClientCredentialsOverHTTP(t *testing.T) {
	t.Parallel()
	s := newAuthServer(time.Now)
	s.listen(t)
	provider := oauth.NewProviders(oauth.NewHTTPClient(oauth.ClientPolicy{}), time.Now, quiet()).Provider(s.issuer)
	for _, method := range []oauth.ClientAuth{"", oauth.ClientSecretBasic, oauth.ClientSecretPost} {
		grant := oauth.Grant{
			ClientID: clientID, Secret: secret.New(clientSecret), Scopes: []string{"orders", "read"}, Method: method,
			Extra: map[string]string{"audience": "api://default", "grant_type": "password", "scope": "all", "client_id": "other", "client_secret": "other"},
		}
		before := time.Now()
		token, err := provider.ClientCredentials(t.Context(), grant)
		if err != nil {
			t.Fatalf("%q: %v", method, err)
		}
		if life := token.ExpiresAt.Sub(before); life < time.Hour || life > time.Hour+time.Minute || token.Type != "Bearer" || !slices.Equal(token.Scopes, grant.Scopes) {
			t.Errorf("%q: got %+v", method, token)
		}
		got, err := provider.Verify(t.Context(), token.Access, oauth.Expectation{Audiences: []string{"api://default"}})
		if err != nil || got.ClientID() != clientID || !slices.Equal(got.Scopes(), grant.Scopes) {
			t.Errorf("%q: the token is for %q with %q, %v", method, got.ClientID(), got.Scopes(), err)
		}
		sent := s.last("/token")
		want := url.Values{"grant_type": {"client_credentials"}, "scope": {"orders read"}, "audience": {"api://default"}}
		if method == oauth.ClientSecretPost {
			want["client_id"], want["client_secret"] = []string{clientID}, []string{clientSecret}
		}
		if sent.form.Encode() != want.Encode() || (len(sent.authorization) == 1) == (method == oauth.ClientSecretPost) {
			t.Errorf("%q: sent %v with Authorization %d times", method, sent.form, len(sent.authorization))
		}
	}
	if _, err := provider.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Secret: secret.New(clientSecret)}); err != nil || s.last("/token").form.Has("scope") {
		t.Errorf("without scopes: sent %v, %v", s.last("/token").form, err)
	}
	before := s.count("/token")
	if _, err := provider.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Method: "private_key_jwt"}); err == nil || s.count("/token") != before {
		t.Errorf("unknown method: %v", err)
	}
}

// Every answer falls into exactly one of the three kinds.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		header     http.Header
		body       string
		kind, code string
		retryAfter time.Duration
	}{
		"invalid_client":              {status: 401, body: `{"error":"invalid_client"}`, kind: "rejected", code: "invalid_client"},
		"invalid_client with 400":     {status: 400, body: `{"error":"invalid_client","error_description":"no"}`, kind: "rejected", code: "invalid_client"},
		"Okta's own form":             {status: 400, body: `{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter."}`, kind: "rejected", code: "invalid_client"},
		"Auth0's wrong secret":        {status: 401, body: `{"error":"access_denied","error_description":"Unauthorized"}`, kind: "rejected", code: "access_denied"},
		"401 without a body":          {status: 401, kind: "rejected"},
		"scope":                       {status: 400, body: `{"error":"invalid_scope"}`, kind: "denied", code: "invalid_scope"},
		"policy":                      {status: 403, body: `{"error":"access_denied"}`, kind: "denied", code: "access_denied"},
		"grant":                       {status: 400, body: `{"error":"unauthorized_client"}`, kind: "denied", code: "unauthorized_client"},
		"403 of something in between": {status: 403, body: `<html>`, kind: "unavailable"},
		"moved":                       {status: 404, body: `nothing here`, kind: "unavailable"},
		"redirect":                    {status: 307, header: http.Header{"Location": {"/elsewhere"}}, kind: "unavailable"},
		"busy":                        {status: 429, header: http.Header{"Retry-After": {"7"}}, body: `{"error":"invalid_client"}`, kind: "unavailable", code: "invalid_client", retryAfter: 7 * time.Second},
		"busy until a date":           {status: 503, header: http.Header{"Retry-After": {fixedClock().Add(9 * time.Second).Format(http.TimeFormat)}}, kind: "unavailable", retryAfter: 9 * time.Second},
		"busy for ever":               {status: 503, header: http.Header{"Retry-After": {"999999"}}, kind: "unavailable", retryAfter: time.Hour},
		"busy since yesterday":        {status: 503, header: http.Header{"Retry-After": {"Sat, 28 Feb 2026 12:00:00 GMT"}}, kind: "unavailable"},
		"Okta's limit":                {status: 429, header: http.Header{"X-Rate-Limit-Reset": {fmt.Sprint(fixedClock().Unix() + 11)}}, body: `{"errorCode":"E0000047"}`, kind: "unavailable", code: "E0000047", retryAfter: 11 * time.Second},
		"timeout":                     {status: 408, body: `{"error":"timeout"}`, kind: "unavailable", code: "timeout"},
		"temporarily unavailable":     {status: 400, body: `{"error":"temporarily_unavailable"}`, kind: "unavailable", code: "temporarily_unavailable"},
		"server error":                {status: 500, body: `{"error":"invalid_client"}`, kind: "unavailable", code: "invalid_client"},
		"no JSON":                     {status: 200, body: `<html>`, kind: "unavailable"},
		"no token":                    {status: 200, body: `{"token_type":"bearer"}`, kind: "unavailable"},
		"no bearer token":             {status: 200, body: `{"access_token":"a","token_type":"DPoP"}`, kind: "unavailable"},
		"invalid life":                {status: 200, body: `{"access_token":"a","token_type":"bearer","expires_in":"soon"}`, kind: "unavailable"},
		"negative life":               {status: 200, body: `{"access_token":"a","token_type":"bearer","expires_in":-1}`, kind: "unavailable"},
		"too much":                    {status: 200, body: `{"access_token":"` + strings.Repeat("a", 1<<20) + `"}`, kind: "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAuthServer(fixedClock)
			s.tokenAnswer = func(w http.ResponseWriter, _ *http.Request) {
				for name, values := range c.header {
					w.Header()[name] = values
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}
			client := &http.Client{Transport: inMemory{s}, CheckRedirect: oauth.NewHTTPClient(oauth.ClientPolicy{}).CheckRedirect}
			provider := oauth.NewProviders(client, fixedClock, quiet()).Provider(s.issuer)
			_, err := provider.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Secret: secret.New(clientSecret)})
			refused, ok := errors.AsType[*oauth.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			var kinds []string
			for kind, holds := range map[string]bool{"rejected": refused.Rejected(), "denied": refused.Denied(), "unavailable": refused.Unavailable()} {
				if holds {
					kinds = append(kinds, kind)
				}
			}
			if !slices.Equal(kinds, []string{c.kind}) || refused.Status != c.status || refused.Code != c.code || refused.RetryAfter != c.retryAfter {
				t.Errorf("%v is %q with status %d, code %q, retry after %v", err, kinds, refused.Status, refused.Code, refused.RetryAfter)
			}
			if n := s.count("/token"); n != 1 {
				t.Errorf("%d requests were made", n)
			}
		})
	}
}

func TestTokenResponsesInUse(t *testing.T) {
	t.Parallel()
	requested := []string{"orders"}
	for body, c := range map[string]struct {
		life   time.Duration // 0: not said
		scopes []string
	}{
		`{"access_token":"a","token_type":"Bearer","expires_in":60}`:                    {time.Minute, requested},
		`{"access_token":"a","token_type":"bearer","expires_in":"60","scope":"x y"}`:    {time.Minute, []string{"x", "y"}},
		`{"access_token":"a","token_type":"BEARER","scope":""}`:                         {0, []string{}},
		`{"access_token":"a","token_type":"bearer","expires_in":59.9,"new_member":{}}`:  {59 * time.Second, requested},
		`{"access_token":"a","token_type":"bearer","refresh_token":"r","id_token":"i"}`: {0, requested},
	} {
		s := newAuthServer(fixedClock)
		s.tokenAnswer = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
		token, err := newProvider(s).ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Scopes: requested})
		if err != nil || token.Access.Reveal() != "a" || !slices.Equal(token.Scopes, c.scopes) || token.ExpiresAt.IsZero() != (c.life == 0) {
			t.Errorf("%s gives %+v, %v", body, token, err)
		}
		if c.life != 0 && !token.ExpiresAt.Equal(fixedClock().Add(c.life)) {
			t.Errorf("%s expires %v", body, token.ExpiresAt)
		}
	}
}

// A server that echoes the secret must not bring it into errors.
func TestErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	s.tokenAnswer = func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		escaped := url.QueryEscape(clientSecret)
		fmt.Fprintf(w, `{"error":"invalid_scope","error_description":"%s and %s\u001b[31m %s"}`, clientSecret, escaped, strings.Repeat("long ", 100))
	}
	_, err := newProvider(s).ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Secret: secret.New(clientSecret), Method: oauth.ClientSecretPost})
	shown := fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, forbidden := range []string{clientSecret, url.QueryEscape(clientSecret), "\x1b"} {
		if strings.Contains(shown, forbidden) {
			t.Errorf("the error shows %q: %s", forbidden, shown)
		}
	}
	if !strings.Contains(err.Error(), "invalid_scope: [redacted] and [redacted]") || len(err.Error()) > 400 {
		t.Errorf("got %v", err)
	}
}

func TestMissingEndpoints(t *testing.T) {
	t.Parallel()
	document := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"issuer":"https://as.test"}`) })
	provider := oauth.NewProviders(&http.Client{Transport: inMemory{document}}, fixedClock, quiet()).Provider("https://as.test")
	if _, err := provider.ClientCredentials(t.Context(), oauth.Grant{}); err == nil || !strings.Contains(err.Error(), "no token endpoint") {
		t.Errorf("exchange: %v", err)
	}
	if _, err := provider.Verify(t.Context(), text("a.b.c"), oauth.Expectation{}); err == nil || !strings.Contains(err.Error(), "no jwks_uri") {
		t.Errorf("verify: %v", err)
	}
}

func BenchmarkClientCredentials(b *testing.B) {
	s := newAuthServer(fixedClock)
	s.tokenAnswer = func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"access_token":"a","token_type":"bearer","expires_in":60}`)
	}
	provider := newProvider(s)
	grant := oauth.Grant{ClientID: clientID, Secret: secret.New(clientSecret), Scopes: []string{"orders"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := provider.ClientCredentials(b.Context(), grant); err != nil {
			b.Fatal(err)
		}
	}
}
