-- What a member wants to be told of: JSON; null for what everybody begins with.
ALTER TABLE members ADD COLUMN rule TEXT;

-- News that is not of a message, until it is settled; settled, so that it is not kept again.
CREATE TABLE notifications (
    id       BLOB PRIMARY KEY,
    receiver BLOB NOT NULL,
    at       INTEGER NOT NULL,
    room     BLOB NOT NULL,
    seq      INTEGER NOT NULL,
    cause    TEXT NOT NULL, -- JSON
    settled  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_waiting ON notifications (receiver, at, room, seq) WHERE settled = 0;
CREATE INDEX notifications_room ON notifications (receiver, room, seq) WHERE settled = 0;
CREATE INDEX notifications_age ON notifications (at);
