package idp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idptest"
	"portico/idptest/fakeas"
	"portico/secret"
)

// tokenServer issues tokens with serial numbers, and has an API that wants the
// latest of them.
type tokenServer struct {
	issued atomic.Int32
	answer func(w http.ResponseWriter, n int32) // nil: an hour's token
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/token" {
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", s.issued.Load()) {
			fakeas.JSON(w, http.StatusUnauthorized, map[string]string{"Text": "who is " + r.Header.Get("Authorization")})
			return
		}
		fakeas.JSON(w, http.StatusOK, map[string]string{})
		return
	}
	q, fault := fakeas.ReadTokenRequest(r)
	n := s.issued.Add(1)
	switch {
	case fault != "" || q.GrantType != "client_credentials" || q.Extra["audience"] != "api":
		fakeas.Fail(w, http.StatusBadRequest, "invalid_request", "not understood")
	case q.ClientID != "id" || q.Secret != credential:
		fakeas.Fail(w, http.StatusBadRequest, "invalid_client", "no client with the secret "+q.Secret)
	case s.answer != nil:
		s.answer(w, n)
	default:
		fakeas.JSON(w, http.StatusOK, map[string]any{"access_token": fmt.Sprintf("token-%d", n), "token_type": "bearer", "expires_in": 3600, "scope": "read write"})
	}
}

func newTokenAPI(t *testing.T, s *tokenServer, value string) (*idp.API, *idp.TokenSource, *idptest.Clock) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	clock := idptest.NewClock(time.Now())
	cfg := idp.Config{Vendor: "Vendor", Base: base, HTTP: server.Client(), Explain: idp.ExplainOAuth, Now: clock.Now, Wait: clock.Wait}
	source := idp.NewTokenSource(idp.New(cfg), idp.Call{Method: http.MethodPost, Path: "/token", Secrets: []secret.Text{secret.New(value)},
		Form: url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {value}, "audience": {"api"}}})
	cfg.Tokens = source
	cfg.Explain = func(body []byte) (string, string) { return "", string(body) }
	return idp.New(cfg), source, clock
}

// TestTokenIsKept until it is about to expire, and asked for once however many want it.
func TestTokenIsKept(t *testing.T) {
	t.Parallel()
	s := &tokenServer{}
	api, source, clock := newTokenAPI(t, s, credential)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := api.Do(t.Context(), get); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.issued.Load(); n != 1 {
		t.Fatalf("%d tokens were asked for", n)
	}
	for _, step := range []struct {
		after time.Duration
		want  int32
	}{{50 * time.Minute, 1}, {5 * time.Minute, 2}} {
		_ = clock.Wait(t.Context(), step.after)
		if _, err := api.Do(t.Context(), get); err != nil || s.issued.Load() != step.want {
			t.Errorf("after %v more: %v with %d tokens, want %d", step.after, err, s.issued.Load(), step.want)
		}
	}
	if token, err := source.Token(t.Context()); err != nil || strings.Join(token.Scopes, " ") != "read write" {
		t.Errorf("scopes %q, %v", token.Scopes, err)
	}
}

// TestTokenRefusedIsForgotten: the call fails, is not repeated, shows no token,
// and the next one brings a new token.
func TestTokenRefusedIsForgotten(t *testing.T) {
	t.Parallel()
	s := &tokenServer{}
	api, _, _ := newTokenAPI(t, s, credential)
	if _, err := api.Do(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	s.issued.Add(1) // the first is the latest no longer
	_, err := api.Do(t.Context(), get)
	wantKind(t, err, portico.IdPDenied)
	if strings.Contains(err.Error(), "token-1") {
		t.Errorf("the token is shown: %v", err)
	}
	if _, err := api.Do(t.Context(), get); err != nil {
		t.Errorf("with a new token: %v", err)
	}
}

// TestTokenEndpointRefuses: a refusal is the admin's to mend, whatever its
// status, and a creation that had no token did not happen.
func TestTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	api, _, _ := newTokenAPI(t, &tokenServer{}, "a-wrong-secret")
	_, err := api.Do(t.Context(), create)
	wantKind(t, err, portico.IdPDenied)
	if text := err.Error(); strings.Contains(text, "a-wrong-secret") || !strings.Contains(text, "no client with the secret") || idp.Status(err).Code != "invalid_client" {
		t.Errorf("told as %q", text)
	}
	for body, kind := range map[string]portico.IdPErrorKind{
		`{"access_token":"t","token_type":"mac"}`: portico.IdPUnavailable, `{"token_type":"Bearer"}`: portico.IdPUnavailable, `[`: portico.IdPUnavailable,
	} {
		s := &tokenServer{answer: func(w http.ResponseWriter, _ int32) { fmt.Fprint(w, body) }}
		api, _, _ := newTokenAPI(t, s, credential)
		_, err := api.Do(t.Context(), create)
		wantKind(t, err, kind)
	}
}

