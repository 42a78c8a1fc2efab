-- What was done, by whom, and who is told of it.

-- An entry outlives what it speaks of, so it refers to nothing.
CREATE TABLE audit_entries (
	position       INTEGER PRIMARY KEY AUTOINCREMENT,
	id             TEXT NOT NULL,
	at             BIGINT NOT NULL,
	org_id         TEXT NOT NULL,
	type           TEXT NOT NULL,
	action         TEXT NOT NULL,
	principal_kind TEXT NOT NULL,
	principal_id   TEXT NOT NULL,
	principal_name TEXT NOT NULL,
	portal_id      TEXT NOT NULL,
	client_ip      TEXT NOT NULL,
	user_agent     TEXT NOT NULL,
	trace_id       TEXT NOT NULL,
	method         TEXT NOT NULL,
	uri            TEXT NOT NULL,
	resource       TEXT NOT NULL,
	resource_name  TEXT NOT NULL,
	granted        BOOLEAN NOT NULL,
	outcome        TEXT NOT NULL,
	sign_in_type   TEXT NOT NULL,
	changes        TEXT NOT NULL,
	left_out       BIGINT NOT NULL,
	signature      TEXT NOT NULL
);
CREATE INDEX audit_entries_id ON audit_entries (id);
CREATE INDEX audit_entries_at ON audit_entries (at);
CREATE INDEX audit_entries_portal_id ON audit_entries (portal_id, position);
CREATE INDEX audit_entries_principal_id ON audit_entries (principal_id, position);
CREATE INDEX audit_entries_resource ON audit_entries (resource, position);

CREATE TABLE audit_destinations (
	id                    TEXT NOT NULL PRIMARY KEY,
	name                  TEXT NOT NULL,
	endpoint              TEXT NOT NULL,
	log_format            TEXT NOT NULL,
	skip_ssl_verification BOOLEAN NOT NULL,
	sealed_authorization  BLOB,
	created_at            BIGINT NOT NULL,
	updated_at            BIGINT NOT NULL
);

-- The id is the organization's or the portal's.
CREATE TABLE audit_webhooks (
	id              TEXT NOT NULL PRIMARY KEY,
	portal_id       TEXT REFERENCES portals ON DELETE CASCADE,
	destination_id  TEXT NOT NULL REFERENCES audit_destinations,
	enabled         BOOLEAN NOT NULL,
	position        BIGINT NOT NULL,
	failures        BIGINT NOT NULL,
	due_at          BIGINT NOT NULL,
	last_attempt_at BIGINT,
	last_status     BIGINT NOT NULL,
	last_message    TEXT NOT NULL,
	created_at      BIGINT NOT NULL,
	updated_at      BIGINT NOT NULL
);
CREATE INDEX audit_webhooks_portal_id ON audit_webhooks (portal_id);
CREATE INDEX audit_webhooks_destination_id ON audit_webhooks (destination_id);

CREATE TABLE audit_replays (
	id         TEXT NOT NULL PRIMARY KEY REFERENCES audit_webhooks ON DELETE CASCADE,
	start_at   BIGINT NOT NULL,
	end_at     BIGINT NOT NULL,
	status     TEXT NOT NULL,
	position   BIGINT NOT NULL,
	failures   BIGINT NOT NULL,
	due_at     BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
