package portico

import (
	"context"
	"time"

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
	ContentTx
	GatewayTx
	DeveloperTx
	ApplicationTx
	LogTx
}

// AccountTx holds the admins' side.
type AccountTx interface {
	Organizations() Collection[OrganizationID, Organization]
	Users() Collection[UserID, User]
	AccessTokens() Collection[AccessTokenID, AccessToken]
	AdminTx
	AdminSignOnTx
}

// AdminTx holds what the organization's people and machines may do, and their
// ways in.
type AdminTx interface {
	AdminTeams() Collection[AdminTeamID, AdminTeam]
	AdminTeamMembers() Collection[AdminTeamMemberID, AdminTeamMember]
	RoleAssignments() Collection[RoleAssignmentID, RoleAssignment]
	SystemAccounts() Collection[SystemAccountID, SystemAccount]
	SystemAccountTokens() Collection[SystemAccountTokenID, SystemAccountToken]
	Invites() Collection[InviteID, Invite]
	AdminSessions() Collection[AdminSessionID, AdminSession]
	PasswordResets() Collection[PasswordResetID, PasswordReset]
}

// AdminSignOnTx holds who else signs users in.
type AdminSignOnTx interface {
	AdminIdentityProviders() Collection[AdminIdentityProviderID, AdminIdentityProvider]
	AdminGroupMappings() Collection[AdminGroupMappingID, AdminGroupMapping]
}

// AuthTx holds application auth.
type AuthTx interface {
	Providers() Collection[ProviderID, Provider]
	Strategies() Collection[StrategyID, Strategy]
	ClientHandles() Collection[ClientHandleID, KeptHandle]
	Inventories() Collection[ProviderID, Inventory]
	IgnoredFindings() Collection[IgnoredFindingID, IgnoredFinding]
}

// CatalogTx holds what is published where.
type CatalogTx interface {
	Portals() Collection[PortalID, Portal]
	APIs() Collection[APIID, API]
	Versions() Collection[VersionID, Version]
	Publications() Collection[PublicationID, Publication]
	Implementations() Collection[ImplementationID, Implementation]
	Operations() Collection[OperationID, Operation]
	PackageOperations() Collection[PackageOperationID, PackageOperation]
}

// ContentTx holds what portals say and how they look.
type ContentTx interface {
	Pages() Collection[PageID, PortalPage]
	Snippets() Collection[SnippetID, Snippet]
	Documents() Collection[DocumentID, Document]
	Customizations() Collection[PortalID, Customization]
	Assets() Collection[AssetID, Asset]
	EmailTemplates() Collection[EmailTemplateID, EmailTemplate]
	SearchTx
}

// SearchTx is the index of what visitors can search for. It is made from the
// other entities by whoever changes them, in the same transaction.
type SearchTx interface {
	// Index replaces what was indexed for an entity of this kind; no entries
	// remove it.
	Index(ctx context.Context, kind SearchKind, entityID string, entries []SearchEntry) error
	// Search returns the entries that hold every word, best first: a find in
	// the title counts most, one in the description next.
	Search(ctx context.Context, q SearchQuery) (Page[SearchEntry], error)
}

// GatewayTx holds the core entities.
type GatewayTx interface {
	ControlPlanes() Collection[ControlPlaneID, ControlPlane]
	Services() Collection[ServiceID, Service]
	Routes() Collection[RouteID, Route]
	Plugins() Collection[PluginID, Plugin]
	Consumers() Collection[ConsumerID, Consumer]
	ConsumerMappings() Collection[ConsumerMappingID, ConsumerMapping]
}

// DeveloperTx holds the developers' accounts.
type DeveloperTx interface {
	Developers() Collection[DeveloperID, Developer]
	OneTimeTokens() Collection[OneTimeTokenID, OneTimeToken]
	Sessions() Collection[SessionID, Session]
	TeamTx
	ReachTx
}

// TeamTx holds the developers' teams and who else signs developers in.
type TeamTx interface {
	Teams() Collection[TeamID, Team]
	TeamMembers() Collection[TeamMemberID, TeamMember]
	TeamRoles() Collection[TeamRoleID, TeamRole]
	IdentityProviders() Collection[IdentityProviderID, IdentityProvider]
	GroupMappings() Collection[GroupMappingID, GroupMapping]
}

