package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/oauth"
)

// verifier serves the keys of an in-memory server, without discovery.
func verifier(s *authServer) (*oauth.Verifier, oauth.Expectation) {
	client := &http.Client{Transport: inMemory{s}, Timeout: 5 * time.Second}
	keys := oauth.NewKeySet(client, s.issuer+"/keys", s.now, quiet())
	return oauth.NewVerifier(keys, s.now, quiet()), oauth.Expectation{Issuer: s.issuer}
}

// byKey signs a fresh token with one of the keys.
func byKey(s *authServer, key string) string {
	return signed(map[string]string{"rsa": "RS256", "p256": "ES256", "ed": "EdDSA"}[key], key, nil, claims(s, nil))
}

func (s *authServer) publish(ids ...string) {
	s.change(func() {
		s.published = nil
		for _, id := range ids {
			s.published = append(s.published, jose.JSONWebKey{KeyID: id, Key: testKeys()[id].Public()})
		}
	})
}

func TestKeysAreFetchedOnceForManyCallers(t *testing.T) {
	t.Parallel()
	testKeys() // made outside: a bubble must not initialise what others share
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		s.slow = time.Second
		v, want := verifier(s)
		token := text(byKey(s, "p256"))
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if _, err := v.Verify(t.Context(), token, want); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if n := s.count("/keys"); n != 1 {
			t.Errorf("fetched %d times", n)
		}
	})
}

func TestKeysAreRenewedAtFourFifthsOfTheirLife(t *testing.T) {
	t.Parallel()
	testKeys()
	for cacheControl, life := range map[string]time.Duration{
		"": time.Hour, "max-age=600": 10 * time.Minute, "public, Max-Age=\"1200\"": 20 * time.Minute, "max-age=1": 5 * time.Minute,
		"no-store": 5 * time.Minute, "max-age=99999999": 24 * time.Hour, "max-age=nonsense": 5 * time.Minute, "public": time.Hour,
	} {
		t.Run(cacheControl, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newAuthServer(time.Now)
				s.cacheControl = cacheControl
				v, want := verifier(s)
				use := func() {
					t.Helper()
					if _, err := v.Verify(t.Context(), text(byKey(s, "ed")), want); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				use()
				time.Sleep(life*4/5 - time.Second)
				use()
				if n := s.count("/keys"); n != 1 {
					t.Fatalf("fetched %d times before 80 %% of %v", n, life)
				}
				time.Sleep(time.Second)
				use()
				if n := s.count("/keys"); n != 2 {
					t.Fatalf("fetched %d times after 80 %% of %v", n, life)
				}
			})
		})
	}
}

func TestKeysServeStaleForADayWhileTheServerFails(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		v, want := verifier(s)
		verify := func() error {
			_, err := v.Verify(t.Context(), text(byKey(s, "ed")), want)
			synctest.Wait()
			return err
		}
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		s.change(func() { s.down["/keys"] = true })
		time.Sleep(25*time.Hour - time.Second) // one hour of life and a day beyond it
		if err := verify(); err != nil {
			t.Errorf("within a day: %v", err)
		}
		before := s.count("/keys")
		for range 20 {
			if err := verify(); err != nil {
				t.Errorf("right after: %v", err)
			}
		}
		if n := s.count("/keys"); n != before {
			t.Errorf("a failing server was asked %d times more within a second", n-before)
		}
		time.Sleep(2 * time.Second)
		refused, ok := errors.AsType[*oauth.Error](verify())
		if !ok || !refused.Unavailable() || refused.RetryAfter <= 0 || refused.RetryAfter > 30*time.Second {
			t.Errorf("after a day: %v", refused)
		}
		s.change(func() { s.down["/keys"] = false })
		time.Sleep(30 * time.Second)
		if err := verify(); err != nil {
			t.Errorf("after the server is back: %v", err)
		}
	})
}

// A key that is withdrawn is revoked: it must not outlive the key set's life,
// although nobody used the gateway in between.
func TestWithdrawnKeysDieWithTheirLife(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		v, want := verifier(s)
		if _, err := v.Verify(t.Context(), text(byKey(s, "rsa")), want); err != nil {
			t.Fatal(err)
		}
		// A failure long ago must not make the keys look as if they served an outage.
		s.change(func() { s.down["/keys"] = true })
		if _, err := v.Verify(t.Context(), text(signed("ES384", "p384", nil, claims(s, nil))), want); err != nil {
			t.Fatal(err)
		}
		unknown := forged(`{"alg":"RS256","kid":"new"}`, fmt.Sprintf(`{"iss":%q,"exp":%d}`, s.issuer, time.Now().Add(time.Minute).Unix()))
		if _, err := v.Verify(t.Context(), text(unknown), want); err == nil {
			t.Fatal("an unknown key was accepted")
		}
		s.change(func() { s.down["/keys"] = false })
		s.publish("ed")
		time.Sleep(time.Hour)
		if _, err := v.Verify(t.Context(), text(byKey(s, "rsa")), want); reasonOf(err) != oauth.ReasonUnknownKey {
			t.Errorf("withdrawn key: %v", err)
		}
		if _, err := v.Verify(t.Context(), text(byKey(s, "ed")), want); err != nil {
			t.Errorf("remaining key: %v", err)
		}
	})
}

