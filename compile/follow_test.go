package compile_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/routing"
	"portico/snapshot"
)

// model is a gateway's side: what it knows after following deltas.
type model struct {
	version      uint64
	epoch        string
	routing      snapshot.Routing
	applications map[string]snapshot.Application
}

func byID(apps []snapshot.Application) map[string]snapshot.Application {
	m := map[string]snapshot.Application{}
	for _, a := range apps {
		m[a.ID] = a
	}
	return m
}

func (m *model) replace(s *snapshot.Snapshot) {
	m.version, m.epoch, m.routing, m.applications = s.Version, s.Epoch, s.Routing, byID(s.Applications)
}

func (m *model) apply(d snapshot.Delta) {
	m.version = d.To
	if d.Routing != nil {
		m.routing = *d.Routing
	}
	for _, a := range d.Upserted {
		m.applications[a.ID] = a
	}
	for _, id := range d.Removed {
		delete(m.applications, id)
	}
}

// TestFollowingLeadsWhereAFullCopyLeads: after any sequence of what admins and
// developers do, a gateway that followed the changes knows what a gateway knows
// that has just begun, and both accept it.
func TestFollowingLeadsWhereAFullCopyLeads(t *testing.T) {
	t.Parallel()
	dir, ring, n := t.TempDir(), newRing(t), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		home := filepath.Join(dir, fmt.Sprint(n))
		must(t, os.Mkdir(home, 0o700))
		w, end := openWorld(t.Context(), t, home, ring)
		defer end()
		r := newRun(t, w)
		follower := &model{}
		follower.replace(w.full(t))
		for range rapid.IntRange(5, 25).Draw(t, "steps") {
			for range rapid.IntRange(1, 4).Draw(t, "changes at once") {
				r.step(t)
			}
			full := w.full(t)
			d, ok := w.since(t, follower.version)
			if !ok {
				if !r.trimmed {
					t.Fatal("the log does not reach back, and nobody trimmed it")
				}
				follower.replace(full)
				continue
			}
			if d.From != follower.version || d.Epoch != follower.epoch {
				t.Fatalf("from %d of %s came %+v", follower.version, follower.epoch, d)
			}
			follower.apply(d)
			if follower.version != full.Version || !reflect.DeepEqual(follower.routing, full.Routing) {
				t.Fatalf("following led to version %d, %+v\na full copy to %d, %+v", follower.version, follower.routing, full.Version, full.Routing)
			}
			if !reflect.DeepEqual(follower.applications, byID(full.Applications)) {
				t.Fatalf("following led to %+v\na full copy to %+v", follower.applications, full.Applications)
			}
		}
	})
}

// run is a sequence of random use cases, and what they have made so far.
type run struct {
	*world
	n          int
	trimmed    bool
	portals    []portico.PortalID
	developers []portico.Developer
	strategies []portico.StrategyID
	apis       []portico.APIID
	services   []portico.ServiceID
	routes     []portico.RouteID
	apps       []portico.ApplicationID
	links      []portico.Implementation
	consumers  []portico.ConsumerID
	plugins    []portico.PluginID
}

func newRun(t *rapid.T, w *world) *run {
	r := &run{world: w, portals: []portico.PortalID{w.portal.ID}, developers: []portico.Developer{w.developer},
		strategies: []portico.StrategyID{w.keys.ID, w.oidc.ID}}
	r.apis = append(r.apis, w.api(t, "Flights"))
	w.publish(t, r.apis[0], w.portal.ID, &w.keys.ID)
	return r
}

func (r *run) name() string {
	r.n++
	return fmt.Sprintf("n%d", r.n)
}

func pick[T any](t *rapid.T, label string, from []T) T {
	if len(from) == 0 {
		var none T
		return none
	}
	return rapid.SampledFrom(from).Draw(t, label)
}

// step does one thing. That it is refused is as good as anything else, but it
// must be refused for a reason.
func (r *run) step(t *rapid.T) {
	actions := map[string]func(*rapid.T) error{}
	for _, some := range []map[string]func(*rapid.T) error{r.applicationSteps(), r.catalogSteps(), r.gatewaySteps(), r.pluginSteps()} {
		maps.Copy(actions, some)
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(actions))).Draw(t, "step")
	if err := actions[name](t); err != nil && portico.KindOf(err) == portico.KindInternal {
		t.Fatalf("%s: %v", name, err)
	}
}

