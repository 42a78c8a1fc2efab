package sqlstore

import "portico"

// schema is the description of every table.
type schema struct {
	organizations          *table[portico.OrganizationID, portico.Organization]
	users                  *table[portico.UserID, portico.User]
	accessTokens           *table[portico.AccessTokenID, portico.AccessToken]
	providers              *table[portico.ProviderID, portico.Provider]
	strategies             *table[portico.StrategyID, portico.Strategy]
	portals                *table[portico.PortalID, portico.Portal]
	apis                   *table[portico.APIID, portico.API]
	versions               *table[portico.VersionID, portico.Version]
	publications           *table[portico.PublicationID, portico.Publication]
	implementations        *table[portico.ImplementationID, portico.Implementation]
	operations             *table[portico.OperationID, portico.Operation]
	packageOperations      *table[portico.PackageOperationID, portico.PackageOperation]
	controlPlanes          *table[portico.ControlPlaneID, portico.ControlPlane]
	services               *table[portico.ServiceID, portico.Service]
	routes                 *table[portico.RouteID, portico.Route]
	plugins                *table[portico.PluginID, portico.Plugin]
	consumers              *table[portico.ConsumerID, portico.Consumer]
	consumerMappings       *table[portico.ConsumerMappingID, portico.ConsumerMapping]
	developers             *table[portico.DeveloperID, portico.Developer]
	oneTimeTokens          *table[portico.OneTimeTokenID, portico.OneTimeToken]
	sessions               *table[portico.SessionID, portico.Session]
	applications           *table[portico.ApplicationID, portico.Application]
	apiKeys                *table[portico.APIKeyID, portico.APIKey]
	issuedSecrets          *table[portico.IssuedSecretID, portico.IssuedSecret]
	registrations          *table[portico.RegistrationID, portico.Registration]
	tasks                  *table[portico.TaskID, portico.Task]
	pages                  *table[portico.PageID, portico.PortalPage]
	snippets               *table[portico.SnippetID, portico.Snippet]
	documents              *table[portico.DocumentID, portico.Document]
	customizations         *table[portico.PortalID, portico.Customization]
	assets                 *table[portico.AssetID, portico.Asset]
	emailTemplates         *table[portico.EmailTemplateID, portico.EmailTemplate]
	teams                  *table[portico.TeamID, portico.Team]
	teamMembers            *table[portico.TeamMemberID, portico.TeamMember]
	teamRoles              *table[portico.TeamRoleID, portico.TeamRole]
	identityProviders      *table[portico.IdentityProviderID, portico.IdentityProvider]
	groupMappings          *table[portico.GroupMappingID, portico.GroupMapping]
	handoffs               *table[portico.HandoffID, portico.Handoff]
	clientHandles          *table[portico.ClientHandleID, portico.KeptHandle]
	inventories            *table[portico.ProviderID, portico.Inventory]
	ignoredFindings        *table[portico.IgnoredFindingID, portico.IgnoredFinding]
	adminTeams             *table[portico.AdminTeamID, portico.AdminTeam]
	adminTeamMembers       *table[portico.AdminTeamMemberID, portico.AdminTeamMember]
	roleAssignments        *table[portico.RoleAssignmentID, portico.RoleAssignment]
	systemAccounts         *table[portico.SystemAccountID, portico.SystemAccount]
	systemAccountTokens    *table[portico.SystemAccountTokenID, portico.SystemAccountToken]
	invites                *table[portico.InviteID, portico.Invite]
	adminSessions          *table[portico.AdminSessionID, portico.AdminSession]
	passwordResets         *table[portico.PasswordResetID, portico.PasswordReset]
	adminIdentityProviders *table[portico.AdminIdentityProviderID, portico.AdminIdentityProvider]
	adminGroupMappings     *table[portico.AdminGroupMappingID, portico.AdminGroupMapping]
	ipAllowLists           *table[portico.AllowListID, portico.IPAllowList]
	emailConfigs           *table[portico.EmailConfigID, portico.EmailConfig]
	emailDeliveries        *table[portico.PortalID, portico.EmailDelivery]
	emailDomains           *table[portico.EmailDomainID, portico.EmailDomain]
	mails                  *table[portico.MailID, portico.Mail]
	auditDestinations      *table[portico.AuditDestinationID, portico.AuditDestination]
	auditWebhooks          *table[portico.AuditWebhookID, portico.AuditWebhook]
	auditReplays           *table[portico.AuditWebhookID, portico.AuditReplay]
}

