package content_test

import (
	"fmt"
	"strings"
	"testing"

	"portico"
	"portico/content"
)

// BenchmarkTree is what a visitor's view of the tree of 200 long pages takes.
func BenchmarkTree(b *testing.B) {
	p := newPress(b)
	text := strings.Repeat("A line of a long page.\n", 1000)
	for i := range 200 {
		p.page(b, fmt.Sprint("page", i), text)
	}
	for b.Loop() {
		_, err := p.Visitors.Pages(b.Context(), content.Visitor{Portal: p.portal.ID}, portico.ListQuery{})
		must(b, err)
	}
}
