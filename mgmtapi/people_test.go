package mgmtapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"portico"
	"portico/secret"
	"portico/spectest"
)

// hire makes a user who has accepted an invitation.
func (s *testServer) hire(t *testing.T, email string) string {
	t.Helper()
	s.call(t, 201, "POST", "/v3/invites", object{"email": email})
	var invited portico.Invite
	token := secret.Token("")
	check(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		found, err := tx.Invites().List(t.Context(), portico.Everything(portico.Where("email", email)))
		if err != nil || len(found.Items) != 1 {
			t.Fatalf("invited: %+v, %v", found, err)
		}
		invited, err = tx.Invites().Change(t.Context(), found.Items[0].ID, func(i *portico.Invite) error {
			i.Digest = token.Digest() // the mail has the other one
			return nil
		})
		return err
	}))
	user, err := s.Admins.Invites.Accept(t.Context(), token, "Hired "+invited.Email, secret.New("correct horse battery"))
	check(t, err)
	return string(user.ID)
}

// TestListsOfPeople asks every list of the organization's people and machines for
// everything that the contract lets a client ask for.
func TestListsOfPeople(t *testing.T) {
	t.Parallel()
	oracle := spectest.Management(t)
	if oracle == nil {
		t.Skip("the public contracts are not at hand")
	}
	contract := oracle.Described()
	s := newServer(t)
	bob, carl := s.hire(t, "bob@acme.example"), s.hire(t, "carl@acme.example")
	_, err := s.Admins.Users.SetActive(t.Context(), portico.UserID(carl), false)
	check(t, err)
	post := func(path string, body object) string { return s.call(t, 201, "POST", path, body).text("id") }
	team := post("/v3/teams", object{"name": "Crew", "description": "Flies", "labels": object{"env": "test", "Owner": "ada"}})
	other := post("/v3/teams", object{"name": "Ground", "labels": object{"env": "live"}})
	portal := s.newPortal(t, "Portal", true)
	var account string
	for _, name := range []string{"ci", "backup", "monitor"} {
		account = post("/v3/system-accounts", object{"name": name, "description": "does " + name})
		s.call(t, 201, "POST", "/v3/teams/"+team+"/system-accounts", object{"id": account})
		post("/v3/system-accounts/"+account+"/access-tokens", object{"name": name, "expires_at": "2030-01-01T00:00:00Z"})
	}
	s.call(t, 201, "POST", "/v3/teams/"+other+"/system-accounts", object{"id": account})
	post("/v3/system-accounts/"+account+"/access-tokens", object{"name": "second", "expires_at": "2030-01-01T00:00:00Z"})
	for _, user := range []string{bob, carl} {
		s.call(t, 201, "POST", "/v3/teams/"+team+"/users", object{"id": user})
	}
	s.call(t, 201, "POST", "/v3/teams/"+other+"/users", object{"id": bob})
	for _, of := range []string{"/v3/users/" + bob, "/v3/teams/" + team, "/v3/system-accounts/" + account} {
		post(of+"/assigned-roles", object{"role_name": "Viewer", "entity_type_name": "Portals", "entity_id": portal, "entity_region": "eu"})
		post(of+"/assigned-roles", object{"role_name": "Publisher", "entity_type_name": "APIs", "entity_id": "*", "entity_region": "*"})
	}
	params := map[string]string{"userId": bob, "teamId": team, "accountId": account}
	for _, id := range []string{
		"list-users", "list-teams", "list-team-users", "list-user-teams", "list-user-roles", "list-team-roles", "get-system-accounts", "get-system-account-id-access-tokens",
		"get-system-accounts-accountId-assigned-roles", "get-teams-teamId-system-accounts", "get-system-accounts-accountId-teams",
	} {
		t.Run(id, func(t *testing.T) {
			op, known := contract[id]
			if !known {
				t.Fatal("the contract has no such list")
			}
			s.explore(t, op, list{id: id}, fillPath(t, op.Path, params))
		})
	}
}

