package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico"
)

// testReferences: what must be unique, what must exist, and what goes with what.
func testReferences(t *testing.T, open func(*testing.T) portico.Store) {
	t.Run("unique", func(t *testing.T) { t.Parallel(); testUnique(t, open) })
	t.Run("missing", func(t *testing.T) { t.Parallel(); testMissing(t, open) })
	t.Run("used", func(t *testing.T) { t.Parallel(); testUsed(t, open) })
	t.Run("cascades", func(t *testing.T) { t.Parallel(); testCascades(t, open) })
}

// another is an entity like the given one, with an id of its own and nothing
// else changed but what tweak changes.
func another[T any](like T, tweak func(*T)) T {
	v := reflect.ValueOf(&like).Elem()
	var other T
	fill(reflect.ValueOf(&other).Elem(), full)
	v.FieldByName("ID").Set(reflect.ValueOf(other).FieldByName("ID"))
	tweak(&like)
	return like
}

func testUnique(t *testing.T, open func(*testing.T) portico.Store) {
	store := open(t)
	w, ctx := Seed(t, store), t.Context()
	d := duplicates{w: w, fresh: newWorld()}
	d.versionless = another(w.API, func(a *portico.API) { a.Version, a.Slug = nil, "versionless" })
	d.plane = another(w.Implementation, func(i *portico.Implementation) { i.ServiceID = nil })
	d.selfManaged = another(w.Application, func(a *portico.Application) {
		a.Name, a.ProviderID, a.StrategyID = "self-managed", nil, w.KeyStrategy.ID
	})
	update(t, store, func(tx portico.Tx) error {
		if err := tx.APIs().Insert(ctx, d.versionless); err != nil {
			return err
		}
		if err := tx.Implementations().Insert(ctx, d.plane); err != nil {
			return err
		}
		return tx.Applications().Insert(ctx, d.selfManaged)
	})
	for _, c := range slices.Concat(d.ofCatalog(ctx), d.ofPeople(ctx), d.ofPortal(ctx), d.ofReach(ctx), d.ofAdmins(ctx)) {
		err := store.Update(ctx, c.insert)
		wantKind(t, c.name, err, portico.KindConflict)
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: the error does not say %q: %v", c.name, c.says, err)
		}
	}
	update(t, store, func(tx portico.Tx) error { // the name is taken by the team alone, and the slug at the top
		own := another(w.Application, func(a *portico.Application) { a.TeamID, a.ClientID = nil, "own" })
		below := another(w.Page, func(p *portico.PortalPage) { p.ParentID = &w.Page.ID })
		return errors.Join(tx.Applications().Insert(ctx, own), tx.Pages().Insert(ctx, below))
	})
	update(t, store, func(tx portico.Tx) error { // what need not be unique
		for _, name := range []string{"first", "second"} {
			if err := tx.Applications().Insert(ctx, another(d.selfManaged, func(a *portico.Application) { a.Name, a.ClientID = name, "" })); err != nil {
				return err
			}
			if err := tx.Services().Insert(ctx, another(w.Service, func(s *portico.Service) { s.Name = nil })); err != nil {
				return err
			}
			if err := tx.Providers().Insert(ctx, another(w.Provider, func(*portico.Provider) {})); err != nil {
				return err
			}
			if err := tx.Developers().Insert(ctx, another(w.Developer, func(d *portico.Developer) { d.Email, d.ExternalID = name, "" })); err != nil {
				return err
			}
		}
		return nil
	})
}

// duplicates are the second ones of what must be unique.
type duplicates struct {
	w, fresh    World
	versionless portico.API            // without a version
	plane       portico.Implementation // by a whole control plane
	selfManaged portico.Application    // with a client of the developer's own
}

type duplicate struct {
	name   string
	insert func(portico.Tx) error
	says   string
}

