package mgmtapi_test

import (
	"strings"
	"testing"

	"portico"
)

func TestClientsInTheIdentityProvider(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	at := providers + "/" + w.provider
	if a := s.call(t, 200, "GET", at+"/findings", nil); a.Body["checked_at"] != nil || len(a.Body["findings"].([]any)) != 0 {
		t.Errorf("nobody has looked yet: %s", a.Text)
	}
	app := s.call(t, 201, "POST", w.applications(), w.application("Trips")).text("id")
	s.call(t, 201, "POST", w.applications(), w.application("Gone"))
	if a := s.call(t, 200, "POST", at+"/reconcile", "{}"); len(a.Body["findings"].([]any)) != 0 || a.Body["clients"].(float64) != 2 || a.text("checked_at") == "" {
		t.Errorf("both sides are alike: %s", a.Text)
	}
	s.idps.tamper("client-1", func(spec *portico.ClientSpec) { spec.Name = "Renamed there" })
	s.idps.tamper("client-2", nil)

	plan := s.call(t, 200, "POST", at+"/reconcile", object{"dry_run": true})
	if plan.text("findings.0.kind") != "drifted" || plan.text("findings.0.application_id") != app || plan.text("findings.0.client_id") != "client-1" ||
		plan.text("findings.0.fields.0.name") != "name" || plan.text("findings.0.fields.0.ours.0") != "Trips" || plan.text("findings.0.fields.0.theirs.0") != "Renamed there" ||
		plan.text("findings.1.kind") != "missing" || plan.text("findings.1.name") != "Gone" || plan.text("not_visible.0") != "orphaned" {
		t.Errorf("the plan is %s", plan.Text)
	}
	if s.idps.count() != 1 {
		t.Error("a dry run has changed something")
	}
	drifted, missing := plan.text("findings.0.id"), plan.text("findings.1.id")
	act := func(status int, id, action string) answer {
		t.Helper()
		return s.call(t, status, "POST", at+"/reconcile", object{"actions": []object{{"finding_id": id, "action": action}}})
	}
	act(409, "0123456789abcdef", "ignore")
	act(400, missing, "remove")
	act(400, drifted, "vanish")
	s.call(t, 400, "POST", at+"/reconcile", object{"dry_run": true, "actions": []object{{"finding_id": drifted, "action": "ignore"}}})
	s.call(t, 404, "POST", providers+"/"+unknownID+"/reconcile", "{}")
	s.call(t, 404, "GET", providers+"/"+unknownID+"/findings", nil)

	ignored := act(200, drifted, "ignore")
	if ignored.text("results.0.status") != "done" || ignored.text("findings.0.ignored.by") == "" || !strings.Contains(ignored.Text, `"notice"`) {
		t.Errorf("ignored: %s", ignored.Text)
	}
	if a := act(200, drifted, "adopt"); len(a.Body["findings"].([]any)) != 1 || s.call(t, 200, "GET", w.applications()+"/"+app, nil).text("name") != "Renamed there" {
		t.Errorf("adopted: %s", a.Text)
	}
	act(409, drifted, "adopt")
	if a := act(200, missing, "push_back"); len(a.Body["findings"].([]any)) != 0 || s.idps.count() != 2 {
		t.Errorf("pushed back: %s", a.Text)
	}
	s.idps.setDown(true)
	s.idps.tamper("client-1", nil)
	if a := s.call(t, 200, "GET", at+"/findings", nil); len(a.Body["findings"].([]any)) != 0 {
		t.Errorf("the last inventory is %s", a.Text)
	}
}
