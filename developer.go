package portico

import (
	"time"

	"portico/secret"
)

// Status of a developer or of a registration: one enum, acting separately.
type Status string

// The statuses.
const (
	Approved Status = "approved"
	Pending  Status = "pending"
	Revoked  Status = "revoked"
	Rejected Status = "rejected"
)

// Statuses lists them in the contract's order.
func Statuses() []Status { return []Status{Approved, Pending, Revoked, Rejected} }

// Expect refuses to go on from a status that is not the expected one:
// KindConflict. Empty expects nothing.
func (s Status) Expect(expected Status) error {
	if expected == "" || s == expected {
		return nil
	}
	return Errorf(KindConflict, "The status is %s by now, no longer %s; nothing was changed. Look again and decide anew.", s, expected).Named("status_changed")
}

// Developer is somebody outside the company with an account in one portal.
// Only an approved developer with a verified e-mail and a password signs in.
type Developer struct {
	ID            DeveloperID
	PortalID      PortalID
	Email         string // lower case, unique within the portal
	FullName      string
	Status        Status
	EmailVerified bool
	PasswordHash  string // empty until the first password is set
	Reason        string // of the latest decision about the account, for the developer
	Language      string // a BCP 47 tag that the pages use; empty: the browser's
	Theme         ThemeMode
	ExternalID    string // identity provider and subject of single sign-on; empty: none
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// TokenPurpose is what a one-time token may be used for.
type TokenPurpose string

// The purposes.
const (
	PurposeVerifyEmail   TokenPurpose = "verify_email"
	PurposeResetPassword TokenPurpose = "reset_password"
	PurposeDeleteAccount TokenPurpose = "delete_account"
)

// OneTimeToken is a token that was mailed to a developer, or that a verified
// e-mail was exchanged for. Only its digest is kept.
type OneTimeToken struct {
	ID          OneTimeTokenID
	DeveloperID DeveloperID
	Purpose     TokenPurpose
	Digest      secret.Digest // unique
	ExpiresAt   time.Time
	CreatedAt   time.Time
}

// Session is a developer's sign-in. Access is short and refreshed by Refresh;
// both are random tokens in cookies, kept as digests.
type Session struct {
	ID              SessionID
	DeveloperID     DeveloperID
	PortalID        PortalID
	AccessDigest    secret.Digest // unique
	RefreshDigest   secret.Digest // unique
	AccessExpiresAt time.Time
	ExpiresAt       time.Time
	UserAgent       string    // what the browser called itself, for the list of sessions
	Address         string    // the network address it signed in from
	LastSeenAt      time.Time // to a few minutes
	CreatedAt       time.Time
}