func (d duplicates) ofCatalog(ctx context.Context) []duplicate {
	return []duplicate{
		{"user e-mail", func(tx portico.Tx) error {
			return tx.Users().Insert(ctx, another(d.w.User, func(u *portico.User) { u.ExternalID = "" }))
		}, "e-mail"},
		{"access token", func(tx portico.Tx) error {
			return tx.AccessTokens().Insert(ctx, another(d.w.AccessToken, func(*portico.AccessToken) {}))
		}, "access token"},
		{"portal name", func(tx portico.Tx) error {
			return tx.Portals().Insert(ctx, another(d.w.Portal, func(p *portico.Portal) { p.Subdomain, p.CustomDomain = "other", "" }))
		}, "A portal with this name exists already."},
		{"portal subdomain", func(tx portico.Tx) error {
			return tx.Portals().Insert(ctx, another(d.w.Portal, func(p *portico.Portal) { p.Name, p.CustomDomain = "other", "" }))
		}, "subdomain"},
		{"API name and version", func(tx portico.Tx) error {
			return tx.APIs().Insert(ctx, another(d.w.API, func(a *portico.API) { a.Slug = "other" }))
		}, "name and version"},
		{"API name without version", func(tx portico.Tx) error {
			return tx.APIs().Insert(ctx, another(d.versionless, func(a *portico.API) { a.Slug = "other" }))
		}, "name and version"},
		{"API slug", func(tx portico.Tx) error {
			return tx.APIs().Insert(ctx, another(d.w.API, func(a *portico.API) { a.Name = "other" }))
		}, "slug"},
		{"operation", func(tx portico.Tx) error {
			return tx.Operations().Insert(ctx, another(d.w.Operation, func(*portico.Operation) {}))
		}, "has this operation already"},
		{"operation of a package", func(tx portico.Tx) error {
			return tx.PackageOperations().Insert(ctx, another(d.w.PackageOperation, func(*portico.PackageOperation) {}))
		}, "The package has this operation already."},
		{"API version", func(tx portico.Tx) error {
			return tx.Versions().Insert(ctx, another(d.w.Version, func(*portico.Version) {}))
		}, "version"},
		{"publication", func(tx portico.Tx) error {
			return tx.Publications().Insert(ctx, another(d.w.Publication, func(*portico.Publication) {}))
		}, "published to this portal"},
		{"implementation by a service", func(tx portico.Tx) error {
			return tx.Implementations().Insert(ctx, another(d.w.Implementation, func(*portico.Implementation) {}))
		}, "service"},
		{"implementation by a control plane", func(tx portico.Tx) error {
			return tx.Implementations().Insert(ctx, another(d.plane, func(*portico.Implementation) {}))
		}, "control plane"},
	}
}

func (d duplicates) ofPeople(ctx context.Context) []duplicate {
	return []duplicate{
		{"control plane name", func(tx portico.Tx) error {
			return tx.ControlPlanes().Insert(ctx, another(d.w.ControlPlane, func(*portico.ControlPlane) {}))
		}, "control plane"},
		{"service name", func(tx portico.Tx) error {
			return tx.Services().Insert(ctx, another(d.w.Service, func(*portico.Service) {}))
		}, "service with this name"},
		{"route name", func(tx portico.Tx) error {
			return tx.Routes().Insert(ctx, another(d.w.Route, func(*portico.Route) {}))
		}, "route with this name"},
		{"consumer username", func(tx portico.Tx) error {
			return tx.Consumers().Insert(ctx, another(d.w.Consumer, func(c *portico.Consumer) { c.CustomID = nil }))
		}, "username"},
		{"consumer custom id", func(tx portico.Tx) error {
			return tx.Consumers().Insert(ctx, another(d.w.Consumer, func(c *portico.Consumer) { c.Username = nil }))
		}, "custom id"},
		{"consumer mapping", func(tx portico.Tx) error {
			return tx.ConsumerMappings().Insert(ctx, another(d.w.ConsumerMapping, func(*portico.ConsumerMapping) {}))
		}, "consumer in this control plane"},
		{"plugin scope", func(tx portico.Tx) error {
			return tx.Plugins().Insert(ctx, another(d.w.Plugin, func(p *portico.Plugin) { p.InstanceName = nil }))
		}, "same service, route and consumer"},
		{"plugin instance name", func(tx portico.Tx) error {
			return tx.Plugins().Insert(ctx, another(d.w.Plugin, func(p *portico.Plugin) { p.RouteID = nil }))
		}, "instance name"},
		{"developer e-mail", func(tx portico.Tx) error {
			return tx.Developers().Insert(ctx, another(d.w.Developer, func(e *portico.Developer) { e.ExternalID = "" }))
		}, "e-mail"},
		{"one-time token", func(tx portico.Tx) error {
			return tx.OneTimeTokens().Insert(ctx, another(d.w.OneTimeToken, func(*portico.OneTimeToken) {}))
		}, "one-time token"},
		{"session access", func(tx portico.Tx) error {
			return tx.Sessions().Insert(ctx, another(d.w.Session, func(s *portico.Session) { s.RefreshDigest = d.fresh.Session.RefreshDigest }))
		}, "access token"},
		{"session refresh", func(tx portico.Tx) error {
			return tx.Sessions().Insert(ctx, another(d.w.Session, func(s *portico.Session) { s.AccessDigest = d.fresh.Session.AccessDigest }))
		}, "refresh token"},
		{"application name", func(tx portico.Tx) error {
			return tx.Applications().Insert(ctx, another(d.w.Application, func(a *portico.Application) { a.ClientID = "other" }))
		}, "application with this name"},
		{"client at the provider", func(tx portico.Tx) error {
			return tx.Applications().Insert(ctx, another(d.w.Application, func(a *portico.Application) { a.Name = "other" }))
		}, "client id"},
		{"client in the portal", func(tx portico.Tx) error {
			return tx.Applications().Insert(ctx, another(d.selfManaged, func(a *portico.Application) { a.Name = "other" }))
		}, "client id"},
		{"API key", func(tx portico.Tx) error {
			return tx.APIKeys().Insert(ctx, another(d.w.APIKey, func(*portico.APIKey) {}))
		}, "API key"},
		{"registration", func(tx portico.Tx) error {
			return tx.Registrations().Insert(ctx, another(d.w.Registration, func(*portico.Registration) {}))
		}, "registered for this API"},
		{"rename of a portal", func(tx portico.Tx) error {
			other := another(d.w.Portal, func(p *portico.Portal) { p.Name, p.Subdomain, p.CustomDomain = "second", "second", "" })
			if err := tx.Portals().Insert(ctx, other); err != nil {
				return err
			}
			_, err := tx.Portals().Change(ctx, other.ID, func(p *portico.Portal) error { p.Name = d.w.Portal.Name; return nil })
			return err
		}, "A portal with this name exists already."},
	}
}

