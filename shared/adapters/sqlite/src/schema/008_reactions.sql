-- What is set on a message, by emoji and then by time: what was taken back costs nobody who looks.
CREATE INDEX reactions_set ON reactions (room, message, emoji, seq, user) WHERE present = 1;
