package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"portico/app"
	"portico/control"
	"portico/localas"
	"portico/localas/localastest"
	"portico/storetest"
)

// crashRounds is how often each store is put through a crash.
const crashRounds = 200

// The child's environment: its settings as JSON, and the step to die at.
const (
	childSettings = "PORTICO_E2E_SETTINGS"
	childCrashAt  = "PORTICO_E2E_CRASH_AT"
)

// child is the program that TestCrash kills: Portico, but for the checkpoint in
// which it ends itself the hard way.
func child() error {
	var settings map[string]string
	if err := json.Unmarshal([]byte(os.Getenv(childSettings)), &settings); err != nil {
		return err
	}
	c, err := app.Load("", func(string) string { return "" }, settings)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a, err := app.Open(ctx, c, app.Options{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Checkpoint: func(step string) {
			if step == os.Getenv(childCrashAt) {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // not a step further
			}
		},
	})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// crashed is one installation that is killed and started again and again.
type crashed struct {
	*program
	settings  map[string]string
	okta      *localastest.Instance
	admin     *api
	developer *api
	portal    string
	strategy  string
	armed     string   // the step that the running child will die at
	shown     []string // every secret that a developer was shown
}

// TestCrash kills the program at every step of create, rotate and delete. After
// every restart the authorization server holds exactly the clients of the
// applications, each with one secret.
func TestCrash(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		crash(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		crash(t, storetest.Postgres(t))
	})
}

func crash(t *testing.T, database string) {
	c := newCrashed(t, database)
	steps := control.Steps()
	app := ""
	for round := range crashRounds {
		step := steps[round%len(steps)]
		for c.armed = ""; c.armed != step; c.agree(round) {
			c.restart(step) // again, if it died of the step while it reconciled
		}
		if app == "" || !slices.Contains(c.applications(), app) {
			app = c.create(fmt.Sprintf("kept %d", round))
			if app == "" {
				c.gone(round, step) // died at the step it was to die at
				continue
			}
		}
		switch {
		case strings.HasPrefix(step, "register."):
			c.persist("POST", "/api/v3/applications", object{"name": fmt.Sprintf("app %d", round), "auth_strategy_id": c.strategy}, 201)
		case strings.HasPrefix(step, "rotate."):
			c.persist("POST", "/api/v3/applications/"+app+"/regenerate-secret", nil, 201)
		case strings.HasPrefix(step, "deregister."):
			c.persist("DELETE", "/api/v3/applications/"+app, nil, 204)
		}
		c.gone(round, step)
	}
	c.restart("")
	c.agree(crashRounds)
	c.usable()
	if err := c.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, c.stderr)
	}
	secrets := map[string]string{"management token": c.okta.Token.Reveal()}
	for i, s := range c.shown {
		secrets["client secret "+strconv.Itoa(i)] = s
	}
	searchForSecrets(t, c.dir, secrets, map[string]string{"log": c.stderr.String()})
}

func newCrashed(t *testing.T, database string) *crashed {
	dir, base := t.TempDir(), portBase(t)
	address := func(offset int) string { return "127.0.0.1:" + strconv.Itoa(base+offset) }
	unlimited := func(c *localas.Config) { c.RateLimit = 1 << 30 } // we ask all the time
	c := &crashed{okta: localastest.Start(t, unlimited), settings: map[string]string{
		"data_dir": dir, "idp.timeout": "400ms",
		"listen.gateway": address(0), "listen.management": address(1), "listen.portal": address(2), "listen.health": address(100),
	}}
	if database != "" {
		c.settings["database"] = database
	}
	c.program = &program{t: t, dir: dir, stdout: new(output), stderr: new(output)}
	args := []string{"token", "--email", "admin@example.com", "--data-dir", dir}
	if database != "" {
		args = append(args, "--database", database)
	}
	token, err := exec.Command(binary, args...).Output()
	if err != nil {
		t.Fatalf("portico token: %v", err)
	}
	c.manifest = manifest{ManagementURL: "http://" + address(1), PortalURL: "http://localhost:" + strconv.Itoa(base+2), GatewayURL: "http://" + address(0), Issuer: c.okta.Issuer}
	c.admin = newAPI(t, c.ManagementURL, "Authorization", "Bearer "+strings.TrimSpace(string(token)))
	c.restart("")
	t.Cleanup(func() { c.kill() })
	c.provision()
	return c
}

