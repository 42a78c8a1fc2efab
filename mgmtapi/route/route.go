package route

import (
	"portico/access"
	"portico/httpkit"
)

// Route is an operation of the management API.
type Route struct {
	Method  string
	Pattern string // as http.ServeMux writes it, such as /v3/portals/{portalId}
	ID      string // the contract's operationId; empty for what the contract has not
	Handle  httpkit.HandlerFunc
	Needs   []access.Need // all of them; a route without is refused to everybody
	Large   bool          // the body may be an API specification, a long text or an image
	Open    bool          // for anybody, without an access token: it says no needs
}

// On makes a route.
func On(method, pattern, id string, h httpkit.HandlerFunc, needs ...access.Need) Route {
	return Route{Method: method, Pattern: pattern, ID: id, Handle: h, Needs: needs}
}

// Sized is the route with the limit of bodies that carry an API specification,
// a long text or an image.
func (r Route) Sized() Route {
	r.Large = true
	return r
}

// Public makes a route for anybody, without an access token.
func Public(method, pattern, id string, h httpkit.HandlerFunc) Route {
	return Route{Method: method, Pattern: pattern, ID: id, Handle: h, Open: true}
}