// TestMembersAndRoles goes round with what has no body of its own, twice.
func TestMembersAndRoles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bob := s.hire(t, "bob@acme.example")
	machine := s.call(t, 201, "POST", "/v3/system-accounts", object{"name": "ci", "description": ""}).text("id")
	team := s.call(t, 201, "POST", "/v3/teams", object{"name": "Crew"}).text("id")
	portal := s.newPortal(t, "Portal", true)
	for range 2 {
		for kind, id := range map[string]string{"users": bob, "system-accounts": machine} {
			members := "/v3/teams/" + team + "/" + kind
			s.call(t, 201, "POST", members, object{"id": id})
			s.call(t, 409, "POST", members, object{"id": id})
			s.call(t, 404, "POST", members, object{"id": unknownID})
			if a := s.call(t, 200, "GET", members, nil); a.at("meta.page.total") != 1.0 || a.text("data.0.id") != id {
				t.Errorf("%s: %s", members, a.Text)
			}
			s.call(t, 204, "DELETE", members+"/"+id, nil)
			s.call(t, 404, "DELETE", members+"/"+id, nil)
		}
		for _, of := range []string{"/v3/users/" + bob, "/v3/teams/" + team, "/v3/system-accounts/" + machine} {
			role := object{"role_name": "Maintainer", "entity_type_name": "Portals", "entity_id": portal, "entity_region": "us"}
			given := s.call(t, 201, "POST", of+"/assigned-roles", role)
			at := of + "/assigned-roles/" + given.text("id")
			same(t, at, given.Body, s.call(t, 200, "GET", at, nil).Body)
			for member, want := range role {
				if given.at(member) != want {
					t.Errorf("%s: %s is %v", at, member, given.at(member))
				}
			}
			s.call(t, 409, "POST", of+"/assigned-roles", role)
			s.call(t, 400, "POST", of+"/assigned-roles", with(role, "entity_id", unknownID))
			s.call(t, 400, "POST", of+"/assigned-roles", with(role, "entity_id", "x"))
			s.call(t, 400, "POST", of+"/assigned-roles", with(role, "role_name", "Network Admin"))
			s.call(t, 400, "POST", of+"/assigned-roles", with(role, "entity_type_name", "Networks"))
			s.call(t, 204, "DELETE", at, nil)
			s.call(t, 404, "DELETE", at, nil)
			s.call(t, 404, "GET", at, nil)
		}
	}
	if roles := s.call(t, 200, "GET", "/v3/roles", nil); roles.text("portals.roles.content_editor.name") != "Content Editor" || roles.text("control_planes.name") != "Control Planes" {
		t.Errorf("the roles are %s", roles.Text)
	}
}

func TestUsersOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	bob := s.hire(t, "bob@acme.example")
	s.call(t, 409, "POST", "/v3/invites", `{"email":"bob@acme.example"}`)
	s.call(t, 400, "POST", "/v3/invites", `{"email":"bob"}`)
	s.call(t, 201, "POST", "/v3/invites", `{"email":"eve@acme.example"}`)
	s.call(t, 429, "POST", "/v3/invites", `{"email":"EVE@acme.example"}`)
	changed := s.call(t, 200, "PATCH", "/v3/users/"+bob, `{"full_name":"Bob B.","preferred_name":"B"}`)
	same(t, "the user, read back", changed.Body, s.call(t, 200, "GET", "/v3/users/"+bob, nil).Body)
	if a := s.call(t, 200, "PATCH", "/v3/users/"+bob, `{"preferred_name":""}`); a.text("full_name") != "Bob B." || a.text("preferred_name") != "" {
		t.Errorf("changed to %s", a.Text)
	}
	s.call(t, 400, "PATCH", "/v3/users/"+bob, `{"email":"mallory@acme.example"}`)
	s.call(t, 409, "DELETE", "/v3/users/"+string(s.user.ID), nil)
	s.call(t, 409, "DELETE", "/v3/teams/"+string(portico.OrganizationAdmins)+"/users/"+string(s.user.ID), nil)
	s.call(t, 204, "DELETE", "/v3/users/"+bob, nil)
	s.call(t, 404, "DELETE", "/v3/users/"+bob, nil)
	if a := s.call(t, 200, "PATCH", "/v3/organizations/impersonation", `{"enabled":false}`); a.at("enabled") != false {
		t.Errorf("impersonation: %s", a.Text)
	}
	s.call(t, 400, "PATCH", "/v3/organizations/impersonation", `{"enabled":true}`)
}

