package e2e_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	_ "modernc.org/sqlite"
)

// founded makes a data directory that has been in use.
func founded(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "data")
	if out, err := exec.Command(binary, "token", "--email", "admin@example.com", "--data-dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// state is the content of a directory, apart from a database that works: it
// may be opened.
func state(t *testing.T, dir string, works bool) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "" // it is no directory
	}
	var all strings.Builder
	for _, e := range entries {
		if e.IsDir() || works && e.Name() == "portico.db" || strings.HasSuffix(e.Name(), "-wal") || strings.HasSuffix(e.Name(), "-shm") {
			continue
		}
		fmt.Fprintf(&all, "%s %x\n", e.Name(), sha256.Sum256([]byte(readFile(t, filepath.Join(dir, e.Name())))))
	}
	return all.String()
}

// damage writes a file.
func damage(t *testing.T, content string, mode os.FileMode, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// TestBadStart starts what cannot work. The program ends with status 1 and
// sentences that say what to do, and leaves everything as it was.
func TestBadStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	mute := taken.Addr().String() // accepts connections and says nothing
	cases := map[string]struct {
		prepare func(dir string) // changes a directory that was in use
		args    []string
		want    []string
	}{
		"gateway's port taken":    {nil, []string{"--listen-gateway", mute}, []string{"listen.gateway", "another program", "choose another"}},
		"management's port taken": {nil, []string{"--listen-management", mute}, []string{"listen.management", "another program"}},
		"portal's port taken":     {nil, []string{"--listen-portal", mute}, []string{"listen.portal", "another program"}},
		"health's port taken":     {nil, []string{"--listen-health", mute}, []string{"listen.health", "another program"}},
		"address of another":      {nil, []string{"--listen-portal", "192.0.2.1:1"}, []string{"listen.portal", "192.0.2.1:1", "choose an address"}},
		"no address":              {nil, []string{"--listen-portal", "here"}, []string{"--listen-portal", `"here"`, "nothing was started"}},
		"data is a file":          {func(dir string) { os.RemoveAll(dir); damage(t, "x", 0o600, dir) }, nil, []string{"data_dir", "name one"}},
		"data in a file":          {func(dir string) { damage(t, "x", 0o600, dir, "f") }, []string{"--data-dir", "DIR/f/data"}, []string{"data_dir", "name one"}},
		"data not writable":       {nil, []string{"--data-dir", "/proc/self"}, []string{"key.file", "/proc/self/portico.key"}},
		"no data directory":       {nil, []string{"--data-dir", ""}, []string{"data_dir"}},
		"another's key": {func(dir string) {
			damage(t, readFile(t, filepath.Join(founded(t), "portico.key")), 0o600, dir, "portico.key")
		}, nil, []string{"key.file", "does not belong", "nothing was changed"}},
		"key lost":               {func(dir string) { os.Remove(filepath.Join(dir, "portico.key")) }, nil, []string{"key.file", "is missing", "backup", "changed"}},
		"key readable by others": {func(dir string) { os.Chmod(filepath.Join(dir, "portico.key"), 0o644) }, nil, []string{"chmod 600"}},
		"key cut short":          {func(dir string) { os.Truncate(filepath.Join(dir, "portico.key"), 40) }, nil, []string{"portico.key", "restore it from a backup"}},
		"key empty":              {func(dir string) { os.Truncate(filepath.Join(dir, "portico.key"), 0) }, nil, []string{"portico.key", "restore it from a backup"}},
		"key a directory": {func(dir string) {
			os.Remove(filepath.Join(dir, "portico.key"))
			os.Mkdir(filepath.Join(dir, "portico.key"), 0o700)
		}, nil, []string{"portico.key", "regular file"}},
		"key value of nothing": {nil, []string{"--key-value", "hunter2hunter2"}, []string{"key", "whole content of a key file"}},
		"database newer": {func(dir string) {
			db, err := sql.Open("sqlite", filepath.Join(dir, "portico.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (999, '0999_future', 'x', 1)"); err != nil {
				t.Fatal(err)
			}
		}, nil, []string{"newer version", "Nothing was changed", "restore a backup"}},
		"database is rubbish": {func(dir string) { damage(t, strings.Repeat("rubbish ", 5000), 0o600, dir, "portico.db") }, nil, []string{"damaged", "restore a backup"}},
		"database cut short":  {func(dir string) { os.Truncate(filepath.Join(dir, "portico.db"), 20000) }, nil, []string{"damaged", "restore a backup"}},
		"database a directory": {func(dir string) {
			os.Remove(filepath.Join(dir, "portico.db"))
			os.Mkdir(filepath.Join(dir, "portico.db"), 0o700)
		}, nil, []string{"cannot be opened"}},
		"no such driver":          {nil, []string{"--database", "mysql://u:hunter2@h/x"}, []string{"sqlite:", "postgres://"}},
		"PostgreSQL down":         {nil, []string{"--database", "postgres://u:hunter2@127.0.0.1:1/x"}, []string{"database", "does not answer", "PostgreSQL runs"}},
		"PostgreSQL says nothing": {nil, []string{"--database", "postgres://u:hunter2@" + mute + "/x?connect_timeout=1"}, []string{"database", "does not answer"}},
		"PostgreSQL misspelt":     {nil, []string{"--database", "postgres://u:hunter2%@h/x"}, []string{"postgres://USER:PASSWORD@HOST"}},
		"unknown settings":        {func(dir string) { damage(t, "listen:\n  gatway: x\nfoo: 1\n", 0o600, dir, "c.yaml") }, []string{"--config", "DIR/c.yaml"}, []string{"listen.gatway", "foo", "no such setting", "nothing was started"}},
		"configuration no YAML":   {func(dir string) { damage(t, "a: [\x00", 0o600, dir, "c.yaml") }, []string{"--config", "DIR/c.yaml"}, []string{"c.yaml", "YAML", "nothing was started"}},
		"configuration missing":   {nil, []string{"--config", "DIR/none.yaml"}, []string{"none.yaml", "no such configuration file"}},
		"unknown flag":            {nil, []string{"--gatway", "x"}, []string{"unknown flag", "--gatway"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := founded(t)
			if c.prepare != nil {
				c.prepare(dir)
			}
			works := name != "database is rubbish" && name != "database cut short"
			before := state(t, dir, works)
			args := []string{"serve", "--data-dir", dir, "--listen-gateway", "127.0.0.1:0", "--listen-management", "127.0.0.1:0", "--listen-portal", "127.0.0.1:0", "--listen-health", "127.0.0.1:0"}
			for _, a := range c.args {
				args = append(args, strings.Replace(a, "DIR", dir, 1))
			}
			p := start(t, dir, nil, args...)
			said := p.wait()
			complains(t, p, said, c.want...)
			if after := state(t, dir, works); after != before {
				t.Errorf("it has changed something:\n%s\nto\n%s", before, after)
			}
		})
	}
}

// complains checks how a program ended that had to.
func complains(t *testing.T, p *program, said string, want ...string) {
	t.Helper()
	if code := p.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not said in: %s", w, said)
		}
	}
	for _, never := range []string{"goroutine ", "panic", "hunter2", ".go:", "%!", "<nil>"} {
		if strings.Contains(said, never) {
			t.Errorf("%q is said: %s", never, said)
		}
	}
	_, sentence, found := strings.Cut(said, "portico: ")
	if lines := strings.Count(sentence, "\n"); !found || lines > 5 { // YAML is shown where it is wrong
		t.Errorf("%d lines of complaint: %s", lines, said)
	}
}

