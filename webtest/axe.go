package webtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// axeVersion is the version that scripts/axe obtains.
const axeVersion = "4.14.1"

// Axe is the source of axe-core, which knows the rules of accessibility.
type Axe string

// LoadAxe reads axe-core from $AXE, or from where scripts/axe keeps it. Where
// it is neither there nor required the answer is empty, and Faults finds none.
func LoadAxe(t testing.TB) Axe {
	t.Helper()
	path := os.Getenv("AXE")
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(cache, "portico", "axe-core-"+axeVersion, "axe.min.js")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		if Required() {
			t.Fatalf("axe-core is required: run scripts/axe: %v", err)
		}
		t.Logf("without axe-core, which scripts/axe obtains: %v", err)
	}
	return Axe(source)
}

// rules are WCAG 2.0 to 2.2, levels A and AA, and what axe-core calls good.
const rules = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]`

// Faults are the violations that axe-core finds in what the tab shows.
func (a Axe) Faults(p *Page) []string {
	p.t.Helper()
	if a == "" {
		return nil
	}
	if !eval[bool](p, `typeof axe !== "undefined"`) {
		eval[bool](p, string(a)+"; true")
	}
	type node struct {
		Target         []any
		FailureSummary string
	}
	found := eval[[]struct {
		ID, Help, Impact string
		Nodes            []node
	}](p, `axe.run({runOnly: `+rules+`, resultTypes: ["violations"]}).then(r => r.violations)`)
	var faults []string
	for _, v := range found {
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			faults = append(faults, fmt.Sprintf("axe: %s (%s): %s (%d places): %v: %s", v.ID, v.Impact, v.Help, len(v.Nodes), n.Target,
				strings.Join(strings.Fields(n.FailureSummary), " ")))
		}
	}
	return faults
}
