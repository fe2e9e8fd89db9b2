-- +goose Up

-- seq is the order of age, and the row's place in the table: an index on k lists k in that order.
CREATE TABLE resources (
    seq      INTEGER PRIMARY KEY,
    id       TEXT    NOT NULL UNIQUE,
    kind     TEXT    NOT NULL,
    parent   TEXT    NOT NULL,
    rev      INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    done     INTEGER NOT NULL,
    compute  TEXT,
    node     TEXT,
    priority INTEGER NOT NULL,
    need     INTEGER NOT NULL,
    hash     TEXT,
    created  INTEGER NOT NULL, -- microseconds since 1970
    sum      INTEGER NOT NULL, -- CRC-32C of the columns and of the body
    body     TEXT    NOT NULL
) STRICT;
CREATE INDEX resources_kind    ON resources (kind);
CREATE INDEX resources_parent  ON resources (kind, parent);
CREATE INDEX resources_state   ON resources (kind, state);
CREATE INDEX resources_active  ON resources (kind) WHERE done = 0;
CREATE INDEX resources_compute ON resources (compute, kind, done) WHERE compute IS NOT NULL;
CREATE INDEX resources_node    ON resources (node, kind, done) WHERE node IS NOT NULL;
CREATE INDEX resources_hash    ON resources (hash, kind) WHERE hash IS NOT NULL;

CREATE TABLE events (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL, -- microseconds since 1970
    actor   TEXT    NOT NULL,
    verb    TEXT    NOT NULL,
    target  TEXT    NOT NULL,
    uid     TEXT    NOT NULL,
    rev     INTEGER NOT NULL,
    state   TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    message TEXT    NOT NULL,
    hash    BLOB    NOT NULL -- SHA-256 of the previous hash and this event
) STRICT;
CREATE INDEX events_target ON events (target);

PRAGMA application_id = 1096043602; -- "ATLR"
