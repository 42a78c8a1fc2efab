package snapshot

import (
	"slices"
	"time"

	"portico/secret"
)

// Snapshot is the whole configuration at one version. Epoch names the history
// that Version counts in: another epoch means another database, or a restored
// one, and versions of two epochs cannot be compared.
type Snapshot struct {
	Epoch        string        `cbor:"1,keyasint"`
	Version      uint64        `cbor:"2,keyasint"`
	Routing      Routing       `cbor:"3,keyasint"`
	Applications []Application `cbor:"4,keyasint,omitempty"`
}

// Routing is the part that changes rarely and is replaced whole.
type Routing struct {
	Services   []Service  `cbor:"1,keyasint,omitempty"`
	Routes     []Route    `cbor:"2,keyasint,omitempty"`
	Strategies []Strategy `cbor:"3,keyasint,omitempty"`
	Plugins    []Plugin   `cbor:"4,keyasint,omitempty"`
	// Operations are those whose access is controlled one by one.
	Operations []Operation `cbor:"5,keyasint,omitempty"`
}

// Service is an upstream server. Retries counts further attempts after the
// first; a zero timeout means the gateway's own default.
type Service struct {
	ID             string        `cbor:"1,keyasint"`
	Name           string        `cbor:"2,keyasint,omitempty"`
	ControlPlaneID string        `cbor:"3,keyasint,omitempty"`
	Protocol       string        `cbor:"4,keyasint"`
	Host           string        `cbor:"5,keyasint"`
	Port           int           `cbor:"6,keyasint"`
	Path           string        `cbor:"7,keyasint,omitempty"`
	ConnectTimeout time.Duration `cbor:"8,keyasint,omitempty"`
	ReadTimeout    time.Duration `cbor:"9,keyasint,omitempty"`
	WriteTimeout   time.Duration `cbor:"10,keyasint,omitempty"`
	Retries        int           `cbor:"11,keyasint,omitempty"`
	Enabled        bool          `cbor:"12,keyasint,omitempty"`
	// Access holds one entry per publication of an API that the service
	// implements. Empty: open to everyone.
	Access []Access `cbor:"13,keyasint,omitempty"`
	// ByOperation: requests for an operation of the control plane are decided
	// by the operation's access instead.
	ByOperation bool `cbor:"14,keyasint,omitempty"`
}

// Access lets in the applications of one portal that authenticate with one
// strategy and are registered for one API, or for one package of operations.
type Access struct {
	APIID      string `cbor:"1,keyasint"`
	PortalID   string `cbor:"2,keyasint"`
	StrategyID string `cbor:"3,keyasint"`
	// Limit is how many requests for an operation an application may send in a
	// Window; without a window there is no limit.
	Limit  int           `cbor:"4,keyasint,omitempty"`
	Window time.Duration `cbor:"5,keyasint,omitempty"`
}

// Operation is a method and a path of the services of a control plane. A path
// segment, or a part of one, in braces stands for any text.
type Operation struct {
	ID             string   `cbor:"1,keyasint"`
	ControlPlaneID string   `cbor:"2,keyasint"`
	Method         string   `cbor:"3,keyasint"`
	Template       string   `cbor:"4,keyasint"` // such as /v1/orders/{id}
	Access         []Access `cbor:"5,keyasint"` // never empty
}

// Route sends matching requests to a service, by the rules of Kong's
// traditional router. A path that starts with "~" is a regular expression.
type Route struct {
	ID            string              `cbor:"1,keyasint"`
	Name          string              `cbor:"2,keyasint,omitempty"`
	ServiceID     string              `cbor:"3,keyasint"`
	Protocols     []string            `cbor:"4,keyasint,omitempty"`
	Methods       []string            `cbor:"5,keyasint,omitempty"`
	Hosts         []string            `cbor:"6,keyasint,omitempty"`
	Paths         []string            `cbor:"7,keyasint,omitempty"`
	Headers       map[string][]string `cbor:"8,keyasint,omitempty"`
	StripPath     bool                `cbor:"9,keyasint,omitempty"`
	PreserveHost  bool                `cbor:"10,keyasint,omitempty"`
	RegexPriority int                 `cbor:"11,keyasint,omitempty"`
	CreatedAt     time.Time           `cbor:"12,keyasint,omitempty"`
}

// Kinds of a Strategy.
const (
	KeyAuth       = "key_auth"
	OpenIDConnect = "openid_connect"
)

// Strategy is an application auth strategy: how callers prove who they are.
// KeyNames belongs to KeyAuth (empty means "apikey"), OIDC to OpenIDConnect.
type Strategy struct {
	ID       string   `cbor:"1,keyasint"`
	Kind     string   `cbor:"2,keyasint"`
	KeyNames []string `cbor:"3,keyasint,omitempty"`
	OIDC     *OIDC    `cbor:"4,keyasint,omitempty"`
}

