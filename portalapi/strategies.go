package portalapi

import (
	"net/http"

	"portico"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

func (s *server) strategyRoutes() []route {
	return []route{
		on(developer, "GET", "/api/v3/application-auth-strategies", "list-application-auth-strategies", s.listStrategies),
	}
}

// keyStrategyView is the contract's AuthStrategyKeyAuth. What developers call a
// strategy is its display name.
type keyStrategyView struct {
	ID             portico.StrategyID     `json:"id"`
	Name           string                 `json:"name"`
	CredentialType portico.CredentialType `json:"credential_type"`
	KeyNames       []string               `json:"key_names"`
	TTL            *portico.TTL           `json:"ttl,omitempty"`
}

// clientStrategyView is the contract's AuthStrategyClientCredentials.
type clientStrategyView struct {
	ID              portico.StrategyID     `json:"id"`
	Name            string                 `json:"name"`
	CredentialType  portico.CredentialType `json:"credential_type"`
	AuthMethods     []string               `json:"auth_methods"`
	AvailableScopes []string               `json:"available_scopes,omitempty"`
}

// viewStrategy renders the contract's AuthStrategy: the variant for the type of
// credentials.
func viewStrategy(v control.StrategyView) any {
	if v.KeyAuth != nil {
		return keyStrategy(v)
	}
	return clientStrategy(v)
}

func keyStrategy(v control.StrategyView) keyStrategyView {
	names := v.KeyAuth.KeyNames
	if len(names) == 0 {
		names = portico.DefaultKeyNames()
	}
	return keyStrategyView{ID: v.ID, Name: v.DisplayName, CredentialType: v.CredentialType(), KeyNames: names, TTL: v.KeyAuth.TTL}
}

func clientStrategy(v control.StrategyView) clientStrategyView {
	out := clientStrategyView{ID: v.ID, Name: v.DisplayName, CredentialType: v.CredentialType(), AuthMethods: httpkit.NotNil(v.OIDC.AuthMethods)}
	if v.DeveloperManagedScopes() {
		out.AvailableScopes = v.OIDC.Scopes
	}
	return out
}

// portalKeyStrategyView is the contract's PortalAuthStrategyKeyAuth.
type portalKeyStrategyView struct {
	keyStrategyView
	SupportsMultipleCredentials bool `json:"supports_multiple_credentials"`
}

// portalClientStrategyView is the contract's PortalAuthStrategyClientCredentials.
type portalClientStrategyView struct {
	clientStrategyView
	SupportsMultipleCredentials bool `json:"supports_multiple_credentials"`
}

// viewPortalStrategy renders the contract's PortalAuthStrategy.
func viewPortalStrategy(v control.StrategyView) any {
	if v.KeyAuth != nil {
		return portalKeyStrategyView{keyStrategy(v), v.SupportsMultipleCredentials()}
	}
	return portalClientStrategyView{clientStrategy(v), v.SupportsMultipleCredentials()}
}

// strategyOf is the strategy of an application.
func strategyOf(a control.ApplicationView) control.StrategyView {
	return control.StrategyView{Strategy: a.Strategy, Provider: a.Provider}
}

func strategySpec() listing.Spec {
	return listing.Spec{Filters: map[string]listing.FieldKind{
		"name": listing.String(),
		"credential_type": listing.Enum(string(portico.CredentialDCR), string(portico.CredentialSelfManaged),
			string(portico.CredentialKeyAuth)),
	}}
}

func (s *server) listStrategies(w http.ResponseWriter, c call) error {
	q, err := listing.Parse(c.Request, strategySpec())
	if err != nil {
		return err
	}
	page, err := s.Catalogue.Strategies(c.Context(), c.portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewPortalStrategy))
}
