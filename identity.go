package portico

import (
	"time"

	"portico/secret"
)

// AdminTeam groups the organization's users and system accounts: its members
// have its roles. (Team is the one of a portal's developers.) Names need not be
// unique (contract: identity v3, create-team).
type AdminTeam struct {
	ID          AdminTeamID
	Name        string
	Description *string
	Labels      map[string]string
	System      bool // predefined: can be neither changed nor deleted
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// The system teams that mean more than their roles. Every database has them.
const (
	OrganizationAdmins  AdminTeamID = "5e000000-0000-4000-8000-000000000001" // may do everything
	OrganizationReaders AdminTeamID = "5e000000-0000-4000-8000-000000000002" // may view everything
)

// AdminTeamMember says that a user or a system account is in a team, exactly
// one of them; both pairs are unique.
type AdminTeamMember struct {
	ID              AdminTeamMemberID
	TeamID          AdminTeamID
	UserID          *UserID
	SystemAccountID *SystemAccountID
	CreatedAt       time.Time
}

// RoleAssignment gives a predefined role (package access) for one entity, or
// for all of its type, to exactly one of a user, a team and a system account.
// The same role for the same entity is given once.
type RoleAssignment struct {
	ID              RoleAssignmentID
	UserID          *UserID
	TeamID          *AdminTeamID
	SystemAccountID *SystemAccountID
	Role            string
	EntityType      string
	EntityID        string // or *: all entities of the type
	Region          string // kept for its clients; means nothing here
	CreatedAt       time.Time
}

// SystemAccount is a machine that uses the management API.
type SystemAccount struct {
	ID          SystemAccountID
	Name        string // unique
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// SystemAccountToken is an access token of a system account. The token itself
// (spat_…) is shown once; only its digest is kept.
type SystemAccountToken struct {
	ID              SystemAccountTokenID
	SystemAccountID SystemAccountID
	Name            string        // unique within the account
	Digest          secret.Digest // unique
	ExpiresAt       time.Time
	LastUsedAt      *time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Invite lets somebody become a user: whoever has the one-time token of the
// mail. It is gone once it was accepted.
type Invite struct {
	ID        InviteID
	Email     string        // lower case, unique
	Digest    secret.Digest // unique
	TeamIDs   []AdminTeamID // of the new user
	InviterID *UserID       // nil: a system account, or a user who is gone
	ExpiresAt time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// AdminSession is a user's sign-in to the console. Its token is in a cookie and
// kept as a digest.
type AdminSession struct {
	ID           AdminSessionID
	UserID       UserID
	Digest       secret.Digest // unique
	SecondFactor bool          // nothing is left to prove; false: the code is awaited
	UserAgent    string        // what the browser called itself
	Address      string        // the network address it signed in from
	LastSeenAt   time.Time     // to a few minutes
	ExpiresAt    time.Time
	CreatedAt    time.Time
}

// PasswordReset is a one-time token that lets a user set a new password.
type PasswordReset struct {
	ID        PasswordResetID
	UserID    UserID
	Digest    secret.Digest // unique
	ExpiresAt time.Time
	CreatedAt time.Time
}

// AdminIdentityProvider signs the organization's users in (single sign-on). Its
// client secret is kept sealed and answered by no API.
type AdminIdentityProvider struct {
	ID           AdminIdentityProviderID
	Type         IdentityProviderType
	Enabled      bool
	LoginPath    string // of the address that starts a sign-in; unique
	IssuerURL    string
	ClientID     string
	SealedSecret []byte
	Scopes       []string
	Claims       ClaimMappings
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SecretPlace is where the provider's sealed client secret belongs.
func (p AdminIdentityProvider) SecretPlace() Place {
	return Place{Table: "admin_identity_providers", Column: "sealed_secret", Row: string(p.ID)}
}

// AdminGroupMapping puts whoever an identity provider says is in a group into a
// team at every sign-in; (provider, team, group) is unique.
type AdminGroupMapping struct {
	ID         AdminGroupMappingID
	ProviderID AdminIdentityProviderID
	TeamID     AdminTeamID
	Group      string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
