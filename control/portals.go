package control

import (
	"cmp"
	"context"
	"net/netip"
	"strings"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Portals are the developer portals.
type Portals struct{ saga }

// PortalFields are the settings of a portal. For a new one an absent field means
// its default; in an update, that it stays as it is.
type PortalFields struct {
	Name                    portico.Opt[string]
	DisplayName             portico.Opt[string]
	Description             portico.Opt[string]
	AuthenticationEnabled   portico.Opt[bool]
	RBACEnabled             portico.Opt[bool]
	SIPREnabled             portico.Opt[bool]
	DefaultAPIVisibility    portico.Opt[portico.Visibility]
	DefaultPageVisibility   portico.Opt[portico.Visibility]
	DefaultStrategyID       portico.Opt[portico.StrategyID]
	AutoApproveDevelopers   portico.Opt[bool]
	AutoApproveApplications portico.Opt[bool]
	NotificationsPIIVisible portico.Opt[bool]
	Labels                  portico.Opt[map[string]*string]
}

// Create adds a portal, at a domain made from its name, which has to be given.
// Developers can sign in, and nothing is public or approved by itself, unless
// the fields say otherwise. KindConflict for a name that is taken, KindInvalid
// for a strategy that is not there.
func (p Portals) Create(ctx context.Context, in PortalFields) (portico.Portal, error) {
	now := p.Now()
	portal := portico.Portal{
		ID: portico.PortalID(p.NewID()), DisplayName: in.Name.Value, AuthenticationEnabled: true, BasicAuthEnabled: true,
		DefaultAPIVisibility: portico.Private, DefaultPageVisibility: portico.Private, CreatedAt: now, UpdatedAt: now,
	}
	err := p.Commit(ctx, func(tx portico.Tx) error {
		if err := in.write(ctx, tx, &portal); err != nil {
			return err
		}
		var err error
		if portal.Subdomain, err = freeSubdomain(ctx, tx, portal.Name); err != nil {
			return err
		}
		if err := tx.Portals().Insert(ctx, portal); err != nil {
			return err
		}
		return p.Own(ctx, tx, access.Portals, string(portal.ID))
	})
	return portal, err
}

// List returns a page of the portals. The fields default_domain and
// canonical_domain are known here, beside those of the store.
func (p Portals) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.Portal], error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Page[portico.Portal], error) {
		return p.byDomain(ctx, tx, q)
	})
}

// ByID returns a portal; KindNotFound.
func (p Portals) ByID(ctx context.Context, id portico.PortalID) (portico.Portal, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Portal, error) { return tx.Portals().ByID(ctx, id) })
}

// ByHost returns the portal that a request means by its host name, which has no
// port: the portal with that custom domain, the one at that name below the
// portal domain and, as long as there is exactly one, that one at the bare
// portal domain and on the loopback interface. KindNotFound says what to do
// instead, but not which portals there are.
func (p Portals) ByHost(ctx context.Context, host string) (portico.Portal, error) {
	host = strings.ToLower(host)
	q := portico.ListQuery{Size: 1, Number: 1}
	bare := host == p.PortalDomain || isLoopback(host)
	if subdomain, ok := strings.CutSuffix(host, "."+p.PortalDomain); !bare && ok {
		q.Filters = []portico.Filter{portico.Where("subdomain", subdomain)}
	} else if !bare {
		if host == "" {
			return portico.Portal{}, p.noPortalAt(host) // of portals without a custom domain, too
		}
		q.Filters = []portico.Filter{portico.Where("custom_domain", host)}
	}
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.Portal, error) {
		found, err := tx.Portals().List(ctx, q)
		switch {
		case err != nil:
		case found.Total == 0 && bare:
			err = portico.Errorf(portico.KindNotFound, "There is no portal yet. An administrator has to create one first.").Named("no_portal_yet")
		case found.Total == 0:
			err = p.noPortalAt(host)
		case found.Total > 1:
			err = portico.Errorf(portico.KindNotFound, "There is more than one portal, so [%s] does not say which one is meant. Use the portal's own address, of the form NAME.%s.", host, p.PortalDomain).Named("which_portal")
		}
		return usecase.One(found.Items, err)
	})
}

