package portico_test

import (
	"net/netip"
	"testing"

	"portico"
)

func TestAllowListsKnowEveryWayToWriteAnAddress(t *testing.T) {
	t.Parallel()
	list := portico.IPAllowList{AllowedIPs: []string{"192.0.2.7", "198.51.100.9/24", "2001:db8::/32", "::ffff:10.1.0.0/112"}}
	for addr, want := range map[string]bool{
		"192.0.2.7": true, "192.0.2.8": false, "::ffff:192.0.2.7": true, "198.51.100.200": true, "198.51.101.1": false,
		"2001:db8:1::1": true, "2001:db8:1::1%eth0": true, "2001:db9::1": false, "10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false,
	} {
		if got := list.Allows(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v, want %v", addr, got, want)
		}
	}
	if list.Allows(netip.Addr{}) {
		t.Error("whose address is not known is let in")
	}
	everybody := portico.IPAllowList{AllowedIPs: []string{"0.0.0.0/0", "::/0"}}
	if !everybody.Allows(netip.MustParseAddr("::1")) || !everybody.Allows(netip.MustParseAddr("127.0.0.1")) || (portico.IPAllowList{}).Allows(netip.MustParseAddr("127.0.0.1")) {
		t.Error("everybody and nobody are not told apart")
	}
}

func FuzzParseNetwork(f *testing.F) {
	for _, s := range []string{"", "192.0.2.1", "192.0.2.1/24", "2001:db8::/32", "::ffff:10.0.0.0/100", "::ffff:10.0.0.0/80", "fe80::1%eth0", "10.0.0.1/33", "::/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		network, err := portico.ParseNetwork(s)
		if err != nil {
			return
		}
		if !network.IsValid() || network.Addr().Zone() != "" || !network.Contains(network.Addr()) {
			t.Errorf("%q is read as %v", s, network)
		}
		again, err := portico.ParseNetwork(network.String())
		if err != nil || again != network {
			t.Errorf("%q is written as %v and read as %v, %v", s, network, again, err)
		}
	})
}
