package ledger_test

import (
	"testing"

	"portico/ledger"
)

// FuzzAnchor: what is read of a meta value survives being written and read again.
func FuzzAnchor(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"position":7,"previous":"a","signature":"b"}`, `{"position":"x"}`, "[", `{"position":-1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		anchor, err := ledger.ParseAnchor(value)
		if err != nil {
			return
		}
		again, err := ledger.ParseAnchor(anchor.String())
		if err != nil || again != anchor {
			t.Errorf("%q is read as %+v and then as %+v, %v", value, anchor, again, err)
		}
	})
}
