package httpkit

import "time"

// Timestamp is a time on the wire: RFC 3339, UTC, milliseconds.
type Timestamp time.Time

// MarshalText implements encoding.TextMarshaler.
func (t Timestamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// OptTimestamp is the timestamp of a time that may not be there: null.
func OptTimestamp(t *time.Time) *Timestamp {
	if t == nil {
		return nil
	}
	return new(Timestamp(*t))
}
