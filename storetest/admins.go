package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"portico"
)

// tieAdmins ties what belongs to the organization's people and machines.
func (w *World) tieAdmins() {
	w.AdminTeamMember.TeamID, w.AdminTeamMember.UserID, w.AdminTeamMember.SystemAccountID = w.AdminTeam.ID, &w.User.ID, nil
	w.RoleAssignment.UserID, w.RoleAssignment.TeamID, w.RoleAssignment.SystemAccountID = nil, &w.AdminTeam.ID, nil
	w.SystemAccountToken.SystemAccountID = w.SystemAccount.ID
	w.Invite.InviterID = &w.User.ID
	w.AdminSession.UserID = w.User.ID
	w.PasswordReset.UserID = w.User.ID
	w.AdminGroupMapping.ProviderID, w.AdminGroupMapping.TeamID = w.AdminIdentityProvider.ID, w.AdminTeam.ID
}

func (w World) insertAdmins(ctx context.Context, tx portico.Tx) error {
	return errors.Join(
		tx.AdminTeams().Insert(ctx, w.AdminTeam),
		tx.SystemAccounts().Insert(ctx, w.SystemAccount),
		tx.SystemAccountTokens().Insert(ctx, w.SystemAccountToken),
		tx.AdminTeamMembers().Insert(ctx, w.AdminTeamMember),
		tx.RoleAssignments().Insert(ctx, w.RoleAssignment),
		tx.Invites().Insert(ctx, w.Invite),
		tx.AdminSessions().Insert(ctx, w.AdminSession),
		tx.PasswordResets().Insert(ctx, w.PasswordReset),
		tx.AdminIdentityProviders().Insert(ctx, w.AdminIdentityProvider),
		tx.AdminGroupMappings().Insert(ctx, w.AdminGroupMapping),
	)
}

func testAdminEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("admin teams", check(open, w, subject[portico.AdminTeamID, portico.AdminTeam]{
		of: portico.Tx.AdminTeams, id: func(e *portico.AdminTeam) *portico.AdminTeamID { return &e.ID },
		refs: func(*portico.AdminTeam, portico.AdminTeam) {}, like: w.AdminTeam}))
	t.Run("admin team members", check(open, w, subject[portico.AdminTeamMemberID, portico.AdminTeamMember]{
		of: portico.Tx.AdminTeamMembers, id: func(e *portico.AdminTeamMember) *portico.AdminTeamMemberID { return &e.ID },
		refs: func(to *portico.AdminTeamMember, from portico.AdminTeamMember) {
			to.TeamID, to.UserID, to.SystemAccountID = from.TeamID, from.UserID, from.SystemAccountID
		}, like: w.AdminTeamMember, alone: true}))
	t.Run("role assignments", check(open, w, subject[portico.RoleAssignmentID, portico.RoleAssignment]{
		of: portico.Tx.RoleAssignments, id: func(e *portico.RoleAssignment) *portico.RoleAssignmentID { return &e.ID },
		refs: func(to *portico.RoleAssignment, from portico.RoleAssignment) {
			to.UserID, to.TeamID, to.SystemAccountID = from.UserID, from.TeamID, from.SystemAccountID
		}, like: w.RoleAssignment}))
	t.Run("system accounts", check(open, w, subject[portico.SystemAccountID, portico.SystemAccount]{
		of: portico.Tx.SystemAccounts, id: func(e *portico.SystemAccount) *portico.SystemAccountID { return &e.ID },
		refs: func(*portico.SystemAccount, portico.SystemAccount) {}, like: w.SystemAccount}))
	t.Run("system account tokens", check(open, w, subject[portico.SystemAccountTokenID, portico.SystemAccountToken]{
		of: portico.Tx.SystemAccountTokens, id: func(e *portico.SystemAccountToken) *portico.SystemAccountTokenID { return &e.ID },
		refs: func(to *portico.SystemAccountToken, from portico.SystemAccountToken) {
			to.SystemAccountID = from.SystemAccountID
		}, like: w.SystemAccountToken}))
	t.Run("invitations", check(open, w, subject[portico.InviteID, portico.Invite]{
		of: portico.Tx.Invites, id: func(e *portico.Invite) *portico.InviteID { return &e.ID },
		refs: func(to *portico.Invite, from portico.Invite) {
			if to.InviterID != nil {
				to.InviterID = from.InviterID
			}
		}, like: w.Invite}))
	t.Run("admin sessions", check(open, w, subject[portico.AdminSessionID, portico.AdminSession]{
		of: portico.Tx.AdminSessions, id: func(e *portico.AdminSession) *portico.AdminSessionID { return &e.ID },
		refs: func(to *portico.AdminSession, from portico.AdminSession) { to.UserID = from.UserID }, like: w.AdminSession}))
	t.Run("password resets", check(open, w, subject[portico.PasswordResetID, portico.PasswordReset]{
		of: portico.Tx.PasswordResets, id: func(e *portico.PasswordReset) *portico.PasswordResetID { return &e.ID },
		refs: func(to *portico.PasswordReset, from portico.PasswordReset) { to.UserID = from.UserID }, like: w.PasswordReset}))
	t.Run("admin identity providers", check(open, w, subject[portico.AdminIdentityProviderID, portico.AdminIdentityProvider]{
		of: portico.Tx.AdminIdentityProviders, id: func(e *portico.AdminIdentityProvider) *portico.AdminIdentityProviderID { return &e.ID },
		refs: func(*portico.AdminIdentityProvider, portico.AdminIdentityProvider) {}, like: w.AdminIdentityProvider}))
	t.Run("admin group mappings", check(open, w, subject[portico.AdminGroupMappingID, portico.AdminGroupMapping]{
		of: portico.Tx.AdminGroupMappings, id: func(e *portico.AdminGroupMapping) *portico.AdminGroupMappingID { return &e.ID },
		refs: func(to *portico.AdminGroupMapping, from portico.AdminGroupMapping) {
			to.ProviderID, to.TeamID = from.ProviderID, from.TeamID
		}, like: w.AdminGroupMapping}))
}

