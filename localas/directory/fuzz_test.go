package directory

import (
	"errors"
	"net/http"
	"testing"

	"portico/localas/dialect"
)

func FuzzUser(f *testing.F) {
	for _, seed := range []string{
		`{"profile":{"firstName":"Dora","lastName":"Dev","email":"dora@dev.example","login":"dora@dev.example"},"credentials":{"password":{"value":"blue parrots"}}}`,
		`{"profile":{"firstName":null,"email":"Dora <dora@dev.example>"},"credentials":{"password":null}}`,
		`{"profile":{},"credentials":{"password":{"value":7}},"groupIds":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := dialect.ParseJSON[userBody](body)
		var p Person
		if err == nil {
			err = in.apply(&p)
		}
		if err != nil {
			if refusal, ok := errors.AsType[*dialect.APIError](err); !ok || refusal.Status != http.StatusBadRequest {
				t.Errorf("%q: %v is no refusal", body, err)
			}
			return
		}
		if p.FirstName == "" || p.LastName == "" || p.Email == "" || p.Login == "" || in.Credentials.Password == nil {
			t.Errorf("%q was accepted as %+v", body, p)
		}
	})
}

func FuzzGroup(f *testing.F) {
	for _, seed := range []string{`{"profile":{"name":"Pilots","description":"who fly"}}`, `{"profile":null}`, `{"profile":{"name":" "}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := dialect.ParseJSON[groupBody](body)
		if err != nil {
			return
		}
		if g, err := in.group(); err == nil && g.Name == "" {
			t.Errorf("%q was accepted", body)
		}
	})
}
