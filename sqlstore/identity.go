package sqlstore

import "portico"

func adminTeams() *table[portico.AdminTeamID, portico.AdminTeam] {
	return &table[portico.AdminTeamID, portico.AdminTeam]{
		name:  "admin_teams",
		noun:  "team",
		audit: told("name"),
		row: func(t *portico.AdminTeam) []cell {
			return []cell{
				text("id", &t.ID),
				text("name", &t.Name),
				optionalText("description", &t.Description),
				document("labels", &t.Labels),
				boolean("system_team", &t.System),
				instant("created_at", &t.CreatedAt),
				instant("updated_at", &t.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "description", "system_team", "created_at", "updated_at"},
		more:   map[string]field{"labels": labels("admin_teams.labels")},
	}
}

func adminTeamMembers() *table[portico.AdminTeamMemberID, portico.AdminTeamMember] {
	const team = " FROM admin_teams t WHERE t.id = admin_team_members.team_id"
	const user = " FROM users u WHERE u.id = admin_team_members.user_id"
	const account = " FROM system_accounts a WHERE a.id = admin_team_members.system_account_id"
	return &table[portico.AdminTeamMemberID, portico.AdminTeamMember]{
		name:  "admin_team_members",
		noun:  "team member",
		audit: told(""),
		row: func(m *portico.AdminTeamMember) []cell {
			return []cell{
				text("id", &m.ID),
				text("team_id", &m.TeamID),
				optionalText("user_id", &m.UserID),
				optionalText("system_account_id", &m.SystemAccountID),
				instant("created_at", &m.CreatedAt),
			}
		},
		fields: []string{"id", "team_id", "user_id", "system_account_id", "created_at"},
		more: map[string]field{
			"name":         related("SELECT t.name" + team),
			"email":        related("SELECT u.email" + user),
			"full_name":    related("SELECT u.full_name" + user),
			"active":       {expr: "(SELECT u.active" + user + ")", kind: truth, nullable: true},
			"account_name": related("SELECT a.name" + account),
		},
		unique: map[string]string{
			"admin_team_members_team_id_user_id_key":           "The user is in this team already.",
			"admin_team_members_team_id_system_account_id_key": "The system account is in this team already.",
		},
	}
}

func roleAssignments() *table[portico.RoleAssignmentID, portico.RoleAssignment] {
	return &table[portico.RoleAssignmentID, portico.RoleAssignment]{
		name:  "role_assignments",
		noun:  "assigned role",
		audit: told("role_name"),
		row: func(r *portico.RoleAssignment) []cell {
			return []cell{
				text("id", &r.ID),
				optionalText("user_id", &r.UserID),
				optionalText("team_id", &r.TeamID),
				optionalText("system_account_id", &r.SystemAccountID),
				text("role_name", &r.Role),
				text("entity_type_name", &r.EntityType),
				text("entity_id", &r.EntityID),
				text("entity_region", &r.Region),
				instant("created_at", &r.CreatedAt),
			}
		},
		fields: []string{"id", "user_id", "team_id", "system_account_id", "role_name", "entity_type_name", "entity_id", "entity_region", "created_at"},
		unique: map[string]string{
			"role_assignments_given_key": "This role is assigned already.",
		},
	}
}

func systemAccounts() *table[portico.SystemAccountID, portico.SystemAccount] {
	return &table[portico.SystemAccountID, portico.SystemAccount]{
		name:  "system_accounts",
		noun:  "system account",
		audit: told("name"),
		row: func(a *portico.SystemAccount) []cell {
			return []cell{
				text("id", &a.ID),
				text("name", &a.Name),
				text("description", &a.Description),
				instant("created_at", &a.CreatedAt),
				instant("updated_at", &a.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "description", "created_at", "updated_at"},
		unique: map[string]string{
			"system_accounts_name_key": "A system account with this name exists already.",
		},
	}
}

func systemAccountTokens() *table[portico.SystemAccountTokenID, portico.SystemAccountToken] {
	return &table[portico.SystemAccountTokenID, portico.SystemAccountToken]{
		name:  "system_account_tokens",
		noun:  "access token",
		audit: told("name"),
		row: func(t *portico.SystemAccountToken) []cell {
			return []cell{
				text("id", &t.ID),
				text("system_account_id", &t.SystemAccountID),
				text("name", &t.Name),
				digest("digest", &t.Digest),
				instant("expires_at", &t.ExpiresAt),
				optionalInstant("last_used_at", &t.LastUsedAt),
				instant("created_at", &t.CreatedAt),
				instant("updated_at", &t.UpdatedAt),
			}
		},
		fields: []string{"id", "system_account_id", "name", "digest", "expires_at", "last_used_at", "created_at", "updated_at"},
		unique: map[string]string{
			"system_account_tokens_digest_key":                 "This access token exists already.",
			"system_account_tokens_system_account_id_name_key": "The system account has an access token with this name already.",
		},
	}
}

func invites() *table[portico.InviteID, portico.Invite] {
	return &table[portico.InviteID, portico.Invite]{
		name:  "invites",
		noun:  "invitation",
		audit: told("email"),
		row: func(i *portico.Invite) []cell {
			return []cell{
				text("id", &i.ID),
				text("email", &i.Email),
				digest("digest", &i.Digest),
				document("team_ids", &i.TeamIDs),
				optionalText("inviter_id", &i.InviterID),
				instant("expires_at", &i.ExpiresAt),
				instant("created_at", &i.CreatedAt),
				instant("updated_at", &i.UpdatedAt),
			}
		},
		fields: []string{"id", "email", "digest", "inviter_id", "expires_at", "created_at", "updated_at"},
		unique: map[string]string{
			"invites_email_key":  "Somebody with this e-mail address is invited already.",
			"invites_digest_key": "This invitation exists already.",
		},
	}
}

func adminSessions() *table[portico.AdminSessionID, portico.AdminSession] {
	return &table[portico.AdminSessionID, portico.AdminSession]{
		name:  "admin_sessions",
		noun:  "session",
		audit: untold("who signs in is told"),
		row: func(s *portico.AdminSession) []cell {
			return []cell{
				text("id", &s.ID),
				text("user_id", &s.UserID),
				digest("digest", &s.Digest),
				boolean("second_factor", &s.SecondFactor),
				text("user_agent", &s.UserAgent),
				text("address", &s.Address),
				instant("last_seen_at", &s.LastSeenAt),
				instant("expires_at", &s.ExpiresAt),
				instant("created_at", &s.CreatedAt),
			}
		},
		fields: []string{"id", "user_id", "digest", "second_factor", "last_seen_at", "expires_at", "created_at"},
		unique: map[string]string{
			"admin_sessions_digest_key": "This session exists already.",
		},
	}
}

func passwordResets() *table[portico.PasswordResetID, portico.PasswordReset] {
	return &table[portico.PasswordResetID, portico.PasswordReset]{
		name:  "password_resets",
		noun:  "password reset",
		audit: untold("links in mails; what somebody does with them is told"),
		row: func(p *portico.PasswordReset) []cell {
			return []cell{
				text("id", &p.ID),
				text("user_id", &p.UserID),
				digest("digest", &p.Digest),
				instant("expires_at", &p.ExpiresAt),
				instant("created_at", &p.CreatedAt),
			}
		},
		fields: []string{"id", "user_id", "digest", "expires_at", "created_at"},
		unique: map[string]string{
			"password_resets_digest_key": "This password reset exists already.",
		},
	}
}

func adminIdentityProviders() *table[portico.AdminIdentityProviderID, portico.AdminIdentityProvider] {
	return &table[portico.AdminIdentityProviderID, portico.AdminIdentityProvider]{
		name:  "admin_identity_providers",
		noun:  "identity provider",
		audit: told("issuer_url"),
		row: func(p *portico.AdminIdentityProvider) []cell {
			return []cell{
				text("id", &p.ID),
				text("type", &p.Type),
				boolean("enabled", &p.Enabled),
				text("login_path", &p.LoginPath),
				text("issuer_url", &p.IssuerURL),
				text("client_id", &p.ClientID),
				sealed("sealed_secret", &p.SealedSecret),
				document("scopes", &p.Scopes),
				document("claims", &p.Claims),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		fields: []string{"id", "type", "enabled", "login_path", "issuer_url", "client_id", "created_at", "updated_at"},
		unique: map[string]string{
			"admin_identity_providers_login_path_key": "An identity provider with this login path exists already.",
		},
	}
}

func adminGroupMappings() *table[portico.AdminGroupMappingID, portico.AdminGroupMapping] {
	return &table[portico.AdminGroupMappingID, portico.AdminGroupMapping]{
		name:  "admin_group_mappings",
		noun:  "group mapping",
		audit: told("group_name"),
		row: func(m *portico.AdminGroupMapping) []cell {
			return []cell{
				text("id", &m.ID),
				text("provider_id", &m.ProviderID),
				text("team_id", &m.TeamID),
				text("group_name", &m.Group),
				instant("created_at", &m.CreatedAt),
				instant("updated_at", &m.UpdatedAt),
			}
		},
		fields: []string{"id", "provider_id", "team_id", "created_at", "updated_at"},
		more:   map[string]field{"group": {expr: "admin_group_mappings.group_name", kind: textual}},
		unique: map[string]string{
			"admin_group_mappings_provider_id_team_id_group_name_key": "The group is mapped to this team already.",
		},
	}
}