// TestOlderSignOnSettings: the identity provider by its older names, and its
// group mappings from either side.
func TestOlderSignOnSettings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.keep("hidden-secret-of-the-console")
	const provider = "/v3/identity-provider"
	s.call(t, 404, "GET", provider, nil)
	s.call(t, 400, "GET", provider+"/team-group-mappings", nil)
	s.call(t, 400, "PATCH", provider, `{"client_id":"console"}`)
	if a := s.call(t, 200, "GET", "/v3/identity-providers", nil); strings.TrimSpace(a.Text) != "[]" {
		t.Errorf("without any: %s", a.Text)
	}
	made := s.call(t, 200, "PATCH", provider, `{"issuer":"https://idp.example","client_id":"console","client_secret":"hidden-secret-of-the-console","login_path":"acme"}`)
	same(t, "the settings, read back", made.Body, s.call(t, 200, "GET", provider, nil).Body)
	if a := s.call(t, 200, "PATCH", provider, `{"scopes":["openid"]}`); a.text("issuer") != "https://idp.example" || a.text("scopes.0") != "openid" {
		t.Errorf("changed to %s", a.Text)
	}
	for _, on := range []bool{true, false, true} {
		if a := s.call(t, 200, "PATCH", "/v3/authentication-settings", object{"oidc_auth_enabled": on, "idp_mapping_enabled": on}); a.at("oidc_auth_enabled") != on || a.at("idp_mapping_enabled") != on || a.at("basic_auth_enabled") != true {
			t.Errorf("settings: %s", a.Text)
		}
	}
	s.call(t, 409, "PATCH", "/v3/authentication-settings", `{"basic_auth_enabled":false}`)
	s.call(t, 400, "PATCH", "/v3/authentication-settings", `{"saml_auth_enabled":true}`)
	if o := s.call(t, 200, "GET", "/v3/organizations/me", nil); o.text("login_path") != "acme" {
		t.Errorf("the organization is %s", o.Text)
	}

	crew := s.call(t, 201, "POST", "/v3/teams", `{"name":"Crew"}`).text("id")
	ground := s.call(t, 201, "POST", "/v3/teams", `{"name":"Ground"}`).text("id")
	for range 2 {
		a := s.call(t, 200, "PUT", provider+"/team-mappings", object{"mappings": []object{{"group": "pilots", "team_ids": []string{crew, ground}}, {"group": "cooks", "team_ids": []string{ground}}}})
		if a.text("data.0.group") != "pilots" || a.text("data.0.team_ids.1") != ground || a.text("data.1.group") != "cooks" {
			t.Errorf("mapped %s", a.Text)
		}
	}
	s.call(t, 400, "PUT", provider+"/team-mappings", object{"mappings": []object{{"group": "x", "team_ids": []string{unknownID}}}})
	for range 2 {
		a := s.call(t, 200, "PATCH", provider+"/team-group-mappings", object{"data": []object{{"team_id": ground, "groups": []string{"loaders"}}}})
		if a.text("data.0.team_id") != crew || a.text("data.0.groups.0") != "pilots" || a.text("data.1.groups.0") != "loaders" || a.at("meta.page.total") != 2.0 {
			t.Errorf("mapped %s", a.Text)
		}
	}
	var there []struct{ ID string }
	if err := json.Unmarshal([]byte(s.call(t, 200, "GET", "/v3/identity-providers?filter[type][eq]=oidc", nil).Text), &there); err != nil || len(there) != 1 {
		t.Fatalf("providers %v, %v", there, err)
	}
	mappings := "/v3/identity-providers/" + there[0].ID + "/team-group-mappings"
	one := s.call(t, 201, "POST", mappings, object{"team_id": crew, "group": "Pilots"}) // groups are case-sensitive
	s.call(t, 409, "POST", mappings, object{"team_id": crew, "group": "Pilots"})
	same(t, "the mapping, read back", one.Body, s.call(t, 200, "GET", mappings+"/"+one.text("id"), nil).Body)
	if a := s.call(t, 200, "GET", mappings+"?filter[group][eq]=Pilots&filter[team_id][eq]="+crew+"&page[size]=1", nil); a.text("data.0.id") != one.text("id") || a.at("meta.page.size") != 1.0 {
		t.Errorf("found %s", a.Text)
	}
	s.call(t, 204, "DELETE", mappings+"/"+one.text("id"), nil)
	s.call(t, 404, "DELETE", mappings+"/"+one.text("id"), nil)
}