func (r *run) applicationSteps() map[string]func(*rapid.T) error {
	return map[string]func(*rapid.T) error{
		"create application": func(t *rapid.T) error {
			owner, strategy := pick(t, "developer", r.developers), pick(t, "strategy", r.strategies)
			in := control.NewApplication{PortalID: owner.PortalID, DeveloperID: owner.ID, Name: r.name(), StrategyID: &strategy}
			if strategy != r.keys.ID {
				in.ClientID = in.Name
			}
			app, err := r.Applications.Create(r.ctx, in)
			if err == nil {
				r.apps = append(r.apps, app.ID)
			}
			return err
		},
		"change application": func(t *rapid.T) error {
			ch := control.ApplicationChange{Name: portico.Some(r.name())}
			if rapid.Bool().Draw(t, "client id") {
				ch.ClientID = portico.Some(r.name())
			}
			_, err := r.Applications.Update(r.ctx, pick(t, "application", r.apps), ch)
			return err
		},
		"delete application": func(t *rapid.T) error { return r.Applications.Delete(r.ctx, pick(t, "application", r.apps)) },
		"create key": func(t *rapid.T) error {
			_, err := r.Credentials.Create(r.ctx, pick(t, "application", r.apps), "")
			return err
		},
		"delete key": func(t *rapid.T) error {
			app := pick(t, "application", r.apps)
			held, err := r.Credentials.List(r.ctx, app, portico.Everything())
			if err != nil {
				return err
			}
			return r.Credentials.Delete(r.ctx, app, pick(t, "key", held.Items).ID)
		},
		"register": func(t *rapid.T) error {
			_, err := r.Registrations.Create(r.ctx, pick(t, "application", r.apps), pick(t, "api", r.apis), new(pick(t, "status", portico.Statuses())))
			return err
		},
		"decide": func(t *rapid.T) error {
			all, err := r.Registrations.List(r.ctx, portico.Everything())
			if err != nil {
				return err
			}
			of := pick(t, "registration", all.Items)
			_, err = r.Registrations.SetStatus(r.ctx, of.ApplicationID, of.ID, pick(t, "status", portico.Statuses()), "")
			return err
		},
		"unregister": func(t *rapid.T) error {
			all, err := r.Registrations.List(r.ctx, portico.Everything())
			if err != nil {
				return err
			}
			of := pick(t, "registration", all.Items)
			return r.Registrations.Delete(r.ctx, of.ApplicationID, of.ID)
		},
		"delete developer": func(t *rapid.T) error {
			d := pick(t, "developer", r.developers)
			return r.Developers.Delete(r.ctx, d.PortalID, d.ID)
		},
	}
}

func (r *run) catalogSteps() map[string]func(*rapid.T) error {
	return map[string]func(*rapid.T) error{
		"create developer": func(t *rapid.T) error {
			d, err := r.Developers.Create(r.ctx, pick(t, "portal", r.portals), developers.NewAccount{Email: r.name() + "@dev.example", Status: new(portico.Approved)})
			if err == nil {
				r.developers = append(r.developers, d)
			}
			return err
		},
		"create portal": func(t *rapid.T) error {
			p, err := r.Portals.Create(r.ctx, control.PortalFields{Name: portico.Some(r.name()), DefaultStrategyID: portico.Some(pick(t, "strategy", r.strategies))})
			if err == nil {
				r.portals = append(r.portals, p.ID)
			}
			return err
		},
		"delete portal": func(t *rapid.T) error {
			return r.Portals.Delete(r.ctx, pick(t, "portal", r.portals), rapid.Bool().Draw(t, "force"))
		},
		"create strategy": func(t *rapid.T) error {
			settings := map[string]any{"leeway": rapid.IntRange(0, 120).Draw(t, "leeway"), "hide_credentials": rapid.Bool().Draw(t, "hide")}
			r.strategies = append(r.strategies, r.strategy(t, nil, settings).ID)
			return nil
		},
		"change strategy": func(t *rapid.T) error {
			_, err := r.Strategies.Update(r.ctx, pick(t, "strategy", r.strategies), control.StrategyChange{KeyNames: portico.Some([]string{r.name()})})
			return err
		},
		"delete strategy": func(t *rapid.T) error { return r.Strategies.Delete(r.ctx, pick(t, "strategy", r.strategies)) },
		"create API": func(t *rapid.T) error {
			r.apis = append(r.apis, r.api(t, r.name()))
			return nil
		},
		"delete API": func(t *rapid.T) error { return r.APIs.Delete(r.ctx, pick(t, "api", r.apis)) },
		"publish": func(t *rapid.T) error {
			strategy := portico.Opt[portico.StrategyID]{Set: true, Null: rapid.Bool().Draw(t, "open"), Value: pick(t, "strategy", r.strategies)}
			_, err := r.Publications.Put(r.ctx, pick(t, "api", r.apis), pick(t, "portal", r.portals), control.PublicationFields{StrategyID: strategy})
			return err
		},
		"unpublish": func(t *rapid.T) error {
			return r.Publications.Delete(r.ctx, pick(t, "api", r.apis), pick(t, "portal", r.portals))
		},
	}
}

