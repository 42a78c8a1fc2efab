package control

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Strategies are the application auth strategies.
type Strategies struct{ saga }

// StrategyView is a strategy with what the API shows of it. Active says whether
// anything published uses it.
type StrategyView struct {
	portico.Strategy
	Provider *portico.Provider // nil without DCR
	Active   bool
}

// SupportsMultipleCredentials says whether an application of this strategy can
// hold more than one credential.
func (v StrategyView) SupportsMultipleCredentials() bool {
	if v.Type == portico.StrategyKeyAuth {
		return true
	}
	return v.Provider != nil && v.Provider.SupportsMultipleCredentials()
}

// DeveloperManagedScopes says whether developers choose, out of the strategy's
// scopes, those of their applications.
func (v StrategyView) DeveloperManagedScopes() bool {
	return v.Provider != nil && v.Provider.Config.UseDeveloperManagedScopes
}

// NewStrategy is the wish for a strategy. Exactly one of KeyAuth and OIDC is
// set; of OIDC only Raw, a JSON object whose required members are there.
type NewStrategy struct {
	Name        string
	DisplayName string
	KeyAuth     *portico.KeyAuthConfig
	OIDC        json.RawMessage
	ProviderID  *portico.ProviderID // with OIDC only
	Principals  *bool
	Labels      map[string]string
}

// StrategyChange is a partial update; the type stays what it is.
type StrategyChange struct {
	Name        portico.Opt[string]
	DisplayName portico.Opt[string]
	KeyNames    portico.Opt[[]string]
	TTL         portico.Opt[portico.TTL]
	OIDC        map[string]json.RawMessage // members to set; a null removes one
	ProviderID  portico.Opt[portico.ProviderID]
	Principals  portico.Opt[bool]
	Labels      portico.Opt[map[string]*string]
}

// oidcField is where the members of the openid-connect configuration are.
const oidcField = "configs.openid-connect"

// Create adds a strategy; KindInvalid for a provider that is not there or an
// auth method that cannot be enforced.
func (s Strategies) Create(ctx context.Context, in NewStrategy) (StrategyView, error) {
	strategy := portico.Strategy{ID: portico.StrategyID(s.NewID()), CreatedAt: s.Now()}
	strategy.UpdatedAt = strategy.CreatedAt
	if err := in.write(&strategy); err != nil {
		return StrategyView{}, err
	}
	err := s.Commit(ctx, func(tx portico.Tx) error {
		if err := checkProvider(ctx, tx, strategy.ProviderID); err != nil {
			return err
		}
		if err := tx.Strategies().Insert(ctx, strategy); err != nil {
			return err
		}
		return s.Own(ctx, tx, access.Strategies, string(strategy.ID))
	})
	if err != nil {
		return StrategyView{}, err
	}
	return s.ByID(ctx, strategy.ID)
}

// Replace makes a strategy what in says, as if it had been created so; its id
// and time of creation stay. KindNotFound, KindInvalid.
func (s Strategies) Replace(ctx context.Context, id portico.StrategyID, in NewStrategy) (StrategyView, error) {
	return s.change(ctx, id, in.write)
}

// write makes a strategy what in says.
func (in NewStrategy) write(to *portico.Strategy) error {
	to.Name, to.DisplayName, to.Principals, to.Labels = in.Name, in.DisplayName, in.Principals, in.Labels
	if in.KeyAuth != nil {
		to.Type, to.KeyAuth, to.OIDC, to.ProviderID = portico.StrategyKeyAuth, in.KeyAuth, nil, nil
		return nil
	}
	config, err := oidcConfig(in.OIDC)
	if err != nil {
		return err
	}
	to.Type, to.KeyAuth, to.OIDC, to.ProviderID = portico.StrategyOpenIDConnect, nil, &config, in.ProviderID
	return nil
}

