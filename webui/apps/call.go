package apps

import (
	"context"
	"net/http"
	"strings"
	"time"

	"portico"
	"portico/openapi"
	"portico/routing"
	"portico/webui/page"
)

// call is what a first request goes to.
type call struct {
	API    *portico.API   // nil: the application is registered for none
	Status portico.Status // of the registration
	Base   string         // address of the API at the gateway
	URL    string         // address of an operation to begin with
	direct string         // the same at the gateway itself, which is told host
	host   string         // that the route wants; empty: any
	Real   bool           // false: the API has no route, or there is none, and URL is an example
}

// firstCall chooses the API that the application calls best: one that is
// approved, and has a route.
func (p pages) firstCall(v *page.Visit, a app) (call, error) {
	chosen := call{Base: p.GatewayURL, URL: p.GatewayURL + "/REGISTERED_ROUTE"}
	for _, r := range a.Registrations {
		c, err := p.callOf(v.Context(), r.API)
		if err != nil {
			return call{}, err
		}
		c.Status = r.Status
		better := chosen.API == nil || c.Status == portico.Approved && chosen.Status != portico.Approved
		if better || c.Real && !chosen.Real && c.Status == chosen.Status {
			chosen = c
		}
	}
	return chosen, nil
}

// callOf finds where the gateway serves an API, and an operation that needs
// nothing but its address.
func (p pages) callOf(ctx context.Context, api portico.API) (call, error) {
	none := call{API: &api, Base: p.GatewayURL, URL: p.GatewayURL + "/REGISTERED_ROUTE"}
	routes, err := p.Implementations.Routes(ctx, api.ID)
	if err != nil {
		return none, err
	}
	for _, r := range routes {
		path, host, ok := routing.Reach(r, http.MethodGet)
		if !ok {
			continue
		}
		base := p.GatewayURL + path
		versions, err := p.APIs.Versions(ctx, api.ID, portico.Everything())
		if err != nil {
			return none, err
		}
		operation := ""
		if n := len(versions.Items); n > 0 {
			operation = simplest(versions.Items[n-1].Content)
		}
		if !r.StripPath {
			operation = strings.TrimPrefix(operation, path)
		}
		return call{API: &api, Base: routing.At(base, host), URL: routing.At(base+operation, host), direct: base + operation, host: host, Real: true}, nil
	}
	return none, nil
}

// simplest is the shortest path of a specification that can be read without
// parameters in it; empty: there is none.
func simplest(specification string) string {
	document, err := openapi.Read([]byte(specification))
	if err != nil {
		return ""
	}
	best := ""
	paths, _ := document["paths"].(map[string]any)
	for path, item := range paths {
		operations, _ := item.(map[string]any)
		if _, read := operations["get"]; !read || !strings.HasPrefix(path, "/") || strings.Contains(path, "{") {
			continue
		}
		if best == "" || len(path) < len(best) || len(path) == len(best) && path < best {
			best = path
		}
	}
	return best
}

// askIssuer is how long a page waits for an issuer that it would like to quote.
const askIssuer = 2 * time.Second

// tokenURL is where the application gets tokens; empty: not known now.
func (p pages) tokenURL(v *page.Visit, a app) string {
	if a.Strategy.OIDC == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(v.Context(), askIssuer)
	defer cancel()
	return p.Trials.TokenEndpoint(ctx, a.Strategy.OIDC.Issuer)
}

// scopes are those of the application.
func (a app) scopes() []string {
	if a.Strategy.OIDC == nil || len(a.Scopes) > 0 {
		return a.Scopes
	}
	return a.Strategy.OIDC.Scopes
}

// keyName is the header that carries an API key.
func (a app) keyName() string {
	if a.Strategy.KeyAuth != nil && len(a.Strategy.KeyAuth.KeyNames) > 0 {
		return a.Strategy.KeyAuth.KeyNames[0]
	}
	return portico.DefaultKeyNames()[0]
}
