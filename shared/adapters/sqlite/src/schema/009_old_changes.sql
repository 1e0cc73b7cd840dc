-- Changes by age: when they are old, they are dropped.
CREATE INDEX messages_changes ON messages (created_at, room, seq)
    WHERE kind IN ('edit', 'deletion', 'reaction', 'member', 'room');