func testMissing(t *testing.T, open func(*testing.T) portico.Store) {
	store := open(t)
	w, ctx := Seed(t, store), t.Context()
	const nowhere = "00000000-0000-7000-8000-000000000000"
	for field, insert := range map[string]func(portico.Tx) error{
		"user_id": func(tx portico.Tx) error {
			return tx.AccessTokens().Insert(ctx, another(newWorld().AccessToken, func(*portico.AccessToken) {}))
		},
		"default_application_auth_strategy_id": func(tx portico.Tx) error {
			_, err := tx.Portals().Change(ctx, w.Portal.ID, func(p *portico.Portal) error {
				p.DefaultStrategyID = new(portico.StrategyID(nowhere))
				return nil
			})
			return err
		},
		"portal_id": func(tx portico.Tx) error {
			return tx.Developers().Insert(ctx, another(w.Developer, func(d *portico.Developer) { d.PortalID = nowhere }))
		},
		"auth_strategy_id": func(tx portico.Tx) error {
			return tx.Applications().Insert(ctx, another(w.Application, func(a *portico.Application) {
				a.Name, a.ClientID, a.StrategyID = "other", "other", nowhere
			}))
		},
		"api_id": func(tx portico.Tx) error {
			return tx.Registrations().Insert(ctx, another(w.Registration, func(r *portico.Registration) { r.APIID = nowhere }))
		},
		"service_id": func(tx portico.Tx) error {
			return tx.Routes().Insert(ctx, another(w.Route, func(r *portico.Route) {
				r.Name, r.ServiceID = nil, new(portico.ServiceID(nowhere))
			}))
		},
		"dcr_provider_id": func(tx portico.Tx) error {
			return tx.Tasks().Insert(ctx, another(w.Task, func(k *portico.Task) { k.ProviderID = nowhere }))
		},
	} {
		err := store.Update(ctx, insert)
		wantKind(t, field, err, portico.KindInvalid)
		if e, ok := err.(*portico.Error); ok && (len(e.Invalid) != 1 || e.Invalid[0].Field != field || e.Invalid[0].Rule != "missing_reference") {
			t.Errorf("%s: the fault is %+v", field, e.Invalid)
		}
	}
}

