package reference_test

import (
	"errors"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"portico/openapi"
	"portico/webui/i18n"
	"portico/webui/reference"
)

const flights = `openapi: 3.1.0
info: {title: Flights, version: 1.2.0, description: "# Flights\nFinds *flights*. <script>alert(1)</script>"}
servers: [{url: "https://{region}.example.com/v1", variables: {region: {default: eu}}}]
security: [{token: [read]}]
tags: [{name: Search, description: Looks for flights.}]
paths:
  /flights/{id}:
    parameters: [{name: id, in: path, required: true, description: Its id., schema: {type: string, format: uuid}}]
    get:
      operationId: getFlight
      tags: [Search]
      parameters:
        - {name: lang, in: query, required: true, schema: {type: string, enum: [en, ja], default: en}}
        - {$ref: '#/components/parameters/Trace'}
      responses:
        '200': {description: The flight., content: {application/json: {schema: {$ref: '#/components/schemas/Flight'}}}}
        '404': {description: No such flight.}
    put:
      summary: Replace it
      deprecated: true
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Flight'}}}}
      responses: {'204': {description: Done.}}
  /health:
    get: {security: [], responses: {'200': {description: Well.}}}
components:
  parameters: {Trace: {name: X-Trace, in: header, schema: {type: string}}}
  securitySchemes: {token: {type: oauth2, flows: {}}, key: {type: apiKey, in: query, name: apikey}}
  schemas:
    Flight:
      allOf:
        - {$ref: '#/components/schemas/Named'}
        - type: object
          required: [stops]
          properties:
            stops: {type: array, minItems: 1, items: {$ref: '#/components/schemas/Stop'}}
            next: {$ref: '#/components/schemas/Flight'}
            price: {type: [number, 'null'], minimum: 0}
            gate: {anyOf: [{type: string, description: A letter.}, {type: 'null'}]}
            secret: {type: string, writeOnly: true}
            made: {type: string, format: date-time, readOnly: true}
    Named: {type: object, required: [name], properties: {name: {type: string, description: What it's called., example: NH 1}}}
    Stop: {oneOf: [{title: Airport, type: object, properties: {iata: {type: string, pattern: '^[A-Z]{3}$'}}}, {title: City, type: object, properties: {city: {type: string}}}]}
`

