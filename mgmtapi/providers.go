package mgmtapi

import (
	"net/http"
	"regexp"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
	"portico/oauth"
	"portico/secret"
)

// providerRoutes: DCR providers (contract: application-auth-strategies v2).
func (s *server) providerRoutes() []route.Route {
	return []route.Route{
		route.On("POST", "/v2/dcr-providers", "create-dcr-provider", s.createProvider, access.For(access.Providers, access.Create, "")),
		route.On("GET", "/v2/dcr-providers", "list-dcr-providers", s.listProviders, access.For(access.Providers, access.View, "")),
		route.On("GET", "/v2/dcr-providers/{dcrProviderId}", "get-dcr-provider", s.provider, access.For(access.Providers, access.View, "dcrProviderId")),
		route.On("PATCH", "/v2/dcr-providers/{dcrProviderId}", "update-dcr-provider", s.updateProvider, access.For(access.Providers, access.Edit, "dcrProviderId")),
		route.On("DELETE", "/v2/dcr-providers/{dcrProviderId}", "delete-dcr-provider", s.deleteProvider, access.For(access.Providers, access.Delete, "dcrProviderId")),
		route.On("POST", "/v2/dcr-providers/{dcrProviderId}/verify", "verify-dcr-provider", s.verifyProvider, access.For(access.Providers, access.Edit, "dcrProviderId")),
		route.On("GET", "/v2/dcr-providers/{dcrProviderId}/health", "", s.providerHealth, access.For(access.Providers, access.View, "dcrProviderId")),
		route.On("POST", "/v2/dcr-providers/{dcrProviderId}/set-up", "", s.setUpProvider, access.For(access.Providers, access.Edit, "dcrProviderId")),
		route.On("GET", "/v2/dcr-providers/{dcrProviderId}/findings", "", s.findings, access.For(access.Providers, access.View, "dcrProviderId")),
		route.On("POST", "/v2/dcr-providers/{dcrProviderId}/reconcile", "", s.reconcileProvider, access.For(access.Providers, access.Edit, "dcrProviderId")),
	}
}

// providerView is the contract's DcrProvider. DCRConfig has the members of its
// type, without the secret.
type providerView struct {
	ID           portico.ProviderID   `json:"id"`
	Name         string               `json:"name"`
	DisplayName  *string              `json:"display_name,omitempty"`
	ProviderType portico.ProviderType `json:"provider_type"`
	Issuer       string               `json:"issuer"`
	Active       bool                 `json:"active"`
	DCRConfig    any                  `json:"dcr_config"`
	Labels       map[string]string    `json:"labels"`
	CreatedAt    httpkit.Timestamp    `json:"created_at"`
	UpdatedAt    httpkit.Timestamp    `json:"updated_at"`
}

