package oidcprovider

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/npmtest"
	"portico/oauth"
	"portico/secret"
)

//go:embed package.json package-lock.json server.mjs
var program embed.FS

// Audience of the API that the server gives tokens for; its scopes are read and
// write.
const Audience = "https://api.example"

// Client is one that the server knows from the beginning: a site that people
// sign in to.
type Client struct {
	ID           string   `json:"client_id"`
	Secret       string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`
}

// Server is a running oidc-provider.
type Server struct {
	Issuer       string
	InitialToken secret.Text // registers clients

	verifier *oauth.Verifier
}

// Start starts a server that ends with the test.
func Start(t testing.TB, clients ...Client) *Server {
	t.Helper()
	s := &Server{InitialToken: secret.Token("iat_")}
	p := npmtest.Start(t, program, "server.mjs")
	err := json.NewEncoder(p.In).Encode(map[string]any{
		"initial_token": s.InitialToken.Reveal(), "audience": Audience, "scopes": []string{"read", "write"}, "clients": append([]Client{}, clients...),
	})
	if err != nil || !p.Out.Scan() {
		t.Fatalf("oidc-provider did not start: %v", errors.Join(err, p.End()))
	}
	s.Issuer = p.Out.Text()
	keys := oauth.NewKeySet(http.DefaultClient, s.Issuer+"/jwks", time.Now, slog.New(slog.DiscardHandler))
	s.verifier = oauth.NewVerifier(keys, time.Now, slog.New(slog.DiscardHandler))
	return s
}

// AccessToken obtains a token for the API with a client's id and secret, and
// holds it to the server's keys, to the client and to the scopes.
func (s *Server) AccessToken(ctx context.Context, clientID string, value secret.Text, scopes ...string) (secret.Text, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {strings.Join(scopes, " ")}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return secret.Text{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(value.Reveal()))
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
	}
	status, err := exchange(req, &answer)
	if err != nil {
		return secret.Text{}, err
	}
	if status != http.StatusOK {
		return secret.Text{}, fmt.Errorf("the token endpoint answers %d %s", status, answer.Error)
	}
	token := secret.New(answer.AccessToken)
	claims, err := s.verifier.Verify(ctx, token, oauth.Expectation{Issuer: s.Issuer, Audiences: []string{Audience}, StrictType: true})
	if err != nil {
		return secret.Text{}, err
	}
	client, _ := claims.Path([]string{"client_id"})
	granted, _ := claims.Path([]string{"scope"})
	if client != clientID || granted != strings.Join(scopes, " ") {
		return secret.Text{}, fmt.Errorf("the token is for the client %q and the scopes %q", client, granted)
	}
	return token, nil
}

// SignIn follows the redirects of the server as a browser does, from the address
// that a site sends people to, and gives where it sends them back to.
func (s *Server) SignIn(t testing.TB, address string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(next.URL.String(), s.Issuer+"/") {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("the provider ends at %s with %s", answer.Request.URL.Path, answer.Status)
	}
	return back
}

// Held gives the metadata of the clients that were registered, by their ids.
func (s *Server) Held(t testing.TB) map[string]map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Issuer+"/held", nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if status, err := exchange(req, &all); err != nil || status != http.StatusOK {
		t.Fatalf("%s answers %d: %v", req.URL, status, err)
	}
	held := map[string]map[string]any{}
	for _, client := range all {
		held[client["client_id"].(string)] = client
	}
	return held
}

func exchange(req *http.Request, out any) (status int, _ error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return res.StatusCode, json.NewDecoder(res.Body).Decode(out)
}
