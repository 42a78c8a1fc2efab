package oauth_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/oauth"
	"portico/secret"
)

func TestParseAuthorization(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString
	for _, c := range []struct {
		name, header        string
		id, password, token string
		unencoded           bool
		rule                oauth.ParseRule
	}{
		{name: "base64", header: "Basic " + encoded([]byte("id:secret")), id: "id", password: "secret"},
		{name: "base64 without padding", header: "Basic " + strings.TrimRight(encoded([]byte("id:secret1")), "="), id: "id", password: "secret1"},
		{name: "scheme in any case", header: "bAsIc " + encoded([]byte("id:secret")), id: "id", password: "secret"},
		{name: "several spaces", header: "Basic   id:secret", id: "id", password: "secret", unencoded: true},
		{name: "raw", header: "Basic 0oa1:s3cret", id: "0oa1", password: "s3cret", unencoded: true},
		{name: "raw, secret with colons and spaces", header: "Basic 0oa1:a:b c~.", id: "0oa1", password: "a:b c~.", unencoded: true},
		{name: "encoded secret with colons", header: "Basic " + encoded([]byte("id:a:b")), id: "id", password: "a:b"},
		{name: "nothing is form-decoded", header: "Basic " + encoded([]byte("id:a%2Bb+c")), id: "id", password: "a%2Bb+c"},
		{name: "empty secret", header: "Basic id:", id: "id", unencoded: true},
		{name: "bearer", header: "Bearer abc.def-_~+/==", token: "abc.def-_~+/=="},
		{name: "bearer in any case", header: "BEARER abc", token: "abc"},
		{name: "empty header", header: "", rule: oauth.RuleScheme},
		{name: "scheme alone", header: "Basic", rule: oauth.RuleEmpty},
		{name: "scheme and space", header: "Bearer  ", rule: oauth.RuleEmpty},
		{name: "another scheme", header: "Digest username=x", rule: oauth.RuleScheme},
		{name: "scheme as prefix", header: "Basicx id:secret", rule: oauth.RuleScheme},
		{name: "tab for space", header: "Basic\tid:secret", rule: oauth.RuleScheme},
		{name: "not base64", header: "Basic !!!!", rule: oauth.RuleBase64},
		{name: "wrong padding", header: "Basic aWQ6c2Vj=", rule: oauth.RuleBase64},
		{name: "URL alphabet", header: "Basic aWQ6_-8", rule: oauth.RuleBase64},
		{name: "no colon inside", header: "Basic " + encoded([]byte("idsecret")), rule: oauth.RuleColon},
		{name: "no id, raw", header: "Basic :secret", rule: oauth.RuleClientID},
		{name: "no id, encoded", header: "Basic " + encoded([]byte(":secret")), rule: oauth.RuleClientID},
		{name: "NUL inside base64", header: "Basic " + encoded([]byte("id:se\x00cret")), rule: oauth.RuleCharacter},
		{name: "line break inside base64", header: "Basic " + encoded([]byte("id:se\r\ncret")), rule: oauth.RuleCharacter},
		{name: "control character", header: "Basic id:se\x01cret", rule: oauth.RuleCharacter},
		{name: "line break between base64", header: "Basic aWQ6\nc2Vj", rule: oauth.RuleCharacter},
		{name: "beyond ASCII", header: "Bearer café", rule: oauth.RuleCharacter},
		{name: "two bearer tokens", header: "Bearer abc, Bearer def", rule: oauth.RuleToken},
		{name: "padding alone", header: "Bearer ==", rule: oauth.RuleToken},
		{name: "padding inside", header: "Bearer a=b", rule: oauth.RuleToken},
		{name: "longest", header: "Bearer " + strings.Repeat("a", 8<<10-7), token: strings.Repeat("a", 8<<10-7)},
		{name: "too long", header: "Bearer " + strings.Repeat("a", 8<<10-6), rule: oauth.RuleLength},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := oauth.ParseAuthorization([]string{c.header})
			if c.rule != "" {
				refused, ok := errors.AsType[*oauth.ParseError](err)
				if !ok || refused.Rule != c.rule {
					t.Fatalf("got %v, want rule %q", err, c.rule)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := oauth.SchemeBasic
			if c.token != "" {
				want = oauth.SchemeBearer
			}
			if got.Scheme != want || got.ClientID != c.id || got.Secret.Reveal() != c.password || got.Token.Reveal() != c.token || got.Unencoded != c.unencoded {
				t.Errorf("got %+v with secret %q and token %q", got, got.Secret.Reveal(), got.Token.Reveal())
			}
		})
	}
}

