package control

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/usecase"
)

// hostName is a domain name of at least two labels (RFC 1035 §2.3.1, RFC 1123
// §2.1), in lower case.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// AddDomain gives a portal a custom domain. Nothing is verified: whoever runs
// Portico decides with the DNS, and with what ends TLS in front of it, which
// names lead here, and the Host header then says which portal is meant.
// KindNotFound, KindInvalid, KindConflict (the portal has one, or another
// portal has this one).
func (p Portals) AddDomain(ctx context.Context, id portico.PortalID, host string) (portico.Portal, error) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if reason := p.domainFault(host); reason != "" {
		return portico.Portal{}, portico.Invalid("hostname", "is_fqdn", reason)
	}
	return p.setDomain(ctx, id, func(to *portico.Portal) error {
		if to.CustomDomain != "" {
			return portico.Errorf(portico.KindConflict, "The portal has the custom domain [%s] already; nothing was changed. Delete it first.", to.CustomDomain)
		}
		to.CustomDomain = host
		return nil
	})
}

// DeleteDomain takes a portal's custom domain away; its default domain has
// worked all the time. KindNotFound.
func (p Portals) DeleteDomain(ctx context.Context, id portico.PortalID) error {
	_, err := p.setDomain(ctx, id, func(to *portico.Portal) error {
		if to.CustomDomain == "" {
			return portico.Errorf(portico.KindNotFound, "The portal has no custom domain.")
		}
		to.CustomDomain = ""
		return nil
	})
	return err
}

func (p Portals) setDomain(ctx context.Context, id portico.PortalID, change func(*portico.Portal) error) (portico.Portal, error) {
	var portal portico.Portal
	err := p.Commit(ctx, func(tx portico.Tx) error {
		var err error
		portal, err = tx.Portals().Change(ctx, id, change)
		return err
	})
	return portal, err
}

func (p Portals) domainFault(host string) string {
	_, err := netip.ParseAddr(host)
	switch {
	case len(host) > 253 || err == nil || !hostName.MatchString(host):
		return "must be a domain name without a port, such as developers.example.com; write other scripts in their xn-- form"
	case host == p.PortalDomain || strings.HasSuffix(host, "."+p.PortalDomain):
		return "must not be below " + p.PortalDomain + ", where portals have their default domains"
	}
	return ""
}

// byDomain answers a query that may have conditions on domains, or be in their
// order, though they are no columns: portals are few.
func (p Portals) byDomain(ctx context.Context, tx portico.Tx, q portico.ListQuery) (portico.Page[portico.Portal], error) {
	domain := map[string]func(portico.Portal) string{"default_domain": p.DefaultDomain, "canonical_domain": p.Domain}
	all := portico.Everything()
	var conditions []portico.Filter
	for _, f := range q.Filters {
		if domain[f.Field] != nil {
			conditions = append(conditions, f)
		} else {
			all.Filters = append(all.Filters, f)
		}
	}
	for _, s := range q.Sort {
		if domain[s.Field] != nil {
			s.Field = "subdomain" // the order of default domains
		}
		all.Sort = append(all.Sort, s)
	}
	found, err := tx.Portals().List(ctx, all)
	if err != nil {
		return found, err
	}
	portals := slices.DeleteFunc(found.Items, func(portal portico.Portal) bool {
		return slices.ContainsFunc(conditions, func(f portico.Filter) bool { return !usecase.Matches(f, domain[f.Field](portal)) })
	})
	if len(q.Sort) > 0 && q.Sort[0].Field == "canonical_domain" {
		slices.SortStableFunc(portals, func(a, b portico.Portal) int {
			if q.Sort[0].Desc {
				a, b = b, a
			}
			return strings.Compare(p.Domain(a), p.Domain(b))
		})
	}
	return usecase.Cut(portals, q), nil
}
