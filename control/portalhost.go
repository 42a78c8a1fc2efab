package control

import (
	"context"
	"net/netip"
	"strings"

	"portico"
)

// ByHost returns the portal that a request means by its host name, which has no
// port: the portal at that domain and, as long as there is exactly one, at the
// bare portal domain and on the loopback interface. KindNotFound says what to
// do instead, but not which portals there are.
func (p Portals) ByHost(ctx context.Context, host string) (portico.Portal, error) {
	if host != p.PortalDomain && !isLoopback(host) {
		found, err := p.ByDomain(ctx, host)
		if portico.KindOf(err) == portico.KindNotFound {
			err = portico.Errorf(portico.KindNotFound, "There is no portal at [%s]. Every portal has an address of the form NAME.%s: check the name.", host, p.PortalDomain)
		}
		return found, err
	}
	return view(ctx, p.Store, func(tx portico.Tx) (portico.Portal, error) {
		first, err := tx.Portals().List(ctx, portico.ListQuery{Size: 1, Number: 1})
		switch {
		case err != nil:
			return portico.Portal{}, err
		case first.Total == 0:
			return portico.Portal{}, portico.Errorf(portico.KindNotFound, "There is no portal yet. An administrator has to create one first.")
		case first.Total > 1:
			return portico.Portal{}, portico.Errorf(portico.KindNotFound, "There is more than one portal, so [%s] does not say which one is meant. Use the portal's own address, of the form NAME.%s.", host, p.PortalDomain)
		}
		return first.Items[0], nil
	})
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}
