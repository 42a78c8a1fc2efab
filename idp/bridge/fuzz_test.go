package bridge

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, code, text string }{
		{`{"error":"Bad Request","error_description":"why"}`, "Bad Request", "why"},
		{`{"error":"Bad Request","error_description":["a","b"]}`, "Bad Request", "a; b"},
		{`{"error":"x","error_description":[1]}`, "x", ""},
		{`{"error":"x"}`, "x", ""}, {`{}`, "", ""}, {``, "", ""}, {`[]`, "", ""}, {`<html>`, "", ""},
	} {
		if code, text := explain([]byte(c.body)); code != c.code || text != c.text {
			t.Errorf("%s: %q, %q", c.body, code, text)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add([]byte(`{"error":"x","error_description":["a","b"]}`))
	f.Add([]byte(`{"error":"x","error_description":"a"}`))
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
