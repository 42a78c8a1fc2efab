package sqlstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"portico"
	"portico/sqlstore"
	"portico/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

func openSQLite(t testing.TB) *sqlstore.Store {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
}

func openPostgres(t testing.TB) *sqlstore.Store {
	t.Helper()
	return open(t, storetest.Postgres(t))
}

func open(t testing.TB, dsn string) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) portico.Store { return openSQLite(t) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) portico.Store { return openPostgres(t) })
}
