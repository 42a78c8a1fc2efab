package signin

import (
	"slices"
	"time"

	"portico/localas/directory"
)

// Claims tell an application about a person what its scopes allow (OpenID
// Connect Core section 5.4). An address is verified: an administrator has
// entered it.
func Claims(p directory.Person, groups []directory.Group, scopes []string) map[string]any {
	claims := map[string]any{"sub": p.ID}
	if slices.Contains(scopes, "profile") {
		claims["name"], claims["given_name"], claims["family_name"] = p.Name(), p.FirstName, p.LastName
		claims["preferred_username"], claims["updated_at"] = p.Login, p.LastUpdated.Unix()
	}
	if slices.Contains(scopes, "email") {
		claims["email"], claims["email_verified"] = p.Email, true
	}
	if slices.Contains(scopes, "groups") {
		names := []string{}
		for _, g := range groups {
			names = append(names, g.Name)
		}
		claims["groups"] = names
	}
	return claims
}

// idTokenLifetime is Okta's.
const idTokenLifetime = time.Hour

// IDToken is the claims of an ID token (OpenID Connect Core section 2), but for
// its issuer and its id.
func IDToken(g Grant, audience string, about map[string]any, now time.Time) map[string]any {
	about["ver"], about["aud"], about["iat"], about["exp"] = 1, audience, now.Unix(), now.Add(idTokenLifetime).Unix()
	about["auth_time"], about["amr"] = g.SignedIn.Unix(), []string{"pwd"}
	if g.Nonce != "" {
		about["nonce"] = g.Nonce
	}
	return about
}
