package okta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico"
	"portico/idp"
	"portico/oauth"
)

// Verify implements portico.IdP. It registers nothing: the right to register
// is tried with a request that Okta must refuse as incomplete.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	fault, isOkta := c.verifyIssuer(ctx)
	if fault != "" {
		v.Errors = append(v.Errors, fault)
	}
	if isOkta {
		c.verifyToken(ctx, &v)
	}
	if len(v.Errors) == 0 {
		c.verifyPolicies(ctx, &v)
	}
	return v, ctx.Err()
}

// verifyIssuer says what is wrong with the issuer and what to enter instead,
// and whether its host seems to be Okta's, so that the token can be tried.
func (c *Client) verifyIssuer(ctx context.Context) (fault string, isOkta bool) {
	if vendor := otherVendor(c.issuer); vendor != "" {
		return fmt.Sprintf("The issuer %s belongs to %s, but this provider is of type okta. Choose the provider type of %s, or enter the issuer of an Okta authorization server, such as https://example.okta.com/oauth2/default.", c.issuer, vendor, vendor), false
	}
	base, path := c.api.Base.String(), strings.TrimPrefix(c.issuer.Path, "/")
	if path == "" || path == "oauth2" || path == "oauth2/v1" {
		_, err := oauth.Discover(ctx, c.http, base)
		return fmt.Sprintf("The issuer %s is the organisation's own authorization server. Its tokens are for Okta's own APIs only, and it allows no scopes or claims of yours. Use a custom authorization server: Okta > Security > API shows its issuer, most likely %s/oauth2/default.", c.issuer, base), err == nil
	}
	_, err := oauth.Discover(ctx, c.http, c.issuer.String())
	switch {
	case err == nil:
		return "", true
	case strings.Contains(path, "/"):
		return fmt.Sprintf("No authorization server answers at %s. Compare it with the issuer shown at Okta > Security > API. %s.", c.issuer, reason(err)), false
	}
	meant := base + "/oauth2/" + path
	if _, err := oauth.Discover(ctx, c.http, meant); err == nil {
		return fmt.Sprintf("No authorization server answers at %s: /oauth2/ is missing in it. %s answers and is the issuer that is meant.", c.issuer, meant), true
	}
	return fmt.Sprintf("No authorization server answers at %s: /oauth2/ is missing in it. Most likely %s is meant. %s.", c.issuer, meant, reason(err)), false
}

// reason is the last attempt of a discovery: where it ended.
func reason(err error) string {
	if d, ok := errors.AsType[*oauth.DiscoveryError](err); ok && len(d.Attempts) > 0 {
		last := d.Attempts[len(d.Attempts)-1]
		return fmt.Sprintf("%s: %v", last.URL, last.Err)
	}
	return err.Error()
}

// verifyToken checks the token by a cheap read, which also keeps it alive:
// Okta revokes a token that was idle for 30 days.
func (c *Client) verifyToken(ctx context.Context, v *portico.Verification) {
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: appsPath + "?limit=1", Class: classApps, Out: &[]app{}})
	if err == nil {
		_, err = c.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: appsPath, Class: classApps, Body: map[string]any{}, Creates: true})
		if portico.IsIdP(err, portico.IdPRejected) {
			return // incomplete, as meant: so the token may register clients
		}
	}
	status := idp.Status(err)
	switch {
	case err == nil:
		v.Warnings = append(v.Warnings, "Okta accepted an empty registration, so the token's rights could not be told.")
	case status != nil && status.Status == http.StatusUnauthorized:
		v.Errors = append(v.Errors, fmt.Sprintf("Okta refused the DCR token (%s): it is mistyped, revoked, or expired. Create a new one at Okta > Security > API > Tokens and save it in this provider.", status.Code))
	case status != nil && status.Status == http.StatusForbidden:
		v.Errors = append(v.Errors, fmt.Sprintf("The DCR token is valid but may not manage applications (%s). A token has the rights of the admin who created it: use an account with the role Application Administrator or higher.", status.Code))
	case portico.IsIdP(err, portico.IdPNotFound):
		v.Errors = append(v.Errors, fmt.Sprintf("%s answers, but has no Okta Apps API. Is it an Okta organisation?", c.api.Base.Host))
	default:
		v.Errors = append(v.Errors, fmt.Sprintf("The DCR token could not be checked: %v. Try again later.", err))
	}
}

// policy is what we read of an access policy.
type policy struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Conditions struct {
		Clients struct {
			Include []string `json:"include"`
		} `json:"clients"`
	} `json:"conditions"`
}

// policyRule is what we read of a rule of an access policy.
type policyRule struct {
	Status     string `json:"status"`
	Conditions struct {
		Grants struct {
			Include []string `json:"include"`
		} `json:"grantTypes"`
	} `json:"conditions"`
}

// verifyPolicies warns when the authorization server would give new clients no
// token. A token without the right to read policies is no fault.
func (c *Client) verifyPolicies(ctx context.Context, v *portico.Verification) {
	var policies []policy
	if err := c.serverList(ctx, "policies", &policies); err != nil {
		if s := idp.Status(err); s != nil && s.Code == codeFeature {
			v.Warnings = append(v.Warnings, "The organisation has no licence for API Access Management, so its custom authorization servers may give no tokens.")
		}
		return
	}
	admits := func(p policy) bool {
		return p.Status == "ACTIVE" && slices.Contains(p.Conditions.Clients.Include, "ALL_CLIENTS")
	}
	policies = slices.DeleteFunc(policies, func(p policy) bool { return !admits(p) })
	if len(policies) == 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("No access policy of the authorization server %s admits all clients, so a new application gets no token. Add one at Okta > Security > API > Authorization Servers > Access Policies, assigned to All clients.", c.server()))
		return
	}
	for _, p := range policies {
		var rules []policyRule
		if c.serverList(ctx, "policies/"+url.PathEscape(p.ID)+"/rules", &rules) != nil {
			return
		}
		if slices.ContainsFunc(rules, func(r policyRule) bool {
			return r.Status == "ACTIVE" && slices.Contains(r.Conditions.Grants.Include, portico.MethodClientCredentials)
		}) {
			return
		}
	}
	v.Warnings = append(v.Warnings, fmt.Sprintf("No rule of the authorization server %s allows all clients the grant type Client Credentials, so a new application gets no token. Change the rule at Okta > Security > API > Authorization Servers > Access Policies.", c.server()))
}

// serverList reads a list that belongs to the issuer's authorization server.
func (c *Client) serverList(ctx context.Context, list string, out any) error {
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: "/api/v1/authorizationServers/" + url.PathEscape(c.server()) + "/" + list, Class: classServers, Out: out})
	return err
}

// otherVendor names the vendor of an issuer that cannot be Okta's.
func otherVendor(issuer *url.URL) string {
	host := issuer.Hostname()
	under := func(domains ...string) bool {
		return slices.ContainsFunc(domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
	}
	switch {
	case under("auth0.com"):
		return "Auth0"
	case under("microsoftonline.com", "windows.net", "microsoftonline.us", "chinacloudapi.cn", "ciamlogin.com"):
		return "Microsoft Entra ID"
	case under("konghq.com", "konghq.tech"):
		return "Kong Identity"
	case under("curity.io"), strings.HasSuffix(issuer.Path, "/oauth-anonymous"):
		return "Curity"
	case under("accounts.google.com"):
		return "Google"
	case under("amazonaws.com", "amazoncognito.com"):
		return "Amazon Cognito"
	case strings.Contains(issuer.Path, "/realms/"):
		return "Keycloak"
	}
	return ""
}
