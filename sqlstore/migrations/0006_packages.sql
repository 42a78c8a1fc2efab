-- Operations of APIs, and packages of them. A package is an API made of others.

ALTER TABLE apis ADD COLUMN is_package BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE apis ADD COLUMN rate_limit TEXT;
DROP INDEX apis_name_version_key;
CREATE UNIQUE INDEX apis_is_package_name_version_key ON apis (is_package, name, COALESCE(version, ''));

ALTER TABLE api_versions ADD COLUMN computed BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE operations (
	id         TEXT NOT NULL PRIMARY KEY,
	api_id     TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	method     TEXT NOT NULL,
	path       TEXT NOT NULL,
	name       TEXT NOT NULL,
	summary    TEXT NOT NULL,
	tags       TEXT,
	templates  TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX operations_api_id_method_path_key ON operations (api_id, method, path);

CREATE TABLE package_operations (
	id           TEXT NOT NULL PRIMARY KEY,
	package_id   TEXT NOT NULL REFERENCES apis ON DELETE CASCADE,
	operation_id TEXT NOT NULL REFERENCES operations ON DELETE CASCADE,
	rate_limit   TEXT,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX package_operations_package_id_operation_id_key ON package_operations (package_id, operation_id);
CREATE INDEX package_operations_operation_id ON package_operations (operation_id);