// TestTokenLives: a life as a string, none, and one of no seconds.
func TestTokenLives(t *testing.T) {
	t.Parallel()
	for life, want := range map[string]time.Duration{`"600"`: 540 * time.Second, `null`: 5 * time.Minute, `0`: 0, `-5`: 0, `1e3`: 5 * time.Minute} {
		s := &tokenServer{answer: func(w http.ResponseWriter, n int32) {
			fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":%s}`, n, life)
		}}
		_, source, clock := newTokenAPI(t, s, credential)
		token, err := source.Token(t.Context())
		if err != nil || token.ExpiresAt.Sub(clock.Now()) != want || token.Scopes != nil {
			t.Errorf("%s: %v, %v", life, token.ExpiresAt.Sub(clock.Now()), err)
		}
	}
}

// TestTokenOutlivesWhoAsked: who gives up waiting spoils it for nobody.
func TestTokenOutlivesWhoAsked(t *testing.T) {
	t.Parallel()
	begun, proceed := make(chan struct{}), make(chan struct{})
	s := &tokenServer{answer: func(w http.ResponseWriter, n int32) {
		close(begun)
		<-proceed
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":60}`, n)
	}}
	_, source, _ := newTokenAPI(t, s, credential)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := source.Token(ctx)
		failed <- err
	}()
	<-begun
	cancel()
	wantKind(t, <-failed, portico.IdPUnavailable)
	close(proceed)
	if token, err := source.Token(t.Context()); err != nil || token.Value.Reveal() != "token-1" || s.issued.Load() != 1 {
		t.Errorf("%v, %d tokens asked for", err, s.issued.Load())
	}
}

func FuzzExplainOAuth(f *testing.F) {
	f.Add([]byte(`{"error":"invalid_client","error_description":"why"}`))
	f.Add([]byte(`{"error":"invalid_client","error_description":["a"]}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		code, text := idp.ExplainOAuth(body)
		if (text == "") != (code == "") && text == "" {
			t.Errorf("a code %q without a text", code)
		}
	})
}

// FuzzTokenAnswer: what a token endpoint answers is a bearer token with an end,
// or an error; never a token that is none, or that is kept for ever.
func FuzzTokenAnswer(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","token_type":"bearer","expires_in":3600,"scope":"a b"}`))
	f.Add([]byte(`{"access_token":"a","token_type":"Bearer","expires_in":"3600"}`))
	f.Add([]byte(`{"access_token":"a","token_type":"Bearer","expires_in":-9e99}`))
	f.Add([]byte(`{"access_token":7,"token_type":"mac"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		clock := idptest.NewClock(time.Now())
		answer := roundTrip(func(r *http.Request) (*http.Response, error) {
			return idptest.Answer(http.StatusOK, nil, string(body))(r, nil)
		})
		source := idp.NewTokenSource(newAPI(t, "https://idp.example", answer, clock), idp.Call{Method: http.MethodPost, Path: "/token"})
		token, err := source.Fetch(t.Context())
		if err != nil {
			wantKind(t, err, portico.IdPUnavailable)
			return
		}
		if life := token.ExpiresAt.Sub(clock.Now()); token.Value.Empty() || life < 0 || life > 365*24*time.Hour {
			t.Errorf("%s: a token %+v, for %s", body, token, life)
		}
	})
}
