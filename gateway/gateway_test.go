package gateway_test

import (
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/snapshot"
)

func TestEveryCredentialIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for name, credentials := range map[string][]string{
		"basic":        {"Authorization", basic(clientID, clientSecret)},
		"basic raw":    {"Authorization", basicRaw(clientID, clientSecret)},
		"basic lower":  {"Authorization", strings.Replace(basic(clientID, clientSecret), "Basic", "basic", 1)},
		"bearer":       {"Authorization", bearer(w.auth.issue(clientID))},
		"key header":   {"apikey", apiKey},
		"foreign+key":  {"Authorization", "Digest whatever", "apikey", apiKey},
		"unknown+key":  {"Authorization", basic("someone", "else"), "apikey", apiKey},
		"foreignjwt+k": {"Authorization", bearer("e30.e30.e30"), "apikey", apiKey},
	} {
		got := w.do("GET", "/api/items?a=1", credentials...)
		up := got.upstream(t)
		if up.Path != "/items" || up.Query != "a=1" {
			t.Errorf("%s: upstream saw %s?%s", name, up.Path, up.Query)
		}
		if got.Header.Get("X-Request-Id") == "" || up.Header.Get("X-Request-Id") != got.Header.Get("X-Request-Id") {
			t.Errorf("%s: request id not shared", name)
		}
		if strings.Contains(got.body, clientSecret) || strings.Contains(got.body, apiKey) {
			t.Errorf("%s: the upstream saw the credential: %s", name, got.body)
		}
	}
	up := w.do("GET", "/api/items?apikey="+apiKey+"&b=2").upstream(t)
	if up.Query != "b=2" || up.Header.Get("X-Application-Id") != "app-key" || up.Header.Get("X-Credential-Identifier") != "key-1" {
		t.Errorf("key in the query: upstream saw %+v", up)
	}
}

func TestUpstreamLearnsWhoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	up := w.do("GET", "/api", "Authorization", basic(clientID, clientSecret),
		"X-Consumer-Custom-Id", "forged", "X-Consumer-Groups", "admins", "X-Application-Id", "forged", "Connection", "X-Application-Id",
		"X_Consumer_Custom_Id", "forged", "x_application-id", "forged", "X_Forwarded_For", "6.6.6.6", "X_Request_Id", "forged").upstream(t)
	for name, values := range up.Header {
		if strings.Contains(name, "_") {
			t.Errorf("upstream saw %s: %q", name, values)
		}
	}
	for name, want := range map[string]string{
		"X-Consumer-Custom-Id": "app-oidc", "X-Application-Id": "app-oidc", "X-Consumer-Username": "Shop",
		"X-Credential-Identifier": clientID, "X-Consumer-Groups": "", "X-Forwarded-For": "127.0.0.1",
		"X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/api",
	} {
		if got := up.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if token, ok := strings.CutPrefix(up.Header.Get("Authorization"), "Bearer "); !ok || strings.Count(token, ".") != 2 {
		t.Errorf("Authorization: %q is not the exchanged token", up.Header.Get("Authorization"))
	}
	if open := w.do("GET", "/open", "X-Consumer-Username", "forged", "Authorization", "Basic eDp5").upstream(t); open.Header.Get("X-Consumer-Username") != "" || open.Header.Get("Authorization") != "Basic eDp5" {
		t.Errorf("open service: upstream saw %v", open.Header)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	expired := time.Unix(1_800_000_000, 0).Add(-time.Second)
	w := newWorld(t, func(w *world, s *snapshot.Snapshot) {
		s.Applications = append(s.Applications,
			snapshot.Application{ID: "unregistered", PortalID: "portal", StrategyID: "oidc", ClientID: "lonely", Registrations: []string{"billing"}},
			snapshot.Application{ID: "elsewhere", PortalID: "other", StrategyID: "oidc", ClientID: "stranger", Registrations: []string{"orders"}},
			snapshot.Application{ID: "old-key", PortalID: "portal", StrategyID: "keys", Registrations: []string{"orders"},
				Keys: []snapshot.Key{{ID: "k", Digest: secret.New("old").Digest(), ExpiresAt: expired}}},
			snapshot.Application{ID: "lonely-key", PortalID: "portal", StrategyID: "keys",
				Keys: []snapshot.Key{{ID: "k2", Digest: secret.New("lonely").Digest()}}},
		)
		w.auth.addClient("lonely", "x")
		w.auth.addClient("stranger", "x")
	})
	stolen := strings.Split(w.auth.issue(clientID), ".")
	other := strings.Split(w.auth.issue("stranger"), ".")
	cases := map[string]struct {
		status    int
		challenge string
		headers   []string
	}{
		"nothing":               {401, `Bearer realm="portico"`, nil},
		"unknown client":        {401, `Bearer realm="portico"`, []string{"Authorization", basic("nobody", "x")}},
		"wrong secret":          {401, `Bearer realm="portico"`, []string{"Authorization", basic(clientID, "wrong")}},
		"empty secret":          {401, `Bearer realm="portico"`, []string{"Authorization", basic(clientID, "")}},
		"unregistered basic":    {403, "", []string{"Authorization", basic("lonely", "x")}},
		"unregistered bearer":   {403, "", []string{"Authorization", bearer(w.auth.issue("lonely"))}},
		"other portal":          {403, "", []string{"Authorization", basic("stranger", "x")}},
		"unknown bearer client": {401, `Bearer realm="portico", error="invalid_token"`, []string{"Authorization", bearer(w.auth.issue("nobody"))}},
		"forged bearer":         {401, `Bearer realm="portico", error="invalid_token"`, []string{"Authorization", bearer(other[0] + "." + stolen[1] + "." + other[2])}},
		"expired bearer":        {401, `Bearer realm="portico", error="invalid_token"`, []string{"Authorization", bearer(w.auth.sign(w.auth.signer, clientID, -time.Hour, nil))}},
		"two Authorization":     {401, `Bearer realm="portico", error="invalid_token"`, []string{"Authorization", basic(clientID, clientSecret), "Authorization", basic(clientID, clientSecret)}},
		"unknown key":           {401, "", []string{"apikey", "guess"}},
		"expired key":           {401, "", []string{"apikey", "old"}},
		"unregistered key":      {403, "", []string{"apikey", "lonely"}},
		"expired bearer, key":   {401, "", []string{"Authorization", bearer(w.auth.sign(w.auth.signer, clientID, -time.Hour, nil)), "apikey", apiKey}},
	}
	for name, c := range cases {
		got := w.do("GET", "/api", c.headers...)
		message := map[int]string{401: "Unauthorized", 403: "Forbidden"}[c.status]
		want := `{"message":"` + message + `","request_id":"` + got.Header.Get("X-Request-Id") + `"}`
		if got.StatusCode != c.status || got.body != want {
			t.Errorf("%s: %d %s, want %d %s", name, got.StatusCode, got.body, c.status, want)
		}
		challenges := got.Header.Values("WWW-Authenticate")
		if c.challenge != "" && (len(challenges) != 3 || challenges[2] != c.challenge) {
			t.Errorf("%s: challenges %q, want last %q", name, challenges, c.challenge)
		}
		if c.status == 403 && len(challenges) != 0 {
			t.Errorf("%s: challenges %q with 403", name, challenges)
		}
	}
	if n := w.auth.exchanges.Load(); n != 1 {
		t.Errorf("%d exchanges, want 1: only the wrong secret of a registered client", n)
	}
	if strings.Contains(w.log.String(), clientSecret) {
		t.Error("the log shows a secret")
	}
}
