package auth0

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"portico"
	"portico/idp"
	"portico/oauth"
)

// Verify implements portico.IdP. It registers nothing: which rights the
// credential has is written in its token's scopes.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	check := idp.IssuerCheck{
		Vendor: "Auth0", Issuer: c.issuer, HTTP: c.http, Now: c.api.Now,
		Where: "Compare it with the Domain shown at Auth0 > Applications > Settings, with https:// before it.",
	}
	if _, sound := check.Note(ctx, &v); !sound {
		v.Skip(portico.CheckToken)
		return v, ctx.Err()
	}
	began := c.api.Now()
	v.Note(portico.CheckToken, c.verifyToken(ctx), c.api.Now().Sub(began))
	return v, ctx.Err()
}

// permissions that registering, changing, rotating and removing clients needs.
func (c *Client) permissions() []string {
	needed := []string{
		"read:clients", "create:clients", "update:clients", "delete:clients", "update:client_keys",
		"read:client_grants", "create:client_grants", "update:client_grants",
	}
	if c.managed {
		needed = append(needed, "read:resource_servers")
	}
	return needed
}

// verifyToken says what is wrong with the credential.
func (c *Client) verifyToken(ctx context.Context) (fault string) {
	c.tokens.Forget() // its permissions may have been changed since
	token, err := c.tokens.Token(ctx)
	if err == nil {
		if token.Scopes != nil {
			missing := slices.DeleteFunc(c.permissions(), func(p string) bool { return slices.Contains(token.Scopes, p) })
			if len(missing) > 0 {
				return fmt.Sprintf("The application may not do all that Portico needs: the permissions %s are missing. Select them at Auth0 > Applications > APIs > Auth0 Management API > Machine to Machine Applications.", strings.Join(missing, ", "))
			}
		}
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: clientsPath + "?per_page=1&" + readable, Class: classManagement, Out: &[]object{}})
	}
	status := idp.Status(err)
	switch {
	case err == nil:
		return ""
	case status != nil && status.Status == http.StatusForbidden:
		return fmt.Sprintf("Auth0 does not let the application use the Management API with the audience %s (%s). Authorize it at Auth0 > Applications > APIs > Auth0 Management API > Machine to Machine Applications; with a domain of your own, enter that API's identifier as the audience.", c.audience, status.Text)
	case portico.IsIdP(err, portico.IdPDenied) && status != nil:
		return fmt.Sprintf("Auth0 refused the client id and secret (%s). Compare them with Settings of the application at Auth0 > Applications, and save them in this provider.", status.Text)
	case portico.IsIdP(err, portico.IdPNotFound):
		return fmt.Sprintf("%s answers, but has no Auth0 Management API. Is it an Auth0 tenant?", c.api.Base.Host)
	}
	return fmt.Sprintf("The credential could not be checked: %v. Try again later.", err)
}

// CheckScopes implements portico.ScopeChecker. What the credential may not read
// is not judged.
func (c *Client) CheckScopes(ctx context.Context, strategy portico.OIDCConfig) (warnings []string) {
	audience := strategy.TokenArgs()["audience"]
	if audience == "" {
		warnings = append(warnings, "The strategy names no audience, so Auth0 gives a token only if the tenant has a default audience. Enter the identifier of your API in Auth0 as the audience.")
	}
	if claim := strategy.CredentialClaim; !slices.Equal(claim, []string{"azp"}) {
		warnings = append(warnings, fmt.Sprintf("Auth0 puts the client id in the claim azp. With the claim %s a token may belong to no application.", strings.Join(claim, ".")))
	}
	scopes := slices.DeleteFunc(slices.Clone(strategy.Scopes), oauth.Personal)
	if audience == "" || len(scopes) == 0 {
		return warnings
	}
	defined, err := c.catalogue(ctx, audience)
	if portico.IsIdP(err, portico.IdPNotFound) {
		return append(warnings, fmt.Sprintf("Auth0 has no API with the identifier %s. Create it at Auth0 > Applications > APIs, or correct the audience.", audience))
	}
	for _, name := range scopes {
		if err == nil && !slices.Contains(defined, name) {
			warnings = append(warnings, fmt.Sprintf("The API %s does not define the scope %s. Add it at Auth0 > Applications > APIs > Permissions, or correct its name.", audience, name))
		}
	}
	return warnings
}
