package oauth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"portico/oauth"
	"portico/secret"
)

// TestClientSigner: which keys sign, and how.
func TestClientSigner(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve := func(c elliptic.Curve) any {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for name, c := range map[string]struct {
		key       any
		algorithm jose.SignatureAlgorithm
	}{
		"RSA": {strong, "RS256"}, "P-256": {curve(elliptic.P256()), "ES256"}, "P-384": {curve(elliptic.P384()), "ES384"}, "P-521": {curve(elliptic.P521()), "ES512"},
		"weak RSA": {weak, ""}, "Ed25519": {edwards, ""}, "public": {strong.Public(), ""}, "symmetric": {[]byte("0123456789abcdef0123456789abcdef"), ""},
	} {
		text, err := jose.JSONWebKey{Key: c.key, KeyID: "k"}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		signer, err := oauth.NewClientSigner(secret.New(string(text)))
		if (err == nil) != (c.algorithm != "") || err != nil && signer != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		signed, err := signer.Sign([]byte("x"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compact, err := signed.CompactSerialize()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if read, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{c.algorithm}); err != nil || read.Signatures[0].Header.KeyID != "k" {
			t.Errorf("%s: signed %s, %v", name, compact, err)
		}
	}
}

// FuzzClientSigner: whatever is pasted as a key, an error quotes nothing of it.
func FuzzClientSigner(f *testing.F) {
	f.Add(`{"kty":"EC","crv":"P-256","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`)
	f.Add(`{"kty":"oct","k":"AAAA"}`)
	f.Add(`-----BEGIN PRIVATE KEY-----`)
	f.Fuzz(func(t *testing.T, text string) {
		signer, err := oauth.NewClientSigner(secret.New(text))
		if (signer == nil) == (err == nil) {
			t.Fatalf("%v, %v", signer, err)
		}
		if err != nil && len(text) > 40 && strings.Contains(err.Error(), text) {
			t.Errorf("the error quotes the key: %v", err)
		}
	})
}
