package mailroom

import (
	"context"
	"strings"

	"portico"
	"portico/usecase"
)

// Settings are whom portals' mails come from.
type Settings struct{ usecase.Deps }

// ConfigFields are the settings of an e-mail configuration. For a new one an
// absent field means null; in an update, that it stays as it is.
type ConfigFields struct {
	DomainName portico.Opt[string] // one of the e-mail domains, which from_email is at
	FromName   portico.Opt[string]
	FromEmail  portico.Opt[string]
	ReplyTo    portico.Opt[string]
}

// Config returns a portal's e-mail configuration; KindNotFound.
func (s Settings) Config(ctx context.Context, portal portico.PortalID) (portico.EmailConfig, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.EmailConfig, error) { return configOf(ctx, tx, portal) })
}

func configOf(ctx context.Context, tx portico.Tx, portal portico.PortalID) (portico.EmailConfig, error) {
	if _, err := tx.Portals().ByID(ctx, portal); err != nil {
		return portico.EmailConfig{}, err
	}
	found, err := tx.EmailConfigs().List(ctx, portico.Everything(portico.Where("portal_id", portal)))
	if err == nil && len(found.Items) == 0 {
		err = portico.Errorf(portico.KindNotFound, "The portal has no e-mail configuration; its mails come from the mail server's own sender.")
	}
	return usecase.One(found.Items, err)
}

// CreateConfig gives a portal its e-mail configuration. KindNotFound (portal),
// KindConflict (there is one), KindInvalid (the domain).
func (s Settings) CreateConfig(ctx context.Context, portal portico.PortalID, in ConfigFields) (portico.EmailConfig, error) {
	now := s.Now()
	config := portico.EmailConfig{ID: portico.EmailConfigID(s.NewID()), PortalID: portal, CreatedAt: now, UpdatedAt: now}
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return err
		}
		if err := in.write(ctx, tx, &config); err != nil {
			return err
		}
		return tx.EmailConfigs().Insert(ctx, config)
	})
	return config, err
}

// ChangeConfig changes a portal's e-mail configuration; mails that are queued
// already stay as they are. KindNotFound, KindInvalid (the domain).
func (s Settings) ChangeConfig(ctx context.Context, portal portico.PortalID, in ConfigFields) (portico.EmailConfig, error) {
	var config portico.EmailConfig
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		before, err := configOf(ctx, tx, portal)
		if err != nil {
			return err
		}
		config, err = tx.EmailConfigs().Change(ctx, before.ID, func(to *portico.EmailConfig) error { return in.write(ctx, tx, to) })
		return err
	})
	return config, err
}

func (in ConfigFields) write(ctx context.Context, tx portico.Tx, to *portico.EmailConfig) error {
	in.DomainName.ApplyPtr(&to.DomainName)
	in.FromName.ApplyPtr(&to.FromName)
	in.FromEmail.ApplyPtr(&to.FromEmail)
	in.ReplyTo.ApplyPtr(&to.ReplyTo)
	if to.DomainName == nil {
		return nil
	}
	domain := strings.ToLower(*to.DomainName)
	if _, err := domainNamed(ctx, tx, domain); err != nil {
		return usecase.Missing(err, "domain_name", "There is no e-mail domain of this name. Add it first.")
	}
	if to.FromEmail != nil && !strings.HasSuffix(strings.ToLower(*to.FromEmail), "@"+domain) {
		return portico.Invalid("from_email", "invalid", "must be an address at the domain_name ["+domain+"]")
	}
	return nil
}

// DeleteConfig takes a portal's e-mail configuration away; KindNotFound.
func (s Settings) DeleteConfig(ctx context.Context, portal portico.PortalID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		config, err := configOf(ctx, tx, portal)
		if err != nil {
			return err
		}
		return tx.EmailConfigs().Delete(ctx, config.ID)
	})
}

// DeliveryFields are the settings of an e-mail delivery; an absent one stays as
// it is.
type DeliveryFields struct {
	Enabled   portico.Opt[bool]
	FromEmail portico.Opt[string]
	ReplyTo   portico.Opt[string]
}

// Delivery returns a portal's e-mail delivery. One that nobody has set up is not
// enabled. KindNotFound (portal).
func (s Settings) Delivery(ctx context.Context, portal portico.PortalID) (portico.EmailDelivery, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.EmailDelivery, error) {
		delivery, _, err := deliveryOf(ctx, tx, portal)
		return delivery, err
	})
}

func deliveryOf(ctx context.Context, tx portico.Tx, id portico.PortalID) (delivery portico.EmailDelivery, there bool, err error) {
	portal, err := tx.Portals().ByID(ctx, id)
	if err != nil {
		return delivery, false, err
	}
	delivery, err = tx.EmailDeliveries().ByID(ctx, id)
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.EmailDelivery{PortalID: id, CreatedAt: portal.CreatedAt, UpdatedAt: portal.CreatedAt}, false, nil
	}
	return delivery, err == nil, err
}

// ChangeDelivery sets a portal's e-mail delivery up, or changes it. KindNotFound
// (portal).
func (s Settings) ChangeDelivery(ctx context.Context, portal portico.PortalID, in DeliveryFields) (portico.EmailDelivery, error) {
	var delivery portico.EmailDelivery
	write := func(to *portico.EmailDelivery) error {
		in.Enabled.Apply(&to.Enabled)
		in.FromEmail.ApplyPtr(&to.FromEmail)
		in.ReplyTo.ApplyPtr(&to.ReplyTo)
		return nil
	}
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		before, there, err := deliveryOf(ctx, tx, portal)
		if err != nil {
			return err
		}
		if there {
			delivery, err = tx.EmailDeliveries().Change(ctx, portal, write)
			return err
		}
		delivery = before
		delivery.CreatedAt = s.Now()
		delivery.UpdatedAt = delivery.CreatedAt
		_ = write(&delivery) // cannot fail
		return tx.EmailDeliveries().Insert(ctx, delivery)
	})
	return delivery, err
}

// DeleteDelivery makes a portal's e-mail delivery one that nobody has set up;
// KindNotFound (portal).
func (s Settings) DeleteDelivery(ctx context.Context, portal portico.PortalID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, there, err := deliveryOf(ctx, tx, portal); err != nil || !there {
			return err
		}
		return tx.EmailDeliveries().Delete(ctx, portal)
	})
}
