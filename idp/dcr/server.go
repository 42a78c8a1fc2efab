package dcr

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Config of a Server. Its provider's configuration may have the endpoint for
// registrations; else it is the one that the issuer names.
type Config struct {
	idp.Settings
	Vendor string // as an admin knows it
	// Initial gives what authorizes a registration (RFC 7591 §3); an empty token:
	// registering is open to everybody.
	Initial func(context.Context) (secret.Text, error)
	// Any gives a token that manages any client, for where a client's own is
	// refused; nil: there is none.
	Any func(context.Context) (secret.Text, error)
}

// Server is an authorization server that registers clients. It has those methods
// of portico.IdP that follow from the protocol.
type Server struct {
	Config
	issuer *url.URL // normalised
	locks  [64]sync.Mutex
	seed   maphash.Seed
	flight singleflight.Group

	mu       sync.Mutex
	metadata oauth.Metadata // once they were found
	at       endpoint       // once it is known
}

// endpoint is where clients are registered.
type endpoint struct {
	api  *idp.API // nil: not known yet
	url  *url.URL
	path string // with its query
}

// New makes a Server. Only addresses that cannot be anybody's are an error
// (IdPRejected).
func New(cfg Config) (*Server, error) {
	issuer, err := cfg.Issuer()
	if err != nil {
		return nil, err
	}
	cfg.Settings = cfg.Complete()
	s := &Server{Config: cfg, issuer: issuer, seed: maphash.MakeSeed()}
	if text := cfg.Provider.Config.Endpoint(); text != "" {
		u, err := idp.ParseEndpoint(text)
		if err != nil {
			return nil, idp.Unusable("registration endpoint", text, err)
		}
		s.at = s.endpoint(u)
	}
	return s, nil
}

// endpoint makes the API at an endpoint's host.
func (s *Server) endpoint(u *url.URL) endpoint {
	return endpoint{idp.New(s.Settings.Config(s.Vendor, u, idp.ExplainOAuth)), u, u.RequestURI()}
}

// Metadata of the issuer, which are asked for once, by one of those who want
// them; IdPUnavailable, and nothing was sent besides.
func (s *Server) Metadata(ctx context.Context) (oauth.Metadata, error) {
	s.mu.Lock()
	found := s.metadata
	s.mu.Unlock()
	if found.Issuer != "" {
		return found, nil
	}
	// Whoever waits must not lose them because the first to ask gave up.
	done := s.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), idp.Timeout)
		defer cancel()
		found, err := oauth.Discover(ctx, s.HTTP, s.issuer.String())
		if err == nil {
			s.learn(found)
		}
		return found, err
	})
	var err error
	select {
	case result := <-done:
		found, _ = result.Val.(oauth.Metadata)
		err = result.Err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return oauth.Metadata{}, &portico.IdPError{Kind: portico.IdPUnavailable, Err: err,
			Detail: fmt.Sprintf("No authorization server answers at %s; nothing was sent", s.issuer)}
	}
	return found, nil
}

// learn keeps metadata, and forgets an endpoint that they do not name any more.
func (s *Server) learn(found oauth.Metadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metadata = found
	if s.Provider.Config.Endpoint() == "" && s.at.api != nil && s.at.url.String() != found.RegistrationEndpoint {
		s.at = endpoint{}
	}
}

// open gives the registration endpoint. One that the issuer names must be on its
// host: tokens go nowhere else unasked.
func (s *Server) open(ctx context.Context) (endpoint, error) {
	s.mu.Lock()
	at := s.at
	s.mu.Unlock()
	if at.api != nil {
		return at, nil
	}
	found, err := s.Metadata(ctx)
	if err != nil {
		return at, err
	}
	if found.RegistrationEndpoint == "" {
		return at, rejected("The issuer %s names no registration endpoint: it does not register clients, or does not say where. Turn on dynamic client registration there, or enter the endpoint.", s.issuer)
	}
	u, err := idp.ParseEndpoint(found.RegistrationEndpoint)
	if err != nil {
		return at, idp.Unusable("registration endpoint", found.RegistrationEndpoint, err)
	}
	if !sameOrigin(u, s.issuer) {
		return at, rejected("The issuer %s names a registration endpoint at %s, which is another host. If that is right, enter the endpoint: %s.", s.issuer, u.Host, u)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.api == nil {
		s.at = s.endpoint(u)
	}
	return s.at, nil
}

func rejected(format string, args ...any) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf(format, args...)}
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host) }

// alone lets calls about one client come one after another.
func (s *Server) alone(clientID string) (done func()) {
	lock := &s.locks[maphash.String(s.seed, clientID)%uint64(len(s.locks))]
	lock.Lock()
	return lock.Unlock
}
