package allowlist

import (
	"context"
	"net/netip"
	"slices"
	"strconv"

	"portico"
	"portico/usecase"
)

// Lists are the entries of portals' IP allow lists.
type Lists struct{ usecase.Deps }

// MaxIPs is how many addresses and networks one entry holds.
const MaxIPs = 25

// maxEntries is how many entries one portal has (contract: IPEntries).
const maxEntries = 1000

// Create adds an entry to a portal's list. It counts from the next request on
// if the portal's SIPREnabled is set. KindNotFound (portal), KindInvalid (an
// address), KindConflict (the list is full).
func (l Lists) Create(ctx context.Context, portal portico.PortalID, ips []string) (portico.IPAllowList, error) {
	ips, err := canonical(ips)
	if err != nil {
		return portico.IPAllowList{}, err
	}
	now := l.Now()
	entry := portico.IPAllowList{ID: portico.AllowListID(l.NewID()), PortalID: portal, AllowedIPs: ips, CreatedAt: now, UpdatedAt: now}
	return entry, l.Store.Update(ctx, func(tx portico.Tx) error {
		there, err := entries(ctx, tx, portal, portico.ListQuery{Size: 1, Number: 1})
		if err != nil {
			return err
		}
		if there.Total >= maxEntries {
			return portico.Errorf(portico.KindConflict, "The IP allow list of the portal [%s] has %d entries, the most there can be; nothing was added.", portal, maxEntries)
		}
		return tx.IPAllowLists().Insert(ctx, entry)
	})
}

// canonical writes addresses and networks as everybody does (RFC 5952 for
// IPv6), in the order given. Bits of a network that name a host in it stay.
func canonical(ips []string) ([]string, error) {
	out, networks := make([]string, len(ips)), make([]netip.Prefix, len(ips))
	var faults []portico.InvalidParameter
	fault := func(i int, reason string) {
		faults = append(faults, portico.InvalidParameter{Field: "allowed_ips." + strconv.Itoa(i), Rule: "invalid", Reason: reason})
	}
	for i, ip := range ips {
		network, err := portico.ParseNetwork(ip)
		if err != nil {
			fault(i, "must be an IP address such as 192.0.2.1 or 2001:db8::1, or a network such as 192.0.2.0/24")
			continue
		}
		out[i] = network.String()
		if _, err := netip.ParsePrefix(ip); err != nil {
			out[i] = network.Addr().String()
		}
		networks[i] = network.Masked()
		if slices.Contains(networks[:i], networks[i]) {
			fault(i, "is in the list already")
		}
	}
	if len(faults) > 0 {
		return nil, portico.InvalidAll(faults...)
	}
	return out, nil
}

func entries(ctx context.Context, tx portico.Tx, portal portico.PortalID, q portico.ListQuery) (portico.Page[portico.IPAllowList], error) {
	if _, err := tx.Portals().ByID(ctx, portal); err != nil {
		return portico.Page[portico.IPAllowList]{}, err
	}
	q.Filters = append(slices.Clone(q.Filters), portico.Where("portal_id", portal))
	return tx.IPAllowLists().List(ctx, q)
}

// List returns a page of a portal's entries; KindNotFound.
func (l Lists) List(ctx context.Context, portal portico.PortalID, q portico.ListQuery) (portico.Page[portico.IPAllowList], error) {
	return usecase.View(ctx, l.Store, func(tx portico.Tx) (portico.Page[portico.IPAllowList], error) { return entries(ctx, tx, portal, q) })
}

// ByID returns an entry of a portal; KindNotFound.
func (l Lists) ByID(ctx context.Context, portal portico.PortalID, id portico.AllowListID) (portico.IPAllowList, error) {
	return usecase.View(ctx, l.Store, func(tx portico.Tx) (portico.IPAllowList, error) { return entryOf(ctx, tx, portal, id) })
}

func entryOf(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.AllowListID) (portico.IPAllowList, error) {
	entry, err := tx.IPAllowLists().ByID(ctx, id)
	if err == nil && entry.PortalID != portal {
		err = portico.NotFound("IP allow list", id)
	}
	return entry, err
}

// Replace puts other addresses into an entry; KindNotFound, KindInvalid.
func (l Lists) Replace(ctx context.Context, portal portico.PortalID, id portico.AllowListID, ips []string) (portico.IPAllowList, error) {
	var entry portico.IPAllowList
	ips, err := canonical(ips)
	if err != nil {
		return entry, err
	}
	err = l.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := entryOf(ctx, tx, portal, id); err != nil {
			return err
		}
		var err error
		entry, err = tx.IPAllowLists().Change(ctx, id, func(e *portico.IPAllowList) error {
			e.AllowedIPs = ips
			return nil
		})
		return err
	})
	return entry, err
}

// Delete removes an entry; KindNotFound.
func (l Lists) Delete(ctx context.Context, portal portico.PortalID, id portico.AllowListID) error {
	return l.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := entryOf(ctx, tx, portal, id); err != nil {
			return err
		}
		return tx.IPAllowLists().Delete(ctx, id)
	})
}

// Admit refuses a caller whose address is not in the list of a portal that is
// reached from listed addresses alone: KindForbidden. A list without an entry
// lets nobody in.
func (l Lists) Admit(ctx context.Context, portal portico.Portal, addr netip.Addr) error {
	if !portal.SIPREnabled {
		return nil
	}
	all, err := usecase.View(ctx, l.Store, func(tx portico.Tx) (portico.Page[portico.IPAllowList], error) {
		return tx.IPAllowLists().List(ctx, portico.Everything(portico.Where("portal_id", portal.ID)))
	})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all.Items, func(e portico.IPAllowList) bool { return e.Allows(addr) }) {
		return nil
	}
	return portico.Errorf(portico.KindForbidden, "This portal is not open to your address [%s]; nothing was done. Whoever runs the portal can add it to the IP allow list.", addr).Named("address_not_allowed")
}
