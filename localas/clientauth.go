package localas

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico/localas/dialect"
	"portico/localas/litedb"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

var assertionAlgorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512,
}

// clientCredentials are what a request says about who it is from, by exactly
// one method.
type clientCredentials struct {
	clientID  string
	secret    string
	assertion string
}

// readClientCredentials finds the one authentication method of a request
// (RFC 6749 section 2.3, RFC 7523 section 2.2).
func readClientCredentials(authorization string, form url.Values) (clientCredentials, error) {
	hasHeader, hasSecret, hasAssertion := authorization != "", form.Has("client_secret"), form.Has("client_assertion")
	if hasHeader && (hasSecret || hasAssertion) || hasSecret && hasAssertion {
		return clientCredentials{}, dialect.BadOAuth("invalid_request", "Cannot supply multiple client credentials. "+
			"Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.")
	}
	switch {
	case hasHeader:
		id, value, err := parseBasic(authorization)
		if err != nil {
			return clientCredentials{}, err
		}
		if named := form.Get("client_id"); named != "" && named != id {
			return clientCredentials{}, dialect.BadOAuth("invalid_request", "The client_id in the body is not the one in the Authorization header.")
		}
		return clientCredentials{clientID: id, secret: value}, nil
	case hasAssertion:
		if form.Get("client_assertion_type") != assertionType {
			return clientCredentials{}, dialect.BadOAuth("invalid_request", "The client_assertion_type must be '"+assertionType+"'.")
		}
		return clientCredentials{clientID: form.Get("client_id"), assertion: form.Get("client_assertion")}, nil
	case hasSecret && form.Get("client_id") != "":
		return clientCredentials{clientID: form.Get("client_id"), secret: form.Get("client_secret")}, nil
	}
	return clientCredentials{}, dialect.InvalidClient("No client credentials found.")
}

// parseBasic reads a Basic header whose parts are form-encoded (RFC 6749
// section 2.3.1).
func parseBasic(header string) (id, value string, err error) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", dialect.InvalidClient("No client credentials found.")
	}
	broken := dialect.BadOAuth("invalid_request", "The Authorization header is not valid: 'Basic' must be followed by the base64 form of 'client_id:client_secret'.")
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", broken
	}
	id, value, found := strings.Cut(string(decoded), ":")
	if !found {
		return "", "", broken
	}
	id, errID := url.QueryUnescape(id)
	value, errValue := url.QueryUnescape(value)
	if errID != nil || errValue != nil || !dialect.CleanText(id) || !dialect.CleanText(value) {
		return "", "", broken
	}
	return id, value, nil
}

// authenticateClient identifies the client of an OAuth request. audiences are
// the URLs that a client assertion may be addressed to.
func (s *Server) authenticateClient(r *http.Request, form url.Values, audiences ...string) (client, error) {
	credentials, err := readClientCredentials(r.Header.Get("Authorization"), form)
	if err != nil {
		return client{}, err
	}
	if credentials.assertion != "" {
		return s.authenticateByAssertion(r.Context(), credentials, audiences)
	}
	c, err := s.activeClient(r.Context(), credentials.clientID)
	if err != nil {
		return client{}, err
	}
	if !c.usesSecret() {
		return client{}, dialect.InvalidClient("The client is registered for the authentication method " + c.AuthMethod + ".")
	}
	secrets, err := secretsOf(r.Context(), s.db.Reader(), c.ID)
	if err != nil {
		return client{}, err
	}
	for _, cs := range secrets {
		if cs.Status == active && cs.matches(credentials.secret) {
			return c, nil
		}
	}
	return client{}, dialect.InvalidClient("The client secret supplied for a confidential client is invalid.")
}

func (s *Server) activeClient(ctx context.Context, clientID string) (client, error) {
	c, err := clientByClientID(ctx, s.db.Reader(), clientID)
	if missing, ok := errors.AsType[*dialect.APIError](err); ok && missing.Status == http.StatusNotFound || err == nil && c.Status != active {
		return client{}, dialect.InvalidClient("Invalid value for 'client_id' parameter.")
	}
	return c, err
}

// authenticateByAssertion verifies a private_key_jwt (RFC 7523 section 3).
func (s *Server) authenticateByAssertion(ctx context.Context, credentials clientCredentials, audiences []string) (client, error) {
	token, err := jwt.ParseSigned(credentials.assertion, assertionAlgorithms)
	if err != nil {
		return client{}, dialect.InvalidClient("The client_assertion is not a JWT signed by a supported algorithm.")
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return client{}, dialect.InvalidClient("The client_assertion has claims of the wrong type.")
	}
	if claims.Issuer == "" || claims.Issuer != claims.Subject || credentials.clientID != "" && credentials.clientID != claims.Subject {
		return client{}, dialect.InvalidClient("The issuer and the subject of the client_assertion must be the client_id.")
	}
	c, err := s.activeClient(ctx, claims.Subject)
	if err != nil {
		return client{}, err
	}
	if c.AuthMethod != "private_key_jwt" || !verifies(token, c.Settings.JWKS) {
		return client{}, dialect.InvalidClient("The client_assertion signature is invalid.")
	}
	now := s.clock()
	switch {
	case !slices.ContainsFunc(claims.Audience, func(aud string) bool { return slices.Contains(audiences, aud) }):
		return client{}, dialect.InvalidClient("The audience claim of the client_assertion must be the endpoint's URL.")
	case claims.Expiry == nil || now.After(claims.Expiry.Time()):
		return client{}, dialect.InvalidClient("The client_assertion token is expired.")
	case claims.Expiry.Time().After(now.Add(time.Hour)):
		return client{}, dialect.InvalidClient("The client_assertion token has an expiration too far into the future.")
	case claims.NotBefore != nil && now.Add(time.Minute).Before(claims.NotBefore.Time()):
		return client{}, dialect.InvalidClient("The client_assertion token is not valid yet.")
	}
	return c, s.useAssertion(ctx, c, claims)
}

func verifies(token *jwt.JSONWebToken, keys *jose.JSONWebKeySet) bool {
	if keys == nil {
		return false
	}
	return slices.ContainsFunc(keys.Keys, func(key jose.JSONWebKey) bool {
		kid := token.Headers[0].KeyID
		return (kid == "" || key.KeyID == "" || kid == key.KeyID) && key.Use != "enc" && token.Claims(key.Key) == nil
	})
}

// useAssertion refuses an assertion with an id that has been used before.
func (s *Server) useAssertion(ctx context.Context, c client, claims jwt.Claims) error {
	if claims.ID == "" {
		return nil
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM used_assertion WHERE expires < $1`, s.now().UnixMicro()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO used_assertion (client, jti, expires) VALUES ($1, $2, $3)`,
			c.ID, claims.ID, claims.Expiry.Time().UnixMicro())
		return err
	})
	if litedb.IsDuplicate(err) {
		return dialect.InvalidClient("The client_assertion token has already been used.")
	}
	return err
}
