-- What else can happen in a room: reactions, roles, renaming, read-only rooms, deletion.

ALTER TABLE rooms ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN deleted_at INTEGER;
-- Whether nothing but this row is left of a deleted room.
ALTER TABLE rooms ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;
DROP INDEX rooms_channel_name;
CREATE UNIQUE INDEX rooms_channel_name ON rooms (tenant, name)
    WHERE kind = 'channel' AND deleted_at IS NULL;
DROP INDEX rooms_channels;
CREATE INDEX rooms_channels ON rooms (tenant, id) WHERE kind = 'channel' AND deleted_at IS NULL;
CREATE INDEX rooms_to_clear ON rooms (deleted_at, id) WHERE deleted_at IS NOT NULL AND cleared = 0;

-- A direct room is not shown to a member up to here.
ALTER TABLE members ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

-- A room's revisions are taken once, too. Reactions have their row's seq.
DROP INDEX messages_target;
CREATE UNIQUE INDEX messages_target ON messages (room, target, target_rev)
    WHERE kind IN ('edit', 'deletion', 'member', 'room');

-- Follows the log's reaction rows: of several about the same, the one with the highest seq.
CREATE TABLE reactions (
    room    BLOB NOT NULL,
    message BLOB NOT NULL,
    emoji   TEXT NOT NULL,
    user    BLOB NOT NULL,
    present INTEGER NOT NULL, -- 0 after it was taken back, so that its seq goes on
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, message, emoji, user)
) STRICT, WITHOUT ROWID;
