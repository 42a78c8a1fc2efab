package httpkit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"portico"
	"portico/httpkit"
)

const id = "9f5061ce-78f6-4452-9108-ad7c02821fd5"

func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	return r
}

func read(t *testing.T, body string) *httpkit.Object {
	t.Helper()
	obj, err := httpkit.ReadObject(post(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return obj
}

// faults lists what Err says, as "field rule".
func faults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*portico.Error](err)
	if !ok || e.Kind != portico.KindInvalid {
		t.Fatalf("not an invalid input: %v", err)
	}
	var out []string
	for _, fault := range e.Invalid {
		if fault.Reason == "" || fault.Source != "body" {
			t.Errorf("%+v", fault)
		}
		out = append(out, fault.Field+" "+fault.Rule)
	}
	return out
}

func wantFaults(t *testing.T, err error, want ...string) {
	t.Helper()
	if got := faults(t, err); !reflect.DeepEqual(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

func TestEveryKindOfMemberIsRead(t *testing.T) {
	t.Parallel()
	obj := read(t, `{"name": "Zoë \ud83d\ude00", "note": null, "on": true, "port": 8443, "size": 1e2, "scopes": ["a", "b"],
		"kind": "okta", "id": "`+strings.ToUpper(id)+`", "issuer": "https://okta.example/oauth2", "mail": "ann@example.com",
		"since": "2026-01-31T12:00:00+02:00", "config": {"token": "x"}, "rows": [{"n": 1}, {"n": 2}],
		"raw": {"b": [1, null, "c", false]}, "labels": {"KONGCTL-namespace": "team-1", "old": null}, "created_at": "ignored"}`)
	obj.Ignore("created_at", "updated_at")
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, want %#v", what, got, want)
		}
	}
	check("name", obj.String("name", httpkit.Required, httpkit.Length(1, 5)), "Zoë 😀")
	check("note", obj.OptString("note", httpkit.Nullable), portico.Opt[string]{Set: true, Null: true})
	check("absent", obj.OptString("absent"), portico.Opt[string]{})
	check("on", obj.Bool("on", false), true)
	check("off", obj.Bool("off", true), true)
	check("port", obj.Int("port", 1, httpkit.Range(1, 65535)), 8443)
	check("size", obj.OptInt("size"), portico.Some(100))
	check("missing number", obj.Int("missing", 7), 7)
	check("scopes", obj.Strings("scopes", httpkit.MaxItems(2), httpkit.ItemLength(1, 1)), []string{"a", "b"})
	check("no scopes", obj.OptStrings("none"), portico.Opt[[]string]{})
	check("kind", obj.Enum("kind", httpkit.Required, "okta", "auth0"), "okta")
	check("id", obj.UUID("id", httpkit.Required), id)
	check("issuer", obj.URL("issuer", httpkit.Required, httpkit.MaxLength(256)), "https://okta.example/oauth2")
	check("mail", obj.Email("mail"), "ann@example.com")
	check("since", obj.Time("since"), time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC))
	check("config", obj.Object("config", httpkit.Required).String("token"), "x")
	rows := obj.Objects("rows")
	check("rows", rows[0].Int("n", 0)+rows[1].Int("n", 0), 3)
	check("value", obj.Value("raw"), map[string]any{"b": []any{json.Number("1"), nil, "c", false}})
	raw, ok := obj.Raw("raw")
	check("raw", string(raw)+strconv.FormatBool(ok), `{"b": [1, null, "c", false]}true`)
	labels := obj.Labels("labels")
	check("labels", *labels.Value["KONGCTL-namespace"], "team-1")
	check("removed label", labels.Value["old"], (*string)(nil))
	wantFaults(t, obj.Err())
}

