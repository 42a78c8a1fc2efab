package oauth_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"portico/oauth"
)

func TestNormalizeIssuer(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"https://as.test":                                            "https://as.test",
		" https://as.test/ \n":                                       "https://as.test",
		"HTTPS://AS.Test/Oauth2":                                     "https://as.test/Oauth2",
		"https://as.test/oauth2/default/":                            "https://as.test/oauth2/default",
		"https://as.test/.well-known/openid-configuration":           "https://as.test",
		"https://as.test/o/.well-known/openid-configuration":         "https://as.test/o",
		"https://as.test/o/.well-known/oauth-authorization-server":   "https://as.test/o",
		"https://as.test/.well-known/oauth-authorization-server/o/p": "https://as.test/o/p",
		"https://as.test:8443/o":                                     "https://as.test:8443/o",
		"http://localhost:8003/oauth2/default":                       "http://localhost:8003/oauth2/default",
		"http://127.0.0.1:1":                                         "http://127.0.0.1:1",
		"http://[::1]:1/":                                            "http://[::1]:1",
		"http://as.test":                                             "",
		"http://localhost.evil.test":                                 "",
		"as.test":                                                    "",
		"":                                                           "",
		"https://":                                                   "",
		"https://as.test:":                                           "",
		"ftp://as.test":                                              "",
		"https:as.test":                                              "",
		"https://user:pass@as.test":                                  "",
		"https://as.test?tenant=1":                                   "",
		"https://as.test?":                                           "",
		"https://as.test#x":                                          "",
		"https://as.test#":                                           "",
		"https://as.test//":                                          "",
		"https://as.test/a//b":                                       "",
		"https://as.test/a/../b":                                     "",
		"https://as.test/.well-known/other":                          "",
		"https://as.test/\x00":                                       "",
		"https://as.test/.well-known/openid-configuration/.well-known/keys.jso": "",
	} {
		got, err := oauth.NormalizeIssuer(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalizeIssuer(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
}

// metadataServer serves documents at paths and records what was asked.
type metadataServer struct {
	mu    sync.Mutex
	at    map[string]string
	asked []string
}

func (s *metadataServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	document, ok := s.at[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	io.WriteString(w, document)
}

func TestDiscoverKnowsEveryPlace(t *testing.T) {
	t.Parallel()
	const oauthPath, oidcPath = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	for name, c := range map[string]struct {
		path  string   // of the issuer
		at    string   // where the document is
		asked []string // until it is found
	}{
		"OAuth at the root":        {"", oauthPath, []string{oauthPath}},
		"OpenID at the root":       {"", oidcPath, []string{oauthPath, oidcPath}},
		"OAuth between":            {"/o/d", oauthPath + "/o/d", []string{oauthPath + "/o/d"}},
		"OAuth at the end":         {"/o/d", "/o/d" + oauthPath, []string{oauthPath + "/o/d", "/o/d" + oauthPath}},
		"OpenID at the end":        {"/o/d", "/o/d" + oidcPath, []string{oauthPath + "/o/d", "/o/d" + oauthPath, "/o/d" + oidcPath}},
		"OpenID between":           {"/o", oidcPath + "/o", []string{oauthPath + "/o", "/o" + oauthPath, "/o" + oidcPath, oidcPath + "/o"}},
		"asked for with a slash":   {"/o/", "/o" + oidcPath, []string{oauthPath + "/o", "/o" + oauthPath, "/o" + oidcPath}},
		"asked for with a suffix ": {"/o" + oidcPath, "/o" + oauthPath, []string{oauthPath + "/o", "/o" + oauthPath}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &metadataServer{at: map[string]string{}}
			server := httptest.NewServer(s)
			defer server.Close()
			issuer, err := oauth.NormalizeIssuer(server.URL + c.path)
			if err != nil {
				t.Fatal(err)
			}
			document, err := json.Marshal(map[string]any{"issuer": issuer + "/", "token_endpoint": issuer + "/token", "grant_types_supported": []string{"client_credentials"}})
			if err != nil {
				t.Fatal(err)
			}
			s.at[c.at] = string(document)
			got, err := oauth.Discover(t.Context(), oauth.NewHTTPClient(oauth.ClientPolicy{}), server.URL+c.path)
			if err != nil {
				t.Fatal(err)
			}
			if got.Issuer != issuer+"/" || got.TokenEndpoint != issuer+"/token" || !slices.Equal(got.GrantTypesSupported, []string{"client_credentials"}) {
				t.Errorf("got %+v", got)
			}
			if !slices.Equal(s.asked, c.asked) {
				t.Errorf("asked %q, want %q", s.asked, c.asked)
			}
		})
	}
}

func TestDiscoverRefusesWrongDocuments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ document, says string }{
		"another issuer":     {`{"issuer":"https://evil.test"}`, `another issuer, "https://evil.test"`},
		"a prefix":           {`{"issuer":"https://as.test/o/more"}`, "another issuer"},
		"two slashes":        {`{"issuer":"https://as.test/o//"}`, "another issuer"},
		"no issuer":          {`{"token_endpoint":"https://as.test/t"}`, "no issuer"},
		"repeated issuer":    {`{"issuer":"https://evil.test","issuer":"https://as.test/o"}`, "JSON"},
		"HTML":               {`<html>`, "JSON"},
		"plain http":         {`{"issuer":"https://as.test/o","token_endpoint":"http://as.test/t"}`, "token_endpoint"},
		"this machine":       {`{"issuer":"https://as.test/o","jwks_uri":"http://localhost/keys"}`, "jwks_uri: points at a loopback"},
		"a relative address": {`{"issuer":"https://as.test/o","registration_endpoint":"/register"}`, "registration_endpoint"},
		"a user name":        {`{"issuer":"https://as.test/o","revocation_endpoint":"https://u:p@as.test/"}`, "revocation_endpoint"},
		"a file":             {`{"issuer":"https://as.test/o","introspection_endpoint":"file:///etc/passwd"}`, "introspection_endpoint"},
		"too much":           {`{"issuer":"https://as.test/o","x":"` + strings.Repeat("x", 1<<20) + `"}`, "longer than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &metadataServer{at: map[string]string{"/o/.well-known/openid-configuration": c.document}}
			_, err := oauth.Discover(t.Context(), &http.Client{Transport: inMemory{s}}, "https://as.test/o")
			failure, ok := errors.AsType[*oauth.DiscoveryError](err)
			if !ok || len(failure.Attempts) != 4 {
				t.Fatalf("got %v", err)
			}
			if at := failure.Attempts[2]; at.URL != "https://as.test/o/.well-known/openid-configuration" || !strings.Contains(at.Err.Error(), c.says) {
				t.Errorf("%s gave %q, want it to say %q", at.URL, at.Err, c.says)
			}
			if !strings.Contains(err.Error(), "https://as.test/.well-known/oauth-authorization-server/o: answered 404 Not Found") {
				t.Errorf("the message does not name every address: %v", err)
			}
		})
	}
}

