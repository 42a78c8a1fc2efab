package console_test

import (
	"net/url"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/apipackages"
	"portico/audit"
	"portico/content"
	"portico/control"
	"portico/developers"
	"portico/mailroom"
	"portico/routing"
	"portico/webui/consoletest"
)

// furnishAll puts one of everything into a house, and says what people would
// type into forms that are sent only with it, by the patterns of their actions.
func furnishAll(t *testing.T, h *consoletest.House) map[string]url.Values {
	t.Helper()
	portal, typed := furnishPortal(t, h)
	furnishPeople(t, h, portal, typed)
	furnishPackage(t, h, portal, furnishGateway(t, h))
	furnishSettings(t, h)
	return typed
}

// furnishPortal is a portal, and another one without pages.
func furnishPortal(t *testing.T, h *consoletest.House) (portico.Portal, map[string]url.Values) {
	t.Helper()
	ctx := t.Context()
	portal, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Shop")})
	must(t, err)
	empty, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Empty")})
	must(t, err)
	_, err = h.Portals.AddDomain(ctx, portal.ID, "developers.shop.example")
	must(t, err)
	_, err = h.Content.Defaults.Create(ctx, portal.ID)
	must(t, err)
	_, err = h.Content.Snippets.Create(ctx, portal.ID, content.SnippetFields{Name: portico.Some("help"), Content: portico.Some("Ask us.")})
	must(t, err)
	team, err := h.Teams.Create(ctx, portal.ID, developers.TeamFields{Name: portico.Some("Booking")})
	must(t, err)
	for _, of := range []portico.PortalID{portal.ID, empty.ID} {
		_, err = h.Templates.Change(ctx, of, developers.TemplateNames()[0], developers.TemplateChange{Subject: portico.Some("You are welcome")})
		must(t, err)
	}
	settings, err := h.IdentityProviders.ChangeSettings(ctx, portal.ID, developers.SettingsChange{Provider: developers.IdentityProviderFields{IssuerURL: portico.Some("https://login.shop.example"), ClientID: portico.Some("portal")}})
	must(t, err)
	_, err = h.IdentityProviders.AddMapping(ctx, portal.ID, settings.Provider.ID, team.ID, "booking")
	must(t, err)
	_, err = h.AllowLists.Create(ctx, portal.ID, []string{"10.0.0.0/8"})
	must(t, err)
	_, err = h.EmailSettings.CreateConfig(ctx, portal.ID, mailroom.ConfigFields{FromName: portico.Some("Shop")})
	must(t, err)
	return portal, map[string]url.Values{"POST /portals/{portalId}/teams/{teamId}/members": {"email": {"erin@shop.example"}}}
}

