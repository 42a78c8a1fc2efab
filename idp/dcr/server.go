package dcr

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Config of a Server.
type Config struct {
	Vendor   string // as an admin knows it
	Issuer   string
	Endpoint string // for registrations, as an admin entered it; empty: the one that the issuer names
	// Initial gives what authorizes a registration (RFC 7591 §3); nil, or an
	// empty token: registering is open to everybody.
	Initial func(context.Context) (secret.Text, error)
	// Any gives a token that manages any client, for where a client's own is
	// refused; nil: there is none.
	Any     func(context.Context) (secret.Text, error)
	Secrets []secret.Text // never to appear in an error
	Handles portico.ClientHandles
	HTTP    *http.Client
	Now     func() time.Time
	Wait    func(context.Context, time.Duration) error // nil: a timer
	Logger  *slog.Logger
}

// Server is an authorization server that registers clients.
type Server struct {
	Config
	issuer *url.URL // normalised
	locks  [64]sync.Mutex
	seed   maphash.Seed

	mu       sync.Mutex
	metadata oauth.Metadata // once they were found
	endpoint *url.URL       // once it is known
	api      *idp.API       // whose base is the endpoint's host
}

// New makes a Server; all but Endpoint, Initial, Any, Secrets, Now and Wait must
// be given. Only addresses that cannot be anybody's are an error (IdPRejected).
func New(cfg Config) (*Server, error) {
	normal, err := oauth.NormalizeIssuer(cfg.Issuer)
	if err != nil {
		return nil, unusable("issuer "+cfg.Issuer, err)
	}
	issuer, err := url.Parse(normal)
	if err != nil {
		return nil, unusable("issuer "+cfg.Issuer, err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{Config: cfg, issuer: issuer, seed: maphash.MakeSeed()}
	if cfg.Endpoint != "" {
		endpoint, err := parseEndpoint(cfg.Endpoint)
		if err != nil {
			return nil, unusable("registration endpoint "+cfg.Endpoint, err)
		}
		s.use(endpoint)
	}
	return s, nil
}

// unusable is the error for an address that nothing can be reached at.
func unusable(what string, why error) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The %s cannot be used: %v. Correct it.", what, why)}
}

// parseEndpoint reads an address that tokens are going to be sent to.
func parseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return nil, errors.New("it must begin with https://")
	case u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return nil, errors.New("it names no host, or no port after the colon")
	case u.User != nil:
		return nil, errors.New("it must not contain a user name or password")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return nil, errors.New("it must not contain a fragment (#…)")
	}
	return u, nil
}

// use makes the API at an endpoint's host.
func (s *Server) use(endpoint *url.URL) {
	s.endpoint = endpoint
	s.api = idp.New(idp.Config{
		Vendor: s.Vendor, Base: &url.URL{Scheme: endpoint.Scheme, Host: endpoint.Host}, HTTP: s.HTTP,
		Secrets: s.Secrets, Explain: idp.ExplainOAuth, Now: s.Now, Wait: s.Wait, Logger: s.Logger,
	})
}

// Metadata of the issuer, fetched once; IdPUnavailable, and nothing was sent
// besides.
func (s *Server) Metadata(ctx context.Context) (oauth.Metadata, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.discover(ctx)
}

func (s *Server) discover(ctx context.Context) (oauth.Metadata, error) {
	if s.metadata.Issuer != "" {
		return s.metadata, nil
	}
	found, err := oauth.Discover(ctx, s.HTTP, s.issuer.String())
	if err != nil {
		return oauth.Metadata{}, &portico.IdPError{Kind: portico.IdPUnavailable, Err: err,
			Detail: fmt.Sprintf("No authorization server answers at %s; nothing was sent", s.issuer)}
	}
	s.metadata = found
	return found, nil
}

// open gives the API and the path of the registration endpoint. One that the
// issuer names must be on its host: tokens go nowhere else unasked.
func (s *Server) open(ctx context.Context) (*idp.API, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.api == nil {
		found, err := s.discover(ctx)
		if err != nil {
			return nil, "", err
		}
		if found.RegistrationEndpoint == "" {
			return nil, "", rejected("The issuer %s names no registration endpoint: it does not register clients, or does not say where. Turn on dynamic client registration there, or enter the endpoint.", s.issuer)
		}
		endpoint, err := parseEndpoint(found.RegistrationEndpoint)
		if err != nil {
			return nil, "", unusable("registration endpoint "+found.RegistrationEndpoint, err)
		}
		if !sameOrigin(endpoint, s.issuer) {
			return nil, "", rejected("The issuer %s names a registration endpoint at %s, which is another host. If that is right, enter the endpoint: %s.", s.issuer, endpoint.Host, endpoint)
		}
		s.use(endpoint)
	}
	return s.api, s.endpoint.RequestURI(), nil
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
