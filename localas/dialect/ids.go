package dialect

import (
	"crypto/rand"
	"math/big"
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// NewID returns a random id of 20 characters in Okta's manner: 0oa for an
// application, ocs for a client secret, aus for an authorization server, and so on.
func NewID(prefix string) string { return prefix + RandomText(20-len(prefix)) }

// RandomText returns letters and digits that nobody guesses.
func RandomText(length int) string {
	text := make([]byte, length)
	for i := range text {
		// Fails only when the system has no randomness, and then it aborts.
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphanumeric))))
		text[i] = alphanumeric[n.Int64()]
	}
	return string(text)
}
