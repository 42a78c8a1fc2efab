package admins_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	use "portico/admins"
	"portico/control"
	"portico/secret"
	"portico/webtest"
	"portico/webui/console/admins"
	"portico/webui/consoletest"
	"portico/webui/desk"
	"portico/webui/i18n"
)

const password = "correct horse battery staple"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out
}

// token is that of the invitation in the last mail to an address.
func token(t testing.TB, h *consoletest.House, email string) secret.Text {
	t.Helper()
	link, err := url.Parse(h.Mails.Last(t, email).Link)
	must(t, err)
	return secret.New(link.Query().Get("token"))
}

// admin makes a user who was invited into the teams.
func admin(t testing.TB, h *consoletest.House, email, name string, teams ...portico.AdminTeamID) portico.User {
	t.Helper()
	_, err := h.Admins.Invites.Create(t.Context(), use.NewInvite{Email: email, TeamIDs: teams})
	must(t, err)
	user, err := h.Admins.Invites.Accept(t.Context(), token(t, h, email), name, secret.New(password))
	must(t, err)
	return user
}

// does runs the call that a form shows, and wants a status.
func does(t testing.TB, h *consoletest.House, page *webtest.Shown, status int) consoletest.Answer {
	t.Helper()
	answer := h.Run(t, page)
	if answer.Status != status {
		t.Errorf("the call answers %d %v, want %d: %s", answer.Status, answer.Body, status, page.TextOf("api-call"))
	}
	return answer
}

func TestAnAdminIsInvited(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	c := h.As(t, "en")
	c.Get("/settings/admins").Is(200, "/settings/admins").Says("Ada Admin", "organization-admin", "Active", "Invite admin").Hides("Open invitations")
	page := c.Get("/settings/admins/invite").Is(200, "/settings/admins/invite").Says("portal-viewer").Hides("No mail server")
	page.Submit("/invite", form("email", "ben")).Is(422, "/settings/admins/invite").Fault("email")
	page.Submit("/invite", form("email", "ada@acme.example")).Is(409, "/settings/admins/invite").Says("already")
	page.Submit("/invite", form("email", "ben@acme.example", "teams", "none")).Is(422, "/settings/admins/invite").Fault("teams")
	page.Submit("/invite", form("email", "ben@acme.example", "teams", string(portico.OrganizationReaders), "view", "call")).Is(200, "/settings/admins/invite").Says("The call invites without teams")
	does(t, h, page.Submit("/invite", form("email", "kim@acme.example", "view", "call")).Is(200, "/settings/admins/invite").Hides("The call invites without teams"), 201)
	filled := form("email", "ben@acme.example", "teams", string(portico.OrganizationReaders))
	list := page.Submit("/invite", filled).Is(200, "/settings/admins").Says("on its way to ben@acme.example", "Open invitations", "Invited", "kim@acme.example")
	first := token(t, h, "ben@acme.example")
	found, err := h.Admins.Invites.List(t.Context(), portico.Everything(portico.Where("email", "ben@acme.example")))
	must(t, err)
	again := form("invite", string(found.Items[0].ID))
	list.Submit("/invite/again", again).Is(429, "/settings/admins/invite/again").Says("Too many attempts")
	h.Clock.Advance(time.Hour)
	c.Post("/settings/admins/invite/again", again).Is(200, "/settings/admins").Says("on its way to ben@acme.example")
	c.Post("/settings/admins/invite/again", again).Is(404, "/settings/admins/invite/again") // there is a new one in its place
	if _, err := h.Admins.Invites.ByToken(t.Context(), first); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("the first link still works: %v", err)
	}
	ben, err := h.Admins.Invites.Accept(t.Context(), token(t, h, "ben@acme.example"), "Ben Builder", secret.New(password))
	must(t, err)
	teams, err := h.Admins.Teams.Of(t.Context(), use.OfUser(ben.ID), portico.Everything())
	must(t, err)
	if len(teams.Items) != 1 || teams.Items[0].ID != portico.OrganizationReaders {
		t.Errorf("invited again into %+v", teams.Items)
	}
	c.Get("/settings/admins?state=invited").Says("kim@acme.example").Hides("Ben Builder")
	c.Get("/settings/admins?state=active&q=BUILD").Says("ben@acme.example").Hides("kim@acme.example", "Actions for Ada Admin")
	c.Get("/settings/admins?state=inactive").Says("Nothing matches these filters")
	h.Clock.Advance(8 * 24 * time.Hour)
	c.Get("/settings/admins?q=kim").Says("Expired").Hides("Ben Builder")
	kim, err := h.Admins.Invites.List(t.Context(), portico.Everything())
	must(t, err)
	revoke := form("invite", string(kim.Items[0].ID))
	c.Post("/settings/admins/invite/revoke", revoke).Is(200, "/settings/admins").Says("The invitation is revoked").Hides("kim@acme.example")
	c.Post("/settings/admins/invite/revoke", revoke).Is(200, "/settings/admins") // it is what was wanted
}