func TestForgedKeyIDsCauseOneFetch(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		v, want := verifier(s)
		body := fmt.Sprintf(`{"iss":%q,"exp":%d}`, s.issuer, time.Now().Add(time.Hour).Unix())
		flood := func() {
			for i := range 300 {
				_, err := v.Verify(t.Context(), text(forged(fmt.Sprintf(`{"alg":"RS256","kid":"forged-%d"}`, i), body)), want)
				if reasonOf(err) != oauth.ReasonUnknownKey {
					t.Fatalf("forged key id: %v", err)
				}
			}
		}
		flood()
		if n := s.count("/keys"); n != 2 {
			t.Errorf("300 forged key ids: fetched %d times, want the first fetch and one more", n)
		}
		if _, err := v.Verify(t.Context(), text(byKey(s, "p256")), want); err != nil {
			t.Errorf("genuine tokens suffer from the flood: %v", err)
		}
		time.Sleep(30 * time.Second)
		flood()
		if n := s.count("/keys"); n != 3 {
			t.Errorf("30 s later: fetched %d times, want 3", n)
		}
	})
}

func TestOneForgedKeyIDDoesNotSpendTheAllowance(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		s.publish("rsa")
		s.slow = time.Second
		v, want := verifier(s)
		body := fmt.Sprintf(`{"iss":%q,"exp":%d}`, s.issuer, time.Now().Add(time.Hour).Unix())
		again := func() {
			if _, err := v.Verify(t.Context(), text(forged(`{"alg":"RS256","kid":"same"}`, body)), want); reasonOf(err) != oauth.ReasonUnknownKey {
				t.Fatalf("forged key id: %v", err)
			}
		}
		again() // two fetches; the id is remembered for 30 s from the end of the second
		time.Sleep(30*time.Second - time.Nanosecond)
		again() // another fetch is allowed since a second, but not for this id
		if n := s.count("/keys"); n != 2 {
			t.Fatalf("fetched %d times, want 2", n)
		}
		s.publish("rsa", "ed")
		if _, err := v.Verify(t.Context(), text(byKey(s, "ed")), want); err != nil {
			t.Errorf("a rotated key is not found: %v", err)
		}
	})
}

func TestRotationWithoutKeyIDs(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		nameless := func(keys ...string) {
			s.change(func() {
				s.published = nil
				for _, key := range keys {
					s.published = append(s.published, jose.JSONWebKey{Key: testKeys()[key].Public()})
				}
			})
		}
		nameless("p384", "p256")
		v, want := verifier(s)
		token := text(forged(`{"alg":"RS256"}`, fmt.Sprintf(`{"iss":%q,"exp":%d}`, s.issuer, time.Now().Add(time.Hour).Unix())))
		if _, err := v.Verify(t.Context(), token, want); reasonOf(err) != oauth.ReasonUnknownKey {
			t.Errorf("no key made this signature: %v", err)
		}
		nameless("p384", "rsa")
		time.Sleep(30 * time.Second)
		if _, err := v.Verify(t.Context(), token, want); err != nil {
			t.Errorf("the new key is not looked for: %v", err)
		}
		if _, err := v.Verify(t.Context(), text(byKey(s, "rsa")), want); reasonOf(err) != oauth.ReasonUnknownKey {
			t.Errorf("a key without an id serves tokens that name one: %v", err)
		}
	})
}

func TestUnknownKeyWhileTheServerFailsIsNoVerdict(t *testing.T) {
	t.Parallel()
	testKeys()
	synctest.Test(t, func(t *testing.T) {
		s := newAuthServer(time.Now)
		s.publish("rsa")
		v, want := verifier(s)
		if _, err := v.Verify(t.Context(), text(byKey(s, "rsa")), want); err != nil {
			t.Fatal(err)
		}
		s.change(func() { s.down["/keys"] = true })
		_, err := v.Verify(t.Context(), text(byKey(s, "ed")), want)
		if refused, ok := errors.AsType[*oauth.Error](err); !ok || !refused.Unavailable() {
			t.Errorf("got %v", err)
		}
	})
}

