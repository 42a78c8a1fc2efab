package oauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4/json"

	"portico/secret"
)

const (
	oauthSuffix = "/.well-known/oauth-authorization-server" // RFC 8414
	oidcSuffix  = "/.well-known/openid-configuration"       // OpenID Connect Discovery 1.0
)

// Metadata is what an authorization server publishes about itself (RFC 8414
// §2). Issuer is exactly as published: tokens are compared with it byte by
// byte. Absent members are empty.
type Metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	RegistrationEndpoint  string   `json:"registration_endpoint"`
	IntrospectionEndpoint string   `json:"introspection_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint"`
	GrantTypesSupported   []string `json:"grant_types_supported"`
	ScopesSupported       []string `json:"scopes_supported"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	CodeChallengeMethods  []string `json:"code_challenge_methods_supported"`
}

// DiscoveryError says why no metadata could be had from an issuer, address by
// address.
type DiscoveryError struct {
	Issuer   string
	Attempts []DiscoveryAttempt
}

// DiscoveryAttempt is one address that was asked, and why its answer does not do.
type DiscoveryAttempt struct {
	URL string
	Err error
}

// Error implements error.
func (e *DiscoveryError) Error() string {
	reasons := make([]string, len(e.Attempts))
	for i, attempt := range e.Attempts {
		reasons[i] = attempt.URL + ": " + attempt.Err.Error()
	}
	return fmt.Sprintf("discovery of issuer %s: %s", quote(e.Issuer, secret.Text{}), strings.Join(reasons, "; "))
}

// Unwrap returns every attempt's cause.
func (e *DiscoveryError) Unwrap() []error {
	causes := make([]error, len(e.Attempts))
	for i, attempt := range e.Attempts {
		causes[i] = attempt.Err
	}
	return causes
}

// OtherIssuerError is a metadata document that is about another issuer than the
// one asked for (RFC 8414 §3.3).
type OtherIssuerError struct{ Issuer string }

// Error implements error.
func (e *OtherIssuerError) Error() string {
	return fmt.Sprintf("the document is about another issuer, %q", e.Issuer)
}

// NormalizeIssuer turns what a person typed or pasted into an issuer URL: it
// strips a discovery suffix (also in RFC 8414's form, between host and path)
// and one trailing slash, and lower-cases scheme and host. The errors are fit
// to be shown next to the field.
func NormalizeIssuer(typed string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(typed))
	if err != nil {
		return "", errors.New("the issuer is not a URL")
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch {
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "":
		return "", errors.New("the issuer must begin with https://")
	case u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return "", errors.New("the issuer names no host, or no port after the colon")
	case u.User != nil:
		return "", errors.New("the issuer must not contain a user name or password")
	case u.RawQuery != "" || u.ForceQuery:
		return "", errors.New("the issuer must not contain a query (?…)")
	case u.Fragment != "" || strings.Contains(typed, "#"):
		return "", errors.New("the issuer must not contain a fragment (#…)")
	}
	if err := checkSecure(u); err != nil {
		return "", errors.New("the issuer must begin with https:// (http:// is for loopback hosts only)")
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	for _, suffix := range []string{oauthSuffix, oidcSuffix} {
		if rest, inserted := strings.CutPrefix(path, suffix+"/"); inserted {
			path = "/" + rest
		}
		path = strings.TrimSuffix(path, suffix)
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if path != "" && (segment == "" || segment == "." || segment == ".." || segment == ".well-known") {
			return "", errors.New("the issuer's path contains an empty segment, a dot segment or .well-known")
		}
	}
	return u.Scheme + "://" + u.Host + path, nil
}

// Discover fetches an authorization server's metadata. It asks for
// oauth-authorization-server first, then openid-configuration, each with the
// suffix between host and path (RFC 8414 §3.1) and at the end of the path (as
// most servers have it). The issuer in the document must be the one asked for,
// except for one trailing slash. It returns a *DiscoveryError.
func Discover(ctx context.Context, client *http.Client, issuer string) (Metadata, error) {
	failure := &DiscoveryError{Issuer: issuer}
	normal, err := NormalizeIssuer(issuer)
	if err != nil {
		failure.Attempts = append(failure.Attempts, DiscoveryAttempt{URL: quote(issuer, secret.Text{}), Err: err})
		return Metadata{}, failure
	}
	for _, address := range discoveryURLs(normal) {
		body, _, err := get(ctx, client, address)
		if err == nil {
			var metadata Metadata
			if metadata, err = parseMetadata(body, normal); err == nil {
				return metadata, nil
			}
		}
		failure.Attempts = append(failure.Attempts, DiscoveryAttempt{URL: address, Err: err})
		if _, unreachable := errors.AsType[net.Error](err); unreachable || ctx.Err() != nil {
			break // the other addresses are on the same host
		}
	}
	return Metadata{}, failure
}

// discoveryURLs lists where to look, in order and without repetition. The
// issuer is normalised.
func discoveryURLs(issuer string) []string {
	scheme, rest, _ := strings.Cut(issuer, "://")
	host, path, hasPath := strings.Cut(rest, "/")
	origin := scheme + "://" + host
	if !hasPath {
		return []string{origin + oauthSuffix, origin + oidcSuffix}
	}
	return []string{
		origin + oauthSuffix + "/" + path, issuer + oauthSuffix,
		issuer + oidcSuffix, origin + oidcSuffix + "/" + path,
	}
}

// parseMetadata reads a discovery document and checks that it is about the
// normalised issuer and that its endpoints may be called.
func parseMetadata(body []byte, issuer string) (Metadata, error) {
	var metadata Metadata
	if err := json.Unmarshal(body, &metadata); err != nil {
		return Metadata{}, errors.New("answered something other than a JSON metadata document")
	}
	if metadata.Issuer == "" {
		return Metadata{}, errors.New("the document has no issuer")
	}
	if strings.TrimSuffix(metadata.Issuer, "/") != issuer {
		return Metadata{}, &OtherIssuerError{Issuer: quote(metadata.Issuer, secret.Text{})}
	}
	home, err := url.Parse(issuer)
	if err != nil {
		return Metadata{}, err
	}
	for _, endpoint := range []struct{ name, address string }{
		{"authorization_endpoint", metadata.AuthorizationEndpoint}, {"token_endpoint", metadata.TokenEndpoint},
		{"jwks_uri", metadata.JWKSURI}, {"registration_endpoint", metadata.RegistrationEndpoint},
		{"introspection_endpoint", metadata.IntrospectionEndpoint}, {"revocation_endpoint", metadata.RevocationEndpoint},
		{"userinfo_endpoint", metadata.UserinfoEndpoint},
	} {
		if err := checkEndpoint(endpoint.address, home); err != nil {
			return Metadata{}, fmt.Errorf("%s: %w", endpoint.name, err)
		}
	}
	return metadata, nil
}

// checkEndpoint accepts an absent endpoint and one that may be called. A
// document from elsewhere must not point at this machine.
func checkEndpoint(address string, home *url.URL) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("not an absolute URL without user name and fragment")
	}
	if isLoopbackHost(u.Hostname()) && !isLoopbackHost(home.Hostname()) {
		return errors.New("points at a loopback host, the issuer does not")
	}
	return checkSecure(u)
}
