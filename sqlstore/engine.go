package sqlstore

import (
	"context"
	"database/sql"
)

// engine is what SQLite and PostgreSQL do differently; all SQL that is not
// here is the same for both.
type engine interface {
	// isolation of a transaction.
	isolation(readOnly bool) sql.IsolationLevel
	// ddl puts a migration into the engine's own words.
	ddl(migration string) string
	// lock keeps all others from the same activity until the end of tx.
	lock(ctx context.Context, tx *sql.Tx, of activity) error
	// members is a FROM clause with the members of a JSON column as member.value.
	members(shape shape, column string) string
	// classify says what an error of the driver means.
	classify(err error) fault
	// references looks behind a fault of class reference.
	references
	matching
}

// matching is how text is looked for in text.
type matching interface {
	// contains is the condition that text holds other text, whatever the case.
	contains(expr, value string) string
	// position is where text holds other text, from 1; 0: it does not.
	position(expr, value string) string
	// holdingAll is the conditions that an entry of the search index holds all
	// the words.
	holdingAll(words []string, bind func(any) string) []string
}

// activity is what only one transaction may do at a time. On PostgreSQL it is
// the number of an advisory lock: any number, but the same in all programs.
type activity int64

const (
	migrating activity = 7_366_001
	logging   activity = 7_366_002
)

// references explains a broken reference: PostgreSQL names it in the error,
// SQLite has to be asked.
type references interface {
	// missing names the column of the table whose value refers to nothing.
	missing(ctx context.Context, tx *sql.Tx, err error, table string, row map[string]any) (column string)
	// user names the table that still refers to the row.
	user(ctx context.Context, tx *sql.Tx, err error, table, id string) (other string)
}

// class is what a database's error means for the caller.
type class int

const (
	defect      class = iota // ours
	collision                // run the transaction again
	unique                   // fault.constraint must be unique
	reference                // a foreign key
	badText                  // text that the engine does not take
	tooLarge                 // a value that the engine does not take
	unavailable              // see fault.remedy
	unreachable              // the connection was lost: a commit may have happened
)

// fault is a classified error.
type fault struct {
	class      class
	constraint string // as PostgreSQL names it by itself: TABLE_COLUMN_COLUMN_key
	remedy     string // what is wrong and what to do, in two sentences
}

// shape is how the members of a JSON column lie in it.
type shape int

const (
	scalar     shape = iota // not JSON
	textsByKey              // {"key": "value"}
	listsByKey              // {"key": ["value"]}
	listed                  // ["value"]
)
