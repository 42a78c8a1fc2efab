package mgmtapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico"
	"portico/admins"
	"portico/audit"
	"portico/httpkit"
	"portico/secret"
)

// authenticator turns access tokens into principals.
type authenticator struct {
	accounts admins.Accounts
	audit    *audit.Log
	log      *slog.Logger
	now      func() time.Time
	perMin   int

	mu      sync.Mutex
	sources map[netip.Addr]*rate.Limiter
	noted   map[string]time.Time
}

func newAuthenticator(accounts admins.Accounts, audit *audit.Log, log *slog.Logger, now func() time.Time, perMin int) *authenticator {
	return &authenticator{
		accounts: accounts, audit: audit, log: log, now: now, perMin: perMin,
		sources: map[netip.Addr]*rate.Limiter{}, noted: map[string]time.Time{},
	}
}

// authenticate returns the request with its principal, or KindUnauthenticated,
// or KindTooMany for an address that has sent too many refused tokens. Valid
// tokens from such an address are still served: behind one address there may
// be many callers, and a token is too long to be guessed at any rate.
func (a *authenticator) authenticate(r *http.Request) (*http.Request, error) {
	ctx := r.Context()
	p, err := a.accounts.Authenticate(ctx, bearer(r))
	if portico.KindOf(err) == portico.KindUnauthenticated && !a.mayTry(r) {
		return r, &portico.Error{
			Kind:       portico.KindTooMany,
			Detail:     "Too many requests with invalid access tokens came from this address. Check the token, then try again in a minute.",
			RetryAfter: time.Minute,
		}
	}
	if err != nil {
		if len(r.Header.Values("Authorization")) > 0 { // else nobody tried anything
			a.accounts.SignInFailed(ctx, portico.SignIn{Way: way(bearer(r))}, err)
		}
		return r, err
	}
	id, _ := p.TokenUse()
	a.audit.TokenUsed(ctx, id, portico.SignIn{Principal: p.Actor(), Way: way(bearer(r))})
	a.note(ctx, p)
	return r.WithContext(admins.With(ctx, p)), nil
}

// way is what kind of token it is, or claims to be.
func way(token secret.Text) portico.SignInType {
	switch prefix, _, _ := strings.Cut(token.Reveal(), "_"); prefix {
	case "kpat":
		return portico.SignInPAT
	case "spat":
		return portico.SignInSPAT
	}
	return portico.SignInUnknown
}

// mayTry uses up one of the failures that a caller's address has per minute.
func (a *authenticator) mayTry(r *http.Request) bool {
	return a.source(httpkit.ClientAddr(r)).AllowN(a.now(), 1)
}

// bearer is the token of the Authorization header (RFC 6750 §2.1): the scheme
// in any case, or left out as in Konnect's older documentation. It is empty
// when there is none, or more than one header.
func bearer(r *http.Request) secret.Text {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return secret.Text{}
	}
	value := strings.TrimSpace(values[0])
	if scheme, token, found := strings.Cut(value, " "); found {
		if !strings.EqualFold(scheme, "Bearer") {
			return secret.Text{}
		}
		value = strings.TrimSpace(token)
	}
	return secret.New(value)
}

// challenge is the WWW-Authenticate of a refusal (RFC 6750 §3): a request that
// had no token is told no error.
func challenge(r *http.Request) string {
	if len(r.Header.Values("Authorization")) == 0 {
		return `Bearer realm="portico"`
	}
	return `Bearer realm="portico", error="invalid_token"`
}

// maxSources bounds the memory that addresses can take up; beyond it the
// counts start again.
const maxSources = 10_000

// source is the failure budget of an address.
func (a *authenticator) source(addr netip.Addr) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	limiter := a.sources[addr]
	if limiter == nil {
		if len(a.sources) >= maxSources {
			clear(a.sources)
		}
		limiter = rate.NewLimiter(rate.Limit(float64(a.perMin)/60), a.perMin)
		a.sources[addr] = limiter
	}
	return limiter
}

// note records that a token was used, at most once a minute and behind the
// request's back: reading must not wait for a write.
func (a *authenticator) note(ctx context.Context, p admins.Principal) {
	now := a.now()
	id, last := p.TokenUse()
	a.mu.Lock()
	due := now.Sub(a.noted[id]) >= time.Minute
	if due {
		a.noted[id] = now
	}
	a.mu.Unlock()
	if !due || last != nil && now.Sub(*last) < time.Minute {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	go func() {
		defer cancel()
		if err := a.accounts.NoteUse(ctx, p, now); err != nil {
			a.log.WarnContext(ctx, "use of an access token not recorded", "err", err)
		}
	}()
}