func testUsed(t *testing.T, open func(*testing.T) portico.Store) {
	store := open(t)
	w, ctx := Seed(t, store), t.Context()
	// First all of these are refused, then the user named goes, and so on.
	steps := []struct {
		by     string
		remove func(portico.Tx) error
	}{
		{"publication", func(tx portico.Tx) error { return tx.Publications().Delete(ctx, w.Publication.ID) }},
		{"application", func(tx portico.Tx) error { return tx.Applications().Delete(ctx, w.Application.ID) }},
		{"task", func(tx portico.Tx) error { return tx.Tasks().Delete(ctx, w.Task.ID) }},
		{"route", func(tx portico.Tx) error { return tx.Routes().Delete(ctx, w.Route.ID) }},
		{"consumer", func(tx portico.Tx) error { return tx.Consumers().Delete(ctx, w.Consumer.ID) }},
	}
	deletions := []struct {
		name string
		run  func(portico.Tx) error
		free int // the step after which it succeeds
	}{
		{"application auth strategy", func(tx portico.Tx) error { return tx.Strategies().Delete(ctx, w.Strategy.ID) }, 2},
		{"team", func(tx portico.Tx) error { return tx.Teams().Delete(ctx, w.Team.ID) }, 2},
		{"DCR provider", func(tx portico.Tx) error { return tx.Providers().Delete(ctx, w.Provider.ID) }, 3},
		{"service", func(tx portico.Tx) error { return tx.Services().Delete(ctx, w.Service.ID) }, 4},
		{"control plane", func(tx portico.Tx) error { return tx.ControlPlanes().Delete(ctx, w.ControlPlane.ID) }, 5}, // once the service is gone
	}
	for step := range len(steps) + 1 {
		for _, d := range deletions {
			err := store.Update(ctx, d.run)
			switch {
			case step < d.free:
				wantKind(t, d.name, err, portico.KindConflict)
				if err != nil && (!strings.Contains(err.Error(), "still used by") || !strings.Contains(err.Error(), d.name)) {
					t.Errorf("%s: %v", d.name, err)
				}
			case step == d.free && err != nil:
				t.Errorf("%s: nothing uses it any more: %v", d.name, err)
			}
		}
		if step < len(steps) {
			update(t, store, steps[step].remove)
		}
	}
	view(t, store, func(tx portico.Tx) error {
		portal, err := tx.Portals().ByID(ctx, w.Portal.ID)
		if err == nil && portal.DefaultStrategyID != nil {
			t.Errorf("the portal's default is a strategy that is gone: %s", *portal.DefaultStrategyID)
		}
		return err
	})
}

// count is how many entities there are of each kind that something may own.
func count(ctx context.Context, tx portico.Tx) (map[string]int, error) {
	counts := map[string]int{}
	return counts, errors.Join(
		size(ctx, counts, "portals", tx.Portals()),
		size(ctx, counts, "apis", tx.APIs()),
		size(ctx, counts, "versions", tx.Versions()),
		size(ctx, counts, "publications", tx.Publications()),
		size(ctx, counts, "implementations", tx.Implementations()),
		size(ctx, counts, "developers", tx.Developers()),
		size(ctx, counts, "one-time tokens", tx.OneTimeTokens()),
		size(ctx, counts, "sessions", tx.Sessions()),
		size(ctx, counts, "applications", tx.Applications()),
		size(ctx, counts, "keys", tx.APIKeys()),
		size(ctx, counts, "issued secrets", tx.IssuedSecrets()),
		size(ctx, counts, "registrations", tx.Registrations()),
		size(ctx, counts, "access tokens", tx.AccessTokens()),
		size(ctx, counts, "tasks", tx.Tasks()),
		size(ctx, counts, "client handles", tx.ClientHandles()),
		size(ctx, counts, "inventories", tx.Inventories()),
		size(ctx, counts, "ignored findings", tx.IgnoredFindings()),
		size(ctx, counts, "pages", tx.Pages()),
		size(ctx, counts, "snippets", tx.Snippets()),
		size(ctx, counts, "documents", tx.Documents()),
		size(ctx, counts, "customizations", tx.Customizations()),
		size(ctx, counts, "assets", tx.Assets()),
		size(ctx, counts, "mail wordings", tx.EmailTemplates()),
		size(ctx, counts, "teams", tx.Teams()),
		size(ctx, counts, "team members", tx.TeamMembers()),
		size(ctx, counts, "team roles", tx.TeamRoles()),
		size(ctx, counts, "identity providers", tx.IdentityProviders()),
		size(ctx, counts, "group mappings", tx.GroupMappings()),
		size(ctx, counts, "hand-offs", tx.Handoffs()),
		size(ctx, counts, "plugins", tx.Plugins()),
		size(ctx, counts, "consumers", tx.Consumers()),
		size(ctx, counts, "consumer mappings", tx.ConsumerMappings()),
		size(ctx, counts, "operations", tx.Operations()),
		size(ctx, counts, "operations of packages", tx.PackageOperations()),
		size(ctx, counts, "IP allow lists", tx.IPAllowLists()),
		size(ctx, counts, "e-mail configurations", tx.EmailConfigs()),
		size(ctx, counts, "e-mail deliveries", tx.EmailDeliveries()),
		size(ctx, counts, "e-mail domains", tx.EmailDomains()),
		size(ctx, counts, "mails", tx.Mails()),
	)
}

