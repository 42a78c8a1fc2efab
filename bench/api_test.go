package bench_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"
)

// api is one of the HTTP APIs, called with somebody's credentials.
type api struct {
	b      testing.TB
	base   string
	header http.Header
	http   *http.Client
}

// newAPI makes a caller that sends the headers, given as names and values, and
// keeps cookies.
func newAPI(b testing.TB, base string, headers ...string) *api {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	a := &api{b: b, base: base, header: http.Header{}, http: &http.Client{Jar: jar, Transport: new(http.Transport), Timeout: patience}}
	for i := 0; i < len(headers); i += 2 {
		a.header.Set(headers[i], headers[i+1])
	}
	b.Cleanup(a.http.CloseIdleConnections)
	return a
}

type object = map[string]any

// send sends a JSON body, unless it is nil, and returns the answer and how long
// it took until that was read. Any status but the wanted one ends the benchmark.
func (a *api) send(method, path string, body any, want int) ([]byte, time.Duration) {
	a.b.Helper()
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			a.b.Fatal(err)
		}
		payload = bytes.NewReader(data)
	}
	r, err := http.NewRequest(method, a.base+path, payload)
	if err != nil {
		a.b.Fatal(err)
	}
	r.Header = a.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	began := time.Now()
	res, err := a.http.Do(r)
	if err != nil {
		a.b.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	took := time.Since(began)
	if err != nil || res.StatusCode != want {
		a.b.Fatalf("%s %s: %d, want %d: %s %v", method, path, res.StatusCode, want, answer, err)
	}
	return answer, took
}

// do is send for setting things up: the answer is decoded.
func (a *api) do(method, path string, body any, want int) object {
	a.b.Helper()
	answer, _ := a.send(method, path, body, want)
	var out object
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &out); err != nil {
			a.b.Fatalf("%s %s: %v: %s", method, path, err, answer)
		}
	}
	return out
}

// first is the id of the first item of a list.
func (a *api) first(path string) string {
	a.b.Helper()
	items, _ := a.do("GET", path, nil, 200)["data"].([]any)
	if len(items) == 0 {
		a.b.Fatalf("%s lists nothing", path)
	}
	return id(items[0].(object))
}

// id is the id of an entity in an answer.
func id(o object) string { return o["id"].(string) }

// upstream makes a service for the address and a route to it, and returns the
// service's id.
func (a *api) upstream(plane, name, path, address string) string {
	a.b.Helper()
	entities := "/v2/control-planes/" + plane + "/core-entities"
	service := a.do("POST", entities+"/services", object{"name": name, "url": address}, 201)
	a.do("POST", entities+"/routes", object{"name": name, "paths": []string{path}, "service": object{"id": id(service)}}, 201)
	return id(service)
}

// publish makes an API that a service implements, published in a portal with an
// auth strategy, and returns its id.
func (a *api) publish(plane, service, portal, strategy, name string) string {
	a.b.Helper()
	created := a.do("POST", "/v3/apis", object{"name": name, "version": "1.0"}, 201)
	a.do("POST", "/v3/apis/"+id(created)+"/implementations", object{"service": object{"id": service, "control_plane_id": plane}}, 201)
	a.do("PUT", "/v3/apis/"+id(created)+"/publications/"+portal, object{"auth_strategy_ids": []string{strategy}, "auto_approve_registrations": true, "visibility": "public"}, 200)
	return id(created)
}

// openID is an auth strategy for the credentials of OAuth clients. Tokens are
// asked for with the scopes, and must have them.
func openID(name, issuer, provider string, scopes ...string) object {
	return object{
		"name": name, "display_name": name, "strategy_type": "openid_connect", "dcr_provider_id": provider,
		"configs": object{"openid-connect": object{
			"issuer": issuer, "credential_claim": []string{"cid"}, "scopes": append([]string{}, scopes...), "auth_methods": []string{"client_credentials", "bearer"},
		}},
	}
}

// idIn is the id in an answer that was not decoded.
func idIn(b testing.TB, answer []byte) string {
	b.Helper()
	var out struct{ ID string }
	if err := json.Unmarshal(answer, &out); err != nil || out.ID == "" {
		b.Fatalf("no id in %s: %v", answer, err)
	}
	return out.ID
}
