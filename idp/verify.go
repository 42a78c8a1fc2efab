package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/oauth"
)

// IssuerCheck is what the first steps of a verification look at, the same for
// every vendor.
type IssuerCheck struct {
	Vendor string   // that the provider's type stands for; empty: any
	Issuer *url.URL // normalised
	Where  string   // a sentence that says where the vendor shows the issuer
	HTTP   *http.Client
	Now    func() time.Time
}

// Note looks whether the issuer answers, whether it speaks of itself, and
// whether it publishes keys, and notes these steps. It says what was found, and
// whether the answer is the issuer's own, so that the credential can be tried.
func (c IssuerCheck) Note(ctx context.Context, v *portico.Verification) (found oauth.Metadata, sound bool) {
	if other := VendorOf(c.Issuer); c.Vendor != "" && other != "" && other != c.Vendor {
		v.Note(portico.CheckReachable, fmt.Sprintf("The issuer %s belongs to %s, but this provider is of the type for %s. Choose the provider type of %s, or correct the issuer. %s", c.Issuer, other, c.Vendor, other, c.Where), 0)
		v.Skip(portico.CheckIssuer, portico.CheckKeys)
		return found, false
	}
	began := c.Now()
	found, err := oauth.Discover(ctx, c.HTTP, c.Issuer.String())
	took := c.Now().Sub(began)
	if fault := OtherIssuer(c.Issuer, err); fault != "" {
		v.Note(portico.CheckReachable, "", took)
		v.Note(portico.CheckIssuer, fault, 0)
		v.Skip(portico.CheckKeys)
		return found, false
	}
	if err != nil {
		v.Note(portico.CheckReachable, fmt.Sprintf("No authorization server answers at %s. %s %s.", c.Issuer, c.Where, LastAttempt(err)), took)
		v.Skip(portico.CheckIssuer, portico.CheckKeys)
		return found, false
	}
	v.Note(portico.CheckReachable, "", took)
	v.Note(portico.CheckIssuer, "", 0)
	c.NoteKeys(ctx, v, found)
	return found, true
}

// NoteKeys looks at the keys that an issuer publishes, and notes this step.
func (c IssuerCheck) NoteKeys(ctx context.Context, v *portico.Verification, found oauth.Metadata) {
	if found.JWKSURI == "" {
		v.Note(portico.CheckKeys, "The issuer publishes no signing keys (jwks_uri), so no access token could be verified.", 0)
		return
	}
	began, fault := c.Now(), ""
	if err := oauth.CheckKeys(ctx, c.HTTP, found.JWKSURI); err != nil {
		fault = fmt.Sprintf("The issuer's signing keys cannot be had, so no access token could be verified: %v. Try again later.", err)
	}
	v.Note(portico.CheckKeys, fault, c.Now().Sub(began))
}

// OtherIssuer words a discovery that found another issuer than the one asked
// for; empty if it did not.
func OtherIssuer(issuer *url.URL, err error) string {
	other, ok := errors.AsType[*oauth.OtherIssuerError](err)
	if !ok {
		return ""
	}
	return fmt.Sprintf("The authorization server that answers at %s says that its issuer is %s. Tokens carry that one: if the server is the right one, enter it.", issuer, other.Issuer)
}

// LastAttempt is where a discovery ended.
func LastAttempt(err error) string {
	if d, ok := errors.AsType[*oauth.DiscoveryError](err); ok && len(d.Attempts) > 0 {
		last := d.Attempts[len(d.Attempts)-1]
		return fmt.Sprintf("%s: %v", last.URL, last.Err)
	}
	return err.Error()
}

// VendorOf names the vendor whose issuer this is, as far as the address tells.
func VendorOf(issuer *url.URL) string {
	host := issuer.Hostname()
	under := func(domains ...string) bool {
		return slices.ContainsFunc(domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
	}
	switch {
	case under("okta.com", "oktapreview.com", "okta-emea.com"):
		return "Okta"
	case under("auth0.com"):
		return "Auth0"
	case under("microsoftonline.com", "windows.net", "microsoftonline.us", "chinacloudapi.cn", "partner.microsoftonline.cn", "ciamlogin.com"):
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