// OIDC is the part of a strategy that concerns the identity provider.
type OIDC struct {
	Issuer string `cbor:"1,keyasint"`
	// CredentialClaim is the path of the claim that holds the client id;
	// empty means "sub".
	CredentialClaim []string `cbor:"2,keyasint,omitempty"`
	// Scopes are requested in exchanges; empty means "openid".
	Scopes []string `cbor:"3,keyasint,omitempty"`
	// AuthMethods the gateway acts on: client_credentials, bearer, session.
	AuthMethods []string `cbor:"4,keyasint,omitempty"`
	// Dialect is the DCR provider type ("okta"…), or "".
	Dialect string `cbor:"5,keyasint,omitempty"`
	// Audiences: a token must name one of them; empty accepts any.
	Audiences []string `cbor:"6,keyasint,omitempty"`
	// ScopesRequired: a token must hold every scope of one of the entries,
	// each a space-separated list; empty accepts any.
	ScopesRequired []string `cbor:"7,keyasint,omitempty"`
	CacheTokens    bool     `cbor:"8,keyasint,omitempty"`
	// TokenArgs are further form fields of the token request, such as Auth0's
	// audience.
	TokenArgs       map[string]string `cbor:"9,keyasint,omitempty"`
	HideCredentials bool              `cbor:"10,keyasint,omitempty"`
	// UpstreamTokenHeader carries the access token to the upstream; empty
	// means "Authorization: Bearer".
	UpstreamTokenHeader string        `cbor:"11,keyasint,omitempty"`
	Leeway              time.Duration `cbor:"12,keyasint,omitempty"`
	// StrictType accepts only tokens of type at+jwt (RFC 9068).
	StrictType bool `cbor:"13,keyasint,omitempty"`
	// UnencodedBasic accepts "Basic id:secret" without base64.
	UnencodedBasic bool `cbor:"14,keyasint,omitempty"`
}

// Application is a developer's application as the gateway knows it.
type Application struct {
	ID         string `cbor:"1,keyasint"`
	Name       string `cbor:"2,keyasint,omitempty"`
	PortalID   string `cbor:"3,keyasint"`
	StrategyID string `cbor:"4,keyasint"`
	ClientID   string `cbor:"5,keyasint,omitempty"`
	Keys       []Key  `cbor:"6,keyasint,omitempty"`
	// Registrations are the ids of the APIs with an approved registration.
	Registrations []string `cbor:"7,keyasint,omitempty"`
	// Generation grows when credentials rotate or are revoked: cached tokens
	// and sessions of an older generation are dropped.
	Generation uint64 `cbor:"8,keyasint,omitempty"`
	// Consumers are as whom it calls, at most one in each control plane.
	Consumers []Consumer `cbor:"9,keyasint,omitempty"`
	// FormerClients are client ids that it had before and that still work.
	FormerClients []string `cbor:"10,keyasint,omitempty"`
	// Scopes are those of the strategy's that it has; empty: all of them.
	Scopes []string `cbor:"11,keyasint,omitempty"`
}

// clientIDs are all of its client ids.
func (a *Application) clientIDs() []string {
	if a.ClientID == "" {
		return nil
	}
	return append(slices.Clone(a.FormerClients), a.ClientID)
}

// Consumer is as whom an application calls the services of a control plane.
type Consumer struct {
	ID             string `cbor:"1,keyasint"`
	ControlPlaneID string `cbor:"2,keyasint"`
	Username       string `cbor:"3,keyasint,omitempty"`
	CustomID       string `cbor:"4,keyasint,omitempty"`
}

// Consumer is as whom the application calls in a control plane; nil when it
// has no consumer there.
func (a *Application) Consumer(controlPlaneID string) *Consumer {
	for i := range a.Consumers {
		if a.Consumers[i].ControlPlaneID == controlPlaneID {
			return &a.Consumers[i]
		}
	}
	return nil
}

// Key is one API key of an application. A zero ExpiresAt means never.
type Key struct {
	ID        string        `cbor:"1,keyasint"`
	Digest    secret.Digest `cbor:"2,keyasint"`
	ExpiresAt time.Time     `cbor:"3,keyasint,omitempty"`
}

// Delta leads from version From to version To of the same epoch. Upserted
// holds whole applications; Removed holds ids.
type Delta struct {
	Epoch    string
	From     uint64
	To       uint64
	Routing  *Routing // nil: unchanged
	Upserted []Application
	Removed  []string
}
