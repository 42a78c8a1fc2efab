package mailroom

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/usecase"
)

// Domains are the domains that portals may send mails from. Portico looks
// nothing up: whether a domain lets the mail server send for it is between the
// two of them (SPF, DKIM).
type Domains struct{ usecase.Deps }

// domainName is a host name with at least two labels (RFC 1035 §2.3.1).
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Create adds a domain. KindInvalid, KindConflict (it is there).
func (d Domains) Create(ctx context.Context, name string) (portico.EmailDomain, error) {
	const longest = 253 // RFC 1035 §2.3.4, as text
	now := d.Now()
	domain := portico.EmailDomain{ID: portico.EmailDomainID(d.NewID()), Domain: strings.ToLower(name), CreatedAt: now, UpdatedAt: now}
	if len(name) > longest || !domainName.MatchString(domain.Domain) {
		return domain, portico.Invalid("domain", "is_fqdn", "must be a domain name such as example.com")
	}
	return domain, d.Store.Update(ctx, func(tx portico.Tx) error { return tx.EmailDomains().Insert(ctx, domain) })
}

// List returns a page of the domains. The field verification_status is known
// here, beside those of the store: it is the same of all.
func (d Domains) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.EmailDomain], error) {
	q = usecase.Settled(q, "verification_status", Unverified)
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Page[portico.EmailDomain], error) {
		return tx.EmailDomains().List(ctx, q)
	})
}

// Unverified is the verification status of every domain: nobody has begun.
const Unverified = "not_started"

// ByName returns a domain; KindNotFound.
func (d Domains) ByName(ctx context.Context, name string) (portico.EmailDomain, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.EmailDomain, error) { return domainNamed(ctx, tx, name) })
}

func domainNamed(ctx context.Context, tx portico.Tx, name string) (portico.EmailDomain, error) {
	found, err := tx.EmailDomains().List(ctx, portico.Everything(portico.Where("domain", strings.ToLower(name))))
	if err == nil && len(found.Items) == 0 {
		err = portico.NotFound("e-mail domain", portico.EmailDomainID(name))
	}
	return usecase.One(found.Items, err)
}

// Delete removes a domain. KindNotFound; KindConflict while a portal's mails
// come from there.
func (d Domains) Delete(ctx context.Context, name string) error {
	return d.Store.Update(ctx, func(tx portico.Tx) error {
		domain, err := domainNamed(ctx, tx, name)
		if err != nil {
			return err
		}
		all, err := tx.EmailConfigs().List(ctx, portico.Everything())
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all.Items, func(c portico.EmailConfig) bool {
			return c.DomainName != nil && strings.EqualFold(*c.DomainName, domain.Domain)
		}); i >= 0 {
			return portico.Errorf(portico.KindConflict, "The e-mail domain [%s] is still used by the e-mail configuration of the portal [%s]; nothing was deleted. Change that first.",
				domain.Domain, all.Items[i].PortalID)
		}
		return tx.EmailDomains().Delete(ctx, domain.ID)
	})
}