// adminFindings is what the organization's people and machines are found by.
func adminFindings(w World) []finding {
	return []finding{
		{"admin teams", ask(portico.Tx.AdminTeams, func(e portico.AdminTeam) portico.AdminTeamID { return e.ID }), string(w.AdminTeam.ID),
			map[string]string{"name": w.AdminTeam.Name}},
		{"admin team members", ask(portico.Tx.AdminTeamMembers, func(e portico.AdminTeamMember) portico.AdminTeamMemberID { return e.ID }), string(w.AdminTeamMember.ID),
			map[string]string{"team_id": string(w.AdminTeam.ID), "user_id": string(w.User.ID), "name": w.AdminTeam.Name, "email": w.User.Email, "full_name": w.User.FullName, "active": "true"}},
		{"role assignments", ask(portico.Tx.RoleAssignments, func(e portico.RoleAssignment) portico.RoleAssignmentID { return e.ID }), string(w.RoleAssignment.ID),
			map[string]string{"team_id": string(w.AdminTeam.ID), "role_name": w.RoleAssignment.Role, "entity_type_name": w.RoleAssignment.EntityType, "entity_id": w.RoleAssignment.EntityID}},
		{"system accounts", ask(portico.Tx.SystemAccounts, func(e portico.SystemAccount) portico.SystemAccountID { return e.ID }), string(w.SystemAccount.ID),
			map[string]string{"name": w.SystemAccount.Name, "description": w.SystemAccount.Description}},
		{"system account tokens", ask(portico.Tx.SystemAccountTokens, func(e portico.SystemAccountToken) portico.SystemAccountTokenID { return e.ID }), string(w.SystemAccountToken.ID),
			map[string]string{"system_account_id": string(w.SystemAccount.ID), "name": w.SystemAccountToken.Name, "digest": w.SystemAccountToken.Digest.Hex()}},
		{"invitations", ask(portico.Tx.Invites, func(e portico.Invite) portico.InviteID { return e.ID }), string(w.Invite.ID),
			map[string]string{"email": w.Invite.Email, "digest": w.Invite.Digest.Hex(), "inviter_id": string(w.User.ID)}},
		{"admin sessions", ask(portico.Tx.AdminSessions, func(e portico.AdminSession) portico.AdminSessionID { return e.ID }), string(w.AdminSession.ID),
			map[string]string{"user_id": string(w.User.ID), "digest": w.AdminSession.Digest.Hex(), "expires_at": w.AdminSession.ExpiresAt.Format(time.RFC3339Nano)}},
		{"password resets", ask(portico.Tx.PasswordResets, func(e portico.PasswordReset) portico.PasswordResetID { return e.ID }), string(w.PasswordReset.ID),
			map[string]string{"user_id": string(w.User.ID), "digest": w.PasswordReset.Digest.Hex()}},
		{"admin identity providers", ask(portico.Tx.AdminIdentityProviders, func(e portico.AdminIdentityProvider) portico.AdminIdentityProviderID { return e.ID }), string(w.AdminIdentityProvider.ID),
			map[string]string{"type": string(w.AdminIdentityProvider.Type), "login_path": w.AdminIdentityProvider.LoginPath, "enabled": "true"}},
		{"admin group mappings", ask(portico.Tx.AdminGroupMappings, func(e portico.AdminGroupMapping) portico.AdminGroupMappingID { return e.ID }), string(w.AdminGroupMapping.ID),
			map[string]string{"provider_id": string(w.AdminIdentityProvider.ID), "team_id": string(w.AdminTeam.ID), "group": w.AdminGroupMapping.Group}},
	}
}

