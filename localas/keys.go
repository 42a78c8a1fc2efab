package localas

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// orgServer is the key owner that stands for the organisation itself.
	orgServer = "org"
	// rotationPeriod is how long a key signs in rotation mode AUTO.
	rotationPeriod = 90 * 24 * time.Hour
	// maxTokenLifetime is also how long a retired key still verifies.
	maxTokenLifetime = 24 * time.Hour
	// publishedKeys is how many keys a key set shows at most.
	publishedKeys = 3
	// maxKeySetAge is the longest time that a key set may be cached.
	maxKeySetAge = time.Hour
)

// signingKey is an RSA key of one authorization server: NEXT is published
// ahead of its use, ACTIVE signs, EXPIRED only verifies.
type signingKey struct {
	KID     string
	Status  string
	Changed time.Time // when it came to its status
	Private *rsa.PrivateKey
}

// keyring holds the signing keys of every authorization server. Keys are made
// when a server first needs them.
type keyring struct {
	store  *store
	now    func() time.Time
	mu     sync.Mutex
	loaded map[string][]signingKey // newest first, by server
}

// of returns the server's keys, newest first: NEXT, ACTIVE, then EXPIRED.
func (k *keyring) of(ctx context.Context, server string) ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(ctx, server)
}

func (k *keyring) load(ctx context.Context, server string) ([]signingKey, error) {
	if keys, ok := k.loaded[server]; ok {
		return keys, nil
	}
	keys, err := queryAll(ctx, k.store.reader, scanSigningKey,
		`SELECT kid, status, changed, private FROM signing_key WHERE server = $1
		ORDER BY CASE status WHEN 'NEXT' THEN 0 WHEN 'ACTIVE' THEN 1 ELSE 2 END, changed DESC`, server)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		next, err := newSigningKey("NEXT", k.now())
		if err != nil {
			return nil, err
		}
		active, err := newSigningKey("ACTIVE", k.now())
		if err != nil {
			return nil, err
		}
		keys = []signingKey{next, active}
		if err := k.save(ctx, server, keys); err != nil {
			return nil, err
		}
	}
	k.loaded[server] = keys
	return keys, nil
}

// rotate retires the active key, activates the next one and makes a new next.
func (k *keyring) rotate(ctx context.Context, server string) ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := k.load(ctx, server)
	if err != nil {
		return nil, err
	}
	return k.rotateLoaded(ctx, server, keys)
}

func (k *keyring) rotateLoaded(ctx context.Context, server string, keys []signingKey) ([]signingKey, error) {
	now := k.now()
	next, err := newSigningKey("NEXT", now)
	if err != nil {
		return nil, err
	}
	rotated := []signingKey{next}
	for _, key := range keys {
		switch key.Status {
		case "NEXT":
			key.Status, key.Changed = "ACTIVE", now
		case "ACTIVE":
			key.Status, key.Changed = "EXPIRED", now
		case "EXPIRED":
			if now.Sub(key.Changed) > maxTokenLifetime {
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

// current returns the server's keys after a rotation that is due. The lock is
// held throughout, so that two requests do not rotate twice.
func (k *keyring) current(ctx context.Context, server authServer) ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := k.load(ctx, server.ID)
	if err != nil || server.RotationMode != "AUTO" || k.now().Sub(activeKey(keys).Changed) < rotationPeriod {
		return keys, err
	}
	return k.rotateLoaded(ctx, server.ID, keys)
}

// signer returns the key that signs now.
func (k *keyring) signer(ctx context.Context, server authServer) (signingKey, error) {
	keys, err := k.current(ctx, server)
	if err != nil {
		return signingKey{}, err
	}
	return activeKey(keys), nil
}

func activeKey(keys []signingKey) signingKey {
	return keys[slices.IndexFunc(keys, func(key signingKey) bool { return key.Status == "ACTIVE" })]
}

// forget drops the keys of a server that has been deleted.
func (k *keyring) forget(server string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.loaded, server)
}

func (k *keyring) save(ctx context.Context, server string, keys []signingKey) error {
	return k.store.update(ctx, func(tx *sql.Tx) error {
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

func newSigningKey(status string, now time.Time) (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return signingKey{}, fmt.Errorf("make signing key: %w", err)
	}
	kid := make([]byte, 32)
	rand.Read(kid) // never fails
	return signingKey{base64.RawURLEncoding.EncodeToString(kid), status, now.UTC(), private}, nil
}

func scanSigningKey(row scanner) (signingKey, error) {
	var key signingKey
	var private []byte
	if err := row.Scan(&key.KID, &key.Status, timeColumn{&key.Changed}, &private); err != nil {
		return key, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return key, err
	}
	var ok bool
	if key.Private, ok = parsed.(*rsa.PrivateKey); !ok {
		return key, errors.New("localas: signing key is not RSA")
	}
	return key, nil
}

// public is the key as a key set shows it (RFC 7517).
func (key signingKey) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Private.Public(), KeyID: key.KID, Algorithm: "RS256", Use: "sig"}
}

// keySet is what both keys endpoints answer.
type keySet struct {
	Keys []jose.JSONWebKey `json:"keys"`
}

// serveKeys answers the public keys; they may be cached until a rotation is
// due, but never long.
func (s *Server) serveKeys(w http.ResponseWriter, r *http.Request, server authServer) error {
	keys, err := s.keys.current(r.Context(), server)
	if err != nil {
		return err
	}
	age := maxKeySetAge
	if server.RotationMode == "AUTO" {
		untilRotation := activeKey(keys).Changed.Add(rotationPeriod).Sub(s.now())
		age = max(min(age, untilRotation), time.Minute)
	}
	set := keySet{}
	for _, key := range keys[:min(len(keys), publishedKeys)] {
		set.Keys = append(set.Keys, key.public())
	}
	w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d, must-revalidate", int(age.Seconds())))
	writeJSON(w, http.StatusOK, set)
	return nil
}

func (s *Server) serverKeys(w http.ResponseWriter, r *http.Request) error {
	server, err := s.activeServer(r)
	if err != nil {
		return err
	}
	return s.serveKeys(w, r, server)
}

func (s *Server) orgKeys(w http.ResponseWriter, r *http.Request) error {
	return s.serveKeys(w, r, s.org())
}

type keyView struct {
	jose.JSONWebKey
	Status string
}

// MarshalJSON adds the status, which is no member of RFC 7517.
func (v keyView) MarshalJSON() ([]byte, error) {
	text, err := v.JSONWebKey.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return append(text[:len(text)-1], (`,"status":` + toJSON(v.Status) + `}`)...), nil
}

func keyViews(keys []signingKey) []keyView {
	views := []keyView{}
	for _, key := range keys {
		views = append(views, keyView{key.public(), key.Status})
	}
	return views
}

func (s *Server) listKeys(w http.ResponseWriter, r *http.Request) error {
	server, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	keys, err := s.keys.of(r.Context(), server.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, keyViews(keys))
	return nil
}

func (s *Server) rotateKeys(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		Use string `json:"use"`
	}](w, r)
	if err != nil {
		return err
	}
	if in.Use != "sig" {
		return invalid("use", "use: must be 'sig'.")
	}
	server, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	keys, err := s.keys.rotate(r.Context(), server.ID)
	if err != nil {
		return err
	}
	s.log.InfoContext(r.Context(), "signing keys rotated", "server", server.ID, "kid", activeKey(keys).KID)
	writeJSON(w, http.StatusOK, keyViews(keys))
	return nil
}
