package portalapi

import (
	"net/http"
	"slices"

	"portico"
	"portico/httpkit"
	"portico/listing"
)

// The classic portal API, /api/v2, is what Konnect's earlier portals and the
// npm client @kong/sdk-portal-js speak. It is a mapping onto the same use
// cases: a product is an API, and a product version is one of its versions, or
// the API itself while it has none. Whatever version an application registers
// for, it is registered for the API.

// ClassicOperations lists every operation of /api/v2 that New serves.
func ClassicOperations() []Operation { return operations(new(server).classicRoutes()) }

// ClassicNotOffered lists the operations of the classic contract that are not
// served, each with the reason.
func ClassicNotOffered() map[string]string {
	return map[string]string{
		"query-application-analytics": "the counts are answered by POST /api/v3/stats, in today's units",
		"get-portal-catalog-cover":    "portals have a home page instead of a cover picture",
	}
}

// classicRoutes lists the whole classic API. Where request and answer are those
// of /api/v3, so is the handler.
func (s *server) classicRoutes() []route {
	return slices.Concat(s.classicAccountRoutes(), s.classicProductRoutes(), s.classicDocumentRoutes(), s.classicApplicationRoutes())
}

func (s *server) classicAccountRoutes() []route {
	return []route{
		on(anyone, "GET", "/api/v2/portal", "get-portal-context", s.classicContext),
		on(anyone, "GET", "/api/v2/portal/appearance", "get-portal-appearance", s.classicAppearance),
		on(anyone, "GET", "/api/v2/portal/logo", "get-portal-logo", s.asset(portico.AssetLogo)),
		on(guessing, "POST", "/api/v2/developer", "register", s.signUp),
		on(guessing, "POST", "/api/v2/developer/verify-email", "verify-email", s.verifyEmail),
		on(guessing, "POST", "/api/v2/developer/forgot-password", "forgot-password", s.forgotPassword),
		on(guessing, "POST", "/api/v2/developer/reset-password", "reset-password", s.resetPassword),
		on(guessing, "POST", "/api/v2/developer/authenticate", "authenticate", s.signIn),
		on(guessing, "GET", "/api/v2/developer/authenticate/sso", "authenticate-sso", s.startSingleSignOn),
		on(guessing, "POST", "/api/v2/developer/refresh", "refresh", s.refresh),
		on(anyone, "POST", "/api/v2/developer/logout", "logout", s.signOut),
		on(developer, "GET", "/api/v2/developer/me", "get-developer-me", s.me),
		on(anyone, "GET", "/api/v2/stats/config", "get-application-analytics-config", s.classicStatsConfig),
	}
}

// classicContextView is the classic contract's PortalContext.
type classicContextView struct {
	PortalID          portico.PortalID       `json:"portal_id"`
	OrgID             portico.OrganizationID `json:"org_id"`
	FeaturesetID      string                 `json:"featureset_id"`
	BasicAuthEnabled  bool                   `json:"basic_auth_enabled"`
	OIDCAuthEnabled   bool                   `json:"oidc_auth_enabled"`
	IsPublic          bool                   `json:"is_public"`
	RBACEnabled       bool                   `json:"rbac_enabled"`
	DCRProviderIDs    []portico.ProviderID   `json:"dcr_provider_ids"`
	AllowedTimePeriod string                 `json:"allowed_time_period"`
	Name              string                 `json:"name"`
	CanonicalDomain   string                 `json:"canonical_domain"`
}

// classicContext tells a client what the portal can do. is_public says that
// visitors may look around without an account: they always may, and see what is
// public.
func (s *server) classicContext(w http.ResponseWriter, c call) error {
	now, err := s.portalContext(c)
	if err != nil {
		return err
	}
	offered, err := s.Catalogue.Strategies(c.Context(), c.portal, portico.Everything())
	if err != nil {
		return err
	}
	providers := []portico.ProviderID{}
	for _, strategy := range offered.Items {
		if p := strategy.Provider; p != nil && !slices.Contains(providers, p.ID) {
			providers = append(providers, p.ID)
		}
	}
	return httpkit.JSON(w, http.StatusOK, classicContextView{
		PortalID: now.PortalID, OrgID: now.OrgID, BasicAuthEnabled: now.BasicAuthEnabled, OIDCAuthEnabled: now.OIDCAuthEnabled,
		IsPublic: true, RBACEnabled: now.RBACEnabled, DCRProviderIDs: providers, AllowedTimePeriod: "30d",
		Name: now.Name, CanonicalDomain: now.CanonicalDomain,
	})
}

// classicAppearanceView is the classic contract's PortalAppearance, as far as
// portals still have what it speaks of.
type classicAppearanceView struct {
	Variables struct {
		Catalog struct {
			Logo struct {
				URL string `json:"url"`
			} `json:"logo"`
			PrimaryHeader struct {
				Text string `json:"text"`
			} `json:"primary_header"`
			WelcomeMessage struct {
				Text string `json:"text"`
			} `json:"welcome_message"`
		} `json:"catalog"`
	} `json:"variables"`
}

func (s *server) classicAppearance(w http.ResponseWriter, c call) error {
	var out classicAppearanceView
	catalog := &out.Variables.Catalog
	catalog.Logo.URL = "/api/v2/portal/logo"
	catalog.PrimaryHeader.Text = c.portal.DisplayName
	if c.portal.Description != nil {
		catalog.WelcomeMessage.Text = *c.portal.Description
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

// classicStatsConfig says that classic clients have no analytics to ask for.
func (s *server) classicStatsConfig(w http.ResponseWriter, _ call) error {
	return httpkit.JSON(w, http.StatusOK, struct {
		Analytics *struct{} `json:"analytics"`
	}{})
}

// classicPage reads page[size] and page[number] and the filters of a list that
// is put together here, and cuts it.
func classicPage[T any](c call, fields map[string]listing.FieldKind, items []T, value func(T, string) string) (portico.Page[T], portico.ListQuery, error) {
	q, err := listing.Parse(c.Request, listing.Spec{Filters: fields})
	if err != nil {
		return portico.Page[T]{}, q, err
	}
	return chosen(items, q, value), q, nil
}
