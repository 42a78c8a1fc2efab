package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portico"
)

// metaTrimmed is the version up to which the change log was forgotten.
const metaTrimmed = "changes_trimmed"

// changesPerInsert keeps one statement below both engines' limits.
const changesPerInsert = 500

// appendChanges writes what the transaction announced. It runs as late as it
// can: on PostgreSQL, the lock that makes versions grow in the order of the
// commits is held from here to the commit.
func (t *tx) appendChanges(ctx context.Context) error {
	if len(t.pending) == 0 || t.failed != nil {
		return t.failed
	}
	if err := t.store.engine.lock(ctx, t.sql, logging); err != nil {
		return t.failPlainly(ctx, err)
	}
	for chunk := range slices.Chunk(t.pending, changesPerInsert) {
		rows, args := make([]string, len(chunk)), make([]any, 0, 2*len(chunk))
		for i, c := range chunk {
			rows[i] = fmt.Sprintf("($%d, $%d)", 2*i+1, 2*i+2)
			args = append(args, string(c.Scope), c.ID)
		}
		if err := t.write(ctx, "INSERT INTO changes (scope, entity) VALUES "+strings.Join(rows, ", "), args...); err != nil {
			return t.failPlainly(ctx, err)
		}
	}
	t.pending = nil
	return nil
}

// ChangesAfter implements portico.ChangeTx. The log does not reach back to a
// version that was trimmed, nor to one that it has not come to: the database
// was put back to an earlier state then.
func (t *tx) ChangesAfter(ctx context.Context, version uint64) ([]portico.Change, uint64, bool, error) {
	if err := t.appendChanges(ctx); err != nil {
		return nil, 0, false, err
	}
	trimmed, err := t.trimmed(ctx)
	if err != nil {
		return nil, 0, false, err
	}
	newest := trimmed
	err = t.query(ctx, "SELECT COALESCE(MAX(version), 0) FROM changes", nil, func(rows *sql.Rows) error {
		var last uint64
		err := rows.Scan(&last)
		newest = max(newest, last)
		return err
	})
	if err != nil || version < trimmed || version > newest {
		return nil, newest, false, err
	}
	var changes []portico.Change
	err = t.query(ctx, "SELECT version, scope, entity FROM changes WHERE version > $1 ORDER BY version", []any{int64(version)},
		func(rows *sql.Rows) error {
			var c portico.Change
			err := rows.Scan(&c.Version, &c.Scope, &c.ID)
			changes = append(changes, c)
			return err
		})
	return changes, newest, err == nil, err
}

// TrimChanges implements portico.ChangeTx.
func (t *tx) TrimChanges(ctx context.Context, keep int) error {
	if err := t.appendChanges(ctx); err != nil {
		return err
	}
	last, err := t.strings(ctx, "SELECT version FROM changes ORDER BY version DESC LIMIT 1 OFFSET $1", max(keep, 0))
	if err != nil || len(last) == 0 {
		return err
	}
	version, err := strconv.ParseInt(last[0], 10, 64)
	if err != nil {
		return err
	}
	if err := t.write(ctx, "DELETE FROM changes WHERE version <= $1", version); err != nil {
		return t.failPlainly(ctx, err)
	}
	return t.SetMeta(ctx, metaTrimmed, last[0])
}

func (t *tx) trimmed(ctx context.Context) (uint64, error) {
	s, err := t.Meta(ctx, metaTrimmed)
	if err != nil || s == "" {
		return 0, err
	}
	return strconv.ParseUint(s, 10, 64)
}

// Meta implements portico.ChangeTx.
func (t *tx) Meta(ctx context.Context, key string) (string, error) {
	found, err := t.strings(ctx, "SELECT value FROM meta WHERE key = $1", key)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// SetMeta implements portico.ChangeTx.
func (t *tx) SetMeta(ctx context.Context, key, value string) error {
	if !storable(key) || !storable(value) {
		return errors.New("a meta key or value holds a NUL character or is not UTF-8")
	}
	err := t.write(ctx, "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	if err != nil {
		return t.failPlainly(ctx, err)
	}
	return nil
}
