package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"portico"
)

// tx is the portico.Tx of one transaction. It is not for concurrent use.
type tx struct {
	store    *Store
	sql      *sql.Tx
	readOnly bool
	failed   error // the database's first error, explained: only a rollback is left
	collided bool  // and it was a collision with another transaction
	pending  []portico.Change
	log      auditing
}

// query runs a SELECT and hands its rows to each.
func (t *tx) query(ctx context.Context, query string, args []any, each func(*sql.Rows) error) error {
	if t.failed != nil {
		return t.failed
	}
	rows, err := t.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return t.failPlainly(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return t.failPlainly(ctx, err)
		}
	}
	if err := rows.Err(); err != nil {
		return t.failPlainly(ctx, err)
	}
	return nil
}

// strings runs a SELECT of one column of text.
func (t *tx) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	var found []string
	err := t.query(ctx, query, args, func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		found = append(found, s)
		return err
	})
	return found, err
}

// write runs a statement that changes something; its error is the database's
// own, for the caller to explain with fail.
func (t *tx) write(ctx context.Context, query string, args ...any) error {
	if err := t.writable(); err != nil {
		return err
	}
	_, err := t.sql.ExecContext(ctx, query, args...)
	return err
}

// writeEach runs a statement once for each row, which is much faster than
// reading a long statement anew each time. Its error is final.
func (t *tx) writeEach(ctx context.Context, query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if err := t.writable(); err != nil {
		return err
	}
	statement, err := t.sql.PrepareContext(ctx, query)
	if err != nil {
		return t.failPlainly(ctx, err)
	}
	defer statement.Close()
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return t.failPlainly(ctx, err)
		}
	}
	return nil
}

// writable is why nothing can be written; nil if it can.
func (t *tx) writable() error {
	if t.failed != nil {
		return t.failed
	}
	if t.readOnly {
		return errors.New("a view was asked to change something")
	}
	return nil
}

// fail ends the transaction for good and keeps why.
func (t *tx) fail(err error, explain func() error) error {
	if t.failed == nil {
		t.collided = t.store.engine.classify(err).class == collision
		t.failed = explain()
	}
	return t.failed
}

func (t *tx) failPlainly(ctx context.Context, err error) error {
	return t.fail(err, func() error { return t.store.explain(ctx, err) })
}

// announce notes a change for the log, once per transaction.
func (t *tx) announce(c portico.Change) {
	if !slices.Contains(t.pending, c) {
		t.pending = append(t.pending, c)
	}
}

func (t *tx) announceApplications(ids []string) {
	for _, id := range ids {
		t.announce(portico.Change{Scope: portico.ChangeApplication, ID: id})
	}
}

// The collections: which method gives which table.

func (t *tx) Organizations() portico.Collection[portico.OrganizationID, portico.Organization] {
	return in(t, t.store.schema.organizations)
}

func (t *tx) Users() portico.Collection[portico.UserID, portico.User] {
	return in(t, t.store.schema.users)
}

func (t *tx) AccessTokens() portico.Collection[portico.AccessTokenID, portico.AccessToken] {
	return in(t, t.store.schema.accessTokens)
}

func (t *tx) AdminTeams() portico.Collection[portico.AdminTeamID, portico.AdminTeam] {
	return in(t, t.store.schema.adminTeams)
}

func (t *tx) AdminTeamMembers() portico.Collection[portico.AdminTeamMemberID, portico.AdminTeamMember] {
	return in(t, t.store.schema.adminTeamMembers)
}

func (t *tx) RoleAssignments() portico.Collection[portico.RoleAssignmentID, portico.RoleAssignment] {
	return in(t, t.store.schema.roleAssignments)
}

func (t *tx) SystemAccounts() portico.Collection[portico.SystemAccountID, portico.SystemAccount] {
	return in(t, t.store.schema.systemAccounts)
}

func (t *tx) SystemAccountTokens() portico.Collection[portico.SystemAccountTokenID, portico.SystemAccountToken] {
	return in(t, t.store.schema.systemAccountTokens)
}

