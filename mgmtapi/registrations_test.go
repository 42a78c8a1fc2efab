package mgmtapi_test

import (
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/control"
)

func TestRegistration(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	app := s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	path := w.applications() + "/" + app + "/registrations"

	created := s.call(t, 201, "POST", path, map[string]any{"api_id": w.api})
	want := map[string]any{
		"id": created.text("id"), "created_at": created.text("created_at"), "updated_at": created.text("updated_at"), "status": "pending",
		"api":         map[string]any{"id": w.api, "name": "Orders", "version": "v1", "entity_type": "api"},
		"application": map[string]any{"id": app, "name": "App"},
	}
	if !reflect.DeepEqual(created.Body, normal(t, want)) {
		t.Errorf("created %s", created.Text)
	}
	one := path + "/" + created.text("id")
	if again := s.call(t, 200, "GET", one, nil); !reflect.DeepEqual(again.Body, created.Body) {
		t.Errorf("read again %s", again.Text)
	}
	s.call(t, 409, "POST", path, map[string]any{"api_id": w.api})
	for _, status := range []string{"approved", "revoked", "pending", "rejected", "approved", "approved"} {
		s.call(t, 200, "PATCH", one, map[string]any{"status": status}).has(t, map[string]any{"status": status})
		s.call(t, 200, "GET", one, nil).has(t, map[string]any{"status": status})
	}
	s.call(t, 200, "PATCH", one, `{}`).has(t, map[string]any{"status": "approved"})
	s.refuses(t, "PATCH", one, `{"status":"ok"}`, "status enum [approved pending revoked rejected]")
	s.refuses(t, "PATCH", one, `{"status":null}`, "status is_string")
	s.refuses(t, "PATCH", one, `{"api_id":"x"}`, "api_id unknown_property")
	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "DELETE", one, nil)
	s.call(t, 404, "GET", one, nil)
	s.call(t, 404, "PATCH", one, `{}`)
	s.call(t, 201, "POST", path, map[string]any{"api_id": w.api, "status": "approved"}).has(t, map[string]any{"status": "approved"})
}

func TestRegistrationRules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	path := w.applications() + "/" + s.call(t, 201, "POST", w.applications(), w.application("App")).text("id") + "/registrations"
	unpublished, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Unpublished"})
	check(t, err)
	for body, fault := range map[string]string{
		`{}`:                             "api_id required",
		`{"api_id":"x"}`:                 "api_id is_uuid",
		`{"api_id":"` + unknownID + `"}`: "api_id missing_reference",
		`{"api_id":"` + string(unpublished.ID) + `"}`:           "api_id missing_reference",
		`{"api_id":"` + w.api + `","status":"revoked"}`:         "status enum [approved pending]",
		`{"api_id":"` + w.api + `","request_reason":"because"}`: "request_reason unknown_property",
	} {
		s.refuses(t, "POST", path, body, fault)
	}
	s.anotherStrategy(t, w, keyAuth())
	published, err := s.Publications.ListIn(t.Context(), portico.PortalID(w.portal), portico.Everything())
	check(t, err)
	s.call(t, 409, "POST", path, map[string]any{"api_id": published.Items[1].APIID})
	s.call(t, 404, "POST", w.applications()+"/"+unknownID+"/registrations", map[string]any{"api_id": w.api})
}

func TestListRegistrations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	other := s.newDeveloper(t, w.portal, "other@example.com")
	ids := map[string]string{} // of applications, by name
	for _, name := range []string{"b", "a", "c"} {
		body := w.application(name)
		if name == "c" {
			body = with(body, "owner.id", other)
		}
		ids[name] = s.call(t, 201, "POST", w.applications(), body).text("id")
		status := map[string]string{"b": "pending", "a": "approved", "c": "approved"}[name]
		s.call(t, 201, "POST", w.applications()+"/"+ids[name]+"/registrations", map[string]any{"api_id": w.api, "status": status})
	}
	list := func(path, query string) string {
		t.Helper()
		answer := s.call(t, 200, "GET", path+"?"+encode(query), nil)
		names := []string{}
		items, _ := answer.Body["data"].([]any)
		for _, item := range items {
			names = append(names, item.(map[string]any)["application"].(map[string]any)["name"].(string))
		}
		return strings.Join(names, " ")
	}
	portal := "/v3/portals/" + w.portal + "/application-registrations"
	for query, want := range map[string]string{
		"":                                  "b a c",
		"sort=created_at desc":              "c a b",
		"sort=updated_at":                   "b a c",
		"sort=status,created_at":            "a c b",
		"sort=developer_id desc,created_at": "c b a",
		"filter[status]=pending":            "b",
		"filter[status][neq]=pending":       "a c",
		"filter[developer_id][eq]=" + other: "c",
		"filter[application_name]=a":        "a",
		"filter[application_name][oeq]=a,b": "b a",
		"filter[status]=approved&filter[application_name][contains]=C": "c",
		"page[size]=2&page[number]=2":                                  "c",
	} {
		if got := list(portal, query); got != want {
			t.Errorf("portal ?%s lists %q, want %q", query, got, want)
		}
	}
	api := "/v3/apis/" + w.api + "/registrations"
	for query, want := range map[string]string{
		"":                                          "b a c",
		"filter[status]=pending":                    "b",
		"filter[portal_id][eq]=" + w.portal:         "b a c",
		"filter[portal_id][neq]=" + w.portal:        "",
		"filter[portal_name]=Portal":                "b a c",
		"filter[portal_name][neq]=Portal":           "",
		"filter[portal_name][contains]=PORT":        "b a c",
		"filter[portal_name][oeq]=x,Portal":         "b a c",
		"filter[portal_name][ocontains]=x,y":        "",
		"filter[application_id][eq]=" + ids["a"]:    "a",
		"filter[application_name]=c":                "c",
		"filter[application_owner_type]=developer":  "b a c",
		"filter[application_owner_type]=team":       "",
		"filter[application_owner_type][neq]=team":  "b a c",
		"filter[application_owner_id][eq]=" + other: "c",
		"page[size]=1&page[number]=2":               "a",
	} {
		if got := list(api, query); got != want {
			t.Errorf("API ?%s lists %q, want %q", query, got, want)
		}
	}
	s.call(t, 200, "GET", api+"?"+encode("filter[application_name]=c"), nil).has(t, map[string]any{
		"data.0.portal":            map[string]any{"id": w.portal, "name": "Portal"},
		"data.0.application.owner": map[string]any{"type": "developer", "id": other},
		"data.0.status":            "approved", "meta.page.total": 1,
	})
	one := w.applications() + "/" + ids["b"] + "/registrations"
	if got := list(one, "filter[status]=pending&sort=status desc"); got != "b" {
		t.Errorf("application lists %q", got)
	}
	if got := list(one, "filter[status]=approved"); got != "" {
		t.Errorf("application lists %q", got)
	}
	s.refuses(t, "GET", one+"?"+encode("filter[application_name]=b"), nil, "filter[application_name] unknown_property")
	s.call(t, 404, "GET", "/v3/apis/"+unknownID+"/registrations", nil)
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/application-registrations", nil)
	s.call(t, 404, "GET", w.applications()+"/"+unknownID+"/registrations", nil)
}
