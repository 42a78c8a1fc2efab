-- Which API a task is about, where an identity provider is told of a
-- registration.
ALTER TABLE tasks ADD COLUMN api_id TEXT NOT NULL DEFAULT '';
