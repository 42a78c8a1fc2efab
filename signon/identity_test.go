package signon

import (
	"testing"

	"portico"
)

// TestVerifiedSpeaksOfTheClaimEmail: people may write what they like into other
// claims, such as preferred_username.
func TestVerifiedSpeaksOfTheClaimEmail(t *testing.T) {
	t.Parallel()
	claims := map[string]any{"email": "mallory@dev.example", "preferred_username": "dora@dev.example", "email_verified": true}
	for claim, want := range map[string]bool{"email": true, "preferred_username": false} {
		who := readIdentity("https://idp.example", "1", claims, portico.ClaimMappings{Email: claim})
		if vouched := who.Vouched(); vouched != want {
			t.Errorf("%s of [%s] counts as verified: %t", claim, who.Email, vouched)
		}
	}
}
