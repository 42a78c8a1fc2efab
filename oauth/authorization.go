package oauth

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"

	"portico/secret"
)

// maxAuthorization is the longest Authorization value read, in bytes.
const maxAuthorization = 8 << 10

// Scheme is an HTTP authentication scheme, in its registered spelling.
type Scheme string

const (
	SchemeBasic  Scheme = "Basic"  // RFC 7617
	SchemeBearer Scheme = "Bearer" // RFC 6750
)

// Credentials are what one Authorization header presents: a client id and
// secret (Basic), or a token (Bearer).
type Credentials struct {
	Scheme    Scheme
	ClientID  string
	Secret    secret.Text
	Unencoded bool // Basic was sent as plain "id:secret" instead of base64
	Token     secret.Text
}

// ErrNoCredentials says that a request has no Authorization header.
var ErrNoCredentials = errors.New("no Authorization header")

// ParseRule names the rule that an Authorization header breaks.
type ParseRule string

const (
	RuleSingle    ParseRule = "more than one Authorization header"
	RuleLength    ParseRule = "the Authorization header is longer than 8 KiB"
	RuleScheme    ParseRule = "the authentication scheme is neither Basic nor Bearer"
	RuleEmpty     ParseRule = "nothing follows the authentication scheme"
	RuleCharacter ParseRule = "the credentials contain a character other than printable ASCII"
	RuleBase64    ParseRule = "the Basic credentials are neither id:secret nor its base64 form"
	RuleColon     ParseRule = "the decoded Basic credentials contain no colon"
	RuleClientID  ParseRule = "the client id before the colon is empty"
	RuleToken     ParseRule = "the bearer token is not made of token characters"
)

// ParseError is an Authorization header that cannot be read. It never shows
// any part of the header.
type ParseError struct{ Rule ParseRule }

// Error implements error.
func (e *ParseError) Error() string { return string(e.Rule) }

// ParseAuthorization reads the values of a request's Authorization header.
//
// Basic is accepted base64-encoded, with or without padding, and as the plain
// "id:secret" that developer documentation of portals prints; the two cannot
// be confused because ':' is not in the base64 alphabet. The id and secret are
// not form-decoded, since callers do not encode them. The secret may itself
// contain colons and may be empty. Characters beyond printable ASCII are
// refused (RFC 6749 appendix A).
//
// It returns ErrNoCredentials without a header, otherwise a *ParseError.
func ParseAuthorization(values []string) (Credentials, error) {
	switch {
	case len(values) == 0:
		return Credentials{}, ErrNoCredentials
	case len(values) > 1:
		return Credentials{}, &ParseError{RuleSingle}
	case len(values[0]) > maxAuthorization:
		return Credentials{}, &ParseError{RuleLength}
	}
	scheme, rest, _ := strings.Cut(values[0], " ")
	rest = strings.TrimLeft(rest, " ")
	switch {
	case !strings.EqualFold(scheme, string(SchemeBasic)) && !strings.EqualFold(scheme, string(SchemeBearer)):
		return Credentials{}, &ParseError{RuleScheme}
	case rest == "":
		return Credentials{}, &ParseError{RuleEmpty}
	case strings.EqualFold(scheme, string(SchemeBearer)) && isToken68(rest):
		return Credentials{Scheme: SchemeBearer, Token: secret.New(rest)}, nil
	case !printable(rest):
		return Credentials{}, &ParseError{RuleCharacter}
	case strings.EqualFold(scheme, string(SchemeBearer)):
		return Credentials{}, &ParseError{RuleToken}
	}
	return parseBasic(rest)
}

func parseBasic(value string) (Credentials, error) {
	pair, unencoded := value, strings.Contains(value, ":")
	if !unencoded {
		encoding := base64.RawStdEncoding
		if strings.HasSuffix(value, "=") {
			encoding = base64.StdEncoding
		}
		decoded, err := encoding.DecodeString(value)
		if err != nil {
			return Credentials{}, &ParseError{RuleBase64}
		}
		pair = string(decoded)
	}
	id, password, found := strings.Cut(pair, ":")
	switch {
	case !printable(pair):
		return Credentials{}, &ParseError{RuleCharacter}
	case !found:
		return Credentials{}, &ParseError{RuleColon}
	case id == "":
		return Credentials{}, &ParseError{RuleClientID}
	}
	return Credentials{Scheme: SchemeBasic, ClientID: id, Secret: secret.New(password), Unencoded: unencoded}, nil
}

// printable reports whether every byte of s is in VSCHAR (RFC 6749 appendix A).
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// isToken68 reports whether s has the form of a bearer token (RFC 6750 §2.1).
func isToken68(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		switch c := body[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '-' <= c && c <= '9', c == '_', c == '~', c == '+': // '-' to '9': also . and /
		default:
			return false
		}
	}
	return body != ""
}

// EncodeBasic returns the whole Authorization value, "Basic " included, that
// presents a client to an authorization server: id and secret form-encoded,
// joined by a colon, then base64 (RFC 6749 §2.3.1).
func EncodeBasic(clientID string, s secret.Text) string {
	pair := url.QueryEscape(clientID) + ":" + url.QueryEscape(s.Reveal())
	return string(SchemeBasic) + " " + base64.StdEncoding.EncodeToString([]byte(pair))
}
