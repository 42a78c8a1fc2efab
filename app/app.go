package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"portico"
	"portico/audit"
	"portico/compile"
	"portico/configsync"
	"portico/control"
	"portico/gateway"
	"portico/health"
	"portico/httpkit"
	"portico/keyring"
	"portico/ledger"
	"portico/localas"
	"portico/mail"
	"portico/oauth"
	"portico/secret"
	"portico/sqlstore"
	"portico/trial"
	"portico/usage"
	"portico/usecase"
)

// Options are what a program or a test gives along with the configuration.
type Options struct {
	Logger     *slog.Logger
	Now        func() time.Time  // nil: the wall clock
	Checkpoint func(step string) // nil: none; see usecase.Deps
	Faults     bool              // let the built-in authorization server misbehave on request
}

// App is one process of Portico: control plane, portals and gateway.
type App struct {
	Control *control.Control

	config    Config
	logger    *slog.Logger
	store     *sqlstore.Store
	deps      usecase.Deps
	publisher *configsync.Publisher
	gateway   *gateway.Gateway
	usage     *usage.Counter
	registry  *prometheus.Registry
	mails     *mail.Worker
	auditor   audit.Sender
	services  []listening

	authServer *localas.Server // nil: there is none
	authToken  secret.Text     // by which it is managed
}

// listening is a server with the listener that it will serve.
type listening struct {
	name     string
	listener net.Listener
	server   *http.Server
}

// Open opens everything that can fail: directory, database, key, listeners.
// Nothing is served before Run. Close undoes it.
func Open(ctx context.Context, c Config, o Options) (a *App, err error) {
	clock := o.Now
	if clock == nil {
		clock = time.Now
	}
	// The wire shows milliseconds; what is stored must be what a filter can name.
	o.Now = func() time.Time { return clock().Truncate(time.Millisecond) }
	if o.Checkpoint == nil {
		o.Checkpoint = func(string) {}
	}
	a = &App{config: c, logger: o.Logger, registry: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := a.openAuthServer(ctx, o); err != nil {
		return a, err
	}
	if err := a.openState(ctx, o); err != nil {
		return a, err
	}
	if _, err := a.Control.Gateways.EnsureDefault(ctx); err != nil {
		return a, fmt.Errorf("creating the default control plane: %w", err)
	}
	if err := a.Control.APIs.EnsureIndexed(ctx); err != nil {
		return a, fmt.Errorf("indexing the catalogue for search: %w", err)
	}
	return a, a.listen()
}

// openState opens store and key, and wires the use cases and the gateway.
func (a *App) openState(ctx context.Context, o Options) error {
	store, ring, err := OpenStore(ctx, a.config, o.Logger, o.Now)
	if err != nil {
		return err
	}
	a.store = store
	mailer, err := a.openMail()
	if err != nil {
		return err
	}
	policy := oauth.ClientPolicy{AllowPrivate: a.config.IdPAllowPrivate, Timeout: a.config.IdPTimeout}
	client := oauth.NewHTTPClient(policy)
	a.publisher = configsync.New(compile.Source{Store: store}, configsync.Options{Logger: o.Logger, Now: o.Now, Path: a.config.snapshot()})
	a.usage = usage.NewCounter(portico.LatencyClasses(), ring.Derive("fingerprints of client secrets"))
	monitor := health.New(o.Now)
	a.deps = usecase.Deps{
		Health: monitor.Of,
		Store:  store, Sealer: ring, IdPs: a.identityProviders(client, monitor, ring, o.Now),
		Trials: trial.New(trial.Options{Issuers: client, Gateway: trial.NewGatewayClient(a.config.IdPTimeout), Now: o.Now, Logger: o.Logger}),
		Mailer: mailer, Flusher: a.publisher, Client: client,
		Logger: o.Logger, Now: o.Now, Checkpoint: o.Checkpoint, IdPTimeout: a.config.IdPTimeout,
		Fingerprint:  a.usage.Fingerprint,
		Nodes:        nodes(a.publisher, ring),
		PortalDomain: a.config.PortalDomain,
		PortalURL:    func(domain string) string { return fmt.Sprintf(a.config.PortalURL, domain) },
		ConsoleURL:   a.config.ConsoleURL,
		NoMail:       a.config.SMTPHost == "",
		KeyFile:      a.config.keyFile(),
	}
	a.mails = mail.NewWorker(a.deps.Mails())
	if a.config.SMTPHost != "" { // the local outbox keeps nobody waiting
		a.deps.MailLater = a.mails.Wake
	}
	a.Control = control.New(a.deps)
	a.registry.MustRegister(newProviderMetrics(a.Control.Inventories, monitor.Of, o.Logger))
	policy.SkipTLSVerification = true
	a.auditor = audit.Sender{Deps: a.deps, Unverified: oauth.NewHTTPClient(policy)}
	a.gateway = gateway.New(gateway.Options{
		Providers: oauth.NewProviders(client, o.Now, o.Logger), Logger: o.Logger, Now: o.Now,
		SessionKeys: [][]byte{ring.Derive("gateway session cookies")}, Registerer: a.registry, TrustedProxies: a.config.TrustedProxies,
		Usage: a.usage,
	})
	if err := a.publisher.Follow(ctx, "local", a.gateway); err != nil {
		return fmt.Errorf("giving the gateway its first configuration: %w", err)
	}
	return nil
}

// OpenStore opens the database and the key that seals its secrets, and makes
// sure that they belong together.
func OpenStore(ctx context.Context, c Config, logger *slog.Logger, now func() time.Time) (*sqlstore.Store, *keyring.Ring, error) {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("data_dir: %q cannot be made a directory; name one that Portico may write to: %w", c.DataDir, err)
	}
	ring, created, err := openKey(c, logger)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: c.Database.Reveal(), Now: now, Logger: logger})
	if err != nil {
		return nil, nil, fmt.Errorf("database: %w", err)
	}
	err = pair(ctx, store, ring)
	if errors.Is(err, errForeignKey) && created {
		// Nothing was sealed with it, and the right one belongs in its place.
		err = errors.Join(fmt.Errorf("key.file: %s is missing, and this database's secrets were sealed with it; put it back from a backup. "+
			"The key file that was created a moment ago is removed again; nothing else was changed", c.KeyFile), os.Remove(c.KeyFile))
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	signer, err := ledger.Open(ctx, store, ring)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	store.Sign(signer)
	return store, ring, nil
}

