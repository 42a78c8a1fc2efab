package sqlstore

import "portico"

func teams() *table[portico.TeamID, portico.Team] {
	return &table[portico.TeamID, portico.Team]{
		name:  "teams",
		noun:  "team",
		audit: told("name"),
		row: func(t *portico.Team) []cell {
			return []cell{
				text("id", &t.ID),
				text("portal_id", &t.PortalID),
				text("name", &t.Name),
				optionalText("description", &t.Description),
				boolean("can_own_applications", &t.CanOwnApplications),
				instant("created_at", &t.CreatedAt),
				instant("updated_at", &t.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "name", "description", "can_own_applications", "created_at", "updated_at"},
		unique: map[string]string{
			"teams_portal_id_name_key": "A team with this name exists already in the portal.",
		},
	}
}

func teamMembers() *table[portico.TeamMemberID, portico.TeamMember] {
	const team = " FROM teams t WHERE t.id = team_members.team_id"
	const developer = " FROM developers d WHERE d.id = team_members.developer_id"
	return &table[portico.TeamMemberID, portico.TeamMember]{
		name:  "team_members",
		noun:  "team member",
		audit: told(""),
		row: func(m *portico.TeamMember) []cell {
			return []cell{
				text("id", &m.ID),
				text("team_id", &m.TeamID),
				text("developer_id", &m.DeveloperID),
				instant("created_at", &m.CreatedAt),
			}
		},
		fields: []string{"id", "team_id", "developer_id", "created_at"},
		more: map[string]field{
			"portal_id":            related("SELECT t.portal_id" + team),
			"name":                 related("SELECT t.name" + team),
			"can_own_applications": {expr: "(SELECT t.can_own_applications" + team + ")", kind: truth, nullable: true},
			"email":                related("SELECT d.email" + developer),
			"full_name":            related("SELECT d.full_name" + developer),
			"active":               {expr: "(SELECT d.status = 'approved'" + developer + ")", kind: truth, nullable: true},
		},
		unique: map[string]string{
			"team_members_team_id_developer_id_key": "The developer is in this team already.",
		},
	}
}

func teamRoles() *table[portico.TeamRoleID, portico.TeamRole] {
	return &table[portico.TeamRoleID, portico.TeamRole]{
		name:  "team_roles",
		noun:  "team role",
		audit: told("role"),
		row: func(r *portico.TeamRole) []cell {
			return []cell{
				text("id", &r.ID),
				text("team_id", &r.TeamID),
				text("role", &r.Role),
				text("api_id", &r.APIID),
				text("region", &r.Region),
				instant("created_at", &r.CreatedAt),
			}
		},
		fields: []string{"id", "team_id", "role", "api_id", "created_at"},
		more: map[string]field{
			"portal_id": related("SELECT t.portal_id FROM teams t WHERE t.id = team_roles.team_id"),
		},
		unique: map[string]string{
			"team_roles_team_id_role_api_id_key": "The team has this role for the API already.",
		},
	}
}

func identityProviders() *table[portico.IdentityProviderID, portico.IdentityProvider] {
	return &table[portico.IdentityProviderID, portico.IdentityProvider]{
		name:  "identity_providers",
		noun:  "identity provider",
		audit: told("issuer_url"),
		row: func(p *portico.IdentityProvider) []cell {
			return []cell{
				text("id", &p.ID),
				text("portal_id", &p.PortalID),
				text("type", &p.Type),
				boolean("enabled", &p.Enabled),
				text("issuer_url", &p.IssuerURL),
				text("client_id", &p.ClientID),
				sealed("sealed_secret", &p.SealedSecret),
				document("scopes", &p.Scopes),
				document("claims", &p.Claims),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "type", "enabled", "issuer_url", "client_id", "created_at", "updated_at"},
	}
}

func groupMappings() *table[portico.GroupMappingID, portico.GroupMapping] {
	return &table[portico.GroupMappingID, portico.GroupMapping]{
		name:  "group_mappings",
		noun:  "group mapping",
		audit: told("group_name"),
		row: func(m *portico.GroupMapping) []cell {
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
		more: map[string]field{
			"group":     {expr: "group_mappings.group_name", kind: textual},
			"portal_id": related("SELECT p.portal_id FROM identity_providers p WHERE p.id = group_mappings.provider_id"),
		},
		unique: map[string]string{
			"group_mappings_provider_id_team_id_group_name_key": "The group is mapped to this team already.",
		},
	}
}
