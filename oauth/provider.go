package oauth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"portico/secret"
)

const (
	metadataLife = time.Hour
	// Metadata serves however old while the issuer fails: the keys have a limit of their own.
	maxMetadataStale = 10 * 365 * 24 * time.Hour
)

// Providers keeps one Provider per issuer, for as long as the process runs.
type Providers struct {
	client *http.Client
	now    func() time.Time
	logger *slog.Logger

	mu       sync.RWMutex
	byIssuer map[string]*Provider
}

// NewProviders returns an empty collection. The client should come from
// NewHTTPClient.
func NewProviders(client *http.Client, now func() time.Time, logger *slog.Logger) *Providers {
	return &Providers{client: client, now: now, logger: logger, byIssuer: make(map[string]*Provider)}
}

// Provider returns the one for an issuer, as NormalizeIssuer gives it. Nothing
// is fetched before it is used.
func (p *Providers) Provider(issuer string) *Provider {
	p.mu.RLock()
	provider := p.byIssuer[issuer]
	p.mu.RUnlock()
	if provider != nil {
		return provider
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byIssuer[issuer] == nil {
		p.byIssuer[issuer] = newProvider(p.client, issuer, p.now, p.logger)
	}
	return p.byIssuer[issuer]
}

// Provider is one authorization server: its metadata, kept for an hour and
// longer while it fails, its keys, and the circuit to its token endpoint.
type Provider struct {
	client   *http.Client
	now      func() time.Time
	logger   *slog.Logger
	metadata *refreshed[Metadata]
	breaker  breaker

	mu       sync.Mutex
	jwksURI  string
	verifier *Verifier // of jwksURI
}

func newProvider(client *http.Client, issuer string, now func() time.Time, logger *slog.Logger) *Provider {
	logger = logger.With("issuer", issuer)
	return &Provider{
		client: client, now: now, logger: logger,
		metadata: &refreshed[Metadata]{
			fetch: func(ctx context.Context) (Metadata, time.Duration, error) {
				metadata, err := Discover(ctx, client, issuer)
				return metadata, metadataLife, err
			},
			maxStale: maxMetadataStale, now: now, logger: logger,
		},
	}
}

// Metadata returns what the issuer publishes. It returns an *Error that is
// Unavailable and wraps the *DiscoveryError.
func (p *Provider) Metadata(ctx context.Context) (Metadata, error) {
	metadata, err := p.metadata.current(ctx)
	if err != nil {
		return Metadata{}, unavailable("the issuer's metadata cannot be had", err)
	}
	return metadata, nil
}

// Verify checks an access token of this issuer, as Verifier.Verify does. An
// Expectation without an issuer means the one that discovery publishes.
func (p *Provider) Verify(ctx context.Context, token secret.Text, want Expectation) (Claims, error) {
	metadata, err := p.Metadata(ctx)
	if err != nil {
		return Claims{}, err
	}
	if metadata.JWKSURI == "" {
		return Claims{}, &Error{Description: "the issuer publishes no jwks_uri, so its tokens cannot be verified"}
	}
	if want.Issuer == "" {
		want.Issuer = metadata.Issuer
	}
	return p.verifierFor(metadata.JWKSURI).Verify(ctx, token, want)
}

// verifierFor returns the verifier of a jwks_uri; keys of an earlier address
// are dropped.
func (p *Provider) verifierFor(uri string) *Verifier {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.verifier == nil || p.jwksURI != uri {
		p.jwksURI = uri
		p.verifier = NewVerifier(NewKeySet(p.client, uri, p.now, p.logger), p.now, p.logger)
	}
	return p.verifier
}

// ClientCredentials exchanges a client's id and secret for an access token. It
// makes at most one request, and none while the circuit is open. It returns an
// *Error.
func (p *Provider) ClientCredentials(ctx context.Context, grant Grant) (Token, error) {
	metadata, err := p.Metadata(ctx)
	if err != nil {
		return Token{}, err
	}
	if metadata.TokenEndpoint == "" {
		return Token{}, &Error{Description: "the issuer publishes no token endpoint"}
	}
	if wait, ok := p.breaker.enter(p.now()); !ok {
		return Token{}, &Error{Description: "the token endpoint keeps failing and is left alone for a while", RetryAfter: wait}
	}
	result, pause := abandoned, time.Duration(0)
	defer func() { p.breaker.leave(p.now(), result, pause) }()

	token, err := requestToken(ctx, p.client, metadata.TokenEndpoint, grant, p.now)
	refused, _ := errors.AsType[*Error](err)
	switch {
	case refused == nil || !refused.Unavailable():
		result = answered
	case !errors.Is(ctx.Err(), context.Canceled):
		result, pause = failed, refused.RetryAfter
	}
	return token, err
}
