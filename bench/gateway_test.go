package bench_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// How long each of the two is under load, and before that to warm up. What is
// measured comes between two halves of the baseline.
const (
	cell   = 3 * time.Second
	warmUp = 500 * time.Millisecond
)

// front is the demo with routes to the benchmarks' own upstream.
type front struct {
	*process
	manifest
	admin     *api
	developer *api
	portal    string
	plane     string
	upstream  string
}

func newFront(b testing.TB, upstream string) *front {
	b.Helper()
	p, m, _ := startDemo(b, b.TempDir(), portBase(b))
	f := &front{process: p, manifest: m, upstream: upstream}
	f.admin = newAPI(b, m.ManagementURL, "Authorization", "Bearer "+m.Token)
	f.portal, f.plane = f.admin.first("/v3/portals"), f.admin.first("/v2/control-planes")
	f.developer = newAPI(b, m.PortalURL)
	f.developer.do("POST", "/api/v3/developer/authenticate", object{"username": m.Developer.Email, "password": m.Developer.Password}, 204)
	return f
}

// address is the gateway's host and port.
func (f *front) address() string {
	u, err := url.Parse(f.GatewayURL)
	if err != nil {
		f.b.Fatal(err)
	}
	return "127.0.0.1:" + u.Port()
}

// scope is one that the demo has set up.
const scope = "orders.read"

// registered is an application that may call a route.
type registered struct {
	path, application, registration string
	clientID, clientSecret          string // with OAuth
	key                             string // with key auth
}

// register publishes an API with a strategy, under a route of its own, and
// registers an application of the developer's for it.
func (f *front) register(name, strategy string) registered {
	f.b.Helper()
	r := registered{path: "/" + name}
	published := f.admin.publish(f.plane, f.admin.upstream(f.plane, name, r.path, "http://"+f.upstream), f.portal, strategy, name)
	created := f.developer.do("POST", "/api/v3/applications", object{"name": name, "auth_strategy_id": strategy}, 201)
	r.application = id(created)
	r.clientID, _ = created["client_id"].(string)
	r.clientSecret, _ = created["client_secret"].(string)
	r.registration = id(f.developer.do("POST", "/api/v3/applications/"+r.application+"/registrations", object{"api_id": published}, 201))
	return r
}

// client registers an application with a client at the identity provider.
func (f *front) client(name string) registered {
	f.b.Helper()
	provider := f.admin.first("/v2/dcr-providers")
	return f.register(name, id(f.admin.do("POST", "/v2/application-auth-strategies", openID(name, f.Issuer, provider, scope), 201)))
}

// keyed registers an application with an API key.
func (f *front) keyed(name string) registered {
	f.b.Helper()
	r := f.register(name, id(f.admin.do("POST", "/v2/application-auth-strategies", object{
		"name": name, "display_name": name, "strategy_type": "key_auth", "configs": object{"key-auth": object{"key_names": []string{"apikey"}}},
	}, 201)))
	r.key = f.developer.do("POST", "/api/v3/applications/"+r.application+"/credentials", object{"display_name": "bench"}, 201)["credential"].(string)
	return r
}

// token is an access token for an application, from the identity provider.
func (f *front) token(r registered) string {
	f.b.Helper()
	req, err := http.NewRequest("POST", f.Issuer+"/v1/token", strings.NewReader("grant_type=client_credentials&scope="+scope))
	if err != nil {
		f.b.Fatal(err)
	}
	req.SetBasicAuth(r.clientID, r.clientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := f.admin.http.Do(req)
	if err != nil {
		f.b.Fatal(err)
	}
	defer res.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.AccessToken == "" {
		f.b.Fatalf("no token: %d %v", res.StatusCode, err)
	}
	return out.AccessToken
}

// BenchmarkGateway compares the CPU time of a request with that of plain nginx
// in front of the same upstream, which asks nobody for credentials.
func BenchmarkGateway(b *testing.B) {
	upstream := startUpstream(b)
	nginx, proxy := startProxy(b, upstream)
	f := newFront(b, upstream)
	f.admin.upstream(f.plane, "open", "/open", "http://"+upstream)
	client, keyed := f.client("client"), f.keyed("keyed")
	basic := base64.StdEncoding.EncodeToString([]byte(client.clientID + ":" + client.clientSecret))
	for _, c := range []struct {
		name, path string
		headers    []string
	}{
		{"no credentials", "/open", nil},
		{"bearer token", client.path, []string{"Authorization", "Bearer " + f.token(client)}},
		{"Basic", client.path, []string{"Authorization", "Basic " + basic}},
		{"API key", keyed.path, []string{"apikey", keyed.key}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				compare(b, nginx, get(proxy, c.path, c.headers...), f.process, get(f.address(), c.path, c.headers...))
			}
		})
	}
}

// spent is a load and what it cost the process that served it.
type spent struct {
	load
	cpu time.Duration
}

func (s spent) perRequest() float64 { return float64(s.cpu.Microseconds()) / float64(len(s.took)) }

func (s spent) plus(other spent) spent {
	return spent{load{append(s.took, other.took...), s.span + other.span}, s.cpu + other.cpu}
}

// compare puts both under the same load: the baseline, what is measured, and
// the baseline again, for the machine is not equally busy all the time.
func compare(b *testing.B, baseline *process, plain request, measured *process, r request) {
	b.Helper()
	for _, r := range []request{plain, r} {
		if _, err := apply(r, warmUp); err != nil {
			b.Fatal(err)
		}
	}
	before := baseline.under(plain, cell/2)
	it := measured.under(r, cell)
	base := before.plus(baseline.under(plain, cell/2))
	it.took.report(b, "")
	b.ReportMetric(it.perRequest(), "cpu-µs/req")
	b.ReportMetric(base.perRequest(), "nginx-cpu-µs/req")
	b.ReportMetric(it.perRequest()/base.perRequest(), "ratio/nginx")
	b.ReportMetric(it.perSecond(), "req/s")
	b.ReportMetric(it.perSecond()/base.perSecond(), "req/s-ratio/nginx")
}

// under puts the process under load.
func (p *process) under(r request, during time.Duration) spent {
	p.b.Helper()
	before := p.cpu()
	l, err := apply(r, during)
	if err != nil {
		p.b.Fatal(err)
	}
	return spent{l, p.cpu() - before}
}
