package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portico"
	"portico/sqlstore/migrations"
)

type sqliteEngine struct{}

// sqliteReaders is how many views run at once; there is always one writer.
const sqliteReaders = 8

// errFold is what came of giving SQLite, whose own lower() knows only ASCII,
// the folding of case that contains needs. The driver keeps one list for all
// databases and reads it, unlocked, whenever one of them connects: it is
// complete before anything runs.
var errFold = sqlite.RegisterDeterministicScalarFunction("portico_fold", 1,
	func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if s, ok := args[0].(string); ok {
			return cases.Lower(language.Und).String(s), nil // as ICU does for PostgreSQL
		}
		return args[0], nil
	})

// openSQLite opens the file that a DSN names after its scheme.
func (s *Store) openSQLite(ctx context.Context, rest string) error {
	s.engine = sqliteEngine{}
	path, query, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	path, err := url.PathUnescape(path)
	if err != nil || path == "" || strings.HasPrefix(path, ":memory:") {
		return portico.Errorf(portico.KindInvalid, "A SQLite store needs the path of a file, as in sqlite:portico.db.")
	}
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return portico.Errorf(portico.KindInvalid, "What follows the question mark is not a list of parameters.")
	}
	if errFold != nil {
		return errFold
	}
	// Made here and not by SQLite, so that nobody else can read it; SQLite
	// gives its two companion files the same rights.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return &portico.Error{Kind: portico.KindUnavailable, Err: err,
			Detail: "The store's file cannot be opened for writing. Check that its directory exists and that Portico may write there."}
	}
	if err := file.Close(); err != nil {
		return err
	}
	for key, value := range map[string]string{"_txlock": "immediate", "_busy_timeout": strconv.FormatInt(busyTimeout.Milliseconds(), 10), "_foreign_keys": "1",
		"_journal_mode": "WAL", "_synchronous": "FULL", "_dqs": "0"} {
		parameters.Set(key, value)
	}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: parameters.Encode()}
	if s.writes, err = sql.Open("sqlite", dsn.String()); err != nil {
		return err
	}
	s.writes.SetMaxOpenConns(1)
	if err := s.switchToWAL(ctx); err != nil { // before a reader comes
		return s.explain(ctx, err)
	}
	parameters.Set("_query_only", "1")
	dsn.RawQuery = parameters.Encode()
	if s.reads, err = sql.Open("sqlite", dsn.String()); err != nil {
		return err
	}
	s.reads.SetMaxOpenConns(sqliteReaders)
	s.reads.SetMaxIdleConns(sqliteReaders)
	return nil
}

// busyTimeout is how long a connection waits for another program's lock.
const busyTimeout = 5 * time.Second

// switchToWAL opens the first connection, which has the file keep a write-ahead
// log. Of programs that do so with a new file at the same moment SQLite refuses
// some at once, whatever _busy_timeout says: each waiting for the other would
// never end.
func (s *Store) switchToWAL(ctx context.Context) error {
	patience := time.NewTimer(busyTimeout)
	defer patience.Stop()
	for {
		err := s.writes.PingContext(ctx)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return err
		case <-time.After(rand.N(20 * time.Millisecond)):
		}
	}
}

// isolation: SQLite knows only serializable transactions.
func (sqliteEngine) isolation(bool) sql.IsolationLevel { return sql.LevelDefault }

// ddl: the migrations are written in SQLite's words.
func (sqliteEngine) ddl(migration string) string { return migrations.Without("PostgreSQL", migration) }

// lock: every transaction that writes begins as the only one.
func (sqliteEngine) lock(context.Context, *sql.Tx, activity) error { return nil }

func (sqliteEngine) contains(expr, value string) string {
	return "instr(portico_fold(" + expr + "), portico_fold(" + value + ")) > 0"
}

func (sqliteEngine) members(shape shape, column string) string {
	if shape == listsByKey {
		return "json_each(" + column + ") AS entry, json_each(entry.value) AS member"
	}
	return "json_each(" + column + ") AS member"
}

func (sqliteEngine) position(expr, value string) string { return "instr(" + expr + ", " + value + ")" }

