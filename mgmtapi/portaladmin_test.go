package mgmtapi_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"portico"
	"portico/mail"
)

func TestIPAllowLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.portalPath(t, "P")
	lists := portal + "/ip-allow-list"
	s.call(t, 200, "GET", lists, nil).has(t, map[string]any{"data": []any{}, "meta": map[string]any{"next": nil, "previous": nil, "size": 10}})

	written := []string{"192.168.1.1", "192.168.1.0/22", "2001:DB8:0::1", "2001:db8:1::/48", "::ffff:10.0.0.1", "::ffff:10.1.0.0/112"}
	kept := []string{"192.168.1.1", "192.168.1.0/22", "2001:db8::1", "2001:db8:1::/48", "10.0.0.1", "10.1.0.0/16"}
	made := s.call(t, 201, "POST", lists, map[string]any{"allowed_ips": written})
	made.has(t, map[string]any{"allowed_ips": kept})
	at := lists + "/" + made.text("id")
	for range 2 { // writing what was read changes nothing
		s.call(t, 200, "GET", at, nil).has(t, map[string]any{"id": made.text("id"), "allowed_ips": kept})
		s.call(t, 200, "PUT", at, map[string]any{"allowed_ips": kept}).has(t, map[string]any{"allowed_ips": kept})
	}
	s.call(t, 200, "PATCH", at, map[string]any{"allowed_ips": []string{"0.0.0.0/0"}}).has(t, map[string]any{"allowed_ips": []string{"0.0.0.0/0"}})

	var many []string
	for i := range 26 {
		many = append(many, fmt.Sprintf("10.0.0.%d", i))
	}
	s.call(t, 201, "POST", lists, map[string]any{"allowed_ips": many[:25]})
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		to := at
		if method == "POST" {
			to = lists
		}
		s.refuses(t, method, to, map[string]any{}, "allowed_ips required")
		s.refuses(t, method, to, map[string]any{"allowed_ips": []string{}}, "allowed_ips min_items 1")
		s.refuses(t, method, to, map[string]any{"allowed_ips": many}, "allowed_ips max_items 25")
		s.refuses(t, method, to, map[string]any{"allowed_ips": []any{1}, "x": 1}, "allowed_ips.0 is_string", "x unknown_property")
		s.refuses(t, method, to, map[string]any{"allowed_ips": []string{"10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1/33", "fe80::1%eth0", "localhost", "10.0.0.1/8", "10.2.0.0/8"}},
			"allowed_ips.1 invalid", "allowed_ips.2 invalid", "allowed_ips.3 invalid", "allowed_ips.4 invalid", "allowed_ips.6 invalid")
	}

	first := s.call(t, 200, "GET", lists+"?page[size]=1", nil)
	first.has(t, map[string]any{"meta.size": 1, "meta.previous": nil, "data.0.id": made.text("id")})
	second := s.call(t, 200, "GET", first.text("meta.next"), nil)
	second.has(t, map[string]any{"meta.size": 1, "meta.next": nil})
	s.call(t, 200, "GET", second.text("meta.previous"), nil).has(t, map[string]any{"data.0.id": first.text("data.0.id")})
	s.refuses(t, "GET", lists+"?page[size]=x&page[after]=y", nil, "page[size] is_integer", "page[after] invalid")

	other := s.portalPath(t, "Q") + "/ip-allow-list/" + made.text("id")
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		s.call(t, 404, method, other, map[string]any{"allowed_ips": many[:1]})
	}
	s.call(t, 404, "POST", "/v3/portals/"+unknownID+"/ip-allow-list", map[string]any{"allowed_ips": many[:1]})
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/ip-allow-list", nil)
	s.call(t, 204, "DELETE", at, nil)
	s.call(t, 404, "DELETE", at, nil)
}

