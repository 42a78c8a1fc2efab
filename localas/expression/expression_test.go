package expression

import (
	"strings"
	"testing"
)

// sub is Okta's default for the claim of that name.
const sub = "(appuser != null) ? appuser.userName : app.clientId"

func TestExpressions(t *testing.T) {
	t.Parallel()
	app := App{ID: "0oaApp", ClientID: "client-1"}
	for text, want := range map[string]string{
		`app.clientId`:     "client-1",
		` app.id `:         "0oaApp",
		`"fixed"`:          "fixed",
		`'it\'s "quoted"'`: `it's "quoted"`,
		`""`:               "",
		sub:                "client-1",
		`(app.id == '0oaApp') ? 'mine' : 'other'`:                   "mine",
		`app.id != "0oaApp" ? 'a' : app.id == "0oaApp" ? 'b' : 'c'`: "b",
	} {
		parsed, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, present := parsed.Value(app); !present || got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	dora := App{ID: "0oaApp", ClientID: "client-1", UserName: new("dora@dev.example")}
	for text, want := range map[string]string{sub: "dora@dev.example", "appuser.userName": "dora@dev.example", "appuser == null ? 'a' : 'b'": "b"} {
		parsed, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := parsed.Value(dora); got != want {
			t.Errorf("%s with a user is %q, want %q", text, got, want)
		}
	}
	for _, null := range []string{"appuser.userName", "null", "appuser"} {
		parsed, err := Parse(null)
		if err != nil {
			t.Fatal(err)
		}
		if got, present := parsed.Value(app); present {
			t.Errorf("%s is %q, not null", null, got)
		}
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "user.email", "app", "app.clientId + 'x'", `"open`, "app.clientId app.id", "(app.id", "app.id ==", "app.id == 'x'",
		"app.id ? 'a' : 'b'", "app.id == 'x' ? 'a'", "String.len('x')", "${app.id}", "(app.id == 'x' ? 'a' : 'b')", "app.id == 'x' ? app.id == 'x' : 'b'",
		"'" + strings.Repeat("x", maxLength) + "'",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{sub, "app.clientId", `"x\"y"`, "a ? b : c", "((("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := Parse(text)
		if err != nil {
			return
		}
		app := App{ID: "i", ClientID: "c"}
		if got, present := parsed.Value(app); !present && got != "" {
			t.Errorf("%q is null and %q", text, got)
		}
	})
}
