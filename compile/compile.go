package compile

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/snapshot"
)

// Source gives configurations that are compiled from what a store holds. It
// implements configsync.Source.
type Source struct{ Store portico.Store }

// Full compiles everything.
func (s Source) Full(ctx context.Context) (*snapshot.Snapshot, error) {
	out := new(snapshot.Snapshot)
	err := s.Store.View(ctx, func(tx portico.Tx) error {
		var err error
		if _, out.Version, _, err = tx.ChangesAfter(ctx, math.MaxUint64); err != nil { // the newest version, no changes
			return err
		}
		if out.Epoch, err = tx.Meta(ctx, portico.MetaEpoch); err != nil {
			return err
		}
		routing, err := Routing(ctx, tx)
		if err != nil {
			return err
		}
		out.Routing = *routing
		out.Applications, err = Applications(ctx, tx, nil)
		return err
	})
	return out, err
}

// Since compiles what has changed after a version; ok is false when the change
// log no longer reaches back that far.
func (s Source) Since(ctx context.Context, version uint64) (d snapshot.Delta, ok bool, err error) {
	err = s.Store.View(ctx, func(tx portico.Tx) error {
		changes, newest, reaches, err := tx.ChangesAfter(ctx, version)
		if err != nil || !reaches {
			return err
		}
		ok = true
		d = snapshot.Delta{From: version, To: newest}
		if d.Epoch, err = tx.Meta(ctx, portico.MetaEpoch); err != nil {
			return err
		}
		applications, routing := map[string]bool{}, false
		for _, change := range changes {
			if change.Scope == portico.ChangeApplication {
				applications[change.ID] = true
			} else {
				routing = true
			}
		}
		if routing {
			if d.Routing, err = Routing(ctx, tx); err != nil {
				return err
			}
		}
		touched := slices.Sorted(maps.Keys(applications))
		for some := range slices.Chunk(touched, applicationsPerQuery) {
			apps, err := Applications(ctx, tx, some)
			if err != nil {
				return err
			}
			d.Upserted = append(d.Upserted, apps...)
		}
		for _, app := range d.Upserted {
			delete(applications, app.ID)
		}
		d.Removed = slices.Sorted(maps.Keys(applications))
		return nil
	})
	return d, ok, err
}

// applicationsPerQuery keeps a query's list of ids well below what stores take.
const applicationsPerQuery = 1000

// Applications compiles the applications with the given ids, or all.
func Applications(ctx context.Context, tx portico.Tx, ids []string) ([]snapshot.Application, error) {
	only := func(field string) []portico.Filter {
		if ids == nil {
			return nil
		}
		return []portico.Filter{{Field: field, Op: portico.OpAnyEqual, Values: ids}}
	}
	apps, err := tx.Applications().List(ctx, portico.Everything(only("id")...))
	if err != nil {
		return nil, err
	}
	keys, err := tx.APIKeys().List(ctx, portico.Everything(only("application_id")...))
	if err != nil {
		return nil, err
	}
	registrations, err := tx.Registrations().List(ctx, portico.Everything(append(only("application_id"), portico.Where("status", portico.Approved))...))
	if err != nil {
		return nil, err
	}
	consumers, err := compileConsumers(ctx, tx, only("application_id"))
	if err != nil {
		return nil, err
	}
	out := make([]snapshot.Application, len(apps.Items))
	at := make(map[portico.ApplicationID]*snapshot.Application, len(out))
	for i, a := range apps.Items {
		out[i] = snapshot.Application{
			ID: string(a.ID), Name: a.Name, PortalID: string(a.PortalID), StrategyID: string(a.StrategyID),
			ClientID: a.ClientID, Generation: uint64(a.Generation), Scopes: a.Scopes,
		}
		for _, former := range a.FormerClients {
			out[i].FormerClients = append(out[i].FormerClients, former.ClientID)
		}
		at[a.ID] = &out[i]
	}
	for _, c := range consumers {
		at[c.application].Consumers = append(at[c.application].Consumers, c.Consumer)
	}
	for _, k := range keys.Items {
		key := snapshot.Key{ID: string(k.ID), Digest: k.Digest}
		if k.ExpiresAt != nil {
			key.ExpiresAt = *k.ExpiresAt
		}
		at[k.ApplicationID].Keys = append(at[k.ApplicationID].Keys, key)
	}
	for _, r := range registrations.Items {
		at[r.ApplicationID].Registrations = append(at[r.ApplicationID].Registrations, string(r.APIID))
	}
	return out, nil
}

