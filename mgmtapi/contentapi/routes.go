package contentapi

import (
	"slices"

	"portico"
	"portico/control"
	"portico/mgmtapi/route"
)

// server is what the handlers of all resources share.
type server struct{ *control.Control }

// Routes lists this part of the API, resource by resource.
func Routes(c *control.Control) []route.Route {
	s := server{c}
	return slices.Concat(s.pageRoutes(), s.snippetRoutes(), s.documentRoutes(), s.customizationRoutes(), s.imageRoutes(), s.attributeRoutes())
}

func visibilities() []string { return []string{string(portico.Public), string(portico.Private)} }
