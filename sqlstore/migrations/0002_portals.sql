-- What portals say and look like, who shares applications, and what was counted.

ALTER TABLE portals ADD COLUMN basic_auth_enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE portals ADD COLUMN idp_mapping_enabled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE portals ADD COLUMN custom_domain TEXT NOT NULL DEFAULT '';
ALTER TABLE portals ADD COLUMN language TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX portals_custom_domain_key ON portals (custom_domain) WHERE custom_domain <> '';

ALTER TABLE developers ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE developers ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE developers ADD COLUMN theme TEXT NOT NULL DEFAULT '';
ALTER TABLE developers ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX developers_portal_id_external_id_key ON developers (portal_id, external_id) WHERE external_id <> '';

ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_seen_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE registrations ADD COLUMN comment TEXT NOT NULL DEFAULT '';
ALTER TABLE registrations ADD COLUMN reason TEXT NOT NULL DEFAULT '';

CREATE TABLE teams (
	id                   TEXT NOT NULL PRIMARY KEY,
	portal_id            TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	name                 TEXT NOT NULL,
	description          TEXT,
	can_own_applications BOOLEAN NOT NULL,
	created_at           BIGINT NOT NULL,
	updated_at           BIGINT NOT NULL
);
CREATE UNIQUE INDEX teams_portal_id_name_key ON teams (portal_id, name);

-- A team that owns applications cannot go before they do.
ALTER TABLE applications ADD COLUMN team_id TEXT REFERENCES teams;
CREATE INDEX applications_team_id ON applications (team_id);
-- The owner is the team, or else the developer.
DROP INDEX applications_developer_id_name_key;
CREATE UNIQUE INDEX applications_owner_id_name_key ON applications (COALESCE(team_id, developer_id), name);
CREATE INDEX applications_developer_id ON applications (developer_id, name);

