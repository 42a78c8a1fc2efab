-- What is known of client secrets without asking the identity provider, and the
-- clients that an application had before and that still work.

ALTER TABLE applications ADD COLUMN former_clients TEXT;

CREATE TABLE issued_secrets (
	id             TEXT NOT NULL PRIMARY KEY,
	application_id TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
	client_id      TEXT NOT NULL,
	secret_id      TEXT NOT NULL,
	expires_at     BIGINT,
	created_at     BIGINT NOT NULL,
	updated_at     BIGINT NOT NULL
);
CREATE INDEX issued_secrets_application_id ON issued_secrets (application_id);
CREATE INDEX issued_secrets_expires_at ON issued_secrets (expires_at);