func TestEmailSettings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.portalPath(t, "Shop")
	const domains = "/v3/portals/email-domains"
	s.call(t, 201, "POST", domains, map[string]any{"domain": "Mail.Example"}).has(t, map[string]any{
		"domain": "mail.example", "dns_validation_records": []any{}, "verification.status": "not_started", "verification.last_time_checked": "1970-01-01T00:00:00.000Z",
	})
	s.call(t, 409, "POST", domains, map[string]any{"domain": "mail.example"})
	s.refuses(t, "POST", domains, map[string]any{}, "domain required")
	for _, name := range []string{"", "localhost", "a b.example", "mail..example", "-a.example", long(300) + ".example", "127.0.0.1"} {
		s.refuses(t, "POST", domains, map[string]any{"domain": name}, "domain is_fqdn")
	}
	s.call(t, 200, "GET", domains+"/MAIL.example", nil)
	if a := s.try(t, "PATCH", domains+"/mail.example", map[string]any{}); a.Status != 405 {
		t.Errorf("changing a domain answers %d", a.Status)
	}

	config := portal + "/email-config"
	s.call(t, 404, "GET", config, nil)
	s.call(t, 404, "PATCH", config, map[string]any{})
	s.call(t, 404, "DELETE", config, nil)
	s.refuses(t, "POST", config, map[string]any{"domain_name": "other.example"}, "domain_name missing_reference")
	s.refuses(t, "POST", config, map[string]any{"domain_name": "mail.example", "from_email": "a@mail.example.evil"}, "from_email invalid")
	s.refuses(t, "POST", config, map[string]any{"from_name": "a\r\nBcc: b@c.example", "from_email": "a", "reply_to_email": "b@", "domain_name": 1, "x": 1},
		"domain_name is_string", "from_name matches_regex", "from_email invalid", "reply_to_email invalid", "x unknown_property")
	s.call(t, 201, "POST", config, map[string]any{}).has(t, map[string]any{"domain_name": nil, "from_name": nil, "from_email": nil, "reply_to_email": nil})
	s.call(t, 200, "PATCH", config, map[string]any{"from_email": "shop@mail.example", "domain_name": "mail.example"})
	s.refuses(t, "PATCH", config, map[string]any{"from_email": "shop@other.example"}, "from_email invalid")
	s.call(t, 409, "DELETE", domains+"/mail.example", nil)
	s.call(t, 200, "PATCH", config, map[string]any{"from_name": "The Shop", "reply_to_email": "help@shop.example"})

	delivery := portal + "/email-delivery"
	s.call(t, 200, "GET", delivery, nil).has(t, map[string]any{"enabled": false, "from_email": nil, "reply_to_email": nil})
	s.call(t, 200, "PATCH", delivery, map[string]any{"from_email": "older@mail.example", "reply_to_email": "older@shop.example"})
	for range 2 {
		s.call(t, 404, "DELETE", "/v3/portals/"+unknownID+"/email-delivery", nil)
	}

	// What mails then say.
	content := map[string]any{"subject": "S", "title": "T", "body": "Answer to {{dev_portal_reply_to}}"}
	send := func(from, replyTo string) {
		t.Helper()
		s.call(t, 204, "POST", portal+"/email-templates/reset-password/send-test-email", map[string]any{"content": content})
		sent, err := mail.ReadAll(s.outbox)
		check(t, err)
		if last := sent[len(sent)-1]; last.From != from || last.ReplyTo != replyTo || !strings.Contains(last.Text, strings.TrimSpace("Answer to "+replyTo)) {
			t.Errorf("sent %+v", last)
		}
	}
	send(`"The Shop" <shop@mail.example>`, "help@shop.example")
	s.call(t, 200, "PATCH", config, map[string]any{"from_email": nil, "reply_to_email": nil})
	send("The Shop", "")
	s.call(t, 200, "PATCH", delivery, map[string]any{"enabled": true})
	send(`"The Shop" <older@mail.example>`, "older@shop.example")
	s.call(t, 204, "DELETE", config, nil)
	s.call(t, 204, "DELETE", delivery, nil)
	send("", "")
	s.call(t, 204, "DELETE", domains+"/mail.example", nil)
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.portalPath(t, "Shop")
	dana := s.call(t, 201, "POST", portal+"/developers", map[string]any{"email": "dana@example.com", "full_name": "Dana", "status": "pending", "send_invitation_email": true}).text("id")
	s.call(t, 200, "PATCH", portal+"/developers/"+dana, map[string]any{"status": "approved"})
	all, err := s.Outbox.List(t.Context(), portico.ListQuery{Size: 10, Number: 1})
	check(t, err)
	if all.Total != 2 || all.Items[0].Kind != "account-access-approved" || all.Items[1].Kind != "developer-invitation" || all.Items[0].State != portico.MailSent {
		t.Fatalf("%+v", all)
	}
	approval, err := s.Outbox.ByID(t.Context(), all.Items[0].ID)
	if check(t, err); !approval.Readable || approval.Message.To != "dana@example.com" || !strings.Contains(approval.Message.Text, "Dana") {
		t.Errorf("%+v", approval)
	}
	invitation, err := s.Outbox.ByID(t.Context(), all.Items[1].ID)
	if check(t, err); invitation.Readable || len(invitation.Sealed) > 0 || invitation.Message.Link != "" {
		t.Errorf("%+v", invitation)
	}
	if err := s.Outbox.Retry(t.Context(), invitation.ID); portico.KindOf(err) != portico.KindConflict {
		t.Errorf("again: %v", err)
	}

	check(t, os.Remove(s.outbox))
	check(t, os.Mkdir(s.outbox, 0o700)) // nobody can write there now
	s.call(t, 200, "PATCH", portal+"/developers/"+dana, map[string]any{"status": "revoked"})
	waiting := portico.ListQuery{Size: 10, Number: 1, Filters: []portico.Filter{portico.Where("state", portico.MailQueued)}}
	all, err = s.Outbox.List(t.Context(), waiting)
	check(t, err)
	if all.Total != 1 || all.Items[0].Attempts != 1 || all.Items[0].LastError == "" {
		t.Fatalf("%+v", all)
	}
	check(t, os.Remove(s.outbox))
	check(t, s.Outbox.Retry(t.Context(), all.Items[0].ID))
	sent, err := mail.ReadAll(s.outbox)
	if check(t, err); len(sent) != 1 || sent[0].Kind != "account-access-revoked" {
		t.Errorf("%+v", sent)
	}
}
