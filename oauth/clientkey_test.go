package oauth_test

import (
	"strings"
	"testing"

	"portico/oauth"
	"portico/secret"
)

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
