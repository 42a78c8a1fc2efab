-- Who reaches portals, and how portals reach people.

CREATE TABLE ip_allow_lists (
	id          TEXT NOT NULL PRIMARY KEY,
	portal_id   TEXT NOT NULL REFERENCES portals ON DELETE CASCADE,
	allowed_ips TEXT,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE INDEX ip_allow_lists_portal_id ON ip_allow_lists (portal_id);
