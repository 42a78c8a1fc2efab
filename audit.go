package portico

import (
	"context"
	"encoding/json"
	"time"
)

// AuditType is the contract's kind of an entry.
type AuditType string

// The types. Gateway access is the contract's; Portico keeps no entry for every
// request, the access log does.
const (
	AuditAuthorization  AuditType = "authorization"  // somebody was, or was not, allowed to do something
	AuditAuthentication AuditType = "authentication" // somebody tried to sign in
	AuditGatewayAccess  AuditType = "gateway_access"
)

// AuditTypes lists them.
func AuditTypes() []AuditType {
	return []AuditType{AuditAuthorization, AuditAuthentication, AuditGatewayAccess}
}

// SignInOutcome is the contract's outcome of an attempt to sign in.
type SignInOutcome string

// The outcomes.
const (
	SignInSuccess         SignInOutcome = "success"
	SignInInvalid         SignInOutcome = "invalid"
	SignInNotFound        SignInOutcome = "not_found"
	SignInInvalidPassword SignInOutcome = "invalid_password"
	SignInLocked          SignInOutcome = "locked"
	SignInDisabled        SignInOutcome = "disabled"
	SignInTokenExpired    SignInOutcome = "token_expired"
)

// SignInType is the contract's way of signing in.
type SignInType string

// The ways.
const (
	SignInBasic SignInType = "basic" // e-mail address and password
	SignInSSO   SignInType = "sso"
	SignInPAT   SignInType = "pat"  // personal access token
	SignInSPAT  SignInType = "spat" // system account's access token

	SignInUnknown SignInType = "invalid" // nothing of the kind
)

// SignIn is one attempt to sign in.
type SignIn struct {
	Principal Principal // who it is; without an id if nobody was found
	PortalID  PortalID  // where a developer signs in
	Way       SignInType
	Outcome   SignInOutcome
}

// Entry is what the audit log keeps of the attempt.
func (s SignIn) Entry(ctx context.Context) AuditEntry {
	e := EventFrom(ctx)
	e.Principal = s.Principal
	if e.Principal.ID == "" {
		e.Principal = Principal{Kind: PrincipalAnonymous}
	}
	if s.PortalID != "" {
		e.PortalID = s.PortalID
	}
	if e.Action == "" {
		e.Action = "authenticate"
	}
	return AuditEntry{Type: AuditAuthentication, Event: e, Granted: s.Outcome == SignInSuccess, Outcome: s.Outcome, SignInType: s.Way}
}

// AuditEntry is one line of the audit log. It is never changed.
type AuditEntry struct {
	Position     int64 // grows in the order of the commits; there may be gaps
	ID           AuditEntryID
	At           time.Time
	OrgID        OrganizationID
	Type         AuditType
	Event        Event
	Resource     string // krn:portico:KIND/ID of what it was about; empty: nothing in particular
	ResourceName string
	Granted      bool          // or, for a sign-in, whether it succeeded
	Outcome      SignInOutcome // of a sign-in
	SignInType   SignInType    // of a sign-in
	Changes      []AuditChange
	LeftOut      int64  // how much more there was than is told: refusals before this one, or changes
	Signature    string // base64url, Ed25519; it covers the previous entry's, too
}

// AuditAction is what became of one entity.
type AuditAction string

// The actions.
const (
	AuditCreated AuditAction = "created"
	AuditChanged AuditAction = "changed"
	AuditDeleted AuditAction = "deleted"
)

// AuditChange is what became of one entity in a transaction.
type AuditChange struct {
	Entity string       `json:"entity"` // the noun, such as portal
	ID     string       `json:"id"`
	Name   string       `json:"name,omitempty"`
	Action AuditAction  `json:"action"`
	Fields []AuditField `json:"fields,omitempty"`
}

// AuditField is one field of a changed entity, before and after. A value that
// is secret or long is described instead: an object with the one member
// "withheld".
type AuditField struct {
	Name string          `json:"name"`
	Old  json.RawMessage `json:"old,omitempty"` // absent: there was none
	New  json.RawMessage `json:"new,omitempty"` // absent: there is none
}

// AuditQuery chooses entries of the audit log. The filters are those of a list:
// on id, position, at, type, action, portal_id, principal_kind, principal_id,
// principal_name, resource, resource_name, trace_id, granted, and on text,
// which is all that a person might look for.
type AuditQuery struct {
	Filters     []Filter
	OldestFirst bool // else newest first
	Size        int  // at most so many
}

// AuditFormat is how a destination wants to be told.
type AuditFormat string

// The contract's formats.
const (
	AuditCEF  AuditFormat = "cef"  // ArcSight common event format
	AuditJSON AuditFormat = "json" // one object a line
	AuditCPS  AuditFormat = "cps"  // CrowdStrike parsing standard: JSON with its field names
)

// AuditFormats lists them.
func AuditFormats() []AuditFormat { return []AuditFormat{AuditCEF, AuditJSON, AuditCPS} }

// AuditDestination is a place that entries can be sent to.
type AuditDestination struct {
	ID                  AuditDestinationID
	Name                string
	Endpoint            string // https
	Format              AuditFormat
	SkipTLSVerification bool
	SealedAuthorization []byte // the value of the Authorization header
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// AuthorizationPlace is where the sealed header belongs.
func (d AuditDestination) AuthorizationPlace() Place {
	return Place{Table: "audit_destinations", Column: "sealed_authorization", Row: string(d.ID)}
}

// AuditWebhook sends the entries of the organization, or of one portal, to a
// destination. There is at most one for each; its id is theirs.
type AuditWebhook struct {
	ID            AuditWebhookID // the organization's, or the portal's
	PortalID      *PortalID      // nil: the organization's
	DestinationID AuditDestinationID
	Enabled       bool

	// What the sender keeps:
	Position      int64 // everything up to here was delivered
	Failures      int   // attempts that failed since the last that did not
	DueAt         time.Time
	LastAttemptAt *time.Time
	LastStatus    int    // HTTP status of the last answer; 0: there was none
	LastMessage   string // what the last attempt came to, for a person

	CreatedAt time.Time
	UpdatedAt time.Time
}

// ReplayStatus is the contract's state of a replay job.
type ReplayStatus string

// The states. A job is accepted, then running, and then one of the last two.
const (
	ReplayUnconfigured ReplayStatus = "unconfigured"
	ReplayAccepted     ReplayStatus = "accepted"
	ReplayRunning      ReplayStatus = "running"
	ReplayCompleted    ReplayStatus = "completed"
	ReplayFailed       ReplayStatus = "failed"
)

// AuditReplay sends entries of the past to a webhook's destination again. There
// is at most one for each webhook; its id is the webhook's.
type AuditReplay struct {
	ID       AuditWebhookID
	From, To time.Time // both included
	Status   ReplayStatus
	Position int64 // what it has sent up to
	Failures int
	DueAt    time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
}

// UnderWay reports whether the job has not come to its end.
func (r AuditReplay) UnderWay() bool { return r.Status == ReplayAccepted || r.Status == ReplayRunning }
