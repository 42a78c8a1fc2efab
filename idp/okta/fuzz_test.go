package okta

import (
	"encoding/json"
	"net/url"
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

func TestNextPage(t *testing.T) {
	t.Parallel()
	base := &url.URL{Scheme: "https", Host: "example.okta.com"}
	for _, c := range []struct {
		headers []string
		next    string
		fails   bool
	}{
		{nil, "", false},
		{[]string{`<https://example.okta.com/api/v1/apps?limit=2>; rel="self"`}, "", false},
		{[]string{`<https://example.okta.com/api/v1/apps?limit=2>; rel="self"`, `<https://example.okta.com/api/v1/apps?after=0oa1&limit=2>; rel="next"`}, "/api/v1/apps?after=0oa1&limit=2", false},
		{[]string{`<https://example.okta.com/api/v1/apps?limit=2>; rel="self", <https://example.okta.com/api/v1/apps?after=a,b;c>; title="x, y; rel=no"; REL=next`}, "/api/v1/apps?after=a,b;c", false},
		{[]string{`<https://evil.example/api/v1/apps?after=1>; rel="next"`}, "", true},
		{[]string{`<http://example.okta.com/api/v1/apps?after=1>; rel="next"`}, "", true},
		{[]string{`<https://example.okta.com:444/api/v1/apps?after=1>; rel="next"`}, "", true},
		{[]string{`<https://example.okta.com/api/v1/users?after=1>; rel="next"`}, "", true},
		{[]string{`</api/v1/apps?after=1>; rel="next"`}, "", true},
		{[]string{`<https://example.okta.com/api/v1/apps>; rel="next"`}, "", true},
		{[]string{`<https://example.okta.com/api/v1/apps?after=1; rel="next"`}, "", false},
		{[]string{`nonsense; rel="next"`}, "", false},
	} {
		next, err := nextPage(c.headers, base, appsPath)
		if next != c.next || (err != nil) != c.fails {
			t.Errorf("%q: %q, %v", c.headers, next, err)
		}
	}
}

func FuzzNextPage(f *testing.F) {
	f.Add(`<https://example.okta.com/api/v1/apps?after=1>; rel="next"`)
	f.Add(`<https://evil.example/>; rel="next", <https://example.okta.com/api/v1/apps?after=1>; rel=next`)
	f.Add(`<a>; x="; rel=next`)
	f.Fuzz(func(t *testing.T, header string) {
		base := &url.URL{Scheme: "https", Host: "example.okta.com"}
		next, err := nextPage([]string{header}, base, appsPath)
		if err != nil || next == "" {
			return
		}
		u, err := url.Parse(base.String() + next)
		if err != nil || u.Host != base.Host || u.Path != appsPath || !strings.Contains(header, "next") && !strings.Contains(strings.ToLower(header), "next") {
			t.Errorf("%q leads to %q (%v)", header, next, err)
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
