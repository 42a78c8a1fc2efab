package portico

import (
	"time"

	"portico/secret"
)

// Organization is the API company itself. There is exactly one. It says how its
// users sign in; who does it for them by OpenID Connect is an
// AdminIdentityProvider.
type Organization struct {
	ID             OrganizationID
	Name           string
	OwnerID        UserID
	PasswordSignIn bool // basic_auth_enabled
	TeamsByGroups  bool // idp_mapping_enabled: single sign-on gives teams
	TeamsByHand    bool // konnect_mapping_enabled: admins give teams
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// User is an admin: somebody who signs in to the console or holds a token for
// the management API.
type User struct {
	ID            UserID
	Email         string // lower case, unique
	FullName      string
	PreferredName string
	Active        bool
	PasswordHash  string // PHC string; empty: there is none
	ExternalID    string // identity provider and subject of single sign-on; empty: none

	SealedTOTP      []byte          // the secret of the second factor (RFC 6238)
	TOTPConfirmedAt *time.Time      // nil: there is no second factor, or none that was confirmed
	TOTPLastStep    int64           // the time step of the last code that was accepted; it counts once
	RecoveryCodes   []secret.Digest // of the codes that are left

	LastSignInAt *time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// TOTPPlace is where the user's sealed second factor belongs.
func (u User) TOTPPlace() Place {
	return Place{Table: "users", Column: "sealed_totp", Row: string(u.ID)}
}

// TokenState of a personal access token.
type TokenState string

// The states a token can be seen in. Expired is derived from the clock.
const (
	TokenActive  TokenState = "active"
	TokenExpired TokenState = "expired"
	TokenRevoked TokenState = "revoked"
)

// AccessToken is a personal access token of the management API. The token
// itself (kpat_…) is shown once; only its digest is kept.
type AccessToken struct {
	ID         AccessTokenID
	UserID     UserID
	Name       string
	Digest     secret.Digest
	Revoked    bool
	ExpiresAt  time.Time
	LastUsedAt *time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// State of the token at the given time.
func (t AccessToken) State(now time.Time) TokenState {
	switch {
	case t.Revoked:
		return TokenRevoked
	case !now.Before(t.ExpiresAt):
		return TokenExpired
	}
	return TokenActive
}

// MaxAccessTokens is how many personal access tokens one user may hold
// (contract: identity v3).
const MaxAccessTokens = 10
