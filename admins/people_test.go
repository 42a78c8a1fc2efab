package admins_test

import (
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/secret"
	"portico/webui/i18n"
)

func TestInvitations(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		made := founded(t, h)
		ctx := admins.With(t.Context(), admins.Principal{User: made.User})
		team, err := h.Teams.Create(ctx, admins.NewTeam{Name: "going"})
		must(t, err)
		invite := func(email string, teams ...portico.AdminTeamID) (portico.Invite, secret.Text) {
			t.Helper()
			var made admins.Invited
			mails := h.post.mailed(func() {
				var err error
				made, err = h.Invites.Create(ctx, admins.NewInvite{Email: email, TeamIDs: teams})
				must(t, err)
			})
			if len(mails) != 1 || mails[0].To != strings.ToLower(email) || !strings.Contains(mails[0].Subject, "Acme") {
				t.Fatalf("mailed %+v", mails)
			}
			if !made.Link.Empty() {
				t.Error("the link of a mail is shown to whoever invites")
			}
			return made.Invite, token(t, mails[0])
		}
		one, first := invite("Bob@acme.example", portico.OrganizationReaders, team.ID)
		if *one.InviterID != made.User.ID || one.Email != "bob@acme.example" {
			t.Errorf("invited %+v", one)
		}
		_, err = h.Invites.Create(ctx, admins.NewInvite{Email: "bob@acme.example"})
		wantKind(t, err, portico.KindTooMany)
		_, err = h.Invites.Create(ctx, admins.NewInvite{Email: "ada@acme.example"})
		wantKind(t, err, portico.KindConflict)
		_, err = h.Invites.Create(ctx, admins.NewInvite{Email: "eve@acme.example", TeamIDs: []portico.AdminTeamID{"none"}})
		wantFault(t, err, "team_ids", "missing_reference")
		h.clock.Advance(time.Minute)
		_, second := invite("bob@acme.example", portico.OrganizationReaders, team.ID)
		_, err = h.Invites.ByToken(ctx, first)
		wantKind(t, err, portico.KindNotFound)
		_, err = h.Invites.Accept(ctx, second, "Bob", secret.New("short"))
		wantFault(t, err, "password", "min_length")
		must(t, h.Teams.Delete(ctx, team.ID))
		bob, err := h.Invites.Accept(ctx, second, "Bob", secret.New(goodPassword))
		must(t, err)
		_, err = h.Invites.Accept(ctx, second, "Bob", secret.New(goodPassword))
		wantKind(t, err, portico.KindNotFound)
		session, err := h.Sessions.SignIn(ctx, "bob@acme.example", secret.New(goodPassword), admins.Browser{})
		must(t, err)
		who, err := h.Sessions.Current(ctx, session.Token)
		must(t, err)
		if who.User.ID != bob.ID || !who.Grants.May(access.APIs, access.View, "any") || who.Grants.Somewhere(access.APIs, access.Edit) {
			t.Errorf("bob is %+v", who)
		}

		old, late := invite("carl@acme.example")
		page, err := h.Invites.List(ctx, portico.Everything())
		must(t, err)
		if page.Total != 1 || page.Items[0].ID != old.ID {
			t.Errorf("open invitations: %+v", page)
		}
		h.clock.Advance(7 * 24 * time.Hour)
		_, err = h.Invites.Accept(ctx, late, "Carl", secret.New(goodPassword))
		wantKind(t, err, portico.KindGone)
		must(t, h.Invites.Delete(ctx, old.ID))
		wantKind(t, h.Invites.Delete(ctx, old.ID), portico.KindNotFound)
	})
}

func TestTheLastOrganizationAdminStays(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ada := founded(t, h).User
		bob := h.hire(t, "bob@acme.example")
		refused := func() {
			t.Helper()
			wantKind(t, h.Users.Delete(ctx, ada.ID), portico.KindConflict)
			wantKind(t, h.Teams.Remove(ctx, portico.OrganizationAdmins, admins.OfUser(ada.ID)), portico.KindConflict)
			_, err := h.Users.SetActive(ctx, ada.ID, false)
			wantKind(t, err, portico.KindConflict)
		}
		refused()
		must(t, h.Teams.Add(ctx, portico.OrganizationAdmins, admins.OfUser(bob.ID)))
		_, err := h.Users.SetActive(ctx, bob.ID, false)
		must(t, err)
		refused()
		_, err = h.Users.SetActive(ctx, bob.ID, true)
		must(t, err)
		must(t, h.Users.Delete(ctx, ada.ID))
		o, err := h.Organization(ctx)
		must(t, err)
		if o.OwnerID != bob.ID {
			t.Errorf("%s owns the organization", o.OwnerID)
		}
		wantKind(t, h.Users.Delete(ctx, ada.ID), portico.KindNotFound)
		wantKind(t, h.Users.Delete(ctx, bob.ID), portico.KindConflict)
	})
}

func TestWhoeverIsSwitchedOffIsOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	founded(t, h)
	bob := h.hire(t, "bob@acme.example", portico.OrganizationAdmins)
	session, err := h.Sessions.SignIn(ctx, bob.Email, secret.New(goodPassword), admins.Browser{})
	must(t, err)
	pat, err := h.CreateToken(ctx, bob.ID, "ci", h.clock.Now().Add(time.Hour))
	must(t, err)
	_, err = h.Users.SetActive(ctx, bob.ID, false)
	must(t, err)
	_, err = h.Sessions.Current(ctx, session.Token)
	wantKind(t, err, portico.KindUnauthenticated)
	_, err = h.Authenticate(ctx, pat.Value)
	wantKind(t, err, portico.KindUnauthenticated)
	_, err = h.Sessions.SignIn(ctx, bob.Email, secret.New(goodPassword), admins.Browser{})
	wantKind(t, err, portico.KindUnauthenticated)
	if mails := h.post.mailed(func() { must(t, h.Passwords.Forgot(ctx, bob.Email)) }); len(mails) != 0 {
		t.Errorf("mailed %+v", mails)
	}
	_, err = h.Users.SetActive(ctx, bob.ID, true)
	must(t, err)
	_, err = h.Authenticate(ctx, pat.Value)
	must(t, err)
}

func TestRolesOfMachinesAndTeams(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		founded(t, h)
		must(t, h.Store.Update(ctx, func(tx portico.Tx) error {
			return tx.Portals().Insert(ctx, portico.Portal{ID: "p1", Name: "p1", Subdomain: "p1"})
		}))
		ci, err := h.SystemAccounts.Create(ctx, admins.NewSystemAccount{Name: "ci", Description: "builds"})
		must(t, err)
		_, err = h.SystemAccounts.Create(ctx, admins.NewSystemAccount{Name: "ci"})
		wantKind(t, err, portico.KindConflict)
		end := h.clock.Now().Add(time.Hour)
		issued, err := h.SystemAccounts.CreateToken(ctx, ci.ID, "one", end)
		must(t, err)
		_, err = h.SystemAccounts.CreateToken(ctx, ci.ID, "one", end)
		wantCode(t, err, "token_name_taken")
		granted := func() access.Grants {
			t.Helper()
			who, err := h.Authenticate(ctx, issued.Value)
			must(t, err)
			if who.IsUser() || who.Actor().Kind != portico.PrincipalSystemAccount || who.Actor().Name != "ci" {
				t.Errorf("the machine is %+v", who)
			}
			return who.Grants
		}
		if len(granted()) != 0 {
			t.Error("it may do something from the start")
		}
		mine, err := h.Roles.Assign(ctx, admins.OfSystemAccount(ci.ID), admins.NewRole{Role: "Viewer", EntityType: access.Portals, EntityID: "p1", Region: "eu"})
		must(t, err)
		_, err = h.Roles.Assign(ctx, admins.OfSystemAccount(ci.ID), admins.NewRole{Role: "Viewer", EntityType: access.Portals, EntityID: "p1", Region: "us"})
		wantKind(t, err, portico.KindConflict)
		if g := granted(); !g.May(access.Portals, access.View, "p1") || g.May(access.Portals, access.View, "p2") || g.May(access.Portals, access.Edit, "p1") {
			t.Errorf("granted %+v", g)
		}
		team, err := h.Teams.Create(ctx, admins.NewTeam{Name: "builders"})
		must(t, err)
		must(t, h.Teams.Add(ctx, team.ID, admins.OfSystemAccount(ci.ID)))
		_, err = h.Roles.Assign(ctx, admins.OfTeam(team.ID), admins.NewRole{Role: "Maintainer", EntityType: access.APIs, EntityID: "*", Region: "*"})
		must(t, err)
		if g := granted(); !g.May(access.APIs, access.Edit, "any") {
			t.Errorf("granted %+v", g)
		}
		for name, test := range map[string]struct {
			role        admins.NewRole
			field, rule string
		}{
			"unknown role":        {admins.NewRole{Role: "King", EntityType: access.APIs, EntityID: "*"}, "role_name", "enum"},
			"of another type":     {admins.NewRole{Role: "Publisher", EntityType: access.Portals, EntityID: "*"}, "role_name", "enum"},
			"unknown type":        {admins.NewRole{Role: "Admin", EntityType: "Networks", EntityID: "*"}, "entity_type_name", "enum"},
			"of the organization": {admins.NewRole{Role: "Admin", EntityType: access.Organization, EntityID: "*"}, "entity_type_name", "enum"},
			"unknown entity":      {admins.NewRole{Role: "Viewer", EntityType: access.Portals, EntityID: "p2"}, "entity_id", "missing_reference"},
			"creator of one":      {admins.NewRole{Role: "Creator", EntityType: access.Portals, EntityID: "p1"}, "entity_id", "invalid"},
		} {
			_, err := h.Roles.Assign(ctx, admins.OfTeam(team.ID), test.role)
			t.Run(name, func(t *testing.T) { wantFault(t, err, test.field, test.rule) })
		}
		_, err = h.Roles.Assign(ctx, admins.OfTeam(portico.OrganizationReaders), admins.NewRole{Role: "Viewer", EntityType: access.Portals, EntityID: "*"})
		wantFault(t, err, "team_id", "invalid")
		must(t, h.Roles.Remove(ctx, admins.OfSystemAccount(ci.ID), mine.ID))
		wantKind(t, h.Roles.Remove(ctx, admins.OfSystemAccount(ci.ID), mine.ID), portico.KindNotFound)
		must(t, h.Teams.Delete(ctx, team.ID))
		if len(granted()) != 0 {
			t.Error("it keeps the roles of a team that is gone")
		}
		h.clock.Advance(time.Hour)
		_, err = h.Authenticate(ctx, issued.Value)
		wantKind(t, err, portico.KindUnauthenticated)
		fresh, err := h.SystemAccounts.CreateToken(ctx, ci.ID, "two", h.clock.Now().Add(time.Hour))
		must(t, err)
		must(t, h.NoteUse(ctx, admins.Principal{SystemAccount: ci, MachineToken: fresh.SystemAccountToken}, h.clock.Now()))
		must(t, h.SystemAccounts.Delete(ctx, ci.ID))
		_, err = h.Authenticate(ctx, fresh.Value)
		wantKind(t, err, portico.KindUnauthenticated)
	})
}