func (t *tx) Invites() portico.Collection[portico.InviteID, portico.Invite] {
	return in(t, t.store.schema.invites)
}

func (t *tx) AdminSessions() portico.Collection[portico.AdminSessionID, portico.AdminSession] {
	return in(t, t.store.schema.adminSessions)
}

func (t *tx) PasswordResets() portico.Collection[portico.PasswordResetID, portico.PasswordReset] {
	return in(t, t.store.schema.passwordResets)
}

func (t *tx) AdminIdentityProviders() portico.Collection[portico.AdminIdentityProviderID, portico.AdminIdentityProvider] {
	return in(t, t.store.schema.adminIdentityProviders)
}

func (t *tx) AdminGroupMappings() portico.Collection[portico.AdminGroupMappingID, portico.AdminGroupMapping] {
	return in(t, t.store.schema.adminGroupMappings)
}

func (t *tx) Providers() portico.Collection[portico.ProviderID, portico.Provider] {
	return in(t, t.store.schema.providers)
}

func (t *tx) Strategies() portico.Collection[portico.StrategyID, portico.Strategy] {
	return in(t, t.store.schema.strategies)
}

func (t *tx) ClientHandles() portico.Collection[portico.ClientHandleID, portico.KeptHandle] {
	return in(t, t.store.schema.clientHandles)
}

func (t *tx) Inventories() portico.Collection[portico.ProviderID, portico.Inventory] {
	return in(t, t.store.schema.inventories)
}

func (t *tx) IgnoredFindings() portico.Collection[portico.IgnoredFindingID, portico.IgnoredFinding] {
	return in(t, t.store.schema.ignoredFindings)
}

func (t *tx) Portals() portico.Collection[portico.PortalID, portico.Portal] {
	return in(t, t.store.schema.portals)
}

func (t *tx) APIs() portico.Collection[portico.APIID, portico.API] {
	return in(t, t.store.schema.apis)
}

func (t *tx) Versions() portico.Collection[portico.VersionID, portico.Version] {
	return in(t, t.store.schema.versions)
}

func (t *tx) Publications() portico.Collection[portico.PublicationID, portico.Publication] {
	return in(t, t.store.schema.publications)
}

func (t *tx) Implementations() portico.Collection[portico.ImplementationID, portico.Implementation] {
	return in(t, t.store.schema.implementations)
}

func (t *tx) Operations() portico.Collection[portico.OperationID, portico.Operation] {
	return in(t, t.store.schema.operations)
}

func (t *tx) PackageOperations() portico.Collection[portico.PackageOperationID, portico.PackageOperation] {
	return in(t, t.store.schema.packageOperations)
}

func (t *tx) ControlPlanes() portico.Collection[portico.ControlPlaneID, portico.ControlPlane] {
	return in(t, t.store.schema.controlPlanes)
}

func (t *tx) Services() portico.Collection[portico.ServiceID, portico.Service] {
	return in(t, t.store.schema.services)
}

func (t *tx) Routes() portico.Collection[portico.RouteID, portico.Route] {
	return in(t, t.store.schema.routes)
}

func (t *tx) Plugins() portico.Collection[portico.PluginID, portico.Plugin] {
	return in(t, t.store.schema.plugins)
}

func (t *tx) Consumers() portico.Collection[portico.ConsumerID, portico.Consumer] {
	return in(t, t.store.schema.consumers)
}

func (t *tx) ConsumerMappings() portico.Collection[portico.ConsumerMappingID, portico.ConsumerMapping] {
	return in(t, t.store.schema.consumerMappings)
}

func (t *tx) Developers() portico.Collection[portico.DeveloperID, portico.Developer] {
	return in(t, t.store.schema.developers)
}

func (t *tx) OneTimeTokens() portico.Collection[portico.OneTimeTokenID, portico.OneTimeToken] {
	return in(t, t.store.schema.oneTimeTokens)
}

func (t *tx) Sessions() portico.Collection[portico.SessionID, portico.Session] {
	return in(t, t.store.schema.sessions)
}