func TestEveryFaultHasItsRule(t *testing.T) {
	t.Parallel()
	short := regexp.MustCompile(`^[a-z]+$`)
	for _, tt := range []struct {
		body string
		read func(*httpkit.Object)
		want string
	}{
		{`{}`, func(o *httpkit.Object) { o.String("a", httpkit.Required) }, "a required"},
		{`{"a":null}`, func(o *httpkit.Object) { o.String("a", httpkit.Required) }, "a is_string"},
		{`{"a":1}`, func(o *httpkit.Object) { o.String("a") }, "a is_string"},
		{`{"a":""}`, func(o *httpkit.Object) { o.String("a", httpkit.Length(1, 9)) }, "a min_length"},
		{`{"a":"ééé"}`, func(o *httpkit.Object) { o.String("a", httpkit.MaxLength(2)) }, "a max_length"},
		{`{"a":"ab"}`, func(o *httpkit.Object) { o.String("a", httpkit.MinLength(3)) }, "a min_length"},
		{`{"a":"A"}`, func(o *httpkit.Object) { o.String("a", httpkit.Pattern(short, "lower case")) }, "a matches_regex"},
		{`{"a":"true"}`, func(o *httpkit.Object) { o.Bool("a", false) }, "a is_boolean"},
		{`{"a":1.5}`, func(o *httpkit.Object) { o.Int("a", 0) }, "a is_integer"},
		{`{"a":1e300}`, func(o *httpkit.Object) { o.Int("a", 0) }, "a is_integer"},
		{`{"a":"1"}`, func(o *httpkit.Object) { o.OptInt("a", httpkit.Nullable) }, "a is_integer"},
		{`{"a":0}`, func(o *httpkit.Object) { o.Int("a", 5, httpkit.Range(1, 9)) }, "a min"},
		{`{"a":10}`, func(o *httpkit.Object) { o.Int("a", 5, httpkit.Range(1, 9)) }, "a max"},
		{`{"a":"x"}`, func(o *httpkit.Object) { o.Strings("a") }, "a is_array"},
		{`{"a":["x",1]}`, func(o *httpkit.Object) { o.Strings("a") }, "a.1 is_string"},
		{`{"a":["x",""]}`, func(o *httpkit.Object) { o.Strings("a", httpkit.ItemLength(1, 2)) }, "a.1 min_length"},
		{`{"a":["x","y"]}`, func(o *httpkit.Object) { o.Strings("a", httpkit.MaxItems(1)) }, "a max_items"},
		{`{"a":[]}`, func(o *httpkit.Object) { o.Strings("a", httpkit.MinItems(1)) }, "a min_items"},
		{`{"a":"c"}`, func(o *httpkit.Object) { o.Enum("a", httpkit.Optional, "a", "b") }, "a enum"},
		{`{"a":null}`, func(o *httpkit.Object) { o.OptEnum("a", httpkit.Optional, "a") }, "a is_string"},
		{`{"a":"1-2"}`, func(o *httpkit.Object) { o.UUID("a") }, "a is_uuid"},
		{`{"a":"2026-01-31"}`, func(o *httpkit.Object) { o.Time("a") }, "a is_date_time"},
		{`{"a":"x"}`, func(o *httpkit.Object) { o.Object("a").String("b", httpkit.Required) }, "a is_object"},
		{`{"a":[{},1]}`, func(o *httpkit.Object) { o.Objects("a") }, "a.1 is_object"},
		{`{"a":{}}`, func(o *httpkit.Object) { o.Objects("a") }, "a is_array"},
		{`{"a":{"b":{"c":1}}}`, func(o *httpkit.Object) { o.Object("a").Object("b").String("c") }, "a.b.c is_string"},
		{`{"a":{"b":1}}`, func(o *httpkit.Object) { o.Object("a").Invalid("b", "invalid", "is wrong") }, "a.b invalid, a.b unknown_property"},
		{`{"a":{"b":[{"c":1}]}}`, func(o *httpkit.Object) { o.Object("a").Objects("b") }, "a.b.0.c unknown_property"},
		{`{"":1}`, func(*httpkit.Object) {}, `"" unknown_property`},
		{`{"z":1,"a":1}`, func(*httpkit.Object) {}, "z unknown_property, a unknown_property"},
	} {
		obj := read(t, tt.body)
		tt.read(obj)
		if got := strings.Join(faults(t, obj.Err()), ", "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.body, got, tt.want)
		}
	}
}

