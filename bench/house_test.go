package bench_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/app"
	"portico/localas"
	"portico/password"
	"portico/secret"
	"portico/sqlstore"
)

// Sizes of the house that the control plane is measured in.
const (
	applications = 10_000
	perDeveloper = 400 // below portico.MaxApplicationsPerDeveloper
)

// developerPassword is every developer's.
const developerPassword = "correct horse battery"

// house is an installation in this process with 10,000 applications in one
// portal, each registered for one API.
type house struct {
	b          testing.TB
	idp        *idp
	app        *app.App
	store      *sqlstore.Store // beside the app's own, on the same database
	admin      *api
	portalURL  string
	portal     string
	strategy   string
	api        string
	developers int
}

// idp is the built-in authorization server with a stopwatch.
type idp struct {
	url   string
	token secret.Text
	spent atomic.Int64 // nanoseconds within its handler
}

func startIdP(b testing.TB) *idp {
	b.Helper()
	front := httptest.NewUnstartedServer(nil)
	i := &idp{url: "http://localhost:" + fmt.Sprint(front.Listener.Addr().(*net.TCPAddr).Port)}
	server, err := localas.Open(b.Context(), localas.Config{Dir: b.TempDir(), BaseURL: i.url})
	if err != nil {
		b.Fatal(err)
	}
	front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		defer func() { i.spent.Add(int64(time.Since(began))) }()
		server.Handler().ServeHTTP(w, r)
	})
	front.Start()
	b.Cleanup(func() {
		front.Close()
		if err := server.Close(); err != nil {
			b.Error(err)
		}
	})
	if i.token, err = server.BootstrapToken(b.Context(), "bench"); err != nil {
		b.Fatal(err)
	}
	return i
}

// newHouse builds the house; an empty database means SQLite.
func newHouse(b testing.TB, database string) *house {
	b.Helper()
	h := &house{b: b, idp: startIdP(b), developers: applications / perDeveloper}
	dir := b.TempDir()
	if database == "" {
		database = "sqlite:" + filepath.Join(dir, "portico.db")
	}
	const anywhere = "127.0.0.1:0"
	c, err := app.Load("", func(string) string { return "" }, map[string]string{
		"data_dir": dir, "database": database, "trusted_proxies": "127.0.0.0/8",
		"listen.gateway": anywhere, "listen.management": anywhere, "listen.portal": anywhere, "listen.health": anywhere,
	})
	if err != nil {
		b.Fatal(err)
	}
	if h.app, err = app.Open(b.Context(), c, app.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.app.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := h.app.Close(); err != nil {
			b.Error(err)
		}
	})
	if h.store, err = sqlstore.Open(b.Context(), sqlstore.Config{DSN: database}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			b.Error(err)
		}
	})
	_, port, err := net.SplitHostPort(h.app.Address("listen.portal"))
	if err != nil {
		b.Fatal(err)
	}
	h.portalURL = "http://localhost:" + port
	h.furnish()
	return h
}

// furnish sets the house up over the management API, and then fills it past it:
// 10,000 times at an identity provider would take too long. The gateway has
// caught up with it before anything is measured.
func (h *house) furnish() {
	h.b.Helper()
	founded, err := h.app.Control.Accounts.Bootstrap(h.b.Context(), admins.Founding{
		Organization: "Bench", Email: "admin@example.com", FullName: "Admin", TokenName: "bench", TokenLifetime: 24 * time.Hour,
	})
	if err != nil {
		h.b.Fatal(err)
	}
	h.admin = newAPI(h.b, "http://"+h.app.Address("listen.management"), "Authorization", "Bearer "+founded.Token.Reveal())
	issuer := h.idp.url + "/oauth2/default"
	provider := h.admin.do("POST", "/v2/dcr-providers", object{"name": "okta", "provider_type": "okta", "issuer": issuer, "dcr_config": object{"dcr_token": h.idp.token.Reveal()}}, 201)
	h.strategy = id(h.admin.do("POST", "/v2/application-auth-strategies", openID("clients", issuer, id(provider)), 201))
	h.portal = id(h.admin.do("POST", "/v3/portals", object{"name": "Shop", "default_application_auth_strategy_id": h.strategy}, 201))
	plane := h.admin.first("/v2/control-planes")
	service := h.admin.upstream(plane, "orders", "/orders", "http://127.0.0.1:9")
	h.api = h.admin.publish(plane, service, h.portal, h.strategy, "Orders")
	hash, err := password.Hash(secret.New(developerPassword))
	if err != nil {
		h.b.Fatal(err)
	}
	for d := range h.developers {
		if err := h.store.Update(h.b.Context(), func(tx portico.Tx) error {
			return h.fill(tx, d, hash, portico.ProviderID(id(provider)), portico.APIID(h.api))
		}); err != nil {
			h.b.Fatal(err)
		}
	}
	if err := h.app.Control.Accounts.Flusher.Flush(h.b.Context()); err != nil {
		h.b.Fatal(err)
	}
}

func email(developer int) string { return fmt.Sprintf("dev%d@example.com", developer) }

// fill adds one developer with their applications.
func (h *house) fill(tx portico.Tx, number int, hash string, provider portico.ProviderID, api portico.APIID) error {
	ctx, now := h.b.Context(), time.Now()
	d := portico.Developer{
		ID: portico.DeveloperID(portico.NewID(now)), PortalID: portico.PortalID(h.portal), Email: email(number), FullName: "Dev Eloper",
		Status: portico.Approved, EmailVerified: true, PasswordHash: hash, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Developers().Insert(ctx, d); err != nil {
		return err
	}
	for i := range perDeveloper {
		name := fmt.Sprintf("Application %d of %d", i, number)
		a := portico.Application{
			ID: portico.ApplicationID(portico.NewID(now)), PortalID: d.PortalID, DeveloperID: d.ID, StrategyID: portico.StrategyID(h.strategy),
			Name: name, Description: new("One of many"), Labels: map[string]string{"team": fmt.Sprint(i % 10)},
			ProviderID: &provider, ClientID: fmt.Sprintf("0oa%d-%d", number, i), ExternalID: fmt.Sprintf("0oa%d-%d", number, i),
			CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.Applications().Insert(ctx, a); err != nil {
			return err
		}
		r := portico.Registration{
			ID: portico.RegistrationID(portico.NewID(now)), ApplicationID: a.ID, APIID: api, PortalID: d.PortalID, Status: portico.Approved, CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.Registrations().Insert(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// signIn signs a developer in, from an address of its own: an address may try
// 60 times a minute, and the portal believes the proxy that this one claims to be.
func (h *house) signIn(developer, source int) (*api, time.Duration) {
	h.b.Helper()
	c := newAPI(h.b, h.portalURL, "X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", source>>16&255, source>>8&255, source&255))
	_, took := c.send("POST", "/api/v3/developer/authenticate", object{"username": email(developer), "password": developerPassword}, 204)
	return c, took
}
