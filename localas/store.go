package localas

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// store is the SQLite file: one connection that writes, a few that read.
type store struct {
	writer *sql.DB
	reader *sql.DB
}

// querier is what a statement needs, inside a transaction or outside.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// scanner is the part of *sql.Row and *sql.Rows that reads one row.
type scanner interface{ Scan(dest ...any) error }

// openStore opens dir/localas.db, which only its owner may read, and brings its
// schema up to date.
func openStore(ctx context.Context, dir string) (*store, error) {
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
	st := &store{}
	if st.writer, err = openSQLite(path, 1); err != nil {
		return nil, err
	}
	if st.reader, err = openSQLite(path, 4); err != nil {
		return nil, errors.Join(err, st.writer.Close())
	}
	if err := st.migrate(ctx); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
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

func (st *store) close() error { return errors.Join(st.reader.Close(), st.writer.Close()) }

// migrate applies the numbered files that the database has not seen, in order.
func (st *store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	return st.update(ctx, func(tx *sql.Tx) error {
		var done int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&done); err != nil {
			return err
		}
		if done > len(names) {
			return fmt.Errorf("localas: the database is of version %d, this program knows %d: run the newer program", done, len(names))
		}
		for i := done; i < len(names); i++ {
			text, err := migrations.ReadFile(names[i])
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

// update runs fn in the one writing transaction.
func (st *store) update(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := st.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// queryAll scans every row of a query.
func queryAll[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
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

// affected reports sql.ErrNoRows when a statement found nothing to change.
func affected(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return sql.ErrNoRows
}

// isDuplicate reports whether err is the violation of a UNIQUE constraint.
func isDuplicate(err error) bool {
	const unique, primaryKey = 2067, 1555 // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && (failure.Code() == unique || failure.Code() == primaryKey)
}

// jsonColumn stores a value as JSON text.
type jsonColumn[T any] struct{ value *T }

func asJSON[T any](value *T) jsonColumn[T] { return jsonColumn[T]{value} }

// Scan implements sql.Scanner.
func (c jsonColumn[T]) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("localas: JSON column holds %T", src)
	}
	return json.Unmarshal([]byte(text), c.value)
}

// timeColumn stores a time as microseconds since 1970.
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

func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // only types of this package come here
	}
	return string(text)
}
