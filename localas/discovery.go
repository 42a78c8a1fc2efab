package localas

import (
	"context"
	"net/http"

	"portico/localas/dialect"
)

// metadata is a discovery document: of OAuth (RFC 8414), or with the last
// members of OpenID Connect Discovery.
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserInfoEndpoint      string   `json:"userinfo_endpoint,omitempty"`
	RegistrationEndpoint  string   `json:"registration_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	GrantTypes            []string `json:"grant_types_supported,omitempty"`
	SubjectTypes          []string `json:"subject_types_supported"`
	Scopes                []string `json:"scopes_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgorithms        []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Claims                []string `json:"claims_supported"`
	IntrospectionEndpoint string   `json:"introspection_endpoint"`
	IntrospectionMethods  []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	RevocationMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported,omitempty"`
	IDTokenAlgorithms     []string `json:"id_token_signing_alg_values_supported,omitempty"`
}

// newMetadata describes the endpoints under base + "/v1".
func (s *Server) newMetadata(issuer, base string, scopes []string) metadata {
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	algorithms := []string{}
	for _, algorithm := range assertionAlgorithms {
		algorithms = append(algorithms, string(algorithm))
	}
	return metadata{
		Issuer:                issuer,
		AuthorizationEndpoint: base + "/v1/authorize",
		TokenEndpoint:         base + "/v1/token",
		RegistrationEndpoint:  s.base + "/oauth2/v1/clients",
		JWKSURI:               base + "/v1/keys",
		ResponseTypes:         []string{"token"},
		SubjectTypes:          []string{"public"},
		Scopes:                scopes,
		AuthMethods:           methods,
		AuthAlgorithms:        algorithms,
		Claims:                []string{"ver", "jti", "iss", "aud", "iat", "exp", "cid", "scp", "sub"},
		IntrospectionEndpoint: base + "/v1/introspect",
		IntrospectionMethods:  methods,
		RevocationEndpoint:    base + "/v1/revoke",
		RevocationMethods:     methods,
	}
}

// getOAuthMetadata answers the OAuth document, the only one that lists the
// client credentials grant, as at Okta.
func (s *Server) getOAuthMetadata(w http.ResponseWriter, r *http.Request) error {
	document, err := s.serverMetadata(r)
	if err != nil {
		return err
	}
	document.GrantTypes = []string{authorizationCodeGrant, clientCredentialsGrant}
	dialect.WriteJSON(w, http.StatusOK, document)
	return nil
}

func (s *Server) getOpenIDMetadata(w http.ResponseWriter, r *http.Request) error {
	document, err := s.serverMetadata(r)
	if err != nil {
		return err
	}
	document.GrantTypes = []string{authorizationCodeGrant}
	document.IDTokenAlgorithms = []string{"RS256"}
	document.UserInfoEndpoint = document.Issuer + "/v1/userinfo"
	document.Claims = append(document.Claims, "name", "given_name", "family_name", "preferred_username", "updated_at",
		"email", "email_verified", "groups", "nonce", "auth_time", "amr", "at_hash")
	dialect.WriteJSON(w, http.StatusOK, document)
	return nil
}

func (s *Server) serverMetadata(r *http.Request) (metadata, error) {
	server, err := s.activeServer(r)
	if err != nil {
		return metadata{}, err
	}
	if err := s.checkMetadataClient(r.Context(), r.URL.Query().Get("client_id")); err != nil {
		return metadata{}, err
	}
	scopes, err := s.scopes(r.Context(), server.ID, "", everyScope)
	if err != nil {
		return metadata{}, err
	}
	var published []string
	for _, sc := range scopes {
		if sc.MetadataPublish == "ALL_CLIENTS" {
			published = append(published, sc.Name)
		}
	}
	issuer := s.issuer(server.ID)
	document := s.newMetadata(issuer, issuer, published)
	document.ResponseTypes, document.ChallengeMethods = []string{"code"}, []string{"S256"}
	return document, nil
}

// getOrgMetadata describes the organisation's own authorization server.
func (s *Server) getOrgMetadata(w http.ResponseWriter, r *http.Request) error {
	if err := s.checkMetadataClient(r.Context(), r.URL.Query().Get("client_id")); err != nil {
		return err
	}
	document := s.newMetadata(s.base, s.base+"/oauth2", userScopes)
	document.IDTokenAlgorithms = []string{"RS256"}
	dialect.WriteJSON(w, http.StatusOK, document)
	return nil
}

// checkMetadataClient refuses the document to a client that does not exist.
func (s *Server) checkMetadataClient(ctx context.Context, clientID string) error {
	if clientID == "" {
		return nil
	}
	if _, err := s.activeClient(ctx, clientID); err != nil {
		if _, refused := err.(*dialect.OAuthError); !refused {
			return err
		}
		return dialect.Refusal(http.StatusBadRequest, "invalid_client", "Invalid value for 'client_id' parameter.")
	}
	return nil
}

// orgAuthorize refuses the flows with a person, which the document must still
// name an endpoint for.
func (s *Server) orgAuthorize(http.ResponseWriter, *http.Request) error {
	return dialect.BadOAuth("unsupported_response_type", "The organisation's own authorization server signs nobody in. Use a custom one, such as "+s.issuer(defaultServer)+".")
}
