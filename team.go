package portico

import "time"

// Team groups developers of a portal. Its members share the applications that
// it owns and the roles that it was given.
type Team struct {
	ID                 TeamID
	PortalID           PortalID
	Name               string // unique within the portal
	Description        *string
	CanOwnApplications bool
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// TeamMember says that a developer is in a team; (Team, Developer) is unique.
type TeamMember struct {
	ID          TeamMemberID
	TeamID      TeamID
	DeveloperID DeveloperID
	CreatedAt   time.Time
}

// TeamRoleName is what members of a team may do with an API where the portal
// has RBAC on (contract: portal-roles).
type TeamRoleName string

// The roles.
const (
	APIViewer   TeamRoleName = "API Viewer"
	APIConsumer TeamRoleName = "API Consumer" // registers applications; sees the API, too
)

// TeamRole gives a role for one API to a team; (Team, role, API) is unique.
type TeamRole struct {
	ID        TeamRoleID
	TeamID    TeamID
	Role      TeamRoleName
	APIID     APIID
	Region    string // kept for its clients; means nothing here
	CreatedAt time.Time
}

// IdentityProviderType is how developers are signed in by somebody else.
type IdentityProviderType string

// The contract's types.
const (
	IdentityOIDC IdentityProviderType = "oidc"
	IdentitySAML IdentityProviderType = "saml"
)

// ClaimMappings say in which claims an identity provider tells who somebody is.
type ClaimMappings struct {
	Name   string `json:"name"`
	Email  string `json:"email"`
	Groups string `json:"groups"`
}

// IdentityProvider signs a portal's developers in (single sign-on). It is not a
// DCR provider. Its client secret is kept sealed and answered by no API.
type IdentityProvider struct {
	ID           IdentityProviderID
	PortalID     PortalID
	Type         IdentityProviderType
	Enabled      bool
	IssuerURL    string
	ClientID     string
	SealedSecret []byte
	Scopes       []string
	Claims       ClaimMappings
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SecretPlace is where the provider's sealed client secret belongs.
func (p IdentityProvider) SecretPlace() Place {
	return Place{Table: "identity_providers", Column: "sealed_secret", Row: string(p.ID)}
}

// GroupMapping puts whoever an identity provider says is in a group into a
// team at every sign-in; (provider, team, group) is unique.
type GroupMapping struct {
	ID         GroupMappingID
	ProviderID IdentityProviderID
	TeamID     TeamID
	Group      string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
