package oauth_test

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/oauth"
)

func reasonOf(err error) oauth.Reason {
	if refused, ok := errors.AsType[*oauth.TokenError](err); ok {
		return refused.Reason
	}
	return oauth.Reason(fmt.Sprintf("no token error but %v", err))
}

func TestVerifyAcceptsEveryAlgorithmOverHTTP(t *testing.T) {
	t.Parallel()
	s := newAuthServer(time.Now)
	s.listen(t)
	provider := oauth.NewProviders(oauth.NewHTTPClient(oauth.ClientPolicy{}), time.Now, quiet()).Provider(s.issuer)
	for algorithm, key := range map[string]string{
		"RS256": "rsa", "RS384": "rsa", "RS512": "rsa", "PS256": "rsa", "PS384": "rsa", "PS512": "rsa",
		"ES256": "p256", "ES384": "p384", "ES512": "p521", "EdDSA": "ed",
	} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			good := signed(algorithm, key, nil, claims(s, nil))
			got, err := provider.Verify(t.Context(), text(good), oauth.Expectation{Audiences: []string{"api://default"}})
			if err != nil || got.Subject() != clientID {
				t.Fatalf("subject %q, error %v", got.Subject(), err)
			}
			end := strings.LastIndexByte(good, '.')
			other := signed(algorithm, key, nil, claims(s, map[string]any{"sub": "somebody"}))
			mixed := other[:strings.LastIndexByte(other, '.')] + good[end:]
			if _, err := provider.Verify(t.Context(), text(mixed), oauth.Expectation{}); reasonOf(err) != oauth.ReasonSignature {
				t.Errorf("signature of another payload: %v", err)
			}
			if _, err := provider.Verify(t.Context(), text(good[:end+1]), oauth.Expectation{}); reasonOf(err) != oauth.ReasonSignature {
				t.Errorf("no signature: %v", err)
			}
		})
	}
}

func TestVerifyAcceptsShapesInUse(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	provider := newProvider(s)
	now := fixedClock().Unix()
	for name, c := range map[string]struct {
		typ  string
		edit map[string]any
		want oauth.Expectation
	}{
		"no typ":                      {},
		"typ JWT":                     {typ: "JWT"},
		"typ at+jwt":                  {typ: "at+jwt", want: oauth.Expectation{StrictType: true}},
		"typ with application":        {typ: "application/AT+JWT", want: oauth.Expectation{StrictType: true}},
		"audience in an array":        {edit: map[string]any{"aud": []string{"x", "api"}}, want: oauth.Expectation{Audiences: []string{"api"}}},
		"one of several audiences":    {edit: map[string]any{"aud": "api"}, want: oauth.Expectation{Audiences: []string{"y", "api"}}},
		"no audience wanted":          {edit: map[string]any{"aud": nil}},
		"expired within the leeway":   {edit: map[string]any{"exp": now - 29}},
		"expired within a longer one": {edit: map[string]any{"exp": now - 119}, want: oauth.Expectation{Leeway: time.Hour}},
		"issued slightly ahead":       {edit: map[string]any{"iat": now + 29, "nbf": now + 29}},
		"fractions of a second":       {edit: map[string]any{"exp": float64(now) + 0.5}},
		"no iat":                      {edit: map[string]any{"iat": nil}},
		"like an ID token":            {edit: map[string]any{"at_hash": "x", "aud": clientID}},
		"algorithm asked for":         {want: oauth.Expectation{Algorithms: []string{"RS256"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var header map[jose.HeaderKey]any
			if c.typ != "" {
				header = map[jose.HeaderKey]any{"typ": c.typ}
			}
			if _, err := provider.Verify(t.Context(), text(signed("RS256", "rsa", header, claims(s, c.edit))), c.want); err != nil {
				t.Error(err)
			}
		})
	}
}

// attack is a token with a genuine signature of the server's key wherever one
// is possible, so that only the rule under test stands in its way.
type attack struct {
	token  string
	want   oauth.Expectation
	reason oauth.Reason
}

const plainHeader = `{"alg":"RS256","kid":"rsa"}`

func TestVerifyRefusesAttacks(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	provider := newProvider(s)
	raw, err := json.Marshal(claims(s, nil))
	if err != nil {
		t.Fatal(err)
	}
	body := string(raw)
	good := forged(plainHeader, body)
	if _, err := provider.Verify(t.Context(), text(good), oauth.Expectation{}); err != nil {
		t.Fatalf("the token the attacks start from is not good: %v", err)
	}
	for _, attacks := range []map[string]attack{attacksOnForm(t, body, good), attacksOnClaims(t, s, body, good)} {
		for name, a := range attacks {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if _, err := provider.Verify(t.Context(), text(a.token), a.want); reasonOf(err) != a.reason {
					t.Errorf("got %v, want %s", err, a.reason)
				}
			})
		}
	}
}

