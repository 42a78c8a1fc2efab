package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDemoResumes ends the demo the hard way, once in the middle of setting
// itself up, and finds everything in its place afterwards, and as admins have changed it.
func TestDemoResumes(t *testing.T) {
	t.Parallel()
	dir, base := t.TempDir(), strconv.Itoa(portBase(t))
	for pause := 100 * time.Millisecond; pause < 500*time.Millisecond; pause += 100 * time.Millisecond {
		p := start(t, dir, nil, "demo", "--data", dir, "--port-base", base)
		time.Sleep(pause) // anywhere in the middle
		p.kill()
	}
	first := demo(t, dir, "--port-base", base)
	developer := newAPI(t, first.PortalURL)
	signIn := object{"username": first.Developer.Email, "password": first.Developer.Password}
	developer.do("POST", "/api/v3/developer/authenticate", signIn, 204)
	app := developer.do("POST", "/api/v3/applications", object{"name": "kept"}, 201)
	first.kill()

	second := demo(t, dir, "--port-base", base)
	if second.Token != first.Token || second.Admin != first.Admin || *second.Developer != *first.Developer || second.OktaToken != first.OktaToken {
		t.Errorf("the second start is another demo: %+v, then %+v", first.manifest, second.manifest)
	}
	again := newAPI(t, second.PortalURL)
	again.do("POST", "/api/v3/developer/authenticate", signIn, 204)
	again.do("GET", "/api/v3/applications/"+id(app), nil, 200)
	admin := newAPI(t, second.ManagementURL, "Authorization", "Bearer "+second.Token)
	for _, list := range []string{"/v3/portals", "/v3/apis", "/v2/dcr-providers", "/v2/application-auth-strategies", "/v3/api-implementations", "/v3/api-publications"} {
		if n := len(admin.do("GET", list, nil, 200)["data"].([]any)); n != 1 {
			t.Errorf("%s lists %d, want 1", list, n)
		}
	}
	publication := "/v3/apis/" + id(admin.do("GET", "/v3/apis", nil, 200)["data"].([]any)[0].(object)) +
		"/publications/" + id(admin.do("GET", "/v3/portals", nil, 200)["data"].([]any)[0].(object))
	admin.do("PUT", publication, object{"visibility": "private"}, 200)
	admin.do("POST", "/v3/portals", object{"name": "Another"}, 201)
	if err := second.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, second.stderr)
	}
	third := demo(t, dir, "--port-base", base)
	admin = newAPI(t, third.ManagementURL, "Authorization", "Bearer "+third.Token)
	if kept := admin.do("GET", publication, nil, 200); kept["visibility"] != "private" {
		t.Errorf("the third start undoes what an admin changed: %v", kept)
	}
	if err := third.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, third.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "demo.json")); err != nil {
		t.Error(err)
	}
}

// TestDemoThatCannotBeSetUpEnds holds that a demo whose setting up fails says so
// and ends, instead of serving half of what it should.
func TestDemoThatCannotBeSetUpEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "outbox.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, nil, "demo", "--data", dir, "--port-base", strconv.Itoa(portBase(t)))
	if said := p.wait(); p.err == nil || !strings.Contains(said, "outbox.jsonl") {
		t.Errorf("ended with %v and %q", p.err, said)
	}
}
