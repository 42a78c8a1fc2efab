package directory

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"

	"portico/secret"
)

// passwordRounds is OWASP's number for PBKDF2 with HMAC-SHA-256.
const passwordRounds = 600_000

type passwordHash struct{ salt, hash []byte }

func hashPassword(password secret.Text) passwordHash {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	return passwordHash{salt, derive(password, salt)}
}

// matches takes its time for the zero hash, too, which nothing matches.
func (h passwordHash) matches(password secret.Text) bool {
	salt := h.salt
	if len(salt) == 0 {
		salt = make([]byte, 16)
	}
	return subtle.ConstantTimeCompare(h.hash, derive(password, salt)) == 1
}

func derive(password secret.Text, salt []byte) []byte {
	hash, err := pbkdf2.Key(sha256.New, password.Reveal(), salt, passwordRounds, sha256.Size)
	if err != nil {
		panic(err) // only for key lengths that FIPS 140 refuses
	}
	return hash
}
