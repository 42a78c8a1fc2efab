package okta

import (
	"context"
	"fmt"
	"strings"

	"portico"
	"portico/oauth"
)

// CheckScopes implements portico.ScopeChecker. What the credential may not read
// is not judged.
func (o *organization) CheckScopes(ctx context.Context, strategy portico.OIDCConfig) []string {
	scopes, claim := strategy.Scopes, strategy.CredentialClaim
	var warnings []string
	for _, name := range scopes {
		if oauth.Personal(name) {
			warnings = append(warnings, fmt.Sprintf("Okta refuses the scope %s with client credentials, so the gateway leaves it out there. Remove it unless applications sign users in.", name))
		}
	}
	if o.server() == "" {
		return warnings
	}
	warnings = append(warnings, o.checkNames(ctx, scopes)...)
	return append(warnings, o.checkClaim(ctx, claim)...)
}

// scope is what we read of a scope.
type scope struct {
	Name    string `json:"name"`
	Consent string `json:"consent"`
	Default bool   `json:"default"`
}

// checkNames compares the scopes with those that the server knows.
func (o *organization) checkNames(ctx context.Context, names []string) (warnings []string) {
	known, err := serverList[scope](ctx, o, "scopes?limit=200")
	if err != nil {
		return nil
	}
	consent, anyDefault := map[string]string{}, false
	for _, s := range known {
		consent[s.Name] = s.Consent
		anyDefault = anyDefault || s.Default
	}
	if len(names) == 0 && !anyDefault {
		warnings = append(warnings, fmt.Sprintf("The strategy asks for no scope and the authorization server %s has no default scope, so Okta gives no token. Name a scope, or make one the default.", o.server()))
	}
	for _, name := range names {
		needed, ok := consent[name]
		switch {
		case oauth.Personal(name):
		case !ok:
			warnings = append(warnings, fmt.Sprintf("The authorization server %s does not know the scope %s. Add it at Okta > Security > API > Authorization Servers > Scopes, or correct its name.", o.server(), name))
		case needed == "REQUIRED":
			warnings = append(warnings, fmt.Sprintf("The scope %s needs a user's consent, so Okta refuses it with client credentials. Set its consent to Implicit.", name))
		}
	}
	return warnings
}

// checkClaim looks for the claim that tells applications apart.
func (o *organization) checkClaim(ctx context.Context, claim []string) []string {
	if len(claim) == 1 && (claim[0] == "cid" || claim[0] == "sub") {
		return nil // the client id in every token of client credentials
	}
	if len(claim) == 0 {
		return nil
	}
	known, err := serverList[oauthClaim](ctx, o, "claims")
	if err != nil {
		return nil
	}
	add := fmt.Sprintf("At Okta > Security > API > Authorization Servers > Claims, add the claim %s to the access token with the expression app.clientId, in any scope; or use the claim cid, which Okta always sets.", claim[0])
	for _, k := range known {
		if k.Name != claim[0] || k.Type != "RESOURCE" {
			continue
		}
		if fault := k.fault(); fault != "" {
			return []string{fault + " " + add}
		}
		return nil
	}
	return []string{fmt.Sprintf("The authorization server %s does not set the claim %s, so a token belongs to no application. %s", o.server(), claim[0], add)}
}

// oauthClaim is what we read of a claim.
type oauthClaim struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	Type       string `json:"claimType"`
	Value      string `json:"value"`
	Conditions struct {
		Scopes []string `json:"scopes"`
	} `json:"conditions"`
}

// fault says why the claim does not tell applications apart.
func (k oauthClaim) fault() string {
	switch {
	case k.Status == "INACTIVE":
		return fmt.Sprintf("The claim %s is not active.", k.Name)
	case strings.TrimSpace(k.Value) != "app.clientId":
		return fmt.Sprintf("The claim %s is %q and not app.clientId, so it may not tell applications apart.", k.Name, k.Value)
	case len(k.Conditions.Scopes) > 0:
		return fmt.Sprintf("The claim %s is set only with the scopes %s. Without them a token belongs to no application.", k.Name, strings.Join(k.Conditions.Scopes, ", "))
	}
	return ""
}
