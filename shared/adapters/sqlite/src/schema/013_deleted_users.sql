-- When somebody was deleted. Their row stays: what they said is theirs, and nobody makes them anew.
ALTER TABLE users ADD COLUMN deleted_at INTEGER;
