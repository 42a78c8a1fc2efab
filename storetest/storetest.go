package storetest

import (
	"testing"

	"portico"
)

// Run tests a store. open gives a new, empty store each time, and closes it
// when the test that it was opened for ends.
func Run(t *testing.T, open func(t *testing.T) portico.Store) {
	t.Run("entities", func(t *testing.T) { t.Parallel(); testEntities(t, open) })
	t.Run("references", func(t *testing.T) { t.Parallel(); testReferences(t, open) })
	t.Run("lists", func(t *testing.T) { t.Parallel(); testLists(t, open) })
	t.Run("transactions", func(t *testing.T) { t.Parallel(); testTransactions(t, open) })
	t.Run("changes", func(t *testing.T) { t.Parallel(); testChanges(t, open) })
	t.Run("search", func(t *testing.T) { t.Parallel(); testSearch(t, open) })
	t.Run("usage", func(t *testing.T) { t.Parallel(); testUsage(t, open) })
	t.Run("concurrency", func(t *testing.T) { t.Parallel(); testConcurrency(t, open) })
}

func update(t *testing.T, store portico.Store, fn func(portico.Tx) error) {
	t.Helper()
	if err := store.Update(t.Context(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view(t *testing.T, store portico.Store, fn func(portico.Tx) error) {
	t.Helper()
	if err := store.View(t.Context(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

func wantKind(t *testing.T, what string, err error, kind portico.Kind) {
	t.Helper()
	if err == nil || portico.KindOf(err) != kind {
		t.Errorf("%s: error of kind %d expected, got %v", what, kind, err)
	}
}
