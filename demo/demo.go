package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"portico"
	"portico/admins"
	"portico/app"
	"portico/httpkit"
	"portico/secret"
)

// Options of the demo.
type Options struct {
	Dir      string    // where its state is kept
	PortBase int       // the gateway's port; the others follow
	Bare     bool      // provision nothing but the admin
	Faults   bool      // let the authorization server misbehave on request
	Out      io.Writer // where it says what it does
	Logger   *slog.Logger
}

// places are the addresses of the demo.
type places struct{ base int }

func (p places) url(offset int) string     { return "http://localhost:" + strconv.Itoa(p.base+offset) }
func (p places) address(offset int) string { return "127.0.0.1:" + strconv.Itoa(p.base+offset) }
func (p places) gateway() string           { return p.url(0) }
func (p places) management() string        { return p.url(1) }
func (p places) portal() string            { return p.url(2) }
func (p places) okta() string              { return p.url(3) }
func (p places) issuer() string            { return p.okta() + "/oauth2/default" }
func (p places) sample() string            { return "http://" + p.address(4) }
func (p places) health() string            { return p.url(100) }

// Run starts everything, provisions it, writes demo.json, says where
// everything is, and serves until ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.PortBase < 1 || o.PortBase+100 > 65535 {
		return fmt.Errorf("--port-base %d: the ports from it to 100 above it must be from 1 to 65535", o.PortBase)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("--data: the directory cannot be made: %w", err)
	}
	d := &demo{Options: o, places: places{o.PortBase}}
	if err := d.remember(); err != nil {
		return err
	}
	if err := d.open(ctx); err != nil {
		return errors.Join(err, d.close())
	}
	return errors.Join(d.serve(ctx), d.close())
}

// demo is one run.
type demo struct {
	Options
	places   places
	accounts credentials
	app      *app.App
	sample   net.Listener // where the sample API is, which stands beside the product
	server   *http.Server // of it
}

// remember loads the accounts of an earlier start, or makes new ones.
func (d *demo) remember() error {
	found, err := load(d.Dir, credentialsFile, &d.accounts)
	if err != nil || found {
		return err
	}
	pass := func() string { return secret.Token("").Reveal()[:16] }
	d.accounts = credentials{Admin: SignIn{"admin@example.com", pass()}, Developer: SignIn{"dana@example.com", pass()}}
	return save(d.Dir, credentialsFile, d.accounts)
}

func (d *demo) open(ctx context.Context) error {
	at := d.places.address(4)
	l, err := net.Listen("tcp", at)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %s; stop it, or choose other ports with --port-base", at)
	}
	if err != nil {
		return err
	}
	d.sample, d.server = l, httpkit.NewServer(sampleAPI(), d.Logger)
	c, err := d.config()
	if err != nil {
		return err
	}
	if d.app, err = app.Open(ctx, c, app.Options{Logger: d.Logger, Faults: d.Faults}); err != nil {
		return err
	}
	return d.found(ctx)
}

func (d *demo) config() (app.Config, error) {
	return app.Load("", func(string) string { return "" }, map[string]string{
		"data_dir": d.Dir, "listen.gateway": d.places.address(0), "listen.management": d.places.address(1),
		"listen.portal": d.places.address(2), "listen.health": d.places.address(100),
		"listen.authserver": d.places.address(3), "authserver.url": d.places.okta(), "authserver.email": d.accounts.Admin.Email, "authserver.password": d.accounts.Admin.Password,
	})
}

// found creates the organization and the admin, unless they are there, and an
// access token, unless one is remembered.
func (d *demo) found(ctx context.Context) error {
	if d.accounts.Token != "" {
		return nil
	}
	founded, err := d.app.Control.Accounts.Bootstrap(ctx, admins.Founding{
		Organization: "Coffee Shop", Email: d.accounts.Admin.Email, FullName: "Ada Admin", Password: secret.New(d.accounts.Admin.Password),
		TokenName: "demo", TokenLifetime: 365 * 24 * time.Hour,
	})
	token := founded.Token
	if portico.KindOf(err) == portico.KindConflict {
		// Stopped between the two: issue another token.
		token, err = d.app.Control.Accounts.ReissueToken(ctx, d.accounts.Admin.Email, "demo", 365*24*time.Hour)
	}
	if err != nil {
		return fmt.Errorf("creating the admin: %w", err)
	}
	d.accounts.Token = token.Reveal()
	return save(d.Dir, credentialsFile, d.accounts)
}

// serve runs all servers, provisions once they answer, and waits for the end.
func (d *demo) serve(ctx context.Context) error {
	run, ctx := errgroup.WithContext(ctx)
	run.Go(func() error {
		if err := d.server.Serve(d.sample); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	run.Go(func() error { return d.app.Run(ctx) })
	run.Go(func() error { return d.provision(ctx) })
	run.Go(func() error {
		<-ctx.Done() // the end was asked for, or something of the above has failed
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return d.server.Shutdown(stop)
	})
	return run.Wait()
}

// provision sets the demo up and announces it.
func (d *demo) provision(ctx context.Context) error {
	m := Manifest{
		ManagementURL: d.places.management(), ConsoleURL: d.places.management(), PortalURL: d.places.portal(), GatewayURL: d.places.gateway(),
		Issuer: d.places.issuer(), OktaURL: d.places.okta(), Token: d.accounts.Token, Admin: d.accounts.Admin,
	}
	if !d.Bare {
		if err := d.provisionAll(ctx); err != nil {
			return err
		}
		m.OktaToken, m.Developer, m.Route = d.accounts.OktaToken, &d.accounts.Developer, callPath
	}
	if err := save(d.Dir, manifestFile, m); err != nil {
		return fmt.Errorf("writing %s: %w", manifestFile, err)
	}
	debug.FreeOSMemory() // hashing passwords took a lot that is not needed again soon
	return announce(d.Out, m, d.Dir, d.places)
}

func (d *demo) provisionAll(ctx context.Context) error {
	if d.accounts.Complete {
		return nil
	}
	if d.accounts.OktaToken == "" {
		token, err := d.app.AuthServer().BootstrapToken(ctx, "portico")
		if err != nil {
			return fmt.Errorf("creating an API token in the authorization server: %w", err)
		}
		d.accounts.OktaToken = token.Reveal()
		if err := save(d.Dir, credentialsFile, d.accounts); err != nil {
			return err
		}
	}
	management, err := newClient(d.places.management(), "Bearer "+d.accounts.Token)
	if err != nil {
		return err
	}
	okta, err := newClient(d.places.okta(), "SSWS "+d.accounts.OktaToken)
	if err != nil {
		return err
	}
	p := provisioner{management: management, okta: okta, places: d.places, accounts: d.accounts, outbox: app.Config{DataDir: d.Dir}.Outbox()}
	if err := p.run(ctx); err != nil {
		return err
	}
	d.accounts.Complete = true
	return save(d.Dir, credentialsFile, d.accounts)
}

func (d *demo) close() error {
	var errs []error
	if d.sample != nil {
		if err := d.sample.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if d.app != nil {
		errs = append(errs, d.app.Close())
	}
	return errors.Join(errs...)
}
