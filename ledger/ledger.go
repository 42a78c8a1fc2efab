package ledger

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"portico"
	"portico/secret"
)

// Key signs entries. The zero value signs nothing: its signatures are empty.
type Key struct{ private ed25519.PrivateKey }

// Open returns the key that a store's log is signed with; the first time, it
// makes one. It is kept sealed in the store's meta values.
func Open(ctx context.Context, store portico.Store, sealer portico.Sealer) (key Key, err error) {
	place := portico.Place{Table: "meta", Column: "value", Row: portico.MetaAuditKey}
	read := func(tx portico.Tx) error {
		kept, err := tx.Meta(ctx, portico.MetaAuditKey)
		if err == nil && kept != "" {
			key, err = open(kept, sealer, place)
		}
		return err
	}
	if err := store.View(ctx, read); err != nil || key.private != nil {
		return key, err
	}
	err = store.Update(ctx, func(tx portico.Tx) error {
		if err := read(tx); err != nil || key.private != nil { // somebody was faster
			return err
		}
		if _, key.private, err = ed25519.GenerateKey(rand.Reader); err != nil {
			return err
		}
		sealed, err := sealer.Seal(secret.New(encode(key.private.Seed())), place)
		if err != nil {
			return err
		}
		return tx.SetMeta(ctx, portico.MetaAuditKey, encode(sealed))
	})
	return key, err
}

func open(kept string, sealer portico.Sealer, at portico.Place) (Key, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil {
		return Key{}, errors.New("the key of the audit log cannot be read")
	}
	seed, err := sealer.Open(sealed, at)
	if err != nil {
		return Key{}, fmt.Errorf("the key of the audit log cannot be opened: %w", err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(seed.Reveal())
	if err != nil || len(raw) != ed25519.SeedSize {
		return Key{}, errors.New("the key of the audit log cannot be read") // the cause might repeat it
	}
	return Key{ed25519.NewKeyFromSeed(raw)}, nil
}

// JWK is the public key (RFC 8037).
type JWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	X         string `json:"x"`
}

// Public is the key that checks what this one signs. Its id is its thumbprint
// (RFC 7638).
func (k Key) Public() JWK {
	x := encode(k.private.Public().(ed25519.PublicKey))
	thumb := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return JWK{KeyType: "OKP", Curve: "Ed25519", Algorithm: "EdDSA", ID: encode(thumb[:]), X: x}
}

// SignText signs one delivered line, as it is without its signature.
func (k Key) SignText(text string) string {
	if k.private == nil {
		return ""
	}
	return encode(ed25519.Sign(k.private, []byte(text)))
}

// Sign signs an entry that follows the one with the signature previous; the
// first of a log follows "".
func (k Key) Sign(e portico.AuditEntry, previous string) (string, error) {
	if k.private == nil {
		return "", nil
	}
	sum, err := digest(e, previous)
	return encode(ed25519.Sign(k.private, sum)), err
}

// Anchor is where a log begins whose oldest entries were forgotten.
type Anchor struct {
	Position  int64  `json:"position"` // of the last entry that was forgotten
	Previous  string `json:"previous"` // its signature
	Signature string `json:"signature"`
}

// NewAnchor signs where a log begins.
func (k Key) NewAnchor(position int64, previous string) Anchor {
	a := Anchor{Position: position, Previous: previous}
	a.Signature = k.SignText(a.text())
	return a
}

func (a Anchor) text() string { return fmt.Sprintf("audit log after %d %s", a.Position, a.Previous) }

// ParseAnchor reads the meta value of an anchor; "" is the zero Anchor, of a
// log that has all its entries.
func ParseAnchor(value string) (a Anchor, err error) {
	if value == "" {
		return a, nil
	}
	if err := json.Unmarshal([]byte(value), &a); err != nil {
		return a, fmt.Errorf("the anchor of the audit log cannot be read: %w", err)
	}
	return a, nil
}

// String is the anchor as a meta value.
func (a Anchor) String() string {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // two texts and a number can be encoded
	}
	return string(text)
}

// Chain checks entries in the order of their positions.
type Chain struct {
	key      Key
	previous string
	position int64
}

// NewChain begins where the anchor says; it fails when the anchor is not one of
// this key's.
func (k Key) NewChain(from Anchor) (*Chain, error) {
	if k.private == nil {
		return nil, errors.New("there is no key to check the audit log with")
	}
	if from != (Anchor{}) && !k.verifies(from.Signature, []byte(from.text())) {
		return nil, errors.New("where the log begins was tampered with: its anchor is not signed with this key")
	}
	return &Chain{key: k, previous: from.Previous, position: from.Position}, nil
}

// Next checks that an entry is what was signed, and that it follows the one
// before.
func (c *Chain) Next(e portico.AuditEntry) error {
	sum, err := digest(e, c.previous)
	switch {
	case err != nil:
		return err
	case e.Position <= c.position || !c.key.verifies(e.Signature, sum):
		return fmt.Errorf("entry %d of %s was changed, or an entry before it was changed, removed, added or moved (the last good one is %d)",
			e.Position, e.At.Format("2006-01-02T15:04:05Z07:00"), c.position)
	}
	c.previous, c.position = e.Signature, e.Position
	return nil
}

func (k Key) verifies(signature string, signed []byte) bool {
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	return err == nil && ed25519.Verify(k.private.Public().(ed25519.PublicKey), signed, raw)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// digest is SHA-256 over everything that an entry says, each text with its
// length in front, and over the signature before it. The position is left out:
// the database gives it afterwards, and the chain holds the order.
func digest(e portico.AuditEntry, previous string) ([]byte, error) {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	for _, text := range []string{
		"portico audit entry 1", previous, string(e.ID), strconv.FormatInt(e.At.UnixMicro(), 10), string(e.OrgID), string(e.Type),
		e.Event.Action, string(e.Event.Principal.Kind), e.Event.Principal.ID, e.Event.Principal.Name, string(e.Event.PortalID),
		e.Event.ClientIP, e.Event.UserAgent, e.Event.TraceID, e.Event.Method, e.Event.URI,
		e.Resource, e.ResourceName, strconv.FormatBool(e.Granted), string(e.Outcome), string(e.SignInType),
		strconv.FormatInt(e.LeftOut, 10), string(changes),
	} {
		if _, err := io.WriteString(h, strconv.Itoa(len(text))+":"+text); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}