func TestURLsAndMailAddresses(t *testing.T) {
	t.Parallel()
	for value, fine := range map[string]bool{
		"https://a.example": true, "http://localhost:8003/oauth2/default": true, "https://[::1]:8443/x?y=z": true,
		"": false, "a.example": false, "/path": false, "ftp://a.example": false, "https://": false, "https:a.example": false,
		"javascript:alert(1)": false, "https://user:pw@a.example": false, "https://a b.example": false, `https://a.example\x`: false,
		"https://:80/": false,
	} {
		body, _ := json.Marshal(map[string]string{"a": value})
		obj := read(t, string(body))
		obj.URL("a")
		if got := obj.Err() == nil; got != fine {
			t.Errorf("URL %q accepted: %v", value, got)
		}
	}
	for value, fine := range map[string]bool{
		"ann@example.com": true, "ann+x@sub.example.com": true, "zoë@example.com": true,
		"": false, "ann": false, "ann@": false, "Ann <ann@example.com>": false, "ann@example.com, bob@example.com": false,
		"ann@example.com\r\nBcc: all@example.com": false, `"a b"@example.com`: false, "ann@[127.0.0.1]": false,
	} {
		body, _ := json.Marshal(map[string]string{"a": value})
		obj := read(t, string(body))
		obj.Email("a")
		if got := obj.Err() == nil; got != fine {
			t.Errorf("mail address %q accepted: %v", value, got)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	many := make(map[string]string)
	for i := range 51 {
		many["k"+strconv.Itoa(i)] = "v"
	}
	tooMany, _ := json.Marshal(map[string]any{"labels": many})
	long := strings.Repeat("a", 64)
	for body, want := range map[string]string{
		`{"labels":{"env":"test","KONGCTL-protected":"true","Kong":"x","a_b.c-d":"1.2_3-4"}}`: "",
		`{"labels":null}`:                         "",
		`{"labels":{}}`:                           "",
		`{"labels":{"env":null}}`:                 "",
		`{"labels":[]}`:                           "labels is_object",
		`{"labels":{"env":1}}`:                    "labels.env is_string",
		`{"labels":{"env":""}}`:                   "labels.env min_length",
		`{"labels":{"env":"` + long + `"}}`:       "labels.env max_length",
		`{"labels":{"env":"-a"}}`:                 "labels.env is_label",
		`{"labels":{"env":"a."}}`:                 "labels.env is_label",
		`{"labels":{"env":"a b"}}`:                "labels.env is_label",
		`{"labels":{"env":"é"}}`:                  "labels.env is_label",
		`{"labels":{"":"a"}}`:                     "labels. is_label",
		`{"labels":{"` + long + `":"a"}}`:         "labels." + long + " is_label",
		`{"labels":{"kong-x":"a"}}`:               "labels.kong-x is_label",
		`{"labels":{"konnect":"a","mesh1":null}}`: "labels.konnect is_label, labels.mesh1 is_label",
		`{"labels":{"kic":"a","_x":"b"}}`:         "labels.kic is_label, labels._x is_label",
		string(tooMany):                           "labels max_items",
	} {
		obj := read(t, body)
		obj.Labels("labels")
		if got := strings.Join(faults(t, obj.Err()), ", "); got != want {
			t.Errorf("%.60s: %s, want %s", body, got, want)
		}
	}
	if labels := read(t, `{"labels":null}`).Labels("labels"); !labels.Set || !labels.Null {
		t.Errorf("null: %+v", labels)
	}
}

func TestFaultsCarryTheirBounds(t *testing.T) {
	t.Parallel()
	obj := read(t, `{"a":"toolong","b":0,"c":"z"}`)
	obj.String("a", httpkit.MaxLength(3))
	obj.Int("b", 1, httpkit.Range(1, 10))
	obj.Enum("c", httpkit.Required, "x", "y")
	e, _ := errors.AsType[*portico.Error](obj.Err())
	if *e.Invalid[0].Maximum != 3 || *e.Invalid[1].Minimum != 1 || !reflect.DeepEqual(e.Invalid[2].Choices, []string{"x", "y"}) {
		t.Errorf("%+v", e.Invalid)
	}
	if !strings.Contains(e.Detail, "nothing was changed") {
		t.Errorf("detail: %s", e.Detail)
	}
}

func TestAbsentObjectsAreSilent(t *testing.T) {
	t.Parallel()
	obj := read(t, `{"null":null}`)
	deep := obj.Object("absent").Object("further").Objects("down")
	if deep != nil {
		t.Errorf("found %v", deep)
	}
	absent := obj.Object("absent")
	absent.Ignore("x")
	absent.Allow()
	absent.String("a", httpkit.Required)
	absent.Labels("l")
	if _, ok := absent.Raw("r"); ok || absent.Value("v") != nil || absent.Has("h") {
		t.Error("an absent object has members")
	}
	if _, set, null := obj.OptObject("null"); !set || !null {
		t.Errorf("null: set %v, null %v", set, null)
	}
	if _, set, null := obj.OptObject("absent"); set || null {
		t.Errorf("absent: set %v, null %v", set, null)
	}
	wantFaults(t, obj.Err())
	obj.Object("needed", httpkit.Required).String("a", httpkit.Required)
	wantFaults(t, obj.Err(), "needed required")
}

func TestOpenObjectsAndRepeatedReading(t *testing.T) {
	t.Parallel()
	obj := read(t, `{"configs":{"openid-connect":{"issuer":"x","anything":{"goes":1}},"other":1}}`)
	if !obj.Has("configs") || obj.Has("nothing") {
		t.Error("Has is wrong")
	}
	obj.Object("configs").Object("openid-connect").Allow()
	obj.Object("configs").Object("openid-connect").String("issuer")
	wantFaults(t, obj.Err(), "configs.other unknown_property")
	wantFaults(t, obj.Err(), "configs.other unknown_property") // asking changes nothing
}

func TestNames(t *testing.T) {
	t.Parallel()
	obj := read(t, `{"b":1,"a":{"z":1}}`)
	if got := obj.Names(); !reflect.DeepEqual(got, []string{"b", "a"}) || obj.Object("absent").Names() != nil {
		t.Errorf("names %q", got)
	}
	wantFaults(t, obj.Err(), "b unknown_property", "a unknown_property")
}

func TestTheNumberOfFaultsIsBounded(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, `%q:1,`, "k"+strconv.Itoa(i))
	}
	if got := faults(t, read(t, "{"+body.String()+`"z":1}`).Err()); len(got) != 100 {
		t.Errorf("%d faults", len(got))
	}
}

func TestWhatIsNoObjectIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 65)
	for body, want := range map[string]string{
		`{"a": 1`:           "the body ends inside the object that starts at line 1, column 1: a closing brace } is missing",
		"{\n  \"a\": {":     "the body ends inside the object that starts at line 2, column 8: a closing brace } is missing",
		`{"a"`:              "the body ends inside the object that starts at line 1, column 1",
		`{"a":`:             "the body ends inside the object that starts at line 1, column 1",
		`{"a":1,`:           "the body ends inside the object that starts at line 1, column 1",
		`{"a": [1, `:        "the body ends inside the array that starts at line 1, column 7: a closing bracket ] is missing",
		`{"a": ["b`:         `the body ends inside the string that starts at line 1, column 8: a closing quote " is missing`,
		`{"a": "b\`:         "the body ends inside the string that starts at line 1, column 7",
		`{"a" 1}`:           "at line 1, column 6 a colon after the member name [a] is expected, not [1]",
		`{"a":1 "b":2}`:     `at line 1, column 8 a comma or a closing brace } is expected, not ["]`,
		`{"a":1,}`:          "at line 1, column 8 a member name in double quotes is expected, not [}]",
		`{'a':1}`:           "a member name in double quotes is expected, not [']",
		`{"é":é}`:           "at line 1, column 6 the value of the member [é] is expected, not [é]",
		`[1 2]`:             "at line 1, column 4 a comma or a closing bracket ] is expected, not [2]",
		`[1,]`:              "at line 1, column 4 an array item is expected, not []]",
		`{"a":tru}`:         "at line 1, column 6 true is expected",
		`{"a":01}`:          "at line 1, column 6 there is no valid number: [01]",
		`{"a":1} x`:         "at line 1, column 9 the end of the body is expected, not [x]",
		`{"a":1,"a":2}`:     "at line 1, column 8 the member [a] occurs a second time in the same object",
		`{"a":"\u0000"}`:    "there is a NUL character",
		"{\"a\":\"\x00\"}":  "there is the control character U+0000 inside a string",
		"{\"a\":\"\n\"}":    "there is the control character U+000A inside a string",
		"{\"a\":\"\xff\"}":  "there is a byte that is not UTF-8",
		"{\xff":             "there is a byte that is not UTF-8",
		"\uFEFF{}":          "a value is expected, not the character U+FEFF",
		`{"a":"\x"}`:        "there is an escape that JSON does not have",
		`{"a":"\u12"}`:      "four hexadecimal digits",
		`{"a":"\ud800"}`:    "there is half of a surrogate pair",
		`{"a":"\ud800\n"}`:  "there is half of a surrogate pair",
		deep:                "at line 1, column 321 objects and arrays are nested more than 64 levels deep",
		`[]`:                "the request body must be a JSON object, not an array",
		`"text"`:            "the request body must be a JSON object, not a string",
		`null`:              "the request body must be a JSON object, not null",
		"":                  "the request has no body, but a JSON object is expected",
		" \r\n\t":           "the request has no body, but a JSON object is expected",
		"{\"a\":1\x00}":     "a comma or a closing brace } is expected, not the character U+0000",
		"{\x00\"a\":1}":     "a member name in double quotes is expected, not the character U+0000",
		`{"a":1}{"b":2}`:    "the end of the body is expected, not [{]",
		`{"a":-}`:           "there is no valid number: [-]",
		`{"a":"\ud800\u12"`: "there is half of a surrogate pair",
		`{"a":falsey}`:      "a comma or a closing brace } is expected, not [y]",
		`{"a":nul`:          "null is expected",
	} {
		_, err := httpkit.ReadObject(post(body))
		e, ok := errors.AsType[*portico.Error](err)
		if !ok || e.Kind != portico.KindInvalid || len(e.Invalid) != 1 {
			t.Errorf("%q: %v", body, err)
			continue
		}
		if !strings.Contains(e.Invalid[0].Reason, want) {
			t.Errorf("%q: %s; want %s", body, e.Invalid[0].Reason, want)
		}
		if !strings.HasSuffix(e.Detail, "Nothing was changed.") || !strings.Contains(e.Detail, e.Invalid[0].Reason[1:]) {
			t.Errorf("%q: detail %s", body, e.Detail)
		}
	}
}

