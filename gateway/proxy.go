package gateway

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"portico/enforce"
	"portico/snapshot"
)

// exchange is one request on its way through the gateway.
type exchange struct {
	gateway *Gateway
	id      string
	source  caller
	path    string // normalized
	match   match
	verdict Verdict
	// consumer is as whom the application calls, if it was given one here.
	consumer *snapshot.Consumer
	rules    *enforce.Rules // of plugins; nil: none
	header   http.Header    // of the response, as far as it is the gateway's own
	body     *callerBody    // nil: none
	failure  bool           // the upstream did not answer
}

// reservedPrefixes begin the names of headers in which the gateway tells the
// upstream who calls, and from where. What a caller sends under such a name is
// removed, on open services too.
func reservedPrefixes() []string {
	return []string{"X-Consumer-", "X-Application-", "X-Credential-", "X-Anonymous-", "X-Authenticated-", "X-Forwarded-"}
}

const (
	headerApplication = "X-Application-Id"
	headerConsumerID  = "X-Consumer-Id"
	headerConsumer    = "X-Consumer-Custom-Id"
	headerUsername    = "X-Consumer-Username"
	headerCredential  = "X-Credential-Identifier"
	headerRequestID   = "X-Request-Id"
	headerRealIP      = "X-Real-Ip"
)

// serve passes the request on and copies the response back.
func (e *exchange) serve(w http.ResponseWriter, r *http.Request) {
	e.body = watch(w, r, e.rules.BodyLimit())
	proxy := httputil.ReverseProxy{
		Rewrite:        e.rewrite,
		ModifyResponse: e.response,
		ErrorHandler:   e.failed,
		Transport:      e.match.route.service.transport,
		BufferPool:     e.gateway.buffers,
		ErrorLog:       e.gateway.proxyLog,
	}
	proxy.ServeHTTP(w, r)
}

// rewrite makes the upstream request. Hop-by-hop and X-Forwarded headers are
// gone from pr.Out already.
func (e *exchange) rewrite(pr *httputil.ProxyRequest) {
	out, v := pr.Out.Header, e.verdict
	maps.DeleteFunc(out, func(name string, _ []string) bool { return reserved(name, v.HideHeaders) })
	e.address(pr)
	e.forwarded(pr)
	if v.HideSession {
		if cookies := withoutSession(out["Cookie"]); len(cookies) > 0 {
			out["Cookie"] = cookies
		} else {
			out.Del("Cookie")
		}
	}
	out.Set(headerRequestID, e.id)
	if v.Application != nil {
		e.identify(out)
	}
	e.rules.Outgoing(out)
}

// identify tells the upstream who calls: the application, as its consumer if it
// has one here.
func (e *exchange) identify(out http.Header) {
	v := e.verdict
	out.Set(headerApplication, v.Application.ID)
	out.Set(headerCredential, headerText(v.CredentialID))
	if c := e.consumer; c == nil {
		out.Set(headerConsumer, v.Application.ID)
		out.Set(headerUsername, headerText(v.Application.Name))
	} else {
		out.Set(headerConsumerID, c.ID)
		for name, value := range map[string]string{headerConsumer: c.CustomID, headerUsername: c.Username} {
			if value != "" {
				out.Set(name, headerText(value))
			}
		}
	}
	if !v.Token.Empty() {
		name, scheme := tokenHeader(v.TokenHeader)
		out.Set(name, scheme+v.Token.Reveal())
	}
}

// reserved reports whether only the gateway may set a header. Many servers take
// "_" in a name for "-", so that is no way around it.
func reserved(name string, hidden []string) bool {
	plain := name
	if strings.Contains(name, "_") {
		plain = http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
	}
	return plain == headerRequestID || plain == headerRealIP ||
		slices.ContainsFunc(reservedPrefixes(), func(prefix string) bool { return strings.HasPrefix(plain, prefix) }) ||
		slices.ContainsFunc(hidden, func(h string) bool { return strings.EqualFold(name, h) || strings.EqualFold(plain, h) })
}

