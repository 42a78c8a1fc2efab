package auditapi

import (
	"net/http"
	"slices"

	"portico"
	"portico/access"
	"portico/audit"
	"portico/control"
	"portico/httpkit"
	"portico/mgmtapi/route"
)

// server is what the handlers of all resources share.
type server struct{ *control.Control }

// Routes lists this part of the API.
func Routes(c *control.Control) []route.Route {
	s := server{c}
	need := func(a access.Action) access.Need { return access.For(access.AuditLogs, a, "") }
	of := func(a access.Action) access.Need { return access.For(access.Portals, a, "portalId") }
	const destinations = "/v3/audit-log-destinations"
	const destination = destinations + "/{auditLogDestinationId}"
	return slices.Concat([]route.Route{
		route.On("GET", "/v3/audit-logs", "get-audit-logs", s.entries, need(access.View)),
		route.On("GET", destinations, "get-audit-log-destinations", s.destinations, need(access.View)),
		route.On("POST", destinations, "create-audit-log-destination", s.createDestination, need(access.Create)),
		route.On("GET", destination, "get-audit-log-destination", s.destination, need(access.View)),
		route.On("PATCH", destination, "update-audit-log-destination", s.updateDestination, need(access.Edit)),
		route.On("DELETE", destination, "delete-audit-log-destination", s.deleteDestination, need(access.Delete)),
		route.On("GET", "/v3/audit-log-webhook/jwks.json", "", s.key, need(access.View)),
		route.On("GET", "/v3/audit-log-webhook", "get-audit-logs-webhook", s.webhook, need(access.View)),
		route.On("PATCH", "/v3/audit-log-webhook", "update-audit-logs-webhook", s.updateWebhook, need(access.Edit)),
		route.On("DELETE", "/v3/audit-log-webhook", "delete-audit-logs-webhook", s.deleteWebhook, need(access.Delete)),
		route.On("GET", "/v3/audit-log-webhook/status", "get-audit-logs-webhook-status", s.webhookStatus, need(access.View)),
		route.On("GET", "/v3/audit-log-replay-job", "get-audit-log-replay-job", s.replay, need(access.View)),
		route.On("PUT", "/v3/audit-log-replay-job", "update-audit-log-replay-job", s.startReplay, need(access.Edit)),
	}, s.portalRoutes(of))
}

// portalRoutes: the same for one portal. The handlers tell the two apart by the
// path.
func (s server) portalRoutes(of func(access.Action) access.Need) []route.Route {
	const (
		webhook = "/v3/portals/{portalId}/audit-log-webhook"
		replay  = "/v3/portals/{portalId}/audit-log-replay-job"
	)
	return []route.Route{
		route.On("GET", webhook, "get-portal-audit-log-webhook", s.webhook, of(access.View)),
		route.On("PATCH", webhook, "update-portal-audit-log-webhook", s.updateWebhook, of(access.Edit)),
		route.On("DELETE", webhook, "delete-portal-audit-log-webhook", s.deleteWebhook, of(access.Edit)),
		route.On("GET", webhook+"/status", "get-portal-audit-log-webhook-status", s.webhookStatus, of(access.View)),
		route.On("GET", replay, "get-portal-audit-log-replay-job", s.replay, of(access.View)),
		route.On("PUT", replay, "update-portal-audit-log-replay-job", s.startReplay, of(access.Edit)),
	}
}

// scope is whose webhook a request means: the portal's in its path, or the
// organization's.
func scope(r *http.Request) (audit.Scope, error) {
	if r.PathValue("portalId") == "" {
		return audit.Organization(), nil
	}
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	return audit.OfPortal(portal), err
}