// TestFullDiskAtStart lets files grow to a certain size only.
func TestFullDiskAtStart(t *testing.T) {
	t.Parallel()
	for _, blocks := range []string{"0", "1", "40", "150"} {
		dir := filepath.Join(t.TempDir(), "data")
		p := &program{t: t, stderr: new(output), cmd: exec.Command("bash", "-c", `ulimit -f `+blocks+`; exec "$0" token --email admin@example.com --data-dir "$1"`, binary, dir)}
		p.cmd.Stderr = p.stderr
		p.cmd.Run()
		complains(t, p, p.stderr.String(), "isk")
		// When there is space, the next start goes on where this one has ended.
		if out, err := exec.Command(binary, "token", "--email", "admin@example.com", "--data-dir", dir).CombinedOutput(); err != nil {
			t.Errorf("after a start with %s blocks: %v\n%s", blocks, err, out)
		}
	}
}

// limitFiles bounds how large the files of a process may grow; it stands for a
// full disk, and can be taken back.
func limitFiles(t *testing.T, p *program, size uint64) {
	t.Helper()
	const fsize = 1
	limit := syscall.Rlimit{Cur: size, Max: ^uint64(0)}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), fsize, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); e != 0 {
		t.Fatal(e)
	}
}

// TestFullDiskWhileRunning: changes are refused without half-done work, the
// gateway and reading go on, and all is well when there is space again.
func TestFullDiskWhileRunning(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	app, pair := b.application("steady")
	echo := b.GatewayURL + "/echo"
	want := func(what string, status int) {
		t.Helper()
		if got := get(t, echo, "Authorization", basic(pair)); got != status {
			t.Errorf("%s: the gateway answers %d, want %d\n%s", what, got, status, tail(b.stderr.String()))
		}
	}
	refused := func(a *api, method, path string, body any) {
		t.Helper()
		status, answer, err := a.send(method, path, body)
		var doc problemDocument
		if err != nil || status != 503 || json.Unmarshal(answer, &doc) != nil || !strings.Contains(doc.Detail, "othing was changed") {
			t.Errorf("%s %s on a full disk: %d %s %v", method, path, status, answer, err)
		}
	}
	want("before", 200)
	clients := len(b.oktaClients())
	limitFiles(t, b.program, 4096)
	for range 3 {
		refused(b.admin, "POST", "/v3/portals", object{"name": "never"})
		refused(b.admin, "PATCH", "/v3/portals/"+b.portal, object{"description": "never"})
		refused(b.developer, "POST", "/api/v3/applications", object{"name": "never", "auth_strategy_id": b.both})
		refused(b.developer, "POST", "/api/v3/applications/"+app+"/regenerate-secret", nil)
		refused(b.developer, "DELETE", "/api/v3/applications/"+app, nil)
		refused(b.developer, "POST", "/api/v3/developer/authenticate", object{"username": "dev@example.com", "password": "correct horse battery"})
		want("on a full disk", 200)
		b.admin.do("GET", "/v3/portals", nil, 200)
		b.developer.do("GET", "/api/v3/applications/"+app, nil, 200)
	}
	if now := len(b.oktaClients()); now != clients {
		t.Errorf("the authorization server has %d clients, had %d", now, clients)
	}
	limitFiles(t, b.program, ^uint64(0))
	b.until("writing again", func() bool {
		status, _, _ := b.admin.send("POST", "/v2/control-planes", object{"name": "at last"})
		return status == 201
	})
	want("with space again", 200)
	if portals := len(b.admin.do("GET", "/v3/portals", nil, 200)["data"].([]any)); portals != 1 {
		t.Errorf("%d portals, want 1", portals)
	}
	b.developer.do("DELETE", "/api/v3/applications/"+app, nil, 204)
	want("deleted", 401)
	if err := b.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, tail(b.stderr.String()))
	}
	b.secretsNowhere(t)
}