func (t *tx) Applications() portico.Collection[portico.ApplicationID, portico.Application] {
	return in(t, t.store.schema.applications)
}

func (t *tx) IssuedSecrets() portico.Collection[portico.IssuedSecretID, portico.IssuedSecret] {
	return in(t, t.store.schema.issuedSecrets)
}
func (t *tx) APIKeys() portico.Collection[portico.APIKeyID, portico.APIKey] {
	return in(t, t.store.schema.apiKeys)
}

func (t *tx) Registrations() portico.Collection[portico.RegistrationID, portico.Registration] {
	return in(t, t.store.schema.registrations)
}

func (t *tx) Tasks() portico.Collection[portico.TaskID, portico.Task] {
	return in(t, t.store.schema.tasks)
}

func (t *tx) Pages() portico.Collection[portico.PageID, portico.PortalPage] {
	return in(t, t.store.schema.pages)
}

func (t *tx) Snippets() portico.Collection[portico.SnippetID, portico.Snippet] {
	return in(t, t.store.schema.snippets)
}

func (t *tx) Documents() portico.Collection[portico.DocumentID, portico.Document] {
	return in(t, t.store.schema.documents)
}

func (t *tx) Customizations() portico.Collection[portico.PortalID, portico.Customization] {
	return in(t, t.store.schema.customizations)
}

func (t *tx) Assets() portico.Collection[portico.AssetID, portico.Asset] {
	return in(t, t.store.schema.assets)
}

func (t *tx) EmailTemplates() portico.Collection[portico.EmailTemplateID, portico.EmailTemplate] {
	return in(t, t.store.schema.emailTemplates)
}

func (t *tx) Teams() portico.Collection[portico.TeamID, portico.Team] {
	return in(t, t.store.schema.teams)
}

func (t *tx) TeamMembers() portico.Collection[portico.TeamMemberID, portico.TeamMember] {
	return in(t, t.store.schema.teamMembers)
}

func (t *tx) TeamRoles() portico.Collection[portico.TeamRoleID, portico.TeamRole] {
	return in(t, t.store.schema.teamRoles)
}

func (t *tx) IdentityProviders() portico.Collection[portico.IdentityProviderID, portico.IdentityProvider] {
	return in(t, t.store.schema.identityProviders)
}

func (t *tx) GroupMappings() portico.Collection[portico.GroupMappingID, portico.GroupMapping] {
	return in(t, t.store.schema.groupMappings)
}

func (t *tx) Handoffs() portico.Collection[portico.HandoffID, portico.Handoff] {
	return in(t, t.store.schema.handoffs)
}

func (t *tx) IPAllowLists() portico.Collection[portico.AllowListID, portico.IPAllowList] {
	return in(t, t.store.schema.ipAllowLists)
}

func (t *tx) AuditDestinations() portico.Collection[portico.AuditDestinationID, portico.AuditDestination] {
	return in(t, t.store.schema.auditDestinations)
}

func (t *tx) AuditWebhooks() portico.Collection[portico.AuditWebhookID, portico.AuditWebhook] {
	return in(t, t.store.schema.auditWebhooks)
}

func (t *tx) AuditReplays() portico.Collection[portico.AuditWebhookID, portico.AuditReplay] {
	return in(t, t.store.schema.auditReplays)
}

func (t *tx) EmailConfigs() portico.Collection[portico.EmailConfigID, portico.EmailConfig] {
	return in(t, t.store.schema.emailConfigs)
}

func (t *tx) EmailDeliveries() portico.Collection[portico.PortalID, portico.EmailDelivery] {
	return in(t, t.store.schema.emailDeliveries)
}

func (t *tx) EmailDomains() portico.Collection[portico.EmailDomainID, portico.EmailDomain] {
	return in(t, t.store.schema.emailDomains)
}

func (t *tx) Mails() portico.Collection[portico.MailID, portico.Mail] {
	return in(t, t.store.schema.mails)
}
