package usage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"portico/secret"
)

// fingerprintSize tells apart the few secrets of one client, and is far too
// short to tell anything about them.
const fingerprintSize = 6

// Fingerprint names a client's secret without giving it away: the same secret
// always has the same name, and whoever lacks the counter's key can neither
// make it nor check a guess.
func (c *Counter) Fingerprint(clientID string, clientSecret secret.Text) string {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(clientID))
	mac.Write([]byte{0})
	mac.Write([]byte(clientSecret.Reveal()))
	return clientID + "#" + hex.EncodeToString(mac.Sum(nil)[:fingerprintSize])
}
