-- The directory: people who sign in to applications, and their groups.

CREATE TABLE person (
    seq              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    login            TEXT NOT NULL COLLATE NOCASE UNIQUE,
    email            TEXT NOT NULL COLLATE NOCASE,
    first_name       TEXT NOT NULL,
    last_name        TEXT NOT NULL,
    status           TEXT NOT NULL CHECK (status IN ('STAGED', 'ACTIVE', 'DEPROVISIONED')),
    salt             BLOB NOT NULL,
    hash             BLOB NOT NULL,
    created          BIGINT NOT NULL,
    last_updated     BIGINT NOT NULL,
    -- Sign-ins and tokens from before this moment are dead: the status or the
    -- password has changed.
    signed_in_from   BIGINT NOT NULL,
    password_changed BIGINT NOT NULL
);

CREATE TABLE person_group (
    seq                INTEGER PRIMARY KEY AUTOINCREMENT,
    id                 TEXT NOT NULL UNIQUE,
    name               TEXT NOT NULL COLLATE NOCASE UNIQUE,
    description        TEXT NOT NULL,
    created            BIGINT NOT NULL,
    last_updated       BIGINT NOT NULL,
    membership_updated BIGINT NOT NULL
);

CREATE TABLE group_member (
    person_group TEXT NOT NULL REFERENCES person_group (id) ON DELETE CASCADE,
    person       TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (person_group, person)
);
CREATE INDEX group_member_person ON group_member (person);

-- The sessions until now are the administrator's. They end: nobody knows when
-- they have started.
DROP TABLE session;
CREATE TABLE session (
    digest  BLOB PRIMARY KEY,
    kind    TEXT NOT NULL,
    person  TEXT NOT NULL,
    started BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE authorization_code (
    digest  BLOB PRIMARY KEY,
    client  TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    person  TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    content TEXT NOT NULL,
    expires BIGINT NOT NULL
);

-- The scope that asks for somebody's groups, where nobody has made one.
INSERT INTO scope (id, server, name, display_name, description, consent, metadata_publish, is_default, optional, system)
SELECT 'scp' || substr(lower(hex(randomblob(9))), 1, 17), id, 'groups', '', '', 'IMPLICIT', 'ALL_CLIENTS', 0, 0, 1
FROM auth_server WHERE id NOT IN (SELECT server FROM scope WHERE name = 'groups');