// Update changes a strategy; KindNotFound, KindInvalid.
func (s Strategies) Update(ctx context.Context, id portico.StrategyID, ch StrategyChange) (StrategyView, error) {
	return s.change(ctx, id, ch.write)
}

// write applies the change. A configuration of the other type is a fault.
func (ch StrategyChange) write(to *portico.Strategy) error {
	ch.Name.Apply(&to.Name)
	ch.DisplayName.Apply(&to.DisplayName)
	ch.Principals.ApplyPtr(&to.Principals)
	if err := portico.MergeLabels(&to.Labels, ch.Labels); err != nil {
		return err
	}
	keyAuth := ch.KeyNames.Set || ch.TTL.Set
	switch {
	case to.KeyAuth != nil && ch.OIDC != nil:
		return portico.Invalid(oidcField, "invalid", "This is a key_auth strategy; its configuration is configs.key-auth.")
	case to.KeyAuth != nil && ch.ProviderID.Set && !ch.ProviderID.Null:
		return portico.Invalid("dcr_provider_id", "invalid", "A key_auth strategy issues its keys itself and has no DCR provider.")
	case to.OIDC != nil && keyAuth:
		return portico.Invalid("configs.key-auth", "invalid", "This is an openid_connect strategy; its configuration is configs.openid-connect.")
	}
	if keyAuth {
		changed := *to.KeyAuth
		ch.KeyNames.Apply(&changed.KeyNames)
		ch.TTL.ApplyPtr(&changed.TTL)
		to.KeyAuth = &changed
	}
	if ch.OIDC != nil {
		raw, err := mergeMembers(to.OIDC.Raw, ch.OIDC)
		if err != nil {
			return err
		}
		config, err := oidcConfig(raw)
		if err != nil {
			return err
		}
		to.OIDC = &config
	}
	ch.ProviderID.ApplyPtr(&to.ProviderID)
	return nil
}

// change writes a strategy. How its applications get their credentials cannot
// change under them: their clients live where they were made.
func (s Strategies) change(ctx context.Context, id portico.StrategyID, write func(*portico.Strategy) error) (StrategyView, error) {
	err := s.Commit(ctx, func(tx portico.Tx) error {
		var before portico.Strategy
		after, err := tx.Strategies().Change(ctx, id, func(to *portico.Strategy) error {
			before = *to
			return write(to)
		})
		if err != nil {
			return err
		}
		if before.Type == after.Type && samePtr(before.ProviderID, after.ProviderID) {
			return nil
		}
		if err := checkProvider(ctx, tx, after.ProviderID); err != nil {
			return err
		}
		apps, err := tx.Applications().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("auth_strategy_id", id)}})
		if err != nil {
			return err
		}
		if apps.Total == 0 {
			return nil
		}
		field := "dcr_provider_id"
		if before.Type != after.Type {
			field = "strategy_type"
		}
		return portico.Invalid(field, "invalid", fmt.Sprintf("%d applications use this strategy, and their credentials belong to it as it is. Make another strategy instead.", apps.Total))
	})
	if err != nil {
		return StrategyView{}, err
	}
	return s.ByID(ctx, id)
}

// checkProvider refuses a provider that is not there.
func checkProvider(ctx context.Context, tx portico.Tx, id *portico.ProviderID) error {
	if id == nil {
		return nil
	}
	_, err := tx.Providers().ByID(ctx, *id)
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.Invalid("dcr_provider_id", "missing_reference", "No DCR provider with this id exists.")
	}
	return err
}

// List returns a page of the strategies.
func (s Strategies) List(ctx context.Context, q portico.ListQuery) (portico.Page[StrategyView], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Page[StrategyView], error) {
		page, err := tx.Strategies().List(ctx, q)
		if err != nil {
			return portico.Page[StrategyView]{}, err
		}
		views, err := strategyViews(ctx, tx, page.Items)
		return portico.Page[StrategyView]{Items: views, Total: page.Total}, err
	})
}