// furnishPeople is a developer who waits, and one who has an application and
// waits for an API.
func furnishPeople(t *testing.T, h *consoletest.House, portal portico.Portal, typed map[string]url.Values) {
	t.Helper()
	ctx := t.Context()
	dana, err := h.Developers.Create(ctx, portal.ID, developers.NewAccount{Email: "dana@shop.example", FullName: "Dana Shopper", Status: new(portico.Pending)})
	must(t, err)
	erin, err := h.Developers.Create(ctx, portal.ID, developers.NewAccount{Email: "erin@shop.example", FullName: "Erin Builder", Status: new(portico.Approved)})
	must(t, err)
	teams, err := h.Teams.List(ctx, portal.ID, portico.Everything())
	must(t, err)
	team := teams.Items[0].ID
	must(t, h.Teams.AddMember(ctx, portal.ID, team, erin.ID))
	provider, err := h.Providers.Create(ctx, control.NewProvider{Name: "Okta", Type: portico.ProviderOkta, Issuer: h.Okta.Issuer, Secret: h.Okta.Token})
	must(t, err)
	strategy, err := h.Strategies.Create(ctx, control.NewStrategy{Name: "Okta", DisplayName: "Okta", ProviderID: &provider.ID,
		OIDC: []byte(`{"issuer":"` + h.Okta.Issuer + `","scopes":["orders:read"],"credential_claim":["cid"],"auth_methods":["bearer","client_credentials"]}`)})
	must(t, err)
	_, err = h.Providers.Create(ctx, control.NewProvider{Name: "Unused", Type: portico.ProviderOkta, Issuer: h.Okta.Issuer, Secret: h.Okta.Token})
	must(t, err)
	_, err = h.Strategies.Create(ctx, control.NewStrategy{Name: "Unused", DisplayName: "Unused", KeyAuth: &portico.KeyAuthConfig{KeyNames: []string{"apikey"}}})
	must(t, err)
	api, err := h.APIs.Create(ctx, control.NewAPI{Name: "Orders"})
	must(t, err)
	_, err = h.Teams.Assign(ctx, portal.ID, portico.TeamRole{TeamID: team, Role: portico.APIConsumer, APIID: api.ID, Region: "*"})
	must(t, err)
	_, err = h.Publications.Put(ctx, api.ID, portal.ID, control.PublicationFields{StrategyID: portico.Some(strategy.ID)})
	must(t, err)
	app, err := h.Applications.Create(ctx, control.NewApplication{PortalID: portal.ID, DeveloperID: erin.ID, Name: "Checkout", StrategyID: &strategy.ID})
	must(t, err)
	wish, err := h.Registrations.Create(ctx, app.ID, api.ID, new(portico.Pending))
	must(t, err)
	typed["POST /approvals/developers"] = url.Values{"id": {string(dana.ID)}}
	typed["POST /approvals/registrations"] = url.Values{"id": {string(wish.ID)}}
	typed["POST /applications/{applicationId}/transfer"] = url.Values{"email": {erin.Email}}
	typed["POST /applications/import"] = url.Values{"portal": {string(portal.ID)}, "strategy": {string(strategy.ID)}, "name": {"Imported"}, "client_id": {"0oa1"}, "email": {erin.Email}}
}

// furnishGateway is a control plane with one of each, and an API that it serves.
func furnishGateway(t *testing.T, h *consoletest.House) portico.ControlPlaneID {
	t.Helper()
	ctx := t.Context()
	plane, err := h.Gateways.EnsureDefault(ctx)
	must(t, err)
	_, err = h.Gateways.CreateControlPlane(ctx, routing.ControlPlaneFields{Name: portico.Some("Unused")})
	must(t, err)
	_, err = h.Gateways.CreateConsumer(ctx, plane.ID, routing.ConsumerFields{Username: portico.Some("till")})
	must(t, err)
	_, err = h.Gateways.CreatePlugin(ctx, plane.ID, routing.PluginFields{Name: portico.Some("cors")})
	must(t, err)
	api, err := h.APIs.Create(ctx, control.NewAPI{Name: "Payments", Version: new("1.0"), Specification: new("openapi: 3.1.0\ninfo: {title: Payments, version: \"1.0\"}\npaths: {}\n")})
	must(t, err)
	_, err = h.Implementations.Serve(ctx, api.ID, plane.ID, routing.ServiceFields{Name: portico.Some("payments"), URL: portico.Some("https://payments.internal.example")}, routing.RouteFields{Name: portico.Some("payments"), Paths: portico.Some([]string{"/payments"})})
	must(t, err)
	_, err = h.Gateways.CreateService(ctx, plane.ID, routing.ServiceFields{Name: portico.Some("legacy"), URL: portico.Some("https://legacy.internal.example")})
	must(t, err)
	furnishAPI(t, h, api.ID)
	return plane.ID
}

// furnishAPI is what an API and a package have alike.
func furnishAPI(t *testing.T, h *consoletest.House, id portico.APIID) {
	t.Helper()
	ctx := t.Context()
	_, err := h.Content.Documents.Create(ctx, id, content.DocumentFields{Title: portico.Some("Guide")})
	must(t, err)
	_, _, err = h.Content.Images.Put(ctx, content.OfAPI(id), portico.AssetIcon, "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=")
	must(t, err)
}