func TestSixtyFourLevelsAreFine(t *testing.T) {
	t.Parallel()
	read(t, strings.Repeat(`{"a":`, 63)+`{}`+strings.Repeat(`}`, 63))
}

func TestOptionalBodies(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	obj, err := httpkit.ReadOptionalObject(r)
	if err != nil {
		t.Fatal(err)
	}
	obj.String("name", httpkit.Required)
	wantFaults(t, obj.Err(), "name required")
	r.Body = nil
	if _, err := httpkit.ReadOptionalObject(r); err != nil {
		t.Error(err)
	}
	if _, err := httpkit.ReadOptionalObject(post("{")); portico.KindOf(err) != portico.KindInvalid {
		t.Errorf("half a body: %v", err)
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	for contentType, fine := range map[string]bool{
		"": true, "application/json": true, "Application/JSON; charset=utf-8": true, "application/merge-patch+json": true,
		"text/plain": false, "application/x-www-form-urlencoded": false, "application/yaml": false, "text/x+json": false, ";": false,
	} {
		r := post("{}")
		r.Header.Set("Content-Type", contentType)
		_, err := httpkit.ReadObject(r)
		if fine != (err == nil) || !fine && portico.KindOf(err) != portico.KindUnsupportedMedia {
			t.Errorf("%q: %v", contentType, err)
		}
	}
}

func TestBodiesThatCannotBeReadToTheirEnd(t *testing.T) {
	t.Parallel()
	if _, err := httpkit.ReadObject(post(`{"a":"` + strings.Repeat("x", httpkit.DefaultBodyLimit) + `"}`)); err == nil {
		t.Error("without a limit of its own, a body may have any size")
	} else if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
		t.Errorf("oversized: %v", err)
	}
	r := post("")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if _, err := httpkit.ReadObject(r); portico.KindOf(err) != portico.KindInvalid || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken off: %v", err)
	}
}

// FuzzReadObject holds that a body is read exactly when encoding/json finds one
// valid object in it that our stricter rules allow, and then means the same.
func FuzzReadObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":"b\u00e9\n","c":[1,-2.5e3,null,true,{}]}`, `{"a":{"a":{"a":"\ud83d\ude00"}}}`, `{"a":1,"a":2}`, `{"a":"\u0000"}`,
		`{"labels":{"a":"b"},"id":"x","n":1e400}`, `{"a":`, `[`, "\"\xff\"", " { } ",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		obj, err := httpkit.ReadObject(post(string(body)))
		if err != nil {
			if portico.KindOf(err) != portico.KindInvalid {
				t.Fatalf("refused by %v", err)
			}
			return
		}
		var want map[string]any
		dec := json.NewDecoder(strings.NewReader(`{"x":` + string(body) + `}`))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("read what is not valid: %v", err)
		}
		got := make(map[string]any)
		for name := range want["x"].(map[string]any) {
			got[name] = obj.Value(name)
			if raw, ok := obj.Raw(name); !ok || !json.Valid(raw) {
				t.Fatalf("raw %q", raw)
			}
		}
		if !reflect.DeepEqual(got, want["x"]) {
			t.Fatalf("read %v, want %v", got, want["x"])
		}
		if err := obj.Err(); err != nil {
			t.Fatalf("all read, yet %v", err)
		}
		obj.Labels("labels")
		obj.OptInt("n")
		obj.OptURL("a")
		obj.OptEmail("a")
		obj.OptStrings("c")
		if err := obj.Err(); err != nil && portico.KindOf(err) != portico.KindInvalid {
			t.Fatal(err)
		}
	})
}
