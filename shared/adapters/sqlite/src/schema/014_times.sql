-- When a message was edited last, and when somebody reacted. Of what lies further back than the
-- changes that are kept, it is not known.
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
ALTER TABLE reactions ADD COLUMN at INTEGER;
UPDATE messages AS m SET edited_at = e.at
FROM (SELECT target, max(created_at) AS at FROM messages WHERE kind = 'edit' GROUP BY target) e
WHERE m.id = e.target;
UPDATE reactions AS r SET at = m.created_at
FROM messages m WHERE m.room = r.room AND m.seq = r.seq AND m.kind = 'reaction';