// furnishPackage is a package with an operation of an API that a control plane
// guards, and a specification of its own.
func furnishPackage(t *testing.T, h *consoletest.House, portal portico.Portal, plane portico.ControlPlaneID) {
	t.Helper()
	ctx := t.Context()
	pack, err := h.APIs.Create(ctx, control.NewAPI{Name: "Starter", IsPackage: true})
	must(t, err)
	held, err := h.APIs.Create(ctx, control.NewAPI{Name: "Invoices", Specification: new("openapi: 3.1.0\ninfo: {title: Invoices, version: \"1\"}\npaths: {/invoices: {get: {responses: {\"200\": {description: All}}}}}\n")})
	must(t, err)
	_, err = h.Implementations.Create(ctx, held.ID, plane, nil)
	must(t, err)
	operations, err := h.Packages.Operations(ctx, held.ID, portico.Everything())
	must(t, err)
	must(t, h.Packages.ChangeOperations(ctx, pack.ID, []apipackages.Change{{Verb: apipackages.Add, Operation: operations.Items[0].ID}}, nil))
	_, err = h.Packages.PutCurrent(ctx, pack.ID, "openapi: 3.1.0\ninfo: {title: Starter, version: \"1\"}\npaths: {}\n", "")
	must(t, err)
	_, err = h.Publications.Put(ctx, pack.ID, portal.ID, control.PublicationFields{})
	must(t, err)
	furnishAPI(t, h, pack.ID)
}

// furnishSettings is everything about admins, the audit log's webhook, and a
// token that has expired.
func furnishSettings(t *testing.T, h *consoletest.House) {
	t.Helper()
	ctx := t.Context()
	team, err := h.Admins.Teams.Create(ctx, admins.NewTeam{Name: "Payments"})
	must(t, err)
	robot, err := h.Admins.SystemAccounts.Create(ctx, admins.NewSystemAccount{Name: "Pipeline"})
	must(t, err)
	_, err = h.Admins.SystemAccounts.CreateToken(ctx, robot.ID, "CI", h.Clock.Now().Add(90*24*time.Hour))
	must(t, err)
	for _, of := range []admins.Holder{admins.OfUser(h.Admin.ID), admins.OfTeam(team.ID), admins.OfSystemAccount(robot.ID)} {
		_, err := h.Admins.Roles.Assign(ctx, of, admins.NewRole{Role: "Viewer", EntityType: access.APIs, EntityID: access.Everything, Region: "*"})
		must(t, err)
	}
	for _, member := range []admins.Holder{admins.OfUser(h.Admin.ID), admins.OfSystemAccount(robot.ID)} {
		must(t, h.Admins.Teams.Add(ctx, team.ID, member))
	}
	_, err = h.Admins.Invites.Create(ctx, admins.NewInvite{Email: "ben@acme.example"})
	must(t, err)
	provider, err := h.Admins.IdentityProviders.Create(ctx, admins.IdentityProviderFields{IssuerURL: portico.Some("https://login.acme.example"), ClientID: portico.Some("console")})
	must(t, err)
	_, err = h.Admins.IdentityProviders.AddMapping(ctx, provider.ID, team.ID, "payments")
	must(t, err)
	destination, err := h.Audit.Destinations.Create(ctx, audit.Destination{Name: portico.Some("SIEM"), Endpoint: portico.Some("https://siem.example/in"), Format: portico.Some(portico.AuditJSON)})
	must(t, err)
	_, err = h.Audit.Webhooks.Update(ctx, audit.Organization(), portico.Some(destination.ID), portico.Some(true))
	must(t, err)
	_, err = h.Accounts.CreateToken(ctx, h.Admin.ID, "CI", h.Clock.Now().Add(90*24*time.Hour))
	must(t, err)
	h.Clock.Advance(25 * time.Hour) // the first token has expired
}
