package portico

import (
	"net/netip"
	"slices"
	"time"
)

// IPAllowList is an entry of a portal's IP allow list: some of the addresses
// that the portal can be reached from while its SIPREnabled is set.
type IPAllowList struct {
	ID         AllowListID
	PortalID   PortalID
	AllowedIPs []string // addresses and networks in CIDR notation, as net/netip writes them
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Allows says whether an address is among those of the entry.
func (l IPAllowList) Allows(addr netip.Addr) bool {
	return slices.ContainsFunc(l.AllowedIPs, func(s string) bool {
		network, err := ParseNetwork(s)
		return err == nil && network.Contains(addr.Unmap().WithZone(""))
	})
}

// ParseNetwork reads an address, or a network in CIDR notation. An address is
// the network of itself alone; one of IPv4 that was written as IPv6 is one of
// IPv4. Zones (RFC 4007) have no meaning to anybody else and are refused.
func ParseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	const mapped = 96 // ::ffff:0:0/96 is IPv4 (RFC 4291 §2.5.5.2)
	if network.Addr().Is4In6() && network.Bits() >= mapped {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mapped)
	}
	return network, nil
}
