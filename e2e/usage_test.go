package e2e_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestCountsOutliveTheProgram: what the gateway counted up to the moment it was
// told to stop is answered after the next start, and no secret is in the data
// directory.
func TestCountsOutliveTheProgram(t *testing.T) {
	t.Parallel()
	const wrong = "ThisSecretIsWrong"
	dir, base := t.TempDir(), strconv.Itoa(portBase(t))
	p := demo(t, dir, "--port-base", base)
	dana := signedIn(p)
	app := dana.do("POST", "/api/v3/applications", object{"name": "Counted"}, 201)
	clientID, clientSecret := app["client_id"].(string), app["client_secret"].(string)
	found := dana.do("GET", "/api/v3/apis", nil, 200)["data"].([]any)
	dana.do("POST", "/api/v3/applications/"+id(app)+"/registrations", object{"api_id": id(found[0].(object))}, 201)
	call := func(secret string, want int) {
		t.Helper()
		pair := base64.StdEncoding.EncodeToString([]byte(clientID + ":" + secret))
		if got := get(t, p.GatewayURL+p.Route, "Authorization", "Basic "+pair); got != want {
			t.Errorf("the gateway answered %d, want %d", got, want)
		}
	}
	for range 7 {
		call(clientSecret, 200)
	}
	call(wrong, 401)
	if err := p.stop(); err != nil { // well before the next batch is due
		t.Fatalf("SIGTERM: %v\n%s", err, p.stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "portico.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database in %s: %v", dir, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), clientSecret) || strings.Contains(string(content), wrong) {
			t.Errorf("%s holds a secret", file)
		}
	}

	p = demo(t, dir, "--port-base", base)
	dana = signedIn(p)
	stats := dana.do("POST", "/api/v3/stats", object{"dimensions": []string{"status_code"},
		"filters": []object{{"field": "application", "operator": "in", "value": []string{id(app)}}}}, 200)
	counted := map[string]string{}
	for _, point := range stats["data"].([]any) {
		event := point.(object)["event"].(object)
		counted[fmt.Sprint(event["status_code"])] = fmt.Sprint(event["request_count"])
	}
	if counted["200"] != "7" || counted["401"] != "1" || len(counted) != 2 {
		t.Errorf("counted %v, want 7 times 200 and once 401", counted)
	}
	if err := p.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, p.stderr)
	}
}

// signedIn is the portal API for the demo's own developer.
func signedIn(p *program) *api {
	p.t.Helper()
	c := newAPI(p.t, p.PortalURL)
	c.do("POST", "/api/v3/developer/authenticate", object{"username": p.Developer.Email, "password": p.Developer.Password}, 204)
	return c
}
