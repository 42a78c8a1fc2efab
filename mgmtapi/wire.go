package mgmtapi

import (
	"time"
)

// timestamp is a time on the wire: RFC 3339, UTC, milliseconds.
type timestamp time.Time

// MarshalText implements encoding.TextMarshaler.
func (t timestamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// optTimestamp is the timestamp of a time that may not be there: null.
func optTimestamp(t *time.Time) *timestamp {
	if t == nil {
		return nil
	}
	return new(timestamp(*t))
}

// notNil makes an absent list an empty one, because the contract says array.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// labels are always an object on the wire.
func labels(l map[string]string) map[string]string {
	if l == nil {
		return map[string]string{}
	}
	return l
}
