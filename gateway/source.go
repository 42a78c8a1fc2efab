package gateway

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// caller is where a request comes from.
type caller struct {
	addr     netip.Addr
	secure   bool
	viaProxy bool // the peer is a trusted proxy
}

// callerOf finds the caller behind trusted proxies: the last address in
// X-Forwarded-For that is not itself a trusted proxy's.
func callerOf(r *http.Request, trusted []netip.Prefix) caller {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	c := caller{addr: peer.Addr().Unmap(), secure: r.TLS != nil}
	if !isTrusted(c.addr, trusted) {
		return c
	}
	c.viaProxy = true
	if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
		c.secure = strings.EqualFold(proto, "https")
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		c.addr = addr.Unmap()
		if !isTrusted(c.addr, trusted) {
			break
		}
	}
	return c
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}
