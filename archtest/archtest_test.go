package archtest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "portico"

// level is how high a package stands: it may import what stands strictly below.
// The drawing is in docs/architecture.md.
var level = map[string]int{
	"secret": 0, "lru": 0, "sqlstore/migrations": 0,
	"":      1, // the domain
	"oauth": 2, "snapshot": 2, "keyring": 2, "throttle": 2, "password": 2, "problem": 2, "openapi": 2, "usage": 2, "markdown": 2, "ledger": 2, "access": 2,
	"webui/i18n": 2,
	"declare":    3, "trial": 3,
	"idp":     3,
	"health":  4,
	"idp/dcr": 4,
	"plugin":  3, "enforce": 3,
	"mail": 3, "listing": 3, "httpkit": 3, "webui/design": 3,
	"sqlstore": 4, "compile": 4, "gateway": 4, "usecase": 4, "signon": 4, "webui/reference": 4, "webui/visit": 4,
	"idp/okta": 5, "configsync": 5,
	"idp/auth0":   5,
	"idp/azuread": 5,
	"handles":     5,
	"idp/rfc7591": 5,
	"idp/curity":  5,
	"hooks":       5,
	"doctor":      5,
	"inventory":   5,
	"setup":       5,
	"idp/bridge":  5,
	"routing":     5,
	"apipackages": 5,
	"developers":  5,
	"admins":      5,
	"content":     5,
	"analytics":   5,
	"overview":    5,
	"allowlist":   5,
	"mailroom":    5,
	"rekey":       5,
	"audit":       5,
	"dryrun":      5,
	"control":     6, "webui/figures": 6,
	"localas/dialect": 1, "localas/expression": 1, "localas/litedb": 1, "localas/ratelimit": 1,
	"localas/signing": 2, "localas/apitoken": 2, "localas/directory": 2, "localas/session": 2, "localas/faults": 2, "localas/signin": 3,
	"mgmtapi/route":          6,
	"mgmtapi/contentapi":     7,
	"mgmtapi/coreapi":        7,
	"mgmtapi/identityapi":    7,
	"mgmtapi/packageapi":     7,
	"mgmtapi/wire":           4,
	"mgmtapi/auditapi":       7,
	"mgmtapi/portaladminapi": 7,
	"mgmtapi":                8,
	"portalapi":              7,
	"localas":                7,
	"webui/page":             7,
	"webui/front":            7,
	"webui/desk":             7,
	"webui/apps":             8, "webui/catalog": 8,
	"webui/portal": 9, "webui/console": 9,
	"webui/console/appauth": 8, "webui/console/apis": 8, "webui/console/portals": 8, "webui/console/people": 8,
	"webui/console/operate": 8, "webui/console/settings": 8, "webui/console/signin": 8, "webui/console/gateways": 8, "webui/console/admins": 8,
	"app":         10,
	"demo":        11,
	"cmd/portico": 12,
}

// tests are packages that only tests import; they may import anything.
var tests = []string{"storetest", "idptest", "idptest/fakeas", "idptest/oidcprovider", "npmtest", "spectest", "archtest", "idp/dcr/dcrtest", "localas/localastest", "bench", "e2e", "usecase/usecasetest", "webtest", "webui/consoletest"}

// bans are arrows that point down and are wrong all the same.
var bans = []struct{ from, to, why string }{
	{"gateway", "", "the data plane runs alone: the compiled snapshot is all it knows"},
	{"gateway", "control", "a request at the gateway never touches the control plane"},
	{"gateway", "sqlstore", "a request at the gateway touches no database"},
	{"dryrun", "sqlstore", "use cases know the port, not the database behind it"},
	{"dryrun", "httpkit", "use cases know no HTTP"},
	{"setup", "idp", "use cases know the port, not a provider's dialect"},
	{"setup", "httpkit", "use cases know no HTTP"},
	{"enforce", "", "the data plane runs alone: the compiled snapshot is all it knows"},
	{"snapshot", "", "the compiled configuration is a contract of its own"},
	{"oauth", "", "the vocabulary of OAuth knows nothing of portals"},
	{"localas", "", "the built-in authorization server is just another identity provider, reached over HTTP"},
	{"localas", "idp/okta", "server and adapter share nothing, or they would agree on the same mistake"},
	{"usage", "", "the gateway counts, and the gateway knows nothing of portals"},
	{"declare", "", "files speak of resources of the management API, which is all it knows"},
	{"declare", "httpkit", "it is a client"},
	{"control", "sqlstore", "use cases know the port, not the database behind it"},
	{"control", "idp", "use cases know the port, not a provider's dialect"},
	{"control", "httpkit", "use cases know no HTTP"},
	{"control", "problem", "use cases know no HTTP"},
	{"control", "listing", "use cases know no HTTP"},
	{"sqlstore", "listing", "a store reads queries, not URLs"},
	{"mgmtapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi/contentapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi/coreapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi/coreapi", "snapshot", "what a gateway is told is compiled by control"},
	{"mgmtapi/identityapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi/packageapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi/auditapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi/portaladminapi", "sqlstore", "handlers go through use cases"},
	{"portalapi", "sqlstore", "handlers go through use cases"},
	{"mgmtapi", "snapshot", "what a gateway is told is compiled by control"},
}

