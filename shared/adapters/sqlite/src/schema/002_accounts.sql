-- Token families: what logins began. `generation` is what changes are compared with.
CREATE TABLE families (
    id           BLOB PRIMARY KEY,
    user         BLOB NOT NULL,
    tenant       TEXT NOT NULL,
    label        TEXT NOT NULL,
    nonce        BLOB NOT NULL,
    generation   INTEGER NOT NULL,
    previous     INTEGER,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX families_alive ON families (user, last_used_at) WHERE ended_at IS NULL;
CREATE INDEX families_expiry ON families (expires_at);
CREATE INDEX families_ended ON families (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX users_admins ON users (id) WHERE admin = 1;
