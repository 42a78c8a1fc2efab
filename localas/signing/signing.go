package signing

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/localas/litedb"
)

// RotationPeriod is how long a key signs when keys rotate by themselves.
const RotationPeriod = 90 * 24 * time.Hour

// Key is an RSA key of one authorization server: NEXT is published
// ahead of its use, ACTIVE signs, EXPIRED only verifies.
type Key struct {
	KID     string
	Status  string
	Changed time.Time // when it came to its status
	Private *rsa.PrivateKey
}

// Ring holds the signing keys of every authorization server. Keys are made
// when a server first needs them.
type Ring struct {
	db     *litedb.DB
	now    func() time.Time
	retain time.Duration
	mu     sync.Mutex
	loaded map[string][]Key // newest first, by server
}

// NewRing keeps keys in the database; a retired key verifies for the time that
// retain says.
func NewRing(db *litedb.DB, now func() time.Time, retain time.Duration) *Ring {
	return &Ring{db: db, now: now, retain: retain, loaded: map[string][]Key{}}
}

// Of returns the server's keys, newest first: NEXT, ACTIVE, then EXPIRED.
func (k *Ring) Of(ctx context.Context, server string) ([]Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(ctx, server)
}

func (k *Ring) load(ctx context.Context, server string) ([]Key, error) {
	if keys, ok := k.loaded[server]; ok {
		return keys, nil
	}
	keys, err := litedb.QueryAll(ctx, k.db.Reader(), scanKey,
		`SELECT kid, status, changed, private FROM signing_key WHERE server = $1
		ORDER BY CASE status WHEN 'NEXT' THEN 0 WHEN 'ACTIVE' THEN 1 ELSE 2 END, changed DESC`, server)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		next, err := newKey("NEXT", k.now())
		if err != nil {
			return nil, err
		}
		active, err := newKey("ACTIVE", k.now())
		if err != nil {
			return nil, err
		}
		keys = []Key{next, active}
		if err := k.save(ctx, server, keys); err != nil {
			return nil, err
		}
	}
	k.loaded[server] = keys
	return keys, nil
}

// Rotate retires the active key, activates the next one and makes a new next.
func (k *Ring) Rotate(ctx context.Context, server string) ([]Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := k.load(ctx, server)
	if err != nil {
		return nil, err
	}
	return k.rotateLoaded(ctx, server, keys)
}

func (k *Ring) rotateLoaded(ctx context.Context, server string, keys []Key) ([]Key, error) {
	now := k.now()
	next, err := newKey("NEXT", now)
	if err != nil {
		return nil, err
	}
	rotated := []Key{next}
	for _, key := range keys {
		switch key.Status {
		case "NEXT":
			key.Status, key.Changed = "ACTIVE", now
		case "ACTIVE":
			key.Status, key.Changed = "EXPIRED", now
		case "EXPIRED":
			if now.Sub(key.Changed) > k.retain {
				continue // no token that it signed is alive
			}
		}
		rotated = append(rotated, key)
	}
	if err := k.save(ctx, server, rotated); err != nil {
		return nil, err
	}
	k.loaded[server] = rotated
	return rotated, nil
}

// Current returns the server's keys, with auto after a rotation that is due. The lock is
// held throughout, so that two requests do not rotate twice.
func (k *Ring) Current(ctx context.Context, server string, auto bool) ([]Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := k.load(ctx, server)
	if err != nil || !auto || k.now().Sub(Active(keys).Changed) < RotationPeriod {
		return keys, err
	}
	return k.rotateLoaded(ctx, server, keys)
}

// Signer returns the key that signs now.
func (k *Ring) Signer(ctx context.Context, server string, auto bool) (Key, error) {
	keys, err := k.Current(ctx, server, auto)
	if err != nil {
		return Key{}, err
	}
	return Active(keys), nil
}

// Active is the key that signs.
func Active(keys []Key) Key {
	return keys[slices.IndexFunc(keys, func(key Key) bool { return key.Status == "ACTIVE" })]
}

// Forget drops the keys of a server that has been deleted.
func (k *Ring) Forget(server string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.loaded, server)
}

func (k *Ring) save(ctx context.Context, server string, keys []Key) error {
	return k.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM signing_key WHERE server = $1`, server); err != nil {
			return err
		}
		for _, key := range keys {
			private, err := x509.MarshalPKCS8PrivateKey(key.Private)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx,
				`INSERT INTO signing_key (kid, server, status, private, changed) VALUES ($1, $2, $3, $4, $5)`,
				key.KID, server, key.Status, private, key.Changed.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

func newKey(status string, now time.Time) (Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Key{}, fmt.Errorf("make signing key: %w", err)
	}
	kid := make([]byte, 32)
	rand.Read(kid) // never fails
	return Key{base64.RawURLEncoding.EncodeToString(kid), status, now.UTC(), private}, nil
}

func scanKey(row litedb.Scanner) (Key, error) {
	var key Key
	var private []byte
	if err := row.Scan(&key.KID, &key.Status, litedb.Time(&key.Changed), &private); err != nil {
		return key, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return key, err
	}
	var ok bool
	if key.Private, ok = parsed.(*rsa.PrivateKey); !ok {
		return key, errors.New("signing: key is not RSA")
	}
	return key, nil
}

// Public is the key as a key set shows it (RFC 7517).
func (key Key) Public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Private.Public(), KeyID: key.KID, Algorithm: "RS256", Use: "sig"}
}
