package rfc7591_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"portico"
	"portico/idp"
	"portico/idp/dcr/dcrtest"
	"portico/idptest"
	"portico/idptest/oidcprovider"
	"portico/secret"
)

// TestOIDCProvider holds the adapter to a server that others have written.
func TestOIDCProvider(t *testing.T) {
	t.Parallel()
	s, handles := oidcprovider.Start(t), idptest.NewHandles()
	t.Run("Conformance", func(t *testing.T) {
		idptest.Run(t, func(t *testing.T, hc *http.Client, clock *idptest.Clock) portico.IdP {
			return newClient(t, idp.Settings{Provider: provider(s.Issuer), Credential: s.InitialToken, HTTP: hc, Handles: handles, Now: clock.Now, Wait: clock.Wait})
		}, idptest.Options{
			Steps:      []idptest.Request{{Method: "GET", Path: "/.well-known/"}, {Method: "POST", Path: "/reg"}},
			CreatePath: "/reg", ObjectPath: "/reg/", Credential: s.InitialToken, Rotates: true,
			Token: func(ctx context.Context, clientID string, value secret.Text) error {
				_, err := s.AccessToken(ctx, clientID, value)
				return err
			},
			Held: func() map[string]portico.ClientState {
				held := map[string]portico.ClientState{}
				for id, metadata := range s.Held(t) {
					held[id] = dcrtest.State(id, metadata)
				}
				return held
			},
		})
	})
	t.Run("Keeps", func(t *testing.T) { keepsWhatIsWritten(t, s) })
	t.Run("Verify", func(t *testing.T) {
		before := len(s.Held(t))
		for token, sound := range map[secret.Text]bool{s.InitialToken: true, secret.New("another"): false} {
			v, err := newClient(t, idp.Settings{Provider: provider(s.Issuer), Credential: token}).Verify(t.Context())
			if err != nil || (len(v.Errors) == 0) != sound {
				t.Errorf("sound: %t, got %+v, %v", sound, v, err)
			}
		}
		if after := len(s.Held(t)); after != before {
			t.Errorf("verifying left %d clients", after-before)
		}
	})
}

// keepsWhatIsWritten updates a client several times, each time with the token
// that the last time gave.
func keepsWhatIsWritten(t *testing.T, s *oidcprovider.Server) {
	c := newClient(t, idp.Settings{Provider: provider(s.Issuer), Credential: s.InitialToken})
	wanted := spec("Kept")
	wanted.RedirectURIs = []string{"https://app.example/callback"}
	made := create(t, c, wanted)
	wanted.Scopes = []string{"read"}
	for _, name := range []string{"First", "Second", "Third"} {
		wanted.Name = name
		if err := c.Update(t.Context(), made.Ref, wanted); err != nil {
			t.Fatal(err)
		}
	}
	state, err := c.Read(t.Context(), made.Ref)
	if err != nil || state.Name != "Third" || state.ApplicationID != wanted.ApplicationID || state.OrganizationID != wanted.Owner.OrganizationID ||
		!slices.Equal(state.Scopes, wanted.Scopes) || !slices.Equal(state.RedirectURIs, wanted.RedirectURIs) || state.CreatedAt == nil {
		t.Errorf("read %+v, %v", state, err)
	}
	if _, err := s.AccessToken(t.Context(), made.Ref.ClientID, made.Secret.Value, "read"); err != nil {
		t.Errorf("the secret after updates: %v", err)
	}
	if _, err := s.AccessToken(t.Context(), made.Ref.ClientID, made.Secret.Value, "write"); err == nil {
		t.Error("a scope that was taken away is granted")
	}
	for what, change := range map[string]func(*portico.ClientSpec){
		"a redirect URI that is none": func(s *portico.ClientSpec) { s.RedirectURIs = []string{"nowhere"} },
		"an unknown scope":            func(s *portico.ClientSpec) { s.Scopes = []string{"no-such-scope"} },
	} {
		refused := spec("Refused")
		change(&refused)
		if _, err := c.Create(t.Context(), refused, portico.NewRandomID()); !portico.IsIdP(err, portico.IdPRejected) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Delete(t.Context(), made.Ref); err != nil {
		t.Fatal(err)
	}
	if _, left := s.Held(t)[made.Ref.ClientID]; left {
		t.Error("the client is left")
	}
}
