//! What people ask for. REST and sockets ask with the same commands.

use crate::{
    ClientId, Content, Cursor, Member, Page, Room, RoomId, RoomName, Row, SessionId, TenantId,
    Timestamp, UserId, Username,
};

/// Who asks: somebody whose token was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The world they live in.
    pub tenant: TenantId,
    /// Who they are.
    pub user: UserId,
    /// What they are called.
    pub username: Username,
    /// Whether they may administer.
    pub admin: bool,
    /// When their token ends; a socket ends with it.
    pub expires_at: Timestamp,
    /// The socket they ask through, if it is one.
    pub session: Option<SessionId>,
}

impl Caller {
    /// How others see the caller.
    #[must_use]
    pub fn card(&self) -> crate::Card {
        crate::Card {
            user: self.user,
            username: self.username.clone(),
        }
    }
}

/// Something to be done. Each needs its own right, which the application checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Makes a channel, its maker being the owner.
    CreateChannel {
        /// The wanted name.
        name: RoomName,
    },
    /// Comes into a channel. Being in it already changes nothing.
    Join {
        /// Which.
        room: RoomId,
    },
    /// Goes. Not being in it is `room_not_found`.
    Leave {
        /// Which.
        room: RoomId,
    },
    /// Says something.
    Send {
        /// Where.
        room: RoomId,
        /// Makes a repeat harmless.
        client_id: ClientId,
        /// What.
        content: Content,
    },
    /// Reads messages.
    ReadHistory {
        /// Where.
        room: RoomId,
        /// Which part.
        cursor: Cursor,
        /// How many at most.
        limit: usize,
    },
    /// Reads the log after a seq, to catch up.
    Replay {
        /// Where.
        room: RoomId,
        /// After which row.
        after: crate::Seq,
        /// How many rows at most.
        limit: usize,
    },
    /// Lists one's own rooms, by id after `after`.
    ListOwnRooms {
        /// The last room of the page before.
        after: Option<RoomId>,
        /// How many at most.
        limit: usize,
    },
    /// Lists the channels of the tenant, by id after `after`.
    ListChannels {
        /// The last room of the page before.
        after: Option<RoomId>,
        /// How many at most.
        limit: usize,
    },
    /// Looks at a room.
    GetRoom {
        /// Which.
        room: RoomId,
    },
    /// Finds a channel by its name.
    FindChannel {
        /// Its name.
        name: RoomName,
    },
    /// Lists who is in a room, by id after `after`.
    ListMembers {
        /// Where.
        room: RoomId,
        /// The last user of the page before.
        after: Option<UserId>,
        /// How many at most.
        limit: usize,
    },
    /// Raises one of the caller's marks: what they have read, or which notifications of the room
    /// are settled.
    RaiseMark {
        /// Where.
        room: RoomId,
        /// Which mark.
        mark: crate::Mark,
        /// Up to which row. Beyond the head counts as the head.
        through: crate::Seq,
    },
    /// Looks how far the members of a room have received and read it.
    ListReceipts {
        /// Where.
        room: RoomId,
    },
    /// Says that the caller types in a room, or no longer does.
    Type {
        /// Where.
        room: RoomId,
        /// Whether they do.
        on: bool,
    },
    /// Says as what the caller wants to be seen, for as long as they have sessions.
    SetPresence {
        /// As what.
        wish: crate::Wish,
    },
    /// Looks whether people are there. Strangers are shown as offline.
    ListPresence {
        /// Who.
        users: Vec<UserId>,
    },
    /// Looks which members of a room are there, by id after `after`.
    ListRoomPresence {
        /// Where.
        room: RoomId,
        /// The last user of the page before.
        after: Option<UserId>,
        /// How many at most.
        limit: usize,
    },
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Done; there is nothing to tell.
    Done,
    /// A room was made or found.
    Room(RoomView),
    /// The caller is in the room. `row` is the join, if it was one now.
    Joined {
        /// The room.
        room: RoomView,
        /// The join's row; `None` for who was in it already.
        row: Option<Box<Row>>,
    },
    /// A message is stored.
    Sent {
        /// Its row.
        row: Row,
        /// Who sent it.
        sender: crate::Card,
        /// Whether an earlier send with this `client_id` had stored it.
        repeat: bool,
    },
    /// A part of a room's history.
    History(Page),
    /// A part of a room's log.
    Replay(ReplayPage),
    /// Rooms, and whether there are more.
    Rooms {
        /// In order of id.
        rooms: Vec<RoomView>,
        /// Whether there are more after the last.
        more: bool,
    },
    /// Members, and whether there are more.
    Members {
        /// In order of id.
        members: Vec<(Member, Username)>,
        /// Whether there are more after the last.
        more: bool,
    },
    /// How far members of a room are.
    Receipts {
        /// Everybody's in a small room, else the caller's own.
        receipts: Vec<crate::Receipt>,
        /// Whether the room has members that are not shown.
        more: bool,
    },
    /// Whether people are there.
    Presences {
        /// In the order asked, or of id.
        presences: Vec<crate::Presence>,
        /// Whether there are more after the last.
        more: bool,
    },
}

/// A part of a room's log, to catch up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayPage {
    /// The rows after the asked seq, rising, without a hole, and their senders' cards.
    pub scenes: Vec<crate::Scene>,
    /// The head of the log, at least the last row's seq.
    pub head: crate::Seq,
}

/// A room as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// The head of its log.
    pub head: crate::Seq,
    /// The caller's place in it; `None` for somebody who could join.
    pub member: Option<Member>,
    /// Messages not read yet, counted up to [`crate::marks::UNREAD`]; 0 for who is not in it.
    pub unread: u64,
}