// ByID returns a strategy; KindNotFound.
func (s Strategies) ByID(ctx context.Context, id portico.StrategyID) (StrategyView, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (StrategyView, error) {
		strategy, err := tx.Strategies().ByID(ctx, id)
		if err != nil {
			return StrategyView{}, err
		}
		return usecase.One(strategyViews(ctx, tx, []portico.Strategy{strategy}))
	})
}

// Applications returns a page of the applications that use a strategy, in
// whatever portal.
func (s Strategies) Applications(ctx context.Context, id portico.StrategyID, q portico.ListQuery) (portico.Page[portico.Application], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Page[portico.Application], error) {
		q.Filters = append(slices.Clone(q.Filters), portico.Where("auth_strategy_id", id))
		return tx.Applications().List(ctx, q)
	})
}

// Delete removes a strategy; KindNotFound, or KindConflict while a publication
// or an application uses it.
func (s Strategies) Delete(ctx context.Context, id portico.StrategyID) error {
	return s.Commit(ctx, func(tx portico.Tx) error {
		probe := portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("auth_strategy_id", id)}}
		publications, err := tx.Publications().List(ctx, probe)
		if err != nil {
			return err
		}
		if publications.Total > 0 {
			return portico.Errorf(portico.KindConflict, "The auth strategy is used by %d published APIs; nothing was deleted. Publish them with another strategy first.", publications.Total)
		}
		apps, err := tx.Applications().List(ctx, probe)
		if err != nil {
			return err
		}
		if apps.Total > 0 {
			return portico.Errorf(portico.KindConflict, "The auth strategy is used by %d applications; nothing was deleted. Delete them first.", apps.Total)
		}
		if err := usecase.Disown(ctx, tx, access.Strategies, string(id)); err != nil {
			return err
		}
		return tx.Strategies().Delete(ctx, id)
	})
}

// AuthMethods lists the auth methods that a gateway can enforce.
func AuthMethods() []string {
	return []string{portico.MethodClientCredentials, portico.MethodBearer, portico.MethodSession}
}

// oidcConfig reads the named members out of an openid-connect configuration
// and checks what they mean together.
func oidcConfig(raw json.RawMessage) (portico.OIDCConfig, error) {
	var c struct {
		Issuer          string   `json:"issuer"`
		CredentialClaim []string `json:"credential_claim"`
		Scopes          []string `json:"scopes"`
		AuthMethods     []string `json:"auth_methods"`
		portico.PluginSettings
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return portico.OIDCConfig{}, &portico.Error{Kind: portico.KindInvalid, Err: err, Detail: "The openid-connect configuration cannot be read; nothing was changed.",
			Invalid: []portico.InvalidParameter{{Field: oidcField, Rule: "invalid", Reason: "must be an object with the members of the openid-connect plugin"}}}
	}
	faults := append(authMethodFaults(c.AuthMethods), settingFaults(c.PluginSettings)...)
	if c.Issuer == "" {
		faults = append(faults, portico.InvalidParameter{Field: oidcField + ".issuer", Rule: "required", Reason: "is a required field"})
	}
	if len(faults) > 0 {
		return portico.OIDCConfig{}, portico.InvalidAll(faults...)
	}
	return portico.OIDCConfig{Issuer: c.Issuer, CredentialClaim: c.CredentialClaim, Scopes: c.Scopes, AuthMethods: c.AuthMethods, Raw: raw}, nil
}

// maxLeeway is the greatest clock skew, in seconds, that a gateway grants.
const maxLeeway = 120

// tokenHeader is the header that an access token goes upstream in, or Kong's
// way to write that it goes there as a bearer token.
var tokenHeader = regexp.MustCompile(`^(?i:authorization:bearer|[a-z0-9-]{1,128})$`)

