package azuread

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

// Verify implements portico.IdP. It registers nothing: the right to register is
// tried with a request that Graph must refuse as incomplete.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	check := idp.IssuerCheck{
		Vendor: "Microsoft Entra ID", Issuer: c.issuer, HTTP: c.http, Now: c.api.Now,
		Where: "Compare it with the Directory (tenant) ID at Entra > Overview: https://sts.windows.net/TENANT/ for tokens of version 1, https://login.microsoftonline.com/TENANT/v2.0 for those of version 2.",
	}
	if _, sound := check.Note(ctx, &v); !sound {
		v.Skip(portico.CheckToken)
		return v, ctx.Err()
	}
	began := c.api.Now()
	v.Note(portico.CheckToken, c.verifyToken(ctx, &v), c.api.Now().Sub(began))
	return v, ctx.Err()
}

// verifyToken says what is wrong with the credential.
func (c *Client) verifyToken(ctx context.Context, v *portico.Verification) (fault string) {
	c.tokens.Forget() // its permissions may have been changed since
	if _, err := c.tokens.Token(ctx); err != nil {
		return refusal(err)
	}
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: applicationsPath + "?$top=1&$select=id", Class: classDirectory, Out: &applicationList{}})
	if err == nil {
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: applicationsPath, Class: classDirectory, Body: map[string]any{}, Creates: true})
		if portico.IsIdP(err, portico.IdPRejected) {
			return "" // incomplete, as meant: so the application may register clients
		}
	}
	switch {
	case err == nil:
		v.Warnings = append(v.Warnings, "Microsoft Graph accepted an empty registration, so the application's rights could not be told.")
		return ""
	case portico.IsIdP(err, portico.IdPDenied):
		return fmt.Sprintf("The application may not register clients (%v). Add the application permission Application.ReadWrite.OwnedBy of Microsoft Graph at Entra > App registrations > API permissions, and grant admin consent.", idp.Status(err))
	}
	return fmt.Sprintf("The credential could not be checked: %v. Try again later.", err)
}

// refusal explains why no token was given. The codes are those of Microsoft's
// sign-in errors (AADSTS).
func refusal(err error) string {
	status := idp.Status(err)
	if !portico.IsIdP(err, portico.IdPDenied) || status == nil {
		return fmt.Sprintf("The credential could not be checked: %v. Try again later.", err)
	}
	says := func(code string) bool { return strings.Contains(status.Text, code) }
	advice := "Compare the client id and secret with the application at Entra > App registrations."
	switch {
	case says("AADSTS7000215"):
		advice = "The client secret is wrong: enter the secret's value, not its ID, from Entra > App registrations > Certificates & secrets."
	case says("AADSTS7000222"):
		advice = "The client secret has expired: create a new one at Entra > App registrations > Certificates & secrets, and save it in this provider."
	case says("AADSTS700016"):
		advice = "The tenant has no application with this client id: compare it with the Application (client) ID at Entra > App registrations."
	case says("AADSTS90002"):
		advice = "There is no such tenant: compare the issuer with the Directory (tenant) ID at Entra > Overview."
	}
	return fmt.Sprintf("Microsoft Entra ID refused the client id and secret (%s). %s", firstSentence(status.Text), advice)
}

// firstSentence leaves out what follows the explanation: traces and times.
func firstSentence(text string) string {
	text, _, _ = strings.Cut(text, " Trace ID:")
	return strings.TrimRight(strings.TrimSpace(text), ".")
}

// CheckScopes implements portico.ScopeChecker.
func (c *Client) CheckScopes(_ context.Context, strategy portico.OIDCConfig) (warnings []string) {
	claim := "appid"
	if c.version() == 2 {
		claim = "azp"
	}
	if !slices.Equal(strategy.CredentialClaim, []string{claim}) {
		warnings = append(warnings, fmt.Sprintf("Tokens of the issuer %s have the client id in the claim %s. With the claim %s a token may belong to no application.", c.issuer, claim, strings.Join(strategy.CredentialClaim, ".")))
	}
	resources := 0
	for _, scope := range strategy.Scopes {
		switch {
		case oauth.Personal(scope):
			warnings = append(warnings, fmt.Sprintf("Microsoft Entra ID refuses the scope %s with client credentials, so the gateway leaves it out there. Remove it unless applications sign users in.", scope))
		case strings.HasPrefix(scope, c.api.Base.Scheme+"://"+c.api.Base.Host+"/"):
			warnings = append(warnings, fmt.Sprintf("Tokens for the scope %s are for Microsoft Graph alone, and nobody else can verify them. Name the scope of your API, such as api://your-api/.default.", scope))
			resources++
		case !strings.HasSuffix(scope, "/.default"):
			warnings = append(warnings, fmt.Sprintf("With client credentials Microsoft Entra ID takes only scopes that end in /.default, such as api://your-api/.default; it refuses %s.", scope))
		default:
			resources++
		}
	}
	_, named := strategy.TokenArgs()["resource"] // of version 1 token endpoints
	if resources > 1 {
		warnings = append(warnings, "The strategy asks for tokens of several APIs at once, which Microsoft Entra ID refuses. Name one scope that ends in /.default.")
	}
	if resources == 0 && !named && c.version() == 2 {
		warnings = append(warnings, "The strategy names no API, so Microsoft Entra ID gives no token. Name the scope of your API, such as api://your-api/.default.")
	}
	return warnings
}