func (p Portals) noPortalAt(host string) error {
	return portico.Errorf(portico.KindNotFound, "There is no portal at [%s]. Every portal has an address of the form NAME.%s: check the name.", host, p.PortalDomain).Named("no_portal_here")
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Update changes a portal. Its domain stays, whatever its name becomes: links
// go on working. What is published already is not touched by new defaults.
// KindNotFound, KindConflict (name), KindInvalid (strategy, labels).
func (p Portals) Update(ctx context.Context, id portico.PortalID, in PortalFields) (portico.Portal, error) {
	var portal portico.Portal
	err := p.Commit(ctx, func(tx portico.Tx) error {
		var err error
		portal, err = tx.Portals().Change(ctx, id, func(to *portico.Portal) error { return in.write(ctx, tx, to) })
		return err
	})
	return portal, err
}

func (in PortalFields) write(ctx context.Context, tx portico.Tx, to *portico.Portal) error {
	in.Name.Apply(&to.Name)
	in.DisplayName.Apply(&to.DisplayName)
	in.Description.ApplyPtr(&to.Description)
	in.AuthenticationEnabled.Apply(&to.AuthenticationEnabled)
	in.RBACEnabled.Apply(&to.RBACEnabled)
	in.SIPREnabled.Apply(&to.SIPREnabled)
	in.DefaultAPIVisibility.Apply(&to.DefaultAPIVisibility)
	in.DefaultPageVisibility.Apply(&to.DefaultPageVisibility)
	in.DefaultStrategyID.ApplyPtr(&to.DefaultStrategyID)
	in.AutoApproveDevelopers.Apply(&to.AutoApproveDevelopers)
	in.AutoApproveApplications.Apply(&to.AutoApproveApplications)
	in.NotificationsPIIVisible.Apply(&to.NotificationsPIIVisible)
	if err := portico.MergeLabels(&to.Labels, in.Labels); err != nil {
		return err
	}
	if !in.DefaultStrategyID.Set {
		return nil
	}
	return checkStrategy(ctx, tx, "default_application_auth_strategy_id", to.DefaultStrategyID)
}

// checkStrategy refuses a reference to a strategy that is not there.
func checkStrategy(ctx context.Context, tx portico.Tx, field string, id *portico.StrategyID) error {
	if id == nil {
		return nil
	}
	_, err := tx.Strategies().ByID(ctx, *id)
	return usecase.Missing(err, field, "There is no application auth strategy with this id.")
}

// Delete removes a portal with its developers, applications and registrations;
// the clients of the applications are removed from their identity providers
// next. Without force it refuses while APIs are published there: KindConflict.
func (p Portals) Delete(ctx context.Context, id portico.PortalID, force bool) error {
	return p.Commit(ctx, func(tx portico.Tx) error {
		published, err := tx.Publications().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("portal_id", id)}})
		if err != nil {
			return err
		}
		if published.Total > 0 && !force {
			return portico.Errorf(portico.KindConflict,
				"%d APIs are published to the portal [%s]; nothing was deleted. Unpublish them first, or delete with force=true.", published.Total, id)
		}
		if err := Applications(p).releaseAll(ctx, tx, portico.Where("portal_id", id)); err != nil {
			return err
		}
		if err := usecase.Disown(ctx, tx, access.Portals, string(id)); err != nil {
			return err
		}
		return tx.Portals().Delete(ctx, id)
	})
}

// freeSubdomain makes a DNS label of a portal's name that no other portal has.
func freeSubdomain(ctx context.Context, tx portico.Tx, name string) (string, error) {
	const maxLabel = 63 // RFC 1035 §2.3.4
	base := strings.ReplaceAll(usecase.Slugify(name), "_", "-")
	base = strings.Trim(base[:min(len(base), maxLabel-7)], "-")
	return usecase.Free(cmp.Or(base, "portal"), func(candidate string) (bool, error) {
		found, err := tx.Portals().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("subdomain", candidate)}})
		return found.Total > 0, err
	})
}

func portalID(p portico.Portal) portico.PortalID { return p.ID }