// Routing compiles services, routes and strategies, and from
// publications and implementations who may call which service.
func Routing(ctx context.Context, tx portico.Tx) (*snapshot.Routing, error) {
	services, err := tx.Services().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	routes, err := tx.Routes().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	strategies, err := tx.Strategies().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	providers, err := tx.Providers().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	access, err := compileAccess(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := &snapshot.Routing{Operations: access.operations}
	for _, s := range services.Items {
		compiled := Service(s, access.of(s))
		compiled.ByOperation = access.byOperation(s)
		out.Services = append(out.Services, compiled)
	}
	for _, r := range routes.Items {
		if r.ServiceID != nil { // a route without a service leads nowhere
			out.Routes = append(out.Routes, Route(r))
		}
	}
	if out.Plugins, err = compilePlugins(ctx, tx); err != nil {
		return nil, err
	}
	dialects := map[portico.ProviderID]portico.ProviderType{}
	for _, p := range providers.Items {
		dialects[p.ID] = p.Type
	}
	for _, s := range strategies.Items {
		var dialect portico.ProviderType
		if s.ProviderID != nil {
			dialect = dialects[*s.ProviderID]
		}
		out.Strategies = append(out.Strategies, strategy(s, dialect))
	}
	return out, nil
}

// accessTable says who may call what, by service, by control plane, and by
// operation of a control plane.
type accessTable struct {
	service      map[portico.ServiceID][]snapshot.Access
	controlPlane map[portico.ControlPlaneID][]snapshot.Access
	operations   []snapshot.Operation
	enforced     map[portico.ControlPlaneID]bool // it has some of the operations
}

// byOperation says whether requests to a service are decided by operation where
// they are for one: no API guards the service for itself.
func (t accessTable) byOperation(s portico.Service) bool {
	return t.enforced[s.ControlPlaneID] && len(t.service[s.ID]) == 0
}

// of gives a service's access. An API that is implemented by the whole control
// plane, and whose specification names no operations to guard one by one,
// guards every service that no API guards for itself: what is published with a
// strategy is never open, and taking another API back opens nothing.
func (t accessTable) of(s portico.Service) []snapshot.Access {
	if own := t.service[s.ID]; len(own) > 0 {
		return own
	}
	return t.controlPlane[s.ControlPlaneID]
}

// Service compiles a service.
func Service(s portico.Service, access []snapshot.Access) snapshot.Service {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	out := snapshot.Service{
		ID: string(s.ID), ControlPlaneID: string(s.ControlPlaneID), Protocol: s.Protocol, Host: s.Host, Port: s.Port,
		ConnectTimeout: ms(s.ConnectTimeout), ReadTimeout: ms(s.ReadTimeout), WriteTimeout: ms(s.WriteTimeout),
		Retries: s.Retries, Enabled: s.Enabled, Access: access,
	}
	if s.Name != nil {
		out.Name = *s.Name
	}
	if s.Path != nil {
		out.Path = *s.Path
	}
	return out
}

// Route compiles a route. One without a service leads nowhere; it is compiled to
// be checked and explained.
func Route(r portico.Route) snapshot.Route {
	out := snapshot.Route{
		ID: string(r.ID), Protocols: r.Protocols, Methods: r.Methods, Hosts: r.Hosts, Paths: r.Paths,
		Headers: r.Headers, StripPath: r.StripPath, PreserveHost: r.PreserveHost, RegexPriority: r.RegexPriority, CreatedAt: r.CreatedAt,
	}
	if r.ServiceID != nil {
		out.ServiceID = string(*r.ServiceID)
	}
	if r.Name != nil {
		out.Name = *r.Name
	}
	return out
}

// defaultLeeway is the clock skew that tokens are allowed (idp.md §2.2).
const defaultLeeway = 30 * time.Second

func strategy(s portico.Strategy, dialect portico.ProviderType) snapshot.Strategy {
	out := snapshot.Strategy{ID: string(s.ID), Kind: string(s.Type)}
	if s.KeyAuth != nil {
		out.KeyNames = s.KeyAuth.KeyNames
		if len(out.KeyNames) == 0 {
			out.KeyNames = portico.DefaultKeyNames()
		}
		return out
	}
	var settings portico.PluginSettings
	_ = json.Unmarshal(s.OIDC.Raw, &settings) // checked when the strategy was made
	out.OIDC = &snapshot.OIDC{
		Issuer: s.OIDC.Issuer, CredentialClaim: s.OIDC.CredentialClaim, Scopes: s.OIDC.Scopes, AuthMethods: s.OIDC.AuthMethods,
		Dialect: string(dialect), Audiences: settings.Audience, ScopesRequired: settings.ScopesRequired,
		CacheTokens:     settings.CacheTokens == nil || *settings.CacheTokens,
		HideCredentials: settings.HideCredential == nil || *settings.HideCredential,
		UnencodedBasic:  true, Leeway: defaultLeeway, TokenArgs: s.OIDC.TokenArgs(),
	}
	if settings.Leeway != nil {
		out.OIDC.Leeway = time.Duration(*settings.Leeway) * time.Second
	}
	if header := settings.TokenHeader; header != "" && !strings.EqualFold(header, "authorization:bearer") {
		out.OIDC.UpstreamTokenHeader = header
	}
	return out
}
