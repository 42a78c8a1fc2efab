package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"portico/lru"
	"portico/oauth"
	"portico/secret"
	"portico/snapshot"
)

// credentialID names a client id and secret presented under one strategy as
// configured, and one generation of the application: a keyed hash, so that
// nothing of the secret is kept. A rotation or revocation changes it, which
// drops everything remembered under the old one.
type credentialID [sha256.Size]byte

// maxTokensPerClient bounds how many secrets of one client have a token here.
const maxTokensPerClient = 8

// newMAC makes HMACs keyed with random bytes that live as long as the process.
func newMAC() func() any {
	salt := make([]byte, sha256.Size)
	rand.Read(salt)
	return func() any { return hmac.New(sha256.New, salt) }
}

func (p *policy) credentialID(strategy secret.Digest, generation uint64, c oauth.Credentials) (id credentialID) {
	mac := p.macs.Get().(hash.Hash)
	defer p.macs.Put(mac)
	mac.Reset()
	var numbers [16]byte
	binary.BigEndian.PutUint64(numbers[:8], generation)
	binary.BigEndian.PutUint64(numbers[8:], uint64(len(c.ClientID)))
	mac.Write(strategy[:])
	mac.Write(numbers[:])
	mac.Write([]byte(c.ClientID))
	mac.Write([]byte(c.Secret.Reveal()))
	mac.Sum(id[:0])
	return id
}

// token is an access token obtained for a caller's credentials, verified.
type token struct {
	credential credentialID
	use        string // Verdict.CredentialUse
	access     secret.Text
	expires    time.Time // of the token
	until      time.Time // of its place in the cache
	scoped     bool
	refreshAt  atomic.Int64 // Unix nanoseconds
}

// tokenCache keeps tokens by client, at most maxTokensPerClient each.
type tokenCache struct {
	clients *lru.Cache[[sha256.Size]byte, []*token]
}

func newTokenCache(size int) *tokenCache {
	return &tokenCache{lru.New[[sha256.Size]byte, []*token](size)}
}

func (c *tokenCache) find(clientID string, id credentialID, now time.Time) *token {
	tokens, _ := c.clients.Find(clientDigest(clientID), now)
	for _, t := range tokens {
		if t.credential == id && now.Before(t.until) {
			return t
		}
	}
	return nil
}

func (c *tokenCache) put(clientID string, t *token, now time.Time) {
	c.change(clientID, t.credential, now, t)
}

func (c *tokenCache) drop(clientID string, id credentialID, now time.Time) {
	c.change(clientID, id, now, nil)
}

func (c *tokenCache) change(clientID string, id credentialID, now time.Time, added *token) {
	c.clients.Update(clientDigest(clientID), now, func(old []*token) ([]*token, time.Time) {
		kept := slices.DeleteFunc(slices.Clone(old), func(t *token) bool { return t.credential == id || !now.Before(t.until) })
		if added != nil {
			kept = append(kept, added)
		}
		kept = kept[max(0, len(kept)-maxTokensPerClient):]
		until := now
		for _, t := range kept {
			if t.until.After(until) {
				until = t.until
			}
		}
		return kept, until
	})
}

// tryBasic accepts a client id and secret by exchanging them for an access
// token at the identity provider of the strategy that knows the client.
func (p *policy) tryBasic(ctx context.Context, q *query) attempt {
	c := q.authorization
	if c.Scheme != oauth.SchemeBasic {
		return attempt{}
	}
	if c.Secret.Empty() { // no client's secret is; providers call it a malformed request, which is not their failure
		q.unknownClient = true
		return attempt{}
	}
	for _, s := range q.guard.oidc {
		if !s.basic || c.Unencoded && !s.oidc.UnencodedBasic {
			continue
		}
		if app := q.apps.ByClient(s.id, c.ClientID); app != nil {
			return p.basicWith(ctx, q, s, app)
		}
	}
	q.unknownClient = true
	return attempt{}
}