func (c *crashed) provision() {
	okta := newAPI(c.t, c.okta.URL, "Authorization", "SSWS "+c.okta.Token.Reveal())
	okta.do("POST", "/api/v1/authorizationServers/default/scopes", object{"name": "orders.read"}, 201)
	provider := c.admin.do("POST", "/v2/dcr-providers", object{"name": "okta", "provider_type": "okta", "issuer": c.Issuer, "dcr_config": object{"dcr_token": c.okta.Token.Reveal()}}, 201)
	strategy := c.admin.do("POST", "/v2/application-auth-strategies", object{
		"name": "s", "display_name": "S", "strategy_type": "openid_connect", "dcr_provider_id": id(provider),
		"configs": object{"openid-connect": object{"issuer": c.Issuer, "credential_claim": []string{"cid"}, "scopes": []string{}, "auth_methods": []string{"client_credentials"}}},
	}, 201)
	portal := c.admin.do("POST", "/v3/portals", object{"name": "Shop"}, 201)
	c.portal, c.strategy = id(portal), id(strategy)
	publishAPI(c.admin, c.portal, c.strategy, "Orders", "/orders", newUpstream(c.t).URL)
	c.developer = signUp(c.program, c.admin, c.portal, "dev@example.com", "correct horse battery")
}

// restart starts the child, to die at a step, and waits until it is ready or
// has died of that step while it reconciled. A child that cannot start, because
// somebody's connection happens to hold one of its ports, is started again.
func (c *crashed) restart(step string) {
	c.t.Helper()
	if c.cmd != nil {
		c.kill()
	}
	c.armed = step
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		c.launch(step)
		if c.ready() || c.cmd.ProcessState.ExitCode() == -1 { // -1: by a signal
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("does not start; log:\n%s", tail(c.stderr.String()))
		}
	}
}

// launch starts the child. All its lives share one log.
func (c *crashed) launch(step string) {
	c.t.Helper()
	settings, err := json.Marshal(c.settings)
	if err != nil {
		c.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	p := &program{t: c.t, dir: c.dir, manifest: c.manifest, stdout: c.stdout, stderr: c.stderr, ended: make(chan struct{})}
	p.cmd = exec.Command(self)
	p.cmd.Env = append(os.Environ(), childSettings+"="+string(settings), childCrashAt+"="+step)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.ended) }()
	c.program = p
}

// ready waits until the child serves, or has ended.
func (c *crashed) ready() bool {
	c.t.Helper()
	ready := false
	c.until("ready", func() bool {
		res, err := http.Get("http://" + c.settings["listen.health"] + "/readyz")
		if err == nil {
			res.Body.Close()
			ready = res.StatusCode == 200
		}
		return ready || c.dead()
	})
	return ready
}

func (c *crashed) dead() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// until polls a condition of a real process.
func (c *crashed) until(what string, condition func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("not %s after 60 s; log:\n%s", what, tail(c.stderr.String()))
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-8000):] }

// gone waits for the program to die of the step it was armed with.
func (c *crashed) gone(round int, step string) {
	c.t.Helper()
	c.until(fmt.Sprintf("dead in round %d of %s", round, step), c.dead)
}

// agree waits until both sides hold the same. A program that dies of its step
// while it reconciles is started again, unarmed.
func (c *crashed) agree(round int) {
	c.t.Helper()
	var ours, theirs []string
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c.dead() {
			c.restart("")
		}
		ours, theirs = c.clients(), c.oktaClients()
		if ours != nil && slices.Equal(ours, theirs) && c.oneSecretEach() {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("round %d: applications %v, clients %v; log:\n%s", round, ours, theirs, tail(c.stderr.String()))
		}
	}
}

