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
	Vendor string   // that the provider's type stands for
	Issuer *url.URL // normalised
	Where  string   // a sentence that says where the vendor shows the issuer
	HTTP   *http.Client
	Now    func() time.Time
}

// Note looks whether the issuer answers, whether it speaks of itself, and
// whether it publishes keys, and notes these steps. It says whether the answer is
// the issuer's own, so that the credential can be tried.
func (c IssuerCheck) Note(ctx context.Context, v *portico.Verification) (sound bool) {
	if other := VendorOf(c.Issuer); other != "" && other != c.Vendor {
		v.Note(portico.CheckReachable, fmt.Sprintf("The issuer %s belongs to %s, but this provider is of the type for %s. Choose the provider type of %s, or correct the issuer. %s", c.Issuer, other, c.Vendor, other, c.Where), 0)
		v.Skip(portico.CheckIssuer, portico.CheckKeys)
		return false
	}
	began := c.Now()
	metadata, err := oauth.Discover(ctx, c.HTTP, c.Issuer.String())
	took := c.Now().Sub(began)
	if other, ok := errors.AsType[*oauth.OtherIssuerError](err); ok {
		v.Note(portico.CheckReachable, "", took)
		v.Note(portico.CheckIssuer, fmt.Sprintf("The authorization server that answers at %s says that its issuer is %s. Tokens carry that one: if the server is the right one, enter it.", c.Issuer, other.Issuer), 0)
		v.Skip(portico.CheckKeys)
		return false
	}
	if err != nil {
		v.Note(portico.CheckReachable, fmt.Sprintf("No authorization server answers at %s. %s %s.", c.Issuer, c.Where, lastAttempt(err)), took)
		v.Skip(portico.CheckIssuer, portico.CheckKeys)
		return false
	}
	v.Note(portico.CheckReachable, "", took)
	v.Note(portico.CheckIssuer, "", 0)
	if metadata.JWKSURI == "" {
		v.Note(portico.CheckKeys, "The issuer publishes no signing keys, so no access token could be verified.", 0)
		return true
	}
	began = c.Now()
	fault := ""
	if err := oauth.CheckKeys(ctx, c.HTTP, metadata.JWKSURI); err != nil {
		fault = fmt.Sprintf("The issuer's signing keys cannot be had, so no access token could be verified: %v. Try again later.", err)
	}
	v.Note(portico.CheckKeys, fault, c.Now().Sub(began))
	return true
}

// lastAttempt is where a discovery ended.
func lastAttempt(err error) string {
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
