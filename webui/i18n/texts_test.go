package i18n_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/webui/i18n"
)

var (
	keyForm     = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9][a-z0-9_-]*)+$`)
	placeholder = regexp.MustCompile(`{{\.([A-Z]\w*)}}`)
	braces      = regexp.MustCompile(`{{.*?}}`)
)

// forms are a text's plural forms; a text without has "other" alone.
type forms map[string]string

func (f *forms) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*f = forms{"other": one}
		return nil
	}
	return json.Unmarshal(data, (*map[string]string)(f))
}

// placeholders are the names in all forms of a text.
func (f forms) placeholders() []string {
	found := map[string]bool{}
	for _, text := range f {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			found[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// texts reads what lies in locales for a language.
func texts(t *testing.T, lang string) map[string]forms {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("locales", lang, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts in %s: %v", lang, err)
	}
	all := map[string]forms{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var own map[string]forms
		if err := json.Unmarshal(data, &own); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		area := strings.TrimSuffix(filepath.Base(name), ".json")
		for key, f := range own {
			if !keyForm.MatchString(key) || !strings.HasPrefix(key, area+".") {
				t.Errorf("%s: the key %q has not the form %s.thing", name, key, area)
			}
			all[key] = f
		}
		if got := keys(t, data); len(got) != len(own) {
			t.Errorf("%s: %d keys, of which %d differ: one is there twice", name, len(got), len(own))
		}
	}
	return all
}

// keys are the keys of an object as they stand, one that is there twice too.
func keys(t *testing.T, data []byte) []string {
	t.Helper()
	var out []string
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, key.(string))
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// plurals are the forms that a language's plural texts have.
var plurals = map[string][]string{"en": {"one", "other"}, "ja": {"other"}}

func TestTextsAreComplete(t *testing.T) {
	t.Parallel()
	all := map[string]map[string]forms{}
	for _, l := range i18n.Languages() {
		all[l.Tag] = texts(t, l.Tag)
	}
	for lang, own := range all {
		for other, theirs := range all {
			for key := range theirs {
				if _, ok := own[key]; !ok {
					t.Errorf("%s: %s is missing; %s has it", lang, key, other)
				}
			}
		}
		for key, f := range own {
			checkForms(t, lang, key, f)
			if want := all["en"][key].placeholders(); !slices.Equal(f.placeholders(), want) {
				t.Errorf("%s: %s has the placeholders %v, the English text %v", lang, key, f.placeholders(), want)
			}
		}
	}
	for key, f := range all["en"] {
		_, plural := f["one"]
		if counts := slices.Contains(f.placeholders(), "Count"); counts != plural {
			t.Errorf("en: %s: Count and plural forms belong together", key)
		}
	}
}

func checkForms(t *testing.T, lang, key string, f forms) {
	t.Helper()
	got := slices.Sorted(maps.Keys(f))
	if !slices.Equal(got, []string{"other"}) && !slices.Equal(got, plurals[lang]) {
		t.Errorf("%s: %s has the forms %v, wants %v", lang, key, got, plurals[lang])
	}
	for _, text := range f {
		if strings.TrimSpace(text) == "" || strings.TrimSpace(text) != text {
			t.Errorf("%s: %s is empty, or begins or ends with a space: %q", lang, key, text)
		}
		for _, b := range braces.FindAllString(text, -1) {
			if !placeholder.MatchString(b) {
				t.Errorf("%s: %s holds %s; a placeholder is {{.Name}}", lang, key, b)
			}
		}
	}
}

// latin are the words that stay as they are in Japanese: names, terms of
// protocols, units, and the labels that the documents in Japanese keep.
const latin = `QR 
	API APIs APIキー App Apps Client ID ID. secret OpenID Connect OAuth OIDC DCR SSO SAML JWT JWK JSON YAML XML HTML HTTP HTTPS TLS URL URI CSV CSS SVG PNG
	Basic Bearer Session Cookie curl JavaScript Python Go Node Markdown Swagger UI OpenAPI AsyncAPI GraphQL REST gRPC
	Webhook NDJSON https CEF ArcSight CPS CrowdStrike
	Portico portico rekey Okta Auth0 Entra Azure Curity Keycloak Kong Konnect GitHub Google
	Consumer My New Use Application Create Proceed Credentials Credential Revoke this Auth Strategy
	Secret regenerate
	GET POST PUT PATCH DELETE HEAD OPTIONS TRACE Authorization Content Type Accept Host Location
	UTC C V ms s min kB MB GB p50 p95 p99 Ctrl K Cmd Esc Enter Tab IP DNS PDF OK env n v
	client credentials grant token refresh authorization code redirect scope scopes openid email profile revoke
	id aud iss exp sub iat nbf RFC TTL JWKS PKCE UUID Base64 base64 header query path body cookie cors CORS CSP WWW
	anyOf oneOf allOf not null true false string number integer boolean array object enum const required deprecated
	English app clientId cid Security Tokens Servers connect team payments apikey JPEG GIF WebP ICO v2 RBAC
