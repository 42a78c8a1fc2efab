package mgmtapi_test

import (
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/control"
)

func (s *testServer) newDeveloper(t *testing.T, portal, email string) string {
	t.Helper()
	return s.call(t, 201, "POST", "/v3/portals/"+portal+"/developers", map[string]any{
		"email": email, "full_name": "Dev " + email, "status": "approved",
	}).text("id")
}

func (s *testServer) newPortal(t *testing.T, name string, approve bool) string {
	t.Helper()
	portal, err := s.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some(name), AutoApproveDevelopers: portico.Some(approve)})
	check(t, err)
	return string(portal.ID)
}

func TestDeveloper(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/portals/" + s.newPortal(t, "Portal", false) + "/developers"
	created := s.call(t, 201, "POST", path, `{"email":"Grace@Example.com","full_name":"Grace Hopper"}`)
	want := map[string]any{
		"id": created.text("id"), "created_at": created.text("created_at"), "updated_at": created.text("updated_at"),
		"email": "grace@example.com", "full_name": "Grace Hopper", "status": "pending",
	}
	if !reflect.DeepEqual(created.Body, want) {
		t.Errorf("created %s", created.Text)
	}
	one := path + "/" + created.text("id")
	for _, status := range []string{"approved", "revoked", "rejected", "pending", "pending"} {
		s.call(t, 200, "PATCH", one, map[string]any{"status": status}).has(t, map[string]any{"status": status})
		s.call(t, 200, "GET", one, nil).has(t, map[string]any{"status": status, "email": "grace@example.com"})
	}
	s.call(t, 200, "PATCH", one, `{}`).has(t, map[string]any{"status": "pending"})
	s.call(t, 409, "POST", path, `{"email":"grace@EXAMPLE.com","full_name":"Another"}`)
	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "DELETE", one, nil)
	s.call(t, 404, "GET", one, nil)
	s.call(t, 404, "PATCH", one, `{"status":"approved"}`)
	s.call(t, 201, "POST", path, `{"email":"grace@example.com","full_name":"Grace","send_invitation_email":true}`)
}

func TestDeveloperRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/portals/" + s.newPortal(t, "Portal", false) + "/developers"
	good := map[string]any{"email": "dev@example.com", "full_name": "Dev"}
	statuses := "status enum [approved pending revoked rejected]"
	for name, tt := range map[string]struct {
		body   any
		faults []string
	}{
		"empty":            {`{}`, []string{"email required", "full_name required"}},
		"email bad":        {with(good, "email", "dev"), []string{"email invalid"}},
		"email with name":  {with(good, "email", "Dev <dev@example.com>"), []string{"email invalid"}},
		"email too long":   {with(good, "email", long(250)+"@example.com"), []string{"email max_length 255"}},
		"name empty":       {with(good, "full_name", ""), []string{"full_name min_length 1"}},
		"name too long":    {with(good, "full_name", long(256)), []string{"full_name max_length 255"}},
		"status":           {with(good, "status", "active"), []string{statuses}},
		"invitation":       {with(good, "send_invitation_email", "yes"), []string{"send_invitation_email is_boolean"}},
		"unknown member":   {with(good, "password", "x"), []string{"password unknown_property"}},
		"read only member": {with(good, "id", unknownID), []string{"id unknown_property"}},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(t, "POST", path, tt.body, tt.faults...) })
	}
	one := path + "/" + s.call(t, 201, "POST", path, good).text("id")
	s.refuses(t, "PATCH", one, `{"status":"active"}`, statuses)
	s.refuses(t, "PATCH", one, `{"full_name":"x"}`, "full_name unknown_property")
	s.call(t, 404, "POST", "/v3/portals/"+unknownID+"/developers", good)
}

func TestAutoApprovedDevelopers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := "/v3/portals/" + s.newPortal(t, "Open", true) + "/developers"
	s.call(t, 201, "POST", path, `{"email":"a@example.com","full_name":"A"}`).has(t, map[string]any{"status": "approved"})
	s.call(t, 201, "POST", path, `{"email":"b@example.com","full_name":"B","status":"pending"}`).has(t, map[string]any{"status": "pending"})
}

func TestListDevelopers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal, other := s.newPortal(t, "Portal", false), s.newPortal(t, "Other", false)
	path := "/v3/portals/" + portal + "/developers"
	for _, body := range []string{
		`{"email":"b@example.com","full_name":"Zoe","status":"approved"}`, `{"email":"a@example.com","full_name":"Yan"}`, `{"email":"c@example.org","full_name":"Xia","status":"approved"}`,
	} {
		s.call(t, 201, "POST", path, body)
	}
	s.newDeveloper(t, other, "a@example.com")
	for query, want := range map[string]string{
		"":                               "Zoe Yan Xia",
		"sort=name":                      "Xia Yan Zoe",
		"sort=email":                     "Yan Zoe Xia",
		"sort=status,email desc":         "Xia Zoe Yan",
		"sort=created_at desc":           "Xia Yan Zoe",
		"sort=updated_at":                "Zoe Yan Xia",
		"filter[name]=Yan":               "Yan",
		"filter[name][contains]=A":       "Yan Xia",
		"filter[status]=approved":        "Zoe Xia",
		"filter[status][oeq]=pending":    "Yan",
		"filter[email]=a@example.com":    "Yan",
		"filter[email][ocontains]=org,b": "Zoe Xia",
		"filter[email][neq]=a@example.com&page[size]=1&page[number]=2": "Xia",
	} {
		list := s.call(t, 200, "GET", path+"?"+encode(query), nil)
		if got := strings.Join(list.column("full_name"), " "); got != want {
			t.Errorf("?%s lists %q, want %q", query, got, want)
		}
	}
	s.refuses(t, "GET", path+"?"+encode("filter[status]=gone"), nil, "filter[status] enum [approved pending revoked rejected]")
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/developers", nil)
	s.call(t, 404, "GET", "/v3/portals/"+other+"/developers/"+s.newDeveloper(t, portal, "x@example.com"), nil)
}

// A developer goes with everything that is theirs, at the identity provider too.
func TestDeletedDeveloperLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	app := s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	s.call(t, 201, "POST", w.applications()+"/"+app+"/registrations", map[string]any{"api_id": w.api, "status": "approved"})
	s.call(t, 204, "DELETE", "/v3/portals/"+w.portal+"/developers/"+w.developer, nil)
	s.call(t, 404, "GET", w.applications()+"/"+app, nil)
	s.call(t, 200, "GET", "/v3/apis/"+w.api+"/registrations", nil).has(t, map[string]any{"meta.page.total": 0})
	if n := s.idps.count(); n != 0 {
		t.Errorf("%d clients are left at the identity provider", n)
	}
}
