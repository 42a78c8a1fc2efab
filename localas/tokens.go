package localas

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico/localas/dialect"
	"portico/localas/signing"
)

const clientCredentialsGrant = "client_credentials"

type tokenResponse struct {
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
	IDToken     string `json:"id_token,omitempty"`
}

// grant is a token that is going to be issued.
type grant struct {
	// asked is when the request came: a deactivation after that moment kills
	// the token, even when it is signed later.
	asked    time.Time
	server   authServer
	issuer   string
	client   client
	scopes   []string
	lifetime time.Duration
	claims   map[string]any // beyond those of the token itself
	about    map[string]any // of the ID token; nil for none
}

// postToken is the token endpoint of an authorization server (RFC 6749
// sections 4.1.3 and 4.4).
func (s *Server) postToken(w http.ResponseWriter, r *http.Request) error {
	asked := s.now()
	server, err := s.activeServer(r)
	if err != nil {
		return err
	}
	issuer := s.issuer(server.ID)
	c, form, err := s.tokenClient(w, r, []string{authorizationCodeGrant, clientCredentialsGrant}, issuer+"/v1/token", issuer)
	if err != nil {
		return err
	}
	if form.Get("grant_type") == authorizationCodeGrant {
		return s.redeem(w, r, asked, server, c, form)
	}
	scopes, err := s.requestedScopes(r.Context(), server, c, clientCredentialsGrant, form.Get("scope"))
	if err != nil {
		return err
	}
	g, err := s.accessGrant(r.Context(), asked, server, asking{client: c, grantType: clientCredentialsGrant, scopes: scopes})
	if err != nil {
		return err
	}
	return s.issue(w, r, g)
}

const policyRefusal = "Policy evaluation failed for this request, please check the policy configurations."

// accessGrant is the access token that the server's policies allow.
func (s *Server) accessGrant(ctx context.Context, asked time.Time, server authServer, a asking) (grant, error) {
	rule, found, err := s.decide(ctx, server.ID, a)
	if err != nil {
		return grant{}, err
	}
	if !found {
		s.log.InfoContext(ctx, "token refused: no matching policy", "server", server.ID, "client_id", a.client.ClientID)
		return grant{}, dialect.BadOAuth("access_denied", policyRefusal)
	}
	custom, err := s.claims(ctx, server.ID)
	if err != nil {
		return grant{}, err
	}
	values, err := claimValues(custom, a)
	if err != nil {
		return grant{}, err
	}
	if a.person != nil {
		values["uid"] = a.person.ID
	}
	return grant{asked, server, s.issuer(server.ID), a.client, a.scopes, rule.lifetime(), values, nil}, nil
}

// postOrgToken issues tokens for the management API to service apps.
func (s *Server) postOrgToken(w http.ResponseWriter, r *http.Request) error {
	asked := s.now()
	c, form, err := s.tokenClient(w, r, []string{clientCredentialsGrant}, s.base+"/oauth2/v1/token", s.base)
	if err != nil {
		return err
	}
	if c.AuthMethod != "private_key_jwt" {
		return dialect.InvalidClient("Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.")
	}
	scopes := scopeNames(form.Get("scope"))
	if len(scopes) == 0 {
		return dialect.BadOAuth("invalid_scope", "No scopes were requested.")
	}
	granted, err := s.grantedScopes(r.Context(), c.ID)
	if err != nil {
		return err
	}
	for _, name := range scopes {
		if !strings.HasPrefix(name, "okta.") {
			return dialect.BadOAuth("invalid_scope", "Custom scopes are not allowed for this request.")
		}
		if !slices.Contains(granted, name) {
			return dialect.BadOAuth("invalid_scope", "The scope '"+name+"' has not been granted to this client.")
		}
	}
	return s.issue(w, r, grant{asked, s.org(), s.base, c, scopes, time.Hour, map[string]any{"sub": c.ClientID}, nil})
}

// tokenClient reads a token request up to the point where it is known who asks
// and that the client may use the grant.
func (s *Server) tokenClient(w http.ResponseWriter, r *http.Request, grants []string, audiences ...string) (client, url.Values, error) {
	form, err := dialect.ReadForm(w, r)
	if err != nil {
		return client{}, nil, err
	}
	wanted := form.Get("grant_type")
	switch {
	case wanted == "":
		return client{}, nil, dialect.BadOAuth("invalid_request", "The 'grant_type' parameter is missing.")
	case !slices.Contains(grants, wanted):
		return client{}, nil, dialect.BadOAuth("unsupported_grant_type",
			"The authorization grant type is not supported by the authorization server. Configured grant types: ["+strings.Join(grants, ", ")+"].")
	}
	c, err := s.authenticateClient(r, form, audiences...)
	if err != nil {
		return client{}, nil, err
	}
	if !c.allows(wanted) {
		return client{}, nil, dialect.BadOAuth("unauthorized_client", fmt.Sprintf("The client is not authorized to use the provided grant type. Configured grant types: [%s].",
			strings.Join(c.Settings.GrantTypes, ", ")))
	}
	return c, form, nil
}

