package declare_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/admins"
	"portico/control"
	"portico/declare"
	"portico/httpkit"
	"portico/mgmtapi"
	"portico/secret"
	"portico/spectest"
	"portico/usecase/usecasetest"
)

// house is a management API on a real store. Every request and answer is judged
// by the public contracts when they are at hand.
type house struct {
	client *declare.Client
	url    string
	token  secret.Text

	mu     sync.Mutex
	bodies []string // of all requests
}

// record keeps the bodies of requests.
func (h *house) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			h.mu.Lock()
			h.bodies = append(h.bodies, string(body))
			h.mu.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// sent counts the requests whose body holds a text.
func (h *house) sent(text string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, body := range h.bodies {
		n += strings.Count(body, text)
	}
	return n
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseHeldTo(t, spectest.Management(t))
}

// newHouseHeldTo is newHouse with other contracts; nil: none.
func newHouseHeldTo(t testing.TB, contracts *spectest.Oracle) *house {
	t.Helper()
	d := usecasetest.Deps(t, usecasetest.SQLite(t), time.Now)
	c := control.New(d)
	founded, err := c.Accounts.Bootstrap(t.Context(), admins.Founding{
		Organization: "Acme", Email: "ada@acme.example", FullName: "Ada Admin", TokenName: "ci", TokenLifetime: time.Hour,
	})
	check(t, err)
	api := mgmtapi.New(mgmtapi.Options{Control: c, Logger: d.Logger, Now: time.Now})
	h := &house{token: founded.Token}
	server := httptest.NewServer(httpkit.Chain(h.record(contracts.Wrap(t, api)), httpkit.RequestID, httpkit.Recover(d.Logger)))
	t.Cleanup(server.Close)
	h.url = server.URL
	h.client, err = declare.NewClient(server.URL, founded.Token, false)
	check(t, err)
	return h
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// environment are the secrets that tests declare.
func environment(name string) string {
	if strings.Contains(name, "MISSING") {
		return ""
	}
	if strings.HasSuffix(name, "PRIVATE_KEY") {
		return oktaKey
	}
	return "value_of_" + name
}

func options() declare.Options {
	return declare.Options{Env: environment, ReadFile: os.ReadFile}
}

// plan plans what a directory declares.
func (h *house) plan(t testing.TB, dir string, o declare.Options) (*declare.Plan, error) {
	t.Helper()
	d, err := declare.Load(dir)
	if err != nil {
		return nil, err
	}
	return declare.NewPlan(t.Context(), h.client, d, o)
}

// apply applies a directory, and returns plan and report.
func (h *house) apply(t testing.TB, dir string, o declare.Options) string {
	t.Helper()
	p, err := h.plan(t, dir, o)
	check(t, err)
	var report bytes.Buffer
	if err := p.Apply(t.Context(), &report); err != nil {
		t.Fatalf("%v\nthe plan was:\n%s", err, p)
	}
	if strings.Contains(report.String(), "note:") {
		t.Errorf("Portico keeps something else than declared:\n%s", &report)
	}
	return p.String() + report.String()
}

// settled fails unless a directory has nothing to change.
func (h *house) settled(t testing.TB, dir string, o declare.Options) {
	t.Helper()
	p, err := h.plan(t, dir, o)
	check(t, err)
	if !p.Empty() {
		t.Fatalf("applied twice, there is still something to change:\n%s", p)
	}
}

// export writes everything into a new directory.
func (h *house) export(t testing.TB, set string) (string, *declare.Export) {
	t.Helper()
	x, err := declare.NewExport(t.Context(), h.client, nil, set)
	check(t, err)
	dir := t.TempDir()
	check(t, x.Write(dir))
	return dir, x
}

// write makes a directory of files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

// faults are what a directory is refused for.
func faults(t testing.TB, err error) string {
	t.Helper()
	if _, is := errors.AsType[declare.Faults](err); !is {
		t.Fatalf("no faults but %v", err)
	}
	return err.Error()
}

func sameFiles(t testing.TB, want, got map[string][]byte) {
	t.Helper()
	for name := range want {
		if !bytes.Equal(want[name], got[name]) {
			t.Errorf("%s was\n%s\nand is\n%s", name, want[name], got[name])
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s is new", name)
		}
	}
}

// send is a request that somebody else makes; it has to succeed.
func (h *house) send(t testing.TB, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
	check(t, err)
	req.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	check(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(t, err)
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, raw)
	}
	return string(raw)
}

// deleteEverything empties a collection.
func (h *house) deleteEverything(t testing.TB, path string) {
	t.Helper()
	for _, id := range h.ids(t, path) {
		h.send(t, "DELETE", path+"/"+id, "")
	}
}

func (h *house) firstID(t testing.TB, path string) string { return h.ids(t, path)[0] }

func (h *house) ids(t testing.TB, path string) []string {
	t.Helper()
	var found struct {
		Data []struct{ ID string }
	}
	check(t, json.Unmarshal([]byte(h.send(t, "GET", path+"?page%5Bsize%5D=100", "")), &found))
	var out []string
	for _, e := range found.Data {
		out = append(out, e.ID)
	}
	return out
}
