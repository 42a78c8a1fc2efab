package sqlstore

import (
	"context"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"portico"
	"portico/ledger"
	"portico/sqlstore/migrations"
)

// Config says where the store is.
type Config struct {
	// DSN is sqlite:PATH or file:PATH for a SQLite file, which is made if it is
	// not there, or postgres://… for a PostgreSQL database, which must be.
	DSN    string
	Now    func() time.Time // time.Now if nil
	Logger *slog.Logger     // slog.DiscardHandler if nil
}

// Store is a portico.Store on SQLite or PostgreSQL.
type Store struct {
	engine engine
	reads  *sql.DB
	writes *sql.DB
	heads  *sql.DB // reads the end of the audit log; see appendAudit
	schema *schema
	ledger ledger.Key
	now    func() time.Time
	logger *slog.Logger
}

// Open connects to the database and brings its schema up to date. Errors are
// KindInvalid for the DSN, KindUnavailable for everything else, with a sentence
// that says what to do.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, migrations.All()); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Migrate brings the schema up to date and leaves: Open does so too.
func Migrate(ctx context.Context, cfg Config) error {
	s, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	return s.Close()
}

func connect(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{schema: newSchema(), now: cfg.Now, logger: cfg.Logger}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	scheme, rest, _ := strings.Cut(cfg.DSN, ":")
	var err error
	switch scheme {
	case "sqlite", "file":
		err = s.openSQLite(ctx, rest)
	case "postgres", "postgresql":
		err = s.openPostgres(ctx, cfg.DSN)
	default:
		err = portico.Errorf(portico.KindInvalid, "A store is given as sqlite:PATH, file:PATH or postgres://USER@HOST/DATABASE.")
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Ping reports whether the database answers; KindUnavailable.
func (s *Store) Ping(ctx context.Context) error {
	for _, db := range []*sql.DB{s.reads, s.writes} {
		if err := db.PingContext(ctx); err != nil {
			return s.explain(ctx, err)
		}
	}
	return nil
}

// Close ends all connections; transactions under way are rolled back.
func (s *Store) Close() error {
	var first error
	for _, db := range []*sql.DB{s.reads, s.writes, s.heads} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Sign makes the store sign its audit log with a key; until then it does not
// sign. It is called before anything is written that is audited.
func (s *Store) Sign(key ledger.Key) { s.ledger = key }

// View implements portico.Store.
func (s *Store) View(ctx context.Context, fn func(portico.Tx) error) error {
	_, err := s.transact(ctx, true, fn)
	return err
}

// Transactions that collide on PostgreSQL are run again, each time after a
// longer random pause, until they have collided this often.
const (
	maxAttempts  = 40
	longestPause = 100 * time.Millisecond
)

// Update implements portico.Store.
func (s *Store) Update(ctx context.Context, fn func(portico.Tx) error) error {
	pause := time.Millisecond
	for attempt := 1; ; attempt++ {
		collided, err := s.transact(ctx, false, fn)
		if !collided {
			return err
		}
		if attempt == maxAttempts {
			return &portico.Error{Kind: portico.KindUnavailable, RetryAfter: time.Second, Err: err,
				Detail: "Too many changes were made at the same time; nothing was changed. Try again in a moment."}
		}
		s.logger.DebugContext(ctx, "transaction collided", "attempt", attempt)
		select {
		case <-ctx.Done():
			return s.explain(ctx, ctx.Err())
		case <-time.After(rand.N(pause)):
		}
		pause = min(2*pause, longestPause)
	}
}

// transact runs fn in one transaction. After an error of the database nothing
// of it is kept, whatever fn returns: PostgreSQL could do no other, and so
// SQLite does the same.
func (s *Store) transact(ctx context.Context, readOnly bool, fn func(portico.Tx) error) (collided bool, err error) {
	db, options := s.writes, &sql.TxOptions{Isolation: s.engine.isolation(readOnly), ReadOnly: readOnly}
	if readOnly {
		db = s.reads
	}
	sqlTx, err := db.BeginTx(ctx, options)
	if err != nil {
		return false, s.explain(ctx, err)
	}
	defer sqlTx.Rollback() // also when fn panics; nothing happens after a commit
	t := &tx{store: s, sql: sqlTx, readOnly: readOnly}
	err = fn(t)
	if err == nil {
		err = t.appendChanges(ctx)
	}
	if err == nil {
		err = t.appendAudit(ctx)
	}
	if t.failed != nil {
		return t.collided, t.failed
	}
	if err != nil || readOnly {
		return false, err
	}
	if err := sqlTx.Commit(); err != nil {
		fault := s.engine.classify(err)
		return fault.class == collision, s.commitError(ctx, err, fault)
	}
	return false, nil
}
