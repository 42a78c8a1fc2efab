package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"portico/oauth"
	"portico/secret"
)

const discoveryPath = "/.well-known/openid-configuration"

func TestProvidersKeepOnePerIssuer(t *testing.T) {
	t.Parallel()
	providers := oauth.NewProviders(http.DefaultClient, time.Now, quiet())
	a, again, b := providers.Provider("https://a.test"), providers.Provider("https://a.test"), providers.Provider("https://b.test")
	if a != again || a == b {
		t.Error("not one provider per issuer")
	}
}

func TestMetadataIsKeptForAnHourAndLongerWhileTheIssuerFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		p := newProvider(s)
		ask := func() {
			t.Helper()
			if metadata, err := p.Metadata(t.Context()); err != nil || metadata.TokenEndpoint != s.issuer+"/token" {
				t.Fatalf("got %+v, %v", metadata, err)
			}
			synctest.Wait()
		}
		ask()
		time.Sleep(47 * time.Minute)
		ask()
		if n := s.count(discoveryPath); n != 1 {
			t.Fatalf("within 80 %% of an hour: discovered %d times", n)
		}
		time.Sleep(time.Minute)
		ask()
		if n := s.count(discoveryPath); n != 2 {
			t.Fatalf("after 80 %% of an hour: discovered %d times", n)
		}
		s.change(func() { s.down[discoveryPath] = true })
		time.Sleep(100 * time.Hour)
		for range 50 {
			ask()
		}
		if n := s.count(discoveryPath); n != 3 {
			t.Errorf("a failing issuer was asked %d times at once", n-2)
		}
		time.Sleep(30*time.Second - time.Nanosecond)
		ask()
		if n := s.count(discoveryPath); n != 3 {
			t.Errorf("asked again within 30 s")
		}
		time.Sleep(time.Nanosecond)
		ask()
		if n := s.count(discoveryPath); n != 4 {
			t.Errorf("30 s later: asked %d times", n-2)
		}
	})
}

// An issuer that is not there yet is asked after 1, 2, 4, 8, 16 and then every
// 30 seconds, however many calls want it.
func TestIssuerThatNeverAnsweredIsLeftAloneLongerAndLonger(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		s.down[discoveryPath] = true
		p := newProvider(s)
		for range 61 {
			_, err := p.Verify(t.Context(), text(byKey(s, "ed")), oauth.Expectation{})
			refused, ok := errors.AsType[*oauth.Error](err)
			if !ok || !refused.Unavailable() || refused.RetryAfter <= 0 || refused.RetryAfter > 30*time.Second {
				t.Fatalf("got %v", err)
			}
			if _, ok := errors.AsType[*oauth.DiscoveryError](err); !ok {
				t.Fatalf("the cause is lost: %v", err)
			}
			time.Sleep(time.Second)
		}
		if n := s.count(discoveryPath); n != 6 { // at 0, 1, 3, 7, 15, 31 s
			t.Errorf("asked %d times within a minute, want 6", n)
		}
		s.change(func() { s.down[discoveryPath] = false })
		time.Sleep(30 * time.Second)
		if _, err := p.Verify(t.Context(), text(byKey(s, "ed")), oauth.Expectation{}); err != nil {
			t.Errorf("once the issuer is there: %v", err)
		}
	})
}

func TestKeysFollowAChangedAddress(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		p := newProvider(s)
		verify := func() error {
			_, err := p.Verify(t.Context(), text(byKey(s, "ed")), oauth.Expectation{})
			synctest.Wait()
			return err
		}
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		s.publish("rsa")
		s.change(func() { s.jwksPath = "/new-keys" })
		time.Sleep(50 * time.Minute)
		verify() // lets the metadata renew itself
		if err := verify(); reasonOf(err) != oauth.ReasonUnknownKey || s.count("/new-keys") == 0 {
			t.Errorf("keys at the former address still serve: %v", err)
		}
	})
}

func TestCallerDoesNotWaitBeyondItsContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	stuck := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
	p := oauth.NewProviders(&http.Client{Transport: inMemory{stuck}}, time.Now, quiet()).Provider("https://as.test")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Metadata(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCircuit(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		p := newProvider(s)
		exchange := func(password string) *oauth.Error {
			_, err := p.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Secret: secret.New(password)})
			refused, _ := errors.AsType[*oauth.Error](err)
			return refused
		}
		asked := func() int { return s.count("/token") }

		for range 20 { // refusals are answers: they never open the circuit
			if e := exchange("wrong"); e == nil || !e.Rejected() {
				t.Fatalf("wrong secret: %v", e)
			}
		}
		s.change(func() { s.down["/token"] = true })
		before := asked()
		for range 20 {
			if e := exchange(clientSecret); e == nil || !e.Unavailable() {
				t.Fatalf("failing server: %v", e)
			}
		}
		if n := asked() - before; n != 5 {
			t.Errorf("a failing server was called %d times, want 5", n)
		}
		if e := exchange(clientSecret); e.Status != 0 || e.RetryAfter != 5*time.Second {
			t.Errorf("open circuit: %v, retry after %v", e, e.RetryAfter)
		}
		time.Sleep(5 * time.Second)
		before = asked()
		for range 20 {
			exchange(clientSecret)
		}
		if n := asked() - before; n != 1 {
			t.Errorf("half-open circuit: %d calls, want one probe", n)
		}
		if e := exchange(clientSecret); e.RetryAfter != 10*time.Second {
			t.Errorf("after a failed probe: retry after %v", e.RetryAfter)
		}
		s.change(func() { s.down["/token"] = false })
		time.Sleep(10 * time.Second)
		for range 10 {
			if e := exchange(clientSecret); e != nil {
				t.Fatalf("recovered server: %v", e)
			}
		}
	})
}

func TestCircuitStaysOpenAsLongAsTheServerAsks(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		s.tokenAnswer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		p := newProvider(s)
		var last *oauth.Error
		for range 6 {
			_, err := p.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID})
			last, _ = errors.AsType[*oauth.Error](err)
			if !last.Unavailable() || last.RetryAfter != 40*time.Second {
				t.Fatalf("got %v, retry after %v", err, last.RetryAfter)
			}
		}
		if last.Status != 0 || s.count("/token") != 5 {
			t.Errorf("last error %v after %d calls", last, s.count("/token"))
		}
	})
}

// Callers that go away say nothing about the server, also while it is probed.
func TestAbandonedCallsDoNotCount(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		p := newProvider(s)
		abandon := func() {
			ctx, cancel := context.WithCancel(t.Context())
			s.change(func() { s.hang = true })
			go func() { time.Sleep(time.Second); cancel() }()
			if _, err := p.ClientCredentials(ctx, oauth.Grant{ClientID: clientID}); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			s.change(func() { s.hang = false })
		}
		grant := oauth.Grant{ClientID: clientID, Secret: secret.New(clientSecret)}
		for range 10 {
			abandon()
		}
		if _, err := p.ClientCredentials(t.Context(), grant); err != nil {
			t.Fatalf("callers that left opened the circuit: %v", err)
		}
		s.change(func() { s.down["/token"] = true })
		for range 5 {
			p.ClientCredentials(t.Context(), grant)
		}
		s.change(func() { s.down["/token"] = false })
		time.Sleep(5 * time.Second)
		abandon() // the probe
		if _, err := p.ClientCredentials(t.Context(), grant); err != nil {
			t.Errorf("an abandoned probe blocks the next: %v", err)
		}
	})
}

// While a probe is under way nobody else calls, and calls from before the
// circuit opened do not keep it open longer.
func TestCircuitProbesOneAtATimeAndIgnoresStragglers(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		p := newProvider(s)
		exchange := func() *oauth.Error {
			_, err := p.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID, Secret: secret.New(clientSecret)})
			refused, _ := errors.AsType[*oauth.Error](err)
			return refused
		}
		hanging := func() {
			s.change(func() { s.hang = true })
			go exchange() // times out after 5 s
			synctest.Wait()
			s.change(func() { s.hang = false })
		}
		hanging()
		time.Sleep(2 * time.Second)
		s.change(func() { s.down["/token"] = true })
		for range 5 {
			exchange()
		}
		s.change(func() { s.down["/token"] = false })
		time.Sleep(3*time.Second + time.Millisecond)
		synctest.Wait()
		if e := exchange(); e == nil || e.RetryAfter != 2*time.Second-time.Millisecond {
			t.Errorf("after a straggler: %v", e)
		}
		time.Sleep(2 * time.Second)
		hanging() // the probe
		before := s.count("/token")
		if e := exchange(); e == nil || e.RetryAfter != time.Second || s.count("/token") != before {
			t.Errorf("beside the probe: %v, %d calls", e, s.count("/token")-before)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if e := exchange(); e == nil || e.RetryAfter != 10*time.Second {
			t.Errorf("after the probe timed out: %v", e)
		}
	})
}

func TestTimeoutsOpenTheCircuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		s.hang = true
		p := newProvider(s)
		for range 10 {
			_, err := p.ClientCredentials(t.Context(), oauth.Grant{ClientID: clientID})
			if e, ok := errors.AsType[*oauth.Error](err); !ok || !e.Unavailable() {
				t.Fatalf("got %v", err)
			}
		}
		if n := s.count("/token"); n != 5 {
			t.Errorf("a server that hangs was called %d times, want 5", n)
		}
	})
}
