package okta

import (
	"context"
	"fmt"
	"strings"

	"portico"
	"portico/idp"
)

// CheckScopes says what an auth strategy's scopes and credential claim would run
// into at the issuer's authorization server. Each sentence is for an admin. What the token may not read is not judged.
func (c *Client) CheckScopes(ctx context.Context, strategy portico.OIDCConfig) []string {
	scopes, claim := strategy.Scopes, strategy.CredentialClaim
	var warnings []string
	for _, name := range scopes {
		if idp.Personal(name) {
			warnings = append(warnings, fmt.Sprintf("Okta refuses the scope %s with client credentials, so the gateway leaves it out there. Remove it unless applications sign users in.", name))
		}
	}
	if c.server() == "" {
		return warnings
	}
	warnings = append(warnings, c.checkNames(ctx, scopes)...)
	return append(warnings, c.checkClaim(ctx, claim)...)
}

// checkNames compares the scopes with those that the server knows.
func (c *Client) checkNames(ctx context.Context, names []string) (warnings []string) {
	var known []struct {
		Name    string `json:"name"`
		Consent string `json:"consent"`
		Default bool   `json:"default"`
	}
	if c.serverList(ctx, "scopes?limit=200", &known) != nil {
		return nil
	}
	consent, anyDefault := map[string]string{}, false
	for _, s := range known {
		consent[s.Name] = s.Consent
		anyDefault = anyDefault || s.Default
	}
	if len(names) == 0 && !anyDefault {
		warnings = append(warnings, fmt.Sprintf("The strategy asks for no scope and the authorization server %s has no default scope, so Okta gives no token. Name a scope, or make one the default.", c.server()))
	}
	for _, name := range names {
		needed, ok := consent[name]
		switch {
		case idp.Personal(name):
		case !ok:
			warnings = append(warnings, fmt.Sprintf("The authorization server %s does not know the scope %s. Add it at Okta > Security > API > Authorization Servers > Scopes, or correct its name.", c.server(), name))
		case needed == "REQUIRED":
			warnings = append(warnings, fmt.Sprintf("The scope %s needs a user's consent, so Okta refuses it with client credentials. Set its consent to Implicit.", name))
		}
	}
	return warnings
}

// checkClaim looks for the claim that tells applications apart.
func (c *Client) checkClaim(ctx context.Context, claim []string) []string {
	if len(claim) == 1 && (claim[0] == "cid" || claim[0] == "sub") {
		return nil // the client id in every token of client credentials
	}
	var known []struct {
		Name       string `json:"name"`
		Status     string `json:"status"`
		Type       string `json:"claimType"`
		Value      string `json:"value"`
		Conditions struct {
			Scopes []string `json:"scopes"`
		} `json:"conditions"`
	}
	if len(claim) == 0 || c.serverList(ctx, "claims", &known) != nil {
		return nil
	}
	add := fmt.Sprintf("At Okta > Security > API > Authorization Servers > Claims, add the claim %s to the access token with the expression app.clientId, in any scope; or use the claim cid, which Okta always sets.", claim[0])
	for _, k := range known {
		if k.Name != claim[0] || k.Type != "RESOURCE" {
			continue
		}
		switch {
		case k.Status == "INACTIVE":
			return []string{fmt.Sprintf("The claim %s is not active. Activate it at Okta > Security > API > Authorization Servers > Claims.", claim[0])}
		case strings.TrimSpace(k.Value) != "app.clientId":
			return []string{fmt.Sprintf("The claim %s is %q and not app.clientId, so it may not tell applications apart. %s", claim[0], k.Value, add)}
		case len(k.Conditions.Scopes) > 0:
			return []string{fmt.Sprintf("The claim %s is set only with the scopes %s. Without them a token belongs to no application.", claim[0], strings.Join(k.Conditions.Scopes, ", "))}
		}
		return nil
	}
	return []string{fmt.Sprintf("The authorization server %s does not set the claim %s, so a token belongs to no application. %s", c.server(), claim[0], add)}
}
