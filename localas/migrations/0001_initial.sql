-- Times are microseconds since 1970 in UTC. seq gives lists a stable order.

CREATE TABLE client (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    client_id    TEXT NOT NULL UNIQUE,
    label        TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    auth_method  TEXT NOT NULL,
    settings     TEXT NOT NULL,
    profile      TEXT NOT NULL,
    created      BIGINT NOT NULL,
    last_updated BIGINT NOT NULL,
    -- Tokens issued before this moment are dead: a deactivation is for good.
    tokens_from  BIGINT NOT NULL
);

CREATE TABLE client_secret (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    client       TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    salt         BLOB NOT NULL,
    hash         BLOB NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    created      BIGINT NOT NULL,
    last_updated BIGINT NOT NULL
);
CREATE INDEX client_secret_client ON client_secret (client);

-- A scope of the management API that a service app may ask for.
CREATE TABLE client_grant (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    client   TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    scope    TEXT NOT NULL,
    created  BIGINT NOT NULL,
    UNIQUE (client, scope)
);

CREATE TABLE auth_server (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    description   TEXT NOT NULL,
    audience      TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    rotation_mode TEXT NOT NULL CHECK (rotation_mode IN ('AUTO', 'MANUAL')),
    created       BIGINT NOT NULL,
    last_updated  BIGINT NOT NULL
);

CREATE TABLE scope (
    seq              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    server           TEXT NOT NULL REFERENCES auth_server (id) ON DELETE CASCADE,
    name             TEXT NOT NULL,
    display_name     TEXT NOT NULL,
    description      TEXT NOT NULL,
    consent          TEXT NOT NULL,
    metadata_publish TEXT NOT NULL,
    is_default       BOOLEAN NOT NULL,
    optional         BOOLEAN NOT NULL,
    system           BOOLEAN NOT NULL,
    UNIQUE (server, name)
);

CREATE TABLE claim (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    server     TEXT NOT NULL REFERENCES auth_server (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    claim_type TEXT NOT NULL CHECK (claim_type IN ('RESOURCE', 'IDENTITY')),
    value_type TEXT NOT NULL,
    value      TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    scopes     TEXT NOT NULL,
    system     BOOLEAN NOT NULL,
    UNIQUE (server, claim_type, name)
);

CREATE TABLE policy (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    server       TEXT NOT NULL REFERENCES auth_server (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    description  TEXT NOT NULL,
    priority     INTEGER NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    clients      TEXT NOT NULL,
    system       BOOLEAN NOT NULL,
    created      BIGINT NOT NULL,
    last_updated BIGINT NOT NULL,
    UNIQUE (server, name)
);

CREATE TABLE policy_rule (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    policy       TEXT NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    priority     INTEGER NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
    conditions   TEXT NOT NULL,
    actions      TEXT NOT NULL,
    system       BOOLEAN NOT NULL,
    created      BIGINT NOT NULL,
    last_updated BIGINT NOT NULL,
    UNIQUE (policy, name)
);

-- server is an authorization server's id, or 'org' for the organisation's own.
CREATE TABLE signing_key (
    kid     TEXT PRIMARY KEY,
    server  TEXT NOT NULL,
    status  TEXT NOT NULL CHECK (status IN ('NEXT', 'ACTIVE', 'EXPIRED')),
    private BLOB NOT NULL,
    changed BIGINT NOT NULL
);

CREATE TABLE api_token (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    digest       BLOB NOT NULL UNIQUE,
    created      BIGINT NOT NULL,
    last_updated BIGINT NOT NULL,
    expires      BIGINT NOT NULL
);

CREATE TABLE revoked_token (jti TEXT PRIMARY KEY, expires BIGINT NOT NULL);

-- Client assertions may be used once (RFC 7523 section 3).
CREATE TABLE used_assertion (
    client  TEXT NOT NULL,
    jti     TEXT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (client, jti)
);

CREATE TABLE session (digest BLOB PRIMARY KEY, expires BIGINT NOT NULL);
