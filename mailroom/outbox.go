package mailroom

import (
	"context"

	"portico"
	"portico/usecase"
)

// Outbox is what became of each mail of the last weeks.
type Outbox struct{ usecase.Deps }

// List returns a page of the mails, the newest first unless the query sorts
// them. It is filtered by portal_id, kind, recipient, subject, state and times.
func (o Outbox) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.Mail], error) {
	if len(q.Sort) == 0 {
		q.Sort = []portico.Sort{{Field: "created_at", Desc: true}}
	}
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (portico.Page[portico.Mail], error) { return tx.Mails().List(ctx, q) })
}

// Letter is a mail with its text; Readable is false when the text is gone, or
// nobody but its reader may see it, because its link lets somebody in.
type Letter struct {
	portico.Mail
	Message  portico.Message
	Readable bool
}

// ByID returns a mail; KindNotFound.
func (o Outbox) ByID(ctx context.Context, id portico.MailID) (Letter, error) {
	return usecase.View(ctx, o.Store, func(tx portico.Tx) (Letter, error) {
		row, err := tx.Mails().ByID(ctx, id)
		if err != nil || row.OneTime {
			return Letter{Mail: row}, err
		}
		m, ok, err := o.Mails().Message(row)
		return Letter{Mail: row, Message: m, Readable: ok}, err
	})
}

// Retry has a mail tried again at once that has failed, or that waits to be
// tried again. KindNotFound; KindConflict if it was sent.
func (o Outbox) Retry(ctx context.Context, id portico.MailID) error {
	err := o.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Mails().Change(ctx, id, func(m *portico.Mail) error {
			if m.State == portico.MailSent {
				return portico.Errorf(portico.KindConflict, "The mail [%s] was sent already; nothing was changed.", id).Named("mail_sent")
			}
			m.State, m.Attempts, m.NextTryAt, m.FinishedAt = portico.MailQueued, 0, o.Now(), nil
			return nil
		})
		return err
	})
	if err == nil {
		o.DeliverNow(ctx, id)
	}
	return err
}