func openKey(c Config, logger *slog.Logger) (ring *keyring.Ring, created bool, err error) {
	if !c.Key.Empty() {
		ring, err = keyring.FromEnv(c.Key)
		return ring, false, err
	}
	ring, created, err = keyring.Open(c.KeyFile)
	if _, disk := errors.AsType[*fs.PathError](err); disk {
		return nil, false, fmt.Errorf("key.file: %s cannot be used; let Portico read it, or make it in a directory that it may write to: %w", c.KeyFile, err)
	}
	if created {
		logger.Info("key file created; back it up, for nothing else opens what it seals", "file", c.KeyFile)
	}
	return ring, created, err
}

var errForeignKey = errors.New("key.file: this key does not belong to this database: its secrets were sealed with another one. Put the right key file in place; nothing was changed")

// pair records which key a new database belongs to, and refuses any other.
func pair(ctx context.Context, store portico.Store, ring *keyring.Ring) error {
	return store.Update(ctx, func(tx portico.Tx) error {
		known, err := tx.Meta(ctx, portico.MetaKeyFingerprint)
		switch {
		case err != nil:
			return err
		case known == "":
			return tx.SetMeta(ctx, portico.MetaKeyFingerprint, ring.Fingerprint())
		case known != ring.Fingerprint():
			return errForeignKey
		}
		return nil
	})
}

// openMail chooses where mails go: the outbox, or a mail server.
func (a *App) openMail() (portico.Mailer, error) {
	c := a.config
	if c.SMTPHost == "" {
		return mail.NewOutbox(c.Outbox()), nil
	}
	return mail.NewSMTP(mail.Server{
		Host: c.SMTPHost, Port: c.SMTPPort, From: c.MailFrom, Username: c.SMTPUsername, Password: c.SMTPPassword,
		Encryption: mail.Encryption(c.SMTPEncryption),
	})
}

