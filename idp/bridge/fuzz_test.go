package bridge

import (
	"encoding/json"
	"testing"
	"time"
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

func TestInstant(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	for text, want := range map[string]*time.Time{
		`"2026-03-01T12:00:00+01:00"`: &at, `1772362800`: &at,
		`0`: nil, `null`: nil, `"soon"`: nil, `""`: nil, `-1`: nil, `1e300`: nil, `[]`: nil, `253402300800`: nil, ``: nil,
	} {
		got := instant(json.RawMessage(text))
		if (got == nil) != (want == nil) || got != nil && !got.Equal(*want) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"client_id":"x","client_secret":"y","client_id_issued_at":1772362800,"client_secret_expires_at":"2026-03-01T12:00:00Z"}`))
	f.Add([]byte(`{"client_id":null,"client_secret_expires_at":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var a answer
		if json.Unmarshal(body, &a) != nil {
			return
		}
		for _, at := range []*time.Time{a.IssuedAt, a.ExpiresAt} {
			if at == nil {
				continue
			}
			if _, err := at.MarshalJSON(); err != nil {
				t.Errorf("a time that cannot be told again: %v", at)
			}
		}
	})
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
