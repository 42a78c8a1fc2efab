package portico

import (
	"context"
	"errors"
	"time"

	"portico/secret"
)

// IdP is the port to an identity provider's client management. Every method
// returns *IdPError for what the provider did; none retries a request that
// creates something.
type IdP interface {
	// Create registers a client. The create key makes a lost response
	// recoverable: Find with the same key tells whether the client exists.
	Create(ctx context.Context, spec ClientSpec, createKey string) (Client, error)
	// Find looks for the client of a create key; IdPNotFound if there is none.
	Find(ctx context.Context, createKey string) (ClientRef, error)
	// Read gives what the provider holds; IdPNotFound if there is no client.
	Read(ctx context.Context, ref ClientRef) (ClientState, error)
	// Update makes the client's readable settings equal to spec.
	Update(ctx context.Context, ref ClientRef, spec ClientSpec) error
	// Delete removes the client; a client that is gone already is a success.
	Delete(ctx context.Context, ref ClientRef) error
	// Verify checks that the issuer answers and that the credential suffices,
	// without leaving anything behind. The findings are sentences for an admin.
	Verify(ctx context.Context) (Verification, error)
	// Capabilities says what this provider can do.
	Capabilities() Capabilities
}

// SecretManager is the optional port of providers whose clients can hold more
// than one secret.
type SecretManager interface {
	// AddSecret issues a further secret and shows it once.
	AddSecret(ctx context.Context, ref ClientRef) (ClientSecret, error)
	// Secrets lists the secrets without their values.
	Secrets(ctx context.Context, ref ClientRef) ([]SecretInfo, error)
	// RevokeSecret makes a secret useless; one that is gone is a success.
	RevokeSecret(ctx context.Context, ref ClientRef, secretID string) error
}

// SecretReplacer is the optional port of providers whose clients hold a single
// secret that can be exchanged for another.
type SecretReplacer interface {
	// ReplaceSecret issues a new secret and shows it once; the old one is
	// useless from then on.
	ReplaceSecret(ctx context.Context, ref ClientRef) (ClientSecret, error)
}

// ClientHandles keeps what providers of RFC 7592's kind hand out for the
// management of a single client. Such a handle may change with every answer, so
// an adapter keeps it as soon as it reads it, before it does anything else.
// It belongs to one provider.
type ClientHandles interface {
	// Handle returns the handle of a client; KindNotFound.
	Handle(ctx context.Context, clientID string) (ClientHandle, error)
	// HandleOf returns the handle that was kept under a create key; KindNotFound.
	HandleOf(ctx context.Context, createKey string) (ClientHandle, error)
	// Keep adds a handle, or replaces the one of the same client.
	Keep(ctx context.Context, h ClientHandle) error
	// Forget removes the handle of a client; none is a success.
	Forget(ctx context.Context, clientID string) error
}

// ClientHandle is the right to manage one client (RFC 7591 §3.2.1).
type ClientHandle struct {
	ClientID  string
	CreateKey string
	URI       string      // registration_client_uri
	Token     secret.Text // registration_access_token
}

