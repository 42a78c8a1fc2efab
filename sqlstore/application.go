package sqlstore

import "portico"

// applicationChange is what a write of anything that one application may do
// announces.
func applicationChange(id portico.ApplicationID) portico.Change {
	return portico.Change{Scope: portico.ChangeApplication, ID: string(id)}
}

func applications() *table[portico.ApplicationID, portico.Application] {
	return &table[portico.ApplicationID, portico.Application]{
		name:  "applications",
		noun:  "application",
		audit: told("name"),
		row: func(a *portico.Application) []cell {
			return []cell{
				text("id", &a.ID),
				text("portal_id", &a.PortalID),
				text("developer_id", &a.DeveloperID),
				optionalText("team_id", &a.TeamID),
				text("auth_strategy_id", &a.StrategyID),
				text("name", &a.Name),
				optionalText("description", &a.Description),
				document("labels", &a.Labels),
				optionalText("redirect_uri", &a.RedirectURI),
				document("scopes", &a.Scopes),
				optionalText("dcr_provider_id", &a.ProviderID),
				text("client_id", &a.ClientID),
				text("external_id", &a.ExternalID),
				document("former_clients", &a.FormerClients),
				number("generation", &a.Generation),
				instant("created_at", &a.CreatedAt),
				instant("updated_at", &a.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "developer_id", "team_id", "auth_strategy_id", "name", "dcr_provider_id", "client_id",
			"created_at", "updated_at"},
		more: map[string]field{
			"labels":             labels("applications.labels"),
			"owner_id":           {expr: "COALESCE(applications.team_id, applications.developer_id)", kind: textual},
			"owner_developer_id": {expr: "CASE WHEN applications.team_id IS NULL THEN applications.developer_id END", kind: textual, nullable: true},
		},
		unique: map[string]string{
			"applications_owner_id_name_key":             "The owner has an application with this name already.",
			"applications_dcr_provider_id_client_id_key": "An application with this client id exists already at the DCR provider.",
			"applications_portal_id_client_id_key":       "An application with this client id exists already in the portal.",
		},
		change: func(a portico.Application) portico.Change { return applicationChange(a.ID) },
	}
}

func apiKeys() *table[portico.APIKeyID, portico.APIKey] {
	return &table[portico.APIKeyID, portico.APIKey]{
		name:  "api_keys",
		noun:  "API key",
		audit: told("display_name"),
		row: func(k *portico.APIKey) []cell {
			return []cell{
				text("id", &k.ID),
				text("application_id", &k.ApplicationID),
				text("display_name", &k.DisplayName),
				digest("digest", &k.Digest),
				optionalInstant("expires_at", &k.ExpiresAt),
				instant("created_at", &k.CreatedAt),
				instant("updated_at", &k.UpdatedAt),
			}
		},
		fields: []string{"id", "application_id", "display_name", "digest", "expires_at", "created_at", "updated_at"},
		unique: map[string]string{
			"api_keys_digest_key": "This API key exists already.",
		},
		change: func(k portico.APIKey) portico.Change { return applicationChange(k.ApplicationID) },
	}
}

func issuedSecrets() *table[portico.IssuedSecretID, portico.IssuedSecret] {
	return &table[portico.IssuedSecretID, portico.IssuedSecret]{
		name:  "issued_secrets",
		noun:  "issued secret",
		audit: told("client_id"),
		row: func(s *portico.IssuedSecret) []cell {
			return []cell{
				text("id", &s.ID),
				text("application_id", &s.ApplicationID),
				text("client_id", &s.ClientID),
				text("secret_id", &s.SecretID),
				optionalInstant("expires_at", &s.ExpiresAt),
				instant("created_at", &s.CreatedAt),
				instant("updated_at", &s.UpdatedAt),
			}
		},
		fields: []string{"id", "application_id", "client_id", "secret_id", "expires_at", "created_at", "updated_at"},
	}
}

func registrations() *table[portico.RegistrationID, portico.Registration] {
	const application = " FROM applications a WHERE a.id = registrations.application_id"
	return &table[portico.RegistrationID, portico.Registration]{
		name:  "registrations",
		noun:  "registration",
		audit: told(""),
		row: func(r *portico.Registration) []cell {
			return []cell{
				text("id", &r.ID),
				text("application_id", &r.ApplicationID),
				text("api_id", &r.APIID),
				text("portal_id", &r.PortalID),
				text("status", &r.Status),
				text("comment", &r.Comment),
				text("reason", &r.Reason),
				instant("created_at", &r.CreatedAt),
				instant("updated_at", &r.UpdatedAt),
			}
		},
		fields: []string{"id", "application_id", "api_id", "portal_id", "status", "created_at", "updated_at"},
		more: map[string]field{
			"api_name":           related("SELECT a.name FROM apis a WHERE a.id = registrations.api_id"),
			"application_name":   related("SELECT a.name" + application),
			"developer_id":       related("SELECT a.developer_id" + application),
			"owner_developer_id": related("SELECT CASE WHEN a.team_id IS NULL THEN a.developer_id END" + application),
			"owner_id":           related("SELECT COALESCE(a.team_id, a.developer_id)" + application),
			"owner_type":         related("SELECT CASE WHEN a.team_id IS NULL THEN 'developer' ELSE 'team' END" + application),
		},
		unique: map[string]string{
			"registrations_application_id_api_id_key": "The application is registered for this API already.",
		},
		change: func(r portico.Registration) portico.Change { return applicationChange(r.ApplicationID) },
	}
}

func handoffs() *table[portico.HandoffID, portico.Handoff] {
	return &table[portico.HandoffID, portico.Handoff]{
		name:  "handoffs",
		noun:  "hand-off",
		audit: untold("credentials on their way to a browser, gone in minutes"),
		row: func(h *portico.Handoff) []cell {
			return []cell{
				text("id", &h.ID),
				text("portal_id", &h.PortalID),
				text("developer_id", &h.DeveloperID),
				optionalText("application_id", &h.ApplicationID),
				blob("sealed", &h.Sealed),
				instant("expires_at", &h.ExpiresAt),
				instant("created_at", &h.CreatedAt),
				instant("updated_at", &h.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "developer_id", "application_id", "expires_at", "created_at", "updated_at"},
	}
}

func tasks() *table[portico.TaskID, portico.Task] {
	return &table[portico.TaskID, portico.Task]{
		name:  "tasks",
		noun:  "task",
		audit: untold("the saga's own notes; what comes of them is told"),
		row: func(t *portico.Task) []cell {
			return []cell{
				text("id", &t.ID),
				text("kind", &t.Kind),
				text("dcr_provider_id", &t.ProviderID),
				text("application_id", &t.ApplicationID),
				text("api_id", &t.APIID),
				text("create_key", &t.CreateKey),
				document("client", &t.Client),
				document("secret_ids", &t.SecretIDs),
				number("attempts", &t.Attempts),
				text("last_error", &t.LastError),
				instant("due_at", &t.DueAt),
				instant("created_at", &t.CreatedAt),
				instant("updated_at", &t.UpdatedAt),
			}
		},
		fields: []string{"id", "kind", "dcr_provider_id", "application_id", "create_key", "attempts", "due_at", "created_at", "updated_at"},
	}
}
