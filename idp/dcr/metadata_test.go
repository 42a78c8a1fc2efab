package dcr

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/idp"
)

// FuzzAnswers feeds what a server may say of a client through everything that
// reads it, and what is written back.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"client_id":"a","client_name":"Shop (b3c4d5)","redirect_uris":["https://a.example/x"],"contacts":["app-0192b3c4d5@01.portal.invalid"],"scope":"a b","client_id_issued_at":1700000000,"x":1.50}`)
	f.Add(`{"client_id":7,"client_name":null,"redirect_uris":"a","contacts":[1,{}],"scope":[],"client_id_issued_at":"2026-11-21T00:00:00Z"}`)
	f.Add(`{"client_id_issued_at":1e400,"client_secret_expires_at":-1}`)
	f.Add(`null`)
	spec := portico.ClientSpec{ApplicationID: "0192b3c4d5", Name: "Shop"}
	f.Fuzz(func(t *testing.T, text string) {
		var o idp.Object
		if json.Unmarshal([]byte(text), &o) != nil {
			return
		}
		s := state(o)
		if s.ApplicationID == "" && s.OrganizationID != "" || s.CreatedAt != nil && s.CreatedAt.Before(time.Unix(0, 0)) && !strings.Contains(text, "-") {
			t.Errorf("%s: %+v", text, s)
		}
		if o.Issued().Value.Reveal() != o.Text("client_secret") {
			t.Errorf("%s: another secret", text)
		}
		if o == nil {
			return
		}
		before := map[string]any{}
		for name, value := range o {
			before[name] = value
		}
		revise(o, spec)
		sent, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		o = nil
		if err := json.Unmarshal(sent, &o); err != nil {
			t.Fatal(err)
		}
		if again := state(o); again.Name != spec.Name || again.ApplicationID != spec.ApplicationID || len(again.RedirectURIs) != 0 {
			t.Errorf("%s: revised to %+v", text, again)
		}
		for name, value := range before {
			_, ours := metadata(spec)[name]
			if !ours && !strings.HasPrefix(name, "client_") && !strings.HasPrefix(name, "registration_") && !reflect.DeepEqual(o[name], value) {
				t.Errorf("%s: %s became %v", text, name, o[name])
			}
		}
	})
}
