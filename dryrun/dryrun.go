package dryrun

import (
	"context"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"portico"
	"portico/compile"
	"portico/gateway"
	"portico/secret"
	"portico/snapshot"
	"portico/usecase"
)

// Requests tries requests.
type Requests struct{ usecase.Deps }

// Request is what is tried.
type Request struct {
	Method string
	Host   string // with a port where the caller writes one
	Target string // escaped path and query
	Header http.Header
	Source netip.Addr
	Secure bool // by https
	// Application calls, with a credential that is taken to be good; nil: nobody,
	// or whose Key it is.
	Application *portico.Application
	Key         secret.Text // an API key; empty: none
}

// Cause is why a request does not reach its service. It is the gateway's own
// reason, or one of these, which say more.
type Cause string

// The causes that the gateway does not tell apart.
const (
	UnknownKey       Cause = "unknown_key"
	ExpiredKey       Cause = "expired_key"
	OtherStrategy    Cause = "other_strategy" // the API is published with another one than the application's
	OtherPortal      Cause = "other_portal"   // and not in the application's portal
	AwaitingApproval Cause = "awaiting_approval"
	Refused          Cause = "registration_refused" // rejected or revoked
	NotInPackage     Cause = "not_in_package"       // the application is registered for a package that has other operations of the API
)

// Answer is what the gateway would do.
type Answer struct {
	gateway.Explanation
	Cause        Cause                 // empty: the request reaches its service
	Caller       *portico.Application  // that calls; nil: nobody knows
	Registration *portico.Registration // that the cause is about; nil: it is about none
	Asked        *portico.Operation    // that access is controlled by; nil: by none
	Plane        portico.ControlPlane  // of the route that takes the request
	Parties                            // whom Access and APIID name
}

// Parties are the entities of an access list, by their ids.
type Parties struct {
	APIs       map[string]portico.API
	Portals    map[string]portico.Portal
	Strategies map[string]portico.Strategy
}

// Caller finds the application with a client id, or with an id. KindNotFound;
// KindConflict where several have the client id.
func (r Requests) Caller(ctx context.Context, named string) (portico.Application, error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (portico.Application, error) {
		if portico.IsID(named) {
			app, err := tx.Applications().ByID(ctx, portico.ApplicationID(named))
			if portico.KindOf(err) != portico.KindNotFound {
				return app, err
			}
		}
		found, err := tx.Applications().List(ctx, portico.Everything(portico.Where("client_id", named)))
		switch {
		case err == nil && len(found.Items) == 0:
			err = portico.NotFound("application", named)
		case len(found.Items) > 1:
			err = portico.Errorf(portico.KindConflict, "Several applications have the client id [%s]; name one by its id.", named)
		}
		return usecase.One(found.Items, err)
	})
}

// Try says what the gateway would do with a request. KindInvalid for a target
// that is none.
func (r Requests) Try(ctx context.Context, q Request) (Answer, error) {
	return usecase.View(ctx, r.Store, func(tx portico.Tx) (Answer, error) {
		out := Answer{Caller: q.Application}
		if u, err := url.ParseRequestURI(q.Target); err != nil || !strings.HasPrefix(q.Target, "/") || u.Host != "" {
			return out, portico.Invalid("target", "invalid", "The path must begin with / and hold no space.")
		}
		ask := gateway.Question{Method: q.Method, Host: q.Host, Target: q.Target, Header: q.Header, Source: q.Source, Secure: q.Secure, Now: r.Now()}
		if q.Application != nil {
			ask.Application = string(q.Application.ID)
		}
		if !q.Key.Empty() {
			name, owner, err := keyOf(ctx, tx, q.Key)
			if err != nil {
				return out, err
			}
			out.Caller = owner
			ask.Header = http.Header{}
			maps.Copy(ask.Header, q.Header)
			ask.Header.Set(name, q.Key.Reveal())
		}
		config, err := configuration(ctx, tx, out.Caller)
		if err != nil {
			return out, err
		}
		if ask.Unserved, err = unserved(ctx, tx); err != nil {
			return out, err
		}
		if out.Explanation, err = gateway.Explain(ctx, config, ask); err != nil {
			return out, err
		}
		if out.Match != nil {
			if out.Plane, err = tx.ControlPlanes().ByID(ctx, portico.ControlPlaneID(out.Match.Service.ControlPlaneID)); err != nil {
				return out, err
			}
		}
		if err := out.name(ctx, tx); err != nil {
			return out, err
		}
		return out, out.explain(ctx, tx, !q.Key.Empty())
	})
}

// keyOf finds whose an API key is, and the name that the application sends it
// under.
func keyOf(ctx context.Context, tx portico.Tx, key secret.Text) (name string, owner *portico.Application, err error) {
	name = portico.DefaultKeyNames()[0]
	found, err := tx.APIKeys().List(ctx, portico.Everything(portico.Where("digest", key.Digest().Hex())))
	if err != nil || len(found.Items) == 0 {
		return name, nil, err
	}
	app, err := tx.Applications().ByID(ctx, found.Items[0].ApplicationID)
	if err != nil {
		return name, nil, err
	}
	strategy, err := tx.Strategies().ByID(ctx, app.StrategyID)
	if err == nil && strategy.KeyAuth != nil && len(strategy.KeyAuth.KeyNames) > 0 {
		name = strategy.KeyAuth.KeyNames[0]
	}
	return name, &app, err
}

