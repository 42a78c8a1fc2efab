package people_test

import (
	"net/url"
	"testing"

	"portico"
	"portico/access"
	"portico/developers"
)

func TestADeveloperIsInvitedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	admin := f.As(t, "en")
	admin.Get("/developers").Is(200, "/developers").Says("Dana Shopper", "erin@shop.example", "Awaiting approval", "Invite developer")
	admin.Get("/developers?status=pending&q=dana").Says("Dana").Hides("Erin")
	admin.Get("/developers?portal_id=nowhere").Says("Nothing matches these filters")

	form := admin.Get("/developers/new").Is(200, "/developers")
	filled := url.Values{"portal": {string(f.portal.ID)}, "email": {"kim@shop.example"}, "full_name": {"Kim New"}, "approved": {"on"}, "mail": {"on"}}
	form.Submit("/new", url.Values{"portal": {string(f.portal.ID)}, "email": {"kim"}, "full_name": {""}}).Is(422, "/developers").Fault("email").Fault("full_name")
	filled.Set("view", "call")
	call := form.Submit("/new", filled).Is(200, "/developers")
	filled.Del("view")
	made := form.Submit("/new", filled).Is(200, "/developers/").Says("Kim New has an account.", "Approved", "no password is set")
	f.Mails.Last(t, "kim@shop.example")
	form.Submit("/new", filled).Is(409, "/developers").Says("exists already")
	made.Get(made.Path+"/delete").Submit("/delete", url.Values{}).Is(200, "/developers").Says("Kim New is deleted.")
	if answer := f.Run(t, call); answer.Status != 201 || answer.Body["status"] != "approved" || answer.Body["full_name"] != "Kim New" {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}

	path := "/developers/" + string(f.erin.ID)
	admin.Get(path).Is(200, path).Says("Checkout", "In no team.", "Not signed in anywhere.")
	admin.Post(path+"/sign-out", url.Values{}).Is(200, path).Says("signed out everywhere")
	status := accounts + "/" + string(f.erin.ID)
	page := admin.Get(status).Is(200, status).Says("Credentials go on working")
	page.Submit(string(f.erin.ID), url.Values{"decision": {"revoked"}}).Is(422, status).Fault("reason")
	page.Submit(string(f.erin.ID), url.Values{"decision": {"revoked"}, "reason": {"Left the company"}}).Is(200, status).Says("The status of Erin Builder is saved.", "Revoked", "Left the company")
	page.Submit(string(f.erin.ID), url.Values{"decision": {"pending"}}).Is(409, status).Says("Somebody else has decided in the meantime")
	confirm := admin.Get(path+"/delete").Is(200, path).Says("These applications go with it: Checkout")
	removal := confirm.Submit("/delete", url.Values{"view": {"call"}}).Is(200, path)
	if answer := f.Run(t, removal); answer.Status != 204 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	admin.Get(path).Is(404, path)
}

func TestAnApplicationIsTransferredAndDeleted(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	team, err := f.Teams.Create(t.Context(), f.portal.ID, developers.TeamFields{Name: portico.Some("Payments"), CanOwnApplications: portico.Some(true)})
	must(t, err)
	kim, err := f.Developers.Create(t.Context(), f.portal.ID, developers.NewAccount{Email: "kim@shop.example", FullName: "Kim New", Status: new(portico.Approved)})
	must(t, err)
	must(t, f.Teams.AddMember(t.Context(), f.portal.ID, team.ID, kim.ID))
	admin := f.As(t, "en")
	admin.Get("/teams").Is(200, "/teams").Says("Payments", "Shop", "1").Get("/teams?q=zzz").Says("Nothing matches")
	admin.Get("/applications").Is(200, "/applications").Says("Checkout", "Erin Builder", "Shop")
	path := "/applications/" + string(f.app.ID)
	admin.Get(path).Is(200, path).Says("Checkout", f.app.ClientID, "No requests.").Hides(f.app.Secret.Reveal())
	admin.Get(path+"/registrations").Is(200, path).Says("Orders", "Awaiting approval", "Decide")
	admin.Get(path+"/credentials").Is(200, path).Says("shown once").Hides(f.app.Secret.Reveal())
	form := admin.Get(path+"/transfer").Is(200, path)
	form.Submit("/transfer", url.Values{"email": {"nobody@shop.example"}}).Is(422, path).Fault("email")
	if answer := f.Run(t, form.Submit("/transfer", url.Values{"email": {"kim@shop.example"}, "view": {"call"}}).Is(200, path)); answer.Status != 200 {
		t.Errorf("the call answers %d %v", answer.Status, answer.Body)
	}
	form.Submit("/transfer", url.Values{"team": {string(team.ID)}}).Is(200, path).Says("Checkout belongs to Payments now.")
	moved, err := f.Applications.ByID(t.Context(), "", f.app.ID)
	must(t, err)
	if moved.TeamID == nil || *moved.TeamID != team.ID {
		t.Errorf("the owner is %+v", moved.Application)
	}
	confirm := admin.Get(path+"/delete").Is(200, path).Says("Its client is removed from Okta.")
	removal := confirm.Submit("/delete", url.Values{"view": {"call"}}).Is(200, path)
	confirm.Submit("/delete", url.Values{}).Is(200, "/applications").Says("Checkout is deleted.", "No application yet")
	if answer := f.Run(t, removal); answer.Status != 404 {
		t.Errorf("the call once more answers %d", answer.Status)
	}
}

