package mgmtapi_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portico/mgmtapi"
	"portico/portalapi"
	"portico/spectest"
)

var braces = regexp.MustCompile(`\{[^}]*\}`)

// covers reports whether a gap speaks of an operation such as "GET /v3/x/{id}".
func covers(g mgmtapi.Gap, operation string) bool {
	_, path, _ := strings.Cut(braces.ReplaceAllString(operation, "*"), " ")
	return path == g.Path || strings.HasPrefix(path, g.Path+"/")
}

// TestContractIsServedOrListed holds that nothing of the contracts is missing
// by oversight.
func TestContractIsServedOrListed(t *testing.T) {
	t.Parallel()
	oracle := spectest.Management(t)
	if oracle == nil {
		t.Skip("the public contracts are not at hand")
	}
	served := map[string]bool{}
	for _, o := range mgmtapi.Operations() {
		served[o.Method+" "+braces.ReplaceAllString(o.Pattern, "*")] = true
	}
	used := map[string]bool{}
	for id, operation := range oracle.Operations() {
		if served[braces.ReplaceAllString(operation, "*")] {
			continue
		}
		listed := false
		for _, g := range mgmtapi.Gaps() {
			if covers(g, operation) {
				listed, used[g.Path] = true, true
			}
		}
		if !listed {
			t.Errorf("%s (%s) is neither served nor listed", operation, id)
		}
	}
	for _, g := range mgmtapi.Gaps() {
		if !used[g.Path] {
			t.Errorf("the gap %s is closed, or was never there", g.Path)
		}
	}
	for _, g := range mgmtapi.EmptyCollections() {
		if !served["GET "+g.Path] {
			t.Errorf("the list of %s is not served", g.Path)
		}
	}
}

// TestCompatibilityIsDocumented keeps docs/compatibility.md equal to the code.
func TestCompatibilityIsDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, o := range mgmtapi.Operations() {
		if !slices.ContainsFunc(mgmtapi.EmptyCollections(), func(g mgmtapi.Gap) bool { return covers(g, o.Method+" "+o.Pattern) }) {
			rows = append(rows, fmt.Sprintf("| `%s` | `%s` |\n", o.Method, o.Pattern))
		}
	}
	for _, o := range portalapi.Operations() {
		rows = append(rows, fmt.Sprintf("| `%s` | `%s` |\n", o.Method, o.Pattern))
	}
	for _, g := range mgmtapi.Gaps() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", g.Path, g.Reason))
	}
	for _, g := range mgmtapi.EmptyCollections() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", g.Path, g.Reason))
	}
	for _, o := range portalapi.ClassicOperations() {
		rows = append(rows, fmt.Sprintf("| `%s` | `%s` |\n", o.Method, o.Pattern))
	}
	for id, reason := range portalapi.ClassicNotOffered() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", id, reason))
	}
	for _, row := range rows {
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/compatibility.md lacks the row\n%s", row)
		}
	}
}
