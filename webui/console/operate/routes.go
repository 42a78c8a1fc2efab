package operate

import (
	"slices"

	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Routes lists the pages and actions of this package.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	return slices.Concat(p.analyticsRoutes(), p.auditRoutes(), p.webhookRoutes(), p.mailRoutes())
}