// TestWithoutAMailServerTheLinkIsShown: otherwise nobody could come in.
func TestWithoutAMailServerTheLinkIsShown(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, func(s *desk.Site) []desk.Route {
		s.Admins.Invites.NoMail = true
		return admins.Routes(s)
	})
	page := h.As(t, "en").Get("/settings/admins/invite").Says("No mail server is set up")
	made := page.Submit("/invite", form("email", "ben@acme.example")).Is(200, "/settings/admins/invite").Says("Pass the link on to ben@acme.example", "9 Nov 2026")
	if made.Header.Get("Cache-Control") != "no-store" || made.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the link may be kept")
	}
	link := made.TextOf("secret")
	if link != h.Mails.Last(t, "ben@acme.example").Link || strings.Contains(h.Logs.String(), token(t, h, "ben@acme.example").Reveal()) {
		t.Errorf("shows %q, and the log tells it: %v", link, h.Logs.String())
	}
}

func TestAUserIsChangedKeptOutAndDeleted(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	ben := admin(t, h, "ben@acme.example", "Ben Builder")
	c, path := h.As(t, "en"), "/settings/admins/"+string(ben.ID)
	page := c.Get(path).Is(200, path).Says("Ben Builder", "ben@acme.example", "In no team.", "No roles", "Off")
	page.Submit(string(ben.ID), form("full_name", "")).Is(422, path).Fault("full_name")
	call := does(t, h, page.Submit(string(ben.ID), form("full_name", "Ben B.", "preferred_name", "Benny", "view", "call")).Is(200, path), 200)
	if call.Body["full_name"] != "Ben B." || call.Body["preferred_name"] != "Benny" {
		t.Errorf("the call answers %v", call.Body)
	}
	page.Submit(string(ben.ID), form("full_name", "Ben Builder", "preferred_name", "")).Is(200, path).Says("The changes are saved.")

	// Teams.
	readers := form("team", string(portico.OrganizationReaders))
	c.Get(path).Submit("/teams", readers).Is(200, path).Says("The team has a new member.", "organization-admin-readonly")
	c.Get(path).Submit("/teams/remove", nil).Is(200, path).Says("The team has a member less.", "In no team.")
	readers.Set("view", "call")
	does(t, h, c.Get(path).Submit("/teams", readers).Is(200, path), 201)
	c.Get(path).Submit("/teams", form("team", string(portico.OrganizationReaders))).Is(409, path).Says("in this team already")
	c.Get(path).Submit("/teams", form("team", "none")).Is(404, path+"/teams")

	// Kept out, and let in again.
	c.Get(path).Submit("/active", form("state", "gone")).Is(422, path)
	c.Get(path).Submit("/active", form("state", "inactive")).Is(200, path).Says("Ben Builder is signed out and kept out.", "Deactivated")
	c.Get("/settings/admins?state=inactive").Says("Ben Builder").Hides("Actions for Ada Admin")
	c.Get(path).Submit("/active", form("state", "active")).Is(200, path).Says("Ben Builder can sign in again.")

	// The last organization admin stays one.
	ada := "/settings/admins/" + string(h.Admin.ID)
	const last = "This is the last active organization admin; nothing was changed."
	c.Get(ada).Submit("/active", form("state", "inactive")).Is(409, ada).Says(last, "Ada Admin")
	c.Get(ada).Submit("/teams/remove", nil).Is(409, ada).Says(last, "organization-admin")
	c.Get(ada+"/delete").Submit("/delete", nil).Is(409, ada).Says(last)
	h.As(t, "ja").Get(ada).Submit("/active", form("state", "inactive")).Is(409, ada).Says("有効な組織管理者はこの人だけ")

	// Deleted, twice.
	ask := c.Get(path+"/delete").Is(200, path).Says("Delete Ben Builder?")
	shows := ask.Submit("/delete", form("view", "call")).Is(200, path)
	ask.Submit("/delete", nil).Is(200, "/settings/admins").Says("Deleted.").Hides("Ben Builder")
	does(t, h, shows, 404)
	c.Get(path).Is(404, path)
}

