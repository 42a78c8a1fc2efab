package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/mgmtapi"
	"portico/portalapi"
	"portico/spectest"
)

// target is an operation under attack.
type target struct {
	method, pattern, id string
	body                object   // one that is accepted; nil when none is read
	sets                []string // other members that the contract lets a body have
	removable           bool     // what it creates can be deleted by its id
}

// attacked is an installation with one of everything, and who attacks it.
type attacked struct {
	*program
	base   string
	header http.Header
	ids    map[string]string // by wildcard
	http   *http.Client
}

// attacker sends every request from another address of the loopback network, so
// that the limits on guessing do not hide what lies behind them.
func attacker(reuse bool) *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		from := &net.TCPAddr{IP: net.IPv4(127, byte(1+rand.IntN(250)), byte(rand.IntN(256)), byte(1+rand.IntN(250)))}
		return (&net.Dialer{LocalAddr: from}).DialContext(ctx, network, address)
	}
	return &http.Client{
		// Unpacking every answer took longer than asking; attackHeaders asks for packed ones.
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: !reuse, DisableCompression: true, MaxIdleConnsPerHost: 2}, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends an attack; the answer is a success or a problem document of the
// caller's own fault, and comes at all.
func (a *attacked) send(t *testing.T, method, path, contentType string, body []byte, extra ...string) (int, problemDocument) {
	t.Helper()
	r, err := http.NewRequest(method, a.base+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = a.header.Clone()
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(extra); i += 2 {
		r.Header.Set(extra[i], extra[i+1])
	}
	what := fmt.Sprintf("%s %.200s %.600q", method, path, body)
	res, err := a.http.Do(r)
	if err != nil {
		t.Fatalf("%s: no answer: %v", what, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	var doc problemDocument
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		var made struct{ ID string }
		if res.StatusCode == http.StatusCreated && len(answer) > 0 && json.Unmarshal(answer, &made) != nil {
			t.Errorf("%s answers 201 without an object: %.300s", what, answer)
		}
		doc.ID = made.ID
		return res.StatusCode, doc
	}
	if address := res.Header.Get("Location"); res.StatusCode == 302 && strings.HasSuffix(r.URL.Path, "/raw") && strings.HasSuffix(address, "/images/icon/content") {
		return res.StatusCode, doc
	}
	if err := json.Unmarshal(answer, &doc); err != nil || doc.Status != res.StatusCode || doc.Detail == "" || doc.Instance == "" || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s answers %d without a problem document: %.300s", what, res.StatusCode, answer)
	}
	if res.StatusCode < 400 || res.StatusCode >= 500 {
		t.Errorf("%s answers %d: %s", what, res.StatusCode, answer)
	}
	for _, p := range doc.Invalid {
		if p.Field == "" || p.Reason == "" || p.Rule == "" {
			t.Errorf("%s: a fault without field, rule or reason: %s", what, answer)
		}
	}
	if res.StatusCode == 400 && len(doc.Invalid) == 0 {
		t.Errorf("%s answers 400 and names no fault: %s", what, answer)
	}
	return res.StatusCode, doc
}

type problemDocument struct {
	ID               string `json:"-"` // of what was created, in place of a problem
	Status           int
	Detail, Instance string
	Invalid          []struct{ Field, Rule, Reason string } `json:"invalid_parameters"`
}

// refused is send for what must not succeed; faults name the field, if one is
// given, or the body as a whole.
func (a *attacked) refused(t *testing.T, op target, status int, body []byte) {
	t.Helper()
	if got, _ := a.send(t, op.method, a.path(op), "application/json", body); got != status {
		t.Errorf("%s %s %.200q… answers %d, want %d", op.method, op.pattern, body, got, status)
	}
}

var wildcards = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

// path is the operation's path with the installation's ids.
func (a *attacked) path(op target) string { return a.pathWith(op, "", "") }

// pathWith is path with one id exchanged for another text. Several resources
// call their wildcards alike: such an id is known by the pattern up to it; with
// the method before it where another method would spoil the victim.
func (a *attacked) pathWith(op target, wildcard, text string) string {
	pattern := strings.TrimSuffix(op.pattern, "{$}")
	var b strings.Builder
	last := 0
	for _, at := range wildcards.FindAllStringSubmatchIndex(pattern, -1) {
		name := pattern[at[2]:at[3]]
		id := cmp.Or(a.ids[op.method+" "+pattern[:at[1]]], a.ids[pattern[:at[1]]], a.ids[name])
		switch {
		case name == wildcard:
			id = text
		case id == "":
			a.t.Errorf("%s: no id for %s", op.pattern, name)
		}
		b.WriteString(pattern[last:at[0]] + id)
		last = at[1]
	}
	return b.String() + pattern[last:]
}

// encoded is a body as the operation takes it: one takes a list of changes.
func (op target) encoded(t *testing.T, body object) []byte {
	t.Helper()
	var value any = body
	if op.id == "update-api-package-operations" && body != nil {
		value = []object{body}
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestHostileManagement feeds rubbish to every operation of the management API.
func TestHostileManagement(t *testing.T) {
	t.Parallel()
	a := newAttacked(t, func(p *program) string { return p.ManagementURL })
	a.header.Set("Authorization", "Bearer "+a.Token)
	a.makeAdmin(newAPI(t, a.ManagementURL, "Authorization", "Bearer "+a.Token))
	if status, doc := a.send(t, "GET", "/v1/ai-gateways", "", nil); status != 404 || doc.Status != 404 {
		t.Errorf("an API of Konnect's that Portico does not have answers %d %+v, want a problem document", status, doc)
	}
	var targets []target
	for _, op := range mgmtapi.Operations() {
		if !isEmpty(op) {
			targets = append(targets, target{method: op.Method, pattern: op.Pattern, id: op.ID})
		}
	}
	bodies := a.managementBodies()
	maps.Copy(bodies, a.coreBodies())
	a.attack(t, targets, bodies, []string{
		"konnect-application-auth-strategies-v2.yaml", "konnect-portal-management-v3.yaml", "konnect-api-builder-v3.yaml",
		"konnect-identity-v3.yaml", "konnect-audit-logs-v3.yaml", "konnect-control-planes-v2.yaml", "konnect-control-planes-config-v2.yaml",
	})
}

// TestHostilePortal feeds rubbish to every operation of the portal API.
func TestHostilePortal(t *testing.T) {
	t.Parallel()
	a := newAttacked(t, func(p *program) string { return p.PortalURL })
	a.signIn(t)
	a.attack(t, targetsOf(portalapi.Operations()), a.portalBodies(), []string{"konnect-dev-portal-v3.yaml"})
}

// TestHostileClassic feeds rubbish to every operation of the classic portal API.
func TestHostileClassic(t *testing.T) {
	t.Parallel()
	a := newAttacked(t, func(p *program) string { return p.PortalURL })
	a.signIn(t)
	developer := newAPI(t, a.PortalURL, "Cookie", a.header.Get("Cookie"))
	a.ids["productId"], a.ids["indices"] = a.ids["apiId"], "product-catalog"
	a.ids["productVersionId"] = id(developer.do("GET", "/api/v2/products/"+a.ids["productId"]+"/versions", nil, 200)["data"].([]any)[0].(object))
	a.attack(t, targetsOf(portalapi.ClassicOperations()), a.classicBodies(), []string{"konnect-dev-portal-v2-classic.yaml"})
}

func targetsOf(operations []portalapi.Operation) []target {
	var out []target
	for _, op := range operations {
		out = append(out, target{method: op.Method, pattern: op.Pattern, id: op.ID})
	}
	return out
}

// signIn makes every attack one of the demo's developer.
func (a *attacked) signIn(t *testing.T) {
	developer := signedIn(a.program)
	address, err := url.Parse(a.PortalURL)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range developer.http.Jar.Cookies(address) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	a.header.Set("Cookie", strings.Join(cookies, "; "))
}

// attack runs every attack against every operation and looks at what is left.
func (a *attacked) attack(t *testing.T, targets []target, bodies map[string]object, contracts []string) {
	clients, apps := a.clients(t), a.registered(t)
	schemas := schemasOf(t, contracts)
	t.Run("operations", func(t *testing.T) {
		for _, op := range targets {
			key := op.id
			if key == "" {
				key = op.method + " " + op.pattern
			}
			op.body, op.sets = bodies[key], members(schemas[op.id])
			op.removable = slices.ContainsFunc(targets, func(other target) bool {
				rest, below := strings.CutPrefix(other.pattern, op.pattern+"/{")
				return other.method == "DELETE" && below && !strings.Contains(rest, "/")
			})
			delete(bodies, key)
			if op.body == nil && op.method != "GET" && op.method != "DELETE" && !slices.Contains(bodyless, op.id) {
				t.Errorf("no body for %s %s", op.method, op.pattern)
				continue
			}
			t.Run(op.method+op.pattern, func(t *testing.T) {
				t.Parallel()
				a := &attacked{a.program, a.base, a.header, a.ids, attacker(!throttled.MatchString(op.pattern))}
				a.attackElsewhere(t, op)
				a.attackPath(t, op)
				if op.method == "GET" {
					a.attackQuery(t, op)
				}
				if op.body != nil {
					a.attackBody(t, op)
					a.attackMembers(t, op)
					a.attackRandomly(t, op, schemas[op.id])
				}
			})
		}
	})
	for key := range bodies {
		t.Errorf("the body for %s belongs to no operation", key)
	}
	a.unharmed(t, clients, apps)
}

// unharmed looks at what is left: as many new clients as new applications, no
// defects in the log, and a program that stops when told to.
func (a *attacked) unharmed(t *testing.T, clients, apps int) {
	t.Helper()
	if clients, apps := a.clients(t)-clients, a.registered(t)-apps; clients != apps {
		t.Errorf("the authorization server has %d more clients, Portico %d more applications with one", clients, apps)
	}
	if log := a.stderr.String(); defects.MatchString(log) {
		at := defects.FindStringIndex(log)[0]
		at = strings.LastIndex(log[:at], "\n") + 1
		t.Errorf("the log speaks of defects:\n%s", log[at:min(at+4000, len(log))])
	}
	if err := a.stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, tail(a.stderr.String()))
	}
}

// defects are what the log says when the program is at fault.
var defects = regexp.MustCompile(`panic|goroutine |level=ERROR`)

// throttled are operations that one address may use a few times only.
var throttled = regexp.MustCompile("^/api/v[23]/developer")

// bodyless are operations that change something and read no body.
var bodyless = []string{
	"verify-dcr-provider", "revoke-personal-access-token", "refresh", "logout", "regenerate-application-secret", "refresh-application-token", "create-default-content",
}

// noIDs are texts that no id is.
var noIDs = []string{
	"x", "0", "null", "%00", "%FF%FE", "%F0%9F%94%91", "%2F..%2F..%2Fetc%2Fpasswd", "%25", "a%20b", "%27%3B--", strings.Repeat("a", 8000),
	"00000000-0000-0000-0000-000000000000", "01a1fbf7-b2b4-7520-946b-b97c07ba3a7", "{}", "%E2%80%AE",
}

// attackElsewhere asks for what is ours as if it were another's.
func (a *attacked) attackElsewhere(t *testing.T, op target) {
	names := wildcards.FindAllStringSubmatchIndex(op.pattern, -1)
	if len(names) < 2 || !strings.HasPrefix(op.pattern, "/v") || ofEach.MatchString(op.method+" "+op.pattern) {
		return
	}
	holder := op.pattern[:names[0][1]]
	other := a.ids["another "+holder]
	if other == "" {
		t.Fatalf("there is no other %s", holder)
	}
	path := a.pathWith(op, op.pattern[names[0][2]:names[0][3]], other)
	if status, _ := a.send(t, op.method, path, "application/json", op.encoded(t, op.body)); status != 404 {
		t.Errorf("%s %s answers %d", op.method, path, status)
	}
}

// ofEach are addresses below something that lead to what each has (another user
// comes by invitation only), or to what comes to be by asking; and DELETE of what
// a gateway does not hold is content.
var ofEach = regexp.MustCompile(`/(identity-providers|users/\{userId\}|nodes|email-templates|schemas|images)/|^PUT .*/publications/\{portalId\}$|^(PUT|DELETE) .*/core-entities/`)

func (a *attacked) attackPath(t *testing.T, op target) {
	for _, w := range wildcards.FindAllStringSubmatch(op.pattern, -1) {
		for _, text := range noIDs {
			if status, _ := a.send(t, op.method, a.pathWith(op, w[1], text), "application/json", op.encoded(t, op.body)); status < 400 && !strings.HasPrefix(op.pattern, "/v2/control-planes/{controlPlaneId}/core-entities/") { // there PUT makes what has that name, and DELETE is content
				t.Errorf("%s %s with %s=%.80s answers %d", op.method, op.pattern, w[1], text, status)
			}
		}
	}
	if strings.HasPrefix(op.pattern, "/v") && op.id != "authenticate-sso" { // which is there to sign in with
		for _, token := range []string{"", "Bearer", "Bearer x", "Basic YTpi", "Bearer " + strings.Repeat("k", 20000), "Bearer \u00ff"} {
			if status, _ := a.send(t, op.method, a.path(op), "application/json", nil, "Authorization", token); status != 401 && status != 429 {
				t.Errorf("%s %s with the token %.20q answers %d", op.method, op.pattern, token, status)
			}
		}
	}
}

func (a *attacked) attackQuery(t *testing.T, op target) {
	for _, query := range []string{
		"page[size]=0", "page[size]=-1", "page[size]=1e9", "page[size]=x", "page[size]=99999999999999999999", "page[number]=0", "page[number]=2147483647&page[size]=1000",
		"page[size]=1&page[size]=2", "page=1", "page[]=1", "page[size", "size=0", "size=x", "size=99999999999", "offset=x", "offset=%00",
		"filter=x", "filter[]=x", "filter[x]=y", "filter[name", "filter[name][like]=x", "filter[name][eq][a]=x", "filter[name][eq]=%00", "filter[name][contains]=%FF",
		"filter[id]=x", "filter[id][eq]=", "filter[created_at][gt]=yesterday", "filter[created_at]=99999-01-01T00:00:00Z", "filter[name][oeq]=" + strings.Repeat("a,", 4000),
		"filter[labels.a]=b", "filter[labels][x]", "filter[name][contains]=%25'\"\\_--", "filter%5Bname%5D=x",
		"sort=", "sort=,", "sort=x", "sort=name+sideways", "sort=name,name", "sort=-name", "sort=name;drop", "sort=name%00", "sort=" + strings.Repeat("name,", 2000),
		"%zz", "a=%", "=;&&;=", "force=perhaps", "tags=a,b/c", "tags=%00",
	} {
		a.send(t, "GET", a.path(op)+"?"+strings.ReplaceAll(query, `"`, "%22"), "", nil)
	}
}

// attackBody sends bodies that are wrong as a whole.
func (a *attacked) attackBody(t *testing.T, op target) {
	good := op.encoded(t, op.body)
	for i := range 10 {
		if cut := len(good) * i / 10; i > 0 {
			a.refused(t, op, 400, good[:cut])
		}
	}
	first := slices.Sorted(maps.Keys(op.body))[0]
	for _, wrong := range []string{
		"null", "1", `"x"`, "true", "[]", "[" + string(good) + "]", string(good) + "x", string(good) + string(good), "{,}", "{'a':1}", "{a:1}", `{"a":1,}`, "NaN",
		`{"` + first + `":"` + "\x00" + `"}`, `{"` + first + `":"\u0000"}`, `{"` + first + `":"` + "\xff\xfe" + `"}`, `{"` + first + `":"\ud800"}`, "\xef\xbb\xbf{", "\xff\xfe{\x00}\x00",
		`{"` + first + `":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`, strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000),
		`{"` + first + `":1e999999999}`, `{"` + first + `":` + strings.Repeat("9", 100000) + `}`, `{"` + first + `":"a","` + first + `":"b"}`,
	} {
		a.refused(t, op, 400, []byte(wrong))
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ";;;", "application/jsonx"} {
		if status, _ := a.send(t, op.method, a.path(op), kind, good); status != 415 {
			t.Errorf("%s %s as %s answers %d, want 415", op.method, op.pattern, kind, status)
		}
	}
	huge := func(size int) []byte { return []byte(`{"` + first + `":"` + strings.Repeat("a", size) + `"}`) }
	if status, _ := a.send(t, op.method, a.path(op), "application/json", huge(2<<20)); status != 413 && status != 400 {
		t.Errorf("%s %s with 2 MiB answers %d", op.method, op.pattern, status)
	}
	a.refused(t, op, 413, huge(11<<20))
}