func viewProvider(p control.ProviderView) providerView {
	return providerView{
		ID: p.ID, Name: p.Name, DisplayName: p.DisplayName, ProviderType: p.Type, Issuer: p.Issuer, Active: p.Active,
		DCRConfig: viewProviderConfig(p.Provider), Labels: wire.NotNil(p.Labels),
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

// auth0Config, clientConfig, bridgeConfig and the empty object are the
// contract's dcr_config of answers.
type auth0Config struct {
	InitialClientID           string  `json:"initial_client_id"`
	InitialClientAudience     *string `json:"initial_client_audience"`
	UseDeveloperManagedScopes bool    `json:"use_developer_managed_scopes"`
}

type clientConfig struct {
	InitialClientID string `json:"initial_client_id"`
}

// oktaConfig is the contract's empty object, unless what Portico has beyond it is
// used.
type oktaConfig struct {
	ServiceClientID  string                   `json:"client_id,omitempty"`
	RegistrationMode portico.RegistrationMode `json:"registration_mode,omitempty"`
}

type bridgeConfig struct {
	BaseURL                  string `json:"dcr_base_url"`
	DisableEventHooks        bool   `json:"disable_event_hooks"`
	DisableRefreshSecret     bool   `json:"disable_refresh_secret"`
	AllowMultipleCredentials bool   `json:"allow_multiple_credentials"`
}

// registrationConfig is that of Portico's own type.
type registrationConfig struct {
	RegistrationEndpoint  *string `json:"registration_endpoint"`
	HasInitialAccessToken bool    `json:"has_initial_access_token"`
}

func viewProviderConfig(p portico.Provider) any {
	c := p.Config
	switch p.Type {
	case portico.ProviderAuth0:
		return auth0Config{c.InitialClientID, c.InitialClientAudience, c.UseDeveloperManagedScopes}
	case portico.ProviderAzureAD, portico.ProviderCurity:
		return clientConfig{c.InitialClientID}
	case portico.ProviderOkta:
		return oktaConfig{c.ServiceClientID, c.RegistrationMode}
	case portico.ProviderHTTP:
		return bridgeConfig{c.BaseURL, c.DisableEventHooks, c.DisableRefreshSecret, c.AllowMultipleCredentials}
	case portico.ProviderRFC7591:
		return registrationConfig{c.RegistrationEndpoint, len(p.SealedSecret) > 0}
	}
	return struct{}{}
}

// maxInitialToken leaves room for an access token that is a JWT.
const maxInitialToken = 4096

// apiKey is what the contract asks of the http bridge's key.
var apiKey = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)

// readProviderConfig reads dcr_config with the members that the type has.
// presence is Required when a provider is created and Optional when changed.
func readProviderConfig(body *httpkit.Object, t portico.ProviderType, presence httpkit.Rule) (control.ProviderConfigChange, portico.Opt[secret.Text]) {
	var c control.ProviderConfigChange
	sealed := func(text portico.Opt[string]) portico.Opt[secret.Text] {
		return portico.Opt[secret.Text]{Set: text.Set, Value: secret.New(text.Value)}
	}
	switch t {
	case portico.ProviderAuth0, portico.ProviderAzureAD, portico.ProviderCurity:
		o := body.Object("dcr_config", presence)
		c.InitialClientID = o.OptString("initial_client_id", presence, httpkit.Length(1, 256))
		if t == portico.ProviderAuth0 {
			c.InitialClientAudience = o.OptString("initial_client_audience", httpkit.MaxLength(256), httpkit.Nullable)
			c.UseDeveloperManagedScopes = o.OptBool("use_developer_managed_scopes")
		}
		return c, sealed(o.OptString("initial_client_secret", presence, httpkit.Length(1, 256)))
	case portico.ProviderHTTP:
		o := body.Object("dcr_config", presence)
		c.BaseURL = o.OptURL("dcr_base_url", presence, httpkit.MaxLength(256))
		c.DisableEventHooks = o.OptBool("disable_event_hooks")
		c.DisableRefreshSecret = o.OptBool("disable_refresh_secret")
		c.AllowMultipleCredentials = o.OptBool("allow_multiple_credentials")
		return c, sealed(o.OptString("api_key", presence, httpkit.Length(12, 256), httpkit.Pattern(apiKey, "made of letters, digits and underscores")))
	case portico.ProviderOkta:
		return readOktaConfig(body.Object("dcr_config", presence), presence)
	case portico.ProviderRFC7591:
		o := body.Object("dcr_config") // may be left out where registering is open to everybody
		c.RegistrationEndpoint = o.OptURL("registration_endpoint", httpkit.MaxLength(256), httpkit.Nullable)
		return c, sealed(o.OptString("initial_access_token", httpkit.Length(1, maxInitialToken), httpkit.Nullable))
	case portico.ProviderKongIdentity:
		body.Object("dcr_config") // may be left out, and has no members
	default:
		body.Ignore("dcr_config") // without a type nothing can be said of it
	}
	return c, portico.Opt[secret.Text]{}
}

// maxPrivateKey is how long a JSON Web Key may be: those of RSA with 4096 bits
// have about 3,200 characters.
const maxPrivateKey = 8192

// readOktaConfig reads the contract's API token or, beyond the contract, the
// service app that is used in its place; and which of Okta's APIs registers.
func readOktaConfig(o *httpkit.Object, presence httpkit.Rule) (c control.ProviderConfigChange, credential portico.Opt[secret.Text]) {
	c.RegistrationMode = o.OptEnum("registration_mode", httpkit.Optional, string(portico.RegistrationApps), string(portico.RegistrationDCR))
	if !o.Has("client_id") && !o.Has("private_key") {
		token := o.OptString("dcr_token", presence, httpkit.Length(1, 256))
		c.ServiceClientID = portico.Opt[string]{Set: token.Set}
		return c, portico.Opt[secret.Text]{Set: token.Set, Value: secret.New(token.Value)}
	}
	if o.Has("dcr_token") {
		o.Ignore("dcr_token")
		o.Invalid("dcr_token", "invalid", "cannot stand beside the client_id and private_key of a service app")
	}
	c.ServiceClientID = o.OptString("client_id", httpkit.Required, httpkit.Length(1, 100))
	key := o.OptString("private_key", httpkit.Required, httpkit.Length(1, maxPrivateKey))
	credential = portico.Opt[secret.Text]{Set: key.Set, Value: secret.New(key.Value)}
	if _, err := oauth.NewClientSigner(credential.Value); key.Set && err != nil {
		o.Invalid("private_key", "invalid", "cannot be used: "+err.Error())
	}
	return c, credential
}

func (s *server) createProvider(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := control.NewProvider{
		Type:        portico.ProviderType(o.Enum("provider_type", httpkit.Required, texts(portico.ProviderTypes())...)),
		Name:        o.String("name", httpkit.Required, httpkit.Length(1, 256)),
		DisplayName: o.OptString("display_name", httpkit.Length(1, 256)).Ptr(),
		Issuer:      readIssuer(o, httpkit.Required).Value,
		Labels:      wire.NewLabels(o),
	}
	config, value := readProviderConfig(o, in.Type, httpkit.Required)
	config.Apply(&in.Config)
	in.Secret = value.Value
	if err := o.Err(); err != nil {
		return err
	}
	created, err := s.Providers.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewProvider(created))
}

