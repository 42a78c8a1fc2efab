package portico

import (
	"time"

	"portico/secret"
)

// Organization is the API company itself. There is exactly one.
type Organization struct {
	ID        OrganizationID
	Name      string
	OwnerID   UserID
	CreatedAt time.Time
	UpdatedAt time.Time
}

// User is an admin: somebody who signs in to the console or holds a token for
// the management API.
type User struct {
	ID            UserID
	Email         string // lower case, unique
	FullName      string
	PreferredName string
	Active        bool
	PasswordHash  string // PHC string; never leaves the store's side of control
	CreatedAt     time.Time
	UpdatedAt     time.Time
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
