package sqlstore

import "portico"

func developers() *table[portico.DeveloperID, portico.Developer] {
	return &table[portico.DeveloperID, portico.Developer]{
		name:  "developers",
		noun:  "developer",
		audit: told("email").hiding("password_hash"),
		row: func(d *portico.Developer) []cell {
			return []cell{
				text("id", &d.ID),
				text("portal_id", &d.PortalID),
				text("email", &d.Email),
				text("full_name", &d.FullName),
				text("status", &d.Status),
				boolean("email_verified", &d.EmailVerified),
				text("password_hash", &d.PasswordHash),
				text("reason", &d.Reason),
				text("language", &d.Language),
				text("theme", &d.Theme),
				text("external_id", &d.ExternalID),
				instant("created_at", &d.CreatedAt),
				instant("updated_at", &d.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "email", "full_name", "status", "email_verified", "external_id",
			"created_at", "updated_at"},
		more: map[string]field{"name": {expr: "developers.full_name", kind: textual}},
		unique: map[string]string{
			"developers_portal_id_email_key":       "A developer with this e-mail address exists already in the portal.",
			"developers_portal_id_external_id_key": "A developer of the portal signs in with this account of the identity provider already.",
		},
		removal: removal{applications: "SELECT id FROM applications WHERE developer_id = $1 ORDER BY id"},
	}
}

func oneTimeTokens() *table[portico.OneTimeTokenID, portico.OneTimeToken] {
	return &table[portico.OneTimeTokenID, portico.OneTimeToken]{
		name:  "one_time_tokens",
		noun:  "one-time token",
		audit: untold("links in mails; what somebody does with them is told"),
		row: func(t *portico.OneTimeToken) []cell {
			return []cell{
				text("id", &t.ID),
				text("developer_id", &t.DeveloperID),
				text("purpose", &t.Purpose),
				digest("digest", &t.Digest),
				instant("expires_at", &t.ExpiresAt),
				instant("created_at", &t.CreatedAt),
			}
		},
		fields: []string{"id", "developer_id", "purpose", "digest", "expires_at", "created_at"},
		unique: map[string]string{
			"one_time_tokens_digest_key": "This one-time token exists already.",
		},
	}
}

func sessions() *table[portico.SessionID, portico.Session] {
	return &table[portico.SessionID, portico.Session]{
		name:  "sessions",
		noun:  "session",
		audit: untold("who signs in is told"),
		row: func(s *portico.Session) []cell {
			return []cell{
				text("id", &s.ID),
				text("developer_id", &s.DeveloperID),
				text("portal_id", &s.PortalID),
				digest("access_digest", &s.AccessDigest),
				digest("refresh_digest", &s.RefreshDigest),
				instant("access_expires_at", &s.AccessExpiresAt),
				instant("expires_at", &s.ExpiresAt),
				text("user_agent", &s.UserAgent),
				text("address", &s.Address),
				instant("last_seen_at", &s.LastSeenAt),
				instant("created_at", &s.CreatedAt),
			}
		},
		fields: []string{"id", "developer_id", "portal_id", "access_digest", "refresh_digest", "access_expires_at",
			"expires_at", "last_seen_at", "created_at"},
		unique: map[string]string{
			"sessions_access_digest_key":  "A session with this access token exists already.",
			"sessions_refresh_digest_key": "A session with this refresh token exists already.",
		},
	}
}
