//! What workers of the archive and others do to one message of a room.

pub(crate) mod deeds;
pub(crate) mod room;