// basicWith asks the identity provider only about applications that are
// registered, and only what is not remembered.
func (p *policy) basicWith(ctx context.Context, q *query, s *strategy, app *snapshot.Application) attempt {
	if _, ok := q.guard.registered(app); !ok {
		return attempt{refusal: &refusal{reason: NotRegistered, method: ByBasic, app: app}}
	}
	id := p.credentialID(s.digest, app.Generation, q.authorization)
	t := p.tokens.find(q.authorization.ClientID, id, q.now)
	p.tokenLookups.count(t != nil)
	if t != nil {
		p.refreshEarly(ctx, q, call{s, app, id, q.authorization, q.Source}, t)
	} else {
		var refused *refusal
		if t, refused = p.exchange(ctx, q, call{s, app, id, q.authorization, q.Source}); refused != nil {
			claimed := *refused
			claimed.app = app
			return attempt{refusal: &claimed}
		}
		// The exchange took a while; what was true of the application may not be.
		if app = q.apps.ByClient(s.id, q.authorization.ClientID); app == nil {
			return attempt{refusal: &refusal{reason: BadCredentials, method: ByBasic}}
		}
	}
	return attempt{proof: &proof{
		app: app, strategy: s, method: ByBasic, credentialID: q.authorization.ClientID, use: t.use,
		token: t.access, expires: t.expires, scoped: t.scoped,
	}}
}

// refuseUnknown treats a client id that nobody knows as a wrong secret is
// treated, so that the two cannot be told apart by counting attempts.
func (p *policy) refuseUnknown(q *query) refusal {
	id := p.credentialID(secret.Digest{}, 0, q.authorization)
	if known, ok := p.refused.Find(id, q.now); ok {
		return known
	}
	if limited := p.limited(q, q.authorization.ClientID); limited != nil {
		limited.method = ByBasic
		return *limited
	}
	p.failed(q.Source, q.authorization.ClientID)
	r := refusal{reason: BadCredentials, method: ByBasic}
	p.refused.Put(id, r, q.now.Add(rejectedLife))
	return r
}

// exchanged is the result of an exchange: one of the two.
type exchanged struct {
	token   *token
	refusal *refusal
}

// exchange gets a token for credentials that none is remembered for. Callers
// with the same credentials share one request to the identity provider, and a
// caller who leaves does not take it away from the others.
func (p *policy) exchange(ctx context.Context, q *query, call call) (*token, *refusal) {
	id := call.id
	if known, ok := p.refused.Find(id, q.now); ok {
		return nil, &known
	}
	if _, worked := p.worked.Find(id, q.now); !worked {
		if limited := p.limited(q, q.authorization.ClientID); limited != nil {
			limited.method = ByBasic
			return nil, limited
		}
	}
	result := p.flight.DoChan(string(id[:]), func() (any, error) {
		// One who came while the previous flight landed finds its result here.
		if t := p.tokens.find(call.ClientID, id, p.now()); t != nil {
			return exchanged{token: t}, nil
		}
		if known, ok := p.refused.Find(id, p.now()); ok {
			return exchanged{refusal: &known}, nil
		}
		return p.fly(context.WithoutCancel(ctx), call), nil
	})
	select {
	case r := <-result:
		e := r.Val.(exchanged)
		return e.token, e.refusal
	case <-ctx.Done():
		return nil, &refusal{reason: Unavailable, method: ByBasic, retry: defaultRetry}
	}
}

// call is one exchange with an identity provider.
type call struct {
	strategy *strategy
	app      *snapshot.Application
	id       credentialID
	oauth.Credentials
	source netip.Addr
}