// KeptHandle is a ClientHandle as the store keeps it.
type KeptHandle struct {
	ID          ClientHandleID
	ProviderID  ProviderID
	ClientID    string
	CreateKey   string
	URI         string
	SealedToken []byte // opened only to manage the client
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// TokenPlace is where the handle's sealed token belongs.
func (h KeptHandle) TokenPlace() Place {
	return Place{Table: "client_handles", Column: "sealed_token", Row: string(h.ID)}
}

// ClientLister is the optional port of providers that can enumerate clients.
type ClientLister interface {
	// Clients lists one batch; an empty next means that it was the last.
	Clients(ctx context.Context, cursor string) (batch []ClientState, next string, err error)
}

// ClientEnabler is the optional port of providers whose clients can be switched
// off, and on again. Update never does: somebody may have had a reason.
type ClientEnabler interface {
	// EnableClient switches a client on; one that is on is a success. IdPNotFound.
	EnableClient(ctx context.Context, ref ClientRef) error
}

// ScopeChecker is the optional port of providers that can say what an auth
// strategy's scopes, audience and credential claim would run into. The warnings are
// sentences for an admin.
type ScopeChecker interface {
	CheckScopes(ctx context.Context, c OIDCConfig) (warnings []string)
}

// SetUp is the optional port of providers whose authorization server can be
// prepared for auth strategies.
type SetUp interface {
	// Plan says what is missing, in the order in which it would be made. Nothing
	// is changed, and where nothing is missing the plan is empty. IdPRejected: the
	// wishes cannot be met, and the detail says why.
	Plan(ctx context.Context, w SetUpWishes) ([]SetUpStep, error)
	// Apply makes what Plan names and returns the steps that it has done, also
	// with an error: a second Apply does the rest.
	Apply(ctx context.Context, w SetUpWishes) ([]SetUpStep, error)
}

// SetUpWishes are what auth strategies need of an authorization server.
type SetUpWishes struct {
	Scopes []string
	Claims [][]string // the credential claims, each as a way into the token; an empty one is no matter
}

// SetUpStep is one thing to make.
type SetUpStep struct {
	Kind   string // scope, claim, policy or rule
	Name   string
	Detail string // a sentence for an admin: what it is for, what it allows
}

// IdPs makes the adapter for a provider. The credential is the opened secret.
type IdPs interface {
	IdP(p Provider, credential secret.Text) (IdP, error)
	// Offers says whether there is an adapter for providers of a type.
	Offers(t ProviderType) bool
}

// EventReceiver is the optional port of providers that want to hear what
// becomes of an application besides its client.
type EventReceiver interface {
	// Notify tells of an event. One whose answer was lost is told again, so
	// hearing it twice must do no harm. IdPRejected: it is not to be told again.
	Notify(ctx context.Context, e ClientEvent) error
}

// ClientEvent is something that happened to an application. It tells how things
// stand, not how they changed: several changes may be told as one.
type ClientEvent struct {
	Kind  ClientEventKind
	Ref   ClientRef
	Spec  ClientSpec
	APIID APIID // of registrations
}

// ClientEventKind is what an event is about.
type ClientEventKind string

// The kinds (contract: DCR HTTP integration, EventType).
const (
	ApplicationUpdated  ClientEventKind = "update_application"
	RegistrationAdded   ClientEventKind = "add_registration"    // approved: the application may use the API
	RegistrationRemoved ClientEventKind = "remove_registration" // and now it may not
)

// Capabilities of an identity provider.
type Capabilities struct {
	MaxSecrets int // secrets a client may hold at once; 1: replace only
	// Unfindable: Find cannot tell. A client whose creation was not answered can
	// only be reported.
	Unfindable bool
	// DestructiveRead: reading a client changes its secret, so nothing is read
	// that need not be.
	DestructiveRead bool
	// Unread names what Read cannot tell of a client, of: name, redirect_uris,
	// grant_types, scopes, enabled. A difference there is not looked for.
	Unread []string
}

// ClientSpec is what Portico wants a client to be.
type ClientSpec struct {
	ApplicationID ApplicationID
	Owner         ClientOwner
	Name          string
	Description   string
	RedirectURIs  []string
	GrantTypes    []string
	Scopes        []string
	// Audience is the API that the strategy's tokens are asked for; empty: the
	// provider's default.
	Audience string
}

// ClientOwner is whose client it is. What is known of it in the identity
// provider tells the clients of several installations apart.
type ClientOwner struct {
	OrganizationID OrganizationID
	PortalID       PortalID
	DeveloperID    DeveloperID
	StrategyID     StrategyID
	AuthMethods    []string // of the strategy
}

// ClientRef addresses a client: the OAuth client id, and the provider's own id
// of the object where that differs.
type ClientRef struct {
	ClientID   string `json:"client_id"`
	ExternalID string `json:"external_id,omitempty"`
}

// Client is a client just registered. The secret exists only here.
type Client struct {
	Ref    ClientRef
	Secret ClientSecret
}

// ClientSecret is a secret just issued.
type ClientSecret struct {
	SecretInfo
	Value secret.Text
}

// SecretInfo is what may be told about a secret.
type SecretInfo struct {
	ID        string
	Active    bool
	CreatedAt *time.Time
	ExpiresAt *time.Time
}

// ClientState is what a provider says of a client.
type ClientState struct {
	Ref           ClientRef
	Name          string
	RedirectURIs  []string
	GrantTypes    []string
	Scopes        []string // nil: the provider does not bind scopes to clients
	Enabled       bool
	ApplicationID ApplicationID // empty: the client is not ours
	// OrganizationID is the installation that registered it; empty where the
	// provider has no room for it.
	OrganizationID OrganizationID
	CreatedAt      *time.Time
}

// Verification is the outcome of IdP.Verify.
type Verification struct {
	Errors   []string // each says what is wrong and what to do
	Warnings []string
	Checks   []Check // what was tried, in its order
}

// Check is a step of a verification.
type Check struct {
	Step  CheckStep
	State CheckState
	Fault string // with CheckFailed: one of the errors
	Took  time.Duration
}

// CheckStep is what a step looks at.
type CheckStep string

// The steps that every provider has.
const (
	CheckReachable CheckStep = "reachable" // the issuer answers
	CheckIssuer    CheckStep = "issuer"    // what it says of itself is about this issuer
	CheckKeys      CheckStep = "keys"      // it publishes keys that tokens can be verified with
	CheckToken     CheckStep = "token"     // the credential suffices to register clients
)

// The steps of a live check, with a client that is registered for it alone.
const (
	CheckClient  CheckStep = "client"  // it was registered
	CheckIssued  CheckStep = "issued"  // an auth strategy gets a token for it, which says whose it is
	CheckRemoved CheckStep = "removed" // it is gone again
)

// CheckState is how a step ended.
type CheckState string

// The states. A step is skipped where an earlier one leaves nothing to try.
const (
	CheckOK      CheckState = "ok"
	CheckFailed  CheckState = "failed"
	CheckSkipped CheckState = "skipped"
)

// Note adds a step that took so long; an empty fault says that it went well.
func (v *Verification) Note(step CheckStep, fault string, took time.Duration) {
	c := Check{Step: step, State: CheckOK, Took: took}
	if fault != "" {
		c.State, c.Fault = CheckFailed, fault
		v.Errors = append(v.Errors, fault)
	}
	v.Checks = append(v.Checks, c)
}

// Skip adds steps that could not be tried.
func (v *Verification) Skip(steps ...CheckStep) {
	for _, step := range steps {
		v.Checks = append(v.Checks, Check{Step: step, State: CheckSkipped})
	}
}

// IdPErrorKind is the taxonomy of what an identity provider does to us.
type IdPErrorKind int

// The kinds.
const (
	IdPUnavailable IdPErrorKind = iota // did not happen; may be tried again
	IdPAmbiguous                       // sent, outcome unknown: Find, never send again
	IdPDenied                          // our credential was refused: an admin must act
	IdPRejected                        // the client's metadata were refused
	IdPNotFound                        // no such client
)

// IdPError is a failed call of an identity provider. Detail never holds a
// secret and is fit for an admin.
type IdPError struct {
	Kind       IdPErrorKind
	Detail     string
	RetryAfter time.Duration
	Err        error
}

// Error implements error.
func (e *IdPError) Error() string {
	if e.Err != nil {
		return e.Detail + ": " + e.Err.Error()
	}
	return e.Detail
}

// Unwrap gives the cause.
func (e *IdPError) Unwrap() error { return e.Err }

// IsIdP reports whether err is an IdPError of the given kind.
func IsIdP(err error, kind IdPErrorKind) bool {
	e, ok := errors.AsType[*IdPError](err)
	return ok && e.Kind == kind
}