func attacksOnForm(t *testing.T, body, good string) map[string]attack {
	der, err := x509.MarshalPKIXPublicKey(testKeys()["rsa"].Public())
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(jose.JSONWebKey{Key: testKeys()["rsa"].Public(), KeyID: "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	macOver := func(header string, key []byte) string {
		input := encode([]byte(header)) + "." + encode([]byte(body))
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(input))
		return input + "." + encode(mac.Sum(nil))
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	spareBits := good[:len(good)-1] + string(alphabet[strings.IndexByte(alphabet, good[len(good)-1])+1])
	salted := encode([]byte(`{"alg":"PS256","kid":"rsa"}`)) + "." + encode([]byte(body))
	salted += "." + encode(rawSignature(testKeys()["rsa"], salted, &rsa.PSSOptions{SaltLength: 64, Hash: crypto.SHA256}))
	return map[string]attack{
		"alg none":                    {token: encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(body)) + ".", reason: oauth.ReasonAlgorithm},
		"alg NoNe":                    {token: forged(`{"alg":"NoNe"}`, body), reason: oauth.ReasonAlgorithm},
		"no alg":                      {token: forged(`{"kid":"rsa"}`, body), reason: oauth.ReasonAlgorithm},
		"HS256 with DER public key":   {token: macOver(`{"alg":"HS256","kid":"rsa"}`, der), reason: oauth.ReasonAlgorithm},
		"HS256 with PEM public key":   {token: macOver(`{"alg":"HS256"}`, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), reason: oauth.ReasonAlgorithm},
		"HS256 even when listed":      {token: macOver(`{"alg":"HS256","kid":"rsa"}`, der), want: oauth.Expectation{Algorithms: []string{"HS256"}}, reason: oauth.ReasonAlgorithm},
		"alg not listed":              {token: good, want: oauth.Expectation{Algorithms: []string{"ES256"}}, reason: oauth.ReasonAlgorithm},
		"alg of another key type":     {token: forged(`{"alg":"ES256","kid":"rsa"}`, body), reason: oauth.ReasonAlgorithm},
		"key inside":                  {token: forged(`{"alg":"RS256","jwk":`+string(jwk)+`}`, body), reason: oauth.ReasonHeader},
		"key elsewhere":               {token: forged(`{"alg":"RS256","kid":"rsa","jku":"https://evil.test/keys"}`, body), reason: oauth.ReasonHeader},
		"certificate elsewhere":       {token: forged(`{"alg":"RS256","kid":"rsa","x5u":"https://evil.test/cert"}`, body), reason: oauth.ReasonHeader},
		"unknown crit":                {token: forged(`{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}`, body), reason: oauth.ReasonHeader},
		"empty crit":                  {token: forged(`{"alg":"RS256","kid":"rsa","crit":[]}`, body), reason: oauth.ReasonHeader},
		"unencoded payload":           {token: forged(`{"alg":"RS256","kid":"rsa","b64":false,"crit":["b64"]}`, body), reason: oauth.ReasonHeader},
		"encrypted by header":         {token: forged(`{"alg":"RS256","kid":"rsa","enc":"A256GCM"}`, body), reason: oauth.ReasonHeader},
		"DPoP proof":                  {token: forged(`{"alg":"RS256","kid":"rsa","typ":"dpop+jwt"}`, body), reason: oauth.ReasonType},
		"logout token":                {token: forged(`{"alg":"RS256","kid":"rsa","typ":"logout+jwt"}`, body), reason: oauth.ReasonType},
		"plain type when strict":      {token: forged(`{"alg":"RS256","kid":"rsa","typ":"JWT"}`, body), want: oauth.Expectation{StrictType: true}, reason: oauth.ReasonType},
		"no type when strict":         {token: good, want: oauth.Expectation{StrictType: true}, reason: oauth.ReasonType},
		"nested token":                {token: forged(`{"alg":"RS256","kid":"rsa","cty":"JWT"}`, body), reason: oauth.ReasonType},
		"repeated header member":      {token: forged(`{"alg":"none","alg":"RS256","kid":"rsa"}`, body), reason: oauth.ReasonMalformed},
		"repeated unknown member":     {token: forged(`{"alg":"RS256","kid":"rsa","x":1,"x":1}`, body), reason: oauth.ReasonMalformed},
		"repeated claim":              {token: forged(plainHeader, body[:len(body)-1]+`,"sub":"admin"}`), reason: oauth.ReasonMalformed},
		"repeated claim, escaped":     {token: forged(plainHeader, body[:len(body)-1]+`,"s\u0075b":"admin"}`), reason: oauth.ReasonMalformed},
		"repeated nested member":      {token: forged(plainHeader, body[:len(body)-1]+`,"x":{"a":1,"a":2}}`), reason: oauth.ReasonMalformed},
		"kid that is no string":       {token: forged(`{"alg":"RS256","kid":{"a":1}}`, body), reason: oauth.ReasonMalformed},
		"huge kid":                    {token: forged(`{"alg":"RS256","kid":"`+strings.Repeat("k", 513)+`"}`, body), reason: oauth.ReasonMalformed},
		"claims after claims":         {token: forged(plainHeader, body+body), reason: oauth.ReasonMalformed},
		"claims that are an array":    {token: forged(plainHeader, `[1]`), reason: oauth.ReasonMalformed},
		"claims that are null":        {token: forged(plainHeader, `null`), reason: oauth.ReasonMalformed},
		"claims that are not UTF-8":   {token: forged(plainHeader, body[:len(body)-1]+",\"x\":\"\xff\"}"), reason: oauth.ReasonMalformed},
		"claims nested very deeply":   {token: forged(plainHeader, strings.Repeat("[", 8000)), reason: oauth.ReasonMalformed},
		"five parts":                  {token: good + ".a.b", reason: oauth.ReasonMalformed},
		"two parts":                   {token: good[:strings.LastIndexByte(good, '.')], reason: oauth.ReasonMalformed},
		"JSON form":                   {token: `{"payload":"e30","signatures":[]}`, reason: oauth.ReasonMalformed},
		"padded base64":               {token: good + "=", reason: oauth.ReasonMalformed},
		"line break in the signature": {token: good[:len(good)-4] + "\n" + good[len(good)-4:], reason: oauth.ReasonMalformed},
		"spare bits in base64":        {token: spareBits, reason: oauth.ReasonMalformed},
		"salt of another length":      {token: salted, reason: oauth.ReasonSignature},
		"empty":                       {token: "", reason: oauth.ReasonMalformed},
		"dots":                        {token: "..", reason: oauth.ReasonMalformed},
		"another key's id":            {token: forged(`{"alg":"RS256","kid":"p256"}`, body), reason: oauth.ReasonAlgorithm},
		"unknown key":                 {token: forged(`{"alg":"RS256","kid":"../rsa"}`, body), reason: oauth.ReasonUnknownKey},
	}
}

