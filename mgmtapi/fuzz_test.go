package mgmtapi_test

import (
	"net/http"
	"reflect"
	"testing"
)

// Whatever a body holds, it is either refused with a problem document or
// stored, and what is stored is read back as it was answered. The public
// contracts judge what is accepted.
func fuzzCreate(f *testing.F, path string, seeds ...any) {
	s := newServer(f)
	for _, seed := range seeds {
		f.Add(text(f, seed))
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := s.try(t, "POST", path, body)
		switch a.Status {
		case http.StatusBadRequest:
			if len(a.faults()) == 0 {
				t.Errorf("refused without a fault: %s", a.Text)
			}
		case http.StatusCreated:
			one := path + "/" + a.text("id")
			if again := s.call(t, 200, "GET", one, nil); !reflect.DeepEqual(again.Body, a.Body) {
				t.Errorf("read back %s, created %s", again.Text, a.Text)
			}
			s.call(t, 204, "DELETE", one, nil)
		default:
			t.Errorf("%q answers %d: %s\n%s", body, a.Status, a.Text, s.log.String())
		}
	})
}

func FuzzCreateProvider(f *testing.F) {
	fuzzCreate(f, providers, provider("auth0"), provider("azureAd"), provider("okta"), provider("http"), provider("kongIdentity"),
		with(provider("okta"), "labels", map[string]any{"a": "b"}, "display_name", "d"))
}

func FuzzCreateStrategy(f *testing.F) {
	fuzzCreate(f, strategies, openID(), keyAuth(), with(keyAuth(), "configs.key-auth", map[string]any{}, "principals", map[string]any{"enabled": true}),
		with(openID(), "configs.openid-connect.leeway", 1e1, "configs.openid-connect.cache_tokens", null, "dcr_provider_id", null, "labels", map[string]any{"a": "b"}))
}