func TestParseAuthorizationCountsHeaders(t *testing.T) {
	t.Parallel()
	if _, err := oauth.ParseAuthorization(nil); !errors.Is(err, oauth.ErrNoCredentials) {
		t.Errorf("without a header: %v", err)
	}
	_, err := oauth.ParseAuthorization([]string{"Basic id:secret", "Basic id:secret"})
	if refused, ok := errors.AsType[*oauth.ParseError](err); !ok || refused.Rule != oauth.RuleSingle {
		t.Errorf("with two headers: %v", err)
	}
}

// Any printable id without a colon and any printable secret arrive unchanged,
// whichever way they are written.
func TestParseAuthorizationKeepsEveryPair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[!-9;-~][ -9;-~]{0,40}`).Draw(t, "id")
		password := rapid.StringMatching(`[ -~]{0,60}`).Draw(t, "secret")
		pair := id + ":" + password
		for _, header := range []string{
			"Basic " + pair, "basic " + base64.StdEncoding.EncodeToString([]byte(pair)), "BASIC " + base64.RawStdEncoding.EncodeToString([]byte(pair)),
		} {
			got, err := oauth.ParseAuthorization([]string{header})
			if err != nil || got.ClientID != id || got.Secret.Reveal() != password {
				t.Fatalf("%q gives id %q, secret %q, error %v", header, got.ClientID, got.Secret.Reveal(), err)
			}
		}
	})
}

func TestEncodeBasicFormEncodes(t *testing.T) {
	t.Parallel()
	header := oauth.EncodeBasic("my id", secret.New("a:b+c%~é"))
	r := http.Request{Header: http.Header{"Authorization": {header}}}
	id, password, ok := r.BasicAuth()
	if !ok || id != "my+id" || password != "a%3Ab%2Bc%25~%C3%A9" {
		t.Errorf("%q carries %q and %q", header, id, password)
	}
}

func FuzzParseAuthorization(f *testing.F) {
	for _, seed := range []string{"", "Basic id:secret", "Basic aWQ6c2VjcmV0", "Bearer abc.def", "basic  ==", "Bearer \x00", "Basic Og"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got, err := oauth.ParseAuthorization([]string{header})
		if err != nil {
			if _, ok := errors.AsType[*oauth.ParseError](err); !ok {
				t.Fatalf("error of another type: %v", err)
			}
			return
		}
		switch got.Scheme {
		case oauth.SchemeBasic:
			if got.ClientID == "" || strings.Contains(got.ClientID, ":") || !got.Token.Empty() {
				t.Fatalf("impossible credentials from %q", header)
			}
			pair := []byte(got.ClientID + ":" + got.Secret.Reveal())
			again, err := oauth.ParseAuthorization([]string{"Basic " + base64.RawStdEncoding.EncodeToString(pair)})
			if tooLong := len(header) > 4<<10; err != nil && !tooLong || err == nil && (again.ClientID != got.ClientID || !again.Secret.Equal(got.Secret)) {
				t.Fatalf("%q does not survive encoding: %v", header, err)
			}
		case oauth.SchemeBearer:
			if got.Token.Empty() || got.ClientID != "" || !strings.HasSuffix(header, got.Token.Reveal()) {
				t.Fatalf("impossible token from %q", header)
			}
		default:
			t.Fatalf("scheme %q", got.Scheme)
		}
	})
}

func BenchmarkParseAuthorization(b *testing.B) {
	for name, header := range map[string]string{
		"base64": "Basic MG9hYmNkZWZnaGlqa2xtbm9wOnMzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldA==",
		"raw":    "Basic 0oabcdefghijklmnop:s3crets3crets3crets3crets3cret",
		"bearer": "Bearer " + strings.Repeat("abcdefgh", 100),
	} {
		b.Run(name, func(b *testing.B) {
			values := []string{header}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := oauth.ParseAuthorization(values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
