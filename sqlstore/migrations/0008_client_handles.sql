-- What identity providers hand out for the management of single clients.

CREATE TABLE client_handles (
	id              TEXT NOT NULL PRIMARY KEY,
	dcr_provider_id TEXT NOT NULL REFERENCES dcr_providers ON DELETE CASCADE,
	client_id       TEXT NOT NULL,
	create_key      TEXT NOT NULL,
	uri             TEXT NOT NULL,
	sealed_token    BLOB,
	created_at      BIGINT NOT NULL,
	updated_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX client_handles_client_id_key ON client_handles (dcr_provider_id, client_id);
CREATE UNIQUE INDEX client_handles_create_key_key ON client_handles (dcr_provider_id, create_key);
