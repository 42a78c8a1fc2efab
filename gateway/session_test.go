package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/snapshot"
)

// sessionOf returns the session cookie that an answer sets; nil when it does
// not touch it.
func sessionOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	for _, c := range a.Cookies() {
		if c.Name == "session" {
			return c
		}
	}
	return nil
}

// signIn gets a session by client credentials.
func (w *world) signIn() string {
	w.t.Helper()
	c := sessionOf(w.t, w.wantStatus("sign in", 200, "Authorization", basic(clientID, clientSecret)))
	if c == nil || c.Value == "" {
		w.t.Fatal("no session was issued")
	}
	return "session=" + c.Value
}

func TestSessionIsIssuedAndAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c := sessionOf(t, w.wantStatus("basic", 200, "Authorization", basic(clientID, clientSecret)))
	if c == nil || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
		t.Fatalf("cookie %+v", c)
	}
	if strings.Contains(c.Value, clientID) {
		t.Error("the cookie is not sealed")
	}
	got := w.wantStatus("session", 200, "Cookie", "theme=dark; session="+c.Value+"; lang=de")
	up := got.upstream(t)
	if up.Header.Get("Cookie") != "theme=dark; lang=de" {
		t.Errorf("upstream saw cookies %q", up.Header.Get("Cookie"))
	}
	if up.Header.Get("X-Application-Id") != "app-oidc" || !strings.HasPrefix(up.Header.Get("Authorization"), "Bearer ey") {
		t.Errorf("upstream saw %v", up.Header)
	}
	if sessionOf(t, got) != nil {
		t.Error("a young session is written again")
	}
	if sessionOf(t, w.wantStatus("bearer", 200, "Authorization", bearer(w.auth.issue(clientID)))) == nil {
		t.Error("bearer gives no session")
	}
	if sessionOf(t, w.wantStatus("key", 200, "apikey", apiKey)) != nil {
		t.Error("a key gives a session")
	}
}

func TestSessionOnlyWhereTheStrategyHasThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *world, s *snapshot.Snapshot) { oidc(s).AuthMethods = []string{"client_credentials", "bearer"} })
	if c := sessionOf(t, w.wantStatus("basic", 200, "Authorization", basic(clientID, clientSecret))); c != nil {
		t.Errorf("cookie %+v", c)
	}
	with := w.wantStatus("basic", 200, "Authorization", basic(clientID, clientSecret), "Cookie", "session=the-upstream's")
	if got := with.upstream(t).Header.Get("Cookie"); got != "session=the-upstream's" {
		t.Errorf("upstream saw cookies %q: that session is its own", got)
	}
}

func TestSessionLifetimes(t *testing.T) {
	t.Parallel()
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		session := w.signIn()
		w.clock.Advance(15 * time.Minute)
		got := w.wantStatus("idle", 401, "Cookie", session)
		if c := sessionOf(t, got); c == nil || c.MaxAge != -1 {
			t.Errorf("the dead session is not removed: %+v", c)
		}
	})
	t.Run("touched, until the token ends", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		session := w.signIn()
		for range 5 { // 50 of the token's 60 minutes
			w.clock.Advance(10 * time.Minute)
			c := sessionOf(t, w.wantStatus("in use", 200, "Cookie", session))
			if c == nil {
				t.Fatal("an old cookie is not written again")
			}
			session = "session=" + c.Value
		}
		w.clock.Advance(10 * time.Minute)
		w.wantStatus("token ended", 401, "Cookie", session)
	})
	t.Run("absolute", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.auth.life = 100 * time.Hour
		session := w.signIn()
		for range 143 { // ten minutes less than a day
			w.clock.Advance(10 * time.Minute)
			session = "session=" + sessionOf(t, w.wantStatus("in use", 200, "Cookie", session)).Value
		}
		w.clock.Advance(10 * time.Minute)
		w.wantStatus("after a day", 401, "Cookie", session)
	})
	t.Run("expired, other credential", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		session := w.signIn()
		w.clock.Advance(time.Hour)
		w.wantStatus("key", 200, "Cookie", session, "apikey", apiKey)
	})
}

func TestSessionIsSubjectToTheConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*snapshot.Application) // nil: the application is removed
		status int
	}{
		"unregistered": {func(a *snapshot.Application) { a.Registrations = nil }, 403},
		"rotated":      {func(a *snapshot.Application) { a.Generation++ }, 401},
		"deleted":      {nil, 401},
		"moved portal": {func(a *snapshot.Application) { a.PortalID = "other" }, 403},
	} {
		w := newWorld(t, nil)
		session := w.signIn()
		w.wantStatus(name+", before", 200, "Cookie", session)
		app := w.snapshot.Applications[0]
		if c.change == nil {
			w.apply(snapshot.Delta{Removed: []string{app.ID}})
		} else {
			c.change(&app)
			w.apply(snapshot.Delta{Upserted: []snapshot.Application{app}})
		}
		got := w.wantStatus(name, c.status, "Cookie", session)
		if cookie := sessionOf(t, got); cookie == nil || cookie.MaxAge != -1 {
			t.Errorf("%s: the session is not destroyed: %+v", name, cookie)
		}
	}
}

func TestSessionEndsWithItsStrategysConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	session := w.signIn()
	routing := w.config().Routing
	routing.Strategies[0].OIDC.ScopesRequired = []string{"admin"}
	w.apply(snapshot.Delta{Routing: &routing})
	w.wantStatus("session of the former configuration", 401, "Cookie", session)
	w.wantStatus("cached token of the former configuration", 403, "Authorization", basic(clientID, clientSecret))
}

func TestSessionIsBoundToItsHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	session := w.signIn()
	w.wantStatus("same host, other port", 200, "Cookie", session, "Host", "127.0.0.1:1")
	w.wantStatus("other host", 401, "Cookie", session, "Host", "other.example.com")
}

func TestSessionAndOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	session := w.signIn()
	self := "http://" + strings.TrimPrefix(w.front.URL, "http://")
	for _, c := range []struct {
		what, method string
		status       int
		headers      []string
	}{
		{"same origin", "POST", 200, []string{"Sec-Fetch-Site", "same-origin", "Origin", self}},
		{"same origin, old browser", "POST", 200, []string{"Origin", self}},
		{"no browser", "POST", 200, nil},
		{"cross site", "POST", 403, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}},
		{"same site", "DELETE", 403, []string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example"}},
		{"cross site, old browser", "POST", 403, []string{"Origin", "https://evil.example"}},
		{"null origin", "POST", 403, []string{"Origin", "null"}},
		{"followed a link", "GET", 200, []string{"Sec-Fetch-Site", "cross-site"}},
		{"read by a script of another site", "GET", 403, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}},
		{"cross site with an own credential", "POST", 200, []string{"Origin", "https://app.example", "Authorization", bearer(w.auth.issue(clientID))}},
		{"cross site with an own key", "POST", 200, []string{"Origin", "https://app.example", "apikey", apiKey}},
	} {
		got := w.do(c.method, "/api", append(c.headers, "Cookie", session)...)
		if got.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", c.what, got.StatusCode, got.body, c.status)
		}
		if cookie := sessionOf(t, got); c.status == 403 && cookie != nil {
			t.Errorf("%s: another site could end the session", c.what)
		}
	}
}
