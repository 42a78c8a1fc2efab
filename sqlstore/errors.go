package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"portico"
)

// explain gives an error of the database the kind and the words that a caller
// needs; a defect of ours stays as it is.
func (s *Store) explain(ctx context.Context, err error) error {
	if _, done := errors.AsType[*portico.Error](err); done {
		return err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("store: %w (%w)", ctx.Err(), err)
	}
	fault := s.engine.classify(err)
	switch {
	case ctx.Err() != nil:
		return failure(portico.KindUnavailable, "The store did not answer in time; nothing was changed. Try again in a moment.", err)
	case fault.class == collision:
		return failure(portico.KindUnavailable, "Another change came first; nothing was changed. Try again.", err)
	case fault.class == badText:
		return failure(portico.KindInvalid, "A text holds a NUL character or is not UTF-8; nothing was changed.", err)
	case fault.class == tooLarge:
		return failure(portico.KindTooLarge, "A value is too large for the store; nothing was changed.", err)
	case fault.class == unavailable || fault.class == unreachable:
		return failure(portico.KindUnavailable, fault.remedy+" Nothing was changed.", err)
	}
	return fmt.Errorf("store: %w", err)
}

func failure(kind portico.Kind, detail string, err error) *portico.Error {
	e := &portico.Error{Kind: kind, Detail: detail, Err: err}
	if kind == portico.KindUnavailable {
		e.RetryAfter = time.Second
	}
	return e
}

// commitError explains a commit that failed. When the connection went with it,
// nobody knows whether the commit took place.
func (s *Store) commitError(ctx context.Context, err error, f fault) error {
	if f.class == unreachable || errors.Is(err, io.ErrUnexpectedEOF) {
		return failure(portico.KindUnavailable,
			"The database was lost at the very end of a change: it may or may not have been made. Look before trying again.", err)
	}
	return s.explain(ctx, err)
}

// writeError explains why a row was not taken.
func (t *tx) writeError(ctx context.Context, err error, of described, cells []cell, args []any) error {
	fault := t.store.engine.classify(err)
	switch fault.class {
	case unique:
		sentence, ok := of.unique[fault.constraint]
		if !ok {
			sentence = capital(of.noun) + " with this id exists already."
		}
		return failure(portico.KindConflict, sentence, err)
	case reference:
		row := make(map[string]any, len(cells))
		for i, c := range cells {
			row[c.column] = args[i]
		}
		column := t.store.engine.missing(ctx, t.sql, err, of.name, row)
		invalid := portico.Invalid(column, "missing_reference", fmt.Sprintf("Nothing with id [%v] exists.", row[column]))
		invalid.Err = err
		return invalid
	}
	return t.store.explain(ctx, err)
}

// deletionError explains why a row did not go.
func (t *tx) deletionError(ctx context.Context, err error, of described, id string) error {
	if t.store.engine.classify(err).class != reference {
		return t.store.explain(ctx, err)
	}
	user := t.store.schema.noun(t.store.engine.user(ctx, t.sql, err, of.name, id))
	return failure(portico.KindConflict, fmt.Sprintf(
		"The %s with id [%s] is still used by at least one %s; nothing was changed. Remove or change what uses it first.",
		of.noun, id, user), err)
}

// capital makes a noun the beginning of a sentence with its article.
func capital(noun string) string {
	switch noun[0] {
	case 'a', 'e', 'i', 'o', 'u', 'A':
		return "An " + noun
	}
	return "A " + noun
}
