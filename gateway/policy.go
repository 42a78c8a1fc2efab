package gateway

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"portico/lru"
	"portico/oauth"
	"portico/secret"
	"portico/snapshot"
	"portico/usage"
)

// Header gives the values of a header by its canonical name; http.Header is one.
type Header interface {
	Values(name string) []string
}

// Head is what the policy looks at: a request without its body, however it was
// read.
type Head struct {
	Method, Host string
	Query        string // raw, without "?"
	Header       Header
	Source       netip.Addr // the caller, as trusted proxies tell it
	Secure       bool       // came over TLS
	Operation    string     // that is decided about by itself; "": none
}

// Reason says why a request was passed on or refused; it is a label in metrics
// and logs.
type Reason string

// The reasons.
const (
	Open              Reason = "open"               // nobody guards the service
	Allowed           Reason = "allowed"            // 200
	NoCredentials     Reason = "no_credentials"     // 401
	BadCredentials    Reason = "bad_credentials"    // 401
	NotRegistered     Reason = "not_registered"     // 403
	InsufficientScope Reason = "insufficient_scope" // 403
	Denied            Reason = "denied"             // 403, by the identity provider
	CrossOrigin       Reason = "cross_origin"       // 403, session sent from another site
	Limited           Reason = "limited"            // 429, too many failures
	Exceeded          Reason = "rate_limited"       // 429, more requests than a package allows
	Unavailable       Reason = "unavailable"        // 503, by the identity provider
)

// Verdict is what to do with a request. With Status 200 it is passed on, with
// what stands in the second half; otherwise it is answered.
type Verdict struct {
	Status     int
	Reason     Reason
	Method     Method
	Challenges []string      // WWW-Authenticate
	RetryAfter time.Duration // 0: none
	Cookie     string        // Set-Cookie; "" leaves the session as it is

	Application    *snapshot.Application // nil: open service, or refused and unknown
	APIID          string                // that the request counts for; "": unknown
	CredentialID   string                // key id or client id, never a secret
	CredentialUse  string                // the same, with a fingerprint of the secret where there was one
	Token          secret.Text           // access token for the upstream
	TokenHeader    string                // name[:scheme]; "" is Authorization: Bearer
	HideHeaders    []string
	HideParameters []string
	HideSession    bool
}

// Method is how a caller authenticated.
type Method string

// The methods, in the order in which they are tried.
const (
	BySession Method = "session"
	ByBearer  Method = "bearer"
	ByBasic   Method = "basic"
	ByKey     Method = "key"
)

// Sizes and times of the policy (design: "Rules for ours").
const (
	cacheLife       = 5 * time.Minute  // of a token obtained or verified
	tokenMargin     = 10 * time.Second // a token is not used closer to its end
	rejectedLife    = 10 * time.Second // of "wrong secret"
	deniedLife      = 30 * time.Second // of "the provider denies it" and of a bad token
	exchangeTimeout = 10 * time.Second
	refreshPause    = 10 * time.Second // between attempts to refresh a token early
	workedLife      = 24 * time.Hour   // of the memory that a credential was good
	defaultRetry    = 5 * time.Second  // Retry-After when the provider names none

	cacheSize     = 1 << 16
	failureWindow = time.Minute
	// A client's failures are its own; a source may be many callers behind one
	// address.
	clientFailures = 10
	sourceFailures = 30
)

// policy decides. It keeps what it learned from identity providers, but never
// whether an application is registered: that is asked on every request.
type policy struct {
	logger   *slog.Logger
	now      func() time.Time
	metrics  *metrics
	sessions *sessions
	usage    *usage.Counter // nil: not counted
	methods  []try          // in the order in which they are tried

	macs     sync.Pool // of keyed HMACs, for credential ids
	tokens   *tokenCache
	verified *lru.Cache[tokenID, verified]
	refused  *lru.Cache[credentialID, refusal]
	// worked are credentials that the provider accepted lately. The limit does
	// not hold them up, or whoever knows a client id could lock its owner out by
	// guessing.
	worked  *lru.Cache[credentialID, struct{}]
	flight  singleflight.Group
	clients *limiter[[sha256.Size]byte]
	sources *limiter[netip.Prefix]
	quotas  quotas

	tokenLookups, bearerLookups lookups
}

