-- The words are SQLite's; postgres.go names those that PostgreSQL spells
-- differently. Columns are named after the fields of the wire.

CREATE TABLE meta (
	key   TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);

-- What the gateways' side has to hear of, in the order of the commits.
CREATE TABLE changes (
	version INTEGER PRIMARY KEY AUTOINCREMENT,
	scope   TEXT NOT NULL,
	entity  TEXT NOT NULL
);

CREATE TABLE organizations (
	id         TEXT NOT NULL PRIMARY KEY,
	name       TEXT NOT NULL,
	owner_id   TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

CREATE TABLE users (
	id             TEXT NOT NULL PRIMARY KEY,
	email          TEXT NOT NULL,
	full_name      TEXT NOT NULL,
	preferred_name TEXT NOT NULL,
	active         BOOLEAN NOT NULL,
	password_hash  TEXT NOT NULL,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (email);

CREATE TABLE access_tokens (
	id           TEXT NOT NULL PRIMARY KEY,
	user_id      TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	name         TEXT NOT NULL,
	digest       TEXT NOT NULL,
	revoked      BOOLEAN NOT NULL,
	expires_at   BIGINT NOT NULL,
	last_used_at BIGINT,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX access_tokens_digest_key ON access_tokens (digest);
CREATE INDEX access_tokens_user_id ON access_tokens (user_id);

CREATE TABLE dcr_providers (
	id            TEXT NOT NULL PRIMARY KEY,
	name          TEXT NOT NULL,
	display_name  TEXT,
	provider_type TEXT NOT NULL,
	issuer        TEXT NOT NULL,
	dcr_config    TEXT NOT NULL,
	sealed_secret BLOB,
	labels        TEXT,
	created_at    BIGINT NOT NULL,
	updated_at    BIGINT NOT NULL
);

CREATE TABLE auth_strategies (
	id              TEXT NOT NULL PRIMARY KEY,
	name            TEXT NOT NULL,
	display_name    TEXT NOT NULL,
	strategy_type   TEXT NOT NULL,
	key_auth        TEXT,
	openid_connect  TEXT,
	dcr_provider_id TEXT REFERENCES dcr_providers,
	principals      BOOLEAN,
	labels          TEXT,
	created_at      BIGINT NOT NULL,
	updated_at      BIGINT NOT NULL
);
CREATE INDEX auth_strategies_dcr_provider_id ON auth_strategies (dcr_provider_id);

CREATE TABLE portals (
	id                                           TEXT NOT NULL PRIMARY KEY,
	name                                         TEXT NOT NULL,
	display_name                                 TEXT NOT NULL,
	description                                  TEXT,
	authentication_enabled                       BOOLEAN NOT NULL,
	rbac_enabled                                 BOOLEAN NOT NULL,
	sipr_enabled                                 BOOLEAN NOT NULL,
	default_api_visibility                       TEXT NOT NULL,
	default_page_visibility                      TEXT NOT NULL,
	default_application_auth_strategy_id         TEXT REFERENCES auth_strategies ON DELETE SET NULL,
	auto_approve_developers                      BOOLEAN NOT NULL,
	auto_approve_applications                    BOOLEAN NOT NULL,
	notifications_developer_pii_visibility_enabled BOOLEAN NOT NULL,
	subdomain                                    TEXT NOT NULL,
	labels                                       TEXT,
	created_at                                   BIGINT NOT NULL,
	updated_at                                   BIGINT NOT NULL
);
CREATE UNIQUE INDEX portals_name_key ON portals (name);
CREATE UNIQUE INDEX portals_subdomain_key ON portals (subdomain);
CREATE INDEX portals_default_application_auth_strategy_id ON portals (default_application_auth_strategy_id);

CREATE TABLE apis (
	id          TEXT NOT NULL PRIMARY KEY,
	name        TEXT NOT NULL,
	version     TEXT,
	description TEXT,
	slug        TEXT NOT NULL,
	labels      TEXT,
	attributes  TEXT,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
-- No version counts as a version: two such APIs cannot share a name.
CREATE UNIQUE INDEX apis_name_version_key ON apis (name, COALESCE(version, ''));
CREATE UNIQUE INDEX apis_slug_key ON apis (slug);

CREATE TABLE api_versions (
	id         TEXT NOT NULL PRIMARY KEY,
	api_id     TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	version    TEXT NOT NULL,
	content    TEXT NOT NULL,
	type       TEXT NOT NULL,
	messages   TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_versions_api_id_version_key ON api_versions (api_id, version);

CREATE TABLE publications (
	id                         TEXT NOT NULL PRIMARY KEY,
	api_id                     TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	portal_id                  TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	auth_strategy_id           TEXT REFERENCES auth_strategies,
	auto_approve_registrations BOOLEAN,
	visibility                 TEXT NOT NULL,
	created_at                 BIGINT NOT NULL,
	updated_at                 BIGINT NOT NULL
);
CREATE UNIQUE INDEX publications_api_id_portal_id_key ON publications (api_id, portal_id);
CREATE INDEX publications_portal_id ON publications (portal_id);
CREATE INDEX publications_auth_strategy_id ON publications (auth_strategy_id);

CREATE TABLE control_planes (
	id           TEXT NOT NULL PRIMARY KEY,
	name         TEXT NOT NULL,
	description  TEXT NOT NULL,
	cluster_type TEXT NOT NULL,
	auth_type    TEXT NOT NULL,
	labels       TEXT,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX control_planes_name_key ON control_planes (name);

CREATE TABLE services (
	id               TEXT NOT NULL PRIMARY KEY,
	control_plane_id TEXT NOT NULL REFERENCES control_planes,
	name             TEXT,
	protocol         TEXT NOT NULL,
	host             TEXT NOT NULL,
	port             BIGINT NOT NULL,
	path             TEXT,
	retries          BIGINT NOT NULL,
	connect_timeout  BIGINT NOT NULL,
	read_timeout     BIGINT NOT NULL,
	write_timeout    BIGINT NOT NULL,
	enabled          BOOLEAN NOT NULL,
	tags             TEXT,
	created_at       BIGINT NOT NULL,
	updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX services_control_plane_id_name_key ON services (control_plane_id, name);

CREATE TABLE routes (
	id                         TEXT NOT NULL PRIMARY KEY,
	control_plane_id           TEXT NOT NULL REFERENCES control_planes,
	service_id                 TEXT REFERENCES services,
	name                       TEXT,
	protocols                  TEXT,
	methods                    TEXT,
	hosts                      TEXT,
	paths                      TEXT,
	headers                    TEXT,
	regex_priority             BIGINT NOT NULL,
	strip_path                 BOOLEAN NOT NULL,
	preserve_host              BOOLEAN NOT NULL,
	path_handling              TEXT NOT NULL,
	https_redirect_status_code BIGINT NOT NULL,
	request_buffering          BOOLEAN NOT NULL,
	response_buffering         BOOLEAN NOT NULL,
	tags                       TEXT,
	created_at                 BIGINT NOT NULL,
	updated_at                 BIGINT NOT NULL
);
CREATE UNIQUE INDEX routes_control_plane_id_name_key ON routes (control_plane_id, name);
CREATE INDEX routes_service_id ON routes (service_id);

CREATE TABLE implementations (
	id               TEXT NOT NULL PRIMARY KEY,
	api_id           TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	control_plane_id TEXT NOT NULL REFERENCES control_planes,
	service_id       TEXT REFERENCES services ON DELETE CASCADE,
	created_at       BIGINT NOT NULL,
	updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX implementations_api_id_service_id_key ON implementations (api_id, service_id);
CREATE UNIQUE INDEX implementations_api_id_control_plane_id_key ON implementations (api_id, control_plane_id)
	WHERE service_id IS NULL;
CREATE INDEX implementations_control_plane_id ON implementations (control_plane_id);
CREATE INDEX implementations_service_id ON implementations (service_id);

CREATE TABLE developers (
	id             TEXT NOT NULL PRIMARY KEY,
	portal_id      TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	email          TEXT NOT NULL,
	full_name      TEXT NOT NULL,
	status         TEXT NOT NULL,
	email_verified BOOLEAN NOT NULL,
	password_hash  TEXT NOT NULL,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX developers_portal_id_email_key ON developers (portal_id, email);
CREATE INDEX developers_portal_id_created_at ON developers (portal_id, created_at, id);

CREATE TABLE one_time_tokens (
	id           TEXT NOT NULL PRIMARY KEY,
	developer_id TEXT NOT NULL REFERENCES developers ON DELETE CASCADE,
	purpose      TEXT NOT NULL,
	digest       TEXT NOT NULL,
	expires_at   BIGINT NOT NULL,
	created_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_time_tokens_digest_key ON one_time_tokens (digest);
CREATE INDEX one_time_tokens_developer_id ON one_time_tokens (developer_id);
CREATE INDEX one_time_tokens_expires_at ON one_time_tokens (expires_at);

CREATE TABLE sessions (
	id                TEXT NOT NULL PRIMARY KEY,
	developer_id      TEXT NOT NULL REFERENCES developers ON DELETE CASCADE,
	portal_id         TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	access_digest     TEXT NOT NULL,
	refresh_digest    TEXT NOT NULL,
	access_expires_at BIGINT NOT NULL,
	expires_at        BIGINT NOT NULL,
	created_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_access_digest_key ON sessions (access_digest);
CREATE UNIQUE INDEX sessions_refresh_digest_key ON sessions (refresh_digest);
CREATE INDEX sessions_developer_id ON sessions (developer_id);
CREATE INDEX sessions_portal_id ON sessions (portal_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE applications (
	id               TEXT NOT NULL PRIMARY KEY,
	portal_id        TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	developer_id     TEXT NOT NULL REFERENCES developers ON DELETE CASCADE,
	auth_strategy_id TEXT NOT NULL REFERENCES auth_strategies,
	name             TEXT NOT NULL,
	description      TEXT,
	labels           TEXT,
	redirect_uri     TEXT,
	scopes           TEXT,
	dcr_provider_id  TEXT REFERENCES dcr_providers,
	client_id        TEXT NOT NULL,
	external_id      TEXT NOT NULL,
	generation       BIGINT NOT NULL,
	created_at       BIGINT NOT NULL,
	updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX applications_developer_id_name_key ON applications (developer_id, name);
CREATE UNIQUE INDEX applications_dcr_provider_id_client_id_key ON applications (dcr_provider_id, client_id)
	WHERE dcr_provider_id IS NOT NULL AND client_id <> '';
CREATE UNIQUE INDEX applications_portal_id_client_id_key ON applications (portal_id, client_id)
	WHERE dcr_provider_id IS NULL AND client_id <> '';
-- For look-ups: SQLite does not use the two above, whose condition it cannot prove.
CREATE INDEX applications_client_id ON applications (client_id, portal_id);
CREATE INDEX applications_dcr_provider_id ON applications (dcr_provider_id, client_id);
CREATE INDEX applications_created_at ON applications (created_at, id);
CREATE INDEX applications_portal_id_created_at ON applications (portal_id, created_at, id);
CREATE INDEX applications_auth_strategy_id ON applications (auth_strategy_id);

CREATE TABLE api_keys (
	id             TEXT NOT NULL PRIMARY KEY,
	application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
	display_name   TEXT NOT NULL,
	digest         TEXT NOT NULL,
	expires_at     BIGINT,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_keys_digest_key ON api_keys (digest);
CREATE INDEX api_keys_application_id ON api_keys (application_id);

CREATE TABLE registrations (
	id             TEXT NOT NULL PRIMARY KEY,
	application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
	api_id         TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	portal_id      TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	status         TEXT NOT NULL,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX registrations_application_id_api_id_key ON registrations (application_id, api_id);
CREATE INDEX registrations_api_id ON registrations (api_id);
CREATE INDEX registrations_portal_id_created_at ON registrations (portal_id, created_at, id);

-- A task outlives the application that it cleans up after.
CREATE TABLE tasks (
	id              TEXT NOT NULL PRIMARY KEY,
	kind            TEXT NOT NULL,
	dcr_provider_id TEXT NOT NULL REFERENCES dcr_providers,
	application_id  TEXT NOT NULL,
	create_key      TEXT NOT NULL,
	client          TEXT NOT NULL,
	secret_ids      TEXT,
	attempts        BIGINT NOT NULL,
	last_error      TEXT NOT NULL,
	due_at          BIGINT NOT NULL,
	created_at      BIGINT NOT NULL,
	updated_at      BIGINT NOT NULL
);
CREATE INDEX tasks_dcr_provider_id ON tasks (dcr_provider_id);
CREATE INDEX tasks_application_id ON tasks (application_id);
CREATE INDEX tasks_due_at ON tasks (due_at);
