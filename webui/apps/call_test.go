package apps

import "testing"

func TestTheSimplestOperation(t *testing.T) {
	t.Parallel()
	for specification, want := range map[string]string{
		`{"paths":{"/b":{"get":{}},"/a":{"get":{}},"/long":{"get":{}},"/{id}":{"get":{}},"/x":{"post":{}}}}`: "/a",
		`{"paths":{"/{id}":{"get":{}}}}`: "",
		`{"paths":[1]}`:                  "",
		`no specification`:               "",
		``:                               "",
	} {
		if got := simplest(specification); got != want {
			t.Errorf("%s: %q, want %q", specification, got, want)
		}
	}
}

func TestShellsReadValuesAsTheyAre(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"abc-_.~": "'abc-_.~'", "abc-_.": "abc-_.", "a b": "'a b'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "": ""} {
		if got := quoted(value); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func FuzzSimplest(f *testing.F) {
	f.Add(`{"paths":{"/a":{"get":{}}}}`)
	f.Add("paths:\n  /a:\n    get: {}\n")
	f.Fuzz(func(t *testing.T, specification string) {
		if path := simplest(specification); path != "" && path[0] != '/' {
			t.Errorf("%q is no path", path)
		}
	})
}