type pkg struct {
	ImportPath string
	Dir        string
	Name       string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Imports", module+"/...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// inside is the path below the module; ok is false for foreign packages.
func inside(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from, _ := inside(p.ImportPath)
		if slices.Contains(tests, from) {
			continue
		}
		own, known := level[from]
		if !known {
			t.Errorf("package %s stands in no layer: give it one here and in docs/architecture.md", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			to, ours := inside(path)
			switch {
			case !ours:
				if from == "" || from == "secret" {
					if strings.Contains(strings.Split(path, "/")[0], ".") {
						t.Errorf("%s imports %s, but knows only the standard library", p.ImportPath, path)
					}
				}
			case slices.Contains(tests, to):
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, path)
			case level[to] >= own:
				t.Errorf("%s (layer %d) imports %s (layer %d): arrows point down", p.ImportPath, own, path, level[to])
			}
			for _, ban := range bans {
				if ours && ban.from == from && (ban.to == to) {
					t.Errorf("%s must not import %s: %s", p.ImportPath, path, ban.why)
				}
			}
		}
	}
}

// emptyWords name what a package is made of, never what it provides.
var emptyWords = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "types", "misc", "shared"}

func TestPackagesAreNamedAndDescribed(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if slices.Contains(emptyWords, p.Name) {
			t.Errorf("%s: the name says nothing", p.ImportPath)
		}
		if _, err := os.Stat(filepath.Join(p.Dir, "doc.go")); errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has no doc.go", p.ImportPath)
		}
	}
}

const (
	maxFile      = 600 // lines
	maxFunc      = 100 // lines
	maxInterface = 8   // methods
	maxPackage   = 5000
)

func TestBudgets(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		lines := 0
		for _, f := range sources(t, p.Dir) {
			n := f.set.Position(f.ast.FileEnd).Line
			lines += n
			if n > maxFile {
				t.Errorf("%s has %d lines, more than %d", f.name, n, maxFile)
			}
			checkSizes(t, f)
			checkState(t, f)
		}
		if lines > maxPackage {
			t.Errorf("%s has %d lines, more than %d", p.ImportPath, lines, maxPackage)
		}
	}
}

type source struct {
	name string
	set  *token.FileSet
	ast  *ast.File
}

func (s source) at(n ast.Node) string { return fmt.Sprint(s.set.Position(n.Pos())) }

func sources(t *testing.T, dir string) []source {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []source
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, source{name, set, f})
	}
	return out
}

func checkSizes(t *testing.T, f source) {
	t.Helper()
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if lines := f.set.Position(n.End()).Line - f.set.Position(n.Pos()).Line + 1; lines > maxFunc {
				t.Errorf("%s: %s has %d lines, more than %d", f.at(n), n.Name, lines, maxFunc)
			}
			if n.Name.Name == "init" && n.Recv == nil {
				t.Errorf("%s: init() hides an effect in an import; call it from app", f.at(n))
			}
		case *ast.InterfaceType:
			if n.Methods.NumFields() > maxInterface {
				t.Errorf("%s: an interface of %d methods, more than %d", f.at(n), n.Methods.NumFields(), maxInterface)
			}
		}
		return true
	})
}

// checkState finds package-level variables that a function assigns to.
func checkState(t *testing.T, f source) {
	t.Helper()
	global := map[string]bool{}
	for _, d := range f.ast.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					global[name.Name] = true
				}
			}
		}
	}
	for _, d := range f.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		own := declared(fn)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && a.Tok != token.DEFINE {
				for _, lhs := range a.Lhs {
					if id, ok := lhs.(*ast.Ident); ok && global[id.Name] && !own[id.Name] {
						t.Errorf("%s: assigns to the package's variable %s; state belongs in a value that somebody owns", f.at(a), id.Name)
					}
				}
			}
			return true
		})
	}
}

// declared are the names that a function declares itself.
func declared(fn *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	add := func(fields *ast.FieldList) {
		if fields != nil {
			for _, field := range fields.List {
				for _, name := range field.Names {
					own[name.Name] = true
				}
			}
		}
	}
	add(fn.Recv)
	add(fn.Type.Params)
	add(fn.Type.Results)
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, lhs := range n.Lhs {
					if id, ok := lhs.(*ast.Ident); ok {
						own[id.Name] = true
					}
				}
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		}
		return true
	})
	return own
}