// ReachTx holds who reaches a portal, and how a portal reaches people.
type ReachTx interface {
	IPAllowLists() Collection[AllowListID, IPAllowList]
	EmailConfigs() Collection[EmailConfigID, EmailConfig]
	EmailDeliveries() Collection[PortalID, EmailDelivery]
	EmailDomains() Collection[EmailDomainID, EmailDomain]
	Mails() Collection[MailID, Mail]
}

// ApplicationTx holds applications and the saga's intents.
type ApplicationTx interface {
	Applications() Collection[ApplicationID, Application]
	APIKeys() Collection[APIKeyID, APIKey]
	IssuedSecrets() Collection[IssuedSecretID, IssuedSecret]
	Registrations() Collection[RegistrationID, Registration]
	Tasks() Collection[TaskID, Task]
	Handoffs() Collection[HandoffID, Handoff]
	UsageTx
}

// UsageTx holds what the gateways have counted.
type UsageTx interface {
	// AddUsage adds counts to the buckets that are there, and newer times to
	// the credentials' last uses.
	AddUsage(ctx context.Context, counts []UsageCount, uses []CredentialUse) error
	// Usage returns the counts of the chosen applications within the range,
	// bucket by bucket, oldest first.
	Usage(ctx context.Context, q UsageQuery) ([]UsageCount, error)
	// NameCredential records which secret a fingerprint is of, before it is
	// used. A use counts for it from then on.
	NameCredential(ctx context.Context, c CredentialUse) error
	// CredentialUses returns when the credentials of applications were last used.
	CredentialUses(ctx context.Context, apps []ApplicationID) ([]CredentialUse, error)
	// TrimUsage merges buckets older than the first time into hours, and
	// forgets those older than the second.
	TrimUsage(ctx context.Context, minutesUntil, hoursUntil time.Time) error
}

// LogTx holds what the store writes down by itself.
type LogTx interface {
	ChangeTx
	AuditTx
	SealedTx
}

// SealedTx is the way to all that is sealed at once, to seal it anew with
// another key. What it holds stays the same, so nobody is told.
type SealedTx interface {
	// Sealed returns at most so many sealed values, in the order of their
	// places, after the given one; the zero place is before all others.
	Sealed(ctx context.Context, after Place, most int) ([]SealedValue, error)
	// Reseal puts a value in place of the one that is there.
	Reseal(ctx context.Context, v SealedValue) error
	// SealedHeads counts the sealed values by their first SealedHead bytes.
	SealedHeads(ctx context.Context) (map[string]int, error)
}

// SealedHead is how many of a sealed value's first bytes name its key.
const SealedHead = 5

// SealedValue is a sealed value where it belongs.
type SealedValue struct {
	At    Place
	Value []byte
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

// AuditTx holds the audit log. The store writes an entry by itself for every
// transaction that changes audited entities, with the event of its context.
type AuditTx interface {
	// RecordAudit adds an entry that no change tells of, such as a sign-in. The
	// store gives it ID, At, OrgID, Position and Signature.
	RecordAudit(ctx context.Context, e AuditEntry) error
	// AuditEntries returns entries of the log.
	AuditEntries(ctx context.Context, q AuditQuery) ([]AuditEntry, error)
	// TrimAudit forgets entries from before a time, the oldest first and at most
	// so many, and says how many they were. The meta value MetaAuditAnchor then
	// tells where the log begins.
	TrimAudit(ctx context.Context, before time.Time, atMost int) (trimmed int, err error)
	AuditDestinations() Collection[AuditDestinationID, AuditDestination]
	AuditWebhooks() Collection[AuditWebhookID, AuditWebhook]
	AuditReplays() Collection[AuditWebhookID, AuditReplay]
}

// Meta keys.
const (
	MetaEpoch          = "epoch"           // identifies this store's change log
	MetaKeyFingerprint = "key_fingerprint" // the key that seals its secrets
	MetaKeySince       = "key_since"       // since when it has been sealing (RFC 3339); empty: from the beginning
	MetaRekeying       = "rekeying"        // who is sealing everything anew, and until when nobody else may
	MetaSearchIndex    = "search_index"    // the version of the index of APIs
	MetaAuditKey       = "audit_key"       // the sealed key that signs the audit log
	MetaAuditAnchor    = "audit_anchor"    // where the audit log begins, once it was trimmed
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
	// Keys names the keys that open; the first one seals.
	Keys() []string
	// KeyOf names the key that a value was sealed with, by its first SealedHead
	// bytes or more; empty for what was not sealed.
	KeyOf(sealed []byte) string
}

// Mailer sends mail, or keeps it where `portico outbox` finds it.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}
