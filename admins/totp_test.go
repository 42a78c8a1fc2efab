package admins

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"
	"testing"
	"time"

	"portico/secret"
)

// TestTOTPVectors are those of RFC 6238, appendix B.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	keys := map[string][]byte{"sha1": []byte("12345678901234567890"), "sha256": []byte("12345678901234567890123456789012"), "sha512": []byte("1234567890123456789012345678901234567890123456789012345678901234")}
	algorithms := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}
	for at, want := range map[int64]map[string]string{
		59:          {"sha1": "94287082", "sha256": "46119246", "sha512": "90693936"},
		1111111109:  {"sha1": "07081804", "sha256": "68084774", "sha512": "25091201"},
		1111111111:  {"sha1": "14050471", "sha256": "67062674", "sha512": "99943326"},
		1234567890:  {"sha1": "89005924", "sha256": "91819424", "sha512": "93441116"},
		2000000000:  {"sha1": "69279037", "sha256": "90698825", "sha512": "38618901"},
		20000000000: {"sha1": "65353130", "sha256": "77737706", "sha512": "47863826"},
	} {
		for name, code := range want {
			if got := totpCode(algorithms[name], keys[name], totpAt(time.Unix(at, 0)), 8); got != code {
				t.Errorf("%s at %d: %s, want %s", name, at, got, code)
			}
		}
	}
}

func TestTOTPCountsOnceAndForAMinuteAndAHalf(t *testing.T) {
	t.Parallel()
	key := []byte("12345678901234567890")
	now := time.Unix(1_000_000_000, 0)
	code := totpCode(sha1.New, key, totpAt(now), totpDigits)
	for shift, want := range map[time.Duration]bool{0: true, -totpStep: true, totpStep: true, 2 * totpStep: false, -2 * totpStep: false} {
		step, ok := totpMatch(key, code, now.Add(shift), 0)
		if ok != want || ok && step != totpAt(now) {
			t.Errorf("%v later: %d, %v", shift, step, ok)
		}
	}
	if _, ok := totpMatch(key, code, now, totpAt(now)); ok {
		t.Error("a code counts twice")
	}
	for _, bad := range []string{"", "0", code + "0", code[1:]} {
		if _, ok := totpMatch(key, bad, now, 0); ok {
			t.Errorf("%q counts", bad)
		}
	}
}

func TestTOTPAddress(t *testing.T) {
	t.Parallel()
	uri := totpURI("Acme & Co", "ada@acme.example", secret.New("GEZDGNBV")).Reveal()
	if uri != "otpauth://totp/Acme%20&%20Co:ada@acme.example?issuer=Acme+%26+Co&secret=GEZDGNBV" {
		t.Error(uri)
	}
	if strings.Contains(totpURI("a", "b", secret.New("GEZDGNBV")).String(), "GEZ") {
		t.Error("the address prints its key")
	}
}
