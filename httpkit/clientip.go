package httpkit

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

type clientAddrKey struct{}

// ClientIP finds out who the caller is behind the trusted proxies: the last
// address in X-Forwarded-For that is not a proxy of ours. Without trusted
// proxies the header is what anybody may write into it, and is not looked at.
func ClientIP(trusted []netip.Prefix) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			addr := behind(trusted, peer(r), r.Header.Values("X-Forwarded-For"))
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientAddrKey{}, addr)))
		})
	}
}

// ClientAddr returns the caller's address: the one that ClientIP found, or the
// other end of the connection. It is the zero Addr when neither is known.
func ClientAddr(r *http.Request) netip.Addr {
	if addr, ok := r.Context().Value(clientAddrKey{}).(netip.Addr); ok {
		return addr
	}
	return peer(r)
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// behind walks back from the peer through the proxies that are trusted.
func behind(trusted []netip.Prefix, addr netip.Addr, forwarded []string) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			return addr
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return addr // what a proxy of ours did not write is not believed
		}
		addr = next.Unmap()
	}
	return addr
}
