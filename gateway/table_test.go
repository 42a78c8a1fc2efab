package gateway

import (
	"testing"
	"time"

	"portico/snapshot"
)

func TestUpstreamAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		protocol, host string
		port           int
		address, sent  string
	}{
		{"http", "orders.internal", 80, "orders.internal:80", "orders.internal"},
		{"https", "orders.internal", 443, "orders.internal:443", "orders.internal"},
		{"http", "orders.internal", 443, "orders.internal:443", "orders.internal:443"},
		{"http", "::1", 80, "[::1]:80", "[::1]"},
		{"http", "[::1]", 9000, "[::1]:9000", "[::1]:9000"},
	} {
		s := newService(snapshot.Service{ID: "s", Protocol: c.protocol, Host: c.host, Port: c.port}, nil, nil)
		if s.address != c.address || s.host != c.sent {
			t.Errorf("%s://%s:%d: dials %s and sends Host %s, want %s and %s", c.protocol, c.host, c.port, s.address, s.host, c.address, c.sent)
		}
	}
}

func TestTransportsSurviveAChange(t *testing.T) {
	t.Parallel()
	with := func(read time.Duration) snapshot.Routing {
		return snapshot.Routing{Services: []snapshot.Service{{ID: "s", Protocol: "http", Host: "h", Port: 80, ReadTimeout: read}}}
	}
	build := func(r snapshot.Routing, previous *table) *table {
		t.Helper()
		built, err := compile(r, nil, nil, previous)
		if err != nil {
			t.Fatal(err)
		}
		return built
	}
	first := build(with(time.Second), nil)
	same, other := build(with(time.Second), first), build(with(time.Minute), first)
	key := timeouts{defaultTimeout, time.Second, defaultTimeout}
	if first.transports[key] == nil || same.transports[key] != first.transports[key] {
		t.Error("connections are lost by a change that does not concern them")
	}
	if len(other.transports) != 1 || other.transports[key] != nil {
		t.Error("a transport that no service uses is kept")
	}
}

func TestHeaderText(t *testing.T) {
	t.Parallel()
	if got := headerText(" Shop\r\nX-Admin: 1\x00é "); got != "Shop  X-Admin: 1 é" {
		t.Errorf("%q", got)
	}
}
