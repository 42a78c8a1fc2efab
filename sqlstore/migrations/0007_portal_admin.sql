-- Who reaches portals, and how portals reach people.

CREATE TABLE ip_allow_lists (
	id          TEXT NOT NULL PRIMARY KEY,
	portal_id   TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	allowed_ips TEXT,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE INDEX ip_allow_lists_portal_id ON ip_allow_lists (portal_id);

CREATE TABLE email_configs (
	id             TEXT NOT NULL PRIMARY KEY,
	portal_id      TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	domain_name    TEXT,
	from_name      TEXT,
	from_email     TEXT,
	reply_to_email TEXT,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX email_configs_portal_id_key ON email_configs (portal_id);

CREATE TABLE email_deliveries (
	id             TEXT NOT NULL PRIMARY KEY REFERENCES portals ON DELETE CASCADE,
	enabled        BOOLEAN NOT NULL,
	from_email     TEXT,
	reply_to_email TEXT,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);

CREATE TABLE email_domains (
	id         TEXT NOT NULL PRIMARY KEY,
	domain     TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX email_domains_domain_key ON email_domains (domain);

-- Mails on their way, and those of the last weeks.
CREATE TABLE mails (
	id          TEXT NOT NULL PRIMARY KEY,
	portal_id   TEXT REFERENCES portals ON DELETE CASCADE,
	kind        TEXT NOT NULL,
	recipient   TEXT NOT NULL,
	subject     TEXT NOT NULL,
	one_time    BOOLEAN NOT NULL,
	sealed      BLOB,
	state       TEXT NOT NULL,
	attempts    BIGINT NOT NULL,
	last_error  TEXT NOT NULL,
	next_try_at BIGINT NOT NULL,
	finished_at BIGINT,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE INDEX mails_portal_id ON mails (portal_id);
CREATE INDEX mails_recipient ON mails (recipient, created_at);
CREATE INDEX mails_state ON mails (state, next_try_at);
CREATE INDEX mails_created_at ON mails (created_at);