func attacksOnClaims(t *testing.T, s *authServer, body, good string) map[string]attack {
	now := fixedClock().Unix()
	claiming := func(edits map[string]any) string {
		raw, err := json.Marshal(claims(s, edits))
		if err != nil {
			t.Fatal(err)
		}
		return forged(plainHeader, string(raw))
	}
	return map[string]attack{
		"expired":                   {token: claiming(map[string]any{"exp": now - 30}), reason: oauth.ReasonExpired},
		"expired without leeway":    {token: claiming(map[string]any{"exp": now}), want: oauth.Expectation{Leeway: -1}, reason: oauth.ReasonExpired},
		"expired beyond all leeway": {token: claiming(map[string]any{"exp": now - 120}), want: oauth.Expectation{Leeway: time.Hour}, reason: oauth.ReasonExpired},
		"no expiry":                 {token: claiming(map[string]any{"exp": nil}), reason: oauth.ReasonExpired},
		"expiry as text":            {token: claiming(map[string]any{"exp": "9999999999"}), reason: oauth.ReasonMalformed},
		"expiry beyond all dates":   {token: claiming(map[string]any{"exp": 1e300}), reason: oauth.ReasonMalformed},
		"not yet valid":             {token: claiming(map[string]any{"nbf": now + 31}), reason: oauth.ReasonNotYet},
		"issued in the future":      {token: claiming(map[string]any{"iat": now + 31}), reason: oauth.ReasonNotYet},
		"nbf as text":               {token: claiming(map[string]any{"nbf": "0"}), reason: oauth.ReasonMalformed},
		"other issuer":              {token: claiming(map[string]any{"iss": "https://evil.test"}), reason: oauth.ReasonIssuer},
		"issuer with a slash":       {token: claiming(map[string]any{"iss": s.issuer + "/"}), reason: oauth.ReasonIssuer},
		"no issuer":                 {token: claiming(map[string]any{"iss": nil}), reason: oauth.ReasonIssuer},
		"issuer in other case":      {token: claiming(map[string]any{"iss": nil, "ISS": s.issuer}), reason: oauth.ReasonIssuer},
		"issuer in an array":        {token: claiming(map[string]any{"iss": []string{s.issuer}}), reason: oauth.ReasonIssuer},
		"other audience":            {token: good, want: oauth.Expectation{Audiences: []string{"api"}}, reason: oauth.ReasonAudience},
		"no audience":               {token: claiming(map[string]any{"aud": nil}), want: oauth.Expectation{Audiences: []string{"api"}}, reason: oauth.ReasonAudience},
		"bound to a key":            {token: claiming(map[string]any{"cnf": map[string]any{"jkt": "x"}}), reason: oauth.ReasonBound},
		"bound to nothing":          {token: forged(plainHeader, body[:len(body)-1]+`,"cnf":null}`), reason: oauth.ReasonBound},
		"huge":                      {token: claiming(map[string]any{"x": strings.Repeat("x", 16<<10)}), reason: oauth.ReasonTooLarge},
	}
}

