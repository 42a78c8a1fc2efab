package gateway

import (
	"cmp"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico/enforce"
	"portico/oauth"
	"portico/snapshot"
	"portico/usage"
)

// Options of a Gateway. Providers and Logger are required.
type Options struct {
	Providers *oauth.Providers
	Logger    *slog.Logger
	Now       func() time.Time // nil: time.Now
	// SessionKeys is secret material for session cookies, at least 32 random
	// bytes each, newest first; none: no sessions.
	SessionKeys [][]byte
	Registerer  prometheus.Registerer // nil: metrics are not published
	Usage       *usage.Counter        // nil: requests are not counted by application
	// TrustedProxies may say in X-Forwarded headers where a request came from.
	TrustedProxies []netip.Prefix
	// UpstreamRoots verifies the certificates of https services; nil: the
	// system's.
	UpstreamRoots *x509.CertPool
}

// Gateway is the data plane. It serves nothing until it has a configuration.
type Gateway struct {
	opts     Options
	logger   *slog.Logger
	now      func() time.Time
	policy   *policy
	metrics  *metrics
	counts   *enforce.Counts
	buffers  *buffers
	proxyLog *log.Logger

	writer sync.Mutex // serializes Replace and Apply
	state  atomic.Pointer[state]
}

// state is the configuration in force. The index is changed in place by
// deltas; everything else is immutable.
type state struct {
	epoch   string
	version uint64
	table   *table
	apps    *snapshot.Index
}

// New makes a gateway without a configuration.
func New(opts Options) *Gateway {
	g := &Gateway{opts: opts, logger: opts.Logger, now: opts.Now, metrics: newMetrics(opts.Registerer), counts: enforce.NewCounts(), buffers: newBuffers()}
	if g.now == nil {
		g.now = time.Now
	}
	g.proxyLog = slog.NewLogLogger(opts.Logger.Handler(), slog.LevelWarn)
	g.policy = newPolicy(g.logger, g.now, g.metrics, newSessions(opts.SessionKeys), opts.Usage)
	return g
}

// NewServer gives an HTTP server for a gateway, with the limits that a
// listener on the open network needs; Addr and TLSConfig are the caller's.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    64 << 10,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       75 * time.Second,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// ErrNoConfiguration says that no configuration has arrived yet.
var ErrNoConfiguration = errors.New("no configuration yet")

// Ready returns ErrNoConfiguration until requests can be served.
func (g *Gateway) Ready() error {
	if g.state.Load() == nil {
		return ErrNoConfiguration
	}
	return nil
}

// Version is the configuration in force; the epoch is "" when there is none.
func (g *Gateway) Version() (epoch string, version uint64) {
	if s := g.state.Load(); s != nil {
		return s.epoch, s.version
	}
	return "", 0
}

// Replace puts a whole configuration in force. On an error the previous one
// stays.
func (g *Gateway) Replace(s *snapshot.Snapshot) error {
	if err := s.Validate(); err != nil {
		return err
	}
	g.writer.Lock()
	defer g.writer.Unlock()
	previous := g.state.Load()
	t, err := compile(s.Routing, g.opts.Providers, g.opts.UpstreamRoots, previous.routing())
	if err != nil {
		return err
	}
	g.swap(previous, &state{s.Epoch, s.Version, t, snapshot.NewIndex(slices.Clone(s.Applications))})
	return nil
}

// Apply puts a change in force. It returns an error, and changes nothing, when
// the delta does not start at the version in force.
func (g *Gateway) Apply(d snapshot.Delta) error {
	if err := d.Validate(); err != nil {
		return err
	}
	g.writer.Lock()
	defer g.writer.Unlock()
	previous := g.state.Load()
	if previous == nil {
		return ErrNoConfiguration
	}
	if d.Epoch != previous.epoch || d.From != previous.version {
		return fmt.Errorf("delta starts at %s/%d, in force is %s/%d", d.Epoch, d.From, previous.epoch, previous.version)
	}
	next := &state{previous.epoch, d.To, previous.table, previous.apps}
	if d.Routing != nil {
		var err error
		if next.table, err = compile(*d.Routing, g.opts.Providers, g.opts.UpstreamRoots, previous.table); err != nil {
			return err
		}
	}
	next.apps.Apply(d)
	g.swap(previous, next)
	return nil
}

func (s *state) routing() *table {
	if s == nil {
		return nil
	}
	return s.table
}

func (g *Gateway) swap(previous, next *state) {
	g.state.Store(next)
	if t := previous.routing(); t != nil {
		t.retire(next.table)
	}
	g.metrics.version.Set(float64(next.version))
	g.metrics.apps.Set(float64(next.apps.Len()))
}

