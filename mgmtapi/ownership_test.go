package mgmtapi_test

import (
	"net/http"
	"testing"

	"portico/access"
)

// TestCreatorsOwnWhatTheyCreate: whoever may create, and no more, administers
// what he has created and nothing else.
func TestCreatorsOwnWhatTheyCreate(t *testing.T) {
	t.Parallel()
	for of, test := range map[access.Type]struct{ path, body string }{
		access.Portals:       {"/v3/portals", `{"name":"mine"}`},
		access.APIs:          {"/v3/apis", `{"name":"mine"}`},
		access.ControlPlanes: {"/v2/control-planes", `{"name":"mine"}`},
		access.Providers:     {"/v2/dcr-providers", `{"name":"mine","provider_type":"okta","issuer":"https://idp.example/","dcr_config":{"dcr_token":"a-management-token"}}`},
		access.Strategies:    {"/v2/application-auth-strategies", `{"name":"mine","display_name":"Mine","strategy_type":"key_auth","configs":{"key-auth":{"key_names":["k"]}}}`},
	} {
		t.Run(string(of), func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			token := s.machine(t, access.Grant{Role: "Creator", Type: of, Entity: access.Everything})
			as := http.Header{"Authorization": {"Bearer " + token}}
			id := s.send(t, 201, "POST", test.path, test.body, as).text("id")
			s.send(t, 200, "GET", test.path+"/"+id, nil, as)
			s.send(t, 200, "PATCH", test.path+"/"+id, `{"name":"ours"}`, as)
			other := s.machine(t, access.Grant{Role: "Creator", Type: of, Entity: "00000000-0000-7000-8000-000000000000"})
			s.send(t, 403, "PATCH", test.path+"/"+id, `{"name":"theirs"}`, http.Header{"Authorization": {"Bearer " + other}})

			account := s.call(t, 200, "GET", "/v3/system-accounts", nil).text("data.0.id")
			roles := s.call(t, 200, "GET", "/v3/system-accounts/"+account+"/assigned-roles?filter[entity_id][eq]="+id, nil)
			if want := access.Owner(of, id); roles.at("meta.page.total") != 1.0 || roles.text("data.0.role_name") != want.Role || roles.text("data.0.entity_type_name") != string(of) {
				t.Errorf("the creator has %s", roles.Text)
			}
			// The admin can do as much with everything, and is given nothing.
			s.call(t, 201, "POST", test.path, test.body)
			if mine := s.call(t, 200, "GET", "/v3/users/"+string(s.user.ID)+"/assigned-roles", nil); mine.at("meta.page.total") != 0.0 {
				t.Errorf("the admin has %s", mine.Text)
			}
			s.call(t, 204, "DELETE", test.path+"/"+id, nil)
			if roles := s.call(t, 200, "GET", "/v3/system-accounts/"+account+"/assigned-roles?filter[entity_id][eq]="+id, nil); roles.at("meta.page.total") != 0.0 {
				t.Errorf("of what is gone there is still %s", roles.Text)
			}
		})
	}
}
