package azuread

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzExplain(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"Request_BadRequest","message":"why","innerError":{"request-id":"1"}}}`))
	f.Add([]byte(`{"error":"invalid_client"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		code, text := explain(body)
		if !json.Valid(body) && code+text != "" || !utf8.ValidString(code+text) {
			t.Errorf("read %q, %q", code, text)
		}
	})
}

// FuzzByKey: no value of a key leaves its place in the path.
func FuzzByKey(f *testing.F) {
	f.Add("a'b")
	f.Add("../../users?x#')/x")
	f.Fuzz(func(t *testing.T, value string) {
		u, err := url.Parse("https://graph.microsoft.com" + byKey(applicationsPath, "appId", value))
		if err != nil {
			t.Fatal(err)
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(u.Path, applicationsPath+"(appId='"), "')")
		if u.RawQuery != "" || u.Fragment != "" || strings.Count(u.EscapedPath(), "/") != 2 || strings.ReplaceAll(inner, "''", "'") != value {
			t.Errorf("%q became %q", value, u.EscapedPath())
		}
	})
}
