package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	// MaxBody is the largest response body read from an authorization server, in bytes.
	MaxBody = 1 << 20
	// DefaultTimeout bounds one outbound call from dialling to the last byte.
	DefaultTimeout = 10 * time.Second
	maxRedirects   = 5
)

// ErrBodyTooLarge says that a response is longer than MaxBody.
var ErrBodyTooLarge = errors.New("the response is longer than 1 MiB")

// ClientPolicy says what an outbound client may reach.
type ClientPolicy struct {
	// AllowPrivate permits hosts whose addresses are private (RFC 1918, RFC
	// 4193, RFC 6598). Link-local addresses, where clouds keep machine
	// credentials, stay refused. Loopback needs no permission, but the URL has
	// to name it: an outside name that resolves to it is refused.
	AllowPrivate bool
	// SkipTLSVerification accepts any certificate: the caller was told to.
	SkipTLSVerification bool
	// Timeout bounds one call; zero means DefaultTimeout.
	Timeout time.Duration
}

// NewHTTPClient returns the client for calls to hosts that somebody typed in:
// https only (http for loopback hosts), no redirects to another origin and none
// of anything but GET, addresses checked after name resolution, no proxies so
// that the check sees the real address, a deadline on everything.
func NewHTTPClient(policy ClientPolicy) *http.Client {
	timeout := policy.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &secureTransport{next: &http.Transport{
			DialContext:            policy.dial,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: policy.SkipTLSVerification},
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    16,
			MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: checkRedirect,
	}
}

// secureTransport refuses plain http to anything but this machine, for the
// first request and for every redirect alike.
type secureTransport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *secureTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkSecure(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return t.next.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (t *secureTransport) CloseIdleConnections() {
	if pool, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// checkSecure accepts https, and http when the host is loopback by name.
func checkSecure(u *url.URL) error {
	if u.Scheme == "https" || u.Scheme == "http" && isLoopbackHost(u.Hostname()) {
		return nil
	}
	return errors.New("the address must begin with https:// (http:// is for loopback hosts only)")
}

// isLoopbackHost reports whether a URL's host literally names this machine.
func isLoopbackHost(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return http.ErrUseLastResponse // a redirected POST would carry the secret along
	case next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host:
		return fmt.Errorf("redirect to another origin (%s://%s) refused", next.URL.Scheme, next.URL.Host)
	case len(via) >= maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return nil
}

// dial connects to address, whose host is the one in the URL, and checks every
// resolved address right before connecting, so that a name cannot resolve to
// one address for the check and to another for the call.
func (p ClientPolicy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	loopback := isLoopbackHost(host)
	dialer := net.Dialer{
		Timeout: p.Timeout,
		Control: func(_, resolved string, _ syscall.RawConn) error {
			peer, err := netip.ParseAddrPort(resolved)
			if err != nil {
				return err
			}
			return p.checkAddress(peer.Addr(), loopback)
		},
	}
	return dialer.DialContext(ctx, network, address)
}

// reserved lists ranges that lead inside although they do not look private.
func reserved(addr netip.Addr) (private, forbidden bool) {
	within := func(cidrs ...string) bool {
		for _, cidr := range cidrs {
			if netip.MustParsePrefix(cidr).Contains(addr) {
				return true
			}
		}
		return false
	}
	private = addr.IsPrivate() || within("100.64.0.0/10", "198.18.0.0/15")
	forbidden = addr.IsLinkLocalUnicast() || addr.IsMulticast() || addr.IsUnspecified() ||
		// This network, protocol assignments, reserved; then the IPv6 ranges that embed an IPv4 address.
		within("0.0.0.0/8", "192.0.0.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96",
			"fec0::/10") // the last is site-local (RFC 3879), which some networks still use
	return private, forbidden
}

func (p ClientPolicy) checkAddress(addr netip.Addr, loopback bool) error {
	addr = addr.Unmap().WithZone("")
	private, forbidden := reserved(addr)
	switch {
	case addr.IsLoopback():
		if !loopback {
			return fmt.Errorf("address %s refused: the host name leads back to this machine", addr)
		}
	case loopback:
		return fmt.Errorf("address %s refused: a loopback name leads to another machine", addr)
	case forbidden:
		return fmt.Errorf("address %s refused: it is link-local or reserved", addr)
	case private && !p.AllowPrivate:
		return fmt.Errorf("address %s refused: private addresses are not allowed for this call", addr)
	}
	return nil
}

// ReadBody reads a response body of at most MaxBody bytes; a longer one is
// ErrBodyTooLarge.
func ReadBody(body io.Reader) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, MaxBody+1))
	if err != nil {
		return nil, err
	}
	if len(read) > MaxBody {
		return nil, ErrBodyTooLarge
	}
	return read, nil
}

// get fetches a JSON document and returns it with the response's header. A
// status other than 200 is a *statusError.
func get(ctx context.Context, client *http.Client, address string) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, transportCause(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, &statusError{response.StatusCode}
	}
	body, err := ReadBody(response.Body)
	return body, response.Header, err
}

// statusError is an answer other than 200 to a GET.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("answered %d %s", e.status, http.StatusText(e.status))
}

// transportCause drops the method and URL that http.Client puts in front of an
// error, because callers name the address themselves.
func transportCause(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
