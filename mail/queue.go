package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"portico"
	"portico/secret"
)

// Queue keeps mails in the store from the transaction of the change that they
// speak of until they are delivered: none is lost when the process dies, and
// none is sent of a change that was not committed. A mail is delivered at least
// once. Every field must be set.
type Queue struct {
	Store  portico.Store
	Sealer portico.Sealer
	Next   portico.Mailer // who delivers
	Logger *slog.Logger
	Now    func() time.Time
}

// How a mail is tried: an attempt that nobody has reported the end of counts as
// given up after lease; one that failed is repeated after waits, until there are
// none left.
const lease = 5 * time.Minute

func waits() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour}
}

// kept is how long a mail is remembered once nothing more will become of it.
const kept = 30 * 24 * time.Hour

// clipped is how much of an error is remembered, in bytes.
const clipped = 500

// batch is how many mails are looked up at once.
const batch = 100

func place(id portico.MailID) portico.Place {
	return portico.Place{Table: "mails", Column: "sealed", Row: string(id)}
}

// Put keeps a mail in the transaction of the change that it speaks of.
func (q Queue) Put(ctx context.Context, tx portico.Tx, m portico.Message) (portico.MailID, error) {
	now := q.Now()
	row := portico.Mail{
		ID: portico.MailID(portico.NewID(now)), Kind: m.Kind, To: m.To, Subject: m.Subject, OneTime: m.OneTime,
		State: portico.MailQueued, NextTryAt: now, CreatedAt: now, UpdatedAt: now,
	}
	if m.PortalID != "" {
		row.PortalID = &m.PortalID
	}
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode a mail: %w", err)
	}
	if row.Sealed, err = q.Sealer.Seal(secret.New(string(text)), place(row.ID)); err != nil {
		return "", fmt.Errorf("seal a mail: %w", err)
	}
	return row.ID, tx.Mails().Insert(ctx, row)
}

// Message opens a mail; ok is false when only its row is left.
func (q Queue) Message(row portico.Mail) (m portico.Message, ok bool, err error) {
	if len(row.Sealed) == 0 {
		return m, false, nil
	}
	text, err := q.Sealer.Open(row.Sealed, place(row.ID))
	if err != nil {
		return m, false, fmt.Errorf("open a mail: %w", err)
	}
	if err := json.Unmarshal([]byte(text.Reveal()), &m); err != nil {
		return m, false, fmt.Errorf("decode a mail: %w", err)
	}
	return m, true, nil
}

// Deliver tries one mail now, unless somebody else does or it is not its time.
// What goes wrong is kept with the mail, and logged.
func (q Queue) Deliver(ctx context.Context, id portico.MailID) {
	if err := q.deliver(ctx, id); err != nil {
		q.Logger.ErrorContext(ctx, "mail not handled; it is tried again later", "mail", id, "err", err)
	}
}

func (q Queue) deliver(ctx context.Context, id portico.MailID) error {
	row, mine, err := q.claim(ctx, id)
	if err != nil || !mine {
		return err
	}
	m, ok, err := q.Message(row)
	if err == nil && ok {
		err = q.Next.Send(ctx, m)
	} else if err == nil {
		err = portico.Invalid("mail", "invalid", "has no text any more")
	}
	if err != nil {
		q.Logger.ErrorContext(ctx, "mail not sent", "mail", id, "kind", row.Kind, "attempt", row.Attempts, "err", err)
	}
	return q.Store.Update(ctx, func(tx portico.Tx) error {
		_, change := tx.Mails().Change(ctx, id, func(to *portico.Mail) error {
			q.settle(to, err)
			return nil
		})
		if portico.KindOf(change) == portico.KindNotFound {
			return nil // its portal is gone, and it with it
		}
		return change
	})
}

