package people_test

import (
	"net/url"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/control"
	"portico/developers"
	"portico/webtest"
	"portico/webui/console/people"
	"portico/webui/consoletest"
)

const (
	accounts      = "/approvals/developers"
	registrations = "/approvals/registrations"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// furnished is a house with a portal in which Dana waits for an account, and
// Erin, who has one, for an API.
type furnished struct {
	*consoletest.House
	portal     portico.Portal
	dana, erin portico.Developer
	api        control.APIView
	app        control.CreatedApplication
	wish       control.RegistrationView
}

func furnish(t testing.TB) furnished {
	t.Helper()
	f := furnished{House: consoletest.New(t, people.Routes)}
	var err error
	f.portal, err = f.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Shop")})
	must(t, err)
	f.dana, err = f.Developers.Create(t.Context(), f.portal.ID, developers.NewAccount{Email: "dana@new.example", FullName: "Dana Shopper", Status: new(portico.Pending)})
	must(t, err)
	f.erin, err = f.Developers.Create(t.Context(), f.portal.ID, developers.NewAccount{Email: "erin@shop.example", FullName: "Erin Builder", Status: new(portico.Approved)})
	must(t, err)
	provider, err := f.Providers.Create(t.Context(), control.NewProvider{Name: "Okta", Type: portico.ProviderOkta, Issuer: f.Okta.Issuer, Secret: f.Okta.Token})
	must(t, err)
	strategy, err := f.Strategies.Create(t.Context(), control.NewStrategy{Name: "Okta", DisplayName: "Okta", ProviderID: &provider.ID,
		OIDC: []byte(`{"issuer":"` + f.Okta.Issuer + `","scopes":["orders:read"],"credential_claim":["cid"],"auth_methods":["bearer","client_credentials"]}`)})
	must(t, err)
	f.api, err = f.APIs.Create(t.Context(), control.NewAPI{Name: "Orders"})
	must(t, err)
	_, err = f.Publications.Put(t.Context(), f.api.ID, f.portal.ID, control.PublicationFields{StrategyID: portico.Some(strategy.ID)})
	must(t, err)
	f.app, err = f.Applications.Create(t.Context(), control.NewApplication{PortalID: f.portal.ID, DeveloperID: f.erin.ID, Name: "Checkout", StrategyID: &strategy.ID})
	must(t, err)
	f.wish, err = f.Registrations.Create(t.Context(), f.app.ID, f.api.ID, new(portico.Pending))
	must(t, err)
	return f
}

// approver may decide in the portal, and view it.
func (f furnished) approver(t testing.TB) *webtest.Client {
	return f.As(t, "en", access.Grant{Role: "Registration Approver", Type: access.Portals, Entity: string(f.portal.ID)})
}

func (f furnished) status(t testing.TB, id portico.DeveloperID) portico.Developer {
	t.Helper()
	d, err := f.Developers.Find(t.Context(), id)
	must(t, err)
	return d
}

func (f furnished) wished(t testing.TB) portico.Registration {
	t.Helper()
	r, err := f.Registrations.ByID(t.Context(), f.app.ID, f.wish.ID)
	must(t, err)
	return r.Registration
}

func TestAnAccountIsApprovedAndThatUndone(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	admin := f.approver(t)
	list := admin.Get("/approvals").Is(200, accounts).Says("Access and approvals", "Dana Shopper", "dana@new.example", "First from new.example", "Address not verified", "Shop")
	done := list.Submit("/developers", url.Values{"approve": {string(f.dana.ID)}}).Is(200, accounts).Says("Dana Shopper is approved", "Undo", "Nothing is waiting.", "by ada@acme.example")
	if got := f.status(t, f.dana.ID).Status; got != portico.Approved {
		t.Fatalf("the account is %s", got)
	}
	f.Mails.Last(t, f.dana.Email)
	done.Submit("/undo", url.Values{"id": {string(f.dana.ID)}}).Is(200, accounts).Says("Waiting again: 1", "Dana Shopper")
	if got := f.status(t, f.dana.ID).Status; got != portico.Pending {
		t.Fatalf("undone, the account is %s", got)
	}
	page := admin.Get(accounts+"/"+string(f.dana.ID)).Is(200, accounts).Says("History", "Approved", "Awaiting approval", "by ")
	if answer := f.Run(t, page.Submit(string(f.dana.ID), url.Values{"now": {"pending"}, "decision": {"approved"}, "view": {"call"}}).Is(200, accounts)); answer.Status != 200 || answer.Body["status"] != "approved" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	// Time is over: nothing is offered any more.
	f.Clock.Advance(11 * time.Second)
	admin.Get(accounts+"?approved="+string(f.dana.ID)).Is(200, accounts).Hides("is approved.")
	admin.Post(accounts, url.Values{"id": {string(f.dana.ID)}, "decision": {"approved"}}).Is(409, accounts).Says("Dana Shopper: Approved by")
	admin.Get(accounts+"/"+string(f.dana.ID)).Is(200, accounts).Says("Change status")
}

func TestRegistrationsAreRejectedWithAReason(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	admin := f.As(t, "en", access.Grant{Role: "Registration Approver", Type: access.APIs, Entity: string(f.api.ID)})
	admin.Get(accounts).Is(403, accounts)
	list := admin.Get("/approvals").Is(200, registrations).Says("Checkout", "Erin Builder", "Orders", "orders:read").Hides("Dana")
	chosen := url.Values{"id": {string(f.wish.ID)}, "decision": {"rejected"}}
	list.Submit("/registrations", chosen).Is(422, registrations).Fault("reason")
	list.Submit("/registrations", url.Values{"decision": {"rejected"}, "reason": {"No."}}).Is(422, registrations).Says("Select at least one row")
	list.Submit("/registrations", url.Values{"id": {string(f.wish.ID)}, "decision": {"pending"}}).Is(422, registrations)
	if got := f.wished(t).Status; got != portico.Pending {
		t.Fatalf("a refused form has made it %s", got)
	}
	page := admin.Get(registrations+"/"+string(f.wish.ID)).Is(200, registrations).Says("Checkout", "orders:read")
	seen := page.Submit(string(f.wish.ID), url.Values{"now": {"pending"}, "decision": {"rejected"}, "view": {"call"}}).Is(200, registrations)
	page.Submit(string(f.wish.ID), url.Values{"now": {"pending"}, "decision": {"rejected"}, "reason": {"Tell us what for"}}).Is(200, registrations).Says("Rejected: 1", "Nothing is waiting.", "Checkout → Orders", "Tell us what for")
	if got := f.wished(t); got.Status != portico.Rejected || got.Reason != "Tell us what for" {
		t.Errorf("it is %+v", got)
	}
	if answer := f.Run(t, seen); answer.Status != 200 || answer.Body["status"] != "rejected" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	page.Submit(string(f.wish.ID), url.Values{"now": {"pending"}, "decision": {"approved"}}).Is(409, registrations).Says("Checkout: Rejected by")
}

func TestNobodyDecidesElsewhere(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	elsewhere := f.As(t, "en", access.Grant{Role: "Admin", Type: access.Portals, Entity: "other"}, access.Grant{Role: "Admin", Type: access.APIs, Entity: "other"})
	elsewhere.Get("/approvals").Is(200, accounts).Says("Nothing is waiting.").Hides("Dana", "Checkout")
	elsewhere.Get(accounts+"/"+string(f.dana.ID)).Is(404, accounts)
	elsewhere.Post(accounts, url.Values{"approve": {string(f.dana.ID)}}).Is(409, accounts)
	elsewhere.Post(registrations, url.Values{"approve": {string(f.wish.ID)}}).Is(409, registrations)
	elsewhere.Post(accounts+"/undo", url.Values{"id": {string(f.erin.ID)}}).Is(404, accounts)
	f.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: string(f.portal.ID)}).Post(accounts, url.Values{"approve": {string(f.dana.ID)}}).Is(403, accounts)
	if f.status(t, f.dana.ID).Status != portico.Pending || f.wished(t).Status != portico.Pending || f.status(t, f.erin.ID).Status != portico.Approved {
		t.Error("somebody from elsewhere has decided")
	}
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	developer, app := "/developers/"+string(f.erin.ID), "/applications/"+string(f.app.ID)
	f.Matrix(t, []webtest.View{
		{Name: "accounts", Path: accounts}, {Name: "registrations", Path: registrations}, {Name: "waiting", Path: registrations + "/" + string(f.wish.ID)},
		{Name: "status", Path: accounts + "/" + string(f.erin.ID)}, {Name: "none", Path: accounts + "?q=zzz"},
		{Name: "developers", Path: "/developers"}, {Name: "invite", Path: "/developers/new"}, {Name: "developer", Path: developer}, {Name: "developer-delete", Path: developer + "/delete"},
		{Name: "teams", Path: "/teams"}, {Name: "applications", Path: "/applications"}, {Name: "import", Path: "/applications/import"}, {Name: "application", Path: app},
		{Name: "application-registrations", Path: app + "/registrations"}, {Name: "application-credentials", Path: app + "/credentials"}, {Name: "transfer", Path: app + "/transfer"},
	})
}

func TestDecidingByKeys(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	p := webtest.Start(t).Page(t, f.Console.URL)
	f.Visitor()(p)
	p.Open(accounts)
	p.Press("a") // no row is chosen: nothing happens
	p.Press("j")
	p.Press("a")
	p.See("Dana Shopper is approved.")
	p.Click("Undo")
	p.See("Waiting again: 1")
	p.Press("j")
	p.Press("r")
	p.Fill("Reason", "a reason with j, k, a and r")
	p.Within("Reason").Click("Reject")
	p.See("Rejected: 1")
	if got := f.status(t, f.dana.ID); got.Status != portico.Rejected || got.Reason != "a reason with j, k, a and r" {
		t.Errorf("the account is %s: %s", got.Status, got.Reason)
	}
}