func read(t testing.TB, content string) *reference.Document {
	t.Helper()
	d, err := reference.Read([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func operation(t testing.TB, d *reference.Document, id string) reference.Operation {
	t.Helper()
	head, known := d.Operation(id)
	if !known {
		t.Fatalf("no operation %q", id)
	}
	return d.Detail(head, 100)
}

func TestOperations(t *testing.T) {
	t.Parallel()
	d := read(t, flights)
	if d.Title != "Flights" || d.Total != 3 || len(d.Tags) != 2 || d.Tags[0].Slug != "search" || d.Tags[1].Name != "" || d.Servers[0] != "https://eu.example.com/v1" {
		t.Errorf("read %+v", d.Tags)
	}
	get := operation(t, d, "getFlight")
	if get.Summary != "Get flight" || len(get.Parameters) != 3 || get.Parameters[0].In != "path" || get.Parameters[2].Name != "X-Trace" {
		t.Errorf("got %+v", get)
	}
	if put := operation(t, d, "put-flights-id"); !put.Deprecated || put.Body == nil || !put.Body.Required {
		t.Errorf("got %+v", put)
	}
	if len(get.Security) != 1 || get.Security[0][0].Kind != reference.Bearer || len(operation(t, d, "get-health").Security) != 0 {
		t.Errorf("security %+v", get.Security)
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	schema := operation(t, read(t, flights), "getFlight").Responses[0].Content[0].Schema
	fields := map[string]reference.Property{}
	for _, p := range schema.Properties {
		fields[p.Name] = p
	}
	if schema.Name != "Flight" || len(fields) != 7 || schema.Properties[0].Name != "name" || schema.Properties[1].Name != "stops" || !fields["name"].Required || !fields["stops"].Required {
		t.Fatalf("allOf became %+v", schema)
	}
	if stops := fields["stops"]; stops.Type != "array of Stop" || stops.Items == nil || len(stops.Items.Variants) != 2 || stops.Items.Variants[1].Name != "City" || stops.Constraints[0] != "minItems 1" {
		t.Errorf("stops %+v", stops)
	}
	if next := fields["next"]; next.Link != "Flight" || !next.Leaf() {
		t.Errorf("what contains itself became %+v", next)
	}
	if price := fields["price"]; !price.Nullable || price.Type != "number" {
		t.Errorf("price %+v", price)
	}
	if gate := fields["gate"]; !gate.Nullable || gate.Type != "string" || gate.Description != "A letter." {
		t.Errorf("gate %+v", gate)
	}
}

func TestExamplesKnowTheirDirection(t *testing.T) {
	t.Parallel()
	d := read(t, flights)
	answer := operation(t, d, "getFlight").Responses[0].Content[0].Examples[0].Value
	sent := operation(t, d, "put-flights-id").Body.Content[0].Examples[0].Value
	if strings.Contains(answer, "secret") || !strings.Contains(answer, "made") || !strings.Contains(answer, "NH 1") {
		t.Errorf("answer %s", answer)
	}
	if !strings.Contains(sent, "secret") || strings.Contains(sent, "made") {
		t.Errorf("sent %s", sent)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	d := read(t, flights)
	for name, test := range map[string]struct {
		id     string
		caller reference.Caller
		want   []string // one for each language
	}{
		"bearer of the document": {"getFlight", reference.Caller{}, []string{
			`-H "Authorization: Bearer $TOKEN"`, `"Bearer " + os.environ["TOKEN"]`, `"Bearer " + process.env.TOKEN`, `"Bearer " + os.Getenv("TOKEN")`}},
		"address":        {"getFlight", reference.Caller{BaseURL: "http://localhost:8000/fly"}, []string{"'http://localhost:8000/fly/flights/5f9fd312-a987-4628-b4c5-bb4f4fddd5f7?lang=en'", "/fly/flights/", "/fly/flights/", "/fly/flights/"}},
		"client":         {"getFlight", reference.Caller{Auth: reference.Basic, ClientID: "0oa'1"}, []string{`-u "0oa'1:$CLIENT_SECRET"`, `auth=("0oa'1", os.environ["CLIENT_SECRET"])`, `btoa("0oa'1:" + process.env.CLIENT_SECRET)`, `req.SetBasicAuth("0oa'1", os.Getenv("CLIENT_SECRET"))`}},
		"key":            {"get-health", reference.Caller{Auth: reference.Key, KeyName: "apikey"}, []string{`-H "apikey: $API_KEY"`, `"apikey": os.environ["API_KEY"]`, `"apikey": process.env.API_KEY`, `req.Header.Set("apikey", os.Getenv("API_KEY"))`}},
		"a body":         {"put-flights-id", reference.Caller{}, []string{"--data-raw '{\n", `data="""{`, "body: `{", "strings.NewReader(`{"}},
		"nothing needed": {"get-health", reference.Caller{}, []string{"curl 'https://eu.example.com/v1/health'", "import requests", "fetch(", "http.NewRequest("}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			samples := d.Request(operation(t, d, test.id), test.caller).Samples()
			for i, want := range test.want {
				if !strings.Contains(samples[i].Code, want) {
					t.Errorf("%s lacks %s:\n%s", samples[i].Label, want, samples[i].Code)
				}
			}
			checkSyntax(t, samples)
		})
	}
}

// checkSyntax has the samples parsed in their languages, where the machine
// knows them.
func checkSyntax(t *testing.T, samples []reference.Sample) {
	t.Helper()
	if _, err := parser.ParseFile(token.NewFileSet(), "", samples[3].Code, 0); err != nil {
		t.Errorf("Go: %v\n%s", err, samples[3].Code)
	}
	for i, command := range [][]string{{"bash", "-n", "-c"}, {"python3", "-c", "import ast, sys; ast.parse(sys.argv[1])"}} {
		if _, err := exec.LookPath(command[0]); err != nil {
			continue
		}
		if out, err := exec.Command(command[0], append(command[1:], samples[i].Code)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %s\n%s", command[0], out, samples[i].Code)
		}
	}
}

func TestOpenAPI2IsConverted(t *testing.T) {
	t.Parallel()
	d := read(t, `{"swagger":"2.0","info":{"title":"Old","version":"1"},"host":"old.example.com","schemes":["https"],"basePath":"/v0",
		"paths":{"/a":{"post":{"operationId":"makeA","parameters":[{"in":"body","name":"b","schema":{"type":"object","properties":{"c":{"type":"string"}}}}],"responses":{"200":{"description":"x"}}}}}}`)
	op := operation(t, d, "makeA")
	if op.Body == nil || op.Body.Content[0].Schema.Properties[0].Name != "c" || d.Request(op, reference.Caller{}).URL != "https://old.example.com/v0/a" {
		t.Errorf("got %+v", op)
	}
}

func TestOtherDocumentsAreReported(t *testing.T) {
	t.Parallel()
	if _, err := reference.Read([]byte(`{"asyncapi":"2.6.0","channels":{}}`)); !errors.Is(err, reference.ErrNotOpenAPI) {
		t.Errorf("got %v", err)
	}
	if _, err := reference.Read([]byte("a: [")); err == nil {
		t.Error("broken YAML is read")
	} else if _, is := errors.AsType[*openapi.ParseError](err); !is {
		t.Errorf("got %v", err)
	}
}

func TestIdentifiersAreUnique(t *testing.T) {
	t.Parallel()
	d := read(t, `{"openapi":"3.0.0","paths":{"/a":{"get":{"operationId":"x y"},"put":{"operationId":"x-y"}},"/main":{"get":{"operationId":"main"}},"/é":{"get":{"operationId":"<script>"}}}}`)
	for _, id := range []string{"x-y", "x-y-2", "main-operation", "script"} {
		if _, known := d.Operation(id); !known {
			t.Errorf("no operation %s", id)
		}
	}
}

// render makes a page and checks what holds for all of them.
func render(t testing.TB, p reference.Page, lang string) string {
	t.Helper()
	bundle, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := reference.View(p).Render(bundle.With(t.Context(), lang), &b); err != nil {
		t.Fatal(err)
	}
	checkHTML(t, b.String())
	return b.String()
}

func checkHTML(t testing.TB, page string) {
	t.Helper()
	ids, level := map[string]bool{}, 1
	for tokens := html.NewTokenizer(strings.NewReader(page)); tokens.Next() != html.ErrorToken; {
		token := tokens.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		if h := token.Data; len(h) == 2 && h[0] == 'h' && h[1] >= '1' && h[1] <= '6' {
			if next := int(h[1] - '0'); next > level+1 || next == 1 {
				t.Errorf("<%s> follows a heading of level %d", h, level)
			} else {
				level = next
			}
		}
		if token.Data == "script" || token.Data == "style" {
			t.Errorf("<%s> on the page", token.Data)
		}
		for _, a := range token.Attr {
			if a.Key == "id" && ids[a.Val] {
				t.Errorf("two elements with the id %q", a.Val)
			}
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("attribute %s", a.Key)
			}
			if a.Key == "id" {
				ids[a.Val] = true
			}
		}
	}
}

func TestView(t *testing.T) {
	t.Parallel()
	d := read(t, flights)
	p, found := d.Page(reference.Site{Path: "/apis/flights/reference", Try: func(id string) string { return "/apis/flights/try/" + id }}, "", 1)
	if !found {
		t.Fatal("no page")
	}
	page := render(t, p, "ja")
	for _, want := range []string{`id="getFlight"`, `href="#getFlight"`, "<em>flights</em>", "リクエストボディ", `href="/apis/flights/try/getFlight"`, `href="/apis/flights/reference?schema=Flight"`, "^[A-Z]{3}$"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	text := p.Text()
	for _, want := range []string{"# Flights 1.2.0", "`GET /flights/{id}`", "- `lang` (query): string, one of en, ja, required", "```bash\ncurl "} {
		if !strings.Contains(text, want) {
			t.Errorf("the Markdown lacks %s:\n%s", want, text)
		}
	}
	if _, found := d.Page(reference.Site{}, "none", 1); found {
		t.Error("an unknown tag has a page")
	}
	if _, found := d.Schema("Flight"); !found {
		t.Error("Flight has no page")
	}
}

// contracts are real documents of some size.
func contracts(t *testing.T) map[string][]byte {
	t.Helper()
	dir := os.Getenv("PORTICO_CONTRACTS")
	if dir == "" {
		t.Skip("PORTICO_CONTRACTS names no directory of OpenAPI documents")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no documents in %s: %v", dir, err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = content
	}
	return out
}

func TestLargeDocuments(t *testing.T) {
	t.Parallel()
	for name, content := range contracts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := reference.Read(content)
			if err != nil {
				t.Fatal(err)
			}
			tags := []string{""}
			if d.Paged() {
				tags = nil
				for _, tag := range d.Tags {
					tags = append(tags, tag.Slug)
				}
			}
			shown := 0
			for _, tag := range tags {
				for part, parts := 1, 1; part <= parts; part++ {
					began := time.Now()
					p, found := d.Page(reference.Site{Path: "/r"}, tag, part)
					if !found {
						t.Fatalf("no page %d of %q", part, tag)
					}
					parts = p.Parts
					page := render(t, p, "en")
					shown += strings.Count(page, `class="operation"`)
					if took := time.Since(began); took > 20*time.Second || len(page) > 12<<20 || len(p.Text()) == 0 {
						t.Errorf("page %q took %v and has %d bytes", tag, took, len(page))
					}
					t.Logf("%s %d: %v, %d KB", tag, part, time.Since(began), len(page)>>10)
				}
			}
			if shown != d.Total {
				t.Errorf("the pages show %d of %d operations", shown, d.Total)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(flights))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/a":{"$ref":"#/paths/~1a"},"/b":{"get":{"parameters":[{"$ref":"#/paths"}],"responses":{"200":{"content":{"a/b":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},"components":{"schemas":{"A":{"allOf":[{"$ref":"#/components/schemas/A"}],"items":{"$ref":"#/components/schemas/A"},"anyOf":[{"$ref":"#/components/schemas/A"}]}}}}`))
	f.Add([]byte(`{"swagger":"2.0","info":{},"paths":{"/a":{"get":{"responses":{}}}}}`))
	f.Add([]byte(`{"openapi":1,"tags":[1,{"name":"a"}],"servers":{},"paths":{"/":{"get":{"tags":["a"],"security":[{}, {"x":[1]}],"requestBody":{"content":{"x":{"examples":{"a":{"value":""}}}}}}}}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := reference.Read(content)
		if err != nil {
			return
		}
		for _, tag := range d.Tags {
			p, found := d.Page(reference.Site{Path: "/r"}, tag.Slug, 1)
			if !found {
				t.Fatalf("no page for the tag %q", tag.Slug)
			}
			render(t, p, "en")
			p.Text()
			for _, g := range p.Groups {
				for _, op := range g.Operations {
					for _, s := range d.Request(op, reference.Caller{}).Samples() {
						if s.Label == "Go" {
							if _, err := parser.ParseFile(token.NewFileSet(), "", s.Code, 0); err != nil && !strings.ContainsAny(s.Code, "\r\x00\ufeff") {
								t.Fatalf("%v\n%s", err, s.Code)
							}
						}
					}
				}
			}
		}
	})
}