func newPolicy(logger *slog.Logger, now func() time.Time, m *metrics, s *sessions, u *usage.Counter) *policy {
	return &policy{
		logger: logger, now: now, metrics: m, sessions: s, usage: u,
		methods:      []try{(*policy).trySession, (*policy).tryBearer, (*policy).tryBasic, (*policy).tryKey},
		macs:         sync.Pool{New: newMAC()},
		tokens:       newTokenCache(cacheSize),
		verified:     lru.New[tokenID, verified](cacheSize),
		refused:      lru.New[credentialID, refusal](cacheSize),
		worked:       lru.New[credentialID, struct{}](cacheSize),
		tokenLookups: m.lookups("basic"), bearerLookups: m.lookups("bearer"),
		clients: newLimiter[[sha256.Size]byte](clientFailures, failureWindow, cacheSize),
		sources: newLimiter[netip.Prefix](sourceFailures, failureWindow, cacheSize),
		quotas:  newQuotas(),
	}
}

// query is one decision in the making.
type query struct {
	Head
	guard         *guard
	apps          *snapshot.Index
	now           time.Time
	authorization oauth.Credentials
	presented     bool // some credential was there
	unknownClient bool // Basic, with a client id that no strategy knows
}

// try looks for a credential of one method.
type try func(p *policy, ctx context.Context, q *query) attempt

// attempt is the result of one method: a proof; a refusal, which is final; or
// neither, when the request has no such credential or it belongs to no strategy
// of the service.
type attempt struct {
	proof   *proof
	refusal *refusal
}

// proof says who the caller is.
type proof struct {
	app          *snapshot.Application
	strategy     *strategy
	method       Method
	credentialID string
	use          string // Verdict.CredentialUse
	token        secret.Text
	expires      time.Time // of the token
	scoped       bool      // the token holds the required scopes
	cookie       string    // a session to write back
}

// refusal says why not. Code is RFC 6750's.
type refusal struct {
	reason Reason
	method Method
	app    *snapshot.Application // that the credential claims to be of, if it is known
	code   string
	retry  time.Duration
}

