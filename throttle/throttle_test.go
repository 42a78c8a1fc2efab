package throttle

import (
	"net/netip"
	"strconv"
	"testing"
	"time"
)

// TestThrottleForgets holds the memory of a throttle to its bound: the name that
// was idle longest goes first.
func TestThrottleForgets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	th := newThrottle(func() time.Time { return now }, 1)
	try := func(name string, want bool) {
		t.Helper()
		if err := th.take(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	try("busy", true)
	try("idle", true)
	for i := range mostTracked - 2 {
		try(strconv.Itoa(i), true)
	}
	try("busy", false)
	try("one more", true)
	try("busy", false)
	try("idle", true)
	if th.order.Len() != mostTracked || len(th.named) != mostTracked {
		t.Errorf("%d and %d names", th.order.Len(), len(th.named))
	}
	now = now.Add(time.Minute)
	try("busy", true)
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8::7": "2001:db8::/64", "2001:db8::ffff:7": "2001:db8::/64", "2001:db8:0:1::7": "2001:db8:0:1::/64",
		"fe80::1%eth0": "fe80::/64",
	} {
		if got := network(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
	network(netip.Addr{}) // an unknown caller is one caller
}
