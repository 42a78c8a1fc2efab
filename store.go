package portico

import (
	"context"

	"portico/secret"
)

// Store keeps everything that Portico knows. An identity provider is never
// called inside View or Update.
type Store interface {
	// View runs fn on a consistent, read-only state.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn in one serializable transaction: all of it or nothing. fn
	// may run again when transactions collide, so it must have no other effect.
	Update(ctx context.Context, fn func(Tx) error) error
}

// Collection is the way to one kind of entity within a transaction.
type Collection[ID ~string, T any] interface {
	// Insert adds an entity; KindConflict names what must be unique.
	Insert(ctx context.Context, entity T) error
	// ByID returns it; KindNotFound.
	ByID(ctx context.Context, id ID) (T, error)
	// List returns a page; without Sort, newest last. Ties are broken by id.
	List(ctx context.Context, q ListQuery) (Page[T], error)
	// Change reads an entity, lets fn change it and writes it back with
	// UpdatedAt set; KindNotFound, KindConflict, or fn's error.
	Change(ctx context.Context, id ID, fn func(*T) error) (T, error)
	// Delete removes it and what the schema says belongs to it; KindNotFound,
	// or KindConflict when something else still refers to it.
	Delete(ctx context.Context, id ID) error
}

// Tx is one transaction.
type Tx interface {
	AccountTx
	AuthTx
	CatalogTx
	GatewayTx
	DeveloperTx
	ApplicationTx
	ChangeTx
}

// AccountTx holds the admins' side.
type AccountTx interface {
	Organizations() Collection[OrganizationID, Organization]
	Users() Collection[UserID, User]
	AccessTokens() Collection[AccessTokenID, AccessToken]
}

// AuthTx holds application auth.
type AuthTx interface {
	Providers() Collection[ProviderID, Provider]
	Strategies() Collection[StrategyID, Strategy]
}

// CatalogTx holds what is published where.
type CatalogTx interface {
	Portals() Collection[PortalID, Portal]
	APIs() Collection[APIID, API]
	Versions() Collection[VersionID, Version]
	Publications() Collection[PublicationID, Publication]
	Implementations() Collection[ImplementationID, Implementation]
}

// GatewayTx holds the core entities.
type GatewayTx interface {
	ControlPlanes() Collection[ControlPlaneID, ControlPlane]
	Services() Collection[ServiceID, Service]
	Routes() Collection[RouteID, Route]
}

// DeveloperTx holds the developers' accounts.
type DeveloperTx interface {
	Developers() Collection[DeveloperID, Developer]
	OneTimeTokens() Collection[OneTimeTokenID, OneTimeToken]
	Sessions() Collection[SessionID, Session]
}

// ApplicationTx holds applications and the saga's intents.
type ApplicationTx interface {
	Applications() Collection[ApplicationID, Application]
	APIKeys() Collection[APIKeyID, APIKey]
	Registrations() Collection[RegistrationID, Registration]
	Tasks() Collection[TaskID, Task]
}

// ChangeTx tells the gateways' side what has changed. A store appends to the
// log by itself, in the transaction of the change: nobody can forget to.
type ChangeTx interface {
	// ChangesAfter returns the changes with a higher version than the given
	// one, oldest first, and the newest version there is. ok is false when the
	// log no longer reaches back that far.
	ChangesAfter(ctx context.Context, version uint64) (changes []Change, newest uint64, ok bool, err error)
	// TrimChanges forgets all but the newest keep changes.
	TrimChanges(ctx context.Context, keep int) error
	// Meta returns a fact about the store itself; empty if it was never set.
	Meta(ctx context.Context, key string) (string, error)
	// SetMeta records it.
	SetMeta(ctx context.Context, key, value string) error
}

// Meta keys.
const (
	MetaEpoch          = "epoch"           // identifies this store's change log
	MetaKeyFingerprint = "key_fingerprint" // the key that seals its secrets
)

// ChangeScope is what part of the gateways' configuration a change touches.
type ChangeScope string

// The scopes.
const (
	ChangeRouting     ChangeScope = "routing"     // services, routes, strategies, who may call what
	ChangeApplication ChangeScope = "application" // one application: credentials, registrations
)

// Change is one entry of the log.
type Change struct {
	Version uint64
	Scope   ChangeScope
	ID      string // the application, with ChangeApplication
}

// Place is where a sealed value belongs; it is bound to the ciphertext.
type Place struct{ Table, Column, Row string }

// Sealer encrypts what must be kept but never shown.
type Sealer interface {
	Seal(value secret.Text, at Place) ([]byte, error)
	// Open fails when the value was sealed by another key or for another place.
	Open(sealed []byte, at Place) (secret.Text, error)
}

// Message is a mail to one person.
type Message struct {
	Kind    string // the contract's template name, such as confirm-email-address
	To      string
	Subject string
	Text    string
	Link    string // the one address the mail asks to open, if any
}

// Mailer sends mail, or keeps it where `portico outbox` finds it.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}
