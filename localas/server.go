package localas

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"portico/localas/apitoken"
	"portico/localas/directory"
	"portico/localas/faults"
	"portico/localas/litedb"
	"portico/localas/ratelimit"
	"portico/localas/session"
	"portico/localas/signin"
	"portico/localas/signing"
	"portico/secret"
)

// Config is what an authorization server needs to run.
type Config struct {
	// Dir holds localas.db, the whole state; it is created when absent.
	Dir string
	// BaseURL is where clients reach the server, without a path, such as
	// http://localhost:8003. Any host but loopback needs https.
	BaseURL string
	// AdminEmail and AdminPassword sign in to the pages. Without a password
	// nobody signs in.
	AdminEmail    string
	AdminPassword secret.Text
	// Logger gets unexpected errors and administrative events; nil discards them.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// RateLimit is how many management calls a minute each class of endpoints
	// answers; 0 means 10000.
	RateLimit int
	// Faults enables POST /_faults, the switches for tests.
	Faults bool
}

var (
	adminSessions = session.Kind{Name: "admin", Cookie: "localas_session", SameSite: http.SameSiteStrictMode, Lifetime: 12 * time.Hour}
	// Applications on other sites lead here, so the cookie has to come along.
	visitorSessions = session.Kind{Name: "person", Cookie: "localas_person", SameSite: http.SameSiteLaxMode, Lifetime: 2 * time.Hour}
)

// Server is the authorization server. Make one with Open.
type Server struct {
	base          string // BaseURL without a trailing slash
	adminEmail    string
	adminPassword secret.Text
	log           *slog.Logger
	now           func() time.Time
	db            *litedb.DB
	keys          *signing.Ring
	limits        *ratelimit.Limits
	admins        session.Store // who manages the server, at its pages
	visitors      session.Store // who signs in to applications
	people        directory.Directory
	tokens        apitoken.Store
	codes         signin.Codes
	signIns       *session.Throttle
	notices       *session.Notices
	pages         map[string]*template.Template
	faults        *faults.Switches // nil unless enabled
	handler       http.Handler
}

// Open opens or creates the state in cfg.Dir. A fresh directory gets the
// authorization server "default" with audience api://default and an access
// policy for all clients.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	base, err := checkBaseURL(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	s := &Server{
		base: base, adminEmail: cfg.AdminEmail, adminPassword: cfg.AdminPassword,
		log: cfg.Logger, now: cfg.Now,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.db, err = openState(ctx, cfg.Dir); err != nil {
		return nil, err
	}
	s.keys = signing.NewRing(s.db, s.now, maxTokenLifetime)
	s.limits = ratelimit.New(cfg.RateLimit)
	s.signIns, s.notices = session.NewThrottle(s.now), session.NewNotices(s.now)
	s.admins = session.Store{Kind: adminSessions, DB: s.db, Secure: strings.HasPrefix(base, "https:"), Now: s.now}
	s.visitors = session.Store{Kind: visitorSessions, DB: s.db, Secure: s.admins.Secure, Now: s.now}
	s.people = directory.Directory{DB: s.db, Base: base, Now: s.now, Logger: s.log}
	s.tokens = apitoken.Store{DB: s.db, Base: base, Now: s.now, Logger: s.log}
	s.codes = signin.Codes{DB: s.db, Now: s.now}
	if s.pages, err = parsePages(); err != nil {
		return nil, errors.Join(fmt.Errorf("localas: pages: %w", err), s.db.Close())
	}
	if cfg.Faults {
		s.faults = &faults.Switches{
			Limit: s.limits.Management, Logger: s.log, Now: s.clock,
			RotateKeys: func(ctx context.Context) error {
				_, err := s.keys.Rotate(ctx, defaultServer)
				return err
			},
		}
	}
	if err := s.provision(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("localas: provision: %w", err), s.db.Close())
	}
	s.handler = s.newHandler()
	return s, nil
}

// checkBaseURL returns the URL without a trailing slash. A server that hands
// out tokens in clear text may only be spoken to on its own machine.
func checkBaseURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("localas: base URL %q: must be an absolute http or https URL", text)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("localas: base URL %q: must have no path, query, fragment or user", text)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return "", fmt.Errorf("localas: base URL %q: a host other than loopback needs https", text)
	}
	return u.Scheme + "://" + u.Host, nil
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// Handler answers every request of the server; it is meant for the root of a
// listener of its own.
func (s *Server) Handler() http.Handler { return s.handler }

// Close closes the database. The handler must not be called afterwards.
func (s *Server) Close() error { return s.db.Close() }

// BootstrapToken creates an API token without a page, for tests and for the
// first provisioning. The value is not kept.
func (s *Server) BootstrapToken(ctx context.Context, name string) (secret.Text, error) {
	return s.tokens.Create(ctx, name)
}

// ReplaceToken is BootstrapToken for whoever needs one at every start: earlier
// ones of the name are revoked.
func (s *Server) ReplaceToken(ctx context.Context, name string) (secret.Text, error) {
	return s.tokens.Replace(ctx, name)
}

// clock is the time the server tells others: in tokens, and in the Date header.
// Only the fault switches make it differ from now.
func (s *Server) clock() time.Time {
	if s.faults == nil {
		return s.now()
	}
	return s.now().Add(s.faults.ClockOffset())
}