// listed reads the applications; ok is false while the program is down.
func (c *crashed) listed() (apps []struct {
	ID       string `json:"id"`
	ClientID string `json:"client_id"`
}, ok bool) {
	status, answer, err := c.admin.send("GET", "/v3/portals/"+c.portal+"/applications?page%5Bsize%5D=1000", nil)
	if err != nil || status != 200 {
		return nil, false
	}
	var list struct {
		Data []struct {
			ID       string `json:"id"`
			ClientID string `json:"client_id"`
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		c.t.Fatal(err)
	}
	return list.Data, true
}

func (c *crashed) applications() []string {
	var ids []string
	apps, _ := c.listed()
	for _, a := range apps {
		ids = append(ids, a.ID)
	}
	return ids
}

func (c *crashed) clients() []string {
	apps, ok := c.listed()
	if !ok {
		return nil
	}
	ids := []string{}
	for _, a := range apps {
		if a.ClientID == "" {
			c.t.Fatalf("application %s has no client", a.ID)
		}
		ids = append(ids, a.ClientID)
	}
	slices.Sort(ids)
	return ids
}

// oktaApp is what the authorization server says of a client.
type oktaApp struct {
	ID          string
	Credentials struct {
		OAuthClient struct {
			ClientID string `json:"client_id"`
		} `json:"oauthClient"`
	}
}

func (c *crashed) fromOkta(path string, into any) {
	c.t.Helper()
	a := newAPI(c.t, c.okta.URL, "Authorization", "SSWS "+c.okta.Token.Reveal())
	status, answer, err := a.send("GET", path, nil)
	if err != nil || status != 200 {
		c.t.Fatalf("%s: %d %v", path, status, err)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crashed) oktaApps() []oktaApp {
	var apps []oktaApp
	c.fromOkta("/api/v1/apps?limit=200", &apps)
	return apps
}

func (c *crashed) oktaClients() []string {
	ids := []string{}
	for _, a := range c.oktaApps() {
		ids = append(ids, a.Credentials.OAuthClient.ClientID)
	}
	slices.Sort(ids)
	return ids
}

func (c *crashed) oneSecretEach() bool {
	for _, a := range c.oktaApps() {
		var secrets []object
		c.fromOkta("/api/v1/apps/"+a.ID+"/credentials/secrets", &secrets)
		if len(secrets) != 1 {
			return false
		}
	}
	return true
}

// persist sends a request as the developer until it is answered as wanted, or
// the program dies of it. Meanwhile it may be told to come back: a change is
// still under way, or something was too slow.
func (c *crashed) persist(method, path string, body any, want int) object {
	c.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		status, answer, err := c.developer.send(method, path, body)
		switch {
		case err != nil:
			return nil
		case status == want:
			var out object
			if len(answer) > 0 {
				if err := json.Unmarshal(answer, &out); err != nil {
					c.t.Fatal(err)
				}
			}
			return out
		case status != 409 && status != 503, time.Now().After(deadline):
			c.t.Fatalf("%s %s answered %d: %s", method, path, status, answer)
		}
	}
}

// create makes an application; empty when the program died of it.
func (c *crashed) create(name string) string {
	c.t.Helper()
	out := c.persist("POST", "/api/v3/applications", object{"name": name, "auth_strategy_id": c.strategy}, 201)
	if out == nil {
		return ""
	}
	c.shown = append(c.shown, out["client_secret"].(string))
	return id(out)
}

// usable rotates every application that is left and gets a token with it.
func (c *crashed) usable() {
	c.t.Helper()
	for _, app := range c.applications() {
		fresh := c.persist("POST", "/api/v3/applications/"+app+"/regenerate-secret", nil, 201)
		c.shown = append(c.shown, fresh["client_secret"].(string))
		tokenFor(c.t, c.Issuer, fresh["client_id"].(string), fresh["client_secret"].(string), "orders.read")
	}
}
