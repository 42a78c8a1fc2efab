package sqlstore

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"

	"portico/storetest"
)

// column is what both engines can tell of a column in the same words.
type column struct {
	kind     string
	required bool
}

const sqliteColumns = `SELECT m.name, c.name, lower(c.type), c."notnull" OR c.pk > 0
	FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'search_grams%'`

const postgresColumns = `SELECT table_name, column_name, data_type, is_nullable = 'NO'
	FROM information_schema.columns WHERE table_schema = current_schema()`

const sqliteIndexes = `SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'`

const postgresIndexes = `SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey'
	AND indexname <> 'search_entries_grams'`

const sqliteReferences = `SELECT m.name || '.' || f."from" || ' ' || f."table" || ' ' || lower(f.on_delete)
	FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`

const postgresReferences = `SELECT conrelid::regclass || '.' || a.attname || ' ' || confrelid::regclass || ' ' ||
	CASE confdeltype WHEN 'a' THEN 'no action' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE confdeltype::text END
	FROM pg_constraint JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = ANY (conkey) WHERE contype = 'f'`

// TestSchemas: both engines have the same tables, columns, indexes and
// references, and the descriptions name exactly those columns.
func TestSchemas(t *testing.T) {
	t.Parallel()
	lite, pg := openAt(t, "sqlite:"+t.TempDir()+"/portico.db"), openAt(t, storetest.Postgres(t))
	ours, theirs := columns(t, lite.reads, sqliteColumns), columns(t, pg.reads, postgresColumns)
	if !maps.Equal(ours, theirs) {
		for name := range ours {
			if ours[name] != theirs[name] {
				t.Errorf("%s is %+v in SQLite, %+v in PostgreSQL", name, ours[name], theirs[name])
			}
		}
		t.Errorf("SQLite has %d columns, PostgreSQL %d", len(ours), len(theirs))
	}
	for what, queries := range map[string][2]string{
		"indexes":    {sqliteIndexes, postgresIndexes},
		"references": {sqliteReferences, postgresReferences},
	} {
		a, b := texts(t, lite.reads, queries[0]), texts(t, pg.reads, queries[1])
		if len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%s of SQLite:\n%s\nof PostgreSQL:\n%s", what, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	}

	described := map[string]bool{}
	for _, d := range lite.schema.descriptions() {
		for i, c := range d.columns {
			described[d.name+"."+c] = true
			if (i == 0) != (c == "id") {
				t.Errorf("%s: the first column must be the id", d.name)
			}
		}
		for constraint := range d.unique {
			if !slices.Contains(texts(t, lite.reads, sqliteIndexes), constraint) {
				t.Errorf("%s has a sentence for %s, which does not exist", d.name, constraint)
			}
		}
	}
	for name := range ours {
		table, _, _ := strings.Cut(name, ".")
		own := slices.Contains([]string{"meta", "changes", "schema_migrations", "search_entries", "usage_counts", "credential_uses", "audit_entries"}, table)
		if described[name] == own {
			t.Errorf("%s is described: %t", name, described[name])
		}
	}
	for name := range described {
		if _, there := ours[name]; !there {
			t.Errorf("%s is described and does not exist", name)
		}
	}
}

// TestEveryTableDecidesWhatTheAuditLogTells, and names columns that it has.
func TestEveryTableDecidesWhatTheAuditLogTells(t *testing.T) {
	t.Parallel()
	for _, d := range newSchema().descriptions() {
		if d.audit.told == (d.audit.why != "") {
			t.Errorf("%s: say audit: told(NAME COLUMN) or untold(REASON)", d.name)
		}
		named := slices.Concat(d.audit.hidden, d.audit.quiet)
		if d.audit.name != "" {
			named = append(named, d.audit.name)
		}
		if d.audit.portal != "" && d.audit.portal != "portal_id" {
			named = append(named, d.audit.portal)
		}
		for _, column := range named {
			if !slices.Contains(d.columns, column) {
				t.Errorf("%s has no column %s", d.name, column)
			}
		}
	}
}

// TestUniqueConstraintsHaveSentences: whoever is refused learns why.
func TestUniqueConstraintsHaveSentences(t *testing.T) {
	t.Parallel()
	store := openAt(t, "sqlite:"+t.TempDir()+"/portico.db")
	unique := texts(t, store.reads, `SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE%'`)
	for _, d := range store.schema.descriptions() {
		unique = slices.DeleteFunc(unique, func(name string) bool { return d.unique[name] != "" })
	}
	if len(unique) != 0 {
		t.Errorf("no sentence for %v", unique)
	}
}

func openAt(t testing.TB, dsn string) *Store {
	t.Helper()
	store, err := Open(t.Context(), Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func columns(t *testing.T, db *sql.DB, query string) map[string]column {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]column{}
	for rows.Next() {
		var table, name string
		var c column
		if err := rows.Scan(&table, &name, &c.kind, &c.required); err != nil {
			t.Fatal(err)
		}
		switch c.kind { // SQLite's own words
		case "integer":
			c.kind = "bigint"
		case "blob":
			c.kind = "bytea"
		}
		found[table+"."+name] = c
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return found
}

func texts(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		found = append(found, s)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	slices.Sort(found)
	return found
}

// TestWhatIsSealedIsKnown: whatever is called sealed is sealed anew with a new
// key, but for what no key of the installation opens.
func TestWhatIsSealedIsKnown(t *testing.T) {
	t.Parallel()
	for _, d := range newSchema().descriptions() {
		for _, c := range d.columns {
			want := strings.HasPrefix(c, "sealed") && d.name != "handoffs"
			if slices.Contains(d.sealed, c) != want {
				t.Errorf("%s.%s: sealed is %v", d.name, c, !want)
			}
		}
	}
}