// secretsNowhere looks for every secret of an installation in all that it has
// left: files, logs, answers.
func (b *besieged) secretsNowhere(t *testing.T) {
	secrets := map[string]string{"management token of the provider": b.okta.Token.Reveal(), "password": "correct horse battery", "access token": strings.TrimPrefix(b.admin.header.Get("Authorization"), "Bearer ")}
	for i, s := range b.shown {
		secrets["client secret "+strconv.Itoa(i)] = s
		if n := strings.Count(b.developer.heard.String(), s); n > 1 {
			t.Errorf("the portal API has shown client secret %d %d times", i, n)
		}
	}
	searchForSecrets(t, b.dir, secrets, map[string]string{"log": b.stderr.String(), "management API": b.admin.heard.String()})
}

// TestProviderAway: without the identity provider, whoever is known goes on;
// others are told to come back, and creating leaves nothing.
func TestProviderAway(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	_, known := b.application("known")
	_, fresh := b.application("fresh")
	echo := b.GatewayURL + "/echo"
	if got := get(t, echo, "Authorization", basic(known)); got != 200 {
		t.Fatalf("before: %d\n%s", got, tail(b.stderr.String()))
	}
	clientID, clientSecret, _ := strings.Cut(known, ":")
	bearer := "Bearer " + tokenFor(t, b.Issuer, clientID, clientSecret, "orders.read")
	cookie := sessionCookie(t, echo, basic(known))
	b.okta.Fail("/oauth2", 503, 10000)
	b.okta.Fail("/api", 503, 10000)
	for what, headers := range map[string][]string{"cached": {"Authorization", basic(known)}, "bearer": {"Authorization", bearer}, "session": {"Cookie", cookie}} {
		if got := get(t, echo, headers...); got != 200 {
			t.Errorf("%s while the provider is away: %d", what, got)
		}
	}
	r, err := http.NewRequest("GET", echo, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", basic(fresh))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a new caller while the provider is away: %d %v", res.StatusCode, res.Header)
	}
	status, answer, err := b.developer.send("POST", "/api/v3/applications", object{"name": "never", "auth_strategy_id": b.both})
	if err != nil || status != 503 || !strings.Contains(string(answer), "no application was created") {
		t.Errorf("creating while the provider is away: %d %s %v", status, answer, err)
	}
	b.okta.ClearFaults()
	b.until("serving new callers again", func() bool { return get(t, echo, "Authorization", basic(fresh)) == 200 })
	b.until("agreeing with the provider", func() bool { return strings.Join(b.clients(), " ") == strings.Join(b.oktaClients(), " ") })
	metrics, err := http.Get("http://" + b.settings["listen.health"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer metrics.Body.Close()
	text, err := io.ReadAll(metrics.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range append(b.shown, clientID, "Bearer", "dev@example.com") {
		if strings.Contains(string(text), secret) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
	if err := b.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, tail(b.stderr.String()))
	}
	b.secretsNowhere(t)
}

// TestStopUnderLoad ends the program while requests are under way: each that it
// took up is answered in full, and nothing stays behind.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	_, pair := b.application("busy")
	reached, release := make(chan struct{}, 1), make(chan struct{})
	b.echo.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			reached <- struct{}{}
			<-release
		}
		io.WriteString(w, "whole")
	})
	call := func(path string) (string, error) {
		r, err := http.NewRequest("GET", b.GatewayURL+"/echo"+path, nil)
		if err != nil {
			return "", err
		}
		r.Header.Set("Authorization", basic(pair))
		r.Close = true
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return strconv.Itoa(res.StatusCode) + " " + string(text), err
	}
	slow := make(chan string, 1)
	go func() {
		got, err := call("/slow")
		slow <- fmt.Sprint(got, err)
	}()
	select {
	case <-reached:
	case got := <-slow:
		t.Fatalf("the slow request: %s\n%s", got, tail(b.stderr.String()))
	}
	var load sync.WaitGroup
	var served, broken atomic.Int64
	for range 8 {
		load.Go(func() {
			for {
				got, err := call("/fast")
				if err != nil {
					if _, refused := err.(interface{ Timeout() bool }); !refused || got != "" {
						broken.Add(1)
					}
					return
				}
				if got != "200 whole" {
					broken.Add(1)
				}
				served.Add(1)
			}
		})
	}
	b.until("loaded", func() bool { return served.Load() > 50 })
	b.cmd.Process.Signal(syscall.SIGTERM)
	load.Wait() // no more connections are accepted
	select {
	case <-b.ended:
		t.Error("it has ended before the request under way")
	default:
	}
	close(release)
	if got := <-slow; got != "200 whole<nil>" {
		t.Errorf("the request under way ended as %q", got)
	}
	if err := b.end(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, tail(b.stderr.String()))
	}
	if broken.Load() > 0 {
		t.Errorf("%d of %d requests broke", broken.Load(), served.Load())
	}
	for _, listener := range []string{"listen.gateway", "listen.management", "listen.portal", "listen.health"} {
		if conn, err := net.DialTimeout("tcp", b.settings[listener], time.Second); err == nil {
			conn.Close()
			t.Errorf("somebody still listens at %s", listener)
		}
	}
	// What it has written can be opened again as it is.
	if _, err := os.Stat(filepath.Join(b.dir, "gateway.snapshot")); err != nil {
		t.Error(err)
	}
}
