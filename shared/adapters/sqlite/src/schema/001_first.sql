-- Ids are UUIDs of 16 bytes, moments milliseconds since 1970 in store time, JSON the domain's own.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    tenant        TEXT NOT NULL,
    username      TEXT NOT NULL,
    email         TEXT,
    password_hash TEXT,
    alias         TEXT,
    admin         INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_name ON users (tenant, username);
CREATE UNIQUE INDEX users_email ON users (tenant, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX users_alias ON users (tenant, alias) WHERE alias IS NOT NULL;

CREATE TABLE revoked_tokens (
    token      TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);

CREATE TABLE rooms (
    id         BLOB PRIMARY KEY,
    tenant     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT,
    created_by BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    init       TEXT NOT NULL -- JSON: the rows that a writer appends before its own first
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX rooms_channel_name ON rooms (tenant, name) WHERE kind = 'channel';
CREATE INDEX rooms_channels ON rooms (tenant, id) WHERE kind = 'channel';

-- Follows the log's member rows; outlives leaving, so that its rev goes on.
CREATE TABLE members (
    room       BLOB NOT NULL,
    user       BLOB NOT NULL,
    role       TEXT NOT NULL,
    state      TEXT NOT NULL,
    rev        INTEGER NOT NULL,
    joined_seq INTEGER NOT NULL,
    joined_at  INTEGER NOT NULL,
    read       INTEGER NOT NULL DEFAULT 0,
    received   INTEGER NOT NULL DEFAULT 0,
    notified   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_active ON members (room, user) WHERE state = 'active';
CREATE INDEX members_rooms ON members (user, room) WHERE state = 'active';

-- The logs of all rooms, each row once, in the order in which it is read.
CREATE TABLE messages (
    -- The row: never changes.
    room         BLOB NOT NULL,
    seq          INTEGER NOT NULL,
    id           BLOB NOT NULL,
    generation   INTEGER NOT NULL,
    kind         TEXT NOT NULL, -- message, edit, deletion, member, archive
    sender       BLOB NOT NULL,
    client_id    BLOB NOT NULL,
    target       BLOB NOT NULL, -- what it changes: a message, a user, or itself
    target_rev   INTEGER NOT NULL, -- the revision that this row gave its target
    created_at   INTEGER NOT NULL,
    content_hash BLOB NOT NULL, -- of what was sent; tells a repeat from another send
    change       TEXT, -- JSON, where kind, target and target_rev do not say it all
    -- The state of a message: changes. Null and 0 in rows of other kinds.
    rev          INTEGER NOT NULL DEFAULT 0, -- raised by changes of content only
    place        INTEGER NOT NULL DEFAULT 0, -- raised by archive, restore, hold and erasure
    body         TEXT, -- JSON; null where it lies in the archive or is gone
    body_bytes   INTEGER NOT NULL DEFAULT 0,
    gone         TEXT, -- deleted, purged
    archived     BLOB, -- the run that moved the body to the archive
    copy_rev     INTEGER, -- with copy_place: which copy there is the body
    copy_place   INTEGER,
    -- The outbox: when it was stored; null once it was published.
    mark         INTEGER,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE UNIQUE INDEX messages_client ON messages (room, sender, client_id);
-- Rows that are their own target have (id, 1), which messages_id keeps unique.
CREATE UNIQUE INDEX messages_target ON messages (room, target, target_rev)
    WHERE kind IN ('edit', 'deletion', 'member');
-- History, unread, inbox.
CREATE INDEX messages_said ON messages (room, seq, sender, gone) WHERE kind = 'message';
-- What an archive run looks at.
CREATE INDEX messages_hot ON messages (room, seq, created_at, body_bytes, rev)
    WHERE kind = 'message' AND gone IS NULL AND archived IS NULL;
CREATE INDEX messages_archived ON messages (room, seq, archived) WHERE archived IS NOT NULL;
CREATE INDEX messages_marked ON messages (mark, room, seq) WHERE mark IS NOT NULL;

-- Bodies that were moved away: whole documents that can be read without the key.
CREATE TABLE archived_messages (
    id           BLOB NOT NULL,
    rev          INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    room         BLOB NOT NULL,
    seq          INTEGER NOT NULL,
    run          BLOB NOT NULL,
    sender       BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    content      TEXT NOT NULL, -- JSON
    content_hash BLOB NOT NULL, -- of this content; tells a whole copy from a torn one
    archived_at  INTEGER NOT NULL,
    loose        INTEGER NOT NULL, -- whether no key points to it: garbage, or waiting for its swing
    PRIMARY KEY (id, rev, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX archived_messages_loose ON archived_messages (id, rev, place) WHERE loose = 1;

CREATE TABLE holds (
    id           BLOB PRIMARY KEY,
    room         BLOB NOT NULL,
    from_seq     INTEGER NOT NULL,
    through_seq  INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    held_by      TEXT NOT NULL,
    since        INTEGER NOT NULL,
    until        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_room ON holds (room, from_seq);

CREATE TABLE policies (
    id          BLOB PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    body        TEXT NOT NULL, -- JSON
    next_run_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id         BLOB PRIMARY KEY,
    policy     BLOB NOT NULL,
    slot       INTEGER,
    phase      TEXT NOT NULL,
    fence      INTEGER NOT NULL,
    cancel     INTEGER NOT NULL,
    body       TEXT NOT NULL, -- JSON
    started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX runs_slot ON runs (policy, slot) WHERE slot IS NOT NULL;
CREATE INDEX runs_running ON runs (id) WHERE phase = 'running';

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
    id               BLOB PRIMARY KEY,
    body             BLOB NOT NULL,
    attempt          INTEGER NOT NULL DEFAULT 0,
    visible_at       INTEGER NOT NULL,
    taken_by         BLOB, -- the process that has it
    set_aside_reason TEXT,
    set_aside_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_ready ON queue (visible_at) WHERE set_aside_at IS NULL;
CREATE INDEX queue_aside ON queue (set_aside_at) WHERE set_aside_at IS NOT NULL;