// settingFaults finds what no gateway could act on.
func settingFaults(p portico.PluginSettings) []portico.InvalidParameter {
	var faults []portico.InvalidParameter
	if len(p.ArgNames) != len(p.ArgValues) {
		faults = append(faults, portico.InvalidParameter{Field: oidcField + ".token_post_args_values", Rule: "invalid",
			Reason: fmt.Sprintf("must have one value for each of the %d token_post_args_names, not %d", len(p.ArgNames), len(p.ArgValues))})
	}
	if p.TokenHeader != "" && !tokenHeader.MatchString(p.TokenHeader) {
		faults = append(faults, portico.InvalidParameter{Field: oidcField + ".upstream_access_token_header", Rule: "matches_regex",
			Reason: "must be the name of a header, or authorization:bearer"})
	}
	if p.Leeway != nil && *p.Leeway < 0 {
		faults = append(faults, portico.InvalidParameter{Field: oidcField + ".leeway", Rule: "min", Minimum: new(0), Reason: "must be at least 0"})
	}
	if p.Leeway != nil && *p.Leeway > maxLeeway {
		faults = append(faults, portico.InvalidParameter{Field: oidcField + ".leeway", Rule: "max", Maximum: new(maxLeeway), Reason: fmt.Sprintf("must not be more than %d seconds", maxLeeway)})
	}
	return faults
}

// authMethodFaults finds the methods that no gateway enforces, and a session
// that nothing could begin.
func authMethodFaults(methods []string) []portico.InvalidParameter {
	var faults []portico.InvalidParameter
	for i, m := range methods {
		if !slices.Contains(AuthMethods(), m) {
			faults = append(faults, portico.InvalidParameter{Field: oidcField + ".auth_methods." + strconv.Itoa(i), Rule: "enum", Choices: AuthMethods(),
				Reason: "is not an auth method that the gateway enforces"})
		}
	}
	if len(faults) == 0 && len(methods) > 0 && !slices.ContainsFunc(methods, func(m string) bool { return m != portico.MethodSession }) {
		faults = append(faults, portico.InvalidParameter{Field: oidcField + ".auth_methods", Rule: "invalid",
			Reason: "must name client_credentials or bearer beside session: a session only continues what another method has begun"})
	}
	return faults
}

// mergeMembers sets members of a JSON object; a null removes one. Values that
// are not mentioned stay as they were written.
func mergeMembers(raw json.RawMessage, members map[string]json.RawMessage) (json.RawMessage, error) {
	merged := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &merged); err != nil {
		return nil, fmt.Errorf("stored openid-connect configuration: %w", err)
	}
	for name, value := range members {
		if string(value) == "null" {
			delete(merged, name)
		} else {
			merged[name] = value
		}
	}
	return json.Marshal(merged)
}

// activeStrategies says which of the strategies something published uses.
func activeStrategies(ctx context.Context, tx portico.Tx, strategies []portico.Strategy) (map[portico.StrategyID]bool, error) {
	active := map[portico.StrategyID]bool{}
	for _, s := range strategies {
		published, err := tx.Publications().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("auth_strategy_id", s.ID)}})
		if err != nil {
			return nil, err
		}
		active[s.ID] = published.Total > 0
	}
	return active, nil
}

// strategyViews adds what the API shows.
func strategyViews(ctx context.Context, tx portico.Tx, strategies []portico.Strategy) ([]StrategyView, error) {
	active, err := activeStrategies(ctx, tx, strategies)
	if err != nil {
		return nil, err
	}
	providers, err := tx.Providers().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	providerBy := usecase.By(providers.Items, func(p portico.Provider) portico.ProviderID { return p.ID })
	out := make([]StrategyView, len(strategies))
	for i, s := range strategies {
		out[i] = StrategyView{Strategy: s, Active: active[s.ID]}
		if s.ProviderID != nil {
			out[i].Provider = new(providerBy[*s.ProviderID])
		}
	}
	return out, nil
}

// samePtr reports whether two optional values are equal.
func samePtr[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
