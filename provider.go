package portico

import (
	"cmp"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// ProviderType is the kind of identity provider behind a DCR provider.
type ProviderType string

// The contract's provider types.
const (
	ProviderAuth0        ProviderType = "auth0"
	ProviderAzureAD      ProviderType = "azureAd"
	ProviderCurity       ProviderType = "curity"
	ProviderOkta         ProviderType = "okta"
	ProviderKongIdentity ProviderType = "kongIdentity"
	ProviderHTTP         ProviderType = "http"
)

// ProviderRFC7591 is Portico's own addition to the contract's types: any
// authorization server with Dynamic Client Registration (RFC 7591, RFC 7592).
const ProviderRFC7591 ProviderType = "rfc7591"

// ProviderTypes lists every provider type: the contract's in its order, then ours.
func ProviderTypes() []ProviderType {
	return []ProviderType{ProviderAuth0, ProviderAzureAD, ProviderCurity, ProviderOkta, ProviderKongIdentity, ProviderHTTP, ProviderRFC7591}
}

// TakesSecret says whether providers of the type may have a secret: Portico
// manages clients in its own server by itself.
func (t ProviderType) TakesSecret() bool { return t != ProviderKongIdentity }

// NeedsSecret says whether they must: a server may let everybody register.
func (t ProviderType) NeedsSecret() bool { return t.TakesSecret() && t != ProviderRFC7591 }

// Provider is a DCR provider: an identity provider that Portico may register
// OAuth clients in. Its one secret (management token, initial client secret or
// API key, by type) is kept sealed and answered by no API.
type Provider struct {
	ID           ProviderID
	Name         string // internal: developers never see it
	DisplayName  *string
	Type         ProviderType
	Issuer       string
	Config       ProviderConfig
	SealedSecret []byte // opened only to call the identity provider
	Labels       map[string]string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// ProviderConfig is the readable part of the configuration; each type uses the
// fields that the contract gives it and leaves the others zero.
type ProviderConfig struct {
	InitialClientID           string  `json:"initial_client_id,omitempty"`
	InitialClientAudience     *string `json:"initial_client_audience,omitempty"`
	UseDeveloperManagedScopes bool    `json:"use_developer_managed_scopes,omitempty"`
	BaseURL                   string  `json:"dcr_base_url,omitempty"`
	RegistrationEndpoint      *string `json:"registration_endpoint,omitempty"` // where the issuer names none, or one at another host
	DisableEventHooks         bool    `json:"disable_event_hooks,omitempty"`
	DisableRefreshSecret      bool    `json:"disable_refresh_secret,omitempty"`
	AllowMultipleCredentials  bool    `json:"allow_multiple_credentials,omitempty"`
	// Portico's own, of Okta: the service app that registers clients in the place
	// of an API token, and the API that it does so with.
	ServiceClientID  string           `json:"client_id,omitempty"`
	RegistrationMode RegistrationMode `json:"registration_mode,omitempty"`
}

// Endpoint is RegistrationEndpoint; empty: there is none.
func (c ProviderConfig) Endpoint() string {
	if c.RegistrationEndpoint == nil {
		return ""
	}
	return *c.RegistrationEndpoint
}

// Registration is RegistrationMode, also where none is said.
func (c ProviderConfig) Registration() RegistrationMode {
	return cmp.Or(c.RegistrationMode, RegistrationApps)
}

// Same says whether two configurations mean the same.
func (c ProviderConfig) Same(other ProviderConfig) bool {
	c.RegistrationMode, other.RegistrationMode = c.Registration(), other.Registration()
	return reflect.DeepEqual(c, other)
}

// RegistrationMode is which of Okta's APIs registers clients.
type RegistrationMode string

// The modes. The Apps API lets a client hold two secrets and be found by its
// client_id; Dynamic Client Registration needs fewer rights.
const (
	RegistrationApps RegistrationMode = "apps" // also where none is said
	RegistrationDCR  RegistrationMode = "dcr"
)

// SupportsMultipleCredentials says whether a client at this provider can hold
// more than one secret (contract: supports_multiple_credentials).
func (p Provider) SupportsMultipleCredentials() bool {
	switch p.Type {
	case ProviderOkta:
		return p.Config.Registration() == RegistrationApps
	case ProviderAzureAD, ProviderKongIdentity:
		return true
	case ProviderHTTP:
		return p.Config.AllowMultipleCredentials
	}
	return false
}

// WantsEvents says whether the provider is told what becomes of applications
// (EventReceiver).
func (p Provider) WantsEvents() bool {
	return p.Type == ProviderHTTP && !p.Config.DisableEventHooks
}

// SecretPlace is where the provider's sealed secret belongs: a ciphertext that
// was moved to another row does not open.
func (p Provider) SecretPlace() Place {
	return Place{Table: "dcr_providers", Column: "sealed_secret", Row: string(p.ID)}
}

// KeepsSecret says whether the provider's secret may be used once the provider
// is changed: for no host that it is not sent to now, for whoever may edit a
// provider must not learn its secret by that; and not as a secret of another
// sort, for a private key must not be sent as a token.
func (p Provider) KeepsSecret(changed Provider) bool {
	known := p.origins()
	return p.Config.ServiceClientID == changed.Config.ServiceClientID &&
		!slices.ContainsFunc(changed.origins(), func(origin string) bool { return !slices.Contains(known, origin) })
}

// origins are the hosts that the secret may be sent to.
func (p Provider) origins() (out []string) {
	for _, address := range []string{p.Issuer, p.Config.BaseURL, p.Config.Endpoint()} {
		if address == "" {
			continue
		}
		at, err := url.Parse(address)
		if err != nil {
			out = append(out, address)
			continue
		}
		out = append(out, strings.ToLower(at.Scheme+"://"+at.Host))
	}
	return out
}

// TidyIssuer keeps an issuer as it was written: whether it ends in a slash is
// part of its identity (OpenID Connect Discovery 1.0 §4.3). Only a slip of
// several slashes is mended.
func TidyIssuer(issuer string) string {
	bare := strings.TrimRight(issuer, "/")
	if len(issuer)-len(bare) > 1 {
		return bare + "/"
	}
	return issuer
}

// ProviderHealth is what requests to a provider told of it lately. What has not
// happened yet is zero.
type ProviderHealth struct {
	LastSuccess time.Time
	LastFailure time.Time
	Failure     string    // the last one, for an admin; never an address or a secret
	Room        *RateRoom // nil: the provider does not tell, or has not yet
}

// RateRoom is what is left of a rate limit until its window ends.
type RateRoom struct {
	Limit     int64
	Remaining int64
	ResetAt   time.Time
}

// Failing says whether the provider failed after it last did its part.
func (h ProviderHealth) Failing() bool { return h.LastFailure.After(h.LastSuccess) }
