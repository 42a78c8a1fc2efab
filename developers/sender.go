package developers

import (
	"cmp"
	"context"

	"portico"
)

// sender is whom a portal's mails come from; what is empty is as the mail
// server's settings say.
type sender struct{ Name, Email, ReplyTo string }

// senderOf reads a portal's settings. An EmailDelivery counts where the
// EmailConfig says nothing.
func senderOf(ctx context.Context, tx portico.Tx, portal portico.Portal) (sender, error) {
	var config portico.EmailConfig
	found, err := tx.EmailConfigs().List(ctx, portico.Everything(portico.Where("portal_id", portal.ID)))
	if err != nil {
		return sender{}, err
	}
	if len(found.Items) > 0 {
		config = found.Items[0]
	}
	older, err := tx.EmailDeliveries().ByID(ctx, portal.ID)
	if err != nil && portico.KindOf(err) != portico.KindNotFound {
		return sender{}, err
	}
	if !older.Enabled {
		older = portico.EmailDelivery{}
	}
	return sender{
		Name: value(config.FromName), Email: cmp.Or(value(config.FromEmail), value(older.FromEmail)),
		ReplyTo: cmp.Or(value(config.ReplyTo), value(older.ReplyTo)),
	}, nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
