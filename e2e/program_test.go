package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portico/storetest"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if os.Getenv(childSettings) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "portico-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "portico")
	if out, err := exec.Command("go", "build", "-o", binary, "portico/cmd/portico").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		return 1
	}
	return storetest.Main(m)
}

// manifest is demo.json, as its readers outside of the project see it.
type manifest struct {
	ManagementURL string `json:"management_url"`
	ConsoleURL    string `json:"console_url"`
	PortalURL     string `json:"portal_url"`
	GatewayURL    string `json:"gateway_url"`
	Issuer        string `json:"issuer"`
	OktaURL       string `json:"okta_url"`
	OktaToken     string `json:"okta_token"`
	Token         string `json:"token"`
	Admin         struct{ Email, Password string }
	Developer     *struct{ Email, Password string }
	Route         string
}

// program is a running portico.
type program struct {
	manifest
	t      testing.TB
	dir    string
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	ended  chan struct{}
	err    error
}

// output collects what a process prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// The range that ports are taken from lies below the one that Linux gives to
// outgoing connections, which would take them between two starts of a program.
const firstPort, lastPort = 10_000, 32_000

var (
	ports    sync.Mutex
	nextPort = firstPort + os.Getpid()%50*400
)

// portBase finds a base whose ports are all free.
func portBase(t testing.TB) int {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	for range (lastPort - firstPort) / 10 {
		base := nextPort
		if nextPort += 10; nextPort%200 >= 90 {
			nextPort += 110 // base+100 belongs to the health listeners
		}
		if nextPort > lastPort {
			nextPort = firstPort
		}
		if free(base, base+1, base+2, base+3, base+4, base+100) {
			return base
		}
	}
	t.Fatal("no free ports")
	return 0
}

func free(ports ...int) bool {
	for _, p := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(p))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// start runs the binary; the test ends it.
func start(t testing.TB, dir string, env []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, dir: dir, stdout: new(output), stderr: new(output), ended: make(chan struct{})}
	p.cmd = exec.Command(binary, args...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// stop ends the program as an operator would and returns how it ended.
func (p *program) stop() error {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	return p.end()
}

// end waits until a program that was told to has ended, and returns how.
func (p *program) end() error {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.err
	case <-time.After(30 * time.Second):
		p.t.Fatalf("still running 30 s after SIGTERM:\n%s", p.stderr)
		return nil
	}
}

// wait waits for the program to end by itself and returns what it said.
func (p *program) wait() string {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(60 * time.Second):
		p.t.Fatalf("still running after 60 s:\n%s", p.stderr)
	}
	return p.stderr.String()
}

// demo starts the demo in dir and waits until demo.json is there.
func demo(t testing.TB, dir string, args ...string) *program {
	t.Helper()
	os.Remove(filepath.Join(dir, "demo.json"))
	p := start(t, dir, nil, append([]string{"demo", "--data", dir}, args...)...)
	p.ready()
	return p
}

func (p *program) ready() {
	p.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		data, err := os.ReadFile(filepath.Join(p.dir, "demo.json"))
		if err == nil {
			if err := json.Unmarshal(data, &p.manifest); err != nil {
				p.t.Fatalf("demo.json: %v\n%s", err, data)
			}
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			p.t.Fatal(err)
		}
		select {
		case <-p.ended:
			p.t.Fatalf("ended before it was ready: %v\n%s", p.err, p.stderr)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("not ready after 60 s:\n%s", p.stderr)
		}
	}
}

// api is one HTTP API with a caller's credentials; it remembers every answer.
type api struct {
	t      testing.TB
	base   string
	header http.Header
	http   *http.Client
	heard  *output
}

func newAPI(t testing.TB, base string, headers ...string) *api {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &api{t: t, base: base, header: http.Header{}, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}, heard: new(output)}
	for i := 0; i < len(headers); i += 2 {
		a.header.Set(headers[i], headers[i+1])
	}
	return a
}

type object = map[string]any

// send sends a body (a string as it is, anything else as JSON) and returns
// status and answer.
func (a *api) send(method, path string, body any) (int, []byte, error) {
	var payload io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, a.base+path, payload)
	if err != nil {
		return 0, nil, err
	}
	r.Header = a.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	res, err := a.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	a.heard.Write(answer)
	return res.StatusCode, answer, err
}

// do sends and expects a status; the answer's JSON is returned.
func (a *api) do(method, path string, body any, want int) object {
	a.t.Helper()
	status, answer, err := a.send(method, path, body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	if status != want {
		a.t.Fatalf("%s %s answered %d, want %d: %s", method, path, status, want, answer)
	}
	var out object
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &out); err != nil {
			a.t.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
	return out
}

// get sends a GET with headers to an address and returns the status.
func get(t testing.TB, url string, headers ...string) int {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.StatusCode
}