func TestTeams(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	ben := admin(t, h, "ben@acme.example", "Ben Builder")
	robot, err := h.Admins.SystemAccounts.Create(t.Context(), use.NewSystemAccount{Name: "Pipeline"})
	must(t, err)
	c := h.As(t, "en")
	c.Get("/settings/teams").Is(200, "/settings/teams").Says("organization-admin", "Predefined").Get("/settings/teams?q=zzz").Says("Nothing matches")
	page := c.Get("/settings/teams/new").Is(200, "/settings/teams/new")
	page.Submit("/new", form("name", "", "labels", "=")).Is(422, "/settings/teams/new").Fault("name").Fault("labels")
	filled := form("name", "Payments", "description", "Pays", "labels", "unit=eu,tier=1")
	made := page.Submit("/new", filled).Is(200, "/settings/teams/").Says("The team is there.", "Payments", "Pays")
	filled.Set("view", "call")
	filled.Set("name", "By call")
	call := does(t, h, page.Submit("/new", filled).Is(200, "/settings/teams/new"), 201)
	team, err := h.Admins.Teams.ByID(t.Context(), portico.AdminTeamID(made.Path[len("/settings/teams/"):]))
	must(t, err)
	if labels, _ := call.Body["labels"].(map[string]any); len(team.Labels) != 2 || labels["unit"] != team.Labels["unit"] || call.Body["description"] != *team.Description {
		t.Errorf("the form makes %+v, its call %+v", team, call.Body)
	}
	path, id := made.Path, string(team.ID)

	// Members.
	users := c.Get(path)
	users.Submit("/users", form("email", "nobody@acme.example")).Is(422, path).Fault("email").Says("Payments")
	users.Submit("/users", form("email", "BEN@acme.example")).Is(200, path).Says("The team has a new member.", "Ben Builder")
	users.Submit("/users", form("email", "ben@acme.example")).Is(409, path).Says("in this team already")
	c.Get(path).Submit("/users/remove", nil).Is(200, path).Says("The team has a member less.").Hides("Ben Builder")
	does(t, h, users.Submit("/users", form("email", "ben@acme.example", "view", "call")).Is(200, path), 201)
	users.Submit("/system-accounts", form("account", string(robot.ID))).Is(200, path).Says("Pipeline")
	c.Get(path).Submit("/system-accounts/remove", nil).Is(200, path)
	does(t, h, users.Submit("/system-accounts", form("account", string(robot.ID), "view", "call")).Is(200, path), 201)
	c.Get("/settings/teams?q=pay").Says("Payments").Hides("By call")
	if members, err := h.Admins.Teams.Users(t.Context(), team.ID, portico.Everything()); err != nil || len(members.Items) != 1 || members.Items[0].ID != ben.ID {
		t.Errorf("the members are %+v, %v", members, err)
	}

	// Changed, and deleted.
	edit := c.Get(path)
	edit.Submit(id, form("name", "")).Is(422, path).Fault("name")
	does(t, h, edit.Submit(id, form("name", "Paying", "description", "Pays more", "labels", "unit=us", "view", "call")).Is(200, path), 200)
	team, err = h.Admins.Teams.ByID(t.Context(), team.ID)
	must(t, err)
	if team.Name != "Paying" || *team.Description != "Pays more" || len(team.Labels) != 1 || team.Labels["unit"] != "us" {
		t.Errorf("the call makes %+v", team)
	}
	edit.Submit(id, form("name", "Payments", "description", "", "labels", "")).Is(200, path).Says("The changes are saved.")
	team, err = h.Admins.Teams.ByID(t.Context(), team.ID)
	must(t, err)
	if team.Name != "Payments" || team.Description != nil || len(team.Labels) != 0 {
		t.Errorf("the form makes %+v", team)
	}
	ask := c.Get(path+"/delete").Is(200, path).Says("Delete Payments?")
	shows := ask.Submit("/delete", form("view", "call")).Is(200, path)
	ask.Submit("/delete", nil).Is(200, "/settings/teams").Says("Deleted.").Hides("Payments")
	does(t, h, shows, 404)

	// Predefined teams are as they are, but for their members.
	system := "/settings/teams/" + string(portico.OrganizationAdmins)
	c.Get(system).Is(200, system).Says("May do everything.", "Ada Admin", "Predefined").Hides("Name and labels", "Assign role")
	c.Get(system).Submit("/users/remove", nil).Is(409, system).Says("the last active organization admin")
	c.Post(system+"/delete", nil).Is(422, system+"/delete").Says("can be neither changed nor deleted")
}