func TestKeySetsThatDoNotServe(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	public := func(edit func(*jose.JSONWebKey)) jose.JSONWebKey {
		key := jose.JSONWebKey{KeyID: "rsa", Key: testKeys()["rsa"].Public()}
		edit(&key)
		return key
	}
	many := make([]jose.JSONWebKey, 65)
	for i := range many {
		many[i] = public(func(*jose.JSONWebKey) {})
	}
	for name, c := range map[string]struct {
		keys []jose.JSONWebKey
		says string
	}{
		"none":               {nil, "no key"},
		"private keys":       {[]jose.JSONWebKey{{KeyID: "rsa", Key: testKeys()["rsa"]}}, "no key"},
		"shared secrets":     {[]jose.JSONWebKey{{KeyID: "rsa", Key: []byte("secret")}}, "no key"},
		"encryption keys":    {[]jose.JSONWebKey{public(func(k *jose.JSONWebKey) { k.Use = "enc" })}, "no key"},
		"another algorithm":  {[]jose.JSONWebKey{public(func(k *jose.JSONWebKey) { k.Algorithm = "RSA-OAEP" })}, "no key"},
		"an algorithm of HS": {[]jose.JSONWebKey{public(func(k *jose.JSONWebKey) { k.Algorithm = "HS256" })}, "no key"},
		"more than 64":       {many, "more than 64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := newAuthServer(fixedClock)
			own.published = c.keys
			v, want := verifier(own)
			_, err := v.Verify(t.Context(), text(byKey(s, "rsa")), want)
			if refused, ok := errors.AsType[*oauth.Error](err); !ok || !refused.Unavailable() || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestKeysLeaveOutWhatTheyCannotUse(t *testing.T) {
	t.Parallel()
	document := `{"keys":[{"kty":"future","kid":"x"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},"text",
		{"kty":"RSA","kid":"short","n":"` + strings.Repeat("v", 171) + `","e":"AQAB"}, %s]}`
	for operations, ok := range map[string]bool{`["verify"]`: true, `["encrypt"]`: false, `[]`: true} {
		raw, err := (&jose.JSONWebKey{KeyID: "ed", Key: testKeys()["ed"].Public()}).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		key := strings.TrimSuffix(string(raw), "}") + `,"key_ops":` + operations + "}"
		s := newAuthServer(fixedClock)
		answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, document, key) })
		keys := oauth.NewKeySet(&http.Client{Transport: inMemory{answer}}, "https://as.test/keys", fixedClock, quiet())
		_, err = oauth.NewVerifier(keys, fixedClock, quiet()).Verify(t.Context(), text(byKey(s, "ed")), oauth.Expectation{Issuer: s.issuer})
		if (err == nil) != ok {
			t.Errorf("key_ops %s: %v", operations, err)
		}
	}
}

// A token that names no key is tried with the keys that fit, eight at most.
func TestTokenWithoutKeyID(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	plain, want := verifier(s)
	body := fmt.Sprintf(`{"iss":%q,"exp":%d}`, s.issuer, fixedClock().Unix()+60)
	if _, err := plain.Verify(t.Context(), text(forged(`{"alg":"RS256"}`, body)), want); err != nil {
		t.Errorf("the keys have ids, the token has none: %v", err)
	}
	crowded := newAuthServer(fixedClock)
	crowded.published = nil
	tokens := make([]string, 9)
	for i := range tokens {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		crowded.published = append(crowded.published, jose.JSONWebKey{KeyID: fmt.Sprint(i), Key: key.Public()})
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if tokens[i], err = jws.CompactSerialize(); err != nil {
			t.Fatal(err)
		}
	}
	v, want := verifier(crowded)
	if _, err := v.Verify(t.Context(), text(tokens[7]), want); err != nil {
		t.Errorf("eighth key: %v", err)
	}
	if _, err := v.Verify(t.Context(), text(tokens[8]), want); reasonOf(err) != oauth.ReasonUnknownKey {
		t.Errorf("ninth key: %v", err)
	}
}

func TestShortRSAKeysAreNotTrusted(t *testing.T) {
	t.Parallel()
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	s := newAuthServer(fixedClock)
	s.published = append(s.published, jose.JSONWebKey{KeyID: "short", Key: short.Public()})
	v, want := verifier(s)
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"RS256","kid":"short"}`)) + "." + encode(fmt.Appendf(nil, `{"iss":%q,"exp":%d}`, s.issuer, fixedClock().Unix()+60))
	token := input + "." + encode(rawSignature(short, input, crypto.SHA256))
	if _, err := v.Verify(t.Context(), text(token), want); reasonOf(err) != oauth.ReasonUnknownKey {
		t.Errorf("got %v", err)
	}
}

func TestKeyIsHeldToItsAlgorithm(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	s.published = []jose.JSONWebKey{{KeyID: "rsa", Key: testKeys()["rsa"].Public(), Algorithm: "PS256"}}
	v, want := verifier(s)
	if _, err := v.Verify(t.Context(), text(signed("PS256", "rsa", nil, claims(s, nil))), want); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), text(signed("RS256", "rsa", nil, claims(s, nil))), want); reasonOf(err) != oauth.ReasonAlgorithm {
		t.Errorf("another algorithm than the key's: %v", err)
	}
}