// listen opens the listeners and gives each its server.
func (a *App) listen() error {
	api := func(h http.Handler) *http.Server {
		return httpkit.NewServer(httpkit.Chain(h, httpkit.RequestID, httpkit.ClientIP(a.config.TrustedProxies), httpkit.AccessLog(a.logger), httpkit.Recover(a.logger)), a.logger)
	}
	management, err := a.management()
	if err != nil {
		return err
	}
	portals, err := a.portals()
	if err != nil {
		return err
	}
	type place struct {
		setting, address string
		server           *http.Server
	}
	places := []place{
		{"listen.management", a.config.ListenManagement, api(management)},
		{"listen.portal", a.config.ListenPortal, api(portals)},
		{"listen.gateway", a.config.ListenGateway, gateway.NewServer(a.gateway, a.logger)},
		{"listen.health", a.config.ListenHealth, httpkit.NewServer(a.health(), a.logger)},
	}
	if a.authServer != nil {
		places = append(places, place{"listen.authserver", a.config.ListenAuthServer, httpkit.NewServer(a.authServer.Handler(), a.logger)})
	}
	for _, s := range places {
		l, err := net.Listen("tcp", s.address)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%s: another program listens on %s; stop it, or choose another address", s.setting, s.address)
		}
		if err != nil {
			return fmt.Errorf("%s: %s cannot be listened on; choose an address of this machine and a port that Portico may open: %w", s.setting, s.address, err)
		}
		a.services = append(a.services, listening{s.setting, l, s.server})
	}
	return nil
}

// Address is where the listener of a setting, such as listen.gateway, listens.
func (a *App) Address(setting string) string {
	for _, s := range a.services {
		if s.name == setting {
			return s.listener.Addr().String()
		}
	}
	return ""
}

// Run serves until ctx ends, and then lets the requests under way end too.
func (a *App) Run(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var work errgroup.Group
	work.Go(func() error { return a.publisher.Run(background) })
	work.Go(func() error { a.Control.Reconciler.Run(background); return nil })
	work.Go(func() error { a.Control.Inventories.Run(background, a.config.IdPCompare); return nil })
	work.Go(func() error { a.sweep(background); return nil })
	work.Go(func() error { a.auditor.Run(background); return nil })
	work.Go(func() error { a.usage.Run(background, usageInterval, a.Control.Analytics.Record, a.logger); return nil })
	work.Go(func() error { a.mails.Run(background); return nil })
	serving, failed := errgroup.WithContext(ctx)
	for _, s := range a.services {
		serving.Go(func() error {
			if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			return nil
		})
		a.logger.Info("listening", "for", s.name, "address", s.listener.Addr().String())
	}
	<-failed.Done()
	err := errors.Join(a.shutdown(ctx), serving.Wait())
	stop()
	return errors.Join(err, work.Wait())
}

// shutdown stops accepting and waits for what is under way, but not for ever.
func (a *App) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.config.ShutdownTimeout)
	defer cancel()
	var all errgroup.Group
	for _, s := range a.services {
		all.Go(func() error {
			err := s.server.Shutdown(ctx)
			if errors.Is(err, context.DeadlineExceeded) {
				a.logger.Warn("requests cut off: they took too long to end", "at", s.name)
				err = s.server.Close()
			}
			return err
		})
	}
	return all.Wait()
}

// usageInterval is how often what the gateway has counted is recorded.
const usageInterval = 3 * time.Second

// sweepInterval is how often expired sessions and tokens are forgotten.
const sweepInterval = time.Hour

// keptChanges is how many changes the log keeps for gateways that lag.
const keptChanges = 100_000

func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		err := a.Control.Sessions.Sweep(ctx)
		if err == nil {
			err = a.Control.Handoffs.Sweep(ctx)
		}
		if err == nil {
			err = a.Control.Admins.Sessions.Sweep(ctx)
		}
		if err == nil {
			err = a.Control.Credentials.NotifyExpiry(ctx)
		}
		if err == nil {
			err = a.store.Update(ctx, func(tx portico.Tx) error { return tx.TrimChanges(ctx, keptChanges) })
		}
		if err == nil {
			err = a.Control.Analytics.Trim(ctx)
		}
		if err == nil {
			err = a.Control.Audit.Entries.Trim(ctx, a.config.AuditKeep)
		}
		if err == nil {
			err = a.deps.Mails().Trim(ctx)
		}
		if err != nil && ctx.Err() == nil {
			a.logger.ErrorContext(ctx, "forgetting what has expired failed; trying again later", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Close releases what Open has opened. After Run it closes the store alone.
func (a *App) Close() error {
	var errs []error
	for _, s := range a.services {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.authServer != nil {
		errs = append(errs, a.authServer.Close())
	}
	return errors.Join(errs...)
}