func TestDiscoverStopsAtAnUnreachableHost(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := oauth.Discover(t.Context(), oauth.NewHTTPClient(oauth.ClientPolicy{}), server.URL+"/o")
	failure, ok := errors.AsType[*oauth.DiscoveryError](err)
	if !ok || len(failure.Attempts) != 1 || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
	_, err = oauth.Discover(t.Context(), oauth.NewHTTPClient(oauth.ClientPolicy{}), "not an issuer")
	if _, ok := errors.AsType[*oauth.DiscoveryError](err); !ok || !strings.Contains(err.Error(), "https://") {
		t.Errorf("no issuer at all: %v", err)
	}
}

// A normalised issuer stays as it is, and no document is taken for metadata
// unless it is about that issuer and leads nowhere but to https.
func FuzzDiscovery(f *testing.F) {
	f.Add("https://as.test/o", `{"issuer":"https://as.test/o","token_endpoint":"https://as.test/t"}`)
	f.Add("HTTPS://as.test/.well-known/openid-configuration", `{"issuer":"https://as.test/","jwks_uri":"http://localhost/"}`)
	f.Add("https://as.test/.well-known/oauth-authorization-server/a", `[]`)
	f.Fuzz(func(t *testing.T, typed, document string) {
		issuer, err := oauth.NormalizeIssuer(typed)
		if err != nil {
			return
		}
		if again, err := oauth.NormalizeIssuer(issuer); err != nil || again != issuer {
			t.Fatalf("%q is normalised to %q, that to %q (%v)", typed, issuer, again, err)
		}
		answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, document) })
		metadata, err := oauth.Discover(t.Context(), &http.Client{Transport: inMemory{answer}}, issuer)
		if err != nil {
			if _, ok := errors.AsType[*oauth.DiscoveryError](err); !ok {
				t.Fatalf("error of another type: %v", err)
			}
			return
		}
		if strings.TrimSuffix(metadata.Issuer, "/") != issuer {
			t.Fatalf("metadata of %q taken for %q", metadata.Issuer, issuer)
		}
		for _, endpoint := range []string{metadata.TokenEndpoint, metadata.JWKSURI, metadata.AuthorizationEndpoint} {
			u, err := url.Parse(endpoint)
			local := err == nil && u.Scheme == "http" && strings.HasPrefix(issuer, "http")
			for _, at := range []string{issuer, endpoint} {
				home, err := url.Parse(at)
				host := strings.TrimSuffix(strings.ToLower(home.Hostname()), ".")
				local = local && err == nil && (host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.") || strings.HasPrefix(host, "::ffff:"))
			}
			if err != nil || endpoint != "" && u.Scheme != "https" && !local {
				t.Fatalf("endpoint %q accepted", endpoint)
			}
		}
	})
}
