package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"portico"
	"portico/sqlstore/migrations"
)

const createMigrations = `CREATE TABLE IF NOT EXISTS schema_migrations (
	version    BIGINT NOT NULL PRIMARY KEY,
	name       TEXT NOT NULL,
	checksum   TEXT NOT NULL,
	applied_at BIGINT NOT NULL
)`

// migrate applies the steps that the database lacks, all or none of them, while
// no other program does.
func (s *Store) migrate(ctx context.Context, steps []migrations.Step) error {
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
		if _, err := tx.ExecContext(ctx, s.engine.ddl(step.SQL)); err != nil {
			return fmt.Errorf("migration %s: %w", step.Name, s.explain(ctx, err))
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
			step.Version, step.Name, step.Checksum, s.now().UnixMicro())
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
func (s *Store) applied(ctx context.Context, tx *sql.Tx, steps []migrations.Step) (int, error) {
	rows, err := tx.QueryContext(ctx, "SELECT version, name, checksum FROM schema_migrations ORDER BY version")
	if err != nil {
		return 0, s.explain(ctx, err)
	}
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var there migrations.Step
		if err := rows.Scan(&there.Version, &there.Name, &there.Checksum); err != nil {
			return 0, s.explain(ctx, err)
		}
		switch {
		case count >= len(steps):
			return 0, portico.Errorf(portico.KindUnavailable,
				"The database belongs to a newer version of Portico: its schema is %s, this program knows %d steps. "+
					"Nothing was changed. Start the newer version, or restore a backup that this one made.", there.Name, len(steps))
		case there.Version != steps[count].Version || there.Checksum != steps[count].Checksum:
			return 0, portico.Errorf(portico.KindUnavailable,
				"The database was not migrated by a release of Portico: step %s is not the one that this program knows. "+
					"Nothing was changed. Start the program that made the database, or restore a backup.", there.Name)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, s.explain(ctx, err)
	}
	return count, nil
}
