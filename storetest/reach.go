package storetest

import (
	"context"
	"errors"
	"testing"

	"portico"
)

// tieReach ties to the portal who reaches it, and how it reaches people.
func (w *World) tieReach() {
	w.IPAllowList.PortalID, w.EmailConfig.PortalID, w.EmailDelivery.PortalID = w.Portal.ID, w.Portal.ID, w.Portal.ID
	w.Mail.PortalID = &w.Portal.ID
}

func (w World) insertReach(ctx context.Context, tx portico.Tx) error {
	return errors.Join(
		tx.IPAllowLists().Insert(ctx, w.IPAllowList),
		tx.EmailConfigs().Insert(ctx, w.EmailConfig),
		tx.EmailDeliveries().Insert(ctx, w.EmailDelivery),
		tx.EmailDomains().Insert(ctx, w.EmailDomain),
		tx.Mails().Insert(ctx, w.Mail),
	)
}

func testReachEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("IP allow lists", check(open, w, subject[portico.AllowListID, portico.IPAllowList]{
		of: portico.Tx.IPAllowLists, id: func(e *portico.IPAllowList) *portico.AllowListID { return &e.ID },
		refs: func(to *portico.IPAllowList, from portico.IPAllowList) { to.PortalID = from.PortalID }, like: w.IPAllowList}))
	t.Run("e-mail configurations", check(open, w, subject[portico.EmailConfigID, portico.EmailConfig]{
		of: portico.Tx.EmailConfigs, id: func(e *portico.EmailConfig) *portico.EmailConfigID { return &e.ID },
		refs: func(to *portico.EmailConfig, from portico.EmailConfig) { to.PortalID = from.PortalID }, like: w.EmailConfig, alone: true}))
	t.Run("e-mail deliveries", check(open, w, subject[portico.PortalID, portico.EmailDelivery]{
		of: portico.Tx.EmailDeliveries, id: func(e *portico.EmailDelivery) *portico.PortalID { return &e.PortalID },
		refs: func(to *portico.EmailDelivery, from portico.EmailDelivery) { to.PortalID = from.PortalID }, like: w.EmailDelivery, alone: true}))
	t.Run("e-mail domains", check(open, w, subject[portico.EmailDomainID, portico.EmailDomain]{
		of: portico.Tx.EmailDomains, id: func(e *portico.EmailDomain) *portico.EmailDomainID { return &e.ID },
		refs: func(*portico.EmailDomain, portico.EmailDomain) {}, like: w.EmailDomain}))
	t.Run("mails", check(open, w, subject[portico.MailID, portico.Mail]{
		of: portico.Tx.Mails, id: func(e *portico.Mail) *portico.MailID { return &e.ID },
		refs: func(to *portico.Mail, from portico.Mail) {
			if to.PortalID != nil {
				to.PortalID = from.PortalID
			}
		}, like: w.Mail}))
}

// reachFindings is what these entities are found by.
func reachFindings(w World) []finding {
	return []finding{
		{"IP allow lists", ask(portico.Tx.IPAllowLists, func(e portico.IPAllowList) portico.AllowListID { return e.ID }), string(w.IPAllowList.ID),
			map[string]string{"portal_id": string(w.Portal.ID)}},
		{"e-mail configurations", ask(portico.Tx.EmailConfigs, func(e portico.EmailConfig) portico.EmailConfigID { return e.ID }), string(w.EmailConfig.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "domain_name": *w.EmailConfig.DomainName}},
		{"e-mail deliveries", ask(portico.Tx.EmailDeliveries, func(e portico.EmailDelivery) portico.PortalID { return e.PortalID }), string(w.EmailDelivery.PortalID),
			map[string]string{"enabled": "true"}},
		{"e-mail domains", ask(portico.Tx.EmailDomains, func(e portico.EmailDomain) portico.EmailDomainID { return e.ID }), string(w.EmailDomain.ID),
			map[string]string{"domain": w.EmailDomain.Domain}},
		{"mails", ask(portico.Tx.Mails, func(e portico.Mail) portico.MailID { return e.ID }), string(w.Mail.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "kind": w.Mail.Kind, "recipient": w.Mail.To, "subject": w.Mail.Subject, "state": string(w.Mail.State)}},
	}
}

// ofReach are the second ones of what must be unique.
func (d duplicates) ofReach(ctx context.Context) []duplicate {
	return []duplicate{
		{"e-mail configuration", func(tx portico.Tx) error {
			return tx.EmailConfigs().Insert(ctx, another(d.w.EmailConfig, func(*portico.EmailConfig) {}))
		}, "e-mail configuration"},
		{"e-mail domain", func(tx portico.Tx) error {
			return tx.EmailDomains().Insert(ctx, another(d.w.EmailDomain, func(*portico.EmailDomain) {}))
		}, "e-mail domain"},
	}
}
