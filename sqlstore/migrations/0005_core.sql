-- What gateways enforce on requests, and as whom applications call.

ALTER TABLE control_planes ADD COLUMN proxy_urls TEXT;

CREATE TABLE consumers (
	id               TEXT NOT NULL PRIMARY KEY,
	control_plane_id TEXT NOT NULL REFERENCES control_planes,
	username         TEXT,
	custom_id        TEXT,
	tags             TEXT,
	created_at       BIGINT NOT NULL,
	updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX consumers_control_plane_id_username_key ON consumers (control_plane_id, username);
CREATE UNIQUE INDEX consumers_control_plane_id_custom_id_key ON consumers (control_plane_id, custom_id);

CREATE TABLE consumer_mappings (
	id               TEXT NOT NULL PRIMARY KEY,
	application_id   TEXT NOT NULL REFERENCES applications ON DELETE CASCADE,
	control_plane_id TEXT NOT NULL REFERENCES control_planes ON DELETE CASCADE,
	consumer_id      TEXT NOT NULL REFERENCES consumers ON DELETE CASCADE,
	created_at       BIGINT NOT NULL,
	updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX consumer_mappings_application_id_control_plane_id_key ON consumer_mappings (application_id, control_plane_id);
CREATE INDEX consumer_mappings_control_plane_id ON consumer_mappings (control_plane_id);
CREATE INDEX consumer_mappings_consumer_id ON consumer_mappings (consumer_id);

CREATE TABLE plugins (
	id               TEXT NOT NULL PRIMARY KEY,
	control_plane_id TEXT NOT NULL REFERENCES control_planes,
	name             TEXT NOT NULL,
	instance_name    TEXT,
	service_id       TEXT REFERENCES services ON DELETE CASCADE,
	route_id         TEXT REFERENCES routes ON DELETE CASCADE,
	consumer_id      TEXT REFERENCES consumers ON DELETE CASCADE,
	config           TEXT NOT NULL,
	protocols        TEXT,
	enabled          BOOLEAN NOT NULL,
	tags             TEXT,
	created_at       BIGINT NOT NULL,
	updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX plugins_scope_key ON plugins
	(control_plane_id, name, COALESCE(service_id, ''), COALESCE(route_id, ''), COALESCE(consumer_id, ''));
CREATE UNIQUE INDEX plugins_control_plane_id_instance_name_key ON plugins (control_plane_id, instance_name);
CREATE INDEX plugins_service_id ON plugins (service_id);
CREATE INDEX plugins_route_id ON plugins (route_id);
CREATE INDEX plugins_consumer_id ON plugins (consumer_id);
