package oauth

import "slices"

// Personal says whether a scope stands for a signed-in user: it means nothing
// for a client that asks for a token of its own (OpenID Connect Core §5.4).
func Personal(scope string) bool {
	switch scope {
	case "openid", "profile", "email", "phone", "address", "offline_access":
		return true
	}
	return false
}

// RequestScopes are the scopes that a client credentials request names to a
// provider of a dialect, which is a DCR provider's type or empty. Okta, Auth0,
// Entra ID and the built-in server refuse those that concern a person.
func RequestScopes(dialect string, scopes []string) []string {
	if len(scopes) == 0 {
		scopes = []string{"openid"}
	}
	if slices.Contains([]string{"okta", "auth0", "azureAd", "kongIdentity"}, dialect) {
		scopes = slices.DeleteFunc(slices.Clone(scopes), Personal)
	}
	return scopes
}
