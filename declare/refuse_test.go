package declare_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/declare"
	"portico/secret"
)

const header = "_format: portico/v1\n_set: s\n"

// TestFilesAreRefusedWithEveryFault at once, each with its place.
func TestFilesAreRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.yaml": header + `portals:
  - name: one
    colour: red
    rbac_enabled: "yes"
    description: 5
    pages: {}
    logo: ../logo.svg
    customization: null
  - display_name: x
  - name: one
apis: nothing
dcr_providers:
  - {name: a, provider_type: oktaa, issuer: null, dcr_config: {dcr_token: literal, api_key: "${env:A}"}}
  - {name: b, provider_type: okta, issuer: "${env:ISSUER}", labels: {portico-apply: me, n: 1}}
control_planes:
  - {name: c, services: [{name: s, url: "ftp://x"}], routes: [{name: r, paths: [1], regex_priority: 1.5}]}
admin_teams:
  - {name: t, roles: [{role: Viewer}, {role: Viewer, portal: one, all: APIs}, {role: Creator, all: Everything}]}
snippets: []
`, "notes.yaml": "hello: there\n"})
	_, err := declare.Load(dir)
	got := faults(t, err)
	for _, want := range []string{
		"a.yaml:5:5: portals[0].colour is not known here; known are name, ",
		"a.yaml:6:19: portals[0].rbac_enabled must be true or false, but is a text",
		"a.yaml:7:18: portals[0].description must be a text in quotes, but is a number",
		"portals[0].pages must be a list, but is a map; [] says that there are none",
		"portals[0].logo must name a file by its path from here, within this directory",
		"portals[0].customization must be a map, but is null",
		"portals[1].name is missing",
		"a.yaml:12:5: portals[2] is declared twice: portal one is at " + filepath.Join(dir, "a.yaml") + ":4:5, too",
		"apis must be a list, but is a text",
		"dcr_providers[0].provider_type must be one of auth0, azureAd",
		"dcr_providers[0].issuer must not be null",
		"dcr_providers[0].dcr_config.dcr_token must not be written here",
		"dcr_providers[1].issuer is no secret",
		"dcr_providers[1].labels.portico-apply is the label that this program marks",
		"admin_teams[0].roles[0] must have exactly one of portal, api, control_plane, dcr_provider, auth_strategy, all",
		"admin_teams[0].roles[1] must have exactly one of portal, api",
		"admin_teams[0].roles[2].all must be one of ",
		"dcr_providers[1].labels.n must be a text, but is a number",
		"control_planes[0].services[0].url must be like https://host:port/path",
		"control_planes[0].routes[0].paths[0] must be a text, but is a number; put it in quotes",
		"control_planes[0].routes[0].regex_priority must be a whole number",
		"a.yaml:21:1: snippets is not known here; known are _format, _set, dcr_providers",
		"notes.yaml:1:1: neither begins with _format: portico/v1 nor is the file of a text",
		"23 faults in the files; nothing was changed.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not reported: %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	if strings.Contains(got, "literal") {
		t.Error("a fault prints a secret")
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	t.Parallel()
	outside := write(t, map[string]string{"passwd": "root"})
	for text, want := range map[string]string{
		"portals: [\n":                                  "is not valid YAML",
		"_format: portico/v2\n_set: s\n":                "_format must be portico/v1",
		"_format: portico/v1\n":                         "_set is missing",
		"_format: portico/v1\n_set: a b":                "_set must be a name",
		header + "---\n_format: portico/v1\n_set: t\n":  "is t here and s elsewhere",
		header + "portals: &x []\n":                     "holds anchor",
		header + "portals:\n  - name: a\n    name: b\n": "",
		header + "apis: [{slug: a, name: a, versions: [{version: '1', spec: link.yaml}]}]": "which cannot be read",
		header + "apis: [{slug: a, name: a, versions: [{version: '1', spec: none.yaml}]}]": "names the file none.yaml, which cannot be read",
		header + "portals: " + strings.Repeat("[", 500) + strings.Repeat("]", 500):         "nests deeper",
	} {
		dir := write(t, map[string]string{"a.yaml": text})
		check(t, os.Symlink(filepath.Join(outside, "passwd"), filepath.Join(dir, "link.yaml.txt")))
		check(t, os.Rename(filepath.Join(dir, "link.yaml.txt"), filepath.Join(dir, "link.yaml")))
		_, err := declare.Load(filepath.Join(dir, "a.yaml"))
		if got := faults(t, err); !strings.Contains(got, want) {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// TestPlansAreRefused for what only a look at Portico shows.
func TestPlansAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.apply(t, write(t, map[string]string{"a.yaml": header + "dcr_providers: [{name: p, provider_type: okta, issuer: 'https://a.example', dcr_config: {dcr_token: '${env:A}'}}]\nportals: [{name: mine}]\n"}), options())
	for text, want := range map[string]string{
		"portals: [{name: x, default_application_auth_strategy: none}]":                                                               "a.yaml:3:12: portals[0].default_application_auth_strategy names the auth strategy none, which is neither declared nor there",
		"control_planes: [{name: x, routes: [{name: r, service: s}]}]":                                                                "names the service s",
		"dcr_providers: [{name: p, provider_type: auth0, issuer: 'https://a.example', dcr_config: {initial_client_id: a}}]":           "has the provider_type okta and cannot get another one",
		"dcr_providers: [{name: q, provider_type: okta, issuer: 'https://a.example', dcr_config: {dcr_token: '${env:MISSING}'}}]":     "is in the environment variable MISSING, which is not set",
		"dcr_providers: [{name: q, provider_type: okta, issuer: 'https://a.example', dcr_config: {dcr_token: '${file:/not/there}'}}]": "is in the file /not/there, which cannot be read",
	} {
		_, err := h.plan(t, write(t, map[string]string{"a.yaml": header + text}), options())
		if got := faults(t, err); !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	_, err := h.plan(t, write(t, map[string]string{"a.yaml": "_format: portico/v1\n_set: theirs\nportals: [{name: mine}]\n"}), options())
	if got := faults(t, err); !strings.Contains(got, "is managed by the set s; nothing was changed") {
		t.Error(got)
	}
	// A secret that nothing needs is not asked for.
	h.settled(t, write(t, map[string]string{"a.yaml": header + "dcr_providers: [{name: p, provider_type: okta, issuer: 'https://a.example', dcr_config: {dcr_token: '${env:MISSING}'}}]\nportals: [{name: mine}]\n"}), options())
}

// TestSomethingThatIsThereIsAdopted and what is within it stays.
func TestSomethingThatIsThereIsAdopted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(t, "POST", "/v3/portals", `{"name":"old","labels":{"by":"hand"}}`)
	h.send(t, "POST", "/v2/dcr-providers", `{"name":"twin","provider_type":"kongIdentity","issuer":"https://a.example"}`)
	h.send(t, "POST", "/v2/dcr-providers", `{"name":"twin","provider_type":"kongIdentity","issuer":"https://b.example"}`)
	dir := write(t, map[string]string{"a.yaml": header + "portals: [{name: old, teams: []}]\n"})
	prune := options()
	prune.Prune = true
	report := h.apply(t, dir, prune)
	for _, want := range []string{"portal old is there already, and no set manages it: it becomes part of the set s", `labels.portico-apply: nothing → "s"`, "0 to create, 1 to change, 0 to delete"} {
		if !strings.Contains(report, want) {
			t.Errorf("not said: %s\n%s", want, report)
		}
	}
	h.settled(t, dir, prune)
	labels := h.send(t, "GET", "/v3/portals", "")
	if !strings.Contains(labels, `"labels":{"by":"hand","portico-apply":"s"}`) {
		t.Errorf("the labels are %s", labels)
	}
	_, err := h.plan(t, write(t, map[string]string{"a.yaml": header + "dcr_providers: [{name: twin, provider_type: kongIdentity, issuer: 'https://a.example'}]\n"}), options())
	if got := faults(t, err); !strings.Contains(got, "is there 2 times") {
		t.Error(got)
	}
	if _, err := declare.NewExport(t.Context(), h.client, nil, ""); err == nil || !strings.Contains(err.Error(), "2 are called DCR provider twin") {
		t.Error(err)
	}
	if x, err := declare.NewExport(t.Context(), h.client, declare.Selection{"portals/old"}, ""); err != nil || !strings.Contains(string(x.Files["portico.yaml"]), "_set: s\nportals:\n  - name: old\n") {
		t.Errorf("%v %s", err, x.Files["portico.yaml"])
	}
}

// TestARunThatStopsGoesOnWhereItStopped and says how far it got.
func TestARunThatStopsGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bad := header + "portals: [{name: first}, {name: second, custom_domain: not a domain}]\napis: [{slug: a, name: A}]\n"
	p, err := h.plan(t, write(t, map[string]string{"a.yaml": bad}), options())
	check(t, err)
	err = p.Apply(t.Context(), &bytes.Buffer{})
	stopped, is := errors.AsType[*declare.Stopped](err)
	if !is || stopped.Done != 2 || stopped.All != 4 {
		t.Fatal(err)
	}
	for _, want := range []string{"+ custom domain of portal second: ", "Portico answers 400", "hostname", "a.yaml:3:56", "2 of 4 changes were made"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not said: %s\n%v", want, err)
		}
	}
	good := write(t, map[string]string{"a.yaml": strings.Replace(bad, "not a domain", "second.example", 1)})
	if report := h.apply(t, good, options()); !strings.Contains(report, "2 to create, 0 to change") {
		t.Error(report)
	}
	h.settled(t, good, options())
}

// TestSomebodyElseChangesSomethingMeanwhile between plan and step.
func TestSomebodyElseChangesSomethingMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := write(t, map[string]string{"a.yaml": header + "portals: [{name: a}, {name: b}]\n"})
	h.apply(t, dir, options())
	p, err := h.plan(t, write(t, map[string]string{"a.yaml": header + "portals: [{name: a, display_name: A}, {name: c}]\n"}), options())
	check(t, err)
	h.send(t, "POST", "/v3/portals", `{"name":"c"}`)
	if err := p.Apply(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "running again finds it") {
		t.Error(err)
	}
	p, err = h.plan(t, write(t, map[string]string{"a.yaml": header + "portals: [{name: a, display_name: AA}]\n"}), declare.Options{Prune: true})
	check(t, err)
	h.deleteEverything(t, "/v3/portals")
	if err := p.Apply(t.Context(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "somebody else has deleted it") {
		t.Error(err)
	}
}

// TestSecretsAreSentWhenTheyHaveToBe and otherwise not even asked for.
func TestSecretsAreSentWhenTheyHaveToBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const provider = "dcr_providers: [{name: p, provider_type: okta, issuer: 'https://a.example', dcr_config: {dcr_token: '${env:A}'}}]\n"
	dir := write(t, map[string]string{"a.yaml": header + provider})
	h.apply(t, dir, options())
	sent := func(times int) {
		t.Helper()
		if n := h.sent(`"dcr_token":"value_of_A"`); n != times {
			t.Errorf("the secret was sent %d times, want %d", n, times)
		}
	}
	sent(1)
	refresh := options()
	refresh.RefreshSecrets = true
	if report := h.apply(t, dir, refresh); !strings.Contains(report, "dcr_config.dcr_token: sent again") || strings.Contains(report, "value_of") {
		t.Error(report)
	}
	sent(2)
	h.settled(t, dir, options())
	h.apply(t, write(t, map[string]string{"a.yaml": header + strings.Replace(provider, "https://a.example", "https://c.example", 1)}), options())
	sent(3)
	h.apply(t, dir, options())
	sent(4)
	without := func(set string) string {
		return write(t, map[string]string{"a.yaml": set + strings.Replace(provider, "${env:A}", "${env:MISSING}", 1)})
	}
	h.send(t, "PATCH", "/v2/dcr-providers/"+h.firstID(t, "/v2/dcr-providers"), `{"labels":null}`)
	if report := h.apply(t, without(header), options()); !strings.Contains(report, `labels.portico-apply: nothing → "s"`) {
		t.Error(report)
	}
	h.send(t, "PATCH", "/v2/dcr-providers/"+h.firstID(t, "/v2/dcr-providers"), `{"issuer":"https://a.example/other"}`)
	if _, err := h.plan(t, without(header), options()); !strings.Contains(faults(t, err), "which is not set") {
		t.Error(err)
	}
}

// TestTheClientIsPatientAndCareful with a server that plays along.
func TestTheClientIsPatientAndCareful(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token went elsewhere") }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := calls.Add(1); {
		case r.URL.Path == "/v3/portals":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case n == 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		case n == 2:
			w.Header().Set("Retry-After", time.Date(2026, 1, 1, 0, 0, 20, 0, time.UTC).Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		case n == 3:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			_, _ = w.Write([]byte(`{"data":[],"meta":{"page":{"number":1,"size":100,"total":0}}}`))
		}
	}))
	t.Cleanup(server.Close)
	c, err := declare.NewClient(server.URL+"/", secret.New("kpat"), false)
	check(t, err)
	var waited []time.Duration
	c.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	c.Wait = func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}
	d, err := declare.Load(write(t, map[string]string{"a.yaml": header}))
	check(t, err)
	if _, err := declare.NewPlan(t.Context(), c, d, options()); err == nil || !strings.Contains(err.Error(), "redirects elsewhere") {
		t.Error(err)
	}
	if len(waited) != 3 || waited[0] != 7*time.Second || waited[1] != 20*time.Second || waited[2] != 4*time.Second {
		t.Errorf("waited %v", waited)
	}
	for address, want := range map[string]string{
		"http://portico.example.com": "unencrypted", "ftp://x": "no address", "https://user@host": "no address", "portico.example": "no address",
	} {
		if _, err := declare.NewClient(address, secret.New("kpat"), false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := declare.NewClient("http://portico.example.com", secret.New("kpat"), true); err != nil {
		t.Error(err)
	}
	if _, err := declare.NewClient(server.URL, secret.Text{}, false); err == nil || !strings.Contains(err.Error(), "PORTICO_TOKEN") {
		t.Error(err)
	}
	h := newHouse(t)
	h.client.Token = secret.New("wrong")
	if _, err := declare.NewPlan(t.Context(), h.client, d, options()); err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "PORTICO_TOKEN") {
		t.Error(err)
	}
}

// forbidding is the way to an API for a token that may not see some paths.
type forbidding struct{ prefixes []string }

func (f forbidding) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, prefix := range f.prefixes {
		if strings.HasPrefix(r.URL.Path, prefix) {
			answer := httptest.NewRecorder()
			answer.WriteHeader(http.StatusForbidden)
			return answer.Result(), nil
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestATokenNeedsToSeeOnlyWhatIsDeclared and what that refers to.
func TestATokenNeedsToSeeOnlyWhatIsDeclared(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.client.HTTP = &http.Client{Transport: forbidding{[]string{"/v2/", "/v3/api-packages", "/v3/apis"}}}
	dir := write(t, map[string]string{"a.yaml": header + "portals: [{name: a, teams: [{name: t}]}]\n"})
	h.apply(t, dir, options())
	h.settled(t, dir, options())
	_, err := h.plan(t, write(t, map[string]string{"a.yaml": header + "portals: [{name: a, default_application_auth_strategy: keys}]\n"}), options())
	if got := faults(t, err); !strings.Contains(got, "neither declared nor there to see") {
		t.Error(got)
	}
	_, err = h.plan(t, write(t, map[string]string{"a.yaml": header + "apis: [{slug: a, name: A}]\n"}), options())
	if err == nil || !strings.Contains(err.Error(), "what there is in Portico cannot be read; nothing was changed: Portico answers 403") {
		t.Error(err)
	}
	if _, err := declare.NewExport(t.Context(), h.client, nil, ""); err == nil {
		t.Error("an export that lacks something is written")
	}
	if _, err := declare.NewExport(t.Context(), h.client, declare.Selection{"portals"}, ""); err != nil {
		t.Error(err)
	}
}