func (r *run) gatewaySteps() map[string]func(*rapid.T) error {
	return map[string]func(*rapid.T) error{
		"create service": func(t *rapid.T) error {
			r.services = append(r.services, r.service(t, r.plane.ID, r.name()).ID)
			return nil
		},
		"change service": func(t *rapid.T) error {
			_, err := r.Gateways.UpdateService(r.ctx, r.plane.ID, string(pick(t, "service", r.services)), routing.ServiceFields{Enabled: portico.Some(rapid.Bool().Draw(t, "enabled"))})
			return err
		},
		"delete service": func(t *rapid.T) error {
			return r.Gateways.DeleteService(r.ctx, r.plane.ID, string(pick(t, "service", r.services)))
		},
		"create route": func(t *rapid.T) error {
			in := routing.RouteFields{Paths: portico.Some([]string{"/" + r.name()})}
			if len(r.services) > 0 {
				in.Service = portico.Some(string(pick(t, "service", r.services)))
			}
			route, err := r.Gateways.CreateRoute(r.ctx, r.plane.ID, in)
			if err == nil {
				r.routes = append(r.routes, route.ID)
			}
			return err
		},
		"change route": func(t *rapid.T) error {
			in := routing.RouteFields{Service: portico.Opt[string]{Set: true, Null: rapid.Bool().Draw(t, "nowhere"), Value: string(pick(t, "service", r.services))}}
			_, err := r.Gateways.UpdateRoute(r.ctx, r.plane.ID, string(pick(t, "route", r.routes)), in)
			return err
		},
		"delete route": func(t *rapid.T) error {
			return r.Gateways.DeleteRoute(r.ctx, r.plane.ID, string(pick(t, "route", r.routes)))
		},
		"implement": func(t *rapid.T) error {
			var service *portico.ServiceID
			if rapid.Bool().Draw(t, "by a service") {
				service = new(pick(t, "service", r.services))
			}
			link, err := r.Implementations.Create(r.ctx, pick(t, "api", r.apis), r.plane.ID, service)
			if err == nil {
				r.links = append(r.links, link)
			}
			return err
		},
		"unlink": func(t *rapid.T) error {
			link := pick(t, "link", r.links)
			return r.Implementations.Delete(r.ctx, link.APIID, link.ID)
		},
		"trim the log": func(t *rapid.T) error {
			r.trimmed = true
			keep := rapid.IntRange(0, 8).Draw(t, "keep")
			return r.Store.Update(r.ctx, func(tx portico.Tx) error { return tx.TrimChanges(r.ctx, keep) })
		},
	}
}

// reference is an entity by its id, or none where there is none to choose.
func reference[ID ~string](t *rapid.T, label string, from []ID) portico.Opt[string] {
	if len(from) == 0 || rapid.Bool().Draw(t, "no "+label) {
		return portico.Opt[string]{}
	}
	return portico.Some(string(pick(t, label, from)))
}

func (r *run) pluginSteps() map[string]func(*rapid.T) error {
	return map[string]func(*rapid.T) error{
		"create consumer": func(*rapid.T) error {
			c, err := r.Gateways.CreateConsumer(r.ctx, r.plane.ID, routing.ConsumerFields{Username: portico.Some(r.name())})
			r.consumers = append(r.consumers, c.ID)
			return err
		},
		"change consumer": func(t *rapid.T) error {
			_, err := r.Gateways.UpdateConsumer(r.ctx, r.plane.ID, string(pick(t, "consumer", r.consumers)), routing.ConsumerFields{CustomID: portico.Some(r.name())})
			return err
		},
		"delete consumer": func(t *rapid.T) error {
			return r.Gateways.DeleteConsumer(r.ctx, r.plane.ID, string(pick(t, "consumer", r.consumers)))
		},
		"map consumer": func(t *rapid.T) error {
			return r.Gateways.MapConsumer(r.ctx, pick(t, "application", r.apps), pick(t, "api", r.apis), pick(t, "consumer", r.consumers))
		},
		"unmap consumer": func(t *rapid.T) error {
			return r.Gateways.UnmapConsumer(r.ctx, pick(t, "application", r.apps), r.plane.ID)
		},
		"create plugin": func(t *rapid.T) error {
			p, err := r.Gateways.CreatePlugin(r.ctx, r.plane.ID, routing.PluginFields{
				Name: portico.Some(rapid.SampledFrom([]string{"request-size-limiting", "cors", "correlation-id"}).Draw(t, "plugin")), Enabled: portico.Some(rapid.Bool().Draw(t, "enabled")),
				Service: reference(t, "service", r.services), Route: reference(t, "route", r.routes), Consumer: reference(t, "consumer", r.consumers),
			})
			if err == nil {
				r.plugins = append(r.plugins, p.ID)
			}
			return err
		},
		"change plugin": func(t *rapid.T) error {
			_, err := r.Gateways.UpdatePlugin(r.ctx, r.plane.ID, string(pick(t, "plugin", r.plugins)), routing.PluginFields{Enabled: portico.Some(rapid.Bool().Draw(t, "enabled"))})
			return err
		},
		"delete plugin": func(t *rapid.T) error {
			return r.Gateways.DeletePlugin(r.ctx, r.plane.ID, string(pick(t, "plugin", r.plugins)))
		},
	}
}
