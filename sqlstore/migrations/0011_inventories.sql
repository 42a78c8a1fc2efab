-- How the clients at identity providers compare with the applications, and what
-- somebody has decided to live with.

CREATE TABLE inventories (
	id                 TEXT NOT NULL PRIMARY KEY REFERENCES dcr_providers ON DELETE CASCADE,
	checked_at         BIGINT,
	clients            BIGINT NOT NULL,
	foreign_clients    BIGINT NOT NULL,
	unreadable_clients BIGINT NOT NULL,
	unseen             TEXT,
	findings           TEXT,
	last_error         TEXT NOT NULL,
	due_at             BIGINT NOT NULL,
	created_at         BIGINT NOT NULL,
	updated_at         BIGINT NOT NULL
);
CREATE INDEX inventories_due_at ON inventories (due_at);

CREATE TABLE ignored_findings (
	id              TEXT NOT NULL PRIMARY KEY,
	dcr_provider_id TEXT NOT NULL REFERENCES dcr_providers ON DELETE CASCADE,
	finding_id      TEXT NOT NULL,
	name            TEXT NOT NULL,
	ignored_by      TEXT NOT NULL,
	created_at      BIGINT NOT NULL,
	updated_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX ignored_findings_finding_id_key ON ignored_findings (dcr_provider_id, finding_id);
