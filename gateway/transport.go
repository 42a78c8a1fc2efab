package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"

	"portico/snapshot"
)

// defaultTimeout is Kong's, for each of connecting, reading and writing.
const defaultTimeout = 60 * time.Second

// timeouts of a service; services with the same share connections.
type timeouts struct{ connect, read, write time.Duration }

func timeoutsOf(s snapshot.Service) timeouts {
	return timeouts{cmp.Or(s.ConnectTimeout, defaultTimeout), cmp.Or(s.ReadTimeout, defaultTimeout), cmp.Or(s.WriteTimeout, defaultTimeout)}
}

// newTransport speaks HTTP/1.1 to upstreams; read and write time out between
// two successes, as Kong's do, so that long responses may take long.
func newTransport(t timeouts, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: t.connect, KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, connectError{err}
			}
			return &timedConn{conn, t}, nil
		},
		Protocols:              protocols,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    t.connect,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        time.Minute,
		ExpectContinueTimeout:  time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// connectError tells that nothing was sent.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

// timedConn moves the deadlines on with every read and write.
type timedConn struct {
	net.Conn
	timeouts
}

func (c *timedConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.read)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write also moves the read deadline: the connection pool reads ahead on an
// idle connection, and the time of a response counts from its request.
func (c *timedConn) Write(b []byte) (int, error) {
	now := time.Now()
	if err := errors.Join(c.SetReadDeadline(now.Add(c.read)), c.SetWriteDeadline(now.Add(c.write))); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// retrying repeats requests that reached nobody: idempotent, without a body,
// and failed before a connection stood.
type retrying struct {
	next    http.RoundTripper
	retries int
}

func (r retrying) RoundTrip(req *http.Request) (*http.Response, error) {
	for attempt := 0; ; attempt++ {
		resp, err := r.next.RoundTrip(req)
		if err == nil || attempt >= r.retries || !repeatable(req) || req.Context().Err() != nil {
			return resp, err
		}
		if _, unsent := errors.AsType[connectError](err); !unsent {
			return resp, err
		}
	}
}

func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody {
		return false
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