// claim takes a mail that is due for the time of its lease.
func (q Queue) claim(ctx context.Context, id portico.MailID) (row portico.Mail, mine bool, err error) {
	err = q.Store.Update(ctx, func(tx portico.Tx) error {
		now := q.Now()
		before, err := tx.Mails().ByID(ctx, id)
		if portico.KindOf(err) == portico.KindNotFound {
			mine = false
			return nil
		}
		if mine = err == nil && before.State == portico.MailQueued && !before.NextTryAt.After(now); !mine {
			return err
		}
		row, err = tx.Mails().Change(ctx, id, func(to *portico.Mail) error {
			to.Attempts++
			to.NextTryAt = now.Add(lease)
			return nil
		})
		return err
	})
	return row, mine, err
}

// settle notes what an attempt has come to.
func (q Queue) settle(m *portico.Mail, err error) {
	now := q.Now()
	switch {
	case err == nil:
		m.State, m.LastError, m.FinishedAt = portico.MailSent, "", &now
		if m.OneTime {
			m.Sealed = nil
		}
		return
	case portico.KindOf(err) == portico.KindInvalid, m.Attempts > len(waits()):
		m.State, m.FinishedAt = portico.MailFailed, &now
	default:
		m.NextTryAt = now.Add(waits()[m.Attempts-1])
	}
	m.LastError = err.Error()
	m.LastError = m.LastError[:min(len(m.LastError), clipped)]
}

// DeliverDue tries every mail whose time has come.
func (q Queue) DeliverDue(ctx context.Context) error {
	for ctx.Err() == nil {
		due := portico.ListQuery{Size: batch, Number: 1, Sort: []portico.Sort{{Field: "next_try_at"}}, Filters: []portico.Filter{
			portico.Where("state", portico.MailQueued), until("next_try_at", q.Now()),
		}}
		var found portico.Page[portico.Mail]
		err := q.Store.View(ctx, func(tx portico.Tx) (err error) {
			found, err = tx.Mails().List(ctx, due)
			return err
		})
		if err != nil || len(found.Items) == 0 {
			return err
		}
		for i := 0; i < len(found.Items) && ctx.Err() == nil; i++ {
			if err := q.deliver(context.WithoutCancel(ctx), found.Items[i].ID); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Trim forgets mails that were sent or given up long ago.
func (q Queue) Trim(ctx context.Context) error {
	for {
		var found portico.Page[portico.Mail]
		err := q.Store.Update(ctx, func(tx portico.Tx) (err error) {
			found, err = tx.Mails().List(ctx, portico.ListQuery{Size: batch, Number: 1, Filters: []portico.Filter{until("finished_at", q.Now().Add(-kept))}})
			for i := 0; err == nil && i < len(found.Items); i++ {
				err = tx.Mails().Delete(ctx, found.Items[i].ID)
			}
			return err
		})
		if err != nil || len(found.Items) < batch {
			return err
		}
	}
}

func until(field string, t time.Time) portico.Filter {
	return portico.Filter{Field: field, Op: portico.OpLessEqual, Values: []string{t.UTC().Format(time.RFC3339Nano)}}
}

// Worker delivers what is queued in the background, so that nobody waits for a
// mail server, and how long an answer takes does not tell whether a mail was
// sent.
type Worker struct {
	queue Queue
	wake  chan struct{}
}

// poll is how often a worker looks by itself.
const poll = 30 * time.Second

// NewWorker returns a worker that Run lets work.
func NewWorker(q Queue) *Worker { return &Worker{queue: q, wake: make(chan struct{}, 1)} }

// Wake tells the worker that there is a mail. It never waits.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run delivers until ctx ends. A mail that is being sent then is sent to its
// end; the others stay queued for the next process.
func (w *Worker) Run(ctx context.Context) {
	for {
		if err := w.queue.DeliverDue(ctx); err != nil && ctx.Err() == nil {
			w.queue.Logger.ErrorContext(ctx, "mails not delivered; they are tried again later", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-time.After(poll):
		}
	}
}