func newSchema() *schema {
	return &schema{
		organizations:          organizations().prepare(),
		users:                  users().prepare(),
		accessTokens:           accessTokens().prepare(),
		providers:              providers().prepare(),
		strategies:             strategies().prepare(),
		portals:                portals().prepare(),
		apis:                   apis().prepare(),
		versions:               versions().prepare(),
		publications:           publications().prepare(),
		implementations:        implementations().prepare(),
		operations:             operations().prepare(),
		packageOperations:      packageOperations().prepare(),
		controlPlanes:          controlPlanes().prepare(),
		services:               services().prepare(),
		routes:                 routes().prepare(),
		plugins:                plugins().prepare(),
		consumers:              consumers().prepare(),
		consumerMappings:       consumerMappings().prepare(),
		developers:             developers().prepare(),
		oneTimeTokens:          oneTimeTokens().prepare(),
		sessions:               sessions().prepare(),
		applications:           applications().prepare(),
		apiKeys:                apiKeys().prepare(),
		issuedSecrets:          issuedSecrets().prepare(),
		registrations:          registrations().prepare(),
		tasks:                  tasks().prepare(),
		pages:                  pages().prepare(),
		snippets:               snippets().prepare(),
		documents:              documents().prepare(),
		customizations:         customizations().prepare(),
		assets:                 assets().prepare(),
		emailTemplates:         emailTemplates().prepare(),
		teams:                  teams().prepare(),
		teamMembers:            teamMembers().prepare(),
		teamRoles:              teamRoles().prepare(),
		identityProviders:      identityProviders().prepare(),
		groupMappings:          groupMappings().prepare(),
		handoffs:               handoffs().prepare(),
		clientHandles:          clientHandles().prepare(),
		inventories:            inventories().prepare(),
		ignoredFindings:        ignoredFindings().prepare(),
		adminTeams:             adminTeams().prepare(),
		adminTeamMembers:       adminTeamMembers().prepare(),
		roleAssignments:        roleAssignments().prepare(),
		systemAccounts:         systemAccounts().prepare(),
		systemAccountTokens:    systemAccountTokens().prepare(),
		invites:                invites().prepare(),
		adminSessions:          adminSessions().prepare(),
		passwordResets:         passwordResets().prepare(),
		adminIdentityProviders: adminIdentityProviders().prepare(),
		adminGroupMappings:     adminGroupMappings().prepare(),
		ipAllowLists:           ipAllowLists().prepare(),
		emailConfigs:           emailConfigs().prepare(),
		emailDeliveries:        emailDeliveries().prepare(),
		emailDomains:           emailDomains().prepare(),
		mails:                  mails().prepare(),
		auditDestinations:      auditDestinations().prepare(),
		auditWebhooks:          auditWebhooks().prepare(),
		auditReplays:           auditReplays().prepare(),
	}
}

// descriptions of all tables, for messages and for the test that compares them
// with the database.
func (s *schema) descriptions() []described {
	return []described{
		s.organizations.described(), s.users.described(), s.accessTokens.described(), s.providers.described(),
		s.adminTeams.described(), s.adminTeamMembers.described(), s.roleAssignments.described(), s.systemAccounts.described(),
		s.systemAccountTokens.described(), s.invites.described(), s.adminSessions.described(),
		s.passwordResets.described(), s.adminIdentityProviders.described(), s.adminGroupMappings.described(),
		s.strategies.described(), s.portals.described(), s.apis.described(), s.versions.described(),
		s.publications.described(), s.implementations.described(), s.controlPlanes.described(), s.services.described(),
		s.routes.described(), s.plugins.described(), s.consumers.described(), s.consumerMappings.described(), s.developers.described(), s.oneTimeTokens.described(), s.sessions.described(),
		s.applications.described(), s.apiKeys.described(), s.issuedSecrets.described(), s.registrations.described(), s.tasks.described(),
		s.pages.described(), s.snippets.described(), s.documents.described(), s.customizations.described(),
		s.assets.described(), s.emailTemplates.described(), s.teams.described(), s.teamMembers.described(),
		s.teamRoles.described(), s.identityProviders.described(), s.groupMappings.described(), s.handoffs.described(), s.clientHandles.described(),
		s.inventories.described(), s.ignoredFindings.described(),
		s.operations.described(), s.packageOperations.described(),
		s.ipAllowLists.described(), s.emailConfigs.described(), s.emailDeliveries.described(), s.emailDomains.described(), s.mails.described(),
		s.auditDestinations.described(), s.auditWebhooks.described(), s.auditReplays.described(),
	}
}

// noun of a table's entities.
func (s *schema) noun(table string) string {
	for _, d := range s.descriptions() {
		if d.name == table {
			return d.noun
		}
	}
	return "entity"
}

// routingChange is what a write of anything that routes requests announces.
func routingChange[T any](T) portico.Change { return portico.Change{Scope: portico.ChangeRouting} }