// ofAdmins are the second ones of what must be unique in the organization.
func (d duplicates) ofAdmins(ctx context.Context) []duplicate {
	return []duplicate{
		{"identity of a user", func(tx portico.Tx) error {
			return tx.Users().Insert(ctx, another(d.w.User, func(u *portico.User) { u.Email = "other" }))
		}, "identity"},
		{"member of a team", func(tx portico.Tx) error {
			return tx.AdminTeamMembers().Insert(ctx, another(d.w.AdminTeamMember, func(*portico.AdminTeamMember) {}))
		}, "The user is in this team already."},
		{"machine in a team", func(tx portico.Tx) error {
			machine := func(m *portico.AdminTeamMember) { m.UserID, m.SystemAccountID = nil, &d.w.SystemAccount.ID }
			return errors.Join(tx.AdminTeamMembers().Insert(ctx, another(d.w.AdminTeamMember, machine)), tx.AdminTeamMembers().Insert(ctx, another(d.w.AdminTeamMember, machine)))
		}, "The system account is in this team already."},
		{"assigned role", func(tx portico.Tx) error {
			return tx.RoleAssignments().Insert(ctx, another(d.w.RoleAssignment, func(*portico.RoleAssignment) {}))
		}, "assigned already"},
		{"system account name", func(tx portico.Tx) error {
			return tx.SystemAccounts().Insert(ctx, another(d.w.SystemAccount, func(*portico.SystemAccount) {}))
		}, "system account with this name"},
		{"system account token name", func(tx portico.Tx) error {
			return tx.SystemAccountTokens().Insert(ctx, another(d.w.SystemAccountToken, func(t *portico.SystemAccountToken) { t.Digest = d.fresh.SystemAccountToken.Digest }))
		}, "token with this name"},
		{"invitation", func(tx portico.Tx) error {
			return tx.Invites().Insert(ctx, another(d.w.Invite, func(i *portico.Invite) { i.Digest = d.fresh.Invite.Digest }))
		}, "invited already"},
		{"admin session", func(tx portico.Tx) error {
			return tx.AdminSessions().Insert(ctx, another(d.w.AdminSession, func(*portico.AdminSession) {}))
		}, "session"},
		{"login path", func(tx portico.Tx) error {
			return tx.AdminIdentityProviders().Insert(ctx, another(d.w.AdminIdentityProvider, func(*portico.AdminIdentityProvider) {}))
		}, "login path"},
		{"admin group mapping", func(tx portico.Tx) error {
			return tx.AdminGroupMappings().Insert(ctx, another(d.w.AdminGroupMapping, func(*portico.AdminGroupMapping) {}))
		}, "mapped to this team"},
	}
}
