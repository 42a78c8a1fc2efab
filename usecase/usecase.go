package usecase

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"portico"
	"portico/mail"
	"portico/secret"
	"portico/trial"
)

// Flusher brings the gateways up to the newest committed configuration.
// configsync.Publisher is one.
type Flusher interface {
	// Flush returns once every gateway in this process serves what is committed.
	Flush(ctx context.Context) error
}

// Auditor hears of what no change tells the audit log; audit.Log is one.
type Auditor interface {
	// SignIn is told of attempts to sign in that opened no session. Those that
	// did are recorded in the transaction that opens it (portico.AuditTx).
	SignIn(ctx context.Context, attempt portico.SignIn)
}

// Deps is what the use cases need from the outside.
type Deps struct {
	Store   portico.Store
	Sealer  portico.Sealer
	IdPs    portico.IdPs
	Trials  *trial.Trials  // tries clients of identity providers; nil: they are registered and removed only
	Mailer  portico.Mailer // delivers what waits in the queue
	Flusher Flusher
	Client  *http.Client // for addresses that an admin typed in; see oauth.NewHTTPClient
	Logger  *slog.Logger
	Now     func() time.Time
	Auditor Auditor // nil: nobody listens; package control puts its own here
	// Fingerprint names a client secret as the gateways do when they count its
	// uses; nil: they do not tell secrets apart.
	Fingerprint func(clientID string, clientSecret secret.Text) string
	// MailLater tells whoever works the queue of mails off that there is one more.
	// nil: a mail is delivered before the change that it speaks of is answered.
	MailLater func()
	// NoMail says that there is no mail server: what is mailed reaches nobody but
	// whoever runs the machine.
	NoMail bool
	// Checkpoint is called with the name of every step of the saga. It is a
	// no-op in production; a test may end the process in it.
	Checkpoint func(step string)
	// Health is what was seen lately of a DCR provider; nil: nobody watches.
	Health func(portico.ProviderID) portico.ProviderHealth
	// Nodes are the gateways of this process; nil: none.
	Nodes func() []Node
	// IdPTimeout is the longest that one conversation with an identity provider
	// may last, all its requests together.
	IdPTimeout time.Duration
	// PortalDomain is the suffix of portals' default domains, such as localhost.
	PortalDomain string
	// PortalURL is the address of a portal for links in mails, made from its
	// canonical domain; it has no trailing slash.
	PortalURL func(domain string) string
	// KeyFile is where the Sealer's keys are kept; empty: in the environment.
	KeyFile string
	// ConsoleURL is the address of the console for links in mails; it has no
	// trailing slash.
	ConsoleURL string
}

// Node is a gateway that follows the configuration.
type Node struct {
	ID       string // a UUID, the same after a restart
	Version  string // of the program
	Hostname string
	Since    time.Time // when it was started
	LastPing time.Time // when it was last known to have the newest configuration
	Epoch    string    // of the configuration in force
	Config   uint64    // its version
}

// Commit runs fn in a transaction and, once it is committed, brings the
// gateways up to date before it returns: what an answer promises, the next
// request sees.
func (d Deps) Commit(ctx context.Context, fn func(portico.Tx) error) error {
	if err := d.Store.Update(ctx, fn); err != nil {
		return err
	}
	// The change is committed whatever the caller does now, so neither its
	// cancellation nor a gateway that lags may turn the answer into an error.
	if err := d.Flusher.Flush(context.WithoutCancel(ctx)); err != nil {
		d.Logger.ErrorContext(ctx, "gateways not brought up to date; they follow later", "err", err)
	}
	return nil
}

// CommitAndMail is Commit for a change that somebody gets a mail about; fn may
// return no mail.
func (d Deps) CommitAndMail(ctx context.Context, fn func(portico.Tx) (*portico.Message, error)) error {
	return d.CommitAndMailAll(ctx, func(tx portico.Tx) ([]*portico.Message, error) {
		m, err := fn(tx)
		return []*portico.Message{m}, err
	})
}

// CommitAndMailAll is Commit for a change that several people get mails about.
// The mails are queued in the transaction of the change; whether they arrive
// is no longer this caller's to know.
func (d Deps) CommitAndMailAll(ctx context.Context, fn func(portico.Tx) ([]*portico.Message, error)) error {
	var queued []portico.MailID
	err := d.Commit(ctx, func(tx portico.Tx) error {
		queued = nil
		letters, err := fn(tx)
		if err != nil {
			return err
		}
		for _, m := range letters {
			if m == nil {
				continue
			}
			id, err := d.Mails().Put(ctx, tx, *m)
			if err != nil {
				return err
			}
			queued = append(queued, id)
		}
		return nil
	})
	if err == nil {
		d.DeliverNow(ctx, queued...)
	}
	return err
}

// Mails is the queue that mails wait in.
func (d Deps) Mails() mail.Queue {
	return mail.Queue{Store: d.Store, Sealer: d.Sealer, Next: d.Mailer, Logger: d.Logger, Now: d.Now}
}

// DeliverNow has mails delivered that were queued a moment ago.
func (d Deps) DeliverNow(ctx context.Context, queued ...portico.MailID) {
	if len(queued) > 0 && d.MailLater != nil {
		d.MailLater()
		return
	}
	for _, id := range queued {
		d.Mails().Deliver(context.WithoutCancel(ctx), id)
	}
}

// SignInFailed tells the audit log of an attempt to sign in that was refused
// with err. Errors that are no refusals, such as a store that does not answer,
// are none.
func (d Deps) SignInFailed(ctx context.Context, attempt portico.SignIn, err error) {
	refusal, ok := errors.AsType[*portico.Error](err)
	if d.Auditor == nil || !ok {
		return
	}
	switch attempt.Outcome = portico.SignInInvalid; {
	case refusal.Kind == portico.KindTooMany:
		attempt.Outcome = portico.SignInLocked
	case refusal.Kind != portico.KindUnauthenticated && refusal.Kind != portico.KindInvalid:
		return
	case refusal.Code == "wrong_password" && attempt.Principal.ID == "":
		attempt.Outcome = portico.SignInNotFound
	case refusal.Code == "wrong_password":
		attempt.Outcome = portico.SignInInvalidPassword
	case refusal.Code == "account_pending" || refusal.Code == "account_refused":
		attempt.Outcome = portico.SignInDisabled
	}
	d.Auditor.SignIn(ctx, attempt)
}

// NewID makes a new entity id.
func (d Deps) NewID() string { return portico.NewID(d.Now()) }

// View runs fn in a read-only transaction and returns what it found.
func View[T any](ctx context.Context, s portico.Store, fn func(portico.Tx) (T, error)) (T, error) {
	var out T
	err := s.View(ctx, func(tx portico.Tx) error {
		var err error
		out, err = fn(tx)
		return err
	})
	return out, err
}

// DeleteAll removes every entity that the filters hold for.
func DeleteAll[ID ~string, T any](ctx context.Context, all portico.Collection[ID, T], id func(T) ID, filters ...portico.Filter) error {
	found, err := all.List(ctx, portico.Everything(filters...))
	for i := 0; err == nil && i < len(found.Items); i++ {
		err = all.Delete(ctx, id(found.Items[i]))
	}
	return err
}

// DefaultDomain is the host name that a portal always has: default_domain.
func (d Deps) DefaultDomain(p portico.Portal) string { return p.Subdomain + "." + d.PortalDomain }

// Domain is the host name that a portal goes by: canonical_domain, its custom
// domain if it has one.
func (d Deps) Domain(p portico.Portal) string { return cmp.Or(p.CustomDomain, d.DefaultDomain(p)) }
