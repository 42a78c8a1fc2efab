package sqlstore

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico"
	"portico/storetest"
)

// eachEngine runs a test on an empty database of both.
func eachEngine(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.Postgres(t))
	})
}

func TestMigrationsGoForward(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		store := openAt(t, dsn)
		steps := append(migrations(), migration{version: len(migrations()) + 1, name: "9999_next", checksum: "next",
			sql: "CREATE TABLE next (id TEXT NOT NULL PRIMARY KEY); INSERT INTO next (id) VALUES ('one');"})
		broken := append(steps[:len(steps):len(steps)], migration{version: len(steps) + 1, name: "broken", checksum: "broken",
			sql: "CREATE TABLE half (id TEXT); SELECT nonsense FROM nowhere;"})
		if err := store.migrate(ctx, broken); err == nil || !strings.Contains(err.Error(), "migration broken") {
			t.Errorf("a broken step gives %v", err)
		}
		if _, err := store.writes.ExecContext(ctx, "SELECT id FROM next"); err == nil {
			t.Error("a step before a broken one was kept")
		}
		for range 2 { // the second time there is nothing to do
			if err := store.migrate(ctx, steps); err != nil {
				t.Fatal(err)
			}
		}
		if got := texts(t, store.reads, "SELECT id FROM next"); len(got) != 1 {
			t.Errorf("the step was applied %d times", len(got))
		}

		_, err := Open(ctx, Config{DSN: dsn})
		if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "newer version of Portico") {
			t.Errorf("a newer database gives %v", err)
		}
		steps[0].checksum = "edited"
		if err := store.migrate(ctx, steps); err == nil || !strings.Contains(err.Error(), "not migrated by a release") {
			t.Errorf("an edited step gives %v", err)
		}
	})
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if err := Migrate(t.Context(), Config{DSN: dsn}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		store := openAt(t, dsn)
		if got := texts(t, store.reads, "SELECT name FROM schema_migrations"); len(got) != len(migrations()) {
			t.Errorf("applied: %v", got)
		}
	})
}

// TestStateOutlivesTheProgram: what was committed is there for the next one,
// under the same epoch.
func TestStateOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		var epochs [2]string
		var w storetest.World
		for i := range epochs {
			store, err := Open(ctx, Config{DSN: dsn})
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				w = storetest.Seed(t, store)
			}
			err = store.View(ctx, func(tx portico.Tx) error {
				if _, err := tx.Applications().ByID(ctx, w.Application.ID); err != nil {
					return err
				}
				epochs[i], err = tx.Meta(ctx, portico.MetaEpoch)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if epochs[0] != epochs[1] || !portico.IsID(epochs[0]) {
			t.Errorf("the epochs are %v", epochs)
		}
	})
}
