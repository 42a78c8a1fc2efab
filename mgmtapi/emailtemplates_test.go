package mgmtapi_test

import (
	"slices"
	"strings"
	"testing"

	"portico/mail"
)

func TestEmailTemplates(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.newPortal(t, "Acme portal", true)
	const defaults = "/v3/portals/email-templates"
	all := s.call(t, 200, "GET", defaults, nil)
	if names := all.column("name"); len(names) != 11 {
		t.Errorf("templates %v", names)
	}
	if names := s.call(t, 200, "GET", defaults+"/variables", nil).column("name"); !slices.Contains(names, "credential_expires_at") {
		t.Errorf("variables %v", names)
	}
	s.call(t, 200, "GET", defaults+"/reset-password", nil).has(t, map[string]any{"name": "reset-password", "default_content.button_label": "Set password"})
	if a := s.try(t, "GET", defaults+"/api-publications", nil); a.Status != 404 {
		t.Errorf("an unknown template answers %d", a.Status)
	}
	if a := s.try(t, "DELETE", defaults, nil); a.Status != 405 {
		t.Errorf("deleting the defaults answers %d", a.Status)
	}

	own := "/v3/portals/" + portal + "/email-templates"
	one := own + "/app-registration-revoked"
	s.call(t, 200, "GET", own, nil).has(t, map[string]any{"data": []any{}})
	s.call(t, 404, "GET", one, nil)
	s.call(t, 404, "DELETE", one, nil)
	content := map[string]any{"subject": "{{developer_fullname}}, revoked", "title": "Revoked", "body": "Your **{{ api_name }}** is gone."}
	s.call(t, 200, "PATCH", one, map[string]any{"content": content}).has(t, map[string]any{
		"enabled": true, "content.subject": "{{developer_fullname}}, revoked", "content.button_label": nil, "default_content.title": "Access revoked",
	})
	s.call(t, 200, "PATCH", one, `{"enabled":false}`).has(t, map[string]any{"enabled": false, "content.title": "Revoked"})
	s.call(t, 200, "PATCH", one, `{"content":{"title":null}}`).has(t, map[string]any{"content.title": nil, "content.body": content["body"]})
	if names := s.call(t, 200, "GET", own, nil).column("name"); !slices.Equal(names, []string{"app-registration-revoked"}) {
		t.Errorf("own %v", names)
	}
	for body, fault := range map[string]string{
		`{"content":{"subject":"` + long(1025) + `"}}`:     "content.subject max_length 1024",
		`{"content":{"body":"` + long(4097) + `"}}`:        "content.body max_length 4096",
		`{"content":{"button_label":"` + long(129) + `"}}`: "content.button_label max_length 128",
		`{"content":{"body":"{{credential_name}}"}}`:       "content.body enum [portal_display_name portal_domain developer_email developer_fullname dev_portal_reply_to api_documentation_url api_name api_version application_name]",
		`{"enabled":"yes"}`:                                "enabled is_boolean",
		`{"content":{"html":"<b>"}}`:                       "content.html unknown_property",
		`{"content":"x"}`:                                  "content is_object",
	} {
		s.refuses(t, "PATCH", one, body, fault)
	}
	if a := s.try(t, "PATCH", own+"/unknown", `{"enabled":true}`); a.Status != 404 {
		t.Errorf("an unknown template answers %d", a.Status)
	}
	s.call(t, 200, "PATCH", one, `{"content":null}`).has(t, map[string]any{"content.body": nil})
	s.call(t, 204, "DELETE", one, nil)
	s.call(t, 404, "GET", one, nil)
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/email-templates", nil)
}

func TestSendTestMail(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	send := "/v3/portals/" + s.newPortal(t, "Acme portal", true) + "/email-templates/api-key-expired/send-test-email"
	content := map[string]any{"subject": "{{credential_name}} expired", "title": "Expired", "body": "Key of {{application_name}} in {{portal_display_name}}"}
	s.call(t, 204, "POST", send, map[string]any{"content": content})
	sent, err := mail.ReadAll(s.outbox)
	check(t, err)
	if len(sent) != 1 || sent[0].To != "ada@acme.example" || sent[0].Subject != "production expired" || !strings.Contains(sent[0].HTML, "Key of Booking app in Acme portal") {
		t.Errorf("sent %+v", sent)
	}
	s.refuses(t, "POST", send, `{}`, "content required")
	s.refuses(t, "POST", send, `{"content":{}}`, "content.subject required", "content.title required", "content.body required")
	s.refuses(t, "POST", send, map[string]any{"content": with(content, "title", "{{api_name}}")}, "content.title enum [portal_display_name portal_domain developer_email developer_fullname dev_portal_reply_to application_name credential_name credential_expires_at]")
}
