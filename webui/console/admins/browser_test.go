package admins_test

import (
	"testing"
	"time"

	"portico"
	"portico/access"
	use "portico/admins"
	"portico/control"
	"portico/webtest"
	"portico/webui/console/admins"
	"portico/webui/consoletest"
)

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, admins.Routes)
	ben := admin(t, h, "ben.builder@acme.example", "Ben Builder", portico.OrganizationReaders)
	_, err := h.Admins.Users.SetActive(t.Context(), admin(t, h, "cleo@acme.example", "Cleo Former").ID, false)
	must(t, err)
	_, err = h.Admins.Invites.Create(t.Context(), use.NewInvite{Email: "a.person.with.a.long.address@engineering.acme.example"})
	must(t, err)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Orders"})
	must(t, err)
	team, err := h.Admins.Teams.Create(t.Context(), use.NewTeam{Name: "Payments", Description: new("Everybody who works on payments, and nobody else"), Labels: map[string]string{"unit": "eu"}})
	must(t, err)
	robot, err := h.Admins.SystemAccounts.Create(t.Context(), use.NewSystemAccount{Name: "Pipeline", Description: "Deploys what is merged"})
	must(t, err)
	_, err = h.Admins.SystemAccounts.CreateToken(t.Context(), robot.ID, "CI", h.Clock.Now().Add(90*24*time.Hour))
	must(t, err)
	for _, of := range []use.Holder{use.OfUser(ben.ID), use.OfTeam(team.ID), use.OfSystemAccount(robot.ID)} {
		for entity, role := range map[string]string{string(api.ID): "Registration Approver", access.Everything: "Viewer"} {
			_, err := h.Admins.Roles.Assign(t.Context(), of, use.NewRole{Role: role, EntityType: access.APIs, EntityID: entity, Region: "*"})
			must(t, err)
		}
	}
	for _, member := range []use.Holder{use.OfUser(ben.ID), use.OfSystemAccount(robot.ID)} {
		must(t, h.Admins.Teams.Add(t.Context(), team.ID, member))
	}
	user, own, account := "/settings/admins/"+string(ben.ID), "/settings/teams/"+string(team.ID), "/settings/system-accounts/"+string(robot.ID)
	h.Matrix(t, []webtest.View{
		{Name: "settings-admins", Path: "/settings/admins"}, {Name: "settings-invite", Path: "/settings/admins/invite"},
		{Name: "settings-admin", Path: user}, {Name: "settings-admin-delete", Path: user + "/delete"}, {Name: "settings-role-new", Path: user + "/roles/new"},
		{Name: "settings-teams", Path: "/settings/teams"}, {Name: "settings-team", Path: own}, {Name: "settings-team-new", Path: "/settings/teams/new"},
		{Name: "settings-roles", Path: "/settings/roles"},
		{Name: "settings-accounts", Path: "/settings/system-accounts"}, {Name: "settings-account", Path: account}, {Name: "settings-token-new", Path: account + "/tokens/new"},
	})
}
