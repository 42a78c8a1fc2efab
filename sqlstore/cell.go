package sqlstore

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"portico"
	"portico/secret"
)

// kind is how the values of a field are compared, and so how the words of a
// filter are read.
type kind int

const (
	opaque kind = iota // kept, never compared
	textual
	numeric
	truth
	moment
)

// cell ties one column of a row to one field of an entity. Its target is both
// what the column is scanned into and what is bound when it is written.
type cell struct {
	column   string
	kind     kind
	nullable bool
	sealed   bool // by the installation's keys
	target   any
}

func text[T ~string](column string, p *T) cell {
	return cell{column: column, kind: textual, target: p}
}

func optionalText[T ~string](column string, p **T) cell {
	return cell{column: column, kind: textual, nullable: true, target: p}
}

func number[T ~int | ~int64](column string, p *T) cell {
	return cell{column: column, kind: numeric, target: p}
}

func boolean(column string, p *bool) cell { return cell{column: column, kind: truth, target: p} }

func optionalBoolean(column string, p **bool) cell {
	return cell{column: column, kind: truth, nullable: true, target: p}
}

func instant(column string, p *time.Time) cell {
	return cell{column: column, kind: moment, target: micros{p}}
}

func optionalInstant(column string, p **time.Time) cell {
	return cell{column: column, kind: moment, nullable: true, target: optionalMicros{p}}
}

func digest(column string, p *secret.Digest) cell {
	return cell{column: column, kind: textual, target: hexDigest{p}}
}

// document keeps a value as JSON. A nil map, slice or pointer is NULL.
func document[T any](column string, p *T) cell {
	return cell{column: column, target: jsonText[T]{p}}
}

// blob keeps bytes. None and empty are the same: NULL.
func blob(column string, p *[]byte) cell { return cell{column: column, target: bytesOrNull{p}} }

// sealed keeps what a portico.Sealer made for this table, column and id.
func sealed(column string, p *[]byte) cell {
	return cell{column: column, sealed: true, target: bytesOrNull{p}}
}

// value is what is bound for the cell: a plain value that both engines take in
// the same way. What PostgreSQL would refuse as text is refused for SQLite too.
func (c cell) value() (driver.Value, error) {
	v, err := driver.DefaultParameterConverter.ConvertValue(c.target)
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", c.column, err)
	}
	s, ok := v.(string)
	_, isJSON := c.target.(jsonTarget)
	if ok && (!storable(s) || isJSON && strings.Contains(s, `\u`) && damaged.MatchString(s)) {
		return nil, portico.Invalid(c.column, "is_string", "The text holds a NUL character or is not UTF-8.")
	}
	return v, nil
}

func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// damaged finds what json.Marshal writes for a NUL and for bytes that are not
// UTF-8. The character U+FFFD itself is written as it is.
var damaged = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\\u(?:0000|fffd)`)

// micros is a time in microseconds since 1970, UTC.
type micros struct{ t *time.Time }

func (m micros) Value() (driver.Value, error) { return m.t.UnixMicro(), nil }

func (m micros) Scan(src any) error {
	var n sql.NullInt64
	if err := n.Scan(src); err != nil {
		return err
	}
	*m.t = time.UnixMicro(n.Int64).UTC()
	return nil
}

type optionalMicros struct{ t **time.Time }

func (m optionalMicros) Value() (driver.Value, error) {
	if *m.t == nil {
		return nil, nil
	}
	return (*m.t).UnixMicro(), nil
}

func (m optionalMicros) Scan(src any) error {
	*m.t = nil
	if src == nil {
		return nil
	}
	*m.t = new(time.Time)
	return micros{*m.t}.Scan(src)
}

type hexDigest struct{ d *secret.Digest }

func (h hexDigest) Value() (driver.Value, error) { return h.d.Hex(), nil }

func (h hexDigest) Scan(src any) error {
	var s sql.NullString
	if err := s.Scan(src); err != nil {
		return err
	}
	raw, err := hex.DecodeString(s.String)
	if err == nil && len(raw) != len(h.d) {
		err = fmt.Errorf("digest of %d bytes", len(raw))
	}
	copy(h.d[:], raw)
	return err
}

// jsonTarget marks the cells whose text is JSON.
type jsonTarget interface{ isJSON() }

type jsonText[T any] struct{ v *T }

func (jsonText[T]) isJSON() {}

func (j jsonText[T]) Value() (driver.Value, error) {
	switch v := reflect.ValueOf(j.v).Elem(); v.Kind() {
	case reflect.Map, reflect.Slice, reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(j.v); err != nil {
		return nil, err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

func (j jsonText[T]) Scan(src any) error {
	var s sql.NullString
	if err := s.Scan(src); err != nil || !s.Valid {
		return err
	}
	return json.Unmarshal([]byte(s.String), j.v)
}

type bytesOrNull struct{ b *[]byte }

func (b bytesOrNull) Value() (driver.Value, error) {
	if len(*b.b) == 0 {
		return nil, nil
	}
	return *b.b, nil
}

func (b bytesOrNull) Scan(src any) error {
	raw, ok := src.([]byte)
	if src != nil && !ok {
		return fmt.Errorf("bytes expected, got %T", src)
	}
	*b.b = bytes.Clone(raw)
	return nil
}
