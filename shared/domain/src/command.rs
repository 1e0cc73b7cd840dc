//! What people ask for. REST and sockets ask with the same commands.

mod named;

use crate::{
    Card, ClientId, Cursor, Draft, Emoji, Mark, Member, Message, MessageId, Order, Page, Reaction,
    Rev, Role, Room, RoomId, RoomName, Row, Scene, Seq, SessionId, TenantId, Timestamp, UserId,
    Username,
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
    /// How others see the caller, as far as their token tells.
    #[must_use]
    pub fn card(&self) -> Card {
        Card::named(self.user, self.username.clone())
    }
}

/// Something to be done. Each needs its own right, which the application checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Makes a room, its maker being the owner.
    CreateRoom {
        /// Which kind, and for whom.
        room: WantedRoom,
        /// Makes a repeat harmless.
        key: Option<ClientId>,
    },
    /// Opens the direct room with somebody. There is one for each pair.
    OpenDirect {
        /// The other one.
        user: UserId,
    },
    /// Changes what a room is called, or whether all may write in it. What is `None` stays.
    ChangeRoom {
        /// Which.
        room: RoomId,
        /// What it is called from now on.
        name: Option<RoomName>,
        /// Whether only admins and the owner may write in it.
        read_only: Option<bool>,
        /// Only if the room still has this revision (If-Match).
        if_rev: Option<Rev>,
    },
    /// Deletes a room for everybody; a direct room for the caller alone.
    DeleteRoom {
        /// Which.
        room: RoomId,
    },
    /// Comes into a channel. Being in it already changes nothing.
    Join {
        /// Which.
        room: RoomId,
    },
    /// Goes; a direct room is hidden instead. Not being in it is `room_not_found`.
    Leave {
        /// Which.
        room: RoomId,
    },
    /// Brings somebody in. Being in it already changes nothing.
    AddMember {
        /// Where.
        room: RoomId,
        /// Whom.
        user: UserId,
        /// What they may do.
        role: Role,
    },
    /// Sends somebody away; oneself is leaving.
    RemoveMember {
        /// Where.
        room: RoomId,
        /// Whom.
        user: UserId,
    },
    /// Lets somebody do more or less.
    SetRole {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// What they may do from now on.
        role: Role,
    },
    /// Makes somebody the owner in the caller's place.
    Transfer {
        /// Which room.
        room: RoomId,
        /// Who gets it.
        user: UserId,
    },
    /// Says something.
    Send {
        /// Where.
        room: RoomId,
        /// Makes a repeat harmless.
        client_id: ClientId,
        /// What.
        draft: Draft,
    },
    /// Replaces what one said.
    Edit {
        /// Where.
        room: RoomId,
        /// Makes a repeat harmless.
        client_id: ClientId,
        /// Which message.
        message: MessageId,
        /// What it says from now on.
        edit: Edit,
    },
    /// Takes back what was said.
    Delete {
        /// Where.
        room: RoomId,
        /// Makes a repeat harmless.
        client_id: ClientId,
        /// Which message.
        message: MessageId,
        /// Only if the message still has this revision (If-Match).
        if_rev: Option<Rev>,
    },
    /// Sets one's reaction to a message, or takes it back. What is so already stays so.
    React {
        /// Where.
        room: RoomId,
        /// To which message.
        message: MessageId,
        /// With which emoji.
        emoji: Emoji,
        /// Whether it is set.
        set: bool,
    },
    /// Looks at one message.
    GetMessage {
        /// Where.
        room: RoomId,
        /// Which.
        message: MessageId,
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
    /// Reads messages by their place among all that the caller sees, for lists with numbered pages.
    ReadNumbered {
        /// Where.
        room: RoomId,
        /// From which end they are counted.
        order: Order,
        /// How many stand before the first.
        skip: u64,
        /// How many at most; 0 only counts them.
        limit: usize,
    },
    /// Reads the log after a seq, to catch up.
    Replay {
        /// Where.
        room: RoomId,
        /// After which row.
        after: Seq,
        /// How many rows at most.
        limit: usize,
    },
    /// Lists one's own rooms, by id after `after`.
    ListOwnRooms {
        /// The last room of the page before.
        after: Option<RoomId>,
        /// How many at most.
        limit: usize,
        /// Whether direct rooms are listed, too, that one has deleted for oneself and in which
        /// nothing was said since. A session hears them nevertheless.
        hidden: bool,
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
        mark: Mark,
        /// Up to which row. Beyond the head counts as the head.
        through: Seq,
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

/// A room that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedRoom {
    /// Open to everybody of the tenant.
    Channel {
        /// Its unique name.
        name: RoomName,
        /// Whether only admins and the owner may write in it.
        read_only: bool,
    },
    /// For those who are in it from the beginning, and those who are added.
    Group {
        /// What it is called, if it has a name.
        name: Option<RoomName>,
        /// Who is in it besides its maker.
        members: Vec<UserId>,
        /// Whether only admins and the owner may write in it.
        read_only: bool,
    },
}

/// What a message is to say instead. Its kind, its file and what it answers stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The text, the emoji or the caption.
    pub text: String,
    /// Who is meant from now on.
    pub mentions: Vec<UserId>,
    /// Only if the message still has this revision (If-Match).
    pub if_rev: Option<Rev>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Done; there is nothing to tell.
    Done,
    /// A room was found, or changed.
    Room(RoomView),
    /// The room that the caller wanted to make or to open.
    Opened {
        /// The room.
        room: RoomView,
        /// Whether it was made now.
        made: bool,
    },
    /// The caller is in the room. `row` is the join, if it was one now.
    Joined {
        /// The room.
        room: RoomView,
        /// The join's row; `None` for who was in it already.
        row: Option<Box<Row>>,
    },
    /// Somebody's place in a room.
    Member {
        /// Their place.
        member: Member,
        /// What they are called.
        username: Username,
        /// The seq of the change; `None` where nothing changed.
        seq: Option<Seq>,
    },
    /// A message is stored.
    Sent {
        /// Its row.
        row: Row,
        /// Who sent it.
        sender: Card,
        /// Whether an earlier send with this `client_id` had stored it.
        repeat: bool,
    },
    /// A message is changed or deleted.
    Changed {
        /// The row that says so, with the message as it is now.
        row: Row,
        /// Who sent the message, as far as it is known.
        sender: Option<Card>,
        /// Whether an earlier request with this `client_id` had stored it.
        repeat: bool,
    },
    /// A reaction is as it was wanted.
    Reacted {
        /// The seq of the change; `None` where it was so already.
        seq: Option<Seq>,
    },
    /// A message.
    Message {
        /// As it is now.
        message: Message,
        /// What people reacted with, by the first of each.
        reactions: Vec<Reaction>,
    },
    /// A part of a room's history.
    History {
        /// The messages.
        page: Page,
        /// What people reacted with, by message and then by the first of each.
        reactions: Vec<Reaction>,
    },
    /// Messages by their place.
    Numbered {
        /// In the order asked.
        messages: Vec<Message>,
        /// What people reacted with, by message and then by the first of each.
        reactions: Vec<Reaction>,
        /// How many there are in all.
        count: u64,
    },
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
    /// The rows after the asked seq, rising, and their senders' cards; without what the caller has
    /// hidden from themselves.
    pub scenes: Vec<Scene>,
    /// The first of them that was dropped, if one was ([`crate::missing_after`]).
    pub missing: Option<Seq>,
    /// Up to which row the log was read: the last row's seq, or the last hidden one's.
    pub through: Seq,
    /// The head of the log, at least `through`.
    pub head: Seq,
}

/// A room as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// The head of its log.
    pub head: Seq,
    /// The caller's place in it; `None` for somebody who could join.
    pub member: Option<Member>,
    /// Messages not read yet, counted up to [`crate::marks::UNREAD`]; 0 for who is not in it.
    pub unread: u64,
    /// With whom it is, if it is a direct room.
    pub peer: Option<Card>,
}

impl RoomView {
    /// Whether the caller has hidden it from themselves, and nothing was said since.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        let hidden = self.member.as_ref().map_or(0, |member| member.hidden);
        hidden > 0 && hidden >= self.head
    }
}
