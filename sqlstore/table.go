package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portico"
)

// table describes how one kind of entity is kept. All that the store does with
// entities it does from here; an entity adds a description, not code.
type table[ID ~string, T any] struct {
	name   string            // of the SQL table
	noun   string            // what a message calls one entity
	row    func(*T) []cell   // all columns; the first is the id
	fields []string          // columns that a list may be filtered and sorted by
	more   map[string]field  // further fields of a list, by name
	unique map[string]string // unique constraint → the sentence for a second one
	long   string            // the column that a brief list leaves out; empty: none

	change  func(T) portico.Change // what a write tells the gateways' side; nil, or none: nothing
	removal removal                // what a deletion tells it besides
	audit   audited                // what the audit log tells of a write
	touches string                 // a SELECT of the ids of all applications that a change touches, given the id

	columns, sealed                            []string
	selectSQL, insertSQL, updateSQL, deleteSQL string
	briefSQL                                   string
}

// removal is what else changes when an entity and what belongs to it go.
type removal struct {
	routing      bool
	applications string // a SELECT of the ids of all applications it touches, given the id
}

// described is what is known of a table without knowing its entity.
type described struct {
	name, noun string
	columns    []string
	sealed     []string // those of columns that hold what is sealed
	unique     map[string]string
	audit      audited
}

func (t *table[ID, T]) described() described {
	return described{t.name, t.noun, t.columns, t.sealed, t.unique, t.audit}
}

// prepare writes the table's statements and completes its list of fields.
func (t *table[ID, T]) prepare() *table[ID, T] {
	cells := t.row(new(T))
	columns, places, sets := make([]string, len(cells)), make([]string, len(cells)), make([]string, len(cells))
	all := maps.Clone(t.more)
	if all == nil {
		all = make(map[string]field)
	}
	for i, c := range cells {
		columns[i] = c.column
		places[i] = fmt.Sprintf("$%d", i+1)
		sets[i] = c.column + " = " + places[i]
		if c.sealed {
			t.sealed = append(t.sealed, c.column)
		}
		if slices.Contains(t.fields, c.column) {
			all[c.column] = field{expr: t.name + "." + c.column, kind: c.kind, nullable: c.nullable}
		}
	}
	t.more, t.columns = all, columns
	t.selectSQL = "SELECT " + strings.Join(columns, ", ") + " FROM " + t.name
	t.briefSQL = t.selectSQL
	if i := slices.Index(columns, t.long); i >= 0 {
		brief := slices.Clone(columns)
		brief[i] = "''"
		t.briefSQL = "SELECT " + strings.Join(brief, ", ") + " FROM " + t.name
	}
	t.insertSQL = "INSERT INTO " + t.name + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
	t.updateSQL = "UPDATE " + t.name + " SET " + strings.Join(sets[1:], ", ") + " WHERE id = $1"
	t.deleteSQL = "DELETE FROM " + t.name + " WHERE id = $1"
	return t
}

// collection is a table within a transaction: the portico.Collection.
type collection[ID ~string, T any] struct {
	tx *tx
	*table[ID, T]
}

func in[ID ~string, T any](t *tx, of *table[ID, T]) portico.Collection[ID, T] {
	return collection[ID, T]{t, of}
}

// Insert implements portico.Collection.
func (c collection[ID, T]) Insert(ctx context.Context, entity T) error {
	values, err := c.write(ctx, c.insertSQL, &entity)
	if err != nil {
		return err
	}
	c.announce(entity)
	c.tell(portico.AuditCreated, nil, values)
	return nil
}

// ByID implements portico.Collection.
func (c collection[ID, T]) ByID(ctx context.Context, id ID) (T, error) {
	var entity T
	if !storable(string(id)) {
		return entity, portico.NotFound(c.noun, id)
	}
	found, err := c.scan(ctx, c.selectSQL+" WHERE id = $1", []any{string(id)})
	if err == nil && len(found) == 0 {
		err = portico.NotFound(c.noun, id)
	}
	if err != nil {
		return entity, err
	}
	return found[0], nil
}

