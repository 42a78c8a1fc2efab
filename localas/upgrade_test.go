package localas

import (
	"database/sql"
	"io/fs"
	"testing"
	"testing/fstest"

	"portico/localas/litedb"
)

// A directory of the version before people gets their tables, and the scope
// that asks for groups unless it has one.
func TestUpgradeKeepsServersAndScopes(t *testing.T) {
	t.Parallel()
	const first = "migrations/0001_initial.sql"
	text, err := fs.ReadFile(migrations, first)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	old, err := litedb.Open(t.Context(), dir, fstest.MapFS{"0001_initial.sql": {Data: text}})
	if err != nil {
		t.Fatal(err)
	}
	err = old.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `
			INSERT INTO auth_server VALUES (1, 'default', 'default', '', 'api://default', 'ACTIVE', 'AUTO', 0, 0), (2, 'ausOwn', 'own', '', 'own', 'ACTIVE', 'AUTO', 0, 0);
			INSERT INTO scope VALUES (1, 'scpOwn', 'ausOwn', 'groups', 'Mine', '', 'IMPLICIT', 'NO_CLIENTS', 0, 0, 0);
			INSERT INTO session VALUES (x'00', 9000000000000000);`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{Dir: dir, BaseURL: "http://localhost:1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for server, system := range map[string]bool{"default": true, "ausOwn": false} {
		scopes, err := s.scopes(t.Context(), server, "groups", everyScope)
		if err != nil || len(scopes) != 1 || scopes[0].System != system || len(scopes[0].ID) != 20 && system {
			t.Errorf("%s has %+v, %v", server, scopes, err)
		}
	}
	if _, known, err := s.people.Person(t.Context(), "nobody"); known || err != nil {
		t.Errorf("the directory: %v, %v", known, err)
	}
}
