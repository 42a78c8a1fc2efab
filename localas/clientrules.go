package localas

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/secret"
)

var (
	clientIDPattern     = regexp.MustCompile(`^[A-Za-z0-9$\-_.+!*'(),]{6,100}$`)
	clientSecretPattern = regexp.MustCompile(`^[!-~]{14,100}$`)
)

const samlBearer = "urn:ietf:params:oauth:grant-type:saml2-bearer"

// grantsByType lists the grant types that each type of application may use;
// the first one is obligatory for all but services.
var grantsByType = map[string][]string{
	"web":     {"authorization_code", "implicit", "refresh_token", "client_credentials", samlBearer},
	"native":  {"authorization_code", "implicit", "password", "refresh_token", samlBearer},
	"browser": {"authorization_code", "implicit", samlBearer},
	"service": {"client_credentials", samlBearer},
}

// withDefaults fills what a request may leave out.
func withDefaults(c client) client {
	c.Label = strings.TrimSpace(c.Label)
	if c.Status == "" {
		c.Status = active
	}
	if c.AuthMethod == "" {
		c.AuthMethod = "client_secret_basic"
	}
	if len(c.Profile) == 0 || string(c.Profile) == "null" {
		c.Profile = json.RawMessage("{}")
	}
	set := &c.Settings
	if set.ApplicationType == "" {
		set.ApplicationType = "web"
	}
	if set.GrantTypes == nil {
		set.GrantTypes = []string{"authorization_code"}
	}
	if len(set.ResponseTypes) == 0 {
		set.ResponseTypes = []string{"token"}
		if slices.Contains(set.GrantTypes, "authorization_code") {
			set.ResponseTypes = []string{"code"}
		}
	}
	if set.RedirectURIs == nil {
		set.RedirectURIs = []string{}
	}
	return c
}

// checkClient names every fault of a client that withDefaults has completed.
func checkClient(c client) []string {
	var causes []string
	fault := func(format string, args ...any) { causes = append(causes, fmt.Sprintf(format, args...)) }
	switch {
	case c.Label == "":
		fault("label: The field cannot be left blank")
	case utf8.RuneCountInString(c.Label) > 100:
		fault("label: The field is too long: 100 characters at most.")
	}
	if !clientIDPattern.MatchString(c.ClientID) || c.ClientID == "ALL_CLIENTS" {
		fault("client_id: must be 6 to 100 alphanumeric characters or any of $-_.+!*'(), and not the reserved word ALL_CLIENTS.")
	}
	switch c.AuthMethod {
	case "client_secret_basic", "client_secret_post":
	case "private_key_jwt":
		if c.Settings.JWKS == nil || len(c.Settings.JWKS.Keys) == 0 {
			fault("jwks: private_key_jwt needs at least one public key.")
		}
	case "none":
		if c.allows("client_credentials") {
			fault("token_endpoint_auth_method: 'none' cannot be combined with the grant type client_credentials.")
		}
	default:
		fault("token_endpoint_auth_method: must be client_secret_basic, client_secret_post, private_key_jwt or none.")
	}
	if len(c.Profile) > 0 && c.Profile[0] != '{' {
		fault("profile: must be a JSON object.")
	}
	return append(causes, checkSettings(c.Settings)...)
}

func checkSettings(set clientSettings) []string {
	var causes []string
	fault := func(format string, args ...any) { causes = append(causes, fmt.Sprintf(format, args...)) }
	allowed, known := grantsByType[set.ApplicationType]
	if !known {
		fault("application_type: must be web, native, browser or service.")
		return causes
	}
	if len(set.GrantTypes) == 0 {
		fault("grant_types: The field cannot be left blank")
	}
	for _, grant := range set.GrantTypes {
		if !slices.Contains(allowed, grant) {
			fault("grant_types: '%s' is not valid for the application type %s.", grant, set.ApplicationType)
		}
	}
	code := slices.Contains(set.GrantTypes, "authorization_code")
	if set.ApplicationType != "service" && !code {
		fault("grant_types: the application type %s must have at least authorization_code.", set.ApplicationType)
	}
	for _, response := range set.ResponseTypes {
		if !slices.Contains([]string{"code", "token", "id_token"}, response) {
			fault("response_types: '%s' is not a response type.", response)
		}
	}
	if code != slices.Contains(set.ResponseTypes, "code") {
		fault("response_types: 'code' and the grant type authorization_code go together.")
	}
	needless := slices.Contains(set.GrantTypes, "client_credentials") || slices.Contains(set.GrantTypes, "password")
	if len(set.RedirectURIs) == 0 && !needless {
		fault("redirect_uris: The field cannot be left blank")
	}
	for i, uri := range set.RedirectURIs {
		if !isRedirectURI(uri) {
			fault("redirect_uris[%d]: must be an absolute URI without a fragment.", i)
		}
	}
	if set.ConsentMethod != "" && set.ConsentMethod != "REQUIRED" && set.ConsentMethod != "TRUSTED" {
		fault("consent_method: must be REQUIRED or TRUSTED.")
	}
	// Following a URL that a caller names would let it reach into this network.
	if set.JWKSURI != "" {
		fault("jwks_uri: This server does not fetch keys. Send them as jwks.")
	}
	if set.JWKS != nil {
		for i, key := range set.JWKS.Keys {
			if !key.Valid() || !key.IsPublic() {
				fault("jwks.keys[%d]: must be a valid public key.", i)
			}
		}
	}
	for name, uri := range map[string]*string{"client_uri": set.ClientURI, "logo_uri": set.LogoURI,
		"policy_uri": set.PolicyURI, "tos_uri": set.TermsURI, "initiate_login_uri": set.InitiateLoginURI} {
		if uri != nil && *uri != "" && !isWebURL(*uri) {
			fault("%s: must be an http or https URL.", name)
		}
	}
	slices.Sort(causes)
	return causes
}

func isRedirectURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && !strings.Contains(text, "#") && len(text) <= 1024 &&
		u.Scheme != "javascript" && u.Scheme != "data"
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(text) <= 1024
}

// checkSecret names the fault of a secret that the caller has chosen.
func checkSecret(c client, chosen secret.Text) []string {
	if chosen.Empty() {
		return nil
	}
	if !c.usesSecret() {
		return []string{"client_secret: The authentication method " + c.AuthMethod + " uses no secret."}
	}
	if !clientSecretPattern.MatchString(chosen.Reveal()) {
		return []string{"client_secret: must be 14 to 100 printable ASCII characters."}
	}
	return nil
}
