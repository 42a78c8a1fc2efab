package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"log/slog"
)

const redacted = "[redacted]"

// Text is a secret value: a management token, a client secret, a password, an
// API key. Printing, logging or marshalling it gives "[redacted]"; only Reveal
// gives the value, so every place that lets a secret out can be found by name.
type Text struct{ value string }

// New wraps a secret value.
func New(value string) Text { return Text{value} }

// Reveal returns the value itself.
func (t Text) Reveal() string { return t.value }

// Empty reports whether there is no value at all.
func (t Text) Empty() bool { return t.value == "" }

// Equal compares in time that depends on neither value's content nor length.
func (t Text) Equal(other Text) bool {
	a, b := sha256.Sum256([]byte(t.value)), sha256.Sum256([]byte(other.value))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String implements fmt.Stringer.
func (t Text) String() string { return redacted }

// GoString implements fmt.GoStringer, so that %#v does not show the value.
func (t Text) GoString() string { return redacted }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler; it covers JSON and YAML too.
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText implements encoding.TextUnmarshaler: a secret may be read from
// a request body or a configuration file, but never written back.
func (t *Text) UnmarshalText(text []byte) error {
	t.value = string(text)
	return nil
}

// Digest is the SHA-256 of a high-entropy token. It is what is stored and
// looked up in place of the token; passwords need package password instead.
type Digest [sha256.Size]byte

// Digest returns the SHA-256 of the value.
func (t Text) Digest() Digest { return sha256.Sum256([]byte(t.value)) }

// Equal compares two digests in constant time.
func (d Digest) Equal(other Digest) bool {
	return subtle.ConstantTimeCompare(d[:], other[:]) == 1
}

// Hex is the digest in the form that stores keep and look up.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// MarshalText implements encoding.TextMarshaler: the hexadecimal form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.Hex()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return errors.New("a digest has 64 hexadecimal digits")
	}
	_, err := hex.Decode(d[:], text)
	return err
}

var tokenEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token returns prefix followed by 256 random bits in lower-case base32
// (52 characters, none of them special in a URL, a header or a shell).
func Token(prefix string) Text {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	return Text{prefix + tokenEncoding.EncodeToString(raw)}
}
