package mgmtapi_test

import (
	"net/http"
	"reflect"
	"strconv"
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
	f.Fuzz(func(t *testing.T, body string) { s.createOrRefuse(t, path, body) })
}

// createOrRefuse is the property: 201 and readable, or 400 and explained.
func (s *testServer) createOrRefuse(t *testing.T, path string, body any) {
	t.Helper()
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
		t.Errorf("%v answers %d: %s\n%s", body, a.Status, a.Text, s.log.String())
	}
}

// TestBodiesGoneWrong puts a wrong, odd or borderline value into every place of
// the good bodies, and leaves every member out once.
func TestBodiesGoneWrong(t *testing.T) {
	t.Parallel()
	odd := []any{
		null, "", "a", 0, 1.5, 1e300, true, []any{}, []any{null}, []any{"", 1}, []any{"a", "a"}, map[string]any{},
		map[string]any{"a": "b"}, map[string]any{"enabled": true}, long(257), "\u00e4\u0000", "\U0001F511",
		"HTTPS://IDP.EXAMPLE", "javascript:alert(1)", unknownID, "okta", "openid_connect",
	}
	bodies := map[string][]map[string]any{
		providers:  {with(provider("auth0"), "labels", map[string]any{"a": "b"}), provider("curity"), provider("okta"), provider("http"), provider("kongIdentity")},
		strategies: {with(keyAuth(), "principals", map[string]any{"enabled": true}), with(openID(), "dcr_provider_id", unknownID), with(openID(), "configs.openid-connect.leeway", 1, "configs.openid-connect.upstream_access_token_header", "x-token")},
	}
	for path, goods := range bodies {
		for i, good := range goods {
			t.Run(path+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				s := newServer(t)
				for _, place := range places("", good) {
					s.createOrRefuse(t, path, with(good, place, nil))
					for _, value := range odd {
						s.createOrRefuse(t, path, with(good, place, value))
					}
				}
				if list := s.call(t, 200, "GET", path, nil); list.at("meta.page.total") != 0.0 {
					t.Errorf("left behind: %s", list.Text)
				}
			})
		}
	}
}

// places are the dotted paths of an object's members, all the way down.
func places(at string, object map[string]any) []string {
	var out []string
	for name, value := range object {
		out = append(out, at+name)
		if inner, ok := value.(map[string]any); ok {
			out = append(out, places(at+name+".", inner)...)
		}
	}
	return out
}

func FuzzCreateProvider(f *testing.F) {
	fuzzCreate(f, providers, provider("auth0"), provider("azureAd"), provider("okta"), provider("http"), provider("kongIdentity"),
		with(provider("okta"), "labels", map[string]any{"a": "b"}, "display_name", "d"))
}

func FuzzCreateStrategy(f *testing.F) {
	fuzzCreate(f, strategies, openID(), keyAuth(), with(keyAuth(), "configs.key-auth", map[string]any{}, "principals", map[string]any{"enabled": true}),
		with(openID(), "configs.openid-connect.leeway", 1e1, "configs.openid-connect.cache_tokens", null, "dcr_provider_id", null, "labels", map[string]any{"a": "b"}))
}
