package usecasetest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"portico"
	"portico/keyring"
	"portico/sqlstore"
	"portico/storetest"
	"portico/usecase"
)

// IdPTimeout is how long a conversation with an identity provider may last.
const IdPTimeout = 10 * time.Second

// OnBoth runs a test on SQLite and on PostgreSQL. The package's TestMain has to
// be storetest.Main.
func OnBoth(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.Postgres(t))
	})
}

// SQLite is a database of the test's own.
func SQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "portico.db")
}

// Deps are what use cases need, on an empty database. There are no identity
// providers; mails and gateways are nobody's, and nothing is logged.
func Deps(t testing.TB, dsn string, now func() time.Time) usecase.Deps {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	if err != nil {
		t.Fatal(err)
	}
	return usecase.Deps{
		Store: store, Sealer: ring, Mailer: noMails{}, Flusher: noGateways{}, Logger: slog.New(slog.DiscardHandler), Now: now,
		Checkpoint: func(string) {}, IdPTimeout: IdPTimeout, PortalDomain: "localhost", PortalURL: func(domain string) string { return "https://" + domain },
	}
}

type noMails struct{}

func (noMails) Send(context.Context, portico.Message) error { return nil }

type noGateways struct{}

func (noGateways) Flush(context.Context) error { return nil }