// providerSpec is what the list of providers can be asked for.
func providerSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.String(), "issuer": listing.String(), "name": listing.String(),
			"provider_type":     listing.Enum(texts(portico.ProviderTypes())...),
			"initial_client_id": listing.String(), "initial_client_audience": listing.String(),
		},
		Sorts: []string{"created_at", "updated_at", "provider_type", "issuer", "name"},
	}
}

func (s *server) listProviders(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, providerSpec())
	if err != nil {
		return err
	}
	page, err := s.Providers.List(r.Context(), access.Visible(r.Context(), q, access.Providers, "id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewProvider))
}

func (s *server) provider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	p, err := s.Providers.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewProvider(p))
}

func (s *server) updateProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	before, err := s.Providers.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ch := control.ProviderChange{
		Name:        o.OptString("name", httpkit.Length(1, 256)),
		DisplayName: o.OptString("display_name", httpkit.Length(1, 256)),
		Issuer:      readIssuer(o, httpkit.Optional),
		Labels:      o.Labels("labels"),
	}
	ch.Config, ch.Secret = readProviderConfig(o, before.Type, httpkit.Optional)
	if err := o.Err(); err != nil {
		return err
	}
	after, err := s.Providers.Update(r.Context(), id, ch)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewProvider(after))
}

func (s *server) deleteProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	if err := s.Providers.Delete(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// verificationView is the contract's VerifyDcrProviderResponse. A failed
// verification is an answer, not an error of the request.
type verificationView struct {
	Status string   `json:"status"`
	Errors []string `json:"errors"`
}

func (s *server) verifyProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	result, err := s.Doctor.Verify(r.Context(), id)
	if err != nil {
		return err
	}
	// The contract has no place of its own for what works but may not be meant.
	status, said := "success", append([]string{}, result.Errors...)
	if len(said) > 0 {
		status = "failed"
	}
	for _, warning := range result.Warnings {
		said = append(said, "Warning: "+warning)
	}
	return httpkit.JSON(w, http.StatusOK, verificationView{Status: status, Errors: said})
}

// setUpView is the answer of Portico's own operation that prepares a provider's
// authorization server: what was made or, of a dry run, would be.
type setUpView struct {
	DryRun bool            `json:"dry_run"`
	Steps  []setUpStepView `json:"steps"`
}

type setUpStepView struct {
	Kind   string `json:"kind"` // scope, claim, policy or rule
	Name   string `json:"name"`
	Detail string `json:"detail"`
}

func (s *server) setUpProvider(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ProviderID](r, "dcrProviderId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	view, run := setUpView{DryRun: o.Bool("dry_run", false, httpkit.Required), Steps: []setUpStepView{}}, s.SetUp.Apply
	if err := o.Err(); err != nil {
		return err
	}
	if view.DryRun {
		run = s.SetUp.Plan
	}
	steps, err := run(r.Context(), id)
	if err != nil {
		return err
	}
	for _, step := range steps {
		view.Steps = append(view.Steps, setUpStepView(step))
	}
	return httpkit.JSON(w, http.StatusOK, view)
}