// A refused token must not reach the keys, let alone the server.
func TestVerifyChecksWhatIsCheapFirst(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	provider := newProvider(s)
	for _, edit := range []map[string]any{{"exp": 1}, {"iss": "x"}, {"aud": "x"}, {"cnf": 1}} {
		token := signed("RS256", "rsa", nil, claims(s, edit))
		if _, err := provider.Verify(t.Context(), text(token), oauth.Expectation{Audiences: []string{"api://default"}}); err == nil {
			t.Errorf("%v accepted", edit)
		}
	}
	hmacListed := oauth.Expectation{Algorithms: []string{"HS256"}}
	if _, err := provider.Verify(t.Context(), text(forged(`{"alg":"HS256"}`, "{}")), hmacListed); reasonOf(err) != oauth.ReasonAlgorithm {
		t.Errorf("HS256, although it was asked for: %v", err)
	}
	if n := s.count("/keys"); n != 0 {
		t.Errorf("keys were fetched %d times for tokens that had to be refused anyway", n)
	}
}

func TestVerifyWarnsOnceOfLooseAcceptance(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newAuthServer(fixedClock)
	provider := oauth.NewProviders(&http.Client{Transport: inMemory{s}}, fixedClock, slog.New(slog.NewTextHandler(&log, nil))).Provider(s.issuer)
	token := signed("ES256", "p256", nil, claims(s, map[string]any{"nonce": "n"}))
	for range 3 {
		if _, err := provider.Verify(t.Context(), text(token), oauth.Expectation{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := log.String(); strings.Count(got, "any audience") != 1 || strings.Count(got, "ID token") != 1 || strings.Contains(got, token) {
		t.Errorf("logged %s", got)
	}
}

func TestVerifierWithoutAnIssuerTrustsNobody(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	v, _ := verifier(s)
	if _, err := v.Verify(t.Context(), text(signed("EdDSA", "ed", nil, claims(s, map[string]any{"iss": nil}))), oauth.Expectation{}); reasonOf(err) != oauth.ReasonIssuer {
		t.Errorf("got %v", err)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	s := newAuthServer(fixedClock)
	provider := newProvider(s)
	verify := func(edit map[string]any) oauth.Claims {
		t.Helper()
		got, err := provider.Verify(t.Context(), text(signed("EdDSA", "ed", nil, claims(s, edit))), oauth.Expectation{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	c := verify(map[string]any{
		"cid": "app", "n": 42, "big": 9007199254740993, "half": 0.5, "yes": true, "https://ns/id": "x", "list": []string{"only"}, "two": []string{"a", "b"},
		"realm": map[string]any{"client": map[string]any{"id": "deep"}}, "scp": []any{"a", 1, "b"},
	})
	for _, p := range []struct {
		path []string
		want string
		ok   bool
	}{
		{[]string{"cid"}, "app", true}, {[]string{"n"}, "42", true}, {[]string{"https://ns/id"}, "x", true}, {[]string{"list"}, "only", true},
		{[]string{"realm", "client", "id"}, "deep", true}, {[]string{"realm", "client"}, "", false}, {[]string{"cid", "x"}, "", false},
		{[]string{"big"}, "", false}, {[]string{"half"}, "", false}, {[]string{"yes"}, "", false}, {[]string{"two"}, "", false}, {[]string{"none"}, "", false}, {nil, "", false},
	} {
		if got, ok := c.Path(p.path); got != p.want || ok != p.ok {
			t.Errorf("Path(%q) = %q, %v", p.path, got, ok)
		}
	}
	if c.ClientID() != "app" || !slices.Equal(c.Scopes(), []string{"a", "b"}) || !slices.Equal(c.Audience(), []string{"api://default"}) {
		t.Errorf("client %q, scopes %q, audience %q", c.ClientID(), c.Scopes(), c.Audience())
	}
	if want := fixedClock().Add(10 * time.Minute); !c.ExpiresAt().Equal(want) || c.Issuer() != s.issuer {
		t.Errorf("expires %v, issuer %q", c.ExpiresAt(), c.Issuer())
	}
	if got := verify(map[string]any{"scope": "x  y", "scp": "z"}).Scopes(); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("scope as text gives %q", got)
	}
	if got := verify(map[string]any{"scope": []string{"x", "y"}, "azp": "auth0"}); !slices.Equal(got.Scopes(), []string{"x", "y"}) || got.ClientID() != "auth0" {
		t.Errorf("scope as array gives %q, azp gives %q", got.Scopes(), got.ClientID())
	}
	if got := (oauth.Claims{}); got.Subject() != "" || got.Scopes() != nil || got.Audience() != nil || !got.ExpiresAt().IsZero() {
		t.Error("empty claims are not empty")
	}
}

// Whatever the bytes, Verify refuses with a TokenError unless they are a token
// that was signed; flipping any of them must not make another good token.
func FuzzVerify(f *testing.F) {
	s := newAuthServer(fixedClock)
	provider := newProvider(s)
	genuine := map[string]bool{}
	for _, token := range []string{
		signed("RS256", "rsa", nil, claims(s, nil)), signed("ES256", "p256", nil, claims(s, nil)), signed("EdDSA", "ed", nil, claims(s, nil)),
	} {
		genuine[token] = true
		f.Add(token)
	}
	for _, seed := range []string{"", "..", forged(`{"alg":"RS256","kid":"rsa","crit":[]}`, `{}`), "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := provider.Verify(t.Context(), text(token), oauth.Expectation{})
		if err == nil {
			// ECDSA signatures have a second valid form; the signed part is what counts.
			end := strings.LastIndexByte(token, '.')
			for known := range genuine {
				if known[:strings.LastIndexByte(known, '.')] == token[:end] && got.Subject() == clientID {
					return
				}
			}
			t.Fatalf("accepted %q", token)
		}
		if _, ok := errors.AsType[*oauth.TokenError](err); !ok {
			t.Fatalf("error of another type: %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	s := newAuthServer(fixedClock)
	provider := newProvider(s)
	want := oauth.Expectation{Audiences: []string{"api://default"}}
	for algorithm, key := range map[string]string{"RS256": "rsa", "PS256": "rsa", "ES256": "p256", "EdDSA": "ed"} {
		b.Run(algorithm, func(b *testing.B) {
			token := text(signed(algorithm, key, nil, claims(s, nil)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := provider.Verify(b.Context(), token, want); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("expired", func(b *testing.B) {
		token := text(signed("RS256", "rsa", nil, claims(s, map[string]any{"exp": 1})))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := provider.Verify(b.Context(), token, want); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}
