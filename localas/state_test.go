package localas_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/localas"
	"portico/localas/localastest"
	"portico/secret"
)

func TestRestartKeepsState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var handler *localas.Server
	listener := httptest.NewUnstartedServer(nil)
	base := "http://" + listener.Listener.Addr().String()
	open := func() *localas.Server {
		server, err := localas.Open(t.Context(), localas.Config{Dir: dir, BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	handler = open()
	token, err := handler.BootstrapToken(t.Context(), "first")
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = handler.Handler()
	listener.Start()
	c := caller{&localastest.Instance{Server: handler, URL: base, Issuer: base + "/oauth2/default", Token: token}, t}
	c.addScope("orders:read")
	app := c.createApp("Orders")
	old := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	keys := c.do(c.request("GET", "/oauth2/default/v1/keys", nil)).body
	listener.Close()
	if err := handler.Close(); err != nil {
		t.Fatal(err)
	}

	handler = open()
	defer handler.Close()
	again := httptest.NewServer(handler.Handler())
	defer again.Close()
	c.URL = again.URL // the issuer stays what it was
	if got := c.do(c.request("GET", "/oauth2/default/v1/keys", nil)).body; !bytes.Equal(got, keys) {
		t.Error("the keys have changed")
	}
	if c.introspect(app, old)["active"] != true {
		t.Error("a token from before is not active")
	}
	c.token(app, "orders:read").object(t, 200)
	if apps := c.manage("GET", "/api/v1/apps", nil).list(t); len(apps) != 1 {
		t.Errorf("%d applications", len(apps))
	}
	if servers := c.manage("GET", "/api/v1/authorizationServers", nil).list(t); len(servers) != 1 {
		t.Errorf("%d authorization servers", len(servers))
	}
}

// lockedBuffer is a log that many goroutines write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestSecretsAreNeitherStoredNorLogged(t *testing.T) {
	t.Parallel()
	log := &lockedBuffer{}
	c := caller{localastest.Start(t, func(cfg *localas.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}), t}
	c.addScope("orders:read")
	made := c.createApp("Made")
	chosen := "a-secret-that-the-caller-chose"
	created := c.manage("POST", "/api/v1/apps", serviceApp("Chosen", "chosen-client", chosen)).object(t, 200)
	second := c.manage("POST", "/api/v1/apps/"+created["id"].(string)+"/credentials/secrets", nil).object(t, 201)["client_secret"].(string)
	dynamic := c.manage("POST", "/oauth2/v1/clients", object{
		"client_name": "Dynamic", "application_type": "service", "grant_types": []string{"client_credentials"},
	}).object(t, 201)["client_secret"].(string)
	access := c.token(made, "orders:read").object(t, 200)["access_token"].(string)
	c.introspect(made, access)
	c.form("/oauth2/default/v1/revoke", made.id, made.secret, url.Values{"token": {access}})
	c.token(registered{id: made.id, secret: "a-wrong-secret-in-a-request"}, "orders:read")
	p := c.signIn()
	p.post("/security/api/tokens", url.Values{"name": {"page"}}, 200)
	page := p.shownToken()

	secrets := map[string]string{
		"generated secret": made.secret, "chosen secret": chosen, "second secret": second, "registered secret": dynamic,
		"API token": c.Token.Reveal(), "token of a page": page, "access token": access, "wrong secret": "a-wrong-secret-in-a-request",
		"password": localastest.AdminPassword, "session": p.session(),
	}
	files, err := filepath.Glob(filepath.Join(c.Dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no state in %s: %v", c.Dir, err)
	}
	for name, value := range secrets {
		if len(value) < 10 {
			t.Fatalf("%s is %q", name, value)
		}
		if strings.Contains(log.String(), value) {
			t.Errorf("%s is in the log", name)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(content, []byte(value)) {
				t.Errorf("%s is in %s", name, filepath.Base(file))
			}
		}
	}
	if !strings.Contains(log.String(), made.id) {
		t.Error("the log says nothing about the application: is it the right log?")
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(file), info.Mode())
		}
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for base, fine := range map[string]bool{
		"http://localhost:8003": true, "http://localhost:8003/": true, "http://127.0.0.1:1": true, "http://[::1]:1": true,
		"http://as.localhost": true, "https://as.example.com": true,
		"http://as.example.com": false, "http://10.0.0.1": false, "http://localhost:8003/path": false, "localhost:8003": false, "": false,
		"ftp://localhost": false, "http://user@localhost": false, "http://localhost?x=1": false, "http://localhost.example.com": false,
	} {
		server, err := localas.Open(t.Context(), localas.Config{Dir: t.TempDir(), BaseURL: base})
		if (err == nil) != fine {
			t.Errorf("%q: %v", base, err)
		}
		if err == nil {
			server.Close()
		}
	}
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func startAt(t *testing.T) (caller, *clock) {
	t.Helper()
	now := &clock{now: time.Now().UTC()}
	return caller{localastest.Start(t, func(cfg *localas.Config) { cfg.Now = now.read }), t}, now
}

func TestAPITokensLiveWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	c, now := startAt(t)
	for range 3 {
		now.advance(29 * 24 * time.Hour)
		c.manage("GET", "/api/v1/apps", nil).list(t)
	}
	now.advance(31 * 24 * time.Hour)
	if got := code(t, c.manage("GET", "/api/v1/apps", nil), 401); got != "E0000011" {
		t.Errorf("after 31 idle days: %s", got)
	}
}

func TestTokensExpireAndKeysRotateByThemselves(t *testing.T) {
	t.Parallel()
	c, now := startAt(t)
	c.addScope("orders:read")
	app := c.createApp("Orders")
	token := c.token(app, "orders:read").object(t, 200)["access_token"].(string)
	now.advance(59 * time.Minute)
	if c.introspect(app, token)["active"] != true {
		t.Error("not active after 59 minutes")
	}
	now.advance(time.Minute)
	if c.introspect(app, token)["active"] != false {
		t.Error("active after an hour")
	}
	before := c.keySet()
	now.advance(89 * 24 * time.Hour)
	c.token(app, "orders:read").object(t, 200)
	if after := c.keySet(); len(after.Keys) != len(before.Keys) {
		t.Errorf("rotated early: %d keys", len(after.Keys))
	}
	now.advance(24 * time.Hour)
	fresh, _ := c.verified(c.token(app, "orders:read").object(t, 200)["access_token"].(string))
	if after := c.keySet(); len(after.Keys) != 3 || fresh.Headers[0].KeyID != before.Keys[0].KeyID {
		t.Errorf("not rotated after 90 days: %d keys", len(after.Keys))
	}
	now.advance(90 * 24 * time.Hour)
	if after := c.keySet(); len(after.Keys) != 3 {
		t.Errorf("%d keys after the second rotation", len(after.Keys))
	}
}

func TestConcurrentCreationOfOneClientID(t *testing.T) {
	t.Parallel()
	c := start(t)
	statuses := make(chan int, 8)
	for range cap(statuses) {
		go func() {
			statuses <- c.manage("POST", "/api/v1/apps", serviceApp("Race", "one-client-id", "")).StatusCode
		}()
	}
	created := 0
	for range cap(statuses) {
		switch status := <-statuses; status {
		case 200:
			created++
		case 400:
		default:
			t.Errorf("status %d", status)
		}
	}
	if created != 1 {
		t.Errorf("%d applications have the same client_id", created)
	}
}

func TestTwoSecretsAtMostWhoeverAsks(t *testing.T) {
	t.Parallel()
	c := start(t)
	path := "/api/v1/apps/" + c.createApp("Race").app + "/credentials/secrets"
	done := make(chan int, 6)
	for range cap(done) {
		go func() { done <- c.manage("POST", path, nil).StatusCode }()
	}
	created := 0
	for range cap(done) {
		if <-done == 201 {
			created++
		}
	}
	if listed := c.manage("GET", path, nil).list(t); created != 1 || len(listed) != 2 {
		t.Errorf("%d created, %d listed", created, len(listed))
	}
}

func TestPagesWithoutAPasswordAdmitNobody(t *testing.T) {
	t.Parallel()
	c := caller{localastest.Start(t, func(cfg *localas.Config) { cfg.AdminPassword = secret.Text{} }), t}
	got := c.form("/sign-in", "", "", url.Values{"email": {localastest.AdminEmail}, "password": {""}})
	if got.StatusCode != 401 {
		t.Errorf("an empty password: %s", got.Status)
	}
}