// oddities are values that belong in few places.
var oddities = []any{
	nil, true, -1, 0, 1.5, 1e300, "", " ", "x", strings.Repeat("é", 3000), "\u202e\u0007", "javascript:alert(1)", "http://[::1", "00000000-0000-0000-0000-000000000000",
	[]any{}, []any{nil}, []any{[]any{}}, []any{"", 1, object{}}, slices.Repeat([]any{"a"}, 2000), object{}, object{"": ""}, object{"a": nil}, object{"constructor": object{"a": []any{1}}},
}

// assigned are members that the installation assigns itself, nobody else.
var assigned = []string{"id", "created_at", "updated_at", "org_id", "organization_id", "portal_id", "owner_id", "developer_id", "client_secret", "password_hash", "digest", "sealed", "nobody_knows_this"}

// deaf are operations that take what they have answered back as it is and do not
// hear what others have assigned, though the contract does not list it there.
var deaf = regexp.MustCompile(`/core-entities/|/audit-log-(destinations|replay-job)`)

// attackMembers adds members that nobody may set, puts an oddity in the place of
// every member, and takes every member out.
func (a *attacked) attackMembers(t *testing.T, op target) {
	assigned := assigned
	if os.Getenv(spectest.Variable) == "" {
		assigned = []string{"nobody_knows_this"} // what else the contracts let a body have is not known
	}
	for _, name := range assigned {
		if _, mayBe := op.body[name]; mayBe || slices.Contains(op.sets, name) || deaf.MatchString(op.pattern) && !strings.HasPrefix(name, "nobody") {
			continue
		}
		body := op.encoded(t, with(op.fresh(), []string{name}, a.ids["portalId"]))
		if status, doc := a.send(t, op.method, a.path(op), "application/json", body); status != 400 || len(doc.Invalid) == 0 || doc.Invalid[0].Rule != "unknown_property" {
			t.Errorf("%s %s takes %s: %d %+v", op.method, op.pattern, name, status, doc)
		}
	}
	for _, at := range places(op.body, nil) {
		for _, odd := range append(oddities, absent{}) {
			status, doc := a.send(t, op.method, a.path(op), "application/json", op.encoded(t, with(op.fresh(), at, odd)))
			if status != 400 {
				continue
			}
			blamed := func(p struct{ Field, Rule, Reason string }) bool {
				return strings.HasPrefix(strings.TrimPrefix(p.Field, "body.0."), at[0]) || p.Field == dependents[at[0]]
			}
			if !slices.ContainsFunc(doc.Invalid, blamed) && odd != any(absent{}) {
				t.Errorf("%s %s with %v in %s blames something else: %+v", op.method, op.pattern, odd, strings.Join(at, "."), doc.Invalid)
			}
		}
	}
	nulls := object{}
	for name := range op.body {
		nulls[name] = nil
	}
	a.send(t, op.method, a.path(op), "application/json", op.encoded(t, nulls))
}

// dependents are members that another one's value makes wrong: a granularity
// needs the dimension of time.
var dependents = map[string]string{
	"dry_run":    "actions", // a dry run does nothing
	"dimensions": "granularity"}

// absent takes a member out.
type absent struct{}

// places are the paths to all members.
func places(o object, at []string) [][]string {
	var out [][]string
	for _, name := range slices.Sorted(maps.Keys(o)) {
		here := append(slices.Clone(at), name)
		out = append(out, here)
		if inner, ok := o[name].(object); ok {
			out = append(out, places(inner, here)...)
		}
	}
	return out
}

// with is a copy of o with another value in one place.
func with(o object, at []string, value any) object {
	o = maps.Clone(o)
	switch inner, _ := o[at[0]].(object); {
	case len(at) > 1:
		o[at[0]] = with(inner, at[1:], value)
	case value == any(absent{}):
		delete(o, at[0])
	default:
		o[at[0]] = value
	}
	return o
}
