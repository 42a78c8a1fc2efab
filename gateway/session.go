package gateway

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/crypto/chacha20poly1305"

	"portico/secret"
)

// Names and lifetimes of a session, those of Kong's openid-connect plugin.
const (
	sessionCookie   = "session"
	sessionIdle     = 15 * time.Minute
	sessionRolling  = time.Hour
	sessionAbsolute = 24 * time.Hour

	sessionTouch   = time.Minute            // a younger cookie is not written again
	sessionRenew   = sessionRolling * 3 / 4 // an older content is renewed when written
	maxCookieValue = 3800
	maxCookiesRead = 4
	sessionVersion = 1
)

var errSession = errors.New("no valid session")

// session is what the cookie holds: a caller who authenticated otherwise, with
// one strategy, on one host.
type session struct {
	ClientID     string      `cbor:"1,keyasint"`
	Generation   uint64      `cbor:"2,keyasint"`
	Issued       int64       `cbor:"3,keyasint"` // Unix seconds, as all below; starts the rolling time
	Touched      int64       `cbor:"4,keyasint"` // starts the idle time
	Until        int64       `cbor:"5,keyasint"` // end of the absolute time
	TokenExpires int64       `cbor:"6,keyasint"`
	Token        secretValue `cbor:"7,keyasint,omitempty"`
}

// secretValue lets a secret into the sealed payload, where its text must be.
type secretValue struct{ secret.Text }

func (v secretValue) MarshalCBOR() ([]byte, error) { return cbor.Marshal(v.Reveal()) }

func (v *secretValue) UnmarshalCBOR(data []byte) error {
	var text string
	err := cbor.Unmarshal(data, &text)
	v.Text = secret.New(text)
	return err
}

// sessions seals and opens session cookies. The first key seals, every key
// opens; a cookie is bound to its name, the strategy as it is configured, and
// the host.
type sessions struct{ keys []sessionKey }

type sessionKey struct {
	id   []byte
	aead cipher.AEAD
}

const sessionKeyIDSize = 4

// newSessions derives the keys from the given material, newest first. Without
// any there are no sessions.
func newSessions(material [][]byte) *sessions {
	s := &sessions{}
	for _, m := range material {
		key, err := hkdf.Key(sha256.New, m, nil, "portico session cookie", chacha20poly1305.KeySize+sessionKeyIDSize)
		if err != nil {
			panic(err) // only for lengths beyond HKDF's
		}
		aead, err := chacha20poly1305.NewX(key[:chacha20poly1305.KeySize])
		if err != nil {
			panic(err) // only for keys of another length
		}
		s.keys = append(s.keys, sessionKey{key[chacha20poly1305.KeySize:], aead})
	}
	return s
}

func sessionContext(strategy secret.Digest, host string) []byte {
	return append(append([]byte(sessionCookie), strategy[:]...), withoutPort(strings.ToLower(host))...)
}

// seal gives the cookie value. An access token that makes it too large for a
// cookie is left out.
func (s *sessions) seal(content session, strategy secret.Digest, host string) (string, error) {
	value, err := s.sealWhole(content, strategy, host)
	if err == nil && len(value) > maxCookieValue {
		content.Token = secretValue{}
		value, err = s.sealWhole(content, strategy, host)
	}
	return value, err
}

// sealWhole encodes: version, key id, nonce, ciphertext, all in base64url.
func (s *sessions) sealWhole(content session, strategy secret.Digest, host string) (string, error) {
	plain, err := cbor.Marshal(content)
	if err != nil {
		return "", err
	}
	key := s.keys[0]
	nonce := make([]byte, key.aead.NonceSize())
	rand.Read(nonce)
	sealed := append(append([]byte{sessionVersion}, key.id...), nonce...)
	return base64.RawURLEncoding.EncodeToString(key.aead.Seal(sealed, nonce, plain, sessionContext(strategy, host))), nil
}

// open reads a cookie value. Whatever is wrong with it, the error is the same.
func (s *sessions) open(value string, strategy secret.Digest, host string, now time.Time) (session, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(value) > 2*maxCookieValue || len(raw) < 1+sessionKeyIDSize+chacha20poly1305.NonceSizeX || raw[0] != sessionVersion {
		return session{}, errSession
	}
	id, rest := raw[1:1+sessionKeyIDSize], raw[1+sessionKeyIDSize:]
	for _, key := range s.keys {
		if !bytes.Equal(key.id, id) {
			continue
		}
		plain, err := key.aead.Open(nil, rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:], sessionContext(strategy, host))
		var content session
		if err != nil || cbor.Unmarshal(plain, &content) != nil || !content.valid(now) {
			return session{}, errSession
		}
		return content, nil
	}
	return session{}, errSession
}

// valid checks every lifetime; a session never outlives the token it rests on.
func (c session) valid(now time.Time) bool {
	return now.Before(time.Unix(c.Touched, 0).Add(sessionIdle)) &&
		now.Before(time.Unix(c.Issued, 0).Add(sessionRolling)) &&
		now.Before(time.Unix(c.Until, 0)) &&
		now.Before(time.Unix(c.TokenExpires, 0))
}

// touched gives the content to write back, or ok false while the cookie is
// young enough to stay as it is.
func (c session) touched(now time.Time) (content session, ok bool) {
	if now.Sub(time.Unix(c.Touched, 0)) <= sessionTouch {
		return c, false
	}
	if now.Sub(time.Unix(c.Issued, 0)) > sessionRenew {
		c.Issued = now.Unix()
	}
	c.Touched = now.Unix()
	return c, true
}

// cookie gives the Set-Cookie header value; an empty value removes the cookie.
func cookie(value string, secure bool) string {
	c := &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/",
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c.String()
}

// sessionValues are the values of the session cookies of a request.
func sessionValues(header Header) []string {
	var values []string
	for _, line := range header.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if name == sessionCookie && value != "" && len(values) < maxCookiesRead {
				values = append(values, strings.Trim(value, `"`))
			}
		}
	}
	return values
}

// withoutSession removes session cookies from a request's Cookie header lines.
func withoutSession(lines []string) []string {
	var kept []string
	for _, line := range lines {
		var pairs []string
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			if name, _, _ := strings.Cut(pair, "="); pair != "" && name != sessionCookie {
				pairs = append(pairs, pair)
			}
		}
		if len(pairs) > 0 {
			kept = append(kept, strings.Join(pairs, "; "))
		}
	}
	return kept
}
