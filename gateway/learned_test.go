package gateway

import (
	"net/netip"
	"testing"
	"time"

	"portico/oauth"
	"portico/secret"
)

func TestLimiterWindows(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := newLimiter[string](3, time.Minute, 100)
	for range 3 {
		if l.wait("a", now) != 0 {
			t.Error("limited too early")
		}
		l.fail("a", now)
	}
	if got := l.wait("a", now.Add(20*time.Second)); got != 40*time.Second {
		t.Errorf("wait %v, want the rest of the minute", got)
	}
	if l.wait("b", now) != 0 {
		t.Error("another key is limited")
	}
	if l.wait("a", now.Add(time.Minute)) != 0 {
		t.Error("limited in the next window")
	}
}

func TestTokensPerClient(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	c := newTokenCache(1000)
	for i := range 12 {
		c.put("client", &token{credential: credentialID{byte(i)}, until: now.Add(time.Minute)}, now)
	}
	kept := 0
	for i := range 12 {
		if c.find("client", credentialID{byte(i)}, now) != nil {
			kept++
		}
	}
	if kept != maxTokensPerClient || c.find("client", credentialID{11}, now) == nil {
		t.Errorf("%d tokens kept, want the last %d", kept, maxTokensPerClient)
	}
	c.drop("client", credentialID{11}, now)
	if c.find("client", credentialID{11}, now) != nil || c.find("client", credentialID{10}, now) == nil {
		t.Error("drop took the wrong one")
	}
	if c.find("client", credentialID{10}, now.Add(time.Minute)) != nil {
		t.Error("found after its end")
	}
}

func TestCredentialIDsDiffer(t *testing.T) {
	t.Parallel()
	p := newPolicy(nil, nil, newMetrics(nil), nil, nil)
	strategy := secret.New("s").Digest()
	credentials := func(id, text string) oauth.Credentials {
		return oauth.Credentials{ClientID: id, Secret: secret.New(text)}
	}
	ids := map[credentialID]bool{
		p.credentialID(strategy, 1, credentials("ab", "c")):                 true,
		p.credentialID(strategy, 1, credentials("a", "bc")):                 true,
		p.credentialID(strategy, 2, credentials("ab", "c")):                 true,
		p.credentialID(secret.New("t").Digest(), 1, credentials("ab", "c")): true,
	}
	if len(ids) != 4 {
		t.Error("different credentials have the same id")
	}
	if !ids[p.credentialID(strategy, 1, credentials("ab", "c"))] {
		t.Error("the same credentials have another id")
	}
	if ids[newPolicy(nil, nil, newMetrics(nil), nil, nil).credentialID(strategy, 1, credentials("ab", "c"))] {
		t.Error("another process has the same key")
	}
}

func TestSourcesAreNetworks(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
	} {
		if got := network(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s: %v, want %s", address, got, want)
		}
	}
	if network(netip.Addr{}).IsValid() {
		t.Error("an unknown address has a network")
	}
}

func TestQueryParameters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, value, rest string }{
		{"apikey=k&a=1", "k", "a=1"},
		{"a=1&api%6bey=k", "k", "a=1"},
		{"apikey=a%20b+c", "a b c", ""},
		{"apikey=&apikey=second&b", "second", "b"},
		{"a=apikey=k", "", "a=apikey=k"},
		{"%zz=1;x&b=%", "", "%zz=1;x&b=%"},
		{"", "", ""},
	} {
		if got := queryValue(c.query, "apikey"); got != c.value {
			t.Errorf("%q: value %q, want %q", c.query, got, c.value)
		}
		if got := withoutParameters(c.query, []string{"apikey"}); got != c.rest {
			t.Errorf("%q: rest %q, want %q", c.query, got, c.rest)
		}
	}
}