func size[ID ~string, T any](ctx context.Context, counts map[string]int, name string, c portico.Collection[ID, T]) error {
	page, err := c.List(ctx, portico.Everything())
	counts[name] = page.Total
	return err
}

func testCascades(t *testing.T, open func(*testing.T) portico.Store) {
	for name, c := range map[string]struct {
		remove func(context.Context, portico.Tx, World) error
		goes   []string
	}{
		"portal": {func(ctx context.Context, tx portico.Tx, w World) error { return tx.Portals().Delete(ctx, w.Portal.ID) },
			[]string{"portals", "publications", "developers", "one-time tokens", "sessions", "applications", "keys", "issued secrets", "registrations",
				"pages", "snippets", "customizations", "assets", "mail wordings", "teams", "team members", "team roles",
				"identity providers", "group mappings", "hand-offs", "consumer mappings", "IP allow lists", "e-mail configurations", "e-mail deliveries", "mails"}},
		"API": {func(ctx context.Context, tx portico.Tx, w World) error { return tx.APIs().Delete(ctx, w.API.ID) },
			[]string{"apis", "versions", "publications", "implementations", "registrations", "documents", "team roles",
				"operations", "operations of packages"}},
		"operation": {func(ctx context.Context, tx portico.Tx, w World) error {
			return tx.Operations().Delete(ctx, w.Operation.ID)
		},
			[]string{"operations", "operations of packages"}},
		"developer": {func(ctx context.Context, tx portico.Tx, w World) error {
			return tx.Developers().Delete(ctx, w.Developer.ID)
		},
			[]string{"developers", "one-time tokens", "sessions", "applications", "keys", "issued secrets", "registrations", "team members", "hand-offs", "consumer mappings"}},
		"application": {func(ctx context.Context, tx portico.Tx, w World) error {
			return tx.Applications().Delete(ctx, w.Application.ID)
		}, []string{"applications", "keys", "issued secrets", "registrations", "hand-offs", "consumer mappings"}},
		"team": {func(ctx context.Context, tx portico.Tx, w World) error {
			_, err := tx.Applications().Change(ctx, w.Application.ID, func(a *portico.Application) error { a.TeamID = nil; return nil })
			if err != nil {
				return err
			}
			return tx.Teams().Delete(ctx, w.Team.ID)
		}, []string{"teams", "team members", "team roles", "group mappings"}},
		"identity provider": {func(ctx context.Context, tx portico.Tx, w World) error {
			return tx.IdentityProviders().Delete(ctx, w.IdentityProvider.ID)
		}, []string{"identity providers", "group mappings"}},
		"DCR provider": {func(ctx context.Context, tx portico.Tx, w World) error {
			for _, remove := range []func() error{
				func() error { return tx.Tasks().Delete(ctx, w.Task.ID) },
				func() error { return tx.Applications().Delete(ctx, w.Application.ID) },
				func() error { return tx.Publications().Delete(ctx, w.Publication.ID) },
				func() error { return tx.Strategies().Delete(ctx, w.Strategy.ID) },
				func() error { return tx.Providers().Delete(ctx, w.Provider.ID) },
			} {
				if err := remove(); err != nil {
					return err
				}
			}
			return nil
		}, []string{"applications", "keys", "issued secrets", "registrations", "hand-offs", "consumer mappings", "publications", "tasks", "client handles",
			"inventories", "ignored findings"}},
		"user": {func(ctx context.Context, tx portico.Tx, w World) error { return tx.Users().Delete(ctx, w.User.ID) },
			[]string{"access tokens"}},
		"service": {func(ctx context.Context, tx portico.Tx, w World) error {
			if err := tx.Routes().Delete(ctx, w.Route.ID); err != nil {
				return err
			}
			return tx.Services().Delete(ctx, w.Service.ID)
		}, []string{"implementations", "plugins"}},
		"consumer": {func(ctx context.Context, tx portico.Tx, w World) error {
			return tx.Consumers().Delete(ctx, w.Consumer.ID)
		}, []string{"consumers", "consumer mappings", "plugins"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			w, ctx := Seed(t, store), t.Context()
			want := map[string]int{}
			update(t, store, func(tx portico.Tx) (err error) {
				if want, err = count(ctx, tx); err != nil {
					return err
				}
				return c.remove(ctx, tx, w)
			})
			for kind, n := range want {
				if n != 1 {
					t.Errorf("the world had %d %s", n, kind)
				}
			}
			for _, kind := range c.goes {
				want[kind] = 0
			}
			view(t, store, func(tx portico.Tx) error {
				got, err := count(ctx, tx)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("left: %v, not %v", got, want)
				}
				return err
			})
		})
	}
}