// configuration is all that gateways know, of applications only the caller.
func configuration(ctx context.Context, tx portico.Tx, caller *portico.Application) (*snapshot.Snapshot, error) {
	routing, err := compile.Routing(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := &snapshot.Snapshot{Epoch: "dry run", Routing: *routing}
	if caller != nil {
		out.Applications, err = compile.Applications(ctx, tx, []string{string(caller.ID)})
	}
	return out, err
}

// unserved are the routes that gateways do not know, because they have no
// service, by control plane.
func unserved(ctx context.Context, tx portico.Tx) (map[string][]snapshot.Route, error) {
	routes, err := tx.Routes().List(ctx, portico.Everything())
	out := map[string][]snapshot.Route{}
	for _, r := range routes.Items {
		if plane := string(r.ControlPlaneID); r.ServiceID == nil {
			out[plane] = append(out[plane], compile.Route(r))
		}
	}
	return out, err
}

// name looks up whom the explanation names.
func (a *Answer) name(ctx context.Context, tx portico.Tx) error {
	apis, err := tx.APIs().List(ctx, portico.Everything(usecase.AnyOf("id", a.Access, func(x snapshot.Access) string { return x.APIID })))
	if err != nil {
		return err
	}
	portals, err := tx.Portals().List(ctx, portico.Everything(usecase.AnyOf("id", a.Access, func(x snapshot.Access) string { return x.PortalID })))
	if err != nil {
		return err
	}
	strategies, err := tx.Strategies().List(ctx, portico.Everything(usecase.AnyOf("id", a.Access, func(x snapshot.Access) string { return x.StrategyID })))
	if err != nil {
		return err
	}
	a.Parties = Parties{
		APIs:       usecase.By(apis.Items, func(x portico.API) string { return string(x.ID) }),
		Portals:    usecase.By(portals.Items, func(x portico.Portal) string { return string(x.ID) }),
		Strategies: usecase.By(strategies.Items, func(x portico.Strategy) string { return string(x.ID) }),
	}
	if a.Operation == "" {
		return nil
	}
	asked, err := tx.Operations().ByID(ctx, portico.OperationID(a.Operation))
	a.Asked = &asked
	return err
}

// explain finds the cause behind the gateway's reason.
func (a *Answer) explain(ctx context.Context, tx portico.Tx, byKey bool) error {
	switch {
	case a.Upstream != nil:
	case a.ByRule:
		a.Cause = Cause(a.Reason)
	case a.Reason == gateway.BadCredentials && byKey && a.Caller == nil, a.Reason == gateway.NoCredentials && byKey && a.Caller == nil:
		a.Cause = UnknownKey
	case a.Reason == gateway.BadCredentials && byKey && a.Application != nil:
		a.Cause = ExpiredKey
	case (a.Reason == gateway.BadCredentials || a.Reason == gateway.NoCredentials) && a.Caller != nil:
		a.Cause = OtherStrategy
	case a.Reason == gateway.NotRegistered:
		return a.notRegistered(ctx, tx)
	default:
		a.Cause = Cause(a.Reason)
	}
	return nil
}

// notRegistered finds out what is missing of the caller, whom the gateway knows.
func (a *Answer) notRegistered(ctx context.Context, tx portico.Tx) error {
	var open []portico.APIID // that the caller could be registered for
	for _, x := range a.Access {
		if x.PortalID == string(a.Caller.PortalID) && x.StrategyID == string(a.Caller.StrategyID) {
			open = append(open, portico.APIID(x.APIID))
		}
	}
	if len(open) == 0 {
		a.Cause = OtherPortal
		return nil
	}
	found, err := tx.Registrations().List(ctx, portico.Everything(portico.Where("application_id", a.Caller.ID)))
	if err != nil {
		return err
	}
	a.Cause = Cause(a.Reason)
	for i, r := range found.Items {
		if !slices.Contains(open, r.APIID) {
			continue
		}
		if r.Status == portico.Pending {
			a.Cause, a.Registration = AwaitingApproval, &found.Items[i]
			return nil
		}
		a.Cause, a.Registration = Refused, &found.Items[i]
	}
	if a.Registration != nil || a.Asked == nil {
		return nil
	}
	held, err := tx.PackageOperations().List(ctx, portico.Everything(portico.Where("api_id", a.Asked.APIID)))
	for i, r := range found.Items {
		if r.Status == portico.Approved && slices.ContainsFunc(held.Items, func(h portico.PackageOperation) bool { return h.PackageID == r.APIID }) {
			a.Cause, a.Registration = NotInPackage, &found.Items[i]
		}
	}
	return err
}
