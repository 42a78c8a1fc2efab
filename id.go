package portico

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"time"
)

// The ids: one type each, so that a portal's id cannot be passed for an API's.
type (
	OrganizationID   string
	UserID           string
	AccessTokenID    string
	ProviderID       string
	StrategyID       string
	PortalID         string
	APIID            string
	VersionID        string
	PublicationID    string
	ImplementationID string
	ControlPlaneID   string
	ServiceID        string
	RouteID          string
	DeveloperID      string
	OneTimeTokenID   string
	SessionID        string
	ApplicationID    string
	APIKeyID         string
	IssuedSecretID   string
	RegistrationID   string
	TaskID           string

	OperationID        string
	PackageOperationID string

	PageID             string
	SnippetID          string
	DocumentID         string
	AssetID            string
	EmailTemplateID    string
	TeamID             string
	TeamMemberID       string
	TeamRoleID         string
	IdentityProviderID string
	GroupMappingID     string
	HandoffID          string
	ClientHandleID     string
	IgnoredFindingID   string

	ConsumerID        string
	ConsumerMappingID string
	PluginID          string

	AdminTeamID             string
	AdminTeamMemberID       string
	RoleAssignmentID        string
	SystemAccountID         string
	SystemAccountTokenID    string
	InviteID                string
	AdminSessionID          string
	PasswordResetID         string
	AdminIdentityProviderID string
	AdminGroupMappingID     string
	AllowListID             string
	MailID                  string
	EmailConfigID           string
	EmailDomainID           string

	AuditEntryID       string
	AuditDestinationID string
	AuditWebhookID     string
)

// NewID makes a UUID of version 7 (RFC 9562 §5.7): ids sort by creation time,
// which keeps the indexes of both stores compact.
func NewID(now time.Time) string {
	var b [16]byte
	rand.Read(b[6:]) // never fails: crypto/rand aborts the program instead
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return format(b)
}

// NewRandomID makes a UUID of version 4: for ids that are secrets themselves,
// such as the token in a verification mail, and so must not be guessable.
func NewRandomID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return format(b)
}

// DerivedID makes a UUID of version 8 (RFC 9562 §5.8) of bytes that are derived
// from what it names: the same every time.
func DerivedID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return format(b)
}

func format(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// IsID reports whether s is a UUID in its canonical lower-case form.
func IsID(s string) bool { return uuid.MatchString(s) }
