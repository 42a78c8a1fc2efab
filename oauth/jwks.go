package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"golang.org/x/time/rate"
)

const (
	minKeyLife     = 5 * time.Minute // Cache-Control is clamped to these two
	maxKeyLife     = 24 * time.Hour
	defaultKeyLife = time.Hour
	maxKeyStale    = 24 * time.Hour   // how long keys serve past their life while the server fails
	unknownEvery   = 30 * time.Second // one refetch for unknown key ids in this time, and how long one is remembered
	maxUnknown     = 1024             // remembered unknown key ids
	maxKeys        = 64               // in one key set
	maxCandidates  = 8                // keys tried for a token that names none
)

// KeySet is the verification keys that one jwks_uri publishes (RFC 7517), kept
// current. A key that the server removes is gone with the next fetch.
type KeySet struct {
	keys    *refreshed[[]publicKey]
	unknown *recentSet    // key ids the server has just been asked for in vain
	limiter *rate.Limiter // of fetches for unknown key ids
}

// NewKeySet returns the key set at a jwks_uri; nothing is fetched yet.
func NewKeySet(client *http.Client, uri string, now func() time.Time, logger *slog.Logger) *KeySet {
	return &KeySet{
		keys: &refreshed[[]publicKey]{
			fetch:    func(ctx context.Context) ([]publicKey, time.Duration, error) { return fetchKeys(ctx, client, uri) },
			maxStale: maxKeyStale,
			now:      now,
			logger:   logger.With("jwks_uri", uri),
		},
		unknown: newRecentSet(maxUnknown, unknownEvery),
		limiter: rate.NewLimiter(rate.Every(unknownEvery), 1),
	}
}

// verify checks a signature with the key that the token names, or with every
// fitting one when it names none. A key that is not there is looked for at the
// server, once in 30 s at most. It returns a *TokenError, or an unavailable
// *Error when no keys can be had.
func (s *KeySet) verify(ctx context.Context, t *parsedToken) error {
	keys, err := s.keys.current(ctx)
	if err != nil {
		return unavailable("no keys to verify tokens with", err)
	}
	reason := check(keys, t)
	if reason != ReasonUnknownKey {
		return reason.err()
	}
	keys, began, asked, err := s.keys.renew(ctx, func(now time.Time) bool {
		return !s.unknown.contains(t.header.KeyID, now) && s.limiter.AllowN(now, 1)
	})
	if !asked {
		return reason.err()
	}
	if err != nil {
		return unavailable("the token names a key that is not known, and the keys cannot be fetched", err)
	}
	reason = check(keys, t)
	if began && reason == ReasonUnknownKey {
		s.unknown.add(t.header.KeyID, s.keys.now())
	}
	return reason.err()
}

// check verifies a token with the keys at hand; an empty reason means that the
// signature is good. Without a key id no answer short of a good signature is
// final, since the key that made it may be new.
func check(keys []publicKey, t *parsedToken) Reason {
	id, algorithm := t.header.KeyID, t.header.Algorithm
	named, tried := false, 0
	for _, key := range keys {
		if id != "" && key.id != id {
			continue
		}
		named = true
		if !key.fits(algorithm) {
			continue
		}
		if tried++; tried > maxCandidates {
			break
		}
		if key.verify(algorithm, t.input, t.signature) {
			return ""
		}
	}
	switch {
	case id == "" || !named:
		return ReasonUnknownKey
	case tried == 0:
		return ReasonAlgorithm
	}
	return ReasonSignature
}

// CheckKeys fetches the key set at a jwks_uri and fails unless a token can be
// verified with it.
func CheckKeys(ctx context.Context, client *http.Client, uri string) error {
	keys, _, err := fetchKeys(ctx, client, uri)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("key set %s: has no key that tokens can be verified with", uri)
	}
	return err
}

func fetchKeys(ctx context.Context, client *http.Client, uri string) ([]publicKey, time.Duration, error) {
	body, header, err := get(ctx, client, uri)
	if err != nil {
		return nil, 0, fmt.Errorf("key set %s: %w", uri, err)
	}
	keys, err := parseKeys(body)
	if err != nil {
		return nil, 0, fmt.Errorf("key set %s: %w", uri, err)
	}
	return keys, keyLife(header.Get("Cache-Control")), nil
}

// parseKeys reads a JWK set (RFC 7517 §5). Keys that cannot verify signatures
// are left out: other types, encryption keys, shared secrets, private keys
// published by accident.
func parseKeys(body []byte) ([]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, errors.New("answered something other than a JSON key set")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("has %d keys, more than %d", len(set.Keys), maxKeys)
	}
	var keys []publicKey
	for _, raw := range set.Keys {
		var parsed jose.JSONWebKey
		var uses struct {
			Operations []string `json:"key_ops"`
		}
		if json.Unmarshal(raw, &parsed) != nil || json.Unmarshal(raw, &uses) != nil {
			continue
		}
		if !parsed.IsPublic() || parsed.Use != "" && parsed.Use != "sig" {
			continue
		}
		if len(uses.Operations) > 0 && !slices.Contains(uses.Operations, "verify") {
			continue
		}
		key := publicKey{id: parsed.KeyID, algorithm: parsed.Algorithm, key: parsed.Key}
		if slices.ContainsFunc(DefaultAlgorithms(), key.fits) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("has no key that can verify signatures")
	}
	return keys, nil
}

// keyLife reads how long a key set is fresh from its Cache-Control (RFC 9111
// §5.2.2), clamped to [minKeyLife, maxKeyLife].
func keyLife(cacheControl string) time.Duration {
	for directive := range strings.SplitSeq(strings.ToLower(cacheControl), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return minKeyLife
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				return minKeyLife // a stale answer when the age is invalid (RFC 9111 §4.2.1)
			}
			return min(max(time.Duration(seconds)*time.Second, minKeyLife), maxKeyLife)
		}
	}
	return defaultKeyLife
}
