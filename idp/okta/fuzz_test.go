package okta

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, code, text string }{
		{`{"errorCode":"E0000001","errorSummary":"Api validation failed: label","errorCauses":[{"errorSummary":"label: blank"}]}`, "E0000001", "Api validation failed: label; label: blank (E0000001)"},
		{`{"errorCode":"invalid_client_metadata","errorSummary":"no"}`, "invalid_client_metadata", "no (invalid_client_metadata)"},
		{`{"error":"invalid_client","error_description":"why"}`, "invalid_client", "why"},
		{`{"errorSummary":"only this"}`, "", "only this"},
		{`{}`, "", ""}, {``, "", ""}, {`[]`, "", ""}, {`<html>`, "", ""}, {`{"errorCode":7}`, "", ""},
	} {
		if code, text := explain([]byte(c.body)); code != c.code || text != c.text {
			t.Errorf("%s: %q, %q", c.body, code, text)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add([]byte(`{"errorCode":"E0000001","errorSummary":"x","errorCauses":[{"errorSummary":"y"},null,{}]}`))
	f.Add([]byte(`{"error":"invalid_client","error_description":["a"]}`))
	f.Add([]byte(`{"errorCauses":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		code, text := explain(body)
		if !json.Valid(body) && code+text != "" {
			t.Errorf("read %q, %q out of what is no JSON", code, text)
		}
		if !utf8.ValidString(code) || !utf8.ValidString(text) {
			t.Errorf("%q, %q", code, text)
		}
	})
}

func TestNextLink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers []string
		next    string
	}{
		{nil, ""},
		{[]string{`<https://example.okta.com/api/v1/apps?limit=2>; rel="self"`}, ""},
		{[]string{`<https://example.okta.com/api/v1/apps?limit=2>; rel="self"`, `<https://example.okta.com/api/v1/apps?after=0oa1&limit=2>; rel="next"`}, "https://example.okta.com/api/v1/apps?after=0oa1&limit=2"},
		{[]string{`<https://example.okta.com/api/v1/apps?limit=2>; rel="self", <https://example.okta.com/api/v1/apps?after=a,b;c>; title="x, y; rel=no"; REL=next`}, "https://example.okta.com/api/v1/apps?after=a,b;c"},
		{[]string{`<https://example.okta.com/api/v1/apps?after=1; rel="next"`}, ""},
		{[]string{`nonsense; rel="next"`}, ""},
	} {
		if next := nextLink(http.Header{"Link": c.headers}); next != c.next {
			t.Errorf("%q: %q", c.headers, next)
		}
	}
}

func FuzzNextLink(f *testing.F) {
	f.Add(`<https://example.okta.com/api/v1/apps?after=1>; rel="next"`)
	f.Add(`<https://evil.example/>; rel="next", <https://example.okta.com/api/v1/apps?after=1>; rel=next`)
	f.Add(`<a>; x="; rel=next`)
	f.Fuzz(func(t *testing.T, header string) {
		next := nextLink(http.Header{"Link": {header}})
		if next != "" && (!strings.Contains(header, "<"+next+">") || !strings.Contains(strings.ToLower(header), "next")) {
			t.Errorf("%q leads to %q", header, next)
		}
	})
}

func FuzzUnmarked(f *testing.F) {
	f.Add("[0123456789ab] Weather")
	f.Add("[] x")
	f.Add("[Weather] today")
	f.Fuzz(func(t *testing.T, name string) {
		mark, rest := unmarked(name)
		if mark+rest != name {
			t.Errorf("%q became %q and %q", name, mark, rest)
		}
	})
}