// holdingAll asks the index of trigrams. Words that are shorter than that are
// looked up as the beginning of one.
func (sqliteEngine) holdingAll(words []string, bind func(any) string) []string {
	var conditions, phrases []string
	for _, word := range words {
		if utf8.RuneCountInString(word) >= 3 {
			phrases = append(phrases, `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
			continue
		}
		conditions = append(conditions, "entry IN (SELECT doc FROM search_grams_terms WHERE term >= "+bind(word)+
			" AND term < "+bind(word+string(utf8.MaxRune))+")")
	}
	if len(phrases) > 0 {
		conditions = append(conditions, "entry IN (SELECT rowid FROM search_grams WHERE search_grams MATCH "+
			bind(strings.Join(phrases, " AND "))+")")
	}
	return conditions
}

// sqliteUnique finds the index, or else the columns, that SQLite names.
var sqliteUnique = regexp.MustCompile(`UNIQUE constraint failed: (?:index '(\w+)'|(\w+\.\w+(?:, \w+\.\w+)*))`)

func (sqliteEngine) classify(err error) fault {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return fault{}
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fault{class: unique, constraint: sqliteConstraint(e.Error())}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault{class: reference}
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault{class: unavailable, remedy: "The store's file is locked by another program. Stop that program, or try again when it is done."}
	case sqlite3.SQLITE_FULL:
		return fault{class: unavailable, remedy: "The disk of the store is full. Free some space and try again."}
	case sqlite3.SQLITE_READONLY:
		return fault{class: unavailable, remedy: "The store's file is read-only. Let Portico write to the file and to its directory."}
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return fault{class: unavailable, remedy: "The store's file cannot be opened. Check that it exists and that Portico may read and write it."}
	case sqlite3.SQLITE_IOERR:
		return fault{class: unavailable, remedy: "The disk of the store failed. Check the disk; restore a backup if the file is damaged."}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fault{class: unavailable, remedy: "The store's file is damaged or is not a SQLite database. Check the path, or restore a backup."}
	case sqlite3.SQLITE_TOOBIG:
		return fault{class: tooLarge}
	}
	return fault{}
}

// sqliteConstraint turns "portals.name" and "publications.api_id,
// publications.portal_id" into the names that PostgreSQL gives: portals_name_key.
func sqliteConstraint(message string) string {
	found := sqliteUnique.FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	if found[1] != "" {
		return found[1]
	}
	var name strings.Builder
	for i, qualified := range strings.Split(found[2], ", ") {
		table, column, _ := strings.Cut(qualified, ".")
		if i == 0 {
			name.WriteString(table)
		}
		name.WriteString("_" + column)
	}
	return name.String() + "_key"
}

// missing looks each reference up. The statement alone was undone: SQLite
// still answers within the transaction.
func (sqliteEngine) missing(ctx context.Context, tx *sql.Tx, _ error, table string, row map[string]any) string {
	keys := sqliteForeignKeys(ctx, tx, `SELECT "from", "table" FROM pragma_foreign_key_list($1)`, table)
	for _, key := range keys {
		value := row[key.column]
		if value == nil {
			continue
		}
		var found bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+key.table+" WHERE id = $1)", value).Scan(&found)
		if err == nil && !found {
			return key.column
		}
	}
	return ""
}

func (sqliteEngine) user(ctx context.Context, tx *sql.Tx, _ error, table, id string) string {
	keys := sqliteForeignKeys(ctx, tx, `SELECT f."from", m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND f."table" = $1 AND f.on_delete = 'NO ACTION' ORDER BY m.name`, table)
	for _, key := range keys {
		var found bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+key.table+" WHERE "+key.column+" = $1)", id).Scan(&found)
		if err == nil && found {
			return key.table
		}
	}
	return ""
}

type sqliteForeignKey struct{ column, table string }

func sqliteForeignKeys(ctx context.Context, tx *sql.Tx, query, table string) []sqliteForeignKey {
	rows, err := tx.QueryContext(ctx, query, table)
	if err != nil {
		return nil
	}
	defer rows.Close()
	var keys []sqliteForeignKey
	for rows.Next() {
		var key sqliteForeignKey
		if rows.Scan(&key.column, &key.table) == nil {
			keys = append(keys, key)
		}
	}
	if rows.Err() != nil {
		return nil
	}
	return keys
}
