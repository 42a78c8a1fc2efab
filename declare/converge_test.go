package declare_test

import (
	"strings"
	"testing"
)

// TestTheWorkedExampleConverges applies docs/coffee-shop.
func TestTheWorkedExampleConverges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	report := h.apply(t, "../docs/coffee-shop", options())
	for _, want := range []string{"+ API orders", "+ page home of portal Coffee Shop", "17 to create, 0 to change"} {
		if !strings.Contains(report, want) {
			t.Errorf("the plan does not say %q:\n%s", want, report)
		}
	}
	h.settled(t, "../docs/coffee-shop", options())

	dir, exported := h.export(t, "")
	h.settled(t, dir, options())
	other := newHouse(t)
	other.apply(t, dir, options())
	other.settled(t, dir, options())
	_, again := other.export(t, "")
	sameFiles(t, exported.Files, again.Files)
}
