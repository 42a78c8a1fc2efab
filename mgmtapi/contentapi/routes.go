package contentapi

import (
	"slices"

	"portico"
	"portico/control"
	"portico/httpkit"
)

// Route is an operation and what serves it.
type Route struct {
	Method  string
	Pattern string // as http.ServeMux writes it
	ID      string // the contract's operationId; empty for what it has not
	Handle  httpkit.HandlerFunc
	Large   bool // the body may be a long text or an image
}

// server is what the handlers of all resources share.
type server struct{ *control.Control }

// Routes lists this part of the API, resource by resource.
func Routes(c *control.Control) []Route {
	s := server{c}
	return slices.Concat(s.pageRoutes(), s.snippetRoutes(), s.documentRoutes(), s.customizationRoutes(), s.imageRoutes(), s.attributeRoutes())
}

func on(method, pattern, id string, h httpkit.HandlerFunc) Route {
	return Route{Method: method, Pattern: pattern, ID: id, Handle: h}
}

// large is the route with the limit of bodies that carry a text or an image.
func (r Route) large() Route {
	r.Large = true
	return r
}

func visibilities() []string { return []string{string(portico.Public), string(portico.Private)} }
