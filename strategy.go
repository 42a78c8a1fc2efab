package portico

import (
	"encoding/json"
	"slices"
	"time"
)

// StrategyType is how applications prove who they are.
type StrategyType string

// The contract's strategy types.
const (
	StrategyKeyAuth       StrategyType = "key_auth"
	StrategyOpenIDConnect StrategyType = "openid_connect"
)

// Strategy is an application auth strategy.
type Strategy struct {
	ID          StrategyID
	Name        string // internal
	DisplayName string // shown to developers
	Type        StrategyType
	KeyAuth     *KeyAuthConfig // exactly one of KeyAuth and OIDC is set
	OIDC        *OIDCConfig
	ProviderID  *ProviderID // nil: key auth, or clients the developer brings along
	Principals  *bool       // principals.enabled, nil when never given
	Labels      map[string]string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// KeyAuthConfig is configs.key-auth.
type KeyAuthConfig struct {
	KeyNames []string `json:"key_names,omitempty"`
	TTL      *TTL     `json:"ttl,omitempty"`
}

// TTL is the life of an API key.
type TTL struct {
	Value int    `json:"value"`
	Unit  string `json:"unit"` // days, weeks or years
}

// LongestTTL is a century, so that the end of a key's life stays a date that
// every client can read.
func LongestTTL(unit string) int {
	switch unit {
	case "weeks":
		return 5_200
	case "years":
		return 100
	}
	return 36_500
}

// ExpiresAt is the end of a key's life that begins now.
func (t TTL) ExpiresAt(now time.Time) time.Time {
	switch t.Unit {
	case "weeks":
		return now.AddDate(0, 0, 7*t.Value)
	case "years":
		return now.AddDate(t.Value, 0, 0)
	}
	return now.AddDate(0, 0, t.Value)
}

// DefaultKeyNames are looked for when a key-auth strategy names none.
func DefaultKeyNames() []string { return []string{"apikey"} }

// OIDCConfig is configs.openid-connect. The contract leaves this object open:
// Raw is what the admin wrote, member by member, and is answered verbatim; the
// named fields are the required ones, read out of it.
type OIDCConfig struct {
	Issuer          string
	CredentialClaim []string
	Scopes          []string
	AuthMethods     []string
	Raw             json.RawMessage
}

// TokenArgs are the token request's own parameters, such as audience, as the
// strategy has them; nil if there are none.
func (c OIDCConfig) TokenArgs() map[string]string {
	var settings PluginSettings
	if len(c.Raw) == 0 || json.Unmarshal(c.Raw, &settings) != nil {
		return nil
	}
	var args map[string]string
	for i, name := range settings.ArgNames {
		if i < len(settings.ArgValues) {
			if args == nil {
				args = map[string]string{}
			}
			args[name] = settings.ArgValues[i]
		}
	}
	return args
}

// Has reports whether the auth method is switched on.
func (c OIDCConfig) Has(method string) bool { return slices.Contains(c.AuthMethods, method) }

// The auth methods that the gateway enforces. Others of the contract's free
// text are refused when a strategy is made.
const (
	MethodClientCredentials = "client_credentials"
	MethodBearer            = "bearer"
	MethodSession           = "session"
)

// CredentialType as the portal API names it.
type CredentialType string

// The credential types of an application.
const (
	CredentialKeyAuth     CredentialType = "key_auth"
	CredentialDCR         CredentialType = "client_credentials"
	CredentialSelfManaged CredentialType = "self_managed_client_credentials"
)

// CredentialType of applications that use this strategy.
func (s Strategy) CredentialType() CredentialType {
	switch {
	case s.Type == StrategyKeyAuth:
		return CredentialKeyAuth
	case s.ProviderID != nil:
		return CredentialDCR
	}
	return CredentialSelfManaged
}

// PluginSettings are the members of configs.openid-connect, beyond the required
// ones, that the gateway acts on (schema of the openid-connect plugin).
type PluginSettings struct {
	Audience       []string `json:"audience_required"`
	ScopesRequired []string `json:"scopes_required"`
	ArgNames       []string `json:"token_post_args_names"`
	ArgValues      []string `json:"token_post_args_values"`
	CacheTokens    *bool    `json:"cache_tokens"`
	HideCredential *bool    `json:"hide_credentials"`
	TokenHeader    string   `json:"upstream_access_token_header"`
	Leeway         *int     `json:"leeway"` // seconds
}
