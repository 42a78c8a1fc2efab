package portico

import (
	"slices"
	"time"

	"portico/secret"
)

// Application is what a developer builds. One that uses DCR always has its
// client in the identity provider: the row is written only after the client
// exists, and the client's removal is queued in the transaction that deletes
// the row.
type Application struct {
	ID          ApplicationID
	PortalID    PortalID
	DeveloperID DeveloperID // the owner; with TeamID who created it
	TeamID      *TeamID     // the team that owns it
	StrategyID  StrategyID
	Name        string // unique within the owner's applications
	Description *string
	Labels      map[string]string
	RedirectURI *string
	Scopes      []string
	ProviderID  *ProviderID // set when a DCR provider holds the client
	ClientID    string      // empty with key auth; unique within the strategy's provider or the portal
	ExternalID  string      // the identity provider's own id of the client
	// FormerClients are clients that it had before this one and that still
	// work, oldest first: where a client holds a single secret, a second client
	// stands in for a second secret.
	FormerClients []ClientRef
	Generation    int64 // grows with every rotation or revocation of a credential
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// ClientRef addresses the application's client in its identity provider.
func (a Application) ClientRef() ClientRef {
	return ClientRef{ClientID: a.ClientID, ExternalID: a.ExternalID}
}

// Clients are all its clients, the current one last.
func (a Application) Clients() []ClientRef {
	if a.ClientID == "" {
		return nil
	}
	return append(slices.Clone(a.FormerClients), a.ClientRef())
}

// Retire takes a client away from the application. The latest of those that
// are left becomes the current one; false: it has no such client, or no other.
func (a *Application) Retire(clientID string) bool {
	left := slices.DeleteFunc(a.Clients(), func(ref ClientRef) bool { return ref.ClientID == clientID })
	if len(left) == 0 || len(left) == len(a.FormerClients)+1 {
		return false
	}
	current := left[len(left)-1]
	a.ClientID, a.ExternalID, a.FormerClients = current.ClientID, current.ExternalID, left[:len(left)-1]
	return true
}

// Succeed makes a new client the current one; the others go on working.
func (a *Application) Succeed(ref ClientRef) {
	a.FormerClients = a.Clients()
	a.ClientID, a.ExternalID = ref.ClientID, ref.ExternalID
}

// IssuedSecret is what is known of a client secret without asking the identity
// provider: when it was issued, and when it ends.
type IssuedSecret struct {
	ID            IssuedSecretID
	ApplicationID ApplicationID
	ClientID      string
	SecretID      string // the identity provider's; the client's where it holds a single one
	ExpiresAt     *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Limits of the contract.
const (
	MaxApplicationsPerDeveloper = 500
	MaxAPIKeysPerApplication    = 20
)

// APIKey is a credential of an application with key auth. The key is shown
// once; only its digest is kept.
type APIKey struct {
	ID            APIKeyID
	ApplicationID ApplicationID
	DisplayName   string
	Digest        secret.Digest // unique
	ExpiresAt     *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Registration lets an application use an API once it is approved.
// (Application, API) is unique.
type Registration struct {
	ID            RegistrationID
	ApplicationID ApplicationID
	APIID         APIID
	PortalID      PortalID
	Status        Status
	Comment       string // the developer's, to whoever approves
	Reason        string // of the decision, for the developer
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Handoff carries new credentials from the request that made them to the page
// that shows them. What is sealed opens only with a key that the developer's
// browser holds, so the database alone reveals nothing. Its id is chosen
// before the credentials are made: a request that is sent twice meets it.
type Handoff struct {
	ID            HandoffID
	PortalID      PortalID
	DeveloperID   DeveloperID
	ApplicationID *ApplicationID // nil until the credentials are there
	Sealed        []byte         // empty until then
	ExpiresAt     time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// TaskKind is a step of the registration saga that must not be lost.
type TaskKind string

// The task kinds.
const (
	TaskRegister   TaskKind = "register"   // a client may exist that no application owns yet
	TaskDeregister TaskKind = "deregister" // a client must go
	TaskRotate     TaskKind = "rotate"     // a secret may exist that nobody was shown
	TaskNotify     TaskKind = "notify"     // the provider has yet to hear how things stand
)

// Task is an intent, written before the identity provider is called and
// removed in the transaction that makes its outcome true. What is left after
// DueAt was interrupted: the reconciler finishes or undoes it.
type Task struct {
	ID            TaskID
	Kind          TaskKind
	ProviderID    ProviderID
	ApplicationID ApplicationID
	APIID         APIID     // with TaskNotify: of the registration that it is about; empty: the application itself
	CreateKey     string    // with TaskRegister
	Client        ClientRef // with TaskDeregister and TaskRotate
	SecretIDs     []string  // with TaskRotate: the secrets to keep; nil: not decided yet, all of them
	Attempts      int
	LastError     string
	DueAt         time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}
