package admins

import (
	"crypto/hmac"
	"crypto/sha1" // what RFC 6238 has by default and authenticator apps understand
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"time"

	"portico/secret"
)

// Of the codes (RFC 6238 §4): what every authenticator app assumes.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpDrift  = 1 // steps that a clock may be off, either way
)

// totpAt is the number of the time step.
func totpAt(t time.Time) int64 { return t.Unix() / int64(totpStep/time.Second) }

// totpCode is the code of a time step (RFC 4226 §5.3).
func totpCode(algorithm func() hash.Hash, key []byte, step int64, digits int) string {
	mac := hmac.New(algorithm, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fff_ffff
	modulus := uint32(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, value%modulus)
}

// totpMatch finds the time step whose code it is, later than the last one that
// was used: a code counts once (RFC 6238 §5.2).
func totpMatch(key []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	at := totpAt(now)
	for s := at - totpDrift; s <= at+totpDrift; s++ {
		if s > last && subtle.ConstantTimeCompare([]byte(totpCode(sha1.New, key, s, totpDigits)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// totpEncoding is how keys are written for people and apps.
var totpEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpURI is the key as an authenticator app scans it.
func totpURI(issuer, account string, key secret.Text) secret.Text {
	return secret.New((&url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account,
		RawQuery: url.Values{"secret": {key.Reveal()}, "issuer": {issuer}}.Encode(),
	}).String())
}
