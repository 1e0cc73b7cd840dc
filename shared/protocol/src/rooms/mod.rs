//! The `rooms` dialect: named rooms, one socket per room.
