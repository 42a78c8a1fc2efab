package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"portico"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema. Steps only go forward; one that was
// applied anywhere is never edited.
type migration struct {
	version  int // the number that the file's name begins with; they ascend, some may be missing
	name     string
	checksum string
	sql      string
}

// migrations lists the embedded steps in order.
func migrations() []migration {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is malformed
	}
	steps := make([]migration, len(names))
	for i, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		sum := sha256.Sum256(text)
		base := strings.TrimSuffix(path.Base(name), ".sql")
		digits, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(digits)
		if err != nil || i > 0 && version <= steps[i-1].version {
			panic("migration " + base + " has no number, or that of another one")
		}
		steps[i] = migration{version: version, name: base, checksum: hex.EncodeToString(sum[:]), sql: string(text)}
	}
	return steps
}

// without leaves out what a migration has for the other engine alone: from
// "-- ENGINE only:" to "-- end".
func without(engine, migration string) string {
	for {
		before, rest, found := strings.Cut(migration, "-- "+engine+" only:")
		if !found {
			return migration
		}
		_, after, _ := strings.Cut(rest, "-- end\n")
		migration = before + after
	}
}

const createMigrations = `CREATE TABLE IF NOT EXISTS schema_migrations (
	version    BIGINT NOT NULL PRIMARY KEY,
	name       TEXT NOT NULL,
	checksum   TEXT NOT NULL,
	applied_at BIGINT NOT NULL
)`

// migrate applies the steps that the database lacks, all or none of them, while
// no other program does.
func (s *Store) migrate(ctx context.Context, steps []migration) error {
	tx, err := s.writes.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, err)
	}
	defer tx.Rollback()
	if err := s.engine.lock(ctx, tx, migrating); err != nil {
		return s.explain(ctx, err)
	}
	if _, err := tx.ExecContext(ctx, s.engine.ddl(createMigrations)); err != nil {
		return s.explain(ctx, err)
	}
	applied, err := s.applied(ctx, tx, steps)
	if err != nil {
		return err
	}
	for _, step := range steps[applied:] {
		if _, err := tx.ExecContext(ctx, s.engine.ddl(step.sql)); err != nil {
			return fmt.Errorf("migration %s: %w", step.name, s.explain(ctx, err))
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
			step.version, step.name, step.checksum, s.now().UnixMicro())
		if err != nil {
			return s.explain(ctx, err)
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
		portico.MetaEpoch, portico.NewRandomID())
	if err != nil {
		return s.explain(ctx, err)
	}
	if err := tx.Commit(); err != nil {
		return s.explain(ctx, err)
	}
	if applied < len(steps) {
		s.logger.InfoContext(ctx, "schema migrated", "from", applied, "to", len(steps))
	}
	return nil
}

// applied counts the steps that the database has, and refuses a database that
// another program than this one or an older one has migrated.
func (s *Store) applied(ctx context.Context, tx *sql.Tx, steps []migration) (int, error) {
	rows, err := tx.QueryContext(ctx, "SELECT version, name, checksum FROM schema_migrations ORDER BY version")
	if err != nil {
		return 0, s.explain(ctx, err)
	}
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var there migration
		if err := rows.Scan(&there.version, &there.name, &there.checksum); err != nil {
			return 0, s.explain(ctx, err)
		}
		switch {
		case count >= len(steps):
			return 0, portico.Errorf(portico.KindUnavailable,
				"The database belongs to a newer version of Portico: its schema is %s, this program knows %d steps. "+
					"Nothing was changed. Start the newer version, or restore a backup that this one made.", there.name, len(steps))
		case there.version != steps[count].version || there.checksum != steps[count].checksum:
			return 0, portico.Errorf(portico.KindUnavailable,
				"The database was not migrated by a release of Portico: step %s is not the one that this program knows. "+
					"Nothing was changed. Start the program that made the database, or restore a backup.", there.name)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, s.explain(ctx, err)
	}
	return count, nil
}