// fly asks the identity provider, verifies what it gives as any bearer token,
// and remembers the result.
func (p *policy) fly(ctx context.Context, c call) exchanged {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	s := c.strategy
	granted, err := s.provider.ClientCredentials(ctx, s.grant(c.app, c.Credentials))
	if err != nil {
		return p.notGranted(ctx, c, err)
	}
	claims, err := s.provider.Verify(ctx, granted.Access, s.expect)
	if e, ok := errors.AsType[*oauth.Error](err); ok {
		return p.notGranted(ctx, c, e)
	}
	if err != nil {
		return p.unusable(ctx, c, err.Error())
	}
	if claimed, _ := claims.Path(s.claim); claimed != c.ClientID {
		return p.unusable(ctx, c, "its credential claim is not the client id")
	}
	p.metrics.exchanges.WithLabelValues("granted").Inc()
	scopes := claims.Scopes()
	if len(scopes) == 0 {
		scopes = granted.Scopes
	}
	now := p.now()
	t := &token{credential: c.id, use: p.nameOf(c.Credentials), access: granted.Access, expires: claims.ExpiresAt(), scoped: s.grants(scopes)}
	t.until = earlier(t.expires.Add(-tokenMargin), now.Add(cacheLife))
	p.worked.Put(c.id, struct{}{}, now.Add(workedLife))
	t.refreshAt.Store(now.Add(t.until.Sub(now) * 85 / 100).UnixNano())
	if s.oidc.CacheTokens && now.Before(t.until) {
		p.tokens.put(c.ClientID, t, now)
	}
	return exchanged{token: t}
}

// notGranted tells a wrong secret, a denial and a provider in trouble apart.
// Only the first counts as a failure of the caller; the last is not remembered.
func (p *policy) notGranted(ctx context.Context, c call, err error) exchanged {
	now := p.now()
	e, _ := errors.AsType[*oauth.Error](err)
	switch {
	case e != nil && e.Rejected():
		p.metrics.exchanges.WithLabelValues("rejected").Inc()
		p.failed(c.source, c.ClientID)
		p.worked.Put(c.id, struct{}{}, now)
		return p.remember(c, refusal{reason: BadCredentials, method: ByBasic}, now.Add(rejectedLife))
	case e != nil && e.Denied():
		p.metrics.exchanges.WithLabelValues("denied").Inc()
		p.logger.WarnContext(ctx, "the identity provider denies what the strategy asks for; check its scopes and the provider's policies",
			"strategy", c.strategy.id, "issuer", c.strategy.oidc.Issuer, "client_id", c.ClientID, "code", e.Code, "err", err)
		return p.remember(c, refusal{reason: Denied, method: ByBasic}, now.Add(deniedLife))
	}
	p.metrics.exchanges.WithLabelValues("unavailable").Inc()
	p.logger.WarnContext(ctx, "the identity provider gives no answer; callers are asked to come back",
		"strategy", c.strategy.id, "issuer", c.strategy.oidc.Issuer, "err", err)
	return exchanged{refusal: unavailable(err, ByBasic)}
}

// unusable is a token that the gateway itself would refuse from a caller: the
// strategy and the provider do not fit together.
func (p *policy) unusable(ctx context.Context, c call, why string) exchanged {
	p.metrics.exchanges.WithLabelValues("unusable").Inc()
	p.logger.WarnContext(ctx, "the identity provider issues tokens that the strategy does not accept; check issuer, audience and credential claim",
		"strategy", c.strategy.id, "issuer", c.strategy.oidc.Issuer, "client_id", c.ClientID, "why", why)
	return p.remember(c, refusal{reason: BadCredentials, method: ByBasic}, p.now().Add(deniedLife))
}

func (p *policy) remember(c call, r refusal, until time.Time) exchanged {
	p.refused.Put(c.id, r, until)
	return exchanged{refusal: &r}
}

// refreshEarly replaces a token that nears its end, in the background, so that
// no caller waits for it and a provider in trouble is noticed by none.
func (p *policy) refreshEarly(ctx context.Context, q *query, c call, t *token) {
	due := t.refreshAt.Load()
	if q.now.UnixNano() < due || !t.refreshAt.CompareAndSwap(due, q.now.Add(refreshPause).UnixNano()) {
		return
	}
	go func() {
		if e := p.fly(context.WithoutCancel(ctx), c); e.refusal != nil && e.refusal.reason != Unavailable {
			p.tokens.drop(c.ClientID, c.id, p.now())
		}
	}()
}
