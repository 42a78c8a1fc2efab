package portico

import (
	"slices"
	"time"
)

// Inventory is how the clients at one DCR provider compared with ours when they
// were last looked at.
type Inventory struct {
	ProviderID ProviderID
	CheckedAt  *time.Time // when all of it was looked at; nil: never yet
	Clients    int64      // of ours that were looked at
	Foreign    int64      // listed and not ours
	Unreadable int64      // of ours that the provider would not show
	// Unseen is what the provider cannot be asked: of missing, orphaned, name,
	// redirect_uris, grant_types, scopes, enabled.
	Unseen    []string
	Findings  []Finding
	LastError string // why the last attempt came to no end; empty: it did
	DueAt     time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// FindingKind is how the two sides differ.
type FindingKind string

// The kinds.
const (
	FindingMissing  FindingKind = "missing"  // an application's client is not at the provider
	FindingOrphaned FindingKind = "orphaned" // a client that we registered has no application
	FindingDrifted  FindingKind = "drifted"  // a client is not what its application says
)

// FindingKinds lists them.
func FindingKinds() []FindingKind {
	return []FindingKind{FindingMissing, FindingOrphaned, FindingDrifted}
}

// FindingAction is what may be done about a finding.
type FindingAction string

// The actions.
const (
	ActionAdopt    FindingAction = "adopt"     // the application becomes what the provider says
	ActionPushBack FindingAction = "push_back" // the provider becomes what the application says
	ActionRemove   FindingAction = "remove"    // the client goes
	ActionIgnore   FindingAction = "ignore"    // it is not counted until it changes
	ActionNotice   FindingAction = "notice"    // it is not ignored any more
)

// FindingActions lists them.
func FindingActions() []FindingAction {
	return []FindingAction{ActionAdopt, ActionPushBack, ActionRemove, ActionIgnore, ActionNotice}
}

// Finding is one difference. Its id is a digest of all of it: a difference that
// has changed is another finding.
type Finding struct {
	ID            string        `json:"id"`
	Kind          FindingKind   `json:"kind"`
	Client        ClientRef     `json:"client"`
	ApplicationID ApplicationID `json:"application_id"`
	Name          string        `json:"name"` // the application's; of an orphaned client, its own
	// Others: the application has further clients, so it can do without a missing one.
	Others bool         `json:"others,omitempty"`
	Fields []FieldDrift `json:"fields,omitempty"` // of a drifted client
}

// FieldDrift is one field of a client that differs.
type FieldDrift struct {
	Name   string   `json:"name"` // of: name, redirect_uris, grant_types, scopes, enabled
	Ours   []string `json:"ours"`
	Theirs []string `json:"theirs"`
	// Adoptable: an application can be what the provider says.
	Adoptable bool `json:"adoptable,omitempty"`
}

// Actions are what may be done about the finding, beside ignoring it.
func (f Finding) Actions() []FindingAction {
	switch f.Kind {
	case FindingOrphaned:
		return []FindingAction{ActionRemove}
	case FindingMissing:
		if f.Others {
			return []FindingAction{ActionAdopt}
		}
		return []FindingAction{ActionPushBack}
	}
	if slices.ContainsFunc(f.Fields, func(d FieldDrift) bool { return d.Adoptable }) {
		return []FindingAction{ActionPushBack, ActionAdopt}
	}
	return []FindingAction{ActionPushBack}
}

// IgnoredFinding is a finding that somebody has decided to live with.
type IgnoredFinding struct {
	ID         IgnoredFindingID
	ProviderID ProviderID
	FindingID  string // unique within the provider
	Name       string // what was found, for whoever reads the audit log
	IgnoredBy  string // a name, for people
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
