package localas

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExpressions(t *testing.T) {
	t.Parallel()
	app := client{ID: "0oaApp", ClientID: "client-1"}
	for text, want := range map[string]string{
		`app.clientId`:     "client-1",
		` app.id `:         "0oaApp",
		`"fixed"`:          "fixed",
		`'it\'s "quoted"'`: `it's "quoted"`,
		`""`:               "",
		defaultSub:         "client-1",
		`(app.id == '0oaApp') ? 'mine' : 'other'`:                   "mine",
		`app.id != "0oaApp" ? 'a' : app.id == "0oaApp" ? 'b' : 'c'`: "b",
	} {
		parsed, err := parseExpression(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := parsed.eval(app).text; got == nil || *got != want {
			t.Errorf("%s is %v, want %q", text, got, want)
		}
	}
	for _, null := range []string{"appuser.userName", "null", "appuser"} {
		parsed, err := parseExpression(null)
		if err != nil || parsed.eval(app).text != nil {
			t.Errorf("%s must be null: %v", null, err)
		}
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "user.email", "app", "app.clientId + 'x'", `"open`, "app.clientId app.id", "(app.id", "app.id ==", "app.id == 'x'",
		"app.id ? 'a' : 'b'", "app.id == 'x' ? 'a'", "String.len('x')", "${app.id}", "(app.id == 'x' ? 'a' : 'b')", "app.id == 'x' ? app.id == 'x' : 'b'",
		"'" + strings.Repeat("x", maxExpression) + "'",
	} {
		if _, err := parseExpression(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{defaultSub, "app.clientId", `"x\"y"`, "a ? b : c", "((("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseExpression(text)
		if err != nil {
			return
		}
		first, second := parsed.eval(client{ID: "i", ClientID: "c"}).text, parsed.eval(client{ID: "i", ClientID: "c"}).text
		if (first == nil) != (second == nil) || first != nil && *first != *second {
			t.Errorf("%q has two values", text)
		}
	})
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"grant_type=client_credentials&scope=a", "a=1&a=2", "%zz", "a=%00", ";", "scope=%ff"} {
		f.Add(seed, "Basic YTpi")
	}
	f.Fuzz(func(t *testing.T, body, header string) {
		form, err := parseForm(body)
		if err != nil {
			return
		}
		for name, values := range form {
			if len(values) != 1 || !cleanText(name) || !cleanText(values[0]) {
				t.Errorf("%q was accepted as %q", body, form)
			}
		}
		credentials, err := readClientCredentials(header, form)
		if err == nil && !cleanText(credentials.clientID) {
			t.Errorf("%q gave the client id %q", header, credentials.clientID)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"label":"x","settings":{"oauthClient":{"grant_types":["client_credentials"]}}}`, `{"a":1}{"b":2}`, `[1]`, `{"label":"\u0000"}`,
		`{"label":`, `null`, `"x"`, `{"settings":{"oauthClient":{"jwks":{"keys":[{"kty":"RSA"}]}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := parseJSON[appBody](body)
		if err != nil {
			if refusal, ok := err.(*apiError); !ok || refusal.Status != http.StatusBadRequest {
				t.Errorf("%q: %v is no refusal", body, err)
			}
			return
		}
		if !utf8.ValidString(in.Label) || strings.ContainsRune(in.Label, 0) {
			t.Errorf("label %q was accepted", in.Label)
		}
		if c, err := in.client(); err == nil {
			checkClient(withDefaults(c)) // must not panic
		}
	})
}

func FuzzBasic(f *testing.F) {
	for _, seed := range []string{"Basic YTpi", "basic  YTpi", "Basic a:b", "Bearer x", "", "Basic"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		id, value, err := parseBasic(header)
		if err == nil && (!cleanText(id) || !cleanText(value)) {
			t.Errorf("%q gave %q and %q", header, id, value)
		}
	})
}
