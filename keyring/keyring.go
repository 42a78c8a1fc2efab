package keyring

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"portico"
	"portico/secret"
)

// ErrWrongKey is the error for a ciphertext that none of the ring's keys made.
var ErrWrongKey = errors.New("this key file does not belong to this database: " +
	"start Portico with the key file that was in use when the database was written")

// errAltered is the error for a ciphertext that does not fit its place.
var errAltered = errors.New("a sealed value does not open: it was altered, or moved from another row")

// Ring is a set of keys, of which the newest seals and all open. It is safe for
// concurrent use and implements portico.Sealer. A ring from a file follows the
// file: what another process changes there counts here, too.
type Ring struct {
	path string // empty: not from a file
	keys atomic.Pointer[keys]
}

// keys is one immutable state of a ring.
type keys struct {
	root   []byte // what Derive and Fingerprint start from; it outlives rotations
	handle *keyset.Handle
	aead   tink.AEAD
	file   fs.FileInfo // what they were read from; nil: not from a file
}

// document is the content of a key file.
type document struct {
	Version int             `json:"portico_key"`
	Root    []byte          `json:"root"`
	Keyset  json.RawMessage `json:"keyset"` // Tink's JSON keyset
}

const (
	documentVersion = 1
	rootSize        = 32
)

// generate makes a new ring's keys.
func generate() (*keys, error) {
	handle, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	root := make([]byte, rootSize)
	rand.Read(root) // never fails: crypto/rand aborts the program instead
	return newKeys(root, handle)
}

func newKeys(root []byte, handle *keyset.Handle) (*keys, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use the keys: %w", err)
	}
	return &keys{root: root, handle: handle, aead: primitive}, nil
}

// parse reads the content of a key file. Its errors quote nothing of it.
func parse(content []byte) (*keys, error) {
	var doc document
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || dec.More() || len(doc.Root) != rootSize {
		return nil, errors.New("it is not a key file of Portico's")
	}
	if doc.Version != documentVersion {
		return nil, fmt.Errorf("it is a key file of version %d, and this Portico reads version %d", doc.Version, documentVersion)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(doc.Keyset)))
	if err != nil {
		return nil, errors.New("its key set is damaged")
	}
	k, err := newKeys(doc.Root, handle)
	if err != nil {
		return nil, errors.New("its key set is not one for sealing")
	}
	return k, nil
}

// encode is the content of a key file.
func (k *keys) encode() ([]byte, error) {
	var set bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewJSONWriter(&set)); err != nil {
		return nil, fmt.Errorf("encode the keys: %w", err)
	}
	content, err := json.MarshalIndent(document{Version: documentVersion, Root: k.root, Keyset: set.Bytes()}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the keys: %w", err)
	}
	return append(content, '\n'), nil
}

// FromEnv makes a ring from the content of a key file that came in an
// environment variable. Such a ring cannot be rotated.
func FromEnv(value secret.Text) (*Ring, error) {
	k, err := parse([]byte(value.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("the key in the environment cannot be used: %w; its value must be the whole content of a key file", err)
	}
	r := &Ring{}
	r.keys.Store(k)
	return r, nil
}

// Seal encrypts value for one place in the store.
func (r *Ring) Seal(value secret.Text, at portico.Place) ([]byte, error) {
	r.follow() // or else this process would go on with a key that is to be retired
	sealed, err := r.keys.Load().aead.Encrypt([]byte(value.Reveal()), associated(at))
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	return sealed, nil
}

// Open decrypts what Seal has made for the same place. It fails with ErrWrongKey
// when another ring sealed it.
func (r *Ring) Open(sealed []byte, at portico.Place) (secret.Text, error) {
	k := r.keys.Load()
	if !k.made(sealed) {
		r.follow()
		k = r.keys.Load()
	}
	value, err := k.aead.Decrypt(sealed, associated(at))
	switch {
	case err == nil:
		return secret.New(string(value)), nil
	case !k.made(sealed):
		return secret.Text{}, fmt.Errorf("open %s.%s: %w", at.Table, at.Column, ErrWrongKey)
	default:
		return secret.Text{}, fmt.Errorf("open %s.%s of [%s]: %w", at.Table, at.Column, at.Row, errAltered)
	}
}

// made reports whether a ciphertext names one of the keys.
func (k *keys) made(sealed []byte) bool { return slices.Contains(k.names(), keyOf(sealed)) }

// names are those of the keys; the first one seals.
func (k *keys) names() []string {
	info := k.handle.KeysetInfo()
	names := []string{name(info.GetPrimaryKeyId())}
	for _, key := range info.GetKeyInfo() {
		if key.GetKeyId() != info.GetPrimaryKeyId() {
			names = append(names, name(key.GetKeyId()))
		}
	}
	return names
}

func name(id uint32) string { return fmt.Sprintf("%08x", id) }

// keyOf names the key of a ciphertext. Tink's prefix is the byte 1 and the key's
// id in big-endian order.
func keyOf(sealed []byte) string {
	if len(sealed) < portico.SealedHead || sealed[0] != 1 {
		return ""
	}
	return name(binary.BigEndian.Uint32(sealed[1:portico.SealedHead]))
}

// Keys names the keys; the first one seals.
func (r *Ring) Keys() []string {
	r.follow()
	return r.keys.Load().names()
}

// KeyOf names the key that a value was sealed with, whether or not the ring has it.
func (r *Ring) KeyOf(sealed []byte) string { return keyOf(sealed) }

// associated is what a ciphertext is bound to. The lengths keep ("a", "bc") and
// ("ab", "c") apart.
func associated(at portico.Place) []byte {
	return fmt.Appendf(nil, "%d:%s|%d:%s|%d:%s", len(at.Table), at.Table, len(at.Column), at.Column, len(at.Row), at.Row)
}

// Derive returns 32 bytes for one purpose (HKDF-SHA256, RFC 5869). They are the
// same for the life of the key file, whatever is rotated.
func (r *Ring) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, r.keys.Load().root, nil, "portico "+purpose, 32)
	if err != nil {
		panic(err) // only a length beyond 8160 bytes is an error
	}
	return key
}

// Fingerprint names the ring without telling anything of its keys, so that a
// store can remember which one it belongs to. Rotation does not change it.
func (r *Ring) Fingerprint() string {
	return hex.EncodeToString(r.Derive("fingerprint")[:16])
}
