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
	"sync/atomic"
	"time"

	"portico/localas/litedb"
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

// Server is the authorization server. Make one with Open.
type Server struct {
	base          string // BaseURL without a trailing slash
	adminEmail    string
	adminPassword secret.Text
	log           *slog.Logger
	now           func() time.Time
	db            *litedb.DB
	keys          *signing.Ring
	limits        *rateLimits
	signIns       *signInThrottle
	notices       *notices
	pages         map[string]*template.Template
	faults        *faults // nil unless enabled
	clockOffset   atomic.Int64
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
	s.limits = newRateLimits(cfg.RateLimit)
	s.signIns, s.notices = newSignInThrottle(s.now), newNotices(s.now)
	if s.pages, err = parsePages(); err != nil {
		return nil, errors.Join(fmt.Errorf("localas: pages: %w", err), s.db.Close())
	}
	if cfg.Faults {
		s.faults = &faults{}
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
	_, value, err := s.createAPIToken(ctx, name)
	return value, err
}

// clock is the time the server tells others: in tokens, and in the Date header.
// Only the fault switches make it differ from now.
func (s *Server) clock() time.Time {
	return s.now().Add(time.Duration(s.clockOffset.Load()))
}