// requestedScopes checks the scope parameter against the server's scopes; an
// empty one stands for the server's default scopes.
func (s *Server) requestedScopes(ctx context.Context, server authServer, c client, grantType, parameter string) ([]string, error) {
	known, err := s.scopes(ctx, server.ID, "", everyScope)
	if err != nil {
		return nil, err
	}
	names := scopeNames(parameter)
	if len(names) == 0 {
		for _, sc := range known {
			if sc.Default {
				names = append(names, sc.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil, dialect.BadOAuth("invalid_scope", "No scopes were requested and the authorization server resource does not have any configured default scopes.")
	}
	for _, name := range names {
		i := slices.IndexFunc(known, func(sc scope) bool { return sc.Name == name })
		if i < 0 {
			return nil, dialect.BadOAuth("invalid_scope", "One or more scopes are not configured for the authorization server resource.")
		}
		if known[i].System && grantType == clientCredentialsGrant {
			return nil, dialect.BadOAuth("invalid_scope", "Cannot request '"+name+"' scopes using client credentials.")
		}
		if known[i].Consent == "REQUIRED" && c.Settings.ConsentMethod == "REQUIRED" {
			return nil, dialect.BadOAuth("invalid_scope", "The scope '"+name+"' requires consent, which this server asks nobody for.")
		}
	}
	return names, nil
}

// scopeNames splits a scope parameter and drops repetitions.
func scopeNames(parameter string) []string {
	var names []string
	for _, name := range strings.Fields(parameter) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (s *Server) issue(w http.ResponseWriter, r *http.Request, g grant) error {
	token, err := s.signAccess(r.Context(), g)
	if err != nil {
		return err
	}
	answer := tokenResponse{"Bearer", int(g.lifetime.Seconds()), token, strings.Join(g.scopes, " "), ""}
	if g.about != nil {
		half := sha256.Sum256([]byte(token)) // of which at_hash is the left one (OpenID Connect Core section 3.1.3.6)
		maps.Copy(g.about, map[string]any{"iss": g.issuer, "jti": dialect.NewID("ID."), "at_hash": base64.RawURLEncoding.EncodeToString(half[:16])})
		if answer.IDToken, err = s.sign(r.Context(), g.server, g.about); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	dialect.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// sign makes a token. Its header holds alg and kid, nothing else.
func (s *Server) sign(ctx context.Context, server authServer, claims map[string]any) (string, error) {
	key, err := s.keys.Signer(ctx, server.ID, server.rotates())
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.Private, KeyID: key.KID}}, nil)
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

func (s *Server) signAccess(ctx context.Context, g grant) (string, error) {
	now := s.clock()
	claims := maps.Clone(g.claims)
	maps.Copy(claims, map[string]any{
		"ver": 1, "jti": newTokenID(g.asked), "iss": g.issuer, "aud": g.server.Audience,
		"iat": now.Unix(), "exp": now.Add(g.lifetime).Unix(), "cid": g.client.ClientID, "scp": g.scopes,
	})
	return s.sign(ctx, g.server, claims)
}

// newTokenID returns a token id that also tells, to the microsecond, when the
// token was issued: that decides whether a deactivation has killed it, and
// needs no record of every token.
func newTokenID(issued time.Time) string {
	raw := make([]byte, 32)
	binary.BigEndian.PutUint64(raw, uint64(issued.UnixMicro()))
	rand.Read(raw[8:]) // never fails
	return "AT." + base64.RawURLEncoding.EncodeToString(raw)
}

// issuedAt is the moment in a token id.
func issuedAt(jti string) time.Time {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(jti, "AT."))
	if err != nil || len(raw) < 8 {
		return time.Time{}
	}
	return time.UnixMicro(int64(binary.BigEndian.Uint64(raw)))
}

// accessClaims are the members of an access token that the server reads back.
type accessClaims struct {
	jwt.Claims
	ClientID string   `json:"cid"`
	Scopes   []string `json:"scp"`
	Person   string   `json:"uid"` // empty in a client's own
}

// verify returns the claims of a live token of the server: signed by it, not
// expired, not revoked, and its client and person still there and active.
func (s *Server) verify(ctx context.Context, server authServer, issuer, text string) (accessClaims, bool, error) {
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return accessClaims{}, false, nil
	}
	keys, err := s.keys.Of(ctx, server.ID)
	if err != nil {
		return accessClaims{}, false, err
	}
	i := slices.IndexFunc(keys, func(key signing.Key) bool { return key.KID == token.Headers[0].KeyID })
	var claims accessClaims
	if i < 0 || token.Claims(keys[i].Private.Public(), &claims) != nil {
		return accessClaims{}, false, nil
	}
	if claims.Issuer != issuer || claims.Expiry == nil || !s.clock().Before(claims.Expiry.Time()) {
		return accessClaims{}, false, nil
	}
	c, err := clientByClientID(ctx, s.db.Reader(), claims.ClientID)
	if missing, ok := errors.AsType[*dialect.APIError](err); ok && missing.Status == http.StatusNotFound {
		return accessClaims{}, false, nil
	}
	if err != nil || c.Status != active || issuedAt(claims.ID).Before(c.TokensFrom) {
		return accessClaims{}, false, err
	}
	if claims.Person != "" {
		p, known, err := s.people.Person(ctx, claims.Person)
		if err != nil || !known || !p.Live(issuedAt(claims.ID)) {
			return accessClaims{}, false, err
		}
	}
	var revoked bool
	err = s.db.Reader().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM revoked_token WHERE jti = $1)`, claims.ID).Scan(&revoked)
	return claims, err == nil && !revoked, err
}

type introspection struct {
	Active    bool   `json:"active"`
	TokenType string `json:"token_type,omitempty"`
	Scope     string `json:"scope,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Subject   string `json:"sub,omitempty"`
	Audience  string `json:"aud,omitempty"`
	Issuer    string `json:"iss,omitempty"`
	ID        string `json:"jti,omitempty"`
	Expiry    int64  `json:"exp,omitempty"`
	IssuedAt  int64  `json:"iat,omitempty"`
}

// tokenInBody reads an introspection or revocation request: its client and its
// token.
func (s *Server) tokenInBody(w http.ResponseWriter, r *http.Request, issuer, endpoint string) (client, string, error) {
	form, err := dialect.ReadForm(w, r)
	if err != nil {
		return client{}, "", err
	}
	c, err := s.authenticateClient(r, form, endpoint, tokenEndpoint(issuer), issuer)
	if err != nil {
		return client{}, "", err
	}
	if form.Get("token") == "" {
		return client{}, "", dialect.BadOAuth("invalid_request", "The 'token' parameter is missing.")
	}
	return c, form.Get("token"), nil
}

// tokenEndpoint of an authorization server or of the organisation.
func tokenEndpoint(issuer string) string {
	if strings.Contains(issuer, "/oauth2/") {
		return issuer + "/v1/token"
	}
	return issuer + "/oauth2/v1/token"
}

// postIntrospect tells a client about a token (RFC 7662).
func (s *Server) postIntrospect(w http.ResponseWriter, r *http.Request) error {
	server, err := s.activeServer(r)
	if err != nil {
		return err
	}
	return s.introspect(w, r, server, s.issuer(server.ID), s.issuer(server.ID)+"/v1/introspect")
}

func (s *Server) postOrgIntrospect(w http.ResponseWriter, r *http.Request) error {
	return s.introspect(w, r, s.org(), s.base, s.base+"/oauth2/v1/introspect")
}

func (s *Server) introspect(w http.ResponseWriter, r *http.Request, server authServer, issuer, endpoint string) error {
	_, token, err := s.tokenInBody(w, r, issuer, endpoint)
	if err != nil {
		return err
	}
	claims, live, err := s.verify(r.Context(), server, issuer, token)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if !live {
		dialect.WriteJSON(w, http.StatusOK, introspection{})
		return nil
	}
	dialect.WriteJSON(w, http.StatusOK, introspection{
		Active: true, TokenType: "Bearer", Scope: strings.Join(claims.Scopes, " "), ClientID: claims.ClientID,
		Subject: claims.Subject, Audience: claims.Audience[0], Issuer: claims.Issuer, ID: claims.ID,
		Expiry: claims.Expiry.Time().Unix(), IssuedAt: claims.IssuedAt.Time().Unix(),
	})
	return nil
}

// postRevoke revokes a token of the asking client; one that is not live is
// revoked already (RFC 7009 section 2.2).
func (s *Server) postRevoke(w http.ResponseWriter, r *http.Request) error {
	server, err := s.activeServer(r)
	if err != nil {
		return err
	}
	return s.revoke(w, r, server, s.issuer(server.ID), s.issuer(server.ID)+"/v1/revoke")
}

func (s *Server) postOrgRevoke(w http.ResponseWriter, r *http.Request) error {
	return s.revoke(w, r, s.org(), s.base, s.base+"/oauth2/v1/revoke")
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request, server authServer, issuer, endpoint string) error {
	c, token, err := s.tokenInBody(w, r, issuer, endpoint)
	if err != nil {
		return err
	}
	claims, live, err := s.verify(r.Context(), server, issuer, token)
	if err != nil {
		return err
	}
	if live && claims.ClientID != c.ClientID {
		return dialect.BadOAuth("unauthorized_client", "The token was issued to another client and has not been revoked.")
	}
	if live {
		err = s.db.Update(r.Context(), func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(r.Context(), `DELETE FROM revoked_token WHERE expires < $1`, s.clock().UnixMicro()); err != nil {
				return err
			}
			_, err := tx.ExecContext(r.Context(), `INSERT OR IGNORE INTO revoked_token (jti, expires) VALUES ($1, $2)`,
				claims.ID, claims.Expiry.Time().UnixMicro())
			return err
		})
	}
	if err == nil {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	}
	return err
}
