package auth0

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"portico"
	"portico/idp"
)

func FuzzExplain(f *testing.F) {
	f.Add([]byte(`{"statusCode":400,"error":"Bad Request","message":"why","errorCode":"invalid_body"}`))
	f.Add([]byte(`{"error":"access_denied","error_description":"Unauthorized"}`))
	f.Add([]byte(`{"message":["a"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		code, text := explain(body)
		if !json.Valid(body) && code+text != "" || !utf8.ValidString(code+text) {
			t.Errorf("read %q, %q", code, text)
		}
	})
}

// FuzzObject: whatever name an application has, Auth0 takes it and it is read
// back as it was, as far as it fits.
func FuzzObject(f *testing.F) {
	f.Add("Orders")
	f.Add("<b> ‹x› </b>")
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) {
			t.Skip()
		}
		text, err := json.Marshal(newObject(portico.ClientSpec{Name: name, ApplicationID: "a"}, "key"))
		if err != nil {
			t.Fatal(err)
		}
		var o object
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatal(err)
		}
		if s := o.state(); s.Name != idp.Cut(name, maxName) || s.ApplicationID != "a" || o.meta(metaCreateKey) != "key" {
			t.Errorf("%q became %q", name, s.Name)
		}
	})
}