func TestRolesAreAssigned(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Orders"})
	must(t, err)
	team, err := h.Admins.Teams.Create(t.Context(), use.NewTeam{Name: "Payments"})
	must(t, err)
	robot, err := h.Admins.SystemAccounts.Create(t.Context(), use.NewSystemAccount{Name: "Pipeline"})
	must(t, err)
	c := h.As(t, "en")
	for _, path := range []string{"/settings/admins/" + string(h.Admin.ID), "/settings/teams/" + string(team.ID), "/settings/system-accounts/" + string(robot.ID)} {
		page := c.Get(path+"/roles/new?type=APIs").Is(200, path).Says("Approves an API's registrations.", "Orders", "Control planes")
		page.Submit("/new", form("role", "Viewer", "entity", "none")).Is(422, path).Fault("entity")
		page.Submit("/new", form("role", "Creator", "entity", string(api.ID))).Is(422, path).Fault("entity")
		page.Submit("/new", form("role", "Overlord")).Is(422, path).Fault("role")
		page.Submit("/new", form("role", "Maintainer", "entity", string(api.ID))).Is(200, path).Says("The role Maintainer is assigned.", "Orders")
		page.Submit("/new", form("role", "Maintainer", "entity", string(api.ID))).Is(409, path).Says("assigned already")
		call := does(t, h, page.Submit("/new", form("role", "Publisher", "entity", "*", "view", "call")).Is(200, path), 201)
		if call.Body["role_name"] != "Publisher" || call.Body["entity_type_name"] != "APIs" || call.Body["entity_id"] != "*" {
			t.Errorf("the call answers %v", call.Body)
		}
		page = c.Get(path).Is(200, path).Says("Publisher", "All, also those to come")
		page.Submit("/roles/remove", nil).Is(200, path).Says("The role is removed.")
		c.Get(path).Submit("/roles/remove", nil).Is(200, path)
		c.Get(path).Says("No roles")
		c.Get(path+"/roles/new?type=Identity").Is(200, path).Hides("Overlord") // nobody is given the organization by a role
	}
	fixed := "/settings/teams/5e000000-0000-4000-8000-000000000004" // portal-viewer
	c.Get(fixed).Is(200, fixed).Says("Viewer", "Portals").Hides("Assign role", "Remove Portals")
	c.Post(fixed+"/roles/new", form("type", "APIs", "role", "Viewer", "entity", "*")).Is(422, fixed).Says("The system team [portal-viewer]", "its roles are fixed")
	for _, lang := range []string{"en", "ja"} {
		h.As(t, lang).Get("/settings/roles").Is(200, "/settings/roles").Says("Registration Approver", "Deployer")
	}
}