func TestAClientIsImported(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	admin := f.As(t, "en")
	form := admin.Get("/applications/import").Is(200, "/applications")
	filled := url.Values{"portal": {string(f.portal.ID)}, "strategy": {string(f.app.StrategyID)}, "name": {"Taken over"}, "email": {"erin@shop.example"}, "client_id": {"0oanothere"}}
	form.Submit("/import", filled).Is(422, "/applications").Fault("client_id")
	// A client that another application has cannot be had twice.
	filled.Set("client_id", f.app.ClientID)
	form.Submit("/import", filled).Is(409, "/applications")
	form.Submit("/import", url.Values{"portal": {"x"}, "strategy": {"y"}, "email": {""}}).Is(422, "/applications").Fault("portal").Fault("strategy").Fault("email").Fault("name").Fault("client_id")
	const client = "0oaByHand"
	f.Okta.AddWebApp("By hand", client, "a-secret-that-stays-as-it-is-0123456789", "https://app.example/callback")
	filled.Set("client_id", client)
	filled.Set("view", "call")
	call := form.Submit("/import", filled).Is(200, "/applications")
	filled.Del("view")
	form.Submit("/import", filled).Is(200, "/applications/").Says("Taken over is imported.", client)
	if answer := f.Run(t, call); answer.Status != 409 {
		t.Errorf("the call once more answers %d %v", answer.Status, answer.Body)
	}
}

func TestViewersOnlyLook(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	developer, app := "/developers/"+string(f.erin.ID), "/applications/"+string(f.app.ID)
	viewer := f.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: string(f.portal.ID)})
	viewer.Get("/developers").Is(200, "/developers").Says("Erin").Hides("/developers/new")
	viewer.Get(developer).Is(200, developer).Hides("/delete", "Change status")
	viewer.Get(app+"/registrations").Is(200, app).Says("Orders").Hides("Decide", "/transfer")
	for _, path := range []string{"/developers/new", developer + "/delete", "/applications/import", app + "/delete", app + "/transfer"} {
		viewer.Get(path).Is(403, path)
		viewer.Post(path, url.Values{}).Is(403, path)
	}
	// Who is an admin of another portal gets through the door, and no further.
	elsewhere := f.As(t, "en", access.Grant{Role: "Admin", Type: access.Portals, Entity: "other"})
	elsewhere.Get("/developers").Is(200, "/developers").Says("No developer yet").Hides("Erin")
	elsewhere.Get("/applications").Is(200, "/applications").Hides("Checkout")
	for _, path := range []string{developer, developer + "/delete", app, app + "/registrations", app + "/credentials", app + "/delete", app + "/transfer"} {
		elsewhere.Get(path).Is(404, path)
	}
	for _, path := range []string{developer + "/sign-out", developer + "/delete", app + "/delete", app + "/transfer"} {
		elsewhere.Post(path, url.Values{"email": {"erin@shop.example"}}).Is(404, path)
	}
	elsewhere.Post("/developers/new", url.Values{"portal": {string(f.portal.ID)}, "email": {"x@y.example"}, "full_name": {"X"}}).Is(422, "/developers")
	elsewhere.Post("/applications/import", url.Values{"portal": {string(f.portal.ID)}, "strategy": {string(f.app.StrategyID)}, "email": {"erin@shop.example"}, "name": {"X"}, "client_id": {"c"}}).Is(422, "/applications")
}
