package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"

	"portico"
)

// sealedColumn is where sealed values are kept.
type sealedColumn struct{ table, column string }

// sealedColumns of all tables, in the order of their places. The key of the
// audit log, a meta value, comes besides.
func (s *schema) sealedColumns() []sealedColumn {
	var all []sealedColumn
	for _, d := range s.descriptions() {
		for _, column := range d.sealed {
			all = append(all, sealedColumn{d.name, column})
		}
	}
	slices.SortFunc(all, func(a, b sealedColumn) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.column, b.column))
	})
	return all
}

// auditKey is where the key of the audit log is kept: as text, unlike all else.
func auditKey() portico.Place {
	return portico.Place{Table: "meta", Column: "value", Row: portico.MetaAuditKey}
}

// Sealed implements portico.SealedTx. The meta value comes last.
func (t *tx) Sealed(ctx context.Context, after portico.Place, most int) ([]portico.SealedValue, error) {
	var found []portico.SealedValue
	if after == auditKey() {
		return nil, nil
	}
	from := sealedColumn{after.Table, after.Column}
	for _, c := range t.store.schema.sealedColumns() {
		if len(found) >= most {
			return found, nil
		}
		row := ""
		switch order := cmp.Or(cmp.Compare(c.table, from.table), cmp.Compare(c.column, from.column)); {
		case order < 0:
			continue
		case order == 0:
			row = after.Row
		}
		query := fmt.Sprintf("SELECT id, %[1]s FROM %[2]s WHERE %[1]s IS NOT NULL AND id > $1 ORDER BY id LIMIT $2", c.column, c.table)
		err := t.query(ctx, query, []any{row, most - len(found)}, func(rows *sql.Rows) error {
			v := portico.SealedValue{At: portico.Place{Table: c.table, Column: c.column}}
			err := rows.Scan(&v.At.Row, &v.Value)
			found = append(found, v)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(found) >= most {
		return found, nil
	}
	key, err := t.sealedAuditKey(ctx)
	if key != nil {
		found = append(found, portico.SealedValue{At: auditKey(), Value: key})
	}
	return found, err
}

// sealedAuditKey is the key of the audit log as it is sealed; nil: there is none.
func (t *tx) sealedAuditKey(ctx context.Context) ([]byte, error) {
	kept, err := t.Meta(ctx, portico.MetaAuditKey)
	if err != nil || kept == "" {
		return nil, err
	}
	return base64.RawURLEncoding.DecodeString(kept)
}

// Reseal implements portico.SealedTx.
func (t *tx) Reseal(ctx context.Context, v portico.SealedValue) error {
	if v.At == auditKey() {
		return t.SetMeta(ctx, portico.MetaAuditKey, base64.RawURLEncoding.EncodeToString(v.Value))
	}
	if !slices.Contains(t.store.schema.sealedColumns(), sealedColumn{v.At.Table, v.At.Column}) {
		return fmt.Errorf("nothing is sealed in %s.%s", v.At.Table, v.At.Column)
	}
	err := t.write(ctx, fmt.Sprintf("UPDATE %[2]s SET %[1]s = $2 WHERE id = $1 AND %[1]s IS NOT NULL", v.At.Column, v.At.Table), v.At.Row, v.Value)
	if err != nil {
		return t.failPlainly(ctx, err)
	}
	return nil
}

// SealedHeads implements portico.SealedTx.
func (t *tx) SealedHeads(ctx context.Context) (map[string]int, error) {
	heads := map[string]int{}
	for _, c := range t.store.schema.sealedColumns() {
		query := fmt.Sprintf("SELECT substr(%[1]s, 1, %[3]d), count(*) FROM %[2]s WHERE %[1]s IS NOT NULL GROUP BY substr(%[1]s, 1, %[3]d)", c.column, c.table, portico.SealedHead)
		err := t.query(ctx, query, nil, func(rows *sql.Rows) error {
			var head []byte
			var count int
			err := rows.Scan(&head, &count)
			heads[string(head)] += count
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	key, err := t.sealedAuditKey(ctx)
	if key != nil {
		heads[string(key[:min(portico.SealedHead, len(key))])]++
	}
	return heads, err
}
