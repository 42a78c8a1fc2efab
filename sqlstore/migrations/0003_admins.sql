-- Who runs Portico, how they prove to be who they are, and what they may do.

ALTER TABLE organizations ADD COLUMN password_sign_in BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE organizations ADD COLUMN teams_by_groups BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organizations ADD COLUMN teams_by_hand BOOLEAN NOT NULL DEFAULT TRUE;

ALTER TABLE users ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN sealed_totp BLOB;
ALTER TABLE users ADD COLUMN totp_confirmed_at BIGINT;
ALTER TABLE users ADD COLUMN totp_last_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN recovery_codes TEXT;
ALTER TABLE users ADD COLUMN last_sign_in_at BIGINT;
CREATE UNIQUE INDEX users_external_id_key ON users (external_id) WHERE external_id <> '';

CREATE TABLE admin_teams (
	id          TEXT NOT NULL PRIMARY KEY,
	name        TEXT NOT NULL,
	description TEXT,
	labels      TEXT,
	system_team BOOLEAN NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);

CREATE TABLE system_accounts (
	id          TEXT NOT NULL PRIMARY KEY,
	name        TEXT NOT NULL,
	description TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX system_accounts_name_key ON system_accounts (name);

CREATE TABLE system_account_tokens (
	id                TEXT NOT NULL PRIMARY KEY,
	system_account_id TEXT NOT NULL REFERENCES system_accounts ON DELETE CASCADE,
	name              TEXT NOT NULL,
	digest            TEXT NOT NULL,
	expires_at        BIGINT NOT NULL,
	last_used_at      BIGINT,
	created_at        BIGINT NOT NULL,
	updated_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX system_account_tokens_digest_key ON system_account_tokens (digest);
CREATE UNIQUE INDEX system_account_tokens_system_account_id_name_key ON system_account_tokens (system_account_id, name);

-- Of user and system account, one is there.
CREATE TABLE admin_team_members (
	id                TEXT NOT NULL PRIMARY KEY,
	team_id           TEXT NOT NULL REFERENCES admin_teams ON DELETE CASCADE,
	user_id           TEXT REFERENCES users ON DELETE CASCADE,
	system_account_id TEXT REFERENCES system_accounts ON DELETE CASCADE,
	created_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_team_members_team_id_user_id_key ON admin_team_members (team_id, user_id);
CREATE UNIQUE INDEX admin_team_members_team_id_system_account_id_key ON admin_team_members (team_id, system_account_id);
CREATE INDEX admin_team_members_user_id ON admin_team_members (user_id);
CREATE INDEX admin_team_members_system_account_id ON admin_team_members (system_account_id);

-- Of user, team and system account, one is there.
CREATE TABLE role_assignments (
	id                TEXT NOT NULL PRIMARY KEY,
	user_id           TEXT REFERENCES users ON DELETE CASCADE,
	team_id           TEXT REFERENCES admin_teams ON DELETE CASCADE,
	system_account_id TEXT REFERENCES system_accounts ON DELETE CASCADE,
	role_name         TEXT NOT NULL,
	entity_type_name  TEXT NOT NULL,
	entity_id         TEXT NOT NULL,
	entity_region     TEXT NOT NULL,
	created_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX role_assignments_given_key ON role_assignments
	(COALESCE(user_id, team_id, system_account_id), role_name, entity_type_name, entity_id);
CREATE INDEX role_assignments_user_id ON role_assignments (user_id);
CREATE INDEX role_assignments_team_id ON role_assignments (team_id);
CREATE INDEX role_assignments_system_account_id ON role_assignments (system_account_id);
CREATE INDEX role_assignments_entity_id ON role_assignments (entity_id);

CREATE TABLE invites (
	id         TEXT NOT NULL PRIMARY KEY,
	email      TEXT NOT NULL,
	digest     TEXT NOT NULL,
	team_ids   TEXT,
	inviter_id TEXT REFERENCES users ON DELETE SET NULL,
	expires_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX invites_email_key ON invites (email);
CREATE UNIQUE INDEX invites_digest_key ON invites (digest);
CREATE INDEX invites_inviter_id ON invites (inviter_id);

CREATE TABLE admin_sessions (
	id            TEXT NOT NULL PRIMARY KEY,
	user_id       TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	digest        TEXT NOT NULL,
	second_factor BOOLEAN NOT NULL,
	user_agent    TEXT NOT NULL,
	address       TEXT NOT NULL,
	last_seen_at  BIGINT NOT NULL,
	expires_at    BIGINT NOT NULL,
	created_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_sessions_digest_key ON admin_sessions (digest);
CREATE INDEX admin_sessions_user_id ON admin_sessions (user_id);
CREATE INDEX admin_sessions_expires_at ON admin_sessions (expires_at);

CREATE TABLE password_resets (
	id         TEXT NOT NULL PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	digest     TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX password_resets_digest_key ON password_resets (digest);
CREATE INDEX password_resets_user_id ON password_resets (user_id);

CREATE TABLE admin_identity_providers (
	id            TEXT NOT NULL PRIMARY KEY,
	type          TEXT NOT NULL,
	enabled       BOOLEAN NOT NULL,
	login_path    TEXT NOT NULL,
	issuer_url    TEXT NOT NULL,
	client_id     TEXT NOT NULL,
	sealed_secret BLOB,
	scopes        TEXT,
	claims        TEXT NOT NULL,
	created_at    BIGINT NOT NULL,
	updated_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_identity_providers_login_path_key ON admin_identity_providers (login_path);

CREATE TABLE admin_group_mappings (
	id          TEXT NOT NULL PRIMARY KEY,
	provider_id TEXT NOT NULL REFERENCES admin_identity_providers ON DELETE CASCADE,
	team_id     TEXT NOT NULL REFERENCES admin_teams ON DELETE CASCADE,
	group_name  TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX admin_group_mappings_provider_id_team_id_group_name_key ON admin_group_mappings (provider_id, team_id, group_name);
CREATE INDEX admin_group_mappings_team_id ON admin_group_mappings (team_id);

-- The system teams. What the first two may do is more than any role.
INSERT INTO admin_teams (id, name, description, system_team, created_at, updated_at) VALUES
	('5e000000-0000-4000-8000-000000000001', 'organization-admin', 'May do everything.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000002', 'organization-admin-readonly', 'May view everything and change nothing.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000003', 'portal-admin', 'Creates and administers all portals, application auth strategies and DCR providers.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000004', 'portal-viewer', 'Views all portals, their developers and applications.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000005', 'api-product-admin', 'Creates, publishes and administers all APIs.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000006', 'api-product-publisher', 'Publishes all APIs to all portals.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000007', 'control-plane-admin', 'Creates and administers all control planes.', TRUE, 1767225600000000, 1767225600000000),
	('5e000000-0000-4000-8000-000000000008', 'control-plane-viewer', 'Views all control planes.', TRUE, 1767225600000000, 1767225600000000);

INSERT INTO role_assignments (id, team_id, role_name, entity_type_name, entity_id, entity_region, created_at) VALUES
	('5e000000-0000-4000-8003-000000000001', '5e000000-0000-4000-8000-000000000003', 'Creator', 'Portals', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8003-000000000002', '5e000000-0000-4000-8000-000000000003', 'Admin', 'Portals', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8003-000000000003', '5e000000-0000-4000-8000-000000000003', 'Creator', 'Application Auth Strategies', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8003-000000000004', '5e000000-0000-4000-8000-000000000003', 'Maintainer', 'Application Auth Strategies', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8003-000000000005', '5e000000-0000-4000-8000-000000000003', 'Creator', 'DCR Providers', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8003-000000000006', '5e000000-0000-4000-8000-000000000003', 'Maintainer', 'DCR Providers', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8004-000000000001', '5e000000-0000-4000-8000-000000000004', 'Viewer', 'Portals', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8005-000000000001', '5e000000-0000-4000-8000-000000000005', 'Creator', 'APIs', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8005-000000000002', '5e000000-0000-4000-8000-000000000005', 'Admin', 'APIs', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8005-000000000003', '5e000000-0000-4000-8000-000000000005', 'Product Publisher', 'Portals', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8006-000000000001', '5e000000-0000-4000-8000-000000000006', 'Publisher', 'APIs', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8006-000000000002', '5e000000-0000-4000-8000-000000000006', 'Product Publisher', 'Portals', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8007-000000000001', '5e000000-0000-4000-8000-000000000007', 'Creator', 'Control Planes', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8007-000000000002', '5e000000-0000-4000-8000-000000000007', 'Admin', 'Control Planes', '*', '*', 1767225600000000),
	('5e000000-0000-4000-8008-000000000001', '5e000000-0000-4000-8000-000000000008', 'Viewer', 'Control Planes', '*', '*', 1767225600000000);

-- Until now every user could do everything. (The id is one of another kind, so
-- the user's own will do.)
INSERT INTO admin_team_members (id, team_id, user_id, created_at)
	SELECT id, '5e000000-0000-4000-8000-000000000001', id, created_at FROM users;
