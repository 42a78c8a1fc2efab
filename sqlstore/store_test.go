package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"portico"
	"portico/storetest"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("This is not a database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for dsn, want := range map[string]struct {
		kind portico.Kind
		says string
	}{
		"":                         {portico.KindInvalid, "postgres://"},
		"mysql://localhost/x":      {portico.KindInvalid, "postgres://"},
		"portico.db":               {portico.KindInvalid, "sqlite:PATH"},
		"sqlite:":                  {portico.KindInvalid, "path of a file"},
		"sqlite::memory:":          {portico.KindInvalid, "path of a file"},
		"file:%zz":                 {portico.KindInvalid, "path of a file"},
		"sqlite:x.db?a=%zz":        {portico.KindInvalid, "parameters"},
		"sqlite:" + dir:            {portico.KindUnavailable, "cannot be opened"},
		"sqlite:" + dir + "/no/db": {portico.KindUnavailable, "its directory exists"},
		"sqlite:" + text:           {portico.KindUnavailable, "not a SQLite database"},
		"postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=2":    {portico.KindUnavailable, "does not answer"},
		"postgres://u:hunter2@127.0.0.1:x/x":                      {portico.KindInvalid, "postgres://USER"},
		"postgresql://u:hunter2@127.0.0.1/x?connect_timeout=soon": {portico.KindInvalid, "postgres://USER"},
	} {
		store, err := Open(t.Context(), Config{DSN: dsn})
		if err == nil {
			store.Close()
		}
		if portico.KindOf(err) != want.kind || !strings.Contains(reasons(err), want.says) {
			t.Errorf("%s gives %v", dsn, err)
		}
		if strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

// reasons is all that an error says.
func reasons(err error) string {
	said := fmt.Sprint(err)
	if e, ok := errors.AsType[*portico.Error](err); ok {
		said += fmt.Sprint(e.Invalid)
	}
	return said
}

func TestOpenNoDatabase(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Config{DSN: strings.Replace(storetest.Postgres(t), "/portico_test_", "/portico_none_", 1)})
	if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a database that is not there gives %v", err)
	}
}

func TestSQLiteFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b?c#d%20é")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	escaped := strings.NewReplacer("%", "%25", "?", "%3F").Replace(filepath.Join(dir, "portico.db"))
	for _, dsn := range []string{"sqlite:" + escaped, "file:" + escaped, "sqlite://" + escaped} {
		store := openAt(t, dsn)
		if err := store.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		for query, want := range map[string]string{"PRAGMA journal_mode": "wal", "PRAGMA foreign_keys": "1", "PRAGMA synchronous": "2"} {
			if got := texts(t, store.writes, query); got[0] != want {
				t.Errorf("%s is %s", query, got[0])
			}
		}
		if _, err := store.reads.Exec("DELETE FROM meta"); err == nil {
			t.Error("a reader could write")
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 { // the file, its log and its index
		t.Errorf("the files are %v, %v", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestSQLiteFull: a disk that is full is reported as such, and nothing is kept.
func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	store := openAt(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
	w, ctx := storetest.Seed(t, store), t.Context()
	limit := texts(t, store.writes, "PRAGMA page_count")
	if _, err := store.writes.Exec("PRAGMA max_page_count = " + limit[0]); err != nil {
		t.Fatal(err)
	}
	grow := func(tx portico.Tx) error {
		_, err := tx.Versions().Change(ctx, w.Version.ID, func(v *portico.Version) error {
			v.Content = strings.Repeat("x", 1<<20)
			return nil
		})
		return err
	}
	err := store.Update(ctx, grow)
	if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "full") || !strings.Contains(err.Error(), "Nothing was changed") {
		t.Errorf("a full disk gives %v", err)
	}
	if _, err := store.writes.Exec("PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(ctx, grow); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestSQLiteLocked(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "portico.db")
	store, other := openAt(t, dsn), openAt(t, dsn)
	if _, err := other.writes.Exec("PRAGMA busy_timeout = 10"); err != nil {
		t.Fatal(err)
	}
	err := store.Update(t.Context(), func(portico.Tx) error {
		err := other.Update(t.Context(), func(portico.Tx) error { return nil })
		if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "locked by another program") {
			t.Errorf("a locked file gives %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store := openAt(t, dsn)
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		expired, stop := context.WithTimeout(t.Context(), 0)
		defer stop()
		nothing := func(portico.Tx) error { return nil }
		for _, run := range []func(context.Context, func(portico.Tx) error) error{store.View, store.Update} {
			if err := run(cancelled, nothing); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			if err := run(expired, nothing); portico.KindOf(err) != portico.KindUnavailable {
				t.Errorf("expired: %v", err)
			}
		}
	})
}

// TestPostgresGoesAway: a session that the server ends is one failed
// transaction; the next has a connection again.
func TestPostgresGoesAway(t *testing.T) {
	t.Parallel()
	store := openAt(t, storetest.Postgres(t))
	other := openAt(t, storetest.Postgres(t))
	w, ctx := storetest.Seed(t, store), t.Context()
	pid := func(inner portico.Tx) string {
		found, err := inner.(*tx).strings(ctx, "SELECT pg_backend_pid()::text")
		if err != nil {
			t.Fatal(err)
		}
		return found[0]
	}
	err := store.Update(ctx, func(tx portico.Tx) error {
		if _, err := other.writes.Exec("SELECT pg_terminate_backend(" + pid(tx) + ", 5000)"); err != nil {
			return err
		}
		_, err := tx.Users().ByID(ctx, w.User.ID)
		return err
	})
	if portico.KindOf(err) != portico.KindUnavailable {
		t.Errorf("a lost connection gives %v", err)
	}
	err = store.Update(ctx, func(tx portico.Tx) error {
		if err := tx.Sessions().Delete(ctx, w.Session.ID); err != nil { // nothing is written after it
			return err
		}
		_, err := other.writes.Exec("SELECT pg_terminate_backend(" + pid(tx) + ", 5000)")
		return err
	})
	if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "may or may not") {
		t.Errorf("a connection lost at the commit gives %v", err)
	}
	if err := store.Update(ctx, func(tx portico.Tx) error { return tx.Sessions().Delete(ctx, w.Session.ID) }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestClassifyPostgres(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]class{
		"40001": collision, "40P01": collision, "23505": unique, "23503": reference, "22021": badText, "54000": tooLarge,
		"53100": unavailable, "53300": unavailable, "25006": unavailable, "42501": unavailable, "55P03": unavailable,
		"57P01": unreachable, "08006": unreachable, "28P01": unavailable, "42601": defect,
	} {
		fault := postgresEngine{}.classify(fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code}))
		if fault.class != want || (want == unavailable || want == unreachable) == (fault.remedy == "") {
			t.Errorf("%s is %+v", code, fault)
		}
	}
	if fault := (postgresEngine{}).classify(driver.ErrBadConn); fault.class != unreachable {
		t.Errorf("a bad connection is %+v", fault)
	}
}

func TestSQLiteConstraintNames(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"constraint failed: UNIQUE constraint failed: portals.name (2067)":                                "portals_name_key",
		"constraint failed: UNIQUE constraint failed: publications.api_id, publications.portal_id (2067)": "publications_api_id_portal_id_key",
		"constraint failed: UNIQUE constraint failed: index 'apis_name_version_key' (2067)":               "apis_name_version_key",
		"something else": "",
	} {
		if got := sqliteConstraint(message); got != want {
			t.Errorf("%s gives %s", message, got)
		}
	}
}
