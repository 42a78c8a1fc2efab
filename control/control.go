package control

import (
	"context"
	"log/slog"
	"time"

	"portico"
)

// Flusher brings the gateways up to the newest committed configuration.
// configsync.Publisher is one.
type Flusher interface {
	// Flush returns once every gateway in this process serves what is committed.
	Flush(ctx context.Context) error
}

// Deps is what the use cases need from the outside.
type Deps struct {
	Store   portico.Store
	Sealer  portico.Sealer
	IdPs    portico.IdPs
	Mailer  portico.Mailer
	Flusher Flusher
	Logger  *slog.Logger
	Now     func() time.Time
	// Checkpoint is called with the name of every step of the saga. It is a
	// no-op in production; a test may end the process in it.
	Checkpoint func(step string)
	// IdPTimeout is the longest that one conversation with an identity provider
	// may last, all its requests together.
	IdPTimeout time.Duration
	// PortalDomain is the suffix of portals' default domains, such as localhost.
	PortalDomain string
	// PortalURL is the address of a portal for links in mails, made from its
	// canonical domain; it has no trailing slash.
	PortalURL func(domain string) string
}

// update runs fn in a transaction and, once it is committed, brings the
// gateways up to date before it returns: what an answer promises, the next
// request sees.
func (d Deps) update(ctx context.Context, fn func(portico.Tx) error) error {
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

// updateAndMail is update for a change that somebody gets a mail about; fn may
// return no mail.
func (d Deps) updateAndMail(ctx context.Context, fn func(portico.Tx) (*portico.Message, error)) error {
	var letter *portico.Message
	err := d.update(ctx, func(tx portico.Tx) (err error) {
		letter, err = fn(tx)
		return err
	})
	if err == nil {
		d.send(ctx, letter)
	}
	return err
}

// send sends a mail after the commit that it speaks of. What it says is true
// whether or not it arrives, so a failure is logged and not answered.
func (d Deps) send(ctx context.Context, m *portico.Message) {
	if m == nil {
		return
	}
	if err := d.Mailer.Send(context.WithoutCancel(ctx), *m); err != nil {
		d.Logger.ErrorContext(ctx, "mail not sent", "kind", m.Kind, "err", err)
	}
}

// id makes a new entity id.
func (d Deps) id() string { return portico.NewID(d.Now()) }

// view runs fn in a read-only transaction and returns what it found.
func view[T any](ctx context.Context, s portico.Store, fn func(portico.Tx) (T, error)) (T, error) {
	var out T
	err := s.View(ctx, func(tx portico.Tx) error {
		var err error
		out, err = fn(tx)
		return err
	})
	return out, err
}

// deleteAll removes every entity that the filters hold for.
func deleteAll[ID ~string, T any](ctx context.Context, all portico.Collection[ID, T], id func(T) ID, filters ...portico.Filter) error {
	found, err := all.List(ctx, portico.Everything(filters...))
	for i := 0; err == nil && i < len(found.Items); i++ {
		err = all.Delete(ctx, id(found.Items[i]))
	}
	return err
}

func sessionID(s portico.Session) portico.SessionID         { return s.ID }
func tokenID(t portico.OneTimeToken) portico.OneTimeTokenID { return t.ID }

// Control is every use case there is.
type Control struct {
	Accounts        Accounts
	Providers       Providers
	Strategies      Strategies
	Portals         Portals
	APIs            APIs
	Publications    Publications
	Implementations Implementations
	Gateways        Gateways
	Developers      Developers
	Sessions        Sessions
	Applications    Applications
	Credentials     Credentials
	Registrations   Registrations
	Catalogue       Catalogue
}

// New wires the use cases to the outside.
func New(d Deps) *Control {
	return &Control{
		Accounts: Accounts{d}, Providers: Providers{d}, Strategies: Strategies{d},
		Portals: Portals{d}, APIs: APIs{d}, Publications: Publications{d}, Implementations: Implementations{d},
		Gateways: Gateways{d}, Developers: Developers{d}, Sessions: Sessions{d},
		Applications: Applications{d}, Credentials: Credentials{d}, Registrations: Registrations{d},
		Catalogue: Catalogue{d},
	}
}