CREATE TABLE team_members (
	id           TEXT NOT NULL PRIMARY KEY,
	team_id      TEXT NOT NULL REFERENCES teams ON DELETE CASCADE,
	developer_id TEXT NOT NULL REFERENCES developers ON DELETE CASCADE,
	created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_members_team_id_developer_id_key ON team_members (team_id, developer_id);
CREATE INDEX team_members_developer_id ON team_members (developer_id);

CREATE TABLE team_roles (
	id         TEXT NOT NULL PRIMARY KEY,
	team_id    TEXT NOT NULL REFERENCES teams ON DELETE CASCADE,
	role       TEXT NOT NULL,
	api_id     TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	region     TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_roles_team_id_role_api_id_key ON team_roles (team_id, role, api_id);
CREATE INDEX team_roles_api_id ON team_roles (api_id);

CREATE TABLE identity_providers (
	id            TEXT NOT NULL PRIMARY KEY,
	portal_id     TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	type          TEXT NOT NULL,
	enabled       BOOLEAN NOT NULL,
	issuer_url    TEXT NOT NULL,
	client_id     TEXT NOT NULL,
	sealed_secret BLOB,
	scopes        TEXT,
	claims        TEXT NOT NULL,
	created_at    BIGINT NOT NULL,
	updated_at    BIGINT NOT NULL
);
CREATE INDEX identity_providers_portal_id ON identity_providers (portal_id);

CREATE TABLE group_mappings (
	id          TEXT NOT NULL PRIMARY KEY,
	provider_id TEXT NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
	team_id     TEXT NOT NULL REFERENCES teams ON DELETE CASCADE,
	group_name  TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX group_mappings_provider_id_team_id_group_name_key ON group_mappings (provider_id, team_id, group_name);
CREATE INDEX group_mappings_team_id ON group_mappings (team_id);

CREATE TABLE portal_pages (
	id             TEXT NOT NULL PRIMARY KEY,
	portal_id      TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	parent_page_id TEXT REFERENCES portal_pages ON DELETE CASCADE,
	position       BIGINT NOT NULL,
	slug           TEXT NOT NULL,
	title          TEXT NOT NULL,
	content        TEXT NOT NULL,
	description    TEXT,
	visibility     TEXT NOT NULL,
	published      BOOLEAN NOT NULL,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX portal_pages_portal_id_parent_slug_key ON portal_pages (portal_id, COALESCE(parent_page_id, ''), slug);
CREATE INDEX portal_pages_parent_page_id ON portal_pages (parent_page_id);

CREATE TABLE snippets (
	id          TEXT NOT NULL PRIMARY KEY,
	portal_id   TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	name        TEXT NOT NULL,
	title       TEXT NOT NULL,
	content     TEXT NOT NULL,
	description TEXT,
	visibility  TEXT NOT NULL,
	published   BOOLEAN NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX snippets_portal_id_name_key ON snippets (portal_id, name);

CREATE TABLE documents (
	id                 TEXT NOT NULL PRIMARY KEY,
	api_id             TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	parent_document_id TEXT REFERENCES documents ON DELETE CASCADE,
	position           BIGINT NOT NULL,
	slug               TEXT NOT NULL,
	title              TEXT NOT NULL,
	content            TEXT NOT NULL,
	published          BOOLEAN NOT NULL,
	created_at         BIGINT NOT NULL,
	updated_at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX documents_api_id_slug_key ON documents (api_id, slug);
CREATE INDEX documents_parent_document_id ON documents (parent_document_id);

CREATE TABLE customizations (
	id         TEXT NOT NULL PRIMARY KEY REFERENCES portals ON DELETE CASCADE,
	design     TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

CREATE TABLE assets (
	id         TEXT NOT NULL PRIMARY KEY,
	portal_id  TEXT REFERENCES portals ON DELETE CASCADE,
	api_id     TEXT REFERENCES apis ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	media_type TEXT NOT NULL,
	data       BLOB,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX assets_owner_kind_key ON assets (COALESCE(portal_id, ''), COALESCE(api_id, ''), kind);
CREATE INDEX assets_portal_id ON assets (portal_id);
CREATE INDEX assets_api_id ON assets (api_id);

CREATE TABLE email_templates (
	id           TEXT NOT NULL PRIMARY KEY,
	portal_id    TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	name         TEXT NOT NULL,
	subject      TEXT,
	title        TEXT,
	body         TEXT,
	button_label TEXT,
	enabled      BOOLEAN NOT NULL,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX email_templates_portal_id_name_key ON email_templates (portal_id, name);

CREATE TABLE handoffs (
	id             TEXT NOT NULL PRIMARY KEY,
	portal_id      TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	developer_id   TEXT NOT NULL REFERENCES developers ON DELETE CASCADE,
	application_id TEXT REFERENCES applications ON DELETE CASCADE,
	sealed         BLOB,
	expires_at     BIGINT NOT NULL,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE INDEX handoffs_developer_id ON handoffs (developer_id);
CREATE INDEX handoffs_application_id ON handoffs (application_id);
CREATE INDEX handoffs_portal_id ON handoffs (portal_id);
CREATE INDEX handoffs_expires_at ON handoffs (expires_at);

-- What visitors can search for. The folded columns are what is compared.
CREATE TABLE search_entries (
	entry              INTEGER PRIMARY KEY AUTOINCREMENT,
	kind               TEXT NOT NULL,
	entity_id          TEXT NOT NULL,
	fragment           TEXT NOT NULL,
	api_id             TEXT REFERENCES apis ON DELETE CASCADE,
	portal_id          TEXT REFERENCES portals ON DELETE CASCADE,
	title              TEXT NOT NULL,
	description        TEXT NOT NULL,
	text               TEXT NOT NULL,
	folded_title       TEXT NOT NULL,
	folded_description TEXT NOT NULL,
	folded_text        TEXT NOT NULL
);
CREATE INDEX search_entries_entity_id ON search_entries (entity_id, kind);
CREATE INDEX search_entries_api_id ON search_entries (api_id);
CREATE INDEX search_entries_portal_id ON search_entries (portal_id);

-- SQLite only: any three characters in a row lead to the entries that hold them.
CREATE VIRTUAL TABLE search_grams USING fts5 (folded_title, folded_description, folded_text,
	content = 'search_entries', content_rowid = 'entry', tokenize = 'trigram case_sensitive 1');
CREATE VIRTUAL TABLE search_grams_terms USING fts5vocab ('search_grams', 'instance');
CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN
	INSERT INTO search_grams (rowid, folded_title, folded_description, folded_text)
	VALUES (new.entry, new.folded_title, new.folded_description, new.folded_text);
END;
CREATE TRIGGER search_entries_removed AFTER DELETE ON search_entries BEGIN
	INSERT INTO search_grams (search_grams, rowid, folded_title, folded_description, folded_text)
	VALUES ('delete', old.entry, old.folded_title, old.folded_description, old.folded_text);
END;
-- end

-- PostgreSQL only: the same where the server has pg_trgm and lets us use it;
-- elsewhere every entry is read.
DO $$ BEGIN
	CREATE EXTENSION IF NOT EXISTS pg_trgm;
	CREATE INDEX search_entries_grams ON search_entries
		USING gin ((folded_title || chr(10) || folded_description || chr(10) || folded_text) gin_trgm_ops);
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
-- end

-- Counts by minute, and by hour once they are old; the latency columns are
-- classes. They outlive what they count: nothing here refers to it.
CREATE TABLE usage_counts (
	application_id TEXT NOT NULL,
	start          BIGINT NOT NULL,
	length         BIGINT NOT NULL,
	api_id         TEXT NOT NULL,
	status         BIGINT NOT NULL,
	outcome        TEXT NOT NULL,
	requests       BIGINT NOT NULL,
	latency_sum    BIGINT NOT NULL,
	request_bytes  BIGINT NOT NULL,
	response_bytes BIGINT NOT NULL,
	latency_0      BIGINT NOT NULL,
	latency_1      BIGINT NOT NULL,
	latency_2      BIGINT NOT NULL,
	latency_3      BIGINT NOT NULL,
	latency_4      BIGINT NOT NULL,
	latency_5      BIGINT NOT NULL,
	latency_6      BIGINT NOT NULL,
	latency_7      BIGINT NOT NULL,
	latency_8      BIGINT NOT NULL,
	latency_9      BIGINT NOT NULL,
	latency_10     BIGINT NOT NULL,
	latency_11     BIGINT NOT NULL,
	latency_12     BIGINT NOT NULL,
	latency_13     BIGINT NOT NULL,
	PRIMARY KEY (application_id, start, length, api_id, status, outcome)
);
CREATE INDEX usage_counts_length_start ON usage_counts (length, start);

CREATE TABLE credential_uses (
	application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
	credential_id  TEXT NOT NULL,
	secret_id      TEXT NOT NULL DEFAULT '',
	last_used_at   BIGINT NOT NULL, -- 0: never
	PRIMARY KEY (application_id, credential_id)
);
