package portalapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico"
)

// FuzzCreateApplication holds that any body either makes an application, which
// is what the body asked for, or is refused by a problem document.
func FuzzCreateApplication(f *testing.F) {
	s := newServer(f)
	p := s.portal(f, "P")
	keys := s.keyAuth(f, portico.KeyAuthConfig{})
	s.publish(f, p, "A", portico.Public, &keys)
	b := s.signUp(f, p, "d@dev.example")
	session := &http.Cookie{Name: "portalaccesstoken", Value: b.cookie(f, "/", "portalaccesstoken")}
	for _, seed := range []string{
		`{"name":"App","auth_strategy_id":"` + string(keys.ID) + `","description":"d","redirect_uri":"https://x.example","team_id":null}`,
		`{"name":"App","scopes":["a"],"client_id":"c"}`, `{"name":"\u0000"}`, `{"name":"\ud800"}`, `{}`, `[]`, `nul`, "\xff", `{"a":{"b":[1e999]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/api/v3/applications", strings.NewReader(body))
		r.Host = b.host
		r.AddCookie(session)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge:
			return
		case http.StatusCreated:
		default:
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
		var asked, made struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal([]byte(body), &asked); err != nil {
			t.Fatalf("%q was taken: %v", body, err)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made != asked {
			t.Fatalf("%q made %s", body, w.Body)
		}
	})
}
