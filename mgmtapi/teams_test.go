package mgmtapi_test

import (
	"slices"
	"testing"
)

func TestTeams(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.newPortal(t, "Portal", true)
	teams := "/v3/portals/" + portal + "/teams"
	crew := s.call(t, 201, "POST", teams, `{"name":"Crew","description":"Who flies","can_own_applications":true}`)
	crew.has(t, map[string]any{"name": "Crew", "description": "Who flies", "can_own_applications": true})
	plain := s.call(t, 201, "POST", teams, `{"name":"Ground"}`)
	plain.has(t, map[string]any{"name": "Ground", "description": "", "can_own_applications": false})
	s.call(t, 409, "POST", teams, `{"name":"Crew"}`)
	for query, want := range map[string][]string{
		"": {"Crew", "Ground"}, "?filter[name]=Crew": {"Crew"}, "?filter[name][contains]=round": {"Ground"},
		"?filter[can_own_applications]=true": {"Crew"}, "?page[size]=1&page[number]=2": {"Ground"},
	} {
		if got := s.call(t, 200, "GET", teams+query, nil).column("name"); !slices.Equal(got, want) {
			t.Errorf("%s: %v", query, got)
		}
	}
	one := teams + "/" + crew.text("id")
	s.call(t, 200, "GET", one, nil).has(t, map[string]any{"name": "Crew"})
	s.call(t, 200, "PATCH", one, `{"description":"Cabin"}`).has(t, map[string]any{"name": "Crew", "description": "Cabin", "can_own_applications": true})
	s.call(t, 200, "PATCH", one, `{}`).has(t, map[string]any{"description": "Cabin"})
	s.call(t, 200, "PATCH", one, `{"description":""}`).has(t, map[string]any{"name": "Crew", "description": ""})
	s.call(t, 409, "PATCH", one, `{"name":"Ground"}`)
	for body, fault := range map[string]string{
		`{}`: "name required", `{"name":""}`: "name min_length 1", `{"name":"` + long(251) + `"}`: "name max_length 250", `{"name":1}`: "name is_string",
		`{"name":"x","description":"` + long(251) + `"}`: "description max_length 250", `{"name":"x","can_own_applications":"yes"}`: "can_own_applications is_boolean",
		`{"name":"x","members":[]}`: "members unknown_property",
	} {
		s.refuses(t, "POST", teams, body, fault)
	}
	elsewhere := "/v3/portals/" + s.newPortal(t, "Other", true) + "/teams/" + crew.text("id")
	for _, method := range []string{"GET", "DELETE"} {
		s.call(t, 404, method, elsewhere, nil)
	}
	s.call(t, 404, "PATCH", elsewhere, `{}`)
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/teams", nil)
	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "DELETE", one, nil)
}

