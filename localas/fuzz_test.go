package localas

import (
	"errors"
	"net/http"
	"testing"

	"portico/localas/dialect"
)

func FuzzClientCredentials(f *testing.F) {
	for _, seed := range []string{"grant_type=client_credentials&client_id=a&client_secret=b", "client_assertion=a.b.c", "client_id=%zz"} {
		f.Add(seed, "Basic YTpi")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, body, header string) {
		form, err := dialect.ParseForm(body)
		if err != nil {
			return
		}
		credentials, err := readClientCredentials(header, form)
		if err != nil {
			if _, ok := errors.AsType[*dialect.OAuthError](err); !ok {
				t.Errorf("%q, %q: %v is no refusal", header, body, err)
			}
			return
		}
		if !dialect.CleanText(credentials.clientID) || credentials.secret != "" && credentials.assertion != "" {
			t.Errorf("%q, %q gave %+v", header, body, credentials)
		}
	})
}

func FuzzApplication(f *testing.F) {
	for _, seed := range []string{
		`{"label":"x","signOnMode":"OPENID_CONNECT","settings":{"oauthClient":{"grant_types":["client_credentials"]}}}`,
		`{"settings":{"oauthClient":{"grant_types":[],"redirect_uris":["http://[::1"],"jwks":{"keys":[{"kty":"RSA"}]}}}}`,
		`{"profile":null,"signOnMode":"OPENID_CONNECT","settings":{"oauthClient":{"grant_types":["implicit"],"logo_uri":"%"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := dialect.ParseJSON[appBody](body)
		if err == nil {
			_, err = in.client()
		}
		if err != nil {
			if refusal, ok := errors.AsType[*dialect.APIError](err); !ok || refusal.Status != http.StatusBadRequest {
				t.Errorf("%q: %v is no refusal", body, err)
			}
			return
		}
		c, err := in.client()
		if err != nil {
			t.Fatal(err)
		}
		c = withDefaults(c)
		if len(checkClient(c)) == 0 && (c.Label == "" || len(c.Settings.GrantTypes) == 0) {
			t.Errorf("%q was accepted", body)
		}
	})
}

func FuzzBasic(f *testing.F) {
	for _, seed := range []string{"Basic YTpi", "basic  YTpi", "Basic a:b", "Bearer x", "", "Basic"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		id, value, err := parseBasic(header)
		if err == nil && (!dialect.CleanText(id) || !dialect.CleanText(value)) {
			t.Errorf("%q gave %q and %q", header, id, value)
		}
	})
}