// TestSystemAccountTokensWork: the token that is shown once is the one that opens.
func TestSystemAccountTokensWork(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	account := s.call(t, 201, "POST", "/v3/system-accounts", `{"name":"ci","description":"builds"}`).text("id")
	tokens := "/v3/system-accounts/" + account + "/access-tokens"
	made := s.call(t, 201, "POST", tokens, `{"name":"one","expires_at":"2026-03-02T00:00:00Z"}`)
	s.keep(made.text("token"))
	s.call(t, 409, "POST", tokens, `{"name":"one","expires_at":"2026-03-02T00:00:00Z"}`)
	s.call(t, 400, "POST", tokens, `{"name":"two","expires_at":"2026-02-01T00:00:00Z"}`)
	as := http.Header{"Authorization": {"Bearer " + made.text("token")}}
	s.send(t, 200, "GET", "/v3/organizations/me", nil, as)
	s.send(t, 403, "GET", "/v3/users/me", nil, as)
	s.send(t, 403, "GET", "/v3/users", nil, as)
	s.call(t, 201, "POST", "/v3/teams/"+string(portico.OrganizationReaders)+"/system-accounts", object{"id": account})
	s.send(t, 200, "GET", "/v3/users", nil, as)
	s.send(t, 403, "POST", "/v3/teams", `{"name":"mine"}`, as)
	s.send(t, 403, "POST", "/v3/teams/"+string(portico.OrganizationAdmins)+"/system-accounts", object{"id": account}, as)
	at := tokens + "/" + made.text("id")
	read := s.call(t, 200, "GET", at, nil)
	for _, member := range []string{"id", "name", "expires_at", "created_at"} { // its use has changed updated_at
		if read.at(member) != made.at(member) {
			t.Errorf("%s is read back as %v, not %v", member, read.at(member), made.at(member))
		}
	}
	s.call(t, 201, "POST", tokens, `{"name":"taken","expires_at":"2026-03-02T00:00:00Z"}`)
	for range 2 {
		if a := s.call(t, 200, "PATCH", at, `{"name":"two"}`); a.text("name") != "two" || a.at("expires_at") != made.at("expires_at") || a.at("token") != nil {
			t.Errorf("renamed to %s", a.Text)
		}
	}
	s.call(t, 409, "PATCH", at, `{"name":"taken"}`)
	s.call(t, 400, "PATCH", at, `{"expires_at":"2099-03-02T00:00:00Z"}`)
	s.call(t, 204, "DELETE", at, nil)
	s.call(t, 404, "DELETE", at, nil)
	s.send(t, 401, "GET", "/v3/organizations/me", nil, as)
	if a := s.call(t, 200, "GET", "/v3/system-accounts/"+account, nil); a.at("konnect_managed") != false {
		t.Errorf("the account is %s", a.Text)
	}
	s.call(t, 400, "POST", "/v3/system-accounts", `{"name":"x","description":"","konnect_managed":true}`)
}
