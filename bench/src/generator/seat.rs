//! Who sits where, and how they are let in.

use domain::ClientId;

/// Rooms, how many sit in each, and how many of those talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hall {
    /// How many rooms.
    pub(crate) rooms: usize,
    /// How many sockets in each; all hear everything, also what they said.
    pub(crate) members: usize,
    /// How many of those talk.
    pub(crate) talkers: usize,
}

impl Hall {
    /// One room.
    pub(crate) fn room(members: usize, talkers: usize) -> Self {
        Self {
            rooms: 1,
            members,
            talkers,
        }
    }

    /// How many sockets there are.
    pub(crate) fn seats(&self) -> usize {
        self.rooms * self.members
    }

    /// The room of a seat, its place in it; the seats of a room follow each other.
    pub(crate) fn place(&self, seat: usize) -> (usize, usize) {
        (seat / self.members, seat % self.members)
    }
}

/// How a server is spoken to.
#[derive(Debug, Clone)]
pub(crate) enum Tongue {
    /// A text is said as it is to the room in the path. The server greets with a frame once the
    /// socket is in its room, and passes every text on to all in it, in whatever wrapping.
    Plain,
    /// The native socket of the product, for the room of this id.
    Native { room: String },
}

impl Tongue {
    /// The frame that says a text, and what answers it where something does.
    pub(crate) fn say(&self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Native { room } => {
                let client_id = ClientId::new();
                format!(
                    r#"{{"id":"s","type":"send","room":"{room}","client_id":"{client_id}","content":"{text}"}}"#
                )
            }
        }
    }

    /// What is asked after the greeting, so that the answer shows that the socket is live.
    pub(crate) fn last_question(&self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Native { .. } => Some(r#"{"id":"ready","type":"ping"}"#),
        }
    }
}

/// One socket to be opened.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    /// Path and query of the handshake.
    pub(crate) path: String,
    /// The token, where there is one.
    pub(crate) token: Option<String>,
    /// How the server is spoken to.
    pub(crate) tongue: Tongue,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seats_of_a_room_follow_each_other() {
        let hall = Hall {
            rooms: 2,
            members: 3,
            talkers: 1,
        };
        let places: Vec<_> = (0..hall.seats()).map(|seat| hall.place(seat)).collect();
        assert_eq!(places, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
    }
}
