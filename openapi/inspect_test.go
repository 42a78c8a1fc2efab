package openapi_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/openapi"
)

func TestInspectReadsEveryFormat(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content string
		want    openapi.Document
	}{
		"OpenAPI 3.0 JSON": {
			`{"openapi":"3.0.3","info":{"title":"Flights","version":"1.2.0"},"paths":{}}`,
			openapi.Document{Type: portico.SpecificationOAS3, Title: "Flights", Version: "1.2.0"},
		},
		"OpenAPI 3.1 YAML": {
			"openapi: 3.1.0\ninfo: {title: Flights, version: 1.2.0}\npaths:\n  /flights:\n    get:\n      responses:\n        200: {description: All of them}\n",
			openapi.Document{Type: portico.SpecificationOAS3, Title: "Flights", Version: "1.2.0"},
		},
		"OpenAPI 2": {
			"swagger: '2.0'\ninfo: {title: Old flights, version: '1'}\npaths: {}\n",
			openapi.Document{Type: portico.SpecificationOAS2, Title: "Old flights", Version: "1"},
		},
		"AsyncAPI 2": {
			"asyncapi: 2.6.0\ninfo: {title: Events, version: 0.1.0}\nchannels: {}\n",
			openapi.Document{Type: portico.SpecificationAsyncAPI, Title: "Events", Version: "0.1.0"},
		},
		"AsyncAPI 3 JSON": {
			`{"asyncapi":"3.0.0","info":{"title":"Events","version":"0.1.0"}}`,
			openapi.Document{Type: portico.SpecificationAsyncAPI, Title: "Events", Version: "0.1.0"},
		},
		"byte order mark, comment and document marker": {
			"\ufeff# Flights\n---\nopenapi: 3.0.0\ninfo: {title: Flights, version: 1.0.0}\npaths: {}\n",
			openapi.Document{Type: portico.SpecificationOAS3, Title: "Flights", Version: "1.0.0"},
		},
		"unquoted version": {
			"openapi: 3.0.0\ninfo: {title: Flights, version: 1.0}\npaths: {}\n",
			openapi.Document{Type: portico.SpecificationOAS3, Title: "Flights", Version: "1.0", Messages: []string{"info.version is a number; put it in quotes."}},
		},
		"explicit keys": {
			"? openapi\n: 3.0.0\ninfo: {title: Flights, version: !!str 1}\npaths: {}\n",
			openapi.Document{Type: portico.SpecificationOAS3, Title: "Flights", Version: "1"},
		},
		"anchors, aliases and merge keys": {
			"x-base: &base {title: Flights, version: 1.0.0}\nopenapi: 3.0.0\ninfo:\n  <<: *base\n  version: 2.0.0\npaths: {}\n",
			openapi.Document{Type: portico.SpecificationOAS3, Title: "Flights", Version: "2.0.0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := openapi.Inspect([]byte(test.content))
			if err != nil {
				t.Fatal(err)
			}
			if got.Type != test.want.Type || got.Title != test.want.Title || got.Version != test.want.Version || !slices.Equal(got.Messages, test.want.Messages) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestImperfectDocumentsAreKeptWithMessages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, message string }{
		"no paths":          {"openapi: 3.0.0\ninfo: {title: Flights, version: 1.0.0}\n", "paths"},
		"no info version":   {"openapi: 3.0.0\ninfo: {title: Flights}\npaths: {}\n", "version"},
		"dangling ref":      {"openapi: 3.0.0\ninfo: {title: F, version: '1'}\npaths:\n  /f:\n    get:\n      responses:\n        '200': {$ref: '#/components/responses/Gone'}\n", "Gone"},
		"ref to elsewhere":  {"openapi: 3.0.0\ninfo: {title: F, version: '1'}\npaths:\n  /f: {$ref: 'http://127.0.0.1:1/paths.yaml'}\n", "disallowed external reference"},
		"ref to a file":     {"openapi: 3.0.0\ninfo: {title: F, version: '1'}\npaths:\n  /f: {$ref: '../inspect.go'}\n", "disallowed external reference"},
		"wrong type":        {`{"openapi":"3.0.0","info":{"title":"F","version":"1"},"paths":[]}`, "paths"},
		"OpenAPI 2 no info": {`{"swagger":"2.0","paths":{}}`, "info is missing."},
		"null path item":    {"swagger: '2.0'\ninfo: {title: F, version: '1'}\npaths: {/f: null}\n", "could not be validated"},
		"AsyncAPI no info":  {`{"asyncapi":"2.0.0","channels":{}}`, "info is missing, or not an object."},
		"AsyncAPI channels": {`{"asyncapi":"2.0.0","info":{"title":"E","version":"1"},"channels":[]}`, "channels must be an object."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := openapi.Inspect([]byte(test.content))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(got.Messages, func(m string) bool { return strings.Contains(m, test.message) }) {
				t.Errorf("no message about %q in %q", test.message, got.Messages)
			}
		})
	}
}

func TestUnreadableDocumentsAreRefusedByLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content string
		line    int
		reason  string
	}{
		"empty":             {" \n", 0, "empty"},
		"only a comment":    {"# nothing\n", 0, "empty"},
		"JSON cut short":    {"{\n\"openapi\": \"3.0.0\",\n\"info\": {", 3, "missing"},
		"JSON stray comma":  {"{\n\"openapi\": \"3.0.0\",\n}", 3, "malformed"},
		"JSON goes on":      {"{\"openapi\":\"3.0.0\"}\n\n}", 3, "after the end"},
		"YAML bad indent":   {"openapi: 3.0.0\ninfo:\n  title: a\n version: b\n", 4, "malformed"},
		"YAML unclosed":     {"openapi: 3.0.0\ninfo: {title: a\n", 2, "malformed"},
		"YAML duplicate":    {"openapi: 3.0.0\nopenapi: 3.0.1\n", 2, "there twice"},
		"YAML no anchor":    {"openapi: 3.0.0\ninfo: *nowhere\n", 2, "no anchor"},
		"YAML self alias":   {"openapi: 3.0.0\ninfo: &a\n  more: *a\n", 3, "part of"},
		"a list":            {"- openapi\n", 1, "not an object"},
		"a scalar":          {"openapi", 1, "not an object"},
		"another format":    {"kind: Deployment\n", 0, "neither OpenAPI nor AsyncAPI"},
		"unknown version":   {"openapi: 4.0.0\n", 0, "[4.0.0]"},
		"version is a list": {"openapi: [3]\n", 0, "[]"},
		"invalid UTF-8":     {"openapi: 3.0.0\ninfo:\n  title: \xff\n", 3, "UTF-8"},
		"NUL":               {"openapi: 3.0.0\n\x00", 2, "NUL"},
		"too large":         {strings.Repeat(" ", openapi.MaxSize) + "{}", 0, "10 MiB"},
		"deep JSON":         {`{"a":` + strings.Repeat("[", 5000), 1, "levels deep"},
		"deep flow YAML":    {"a: " + strings.Repeat("[", 5000), 1, "levels deep"},
		"deep dashes":       {strings.Repeat("- ", 5000) + "a\n", 1, "levels deep"},
		"deep indentation":  {deepIndent(300), 301, "levels deep"},
		"many members":      {manyMembers(), 10_001, "more than 10000 members"},
		"list as a name":    {"? [a, b]\n: c\n", 2, "malformed"},
		"alias as a name":   {"a: &a b\n*a : c\n", 2, "plain text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := openapi.Inspect([]byte(test.content))
			parse, ok := errors.AsType[*openapi.ParseError](err)
			if !ok {
				t.Fatalf("got %+v and error %v", got, err)
			}
			if !strings.Contains(parse.Reason, test.reason) {
				t.Errorf("reason %q does not say %q", parse.Reason, test.reason)
			}
			if name != "deep indentation" && parse.Line != test.line {
				t.Errorf("line %d, want %d (%s)", parse.Line, test.line, parse.Reason)
			}
		})
	}
}

func manyMembers() string {
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}

func deepIndent(levels int) string {
	var b strings.Builder
	for i := range levels {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat("  ", i))
	}
	return b.String() + strings.Repeat("  ", levels) + "a: b\n"
}

func TestAliasBombIsRefusedQuickly(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), i-1)
	}
	began := time.Now()
	_, err := openapi.Inspect([]byte(bomb.String()))
	if parse, ok := errors.AsType[*openapi.ParseError](err); !ok || !strings.Contains(parse.Reason, "aliases") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\ninfo: {title: F, version: '1'}\npaths:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  /p%d: {get: {}}\n", i)
	}
	got, err := openapi.Inspect([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Messages) == 0 || len(got.Messages) > 50 {
		t.Errorf("%d messages", len(got.Messages))
	}
	for _, m := range got.Messages {
		if len([]rune(m)) > 301 || strings.Contains(m, "\n") {
			t.Errorf("message is too long: %q", m)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, seed := range []string{
		`{"openapi":"3.0.3","info":{"title":"Flights","version":"1.2.0"},"paths":{"/a":{"get":{"responses":{"200":{"description":"x"}}}}}}`,
		"openapi: 3.1.0\ninfo: {title: a, version: 1.0}\npaths:\n  /a: &a {get: {responses: {200: {description: |\n   x}}}}\n  /b: *a\n",
		"swagger: '2.0'\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {parameters: [{in: body, name: b, schema: {type: object}}], responses: {}}}}\n",
		"asyncapi: 2.6.0\ninfo: {title: a, version: 1}\nchannels: {}\n", "? a\n: b", "- - a", "a: !!str 1", "<<: {a: b}", "%YAML 1.2\n---\na: .inf\n", "{", "[[", "a: 'b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		doc, err := openapi.Inspect(content)
		if err != nil {
			lines := bytes.Count(content, []byte("\n")) + bytes.Count(content, []byte("\r")) + 1
			if parse, ok := errors.AsType[*openapi.ParseError](err); !ok || parse.Reason == "" || parse.Line < 0 || parse.Line > lines+1 {
				t.Errorf("unusable error %#v", err)
			}
			return
		}
		if doc.Type == "" || len(doc.Messages) > 50 {
			t.Errorf("unusable document %+v", doc)
		}
	})
}