// ServeHTTP routes, decides, and passes on or answers.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, started := g.now(), time.Now() // the clock may be coarse
	source := callerOf(r, g.opts.TrustedProxies)
	e := &exchange{gateway: g, id: requestID(r, source), source: source, header: w.Header()}
	recorded := &recorder{ResponseWriter: w, status: http.StatusOK}
	w.Header().Set(headerRequestID, e.id)
	defer func() {
		service, route := "", ""
		if m := e.match.route; m != nil {
			service, route = m.service.label, cmp.Or(m.Name, m.ID)
		}
		took := time.Since(started)
		g.metrics.request(service, route, recorded.status, e.verdict.Reason, took)
		g.count(e, r, recorded, at, took)
	}()
	g.handle(e, recorded, r)
}

// Reasons for answers before there is a service to decide about.
const (
	noConfiguration Reason = "no_configuration"
	noRoute         Reason = "no_route"
	notSecure       Reason = "not_secure"
)

func (g *Gateway) handle(e *exchange, w http.ResponseWriter, r *http.Request) {
	state := g.state.Load()
	if state == nil {
		e.verdict.Reason = noConfiguration
		w.Header().Set("Retry-After", "1")
		writeMessage(w, http.StatusServiceUnavailable, "The gateway has no configuration yet", e.id)
		return
	}
	e.path = normalize(r.URL.EscapedPath())
	found, ok := state.table.router.find(target{r.Method, r.Host, e.path, r.Header})
	if !ok {
		e.verdict.Reason = noRoute
		writeMessage(w, http.StatusNotFound, "no Route matched with those values", e.id)
		return
	}
	e.match = found
	if !found.route.accepts(e.source.secure) {
		e.verdict.Reason = notSecure
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "TLS/1.2, HTTP/1.1")
		writeMessage(w, http.StatusUpgradeRequired, "Please use HTTPS protocol", e.id)
		return
	}
	if a := e.arrive(w, r); a != nil {
		e.answer(w, a)
		return
	}
	head := Head{Method: r.Method, Host: r.Host, Query: r.URL.RawQuery, Header: r.Header, Source: e.source.addr, Secure: e.source.secure}
	var by *guard
	by, head.Operation = found.route.service.forRequest(r.Method, e.path)
	e.verdict = g.policy.decide(r.Context(), head, by, state.apps)
	if by != nil {
		g.metrics.auth.WithLabelValues(string(e.verdict.Method), string(e.verdict.Reason)).Inc()
	}
	if e.verdict.Status != http.StatusOK {
		e.refuse(w)
		return
	}
	if app := e.verdict.Application; app != nil {
		e.consumer = app.Consumer(found.route.service.ControlPlaneID)
	}
	if a := e.admit(w, r); a != nil {
		e.answer(w, a)
		return
	}
	e.serve(w, r)
}

// accepts checks the route's protocols; without any, both are accepted.
func (r *route) accepts(secure bool) bool {
	return secure || len(r.Protocols) == 0 || slices.Contains(r.Protocols, "http")
}

// refuse answers for the policy. The words are Kong's; 401 and 403 say no more,
// so that they tell nobody which client ids exist.
func (e *exchange) refuse(w http.ResponseWriter) {
	v := e.verdict
	for _, challenge := range v.Challenges {
		w.Header().Add("WWW-Authenticate", challenge)
	}
	if v.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(v.RetryAfter.Seconds()))))
	}
	if v.Cookie != "" {
		w.Header().Add("Set-Cookie", v.Cookie)
	}
	message := map[int]string{
		http.StatusUnauthorized:       "Unauthorized",
		http.StatusForbidden:          "Forbidden",
		http.StatusTooManyRequests:    "Too many failed attempts; try again later",
		http.StatusServiceUnavailable: "The identity provider is not available; try again later",
	}[v.Status]
	if v.Reason == Exceeded {
		message = "API rate limit exceeded"
	}
	writeMessage(w, v.Status, message, e.id)
}

// requestID keeps the id that a trusted proxy gave, and makes one otherwise.
func requestID(r *http.Request, source caller) string {
	if id := r.Header.Get(headerRequestID); id != "" && len(id) <= 128 && source.viaProxy {
		return headerText(id)
	}
	return rand.Text()
}

// writeMessage answers in Kong's form.
func writeMessage(w http.ResponseWriter, status int, message, requestID string) {
	body, _ := json.Marshal(struct {
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}{message, requestID}) // two strings always encode
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// recorder remembers the status and the size of a response.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach flushing and hijacking.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