func TestSystemAccounts(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	c := h.As(t, "en")
	c.Get("/settings/system-accounts").Is(200, "/settings/system-accounts").Says("No system account yet")
	page := c.Get("/settings/system-accounts/new").Is(200, "/settings/system-accounts/new")
	page.Submit("/new", form("name", "")).Is(422, "/settings/system-accounts/new").Fault("name")
	made := page.Submit("/new", form("name", "Pipeline", "description", "Deploys")).Is(200, "/settings/system-accounts/").Says("The system account is there.", "Deploys", "No access token yet")
	page.Submit("/new", form("name", "Pipeline")).Is(409, "/settings/system-accounts/new").Says("exists already")
	does(t, h, page.Submit("/new", form("name", "Other", "view", "call")).Is(200, "/settings/system-accounts/new"), 201)
	path, id := made.Path, made.Path[len("/settings/system-accounts/"):]
	does(t, h, c.Get(path).Submit(id, form("name", "Pipe", "description", "", "view", "call")).Is(200, path), 200)
	c.Get(path).Submit(id, form("name", "Other")).Is(409, path).Says("exists already")
	c.Get(path).Submit(id, form("name", "Pipeline", "description", "Ships")).Is(200, path).Says("The changes are saved.", "Ships")
	c.Get(path).Submit("/teams", form("team", string(portico.OrganizationReaders))).Is(200, path).Says("organization-admin-readonly")
	c.Get(path).Submit("/teams/remove", nil).Is(200, path).Says("In no team.")
	does(t, h, c.Get(path).Submit("/teams", form("team", string(portico.OrganizationReaders), "view", "call")).Is(200, path), 201)

	// Tokens.
	fresh := c.Get(path+"/tokens/new").Is(200, path).Says("365 days")
	fresh.Submit("/new", form("name", "", "life", "1")).Is(422, path).Fault("name").Fault("life")
	shown := fresh.Submit("/new", form("name", "CI", "life", "30")).Is(200, path).Says("Copy it now", "2 Dec 2026")
	token := shown.TextOf("secret")
	call := does(t, h, fresh.Submit("/new", form("name", "By call", "life", "30", "view", "call")).Is(200, path), 201)
	who, err := h.Accounts.Authenticate(t.Context(), secret.New(token))
	must(t, err)
	if shown.Header.Get("Cache-Control") != "no-store" || who.SystemAccount.Name != "Pipeline" || call.Body["expires_at"] != "2026-12-02T14:32:00.000Z" || !who.MachineToken.ExpiresAt.Equal(h.Clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("the form makes %+v, its call %+v", who.MachineToken, call.Body)
	}
	fresh.Submit("/new", form("name", "CI", "life", "30")).Is(409, path).Says("The name of this token is taken")
	c.Get(path).Says("CI", "By call", "2 Dec 2026").Hides(token)
	c.Get("/settings/system-accounts?q=PIPE").Says("Pipeline", "2").Hides("Other")
	h.Clock.Advance(31 * 24 * time.Hour)
	c.Get(path).Says("Expired")
	c.Get("/settings/system-accounts?q=pipe").Says("0")
	revoke := path + "/tokens/" + string(who.MachineToken.ID) + "/revoke"
	ask := c.Get(revoke).Is(200, revoke).Says("Revoke CI?")
	shows := ask.Submit("/revoke", form("view", "call")).Is(200, revoke)
	ask.Submit("/revoke", nil).Is(200, path).Says("The access token is revoked.", "By call")
	does(t, h, renewed(t, h, shows), 404)
	c.Get(revoke).Is(404, revoke)

	gone := c.Get(path+"/delete").Is(200, path).Says("Delete Pipeline?")
	shows = gone.Submit("/delete", form("view", "call")).Is(200, path)
	gone.Submit("/delete", nil).Is(200, "/settings/system-accounts").Says("Deleted.").Hides("Pipeline")
	does(t, h, shows, 404)
}

// renewed lets the founder's token work again, which has expired with the others.
func renewed(t testing.TB, h *consoletest.House, page *webtest.Shown) *webtest.Shown {
	t.Helper()
	token, err := h.Accounts.CreateToken(t.Context(), h.Admin.ID, "later", h.Clock.Now().Add(time.Hour))
	must(t, err)
	h.Token = token.Value
	return page
}

func TestWhoMayOnlyViewChangesNothing(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	reader := h.As(t, "en", access.OrganizationReader())
	own := "/settings/admins/" + string(h.Admin.ID)
	reader.Get("/settings/admins").Is(200, "/settings/admins").Says("Ada Admin").Hides("Invite admin", "Actions for")
	reader.Get(own).Is(200, own).Says("organization-admin").Hides("Delete", "Save", "View as API call", "Add to a team", "Assign role")
	reader.Get("/settings/teams").Is(200, "/settings/teams").Hides("New team")
	reader.Get("/settings/system-accounts").Is(200, "/settings/system-accounts").Hides("New system account")
	reader.Get(own+"/delete").Is(403, own+"/delete")
	reader.Post(own, form("full_name", "Mallory")).Is(403, own).Says("nothing was done")
	reader.Post("/settings/admins/invite", form("email", "eve@acme.example")).Is(403, "/settings/admins/invite")
	other := h.As(t, "en", access.Grant{Role: "Admin", Type: access.Portals, Entity: access.Everything})
	other.Get("/settings/admins").Is(403, "/settings/admins")
}

// TestEveryRoleIsExplained: in each language, with everything that it allows.
func TestEveryRoleIsExplained(t *testing.T) {
	t.Parallel()
	texts, err := i18n.New()
	must(t, err)
	key := strings.NewReplacer(" ", "_").Replace
	for _, l := range i18n.Languages() {
		ctx := texts.With(t.Context(), l.Tag)
		has := func(k string) {
			if _, ok := i18n.Lookup(ctx, "admins."+strings.ToLower(key(k))); !ok {
				t.Errorf("%s has no text %s", l.Tag, k)
			}
		}
		for _, of := range use.AssignableTypes() {
			has("type_" + string(of))
			for _, r := range access.Roles(of) {
				has("role_" + string(of) + "_" + r.Name)
				for _, a := range r.Actions {
					has("action_" + string(a))
				}
			}
		}
	}
}
