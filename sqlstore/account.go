package sqlstore

import "portico"

func organizations() *table[portico.OrganizationID, portico.Organization] {
	return &table[portico.OrganizationID, portico.Organization]{
		name:  "organizations",
		noun:  "organization",
		audit: told("name"),
		row: func(o *portico.Organization) []cell {
			return []cell{
				text("id", &o.ID),
				text("name", &o.Name),
				text("owner_id", &o.OwnerID),
				boolean("password_sign_in", &o.PasswordSignIn),
				boolean("teams_by_groups", &o.TeamsByGroups),
				boolean("teams_by_hand", &o.TeamsByHand),
				instant("created_at", &o.CreatedAt),
				instant("updated_at", &o.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "owner_id", "created_at", "updated_at"},
	}
}

func users() *table[portico.UserID, portico.User] {
	return &table[portico.UserID, portico.User]{
		name:  "users",
		noun:  "user",
		audit: told("email").hiding("password_hash", "recovery_codes").ignoring("last_sign_in_at", "totp_last_step"),
		row: func(u *portico.User) []cell {
			return []cell{
				text("id", &u.ID),
				text("email", &u.Email),
				text("full_name", &u.FullName),
				text("preferred_name", &u.PreferredName),
				boolean("active", &u.Active),
				text("password_hash", &u.PasswordHash),
				text("external_id", &u.ExternalID),
				sealed("sealed_totp", &u.SealedTOTP),
				optionalInstant("totp_confirmed_at", &u.TOTPConfirmedAt),
				number("totp_last_step", &u.TOTPLastStep),
				document("recovery_codes", &u.RecoveryCodes),
				optionalInstant("last_sign_in_at", &u.LastSignInAt),
				instant("created_at", &u.CreatedAt),
				instant("updated_at", &u.UpdatedAt),
			}
		},
		fields: []string{"id", "email", "full_name", "preferred_name", "active", "external_id", "last_sign_in_at", "created_at", "updated_at"},
		more:   map[string]field{"name_and_email": {expr: "(users.full_name || ' ' || users.email)", kind: textual}},
		unique: map[string]string{
			"users_email_key":       "A user with this e-mail address exists already.",
			"users_external_id_key": "Another user signs in with this identity already.",
		},
	}
}

func accessTokens() *table[portico.AccessTokenID, portico.AccessToken] {
	return &table[portico.AccessTokenID, portico.AccessToken]{
		name:  "access_tokens",
		noun:  "access token",
		audit: told("name"),
		row: func(t *portico.AccessToken) []cell {
			return []cell{
				text("id", &t.ID),
				text("user_id", &t.UserID),
				text("name", &t.Name),
				digest("digest", &t.Digest),
				boolean("revoked", &t.Revoked),
				instant("expires_at", &t.ExpiresAt),
				optionalInstant("last_used_at", &t.LastUsedAt),
				instant("created_at", &t.CreatedAt),
				instant("updated_at", &t.UpdatedAt),
			}
		},
		fields: []string{"id", "user_id", "name", "digest", "revoked", "expires_at", "last_used_at", "created_at", "updated_at"},
		unique: map[string]string{
			"access_tokens_digest_key": "This access token exists already.",
		},
	}
}
