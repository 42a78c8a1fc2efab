package mgmtapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
)

// strategyRoutes: application auth strategies (contract:
// application-auth-strategies v2).
func (s *server) strategyRoutes() []route.Route {
	return []route.Route{
		route.On("POST", "/v2/application-auth-strategies", "create-app-auth-strategy", s.createStrategy, access.For(access.Strategies, access.Create, "")),
		route.On("GET", "/v2/application-auth-strategies", "list-app-auth-strategies", s.listStrategies, access.For(access.Strategies, access.View, "")),
		route.On("GET", "/v2/application-auth-strategies/{authStrategyId}", "get-app-auth-strategy", s.strategy, access.For(access.Strategies, access.View, "authStrategyId")),
		route.On("PUT", "/v2/application-auth-strategies/{authStrategyId}", "replace-app-auth-strategy", s.replaceStrategy, access.For(access.Strategies, access.Edit, "authStrategyId")),
		route.On("PATCH", "/v2/application-auth-strategies/{authStrategyId}", "update-app-auth-strategy", s.updateStrategy, access.For(access.Strategies, access.Edit, "authStrategyId")),
		route.On("DELETE", "/v2/application-auth-strategies/{authStrategyId}", "delete-app-auth-strategy", s.deleteStrategy, access.For(access.Strategies, access.Delete, "authStrategyId")),
	}
}

// strategyView is the contract's AppAuthStrategy. Configs has one member, named
// after the type: key-auth or openid-connect.
type strategyView struct {
	ID                          portico.StrategyID    `json:"id"`
	Name                        string                `json:"name"`
	DisplayName                 string                `json:"display_name"`
	StrategyType                portico.StrategyType  `json:"strategy_type"`
	Configs                     map[string]any        `json:"configs"`
	Active                      bool                  `json:"active"`
	DCRProvider                 *strategyProviderView `json:"dcr_provider"`
	SupportsMultipleCredentials bool                  `json:"supports_multiple_credentials"`
	Principals                  *principalsView       `json:"principals,omitempty"`
	Labels                      map[string]string     `json:"labels"`
	CreatedAt                   httpkit.Timestamp     `json:"created_at"`
	UpdatedAt                   httpkit.Timestamp     `json:"updated_at"`
}

type strategyProviderView struct {
	ID           portico.ProviderID   `json:"id"`
	Name         string               `json:"name"`
	DisplayName  *string              `json:"display_name,omitempty"`
	ProviderType portico.ProviderType `json:"provider_type"`
}

type principalsView struct {
	Enabled bool `json:"enabled"`
}

func viewStrategy(v control.StrategyView) strategyView {
	out := strategyView{
		ID: v.ID, Name: v.Name, DisplayName: v.DisplayName, StrategyType: v.Type, Active: v.Active,
		SupportsMultipleCredentials: v.SupportsMultipleCredentials(), Labels: wire.NotNil(v.Labels),
		CreatedAt: httpkit.Timestamp(v.CreatedAt), UpdatedAt: httpkit.Timestamp(v.UpdatedAt),
	}
	if v.KeyAuth != nil {
		out.Configs = map[string]any{"key-auth": v.KeyAuth}
	} else {
		out.Configs = map[string]any{"openid-connect": v.OIDC.Raw}
	}
	if p := v.Provider; p != nil {
		out.DCRProvider = &strategyProviderView{ID: p.ID, Name: p.Name, DisplayName: p.DisplayName, ProviderType: p.Type}
	}
	if v.Principals != nil {
		out.Principals = &principalsView{Enabled: *v.Principals}
	}
	return out
}

// strategyType reads strategy_type. The type of a provider is taken for
// openid_connect when there is a provider, because Konnect's documentation
// prints "okta" there.
func strategyType(o *httpkit.Object) portico.StrategyType {
	choices := []string{string(portico.StrategyKeyAuth), string(portico.StrategyOpenIDConnect)}
	given := o.String("strategy_type", httpkit.Required)
	if slices.Contains(texts(portico.ProviderTypes()), given) && o.OptUUID("dcr_provider_id", httpkit.Nullable).Value != "" {
		return portico.StrategyOpenIDConnect
	}
	return portico.StrategyType(o.Enum("strategy_type", httpkit.Optional, choices...))
}

// readStrategy reads the body of a creation or a replacement.
func readStrategy(r *http.Request) (control.NewStrategy, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return control.NewStrategy{}, err
	}
	in := control.NewStrategy{
		Name:        o.String("name", httpkit.Required, httpkit.Length(1, 256)),
		DisplayName: o.String("display_name", httpkit.Required, httpkit.MaxLength(256)),
		Principals:  readPrincipals(o).Ptr(),
		Labels:      wire.NewLabels(o),
	}
	switch strategyType(o) {
	case portico.StrategyKeyAuth:
		names, ttl := readKeyAuth(o.Object("configs", httpkit.Required).Object("key-auth", httpkit.Required), false)
		in.KeyAuth = &portico.KeyAuthConfig{KeyNames: names.Value, TTL: ttl.Ptr()}
	case portico.StrategyOpenIDConnect:
		in.ProviderID = httpkit.As[portico.ProviderID](o.OptUUID("dcr_provider_id", httpkit.Nullable)).Ptr()
		configs := o.Object("configs", httpkit.Required)
		readOIDC(configs.Object("openid-connect", httpkit.Required), httpkit.Required)
		in.OIDC, _ = configs.Raw("openid-connect")
	default:
		o.Ignore("configs", "dcr_provider_id") // without a type nothing can be said of them
	}
	return in, o.Err()
}

