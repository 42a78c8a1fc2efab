package gateway

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico/secret"
)

var (
	oldKey, newKey = []byte("old-old-old-old-old-old-old-old!"), []byte("new-new-new-new-new-new-new-new!")
	strategyA      = secret.New("a").Digest()
	strategyB      = secret.New("b").Digest()
)

func freshSession(now time.Time) session {
	return session{ClientID: "client", Generation: 4, Issued: now.Unix(), Touched: now.Unix(), Until: now.Add(sessionAbsolute).Unix(),
		TokenExpires: now.Add(48 * time.Hour).Unix(), Token: secretValue{secret.New("ey.J.x")}}
}

func TestSessionKeysRotate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	before, after, gone := newSessions([][]byte{oldKey}), newSessions([][]byte{newKey, oldKey}), newSessions([][]byte{newKey})
	value, err := before.seal(freshSession(now), strategyA, "h")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.open(value, strategyA, "h", now); err != nil || !reflect.DeepEqual(got, freshSession(now)) {
		t.Errorf("with the old key second: %+v, %v", got, err)
	}
	if _, err := gone.open(value, strategyA, "h", now); err == nil {
		t.Error("opened without its key")
	}
	if value, err = after.seal(freshSession(now), strategyA, "h"); err != nil {
		t.Fatal(err)
	}
	if _, err := gone.open(value, strategyA, "h", now); err != nil {
		t.Errorf("the first key does not seal: %v", err)
	}
	if _, err := newSessions(nil).open(value, strategyA, "h", now); err == nil {
		t.Error("opened without any key")
	}
}

func TestSessionIsBound(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	s := newSessions([][]byte{newKey})
	value, err := s.seal(freshSession(now), strategyA, "Host.example:8000")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.open(value, strategyA, "host.example", now); err != nil {
		t.Errorf("case and port of the host matter: %v", err)
	}
	if _, err := s.open(value, strategyB, "host.example", now); err == nil {
		t.Error("opened for another strategy")
	}
	if _, err := s.open(value, strategyA, "other.example", now); err == nil {
		t.Error("opened for another host")
	}
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 1
		if _, err := s.open(base64.RawURLEncoding.EncodeToString(raw), strategyA, "host.example", now); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		raw[i] ^= 1
	}
}

func TestSessionTimes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		change func(*session)
		want   bool
	}{
		"fresh":          {func(*session) {}, true},
		"idle":           {func(s *session) { s.Touched -= 900 }, false},
		"almost idle":    {func(s *session) { s.Touched -= 899 }, true},
		"rolled out":     {func(s *session) { s.Issued -= 3600 }, false},
		"absolute":       {func(s *session) { s.Until = now.Unix() }, false},
		"token expired":  {func(s *session) { s.TokenExpires = now.Unix() }, false},
		"token just not": {func(s *session) { s.TokenExpires = now.Unix() + 1 }, true},
	} {
		s := freshSession(now)
		c.change(&s)
		if s.valid(now) != c.want {
			t.Errorf("%s: valid is %v", name, !c.want)
		}
	}
	s := freshSession(now)
	if _, due := s.touched(now.Add(60 * time.Second)); due {
		t.Error("written again after a minute")
	}
	if touched, due := s.touched(now.Add(61 * time.Second)); !due || touched.Issued != s.Issued || touched.Touched != s.Touched+61 {
		t.Errorf("touched: %+v, %v", touched, due)
	}
	if renewed, due := s.touched(now.Add(46 * time.Minute)); !due || renewed.Issued == s.Issued || renewed.Until != s.Until {
		t.Errorf("renewed: %+v, %v", renewed, due)
	}
}

func TestLargeTokenIsLeftOut(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	s, content := newSessions([][]byte{newKey}), freshSession(now)
	content.Token = secretValue{secret.New(strings.Repeat("x", 4000))}
	value, err := s.seal(content, strategyA, "h")
	if err != nil || len(value) > maxCookieValue {
		t.Fatalf("%d bytes, %v", len(value), err)
	}
	if got, err := s.open(value, strategyA, "h", now); err != nil || !got.Token.Empty() || got.ClientID != "client" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCookieIsSecureOverTLS(t *testing.T) {
	t.Parallel()
	if got := cookie("v", true); got != "session=v; Path=/; HttpOnly; Secure; SameSite=Lax" {
		t.Error(got)
	}
	if got := cookie("", false); !strings.HasPrefix(got, "session=; Path=/; Max-Age=0") {
		t.Error(got)
	}
}

func FuzzSessionCookie(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	s := newSessions([][]byte{newKey, oldKey})
	good, err := s.seal(freshSession(now), strategyA, "h")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good + "A")
	f.Add("")
	f.Add("AQ")
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, value string) {
		// Only what was sealed opens; by chance or by a seed, that content.
		if content, err := s.open(value, strategyA, "h", now); err == nil && !reflect.DeepEqual(content, freshSession(now)) {
			t.Fatalf("a forgery opens: %q gives %+v", value, content)
		}
		if _, err := s.open(value, strategyB, "h", now); err == nil {
			t.Fatalf("%q opens for another strategy", value)
		}
	})
}
