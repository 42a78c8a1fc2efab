package litedb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"portico/localas/litedb"
)

var (
	first  = fstest.MapFS{"1.sql": {Data: []byte(`CREATE TABLE thing (name TEXT PRIMARY KEY, made BIGINT, tags TEXT);`)}}
	second = fstest.MapFS{"1.sql": first["1.sql"], "2.sql": {Data: []byte(`INSERT INTO thing VALUES ('migrated', 0, '[]');`)}}
)

func open(t *testing.T, dir string, migrations fstest.MapFS) *litedb.DB {
	t.Helper()
	db, err := litedb.Open(t.Context(), dir, migrations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func insert(ctx context.Context, db *litedb.DB, name string) error {
	return db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO thing (name, made, tags) VALUES ($1, $2, $3)`,
			name, time.UnixMicro(1_234_567).UnixMicro(), litedb.ToJSON([]string{"a", "b"}))
		return err
	})
}

func names(t *testing.T, db *litedb.DB, pattern string) []string {
	t.Helper()
	all, err := litedb.QueryAll(t.Context(), db.Reader(), func(row litedb.Scanner) (name string, err error) {
		return name, row.Scan(&name)
	}, `SELECT name FROM thing WHERE name LIKE $1 ESCAPE '\' ORDER BY name`, pattern)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestMigrationsRunOnceAndOnlyForwards(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "odd name #1 ?")
	if got := names(t, open(t, dir, first), "%"); len(got) != 0 {
		t.Errorf("fresh: %v", got)
	}
	for range 2 {
		if got := names(t, open(t, dir, second), "%"); len(got) != 1 {
			t.Errorf("migrated: %v", got)
		}
	}
	if _, err := litedb.Open(t.Context(), dir, first); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("an older program: %v", err)
	}
	broken := fstest.MapFS{"1.sql": first["1.sql"], "2.sql": second["2.sql"], "3.sql": {Data: []byte(`CREATE TABLE half (a); nonsense`)}}
	if _, err := litedb.Open(t.Context(), dir, broken); err == nil || !strings.Contains(err.Error(), "3.sql") {
		t.Errorf("a broken migration: %v", err)
	}
	open(t, dir, second)
	if info, err := os.Stat(filepath.Join(dir, "localas.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), first)
	failure := errors.New("change of mind")
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO thing (name) VALUES ('half')`); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) || len(names(t, db, "%")) != 0 {
		t.Errorf("%v, %v", err, names(t, db, "%"))
	}
	if err := insert(t.Context(), db, "one"); err != nil {
		t.Fatal(err)
	}
	if err := insert(t.Context(), db, "one"); !litedb.IsDuplicate(err) {
		t.Errorf("a duplicate: %v", err)
	}
	if litedb.IsDuplicate(failure) || litedb.IsDuplicate(nil) {
		t.Error("not every error is a duplicate")
	}
	err = db.Update(t.Context(), func(tx *sql.Tx) error {
		return litedb.Affected(tx.ExecContext(t.Context(), `DELETE FROM thing WHERE name = 'nobody'`))
	})
	if !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("nothing to delete: %v", err)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), first)
	if err := insert(t.Context(), db, "one"); err != nil {
		t.Fatal(err)
	}
	var made time.Time
	var tags []string
	row := db.Reader().QueryRowContext(t.Context(), `SELECT made, tags FROM thing`)
	if err := row.Scan(litedb.Time(&made), litedb.JSON(&tags)); err != nil {
		t.Fatal(err)
	}
	if made.UnixMicro() != 1_234_567 || made.Location() != time.UTC || len(tags) != 2 {
		t.Errorf("%v, %v", made, tags)
	}
	row = db.Reader().QueryRowContext(t.Context(), `SELECT tags, made FROM thing`)
	if err := row.Scan(litedb.Time(&made), litedb.JSON(&tags)); err == nil {
		t.Error("columns of the wrong kind were read")
	}
}

func TestPrefixPattern(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), first)
	for _, name := range []string{"100% sure", "1000", `back\slash`, "under_score", "underscore"} {
		if err := insert(t.Context(), db, name); err != nil {
			t.Fatal(err)
		}
	}
	for q, want := range map[string]int{"": 5, "100%": 1, "100": 2, `back\`: 1, "under_": 1, "under": 2, "x": 0} {
		if got := names(t, db, litedb.PrefixPattern(q)); len(got) != want {
			t.Errorf("%q finds %v", q, got)
		}
	}
}