// status of a refusal.
func (r refusal) status() int {
	switch r.reason {
	case NotRegistered, InsufficientScope, Denied, CrossOrigin:
		return http.StatusForbidden
	case Limited, Exceeded:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusUnauthorized
}

// decide is the whole policy: who calls, and may they. It tries session,
// bearer, basic and key in this order; the first credential that belongs to one
// of the service's strategies settles it.
func (p *policy) decide(ctx context.Context, head Head, g *guard, apps *snapshot.Index) Verdict {
	if g == nil {
		return Verdict{Status: http.StatusOK, Reason: Open}
	}
	q := &query{Head: head, guard: g, apps: apps, now: p.now()}
	p.parseAuthorization(q)
	for _, try := range p.methods {
		switch a := try(p, ctx, q); {
		case a.refusal != nil:
			return p.refuse(q, *a.refusal)
		case a.proof != nil:
			return p.admit(q, a.proof)
		}
	}
	switch {
	case q.unknownClient:
		return p.refuse(q, p.refuseUnknown(q))
	case q.presented:
		return p.refuse(q, refusal{reason: BadCredentials, code: "invalid_token"})
	}
	return p.refuse(q, refusal{reason: NoCredentials})
}

// parseAuthorization reads the header once for all strategies. A header that
// cannot be read is a credential that belongs to no strategy.
func (p *policy) parseAuthorization(q *query) {
	if len(q.guard.oidc) == 0 {
		return
	}
	values := q.Header.Values("Authorization")
	if len(values) == 0 {
		return
	}
	q.presented = true
	parsed, err := oauth.ParseAuthorization(values)
	if err != nil {
		return
	}
	q.authorization = parsed
	if parsed.Unencoded {
		p.metrics.unencoded.Inc()
	}
}

// admit checks what holds for every method, on every request.
func (p *policy) admit(q *query, proof *proof) Verdict {
	by, registered := q.guard.registered(proof.app)
	switch {
	case !registered:
		return p.refuse(q, refusal{reason: NotRegistered, method: proof.method, app: proof.app})
	case !proof.scoped:
		return p.refuse(q, refusal{reason: InsufficientScope, method: proof.method, app: proof.app, code: "insufficient_scope"})
	}
	if wait := p.quotas.take(proof.app.ID, q.Operation, by, q.now); wait > 0 {
		return p.refuse(q, refusal{reason: Exceeded, method: proof.method, app: proof.app, retry: wait})
	}
	v := Verdict{
		Status: http.StatusOK, Reason: Allowed, Method: proof.method,
		Application: proof.app, APIID: by.APIID, CredentialID: proof.credentialID, CredentialUse: proof.use, Token: proof.token,
		HideHeaders: q.guard.hideHeaders, HideParameters: q.guard.keyNames, HideSession: q.guard.sessions,
		Cookie: proof.cookie,
	}
	if o := proof.strategy.oidc; o != nil {
		v.TokenHeader = o.UpstreamTokenHeader
		if proof.method != BySession {
			v.Cookie = p.startSession(q, proof)
		}
	}
	return v
}

// refuse makes the verdict of a refusal. A session that led to 401 or 403 ends;
// one that another site abused does not, or any site could end it.
func (p *policy) refuse(q *query, r refusal) Verdict {
	v := Verdict{Status: r.status(), Reason: r.reason, Method: r.method, RetryAfter: r.retry, Application: r.app, APIID: q.guard.access[0].APIID}
	if r.app != nil {
		v.APIID = q.guard.meant(r.app)
	}
	if v.Status == http.StatusUnauthorized || r.code != "" {
		v.Challenges = q.guard.challenge(r.code)
	}
	ends := v.Status == http.StatusUnauthorized || v.Status == http.StatusForbidden && r.reason != CrossOrigin
	if q.guard.sessions && ends && len(sessionValues(q.Header)) > 0 {
		v.Cookie = cookie("", q.Secure)
	}
	return v
}

// challenge adds an error code to the Bearer challenge (RFC 6750 §3).
func (g *guard) challenge(code string) []string {
	last := len(g.challenges) - 1
	if code == "" || last < 0 || !strings.HasPrefix(g.challenges[last], "Bearer") {
		return g.challenges
	}
	out := slices.Clone(g.challenges)
	out[last] += `, error="` + code + `"`
	return out
}

// limited reports how long a caller who failed too often must wait; clientID is
// empty for credentials that do not show one before they are verified.
func (p *policy) limited(q *query, clientID string) *refusal {
	wait := p.sources.wait(network(q.Source), q.now)
	if clientID != "" {
		wait = max(wait, p.clients.wait(clientDigest(clientID), q.now))
	}
	if wait <= 0 {
		return nil
	}
	return &refusal{reason: Limited, retry: wait}
}

// failed counts a failure against the client, if it is known, and the source.
func (p *policy) failed(source netip.Addr, clientID string) {
	now := p.now()
	p.sources.fail(network(source), now)
	if clientID != "" {
		p.clients.fail(clientDigest(clientID), now)
	}
}

// network is what one caller can be expected to hold: an IPv4 address, or an
// IPv6 /64.
func network(a netip.Addr) netip.Prefix {
	bits := 32
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	prefix, _ := a.Prefix(bits) // the zero prefix for an unknown address
	return prefix
}