// TestTeamsOfPeopleAndMachines holds that each kind of member is listed by itself.
func TestTeamsOfPeopleAndMachines(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		founded(t, h)
		users, err := h.Users.List(ctx, portico.Everything())
		must(t, err)
		ci, err := h.SystemAccounts.Create(ctx, admins.NewSystemAccount{Name: "ci"})
		must(t, err)
		team, err := h.Teams.Create(ctx, admins.NewTeam{Name: "mixed"})
		must(t, err)
		must(t, h.Teams.Add(ctx, team.ID, admins.OfSystemAccount(ci.ID)))
		must(t, h.Teams.Add(ctx, team.ID, admins.OfUser(users.Items[0].ID)))
		people, err := h.Teams.Users(ctx, team.ID, portico.Everything())
		must(t, err)
		machines, err := h.Teams.SystemAccounts(ctx, team.ID, portico.Everything())
		must(t, err)
		if people.Total != 1 || people.Items[0].ID != users.Items[0].ID || machines.Total != 1 || machines.Items[0].ID != ci.ID {
			t.Errorf("the team has the people %+v and the machines %+v", people, machines)
		}
	})
}

func TestSystemTeamsAreFixed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	founded(t, h)
	_, err := h.Teams.Change(ctx, portico.OrganizationAdmins, admins.TeamChange{Name: portico.Some("mine")})
	wantFault(t, err, "team_id", "invalid")
	wantFault(t, h.Teams.Delete(ctx, portico.OrganizationReaders), "team_id", "invalid")
	teams, err := h.Teams.List(ctx, portico.Everything())
	must(t, err)
	for _, team := range teams.Items {
		roles, err := h.Roles.List(ctx, admins.OfTeam(team.ID), portico.Everything())
		must(t, err)
		for _, r := range roles.Items {
			if _, ok := access.RoleOf(access.Type(r.EntityType), r.Role); !ok {
				t.Errorf("%s has the role [%s] of [%s], which means nothing", team.Name, r.Role, r.EntityType)
			}
			wantFault(t, h.Roles.Remove(ctx, admins.OfTeam(team.ID), r.ID), "team_id", "invalid")
		}
		if fixed := team.ID == portico.OrganizationAdmins || team.ID == portico.OrganizationReaders; !team.System || fixed == (len(roles.Items) > 0) {
			t.Errorf("%+v has %d roles", team, len(roles.Items))
		}
	}
}

// TestMailsAreInTheLanguageOfThePage that asks for them; the API has none.
func TestMailsAreInTheLanguageOfThePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	founded(t, h)
	texts, err := i18n.New()
	must(t, err)
	for language, want := range map[string][2]string{
		"":   {"You are invited to Acme", "Reset your password at Acme"},
		"en": {"You are invited to Acme", "Reset your password at Acme"},
		"ja": {"Acme への招待", "Acme のパスワードの再設定"},
	} {
		ctx := t.Context()
		if language != "" {
			ctx = texts.With(ctx, language)
		}
		mails := h.post.mailed(func() {
			_, err := h.Invites.Create(ctx, admins.NewInvite{Email: "x" + language + "@acme.example"})
			must(t, err)
			must(t, h.Passwords.Forgot(ctx, "ada@acme.example"))
		})
		if len(mails) != 2 || mails[0].Subject != want[0] || mails[1].Subject != want[1] {
			t.Fatalf("in %q: %+v", language, mails)
		}
		for _, m := range mails {
			if !strings.Contains(m.Text, "\n\n"+m.Link+"\n\n") || strings.Contains(m.Text, "{") {
				t.Errorf("in %q the mail says %s", language, m.Text)
			}
		}
	}
}