`

var (
	word     = regexp.MustCompile(`[A-Za-z][A-Za-z0-9'’]*`)
	code     = regexp.MustCompile("`[^`]*`")
	examples = regexp.MustCompile(`\S*(@|://|\.(com|example|org|json|yaml|yml|env|md))\S*|/[a-z]\S*|\S*_\S*`)
	japanese = regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}]`)
)

func TestJapaneseIsJapanese(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{}
	for _, w := range strings.Fields(latin) {
		allowed[w] = true
	}
	english := texts(t, "en")
	for key, f := range texts(t, "ja") {
		for _, text := range f {
			bare := examples.ReplaceAllString(braces.ReplaceAllString(code.ReplaceAllString(text, ""), ""), "")
			var foreign []string
			for _, w := range word.FindAllString(bare, -1) {
				if !allowed[w] {
					foreign = append(foreign, w)
				}
			}
			if len(foreign) > 0 {
				t.Errorf("%s: %q is left in English: %q (a term that stays goes into the list of this test)", key, foreign, text)
			}
			if english := english[key]["other"]; len(word.FindAllString(bare, -1)) > 4 && !japanese.MatchString(bare) {
				t.Errorf("%s: not a word of Japanese: %q (English: %q)", key, text, english)
			}
		}
	}
}

// call is a place in the code that asks for a text.
type call struct {
	at, fn, key string
	names       []string
	known       bool // whether all names are literals
}

// inCode lists the calls for texts in the module's code with a literal key, and
// all string literals.
func inCode(t *testing.T) (calls []call, literals map[string]bool) {
	t.Helper()
	literals = map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, ok := literal(n); ok {
					literals[s] = true
				}
			case *ast.CallExpr:
				if c, ok := textCall(n, f.Name.Name); ok {
					c.at = set.Position(n.Pos()).String()
					calls = append(calls, c)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return calls, literals
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// textCall reads a call of T or N with a literal key.
func textCall(n *ast.CallExpr, pkg string) (call, bool) {
	var fn string
	switch f := n.Fun.(type) {
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "i18n" {
			fn = f.Sel.Name
		}
	case *ast.Ident:
		if pkg == "i18n" {
			fn = f.Name
		}
	}
	if (fn != "T" && fn != "N") || len(n.Args) < 2 {
		return call{}, false
	}
	key, ok := literal(n.Args[1])
	if !ok {
		return call{}, false
	}
	c := call{fn: fn, key: key, known: !n.Ellipsis.IsValid()}
	args := n.Args[2:]
	if fn == "N" {
		c.names, args = []string{"Count"}, n.Args[3:]
	}
	for i := 0; i < len(args); i += 2 {
		name, ok := literal(args[i])
		c.known = c.known && ok
		c.names = append(c.names, name)
	}
	c.names = slices.Compact(slices.Sorted(slices.Values(c.names)))
	return c, true
}

func TestCodeAndTextsAgree(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	calls, literals := inCode(t)
	if len(calls) == 0 {
		t.Fatal("found no call for a text")
	}
	for _, c := range calls {
		f, ok := english[c.key]
		if !ok {
			t.Errorf("%s: there is no text %s", c.at, c.key)
			continue
		}
		if _, plural := f["one"]; plural != (c.fn == "N") {
			t.Errorf("%s: %s is asked for with %s, but has the forms %v", c.at, c.key, c.fn, slices.Sorted(maps.Keys(f)))
		}
		if want := f.placeholders(); c.known && !slices.Equal(c.names, want) {
			t.Errorf("%s: %s is given %v, its placeholders are %v", c.at, c.key, c.names, want)
		}
	}
	for key := range english {
		if !used(key, literals) {
			t.Errorf("%s: nobody asks for this text", key)
		}
	}
}

// used reports whether a literal is the key, or its beginning up to a dot or an
// underscore, behind which code adds the rest.
func used(key string, literals map[string]bool) bool {
	if literals[key] {
		return true
	}
	for i, r := range key {
		if (r == '.' || r == '_') && literals[key[:i+1]] {
			return true
		}
	}
	return false
}