func readPrincipals(o *httpkit.Object) portico.Opt[bool] {
	return o.Object("principals").OptBool("enabled", httpkit.Required)
}

// keyName is what a header, a query parameter and a form field can be called.
var keyName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// readKeyAuth reads configs.key-auth. In an update a ttl of null takes it away.
func readKeyAuth(o *httpkit.Object, update bool) (portico.Opt[[]string], portico.Opt[portico.TTL]) {
	names := o.OptStrings("key_names", httpkit.MinItems(1), httpkit.MaxItems(10), httpkit.ItemLength(1, 256),
		httpkit.Pattern(keyName, "made of letters, digits, hyphens and underscores"))
	t, set, null := o.OptObject("ttl")
	if null && !update {
		o.Invalid("ttl", "is_object", "must be an object")
	}
	ttl := portico.TTL{Unit: t.Enum("unit", httpkit.Required, "days", "weeks", "years")}
	ttl.Value = t.Int("value", 0, httpkit.Required, httpkit.Range(1, portico.LongestTTL(ttl.Unit)))
	return names, portico.Opt[portico.TTL]{Set: set, Null: null, Value: ttl}
}

// readOIDC checks configs.openid-connect: the contract's required members, and
// those of the plugin's others that the gateway acts on. The object is open.
func readOIDC(o *httpkit.Object, presence httpkit.Rule) {
	o.Allow()
	readIssuer(o, presence)
	o.Strings("credential_claim", presence, httpkit.MaxItems(10), httpkit.ItemLength(1, 128))
	o.Strings("scopes", presence, httpkit.MaxItems(50), httpkit.ItemLength(1, 128))
	o.Strings("auth_methods", presence, httpkit.MaxItems(10), httpkit.ItemLength(1, 64))
	for _, list := range []string{"audience_required", "scopes_required", "token_post_args_names", "token_post_args_values"} {
		o.Strings(list, httpkit.Nullable, httpkit.MaxItems(50), httpkit.ItemLength(1, 256))
	}
	o.OptBool("cache_tokens", httpkit.Nullable)
	o.OptBool("hide_credentials", httpkit.Nullable)
	o.OptInt("leeway", httpkit.Nullable)
	o.OptString("upstream_access_token_header", httpkit.Nullable)
}

func (s *server) createStrategy(w http.ResponseWriter, r *http.Request) error {
	in, err := readStrategy(r)
	if err != nil {
		return err
	}
	created, err := s.Strategies.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewStrategy(created))
}

// strategySpec is what the list of strategies can be asked for.
func strategySpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"strategy_type": listing.Enum(string(portico.StrategyKeyAuth), string(portico.StrategyOpenIDConnect)),
			"name":          listing.String(), "display_name": listing.String(),
			"dcr_provider_id": listing.UUID(), "dcr_provider_name": listing.String(),
			"dcr_provider_type": listing.Enum(texts(portico.ProviderTypes())...),
		},
		Sorts: []string{"created_at", "updated_at", "strategy_type", "name", "display_name", "dcr_provider_id", "dcr_provider_name", "dcr_provider_type"},
	}
}

func (s *server) listStrategies(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, strategySpec())
	if err != nil {
		return err
	}
	page, err := s.Strategies.List(r.Context(), access.Visible(r.Context(), q, access.Strategies, "id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewStrategy))
}

func (s *server) strategy(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.StrategyID](r, "authStrategyId")
	if err != nil {
		return err
	}
	v, err := s.Strategies.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewStrategy(v))
}

// replaceStrategy answers 201, as the contract says, though nothing is created.
func (s *server) replaceStrategy(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.StrategyID](r, "authStrategyId")
	if err != nil {
		return err
	}
	in, err := readStrategy(r)
	if err != nil {
		return err
	}
	v, err := s.Strategies.Replace(r.Context(), id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewStrategy(v))
}

func (s *server) updateStrategy(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.StrategyID](r, "authStrategyId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := control.StrategyChange{
		Name:        o.OptString("name", httpkit.Length(1, 256)),
		DisplayName: o.OptString("display_name", httpkit.MaxLength(256)),
		ProviderID:  httpkit.As[portico.ProviderID](o.OptUUID("dcr_provider_id", httpkit.Nullable)),
		Principals:  readPrincipals(o),
		Labels:      o.Labels("labels"),
	}
	configs := o.Object("configs")
	switch keyAuth, oidc := configs.Has("key-auth"), configs.Has("openid-connect"); {
	case o.Has("configs") && keyAuth == oidc:
		o.Invalid("configs", "invalid", "must have exactly one member: key-auth or openid-connect")
		configs.Ignore("key-auth", "openid-connect")
	case keyAuth:
		ch.KeyNames, ch.TTL = readKeyAuth(configs.Object("key-auth"), true)
	case oidc:
		readOIDC(configs.Object("openid-connect"), httpkit.Optional)
		if raw, ok := configs.Raw("openid-connect"); ok && o.Err() == nil {
			if err := json.Unmarshal(raw, &ch.OIDC); err != nil {
				return err
			}
		}
	}
	if err := o.Err(); err != nil {
		return err
	}
	v, err := s.Strategies.Update(r.Context(), id, ch)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewStrategy(v))
}

func (s *server) deleteStrategy(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.StrategyID](r, "authStrategyId")
	if err != nil {
		return err
	}
	if err := s.Strategies.Delete(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
