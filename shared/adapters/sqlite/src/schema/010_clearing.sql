-- What waits for people about a room goes with the room.
CREATE INDEX notifications_of_room ON notifications (room);
