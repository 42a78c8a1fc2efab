package snapshot_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/snapshot"
)

func sample() *snapshot.Snapshot {
	return &snapshot.Snapshot{
		Epoch: "epoch-1", Version: 7,
		Routing: snapshot.Routing{
			Services: []snapshot.Service{{
				ID: "s1", Name: "orders", Protocol: "https", Host: "orders.internal", Port: 443, Path: "/v1",
				ConnectTimeout: time.Second, Retries: 5, Enabled: true,
				Access: []snapshot.Access{{APIID: "a1", PortalID: "p1", StrategyID: "st1"}},
			}},
			Routes: []snapshot.Route{{
				ID: "r1", ServiceID: "s1", Protocols: []string{"http", "https"}, Methods: []string{"GET"}, Hosts: []string{"*.example.com"},
				Paths: []string{"/orders", "~/items/[0-9]+$"}, Headers: map[string][]string{"x-b": {"1"}, "x-a": {"2", "3"}},
				StripPath: true, RegexPriority: 2, CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
			}},
			Strategies: []snapshot.Strategy{
				{ID: "st1", Kind: snapshot.OpenIDConnect, OIDC: &snapshot.OIDC{Issuer: "https://idp.example", AuthMethods: []string{"bearer"}, TokenArgs: map[string]string{"audience": "x"}, Leeway: 30 * time.Second}},
				{ID: "st2", Kind: snapshot.KeyAuth, KeyNames: []string{"apikey"}},
			},
		},
		Applications: []snapshot.Application{
			{ID: "app1", Name: "Shop", PortalID: "p1", StrategyID: "st1", ClientID: "c1", Registrations: []string{"a1"}, Generation: 3},
			{ID: "app2", PortalID: "p1", StrategyID: "st2", Keys: []snapshot.Key{
				{ID: "k1", Digest: secret.New("one").Digest(), ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
				{ID: "k2", Digest: secret.New("two").Digest()},
			}},
		},
	}
}

func TestEncodingKeepsEverything(t *testing.T) {
	t.Parallel()
	want := sample()
	first, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := snapshot.Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for range 20 { // maps come in another order each time
		again, err := sample().Encode()
		if err != nil || string(again) != string(first) {
			t.Fatalf("the same configuration encodes differently (%v)", err)
		}
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	t.Parallel()
	good, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-1] ^= 1
	otherFormat := append([]byte(nil), good...)
	otherFormat[9] = 2
	for name, data := range map[string][]byte{
		"empty": nil, "header only": good[:20], "cut": good[:len(good)-1], "longer": append(append([]byte(nil), good...), 0),
		"flipped bit": flipped, "other format": otherFormat, "text": []byte(strings.Repeat("not a snapshot ", 10)),
	} {
		if _, err := snapshot.Decode(data); !errors.Is(err, snapshot.ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
	}
}

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	if err := sample().Validate(); err != nil {
		t.Fatalf("a good snapshot: %v", err)
	}
	cases := map[string]struct {
		change func(*snapshot.Snapshot)
		want   string
	}{
		"epoch":              {func(s *snapshot.Snapshot) { s.Epoch = "" }, "epoch is empty"},
		"service protocol":   {func(s *snapshot.Snapshot) { s.Routing.Services[0].Protocol = "grpc" }, `service "s1": protocol: "grpc"`},
		"service host":       {func(s *snapshot.Snapshot) { s.Routing.Services[0].Host = "a/b" }, `service "s1": host: "a/b"`},
		"service host @":     {func(s *snapshot.Snapshot) { s.Routing.Services[0].Host = "user@host" }, `host: "user@host"`},
		"service host port":  {func(s *snapshot.Snapshot) { s.Routing.Services[0].Host = "host:80" }, `host: "host:80"`},
		"service host *":     {func(s *snapshot.Snapshot) { s.Routing.Services[0].Host = "*.internal" }, `host: "*.internal"`},
		"service port":       {func(s *snapshot.Snapshot) { s.Routing.Services[0].Port = 0 }, `port: 0`},
		"service path":       {func(s *snapshot.Snapshot) { s.Routing.Services[0].Path = "v1" }, `path: "v1"`},
		"service path query": {func(s *snapshot.Snapshot) { s.Routing.Services[0].Path = "/v1?a=b" }, `path: "/v1?a=b"`},
		"service timeout":    {func(s *snapshot.Snapshot) { s.Routing.Services[0].ReadTimeout = -1 }, `read_timeout: -1ns`},
		"service retries":    {func(s *snapshot.Snapshot) { s.Routing.Services[0].Retries = -1 }, `retries: -1`},
		"access strategy":    {func(s *snapshot.Snapshot) { s.Routing.Services[0].Access[0].StrategyID = "gone" }, `access[0].strategy_id: no strategy "gone"`},
		"access api":         {func(s *snapshot.Snapshot) { s.Routing.Services[0].Access[0].APIID = "" }, `access[0]: api_id`},
		"service twice":      {func(s *snapshot.Snapshot) { s.Routing.Services = append(s.Routing.Services, s.Routing.Services[0]) }, `service "s1": id used twice`},
		"route service":      {func(s *snapshot.Snapshot) { s.Routing.Routes[0].ServiceID = "gone" }, `route "r1": service_id: no service "gone"`},
		"route regex":        {func(s *snapshot.Snapshot) { s.Routing.Routes[0].Paths[1] = "~/(" }, `route "r1": paths[1]: "~/(" is not a regular expression`},
		"route path":         {func(s *snapshot.Snapshot) { s.Routing.Routes[0].Paths[0] = "orders" }, `paths[0]: "orders" must start with /`},
		"route method":       {func(s *snapshot.Snapshot) { s.Routing.Routes[0].Methods[0] = "get" }, `methods[0]: "get"`},
		"route host":         {func(s *snapshot.Snapshot) { s.Routing.Routes[0].Hosts[0] = "a.*.com" }, `hosts[0]: "a.*.com"`},
		"route protocol":     {func(s *snapshot.Snapshot) { s.Routing.Routes[0].Protocols[0] = "tcp" }, `protocols[0]: "tcp"`},
		"route header":       {func(s *snapshot.Snapshot) { s.Routing.Routes[0].Headers["x-a"] = nil }, `headers[x-a]: has no values`},
		"route matches all": {func(s *snapshot.Snapshot) {
			s.Routing.Routes[0] = snapshot.Route{ID: "r1", ServiceID: "s1"}
		}, "at least one of methods, hosts, paths, headers"},
		"strategy kind":   {func(s *snapshot.Snapshot) { s.Routing.Strategies[1].Kind = "magic" }, `strategy "st2": kind: "magic"`},
		"strategy oidc":   {func(s *snapshot.Snapshot) { s.Routing.Strategies[0].OIDC = nil }, `strategy "st1": oidc: is missing`},
		"strategy issuer": {func(s *snapshot.Snapshot) { s.Routing.Strategies[0].OIDC.Issuer = "" }, `oidc.issuer: is empty`},
		"strategy leeway": {func(s *snapshot.Snapshot) { s.Routing.Strategies[0].OIDC.Leeway = time.Hour }, `oidc.leeway: 1h0m0s`},
		"application ids": {func(s *snapshot.Snapshot) { s.Applications[0].PortalID = "" }, `application "app1": id, portal_id and strategy_id`},
		"same id":         {func(s *snapshot.Snapshot) { s.Applications[1].ID = "app1" }, `application "app1": id used twice`},
		"same client": {func(s *snapshot.Snapshot) {
			s.Applications[1].StrategyID, s.Applications[1].ClientID = "st1", "c1"
		}, `client_id is also that of application "app1"`},
	}
	for name, c := range cases {
		s := sample()
		c.change(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestServiceHosts(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "::1", "[::1]", "localhost", "orders_v2.internal", "xn--caf-dma.example"} {
		s := sample()
		s.Routing.Services[0].Host = host
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	t.Parallel()
	s := sample()
	s.Epoch, s.Routing.Services[0].Port, s.Applications[0].ID = "", 0, ""
	err := s.Validate()
	for _, want := range []string{"epoch", "port", "portal_id"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestDeltaValidation(t *testing.T) {
	t.Parallel()
	app := sample().Applications[0]
	for want, d := range map[string]snapshot.Delta{
		"epoch is empty":             {From: 1, To: 2},
		"leads back":                 {Epoch: "e", From: 3, To: 2},
		"both upserted and removed":  {Epoch: "e", From: 1, To: 2, Upserted: []snapshot.Application{app}, Removed: []string{app.ID}},
		`no service "gone"`:          {Epoch: "e", From: 1, To: 2, Routing: &snapshot.Routing{Routes: []snapshot.Route{{ID: "r", ServiceID: "gone", Paths: []string{"/"}}}}},
		`application "x": id, porta`: {Epoch: "e", From: 1, To: 2, Upserted: []snapshot.Application{{ID: "x"}}},
	} {
		if err := d.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestStrategyDigestFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	a, b := sample().Routing.Strategies[0], sample().Routing.Strategies[0]
	if a.Digest() != b.Digest() {
		t.Error("equal strategies have different digests")
	}
	b.OIDC.Scopes = []string{"admin"}
	if a.Digest() == b.Digest() {
		t.Error("different strategies have the same digest")
	}
}

// FuzzDecodeSnapshot: whatever the bytes, Decode returns, and what it accepts
// encodes to something that decodes to the same.
func FuzzDecodeSnapshot(f *testing.F) {
	good, err := sample().Encode()
	if err != nil {
		f.Fatal(err)
	}
	const header = 8 + 2 + 8 + 32
	f.Add(good[header:])
	f.Add([]byte{0xa0})
	f.Add([]byte{0xbf, 0xff})
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := snapshot.Decode(snapshot.WithHeader(body)) // a good checksum, so that the body is read
		if err != nil {
			return
		}
		first, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := snapshot.Decode(first)
		if err != nil {
			t.Fatalf("own encoding refused: %v", err)
		}
		if second, err := again.Encode(); err != nil || string(second) != string(first) {
			t.Fatalf("encoding is not stable (%v)", err)
		}
	})
}
