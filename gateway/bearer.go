package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"portico/oauth"
	"portico/secret"
)

// tokenID names a presented token under one strategy.
type tokenID struct{ token, strategy secret.Digest }

// verified is what is remembered of a token that was looked at: who it belongs
// to, or why it is refused.
type verified struct {
	clientID   string
	generation uint64 // of the application when the token was verified
	expires    time.Time
	scoped     bool
	reason     oauth.Reason // "" for a good token
}

// tryBearer accepts an access token that one of the service's strategies
// verifies and whose client that strategy knows.
func (p *policy) tryBearer(ctx context.Context, q *query) attempt {
	if q.authorization.Scheme != oauth.SchemeBearer {
		return attempt{}
	}
	token := q.authorization.Token
	digest := token.Digest()
	var final *refusal
	for _, s := range q.guard.oidc {
		if !s.bearer {
			continue
		}
		known, refused := p.verify(ctx, q, s, token, digest)
		switch {
		case refused != nil:
			final = worse(final, refused)
			continue
		case known.reason != "":
			if belongs(known.reason) {
				final = worse(final, &refusal{reason: BadCredentials, method: ByBearer, code: "invalid_token"})
			}
			continue
		}
		if app := q.apps.ByClient(s.id, known.clientID); app != nil {
			return attempt{proof: &proof{
				app: app, strategy: s, method: ByBearer, credentialID: known.clientID, use: known.clientID,
				token: token, expires: known.expires, scoped: known.scoped,
			}}
		}
	}
	return attempt{refusal: final}
}

// worse keeps the refusal that asks the caller to come back: it may be wrong
// about nothing but the time.
func worse(a, b *refusal) *refusal {
	if a == nil || a.reason == BadCredentials {
		return b
	}
	return a
}

// belongs reports whether a token refused for this reason came from the
// strategy's issuer, as far as can be told; another one belongs to somebody
// else and does not stop a caller who also has a key.
func belongs(r oauth.Reason) bool {
	switch r {
	case oauth.ReasonTooLarge, oauth.ReasonMalformed, oauth.ReasonAlgorithm, oauth.ReasonHeader, oauth.ReasonType, oauth.ReasonIssuer:
		return false
	}
	return true
}

// verify looks at a token, or remembers what came of it. The refusal is about
// the moment, not about the token.
func (p *policy) verify(ctx context.Context, q *query, s *strategy, token secret.Text, digest secret.Digest) (verified, *refusal) {
	id := tokenID{digest, s.digest}
	if known, ok := p.verified.Find(id, q.now); ok && p.current(q, s, known) {
		p.bearerLookups.count(true)
		return known, nil
	}
	p.bearerLookups.count(false)
	if limited := p.limited(q, ""); limited != nil {
		limited.method = ByBearer
		return verified{}, limited
	}
	claims, err := s.provider.Verify(ctx, token, s.expect)
	if refused, ok := errors.AsType[*oauth.TokenError](err); ok {
		p.rememberBad(q, id, refused.Reason)
		return verified{reason: refused.Reason}, nil
	}
	if err != nil {
		p.logger.WarnContext(ctx, "access tokens cannot be verified; callers are asked to come back", "strategy", s.id, "issuer", s.oidc.Issuer, "err", err)
		return verified{}, unavailable(err, ByBearer)
	}
	clientID, ok := claims.Path(s.claim)
	if !ok {
		p.logger.WarnContext(ctx, "access token has no value at the strategy's credential claim", "strategy", s.id, "claim", s.claim)
		return verified{reason: oauth.ReasonMalformed}, nil
	}
	known := verified{clientID: clientID, expires: claims.ExpiresAt(), scoped: s.grants(claims.Scopes())}
	if app := q.apps.ByClient(s.id, clientID); app != nil {
		known.generation = app.Generation
	}
	if s.oidc.CacheTokens {
		p.verified.Put(id, known, earlier(claims.ExpiresAt(), q.now.Add(cacheLife)))
	}
	return known, nil
}

// current reports whether what is remembered is as old as the client's
// credentials are.
func (p *policy) current(q *query, s *strategy, known verified) bool {
	if known.reason != "" {
		return true
	}
	app := q.apps.ByClient(s.id, known.clientID)
	return app == nil || app.Generation == known.generation
}

// rememberBad remembers for a short time that a token is bad, and counts it when
// finding out was expensive. A token that is only early will become good.
func (p *policy) rememberBad(q *query, id tokenID, reason oauth.Reason) {
	if reason == oauth.ReasonSignature || reason == oauth.ReasonUnknownKey {
		p.failed(q.Source, "")
	}
	life := deniedLife
	if reason == oauth.ReasonUnknownKey || reason == oauth.ReasonNotYet {
		life = time.Second // the key, or the time, may come
	}
	p.verified.Put(id, verified{reason: reason}, q.now.Add(life))
}

// unavailable is the refusal for an error that says nothing about the
// credentials.
func unavailable(err error, method Method) *refusal {
	r := &refusal{reason: Unavailable, method: method, retry: defaultRetry}
	if e, ok := errors.AsType[*oauth.Error](err); ok && e.RetryAfter > 0 {
		r.retry = e.RetryAfter
	}
	return r
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// clientDigest is the fixed-size name of a client id in bounded maps.
func clientDigest(clientID string) [sha256.Size]byte { return sha256.Sum256([]byte(clientID)) }
