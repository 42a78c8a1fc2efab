package signon

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portico"
	"portico/oauth"
	"portico/secret"
)

// Party is who asks providers to sign somebody in.
type Party struct {
	Client *http.Client // guarded: the addresses are an admin's; see oauth.NewHTTPClient
	Sealer portico.Sealer
	Logger *slog.Logger
	Now    func() time.Time
}

// Provider is an OpenID Connect provider, and where the browser comes back to.
type Provider struct {
	ID       string // an attempt belongs to one provider
	Issuer   string
	ClientID string
	Sealed   []byte // the client secret, if there is one
	At       portico.Place
	Scopes   []string // openid is always among them
	Claims   portico.ClaimMappings
	Callback string // the address that the provider sends the browser back to
}

const (
	attemptLife = 10 * time.Minute // to sign in over there
	maxGroups   = 500              // that are looked at
)

// attempt is a sign-in under way, as the browser's cookie carries it.
type attempt struct {
	Provider string
	State    string
	Nonce    string
	Verifier string // of PKCE
	Return   string // a path of ours
	Until    time.Time
}

// Start is where a browser has to go to sign in, and what it has to keep until
// it is back, for no longer than ten minutes; at is whom the attempt is sealed
// for. Who is signed in then goes on to the path. KindUnavailable: the provider
// does not answer.
func (s Party) Start(ctx context.Context, p Provider, at portico.Place, path string) (address string, cookie secret.Text, err error) {
	flow, _, err := s.flow(s.outbound(ctx), p)
	if err != nil {
		return "", secret.Text{}, err
	}
	a := attempt{
		Provider: p.ID, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Return: path, Until: s.Now().Add(attemptLife),
	}
	plain, err := json.Marshal(a)
	if err != nil {
		return "", secret.Text{}, err
	}
	sealed, err := s.Sealer.Seal(secret.New(string(plain)), at)
	if err != nil {
		return "", secret.Text{}, err
	}
	return flow.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)),
		secret.New(base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// Return is what a browser brings back: the cookie of Start, and the parameters
// of the callback (RFC 6749 §4.1.2).
type Return struct {
	Cookie             secret.Text
	State, Code, Error string
}

// Finish tells who has signed in, and where he wanted to go. KindUnauthenticated:
// the attempt is none, or too old, or the provider has not signed anybody in; the
// code says which. KindUnavailable: the provider does not answer as it should.
func (s Party) Finish(ctx context.Context, p Provider, at portico.Place, back Return) (who Identity, path string, err error) {
	a, err := s.attempt(at, back)
	if err != nil {
		return Identity{}, "", err
	}
	if back.Error != "" || back.Code == "" {
		s.Logger.InfoContext(ctx, "identity provider has signed nobody in", "provider", p.ID, "error", strings.ToValidUTF8(back.Error[:min(len(back.Error), 64)], ""))
		return Identity{}, "", Refused("sso_refused", "The identity provider did not sign you in. Try again, or ask an administrator.")
	}
	if p.ID != a.Provider {
		return Identity{}, "", Lost()
	}
	who, err = s.identity(ctx, p, a, back.Code)
	return who, a.Return, err
}

// Refused is the answer to somebody who is not signed in; the code is for pages.
func Refused(code, detail string) error {
	return portico.Errorf(portico.KindUnauthenticated, "%s", detail).Named(code)
}

// Lost is the answer to an attempt that cannot be gone on with.
func Lost() error {
	return Refused("sso_lost", "This sign-in was started in another browser, or too long ago. Start again.")
}

// attempt opens the cookie and holds that the answer belongs to it.
func (s Party) attempt(at portico.Place, back Return) (attempt, error) {
	var a attempt
	sealed, err := base64.RawURLEncoding.DecodeString(back.Cookie.Reveal())
	if err != nil || len(sealed) == 0 {
		return a, Lost()
	}
	plain, err := s.Sealer.Open(sealed, at)
	if err != nil || json.Unmarshal([]byte(plain.Reveal()), &a) != nil {
		return a, Lost()
	}
	if !secret.New(a.State).Equal(secret.New(back.State)) || !s.Now().Before(a.Until) {
		return a, Lost()
	}
	return a, nil
}

// flow finds the provider's endpoints; ctx carries the client to reach it with.
func (s Party) flow(ctx context.Context, p Provider) (oauth2.Config, *oidc.Provider, error) {
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return oauth2.Config{}, nil, unreachable(err)
	}
	var clientSecret secret.Text
	if len(p.Sealed) > 0 {
		if clientSecret, err = s.Sealer.Open(p.Sealed, p.At); err != nil {
			return oauth2.Config{}, nil, unreachable(err)
		}
	}
	scopes := p.Scopes
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: clientSecret.Reveal(), Endpoint: found.Endpoint(), RedirectURL: p.Callback, Scopes: scopes,
	}, found, nil
}

// unreachable tells whoever signs in as much as helps; the cause is in the log.
func unreachable(err error) error {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		err = errors.New("the token endpoint answers " + refusal.ErrorCode) // its body may hold more than a log should
	}
	return (&portico.Error{Kind: portico.KindUnavailable, RetryAfter: 10 * time.Second, Err: err,
		Detail: "The identity provider does not answer as it should; nobody was signed in. Try again in a moment, or tell an administrator."}).Named("sso_unavailable")
}

// outbound is ctx with the guarded client, whose answers have an end.
func (s Party) outbound(ctx context.Context) context.Context {
	client := *s.Client
	client.Transport = limited{client.Transport}
	return oidc.ClientContext(ctx, &client)
}

// limited bounds the bodies of answers: the OpenID Connect client reads them whole.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, oauth.MaxBody), answer.Body}
	}
	return answer, err
}