// address sets where the request goes: the service, and its path joined with
// the request's.
func (e *exchange) address(pr *httputil.ProxyRequest) {
	s, route := e.match.route.service, e.match.route
	escaped := upstreamPath(s.Path, e.path, e.match.matched, route.StripPath)
	path, err := url.PathUnescape(escaped)
	if err != nil {
		path = escaped // not reached for what net/http parsed; sent escaped
	}
	pr.Out.URL = &url.URL{
		Scheme: s.Protocol, Host: s.address, Path: path, RawPath: escaped,
		RawQuery: withoutParameters(pr.In.URL.RawQuery, e.verdict.HideParameters),
	}
	pr.Out.Host = s.host
	if route.PreserveHost {
		pr.Out.Host = pr.In.Host
	}
}

// forwarded tells the upstream where the request came from; what a trusted
// proxy said about that is kept.
func (e *exchange) forwarded(pr *httputil.ProxyRequest) {
	in, out := pr.In.Header, pr.Out.Header
	peer, _, _ := net.SplitHostPort(pr.In.RemoteAddr)
	scheme, host, port := "http", pr.In.Host, "80"
	if e.source.secure {
		scheme, port = "https", "443"
	}
	if _, named, err := net.SplitHostPort(host); err == nil {
		port = named
	}
	chain := []string{peer}
	if e.source.viaProxy {
		chain = append(slices.Clone(in["X-Forwarded-For"]), peer)
		host = cmp.Or(in.Get("X-Forwarded-Host"), host)
		port = cmp.Or(in.Get("X-Forwarded-Port"), port)
	}
	out.Set("X-Forwarded-For", strings.Join(chain, ", "))
	out.Set("X-Forwarded-Proto", scheme)
	out.Set("X-Forwarded-Host", host)
	out.Set("X-Forwarded-Port", port)
	out.Set("X-Forwarded-Path", e.path)
	out.Set(headerRealIP, e.source.addr.String())
	if e.match.route.StripPath && e.match.matched != "" {
		out.Set("X-Forwarded-Prefix", e.match.matched)
	}
}

// tokenHeader reads upstream_access_token_header, "name" or "name:bearer"; the
// default is Authorization with the Bearer scheme.
func tokenHeader(setting string) (name, scheme string) {
	name, scheme, _ = strings.Cut(cmp.Or(setting, "Authorization:bearer"), ":")
	if strings.EqualFold(scheme, "bearer") {
		return name, "Bearer "
	}
	return name, ""
}

// headerText makes a text fit for a header value.
func headerText(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// response adds what the gateway has to say to an upstream response.
func (e *exchange) response(resp *http.Response) error {
	resp.Header.Del(headerRequestID) // it is set already
	e.rules.Incoming(resp.Header, e.header)
	if e.verdict.Cookie != "" {
		resp.Header.Add("Set-Cookie", e.verdict.Cookie)
	}
	return nil
}

// failed answers for an upstream that did not, or for a caller whose body broke
// off.
func (e *exchange) failed(w http.ResponseWriter, r *http.Request, err error) {
	s := e.match.route.service
	if status, message := e.body.fault(); status != 0 {
		w.Header().Set("Connection", "close")
		writeMessage(w, status, message, e.id)
		return
	}
	if r.Context().Err() != nil {
		w.WriteHeader(statusClientClosed) // nobody reads it; it is for the metrics
		return
	}
	status, message := http.StatusBadGateway, "The upstream server could not be reached"
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		status, message = http.StatusGatewayTimeout, "The upstream server is timing out"
	}
	e.failure = true
	e.gateway.logger.WarnContext(r.Context(), "upstream failed", "request_id", e.id, "service", s.label, "upstream", s.address, "err", err)
	writeMessage(w, status, message, e.id)
}

// statusClientClosed is nginx's and Kong's code for a caller who left.
const statusClientClosed = 499

const bufferSize = 32 << 10

// buffers lends copy buffers to the proxy.
type buffers struct{ pool sync.Pool }

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { return new([bufferSize]byte) }}}
}

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte { return b.pool.Get().(*[bufferSize]byte)[:] }

// Put implements httputil.BufferPool.
func (b *buffers) Put(buffer []byte) { b.pool.Put((*[bufferSize]byte)(buffer)) }