// Change implements portico.Collection.
func (c collection[ID, T]) Change(ctx context.Context, id ID, fn func(*T) error) (T, error) {
	before, err := c.ByID(ctx, id)
	if err != nil {
		return before, err
	}
	was, err := values(c.row(&before)) // now: what fn changes may share maps with it
	if err != nil {
		return before, err
	}
	after := before
	if err := fn(&after); err != nil {
		return before, err
	}
	for _, cell := range c.row(&after) {
		switch at, isTime := cell.target.(micros); {
		case cell.column == "id" && *cell.target.(*ID) != id:
			return before, errors.New("a change must leave the id of a " + c.noun + " alone")
		case cell.column == "updated_at" && isTime:
			*at.t = c.tx.store.now().UTC().Truncate(time.Microsecond)
		}
	}
	is, err := c.write(ctx, c.updateSQL, &after)
	if err != nil {
		return before, err
	}
	c.announce(before)
	c.announce(after)
	c.tell(portico.AuditChanged, was, is)
	touched, err := c.applications(ctx, c.touches, id)
	c.tx.announceApplications(touched)
	return after, err
}

// Delete implements portico.Collection.
func (c collection[ID, T]) Delete(ctx context.Context, id ID) error {
	entity, err := c.ByID(ctx, id)
	if err != nil {
		return err
	}
	was, err := values(c.row(&entity))
	if err != nil {
		return err
	}
	applications, err := c.applications(ctx, c.removal.applications, id)
	if err != nil {
		return err
	}
	if err := c.tx.write(ctx, c.deleteSQL, string(id)); err != nil {
		return c.tx.fail(err, func() error { return c.tx.deletionError(ctx, err, c.described(), string(id)) })
	}
	c.announce(entity)
	c.tell(portico.AuditDeleted, was, nil)
	if c.removal.routing {
		c.tx.announce(portico.Change{Scope: portico.ChangeRouting})
	}
	c.tx.announceApplications(applications)
	return nil
}

// applications are the ids that a query for applications finds; none without a
// query.
func (c collection[ID, T]) applications(ctx context.Context, query string, id ID) ([]string, error) {
	if query == "" {
		return nil, nil
	}
	return c.tx.strings(ctx, query, string(id))
}

func (c collection[ID, T]) announce(entity T) {
	if c.change == nil {
		return
	}
	if change := c.change(entity); change != (portico.Change{}) {
		c.tx.announce(change)
	}
}

// tell notes what became of an entity for the audit log.
func (c collection[ID, T]) tell(action portico.AuditAction, before, after []any) {
	if c.audit.told {
		c.tx.tell(c.noun, c.audit, c.row(new(T)), action, before, after)
	}
}

// values are what is bound for the cells.
func values(cells []cell) ([]any, error) {
	args := make([]any, len(cells))
	for i, cell := range cells {
		var err error
		if args[i], err = cell.value(); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// write runs an INSERT or UPDATE with the entity's values in column order, and
// returns them.
func (c collection[ID, T]) write(ctx context.Context, query string, entity *T) ([]any, error) {
	cells := c.row(entity)
	args, err := values(cells)
	if err != nil {
		return nil, err
	}
	if err := c.tx.write(ctx, query, args...); err != nil {
		return nil, c.tx.fail(err, func() error { return c.tx.writeError(ctx, err, c.described(), cells, args) })
	}
	return args, nil
}

// scan runs a query for whole rows.
func (c collection[ID, T]) scan(ctx context.Context, query string, args []any) ([]T, error) {
	var found []T
	err := c.tx.query(ctx, query, args, func(rows *sql.Rows) error {
		var entity T
		cells := c.row(&entity)
		targets := make([]any, len(cells))
		for i, cell := range cells {
			targets[i] = cell.target
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		found = append(found, entity)
		return nil
	})
	return found, err
}
