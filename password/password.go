package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"portico"
	"portico/secret"
)

// Bounds of a password, in characters.
const (
	MinLength = 12 // long enough to be let through without rules about its characters
	MaxLength = 1024
)

// parameters of argon2id. A hash carries its own, so they can be raised later.
type parameters struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// current is OWASP's first choice of parameters.
func current() parameters { return parameters{memory: 19 << 10, time: 2, threads: 1} }

const (
	saltSize = 16
	hashSize = 32
)

// slots bounds how many computations run at once in this process, because each
// takes 19 MiB and a core; others wait. It is the machine that is shared here,
// so there is one bound however many callers there are.
var slots = make(chan struct{}, runtime.GOMAXPROCS(0))

// Hash returns the password's PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
// A password beyond MaxLength is KindInvalid: hashing it would be work for nothing.
func Hash(password secret.Text) (string, error) {
	if utf8.RuneCountInString(password.Reveal()) > MaxLength {
		return "", tooLong("password")
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails: crypto/rand aborts the program instead
	p := current()
	return encode(p, salt, compute(p, password, salt, hashSize)), nil
}

// Verify reports whether the password is the one that was hashed. With an empty
// or unusable hash it takes the same time and reports false: the caller passes
// "" for an account that does not exist, so that nobody learns which ones do.
func Verify(hash string, password secret.Text) bool {
	if utf8.RuneCountInString(password.Reveal()) > MaxLength {
		return false
	}
	p, salt, want, err := decode(hash)
	if err != nil {
		p, salt, want = current(), make([]byte, saltSize), make([]byte, hashSize)
	}
	got := compute(p, password, salt, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && err == nil
}

// compute runs argon2id when there is a free slot. The password is normalised
// (NFC, as RFC 8265 has it), because keyboards differ in how they compose letters.
func compute(p parameters, password secret.Text, salt []byte, size uint32) []byte {
	slots <- struct{}{}
	defer func() { <-slots }()
	return argon2.IDKey(norm.NFC.Bytes([]byte(password.Reveal())), salt, p.time, p.memory, p.threads, size)
}

func encode(p parameters, salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		b64.EncodeToString(salt), b64.EncodeToString(hash))
}

var errFormat = errors.New("not an argon2id hash")

// decode reads a PHC string, with bounds on what it may make us compute.
func decode(s string) (p parameters, salt, hash []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errFormat
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil ||
		p.time < 1 || p.time > 16 || p.threads < 1 || p.threads > 16 || p.memory < 8 || p.memory > 256<<10 {
		return p, nil, nil, errFormat
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	hash, hashErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || hashErr != nil || len(salt) < 8 || len(salt) > 64 || len(hash) < 16 || len(hash) > 64 {
		return p, nil, nil, errFormat
	}
	if encode(p, salt, hash) != s { // leading zeros, or something left over
		return p, nil, nil, errFormat
	}
	return p, salt, hash, nil
}

// Check refuses a password that is too short, too long, or the person's own mail
// address. field is what the request calls it.
func Check(field string, password secret.Text, email string) error {
	value := password.Reveal()
	switch length := utf8.RuneCountInString(value); {
	case length < MinLength:
		return portico.InvalidAll(portico.InvalidParameter{Field: field, Rule: "min_length", Minimum: new(MinLength),
			Reason: fmt.Sprintf("must have at least %d characters", MinLength)})
	case length > MaxLength:
		return tooLong(field)
	case email != "" && strings.EqualFold(strings.TrimSpace(value), strings.TrimSpace(email)):
		return portico.Invalid(field, "invalid", "must not be the mail address")
	}
	return nil
}

func tooLong(field string) error {
	return portico.InvalidAll(portico.InvalidParameter{Field: field, Rule: "max_length", Maximum: new(MaxLength),
		Reason: fmt.Sprintf("must not have more than %d characters", MaxLength)})
}