func TestTeamMembers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	teams := "/v3/portals/" + w.portal + "/teams"
	team := s.call(t, 201, "POST", teams, `{"name":"Crew","can_own_applications":true}`).text("id")
	members := teams + "/" + team + "/developers"
	s.call(t, 201, "POST", members, map[string]any{"id": w.developer})
	s.call(t, 409, "POST", members, map[string]any{"id": w.developer})
	s.refuses(t, "POST", members, map[string]any{"id": unknownID}, "id missing_reference")
	s.refuses(t, "POST", members, `{"id":"dora"}`, "id is_uuid")
	s.refuses(t, "POST", members, `{}`, "id required")
	pending := s.call(t, 201, "POST", "/v3/portals/"+w.portal+"/developers", `{"email":"late@example.com","full_name":"Late","status":"pending"}`).text("id")
	s.call(t, 201, "POST", members, map[string]any{"id": pending})
	for query, want := range map[string]int{
		"": 2, "?filter[active]=true": 1, "?filter[active]=false": 1, "?filter[email]=late@example.com": 1, "?filter[full_name][contains]=Lat": 1, "?page[size]=1": 1,
	} {
		if got := s.call(t, 200, "GET", members+query, nil).column("id"); len(got) != want {
			t.Errorf("%s: %v", query, got)
		}
	}
	of := "/v3/portals/" + w.portal + "/developers/" + w.developer + "/teams"
	if got := s.call(t, 200, "GET", of+"?filter[can_own_applications]=true", nil).column("name"); !slices.Equal(got, []string{"Crew"}) {
		t.Errorf("teams %v", got)
	}
	if got := s.call(t, 200, "GET", of+"?filter[can_own_applications]=false", nil).column("name"); len(got) > 0 {
		t.Errorf("teams %v", got)
	}
	s.call(t, 404, "GET", "/v3/portals/"+w.portal+"/developers/"+unknownID+"/teams", nil)

	// A team owns what an admin makes for it; its members have access.
	owner := map[string]any{"owner": map[string]any{"type": "team", "id": team}}
	app := s.call(t, 201, "POST", w.applications(), with(w.application("App"), "owner.type", "team", "owner.id", team))
	app.has(t, owner)
	path := w.applications() + "/" + app.text("id")
	if got := s.call(t, 200, "GET", path+"/developers", nil).column("id"); len(got) != 2 {
		t.Errorf("access have %v", got)
	}
	if got := s.call(t, 200, "GET", w.applications()+"?filter[team_id][eq]="+team, nil).column("name"); !slices.Equal(got, []string{"App"}) {
		t.Errorf("applications %v", got)
	}
	s.call(t, 409, "DELETE", teams+"/"+team, nil)
	s.call(t, 200, "PATCH", path, map[string]any{"owner": map[string]any{"type": "developer", "id": w.developer}})
	s.call(t, 200, "PATCH", path, owner).has(t, owner)
	empty := s.call(t, 201, "POST", teams, `{"name":"Empty","can_own_applications":true}`).text("id")
	s.refuses(t, "PATCH", path, map[string]any{"owner": map[string]any{"type": "team", "id": empty}}, "owner.id invalid")
	s.call(t, 204, "DELETE", members+"/"+pending, nil)
	s.call(t, 404, "DELETE", members+"/"+pending, nil)
	s.call(t, 204, "DELETE", path, nil)
	s.call(t, 204, "DELETE", teams+"/"+team, nil)
}

func TestTeamRoles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	team := s.call(t, 201, "POST", "/v3/portals/"+w.portal+"/teams", `{"name":"Crew"}`).text("id")
	roles := "/v3/portals/" + w.portal + "/teams/" + team + "/assigned-roles"
	api := s.call(t, 201, "POST", "/v3/apis", `{"name":"Roles"}`).text("id")
	role := map[string]any{"role_name": "API Viewer", "entity_id": api, "entity_type_name": "Services", "entity_region": "eu"}
	given := s.call(t, 201, "POST", roles, role)
	given.has(t, role)
	s.call(t, 409, "POST", roles, role)
	s.call(t, 201, "POST", roles, with(role, "role_name", "API Consumer", "entity_region", "*"))
	s.refuses(t, "POST", roles, with(role, "entity_id", unknownID), "entity_id missing_reference")
	s.refuses(t, "POST", roles, with(role, "role_name", "Admin"), "role_name enum [API Viewer API Consumer]")
	s.refuses(t, "POST", roles, with(role, "entity_region", "mars"), "entity_region enum [us eu au me in sg *]")
	s.refuses(t, "POST", roles, with(role, "entity_type_name", "Portals"), "entity_type_name enum [Services]")
	if got := s.call(t, 200, "GET", roles, nil).column("role_name"); len(got) != 2 {
		t.Errorf("roles %v", got)
	}
	s.call(t, 204, "DELETE", roles+"/"+given.text("id"), nil)
	s.call(t, 404, "DELETE", roles+"/"+given.text("id"), nil)
	s.call(t, 404, "GET", "/v3/portals/"+w.portal+"/teams/"+unknownID+"/assigned-roles", nil)
	s.call(t, 200, "GET", "/v3/portal-roles", nil).has(t, map[string]any{"services.roles.apiviewer.name": "API Viewer", "services.roles.apiconsumer.name": "API Consumer"})
}
