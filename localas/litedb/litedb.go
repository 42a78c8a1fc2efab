package litedb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// DB is the SQLite file: one connection that writes, a few that read.
type DB struct {
	writer *sql.DB
	reader *sql.DB
}

// Reader answers queries outside a transaction.
func (db *DB) Reader() Querier { return db.reader }

// Querier is what a statement needs, inside a transaction or outside.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Scanner is the part of *sql.Row and *sql.Rows that reads one row.
type Scanner interface{ Scan(dest ...any) error }

// Open opens dir/localas.db, which only its owner may read, and brings its
// schema up to date with the numbered files of migrations.
func Open(ctx context.Context, dir string, migrations fs.FS) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("localas: create data directory: %w", err)
	}
	path := filepath.Join(dir, "localas.db")
	// SQLite gives its -wal and -shm files the mode of the main file.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("localas: create database file: %w", err)
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return nil, fmt.Errorf("localas: protect database file: %w", err)
	}
	db := &DB{}
	if db.writer, err = openSQLite(path, 1); err != nil {
		return nil, err
	}
	if db.reader, err = openSQLite(path, 4); err != nil {
		return nil, errors.Join(err, db.writer.Close())
	}
	if err := db.migrate(ctx, migrations); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func openSQLite(path string, connections int) (*sql.DB, error) {
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "secure_delete(1)",
	}}
	location := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, fmt.Errorf("localas: open database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

// Close closes the file.
func (db *DB) Close() error { return errors.Join(db.reader.Close(), db.writer.Close()) }

// migrate applies the numbered files that the database has not seen, in order.
func (db *DB) migrate(ctx context.Context, migrations fs.FS) error {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return err
	}
	return db.Update(ctx, func(tx *sql.Tx) error {
		var done int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&done); err != nil {
			return err
		}
		if done > len(names) {
			return fmt.Errorf("localas: the database is of version %d, this program knows %d: run the newer program", done, len(names))
		}
		for i := done; i < len(names); i++ {
			text, err := fs.ReadFile(migrations, names[i])
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("localas: migration %s: %w", names[i], err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(names)))
		return err
	})
}

// Update runs fn in the one writing transaction.
func (db *DB) Update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// QueryAll scans every row of a query.
func QueryAll[T any](ctx context.Context, q Querier, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Affected reports sql.ErrNoRows when a statement found nothing to change.
func Affected(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return sql.ErrNoRows
}

// IsDuplicate reports whether err is the violation of a UNIQUE constraint.
func IsDuplicate(err error) bool {
	const unique, primaryKey = 2067, 1555 // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && (failure.Code() == unique || failure.Code() == primaryKey)
}

type jsonColumn[T any] struct{ value *T }

// JSON scans a column of JSON text into value.
func JSON[T any](value *T) sql.Scanner { return jsonColumn[T]{value} }

// Scan implements sql.Scanner.
func (c jsonColumn[T]) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("localas: JSON column holds %T", src)
	}
	return json.Unmarshal([]byte(text), c.value)
}

// Time scans a column of microseconds since 1970 into value.
func Time(value *time.Time) sql.Scanner { return timeColumn{value} }

type timeColumn struct{ value *time.Time }

// Scan implements sql.Scanner.
func (c timeColumn) Scan(src any) error {
	micros, ok := src.(int64)
	if !ok {
		return fmt.Errorf("localas: time column holds %T", src)
	}
	*c.value = time.UnixMicro(micros).UTC()
	return nil
}

// ToJSON is the text that JSON scans.
func ToJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only types that marshal come here
	}
	return string(text)
}

// PrefixPattern is a LIKE pattern (with ESCAPE '\') for texts that start with q.
func PrefixPattern(q string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}

// OrAbsent turns the absence of a row into the error that says what is absent.
func OrAbsent(err, absent error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return absent
	}
	return err
}
