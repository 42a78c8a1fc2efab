package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"portico"
	"portico/sqlstore/migrations"
)

// postgresEngine remembers the collation that folds case: the one of ICU,
// which knows all letters, or else the database's own.
type postgresEngine struct{ collation string }

// postgresConnections is how many transactions run at once.
const postgresConnections = 16

// connectTimeout bounds the opening of a connection, unless the DSN says
// otherwise (connect_timeout).
const connectTimeout = 5 * time.Second

func (s *Store) openPostgres(ctx context.Context, dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The cause is left out: it may repeat parts of the password.
		return portico.Errorf(portico.KindInvalid, "The address of a PostgreSQL store reads postgres://USER:PASSWORD@HOST:PORT/DATABASE.")
	}
	for name, value := range map[string]string{"application_name": "portico", "timezone": "UTC",
		"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"} {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout // else whatever accepts connections and says nothing is waited for
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	s.reads, s.writes, s.engine = db, db, postgresEngine{}
	// A pool of its own: whoever waits for a connection in the other one may
	// wait for the very transaction that needs this.
	s.heads = stdlib.OpenDB(*config)
	s.heads.SetMaxOpenConns(1)
	var icu bool
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu')").Scan(&icu)
	if err != nil {
		return s.explain(ctx, err)
	}
	s.engine = postgresEngine{collation: `"default"`}
	if icu {
		s.engine = postgresEngine{collation: `"und-x-icu"`}
	}
	return nil
}

func (postgresEngine) isolation(readOnly bool) sql.IsolationLevel {
	if readOnly {
		return sql.LevelRepeatableRead // one snapshot, and nothing to collide with
	}
	return sql.LevelSerializable
}

// ddl names what SQLite calls otherwise. Text is ordered byte by byte, as
// SQLite does, so that lists come in the same order from both.
func (postgresEngine) ddl(migration string) string {
	return strings.NewReplacer(
		"INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		" TEXT", ` TEXT COLLATE "C"`,
		" BLOB", " BYTEA",
	).Replace(migrations.Without("SQLite", migration))
}

// lock is given back after the commit can be seen. A version of the change log
// is taken under it; so no reader sees a version and, later, a lower one.
func (postgresEngine) lock(ctx context.Context, tx *sql.Tx, of activity) error {
	if of == migrating { // takes as long as it takes, and others wait for it
		for _, setting := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
			if _, err := tx.ExecContext(ctx, "SET LOCAL "+setting+" = 0"); err != nil {
				return err
			}
		}
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(of))
	return err
}

func (e postgresEngine) contains(expr, value string) string {
	return "strpos(lower(" + expr + " COLLATE " + e.collation + "), lower(" + value + "::text COLLATE " + e.collation + ")) > 0"
}

func (postgresEngine) position(expr, value string) string {
	return "strpos(" + expr + ", " + value + "::text)"
}

// holdingAll is written so that the index of trigrams applies where there is one.
func (postgresEngine) holdingAll(words []string, bind func(any) string) []string {
	conditions := make([]string, len(words))
	for i, word := range words {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word) + "%"
		conditions[i] = "(" + entryText + ") LIKE " + bind(pattern)
	}
	return conditions
}

func (postgresEngine) members(shape shape, column string) string {
	switch shape {
	case textsByKey:
		return "jsonb_each_text(" + column + "::jsonb) AS member(key, value)"
	case listsByKey:
		return "jsonb_each(" + column + "::jsonb) AS entry(key, value), jsonb_array_elements_text(" +
			"CASE WHEN jsonb_typeof(entry.value) = 'array' THEN entry.value END) AS member(value)"
	}
	return "jsonb_array_elements_text(" + column + "::jsonb) AS member(value)"
}

// classify goes by SQLSTATE (PostgreSQL documentation, appendix A).
func (postgresEngine) classify(err error) fault {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		_, network := errors.AsType[net.Error](err)
		_, connecting := errors.AsType[*pgconn.ConnectError](err)
		if network || connecting || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) || lostConnection(err) {
			return fault{class: unreachable, remedy: "The database does not answer. Check that PostgreSQL runs and can be reached, then try again."}
		}
		return fault{}
	}
	switch e.Code {
	case "40001", "40P01":
		return fault{class: collision}
	case "23505":
		return fault{class: unique, constraint: e.ConstraintName}
	case "23503":
		return fault{class: reference}
	case "22021", "22P05":
		return fault{class: badText}
	case "54000":
		return fault{class: tooLarge} // more than an index takes
	case "53100":
		return fault{class: unavailable, remedy: "The disk of the database is full. Free some space and try again."}
	case "53200", "53300", "53400":
		return fault{class: unavailable, remedy: "The database is overloaded. Raise its limits, or try again later."}
	case "25006":
		return fault{class: unavailable, remedy: "The database is read-only. Point Portico at the primary server."}
	case "42501":
		return fault{class: unavailable, remedy: "The database user lacks rights. Grant it the rights on the database and its schema."}
	case "55P03", "57014":
		return fault{class: unavailable, remedy: "The database is busy. Try again in a moment."}
	case "57P01", "57P02", "57P03":
		return fault{class: unreachable, remedy: "The database is starting or stopping. Try again in a moment."}
	case "3D000", "28000", "28P01":
		return fault{class: unavailable, remedy: "The database does not exist or refuses the user. Check the address, the user and the password."}
	}
	if strings.HasPrefix(e.Code, "08") {
		return fault{class: unreachable, remedy: "The connection to the database was lost. Try again in a moment."}
	}
	return fault{}
}

// lostConnection: pgx reports a connection that ended under way only in words.
func lostConnection(err error) bool {
	return strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}

// missing reads the column out of the constraint's name, TABLE_COLUMN_fkey.
func (postgresEngine) missing(_ context.Context, _ *sql.Tx, err error, table string, _ map[string]any) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || e.TableName != table {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(e.ConstraintName, table+"_"), "_fkey")
}

func (postgresEngine) user(_ context.Context, _ *sql.Tx, err error, _, _ string) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.TableName
	}
	return ""
}
