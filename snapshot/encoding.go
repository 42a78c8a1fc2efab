package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/fxamacker/cbor/v2"

	"portico/secret"
)

// Encoded form: magic, format, length of the body, SHA-256 of the body, body.
// The body is CBOR in core deterministic encoding (RFC 8949 §4.2.1), so the
// same configuration always gives the same bytes.
const (
	magic      = "PORTICO\x01"
	format     = 1
	headerSize = len(magic) + 2 + 8 + sha256.Size
	// MaxSize bounds an encoded snapshot: about three million applications.
	MaxSize = 1 << 30
)

// ErrFormat is wrapped by every error of Decode that comes from the bytes rather than from what they say.
var ErrFormat = errors.New("not a Portico configuration")

// The modes are built once, when first needed.
var encMode = sync.OnceValue(func() cbor.EncMode {
	opts := cbor.CoreDetEncOptions()
	opts.Time = cbor.TimeRFC3339NanoUTC
	return must(opts.EncMode())
})

var decMode = sync.OnceValue(func() cbor.DecMode {
	return must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   8,
		MaxArrayElements:  1 << 24,
		MaxMapPairs:       1 << 16,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode())
})

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

// Encode gives the binary form of the snapshot.
func (s *Snapshot) Encode() ([]byte, error) { return seal(s) }

// Decode reads and validates the binary form of a snapshot. Bytes that are
// cut, damaged, of another format or too large give ErrFormat.
func Decode(data []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if err := open(data, s); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

func seal(v any) ([]byte, error) {
	body, err := encMode().Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	if len(body)+headerSize > MaxSize {
		return nil, fmt.Errorf("encode configuration: %d bytes are more than %d", len(body)+headerSize, MaxSize)
	}
	return withHeader(body), nil
}

func withHeader(body []byte) []byte {
	out := make([]byte, 0, headerSize+len(body))
	out = append(out, magic...)
	out = binary.BigEndian.AppendUint16(out, format)
	out = binary.BigEndian.AppendUint64(out, uint64(len(body)))
	sum := sha256.Sum256(body)
	return append(append(out, sum[:]...), body...)
}

func open(data []byte, v any) error {
	switch {
	case len(data) < headerSize || string(data[:len(magic)]) != magic:
		return fmt.Errorf("%w: header missing", ErrFormat)
	case len(data) > MaxSize:
		return fmt.Errorf("%w: %d bytes are more than %d", ErrFormat, len(data), MaxSize)
	}
	rest := data[len(magic):]
	if got := binary.BigEndian.Uint16(rest); got != format {
		return fmt.Errorf("%w: format %d, this version reads format %d", ErrFormat, got, format)
	}
	body := data[headerSize:]
	if want := binary.BigEndian.Uint64(rest[2:]); want != uint64(len(body)) {
		return fmt.Errorf("%w: %d bytes announced, %d present", ErrFormat, want, len(body))
	}
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], rest[10:10+sha256.Size]) {
		return fmt.Errorf("%w: checksum differs, the copy is damaged", ErrFormat)
	}
	if err := decMode().Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %v", ErrFormat, err)
	}
	return nil
}

// Digest identifies the content of a strategy: what was learned under one
// configuration is not valid under another.
func (s Strategy) Digest() secret.Digest {
	body, err := encMode().Marshal(s)
	if err != nil {
		panic(err) // every field is of a type that CBOR has
	}
	return sha256.Sum256(body)
}
