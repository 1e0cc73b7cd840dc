//! Frames that only the socket has: greetings, answers, and the ends of a resume.

use domain::{
    Card, Error, Limits, Message, Page, Reaction, Receipt, Reply, RoomId, Row, Seq, SessionId,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    json,
    live::{Presences, ReceiptView, Receipts},
    message::MessageView,
    rooms::{
        MemberChanged, Members, MessageChanged, MessageSent, Messages, OneMessage, ReactionAnswer,
        RoomJoined, Rooms,
    },
    view::{ErrorView, MemberView, RoomSummary, UserView},
};

/// The first frame of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// This socket's name, for reports.
    pub session: Uuid,
    /// The store's time now.
    pub server_time: Timestamp,
    /// How often the server pings, in milliseconds.
    pub heartbeat_ms: u64,
    /// All limits, by the names of `docs/limits.md`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub limits: Limits,
    /// When the token ends, and the socket with it, unless `authenticate` brings a fresh one.
    pub token_expires: Timestamp,
    /// Whose socket it is.
    pub user: UserView,
    /// The store's id: positions of another epoch mean nothing.
    pub epoch: Uuid,
    /// The first rooms of the user, in order of id.
    pub rooms: Vec<RoomSummary>,
    /// Whether a `hello_rooms` frame follows with further rooms.
    pub more: bool,
}

/// Further rooms, after `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HelloRooms {
    /// The next rooms, in order of id.
    pub rooms: Vec<RoomSummary>,
    /// Whether another frame follows.
    pub more: bool,
}

impl Hello {
    /// The session's name as the frame shows it.
    #[must_use]
    pub fn session(id: SessionId) -> Uuid {
        id.uuid()
    }

    /// The frame.
    #[must_use]
    pub fn frame(&self) -> String {
        typed("hello", self)
    }
}

impl HelloRooms {
    /// The frame.
    #[must_use]
    pub fn frame(&self) -> String {
        typed("hello_rooms", self)
    }
}

/// A room was replayed whole, and goes on live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resumed {
    /// The room.
    pub room: Uuid,
    /// Always true: a hole is told by `gap`.
    pub recovered: bool,
    /// Up to which row; later ones come live.
    pub head: Seq,
    /// How far the members are: everybody in a small room, else one's own. Absent when it could
    /// not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<Vec<ReceiptView>>,
}

impl Resumed {
    /// The frame for a room that was replayed through `head`.
    #[must_use]
    pub fn frame(room: RoomId, head: Seq, receipts: Option<&[Receipt]>) -> String {
        let resumed = Self {
            room: room.uuid(),
            recovered: true,
            head,
            receipts: receipts.map(|receipts| Receipts::new(receipts, false).receipts),
        };
        typed("resumed", &resumed)
    }
}

/// Rows of a room that are not replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// The room.
    pub room: Uuid,
    /// The first row that is missing.
    pub from: Seq,
    /// The last one, where it is known; later ones come live.
    pub to: Option<Seq>,
    /// Why.
    pub reason: GapReason,
}

/// Why rows are not replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// They are too many: read the history instead.
    TooMany,
    /// The room is not there, or not for this user.
    NoAccess,
    /// The position is beyond the log, or of another epoch.
    UnknownPosition,
    /// Some were changes that are not kept any more: read history, room and members anew.
    ChangesExpired,
}

impl Gap {
    /// The frame.
    #[must_use]
    pub fn frame(&self) -> String {
        typed("gap", self)
    }
}

/// What answers a fresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Authenticated {
    /// When it ends, and the socket with it.
    pub token_expires: Timestamp,
}

impl Authenticated {
    /// The frame.
    #[must_use]
    pub fn frame(&self, request: Option<&str>) -> String {
        answer(request, self)
    }
}

/// What answers a resume, after every room named in it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResumeAnswer {
    /// Rooms that were replayed whole.
    pub resumed: Vec<Uuid>,
    /// Rooms of which rows are missing.
    pub gaps: Vec<Uuid>,
    /// Rooms of the user that the request did not name: they are live after their head.
    pub not_named: Vec<UnnamedRoom>,
}

/// A room that a resume did not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnnamedRoom {
    /// The room.
    pub room: Uuid,
    /// The row before the first that comes live.
    pub head: Seq,
}

impl ResumeAnswer {
    /// The frame.
    #[must_use]
    pub fn frame(&self, request: Option<&str>) -> String {
        answer(request, self)
    }
}

/// Acknowledges a request.
pub(super) fn ack(request: Option<&str>, reply: &Reply) -> Option<String> {
    Some(match reply {
        Reply::Done => answer(request, &Nothing {}),
        Reply::Room(room) | Reply::Opened { room, .. } => answer(
            request,
            &One {
                room: RoomSummary::new(room),
            },
        ),
        Reply::Joined { room, row } => answer(
            request,
            &RoomJoined {
                room: RoomSummary::new(room),
                seq: row.as_ref().map(|row| row.seq),
            },
        ),
        Reply::Member {
            member,
            username,
            seq,
        } => answer(
            request,
            &MemberChanged {
                member: MemberView::new(member, username),
                seq: *seq,
            },
        ),
        Reply::Sent { .. } | Reply::Changed { .. } => return written(request, reply),
        Reply::Reacted { seq } => answer(request, &ReactionAnswer { seq: *seq }),
        Reply::Message { message, reactions } => {
            let message = unnamed(message, reactions);
            answer(request, &OneMessage { message })
        }
        Reply::History { page, reactions } => answer(request, &messages(page, reactions)),
        // A replay is told row by row, as events; pages have numbers over HTTP alone.
        Reply::Replay(_) | Reply::Numbered { .. } => return None,
        Reply::Rooms { rooms, more } => answer(
            request,
            &Rooms {
                rooms: rooms.iter().map(RoomSummary::new).collect(),
                more: *more,
            },
        ),
        Reply::Members { members, more } => answer(
            request,
            &Members {
                members: members
                    .iter()
                    .map(|(m, name)| MemberView::new(m, name))
                    .collect(),
                more: *more,
            },
        ),
        Reply::Receipts { receipts, more } => answer(request, &Receipts::new(receipts, *more)),
        Reply::Presences { presences, more } => answer(request, &Presences::new(presences, *more)),
    })
}

/// Acknowledges what was written to the log.
fn written(request: Option<&str>, reply: &Reply) -> Option<String> {
    match reply {
        Reply::Sent {
            row,
            sender,
            repeat,
        } => Some(answer(request, &sent(row, sender, *repeat)?)),
        Reply::Changed {
            row,
            sender,
            repeat,
        } => Some(answer(request, &changed(row, sender.as_ref(), *repeat)?)),
        _ => None,
    }
}

/// What sending answers; `None` for a row that is no message.
#[must_use]
pub fn sent(row: &Row, sender: &Card, repeat: bool) -> Option<MessageSent> {
    let message = MessageView::new(row.message()?, Some(sender));
    Some(MessageSent { message, repeat })
}

/// What an edit and a deletion answer; `None` for a row that is neither.
#[must_use]
pub fn changed(row: &Row, sender: Option<&Card>, repeat: bool) -> Option<MessageChanged> {
    Some(MessageChanged {
        message: MessageView::new(row.message()?, sender),
        seq: row.seq,
        repeat,
    })
}

fn messages(page: &Page, reactions: &[Reaction]) -> Messages {
    let messages = page.messages.iter().map(|m| unnamed(m, reactions));
    Messages {
        messages: messages.collect(),
        head: page.head,
        more_before: page.more_before,
        more_after: page.more_after,
    }
}

/// A message whose people are not named.
fn unnamed(message: &Message, reactions: &[Reaction]) -> MessageView {
    MessageView::new(message, None).with_reactions(reactions, |_| None)
}

/// Refuses a request.
pub(super) fn refusal(request: Option<&str>, error: &Error) -> String {
    json(&Frame {
        id: request,
        r#type: "error",
        body: &ErrorView::new(error),
    })
}

#[derive(Serialize, ToSchema)]
struct Nothing {}

#[derive(Serialize, ToSchema)]
struct One {
    room: RoomSummary,
}

#[derive(Serialize)]
struct Frame<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    r#type: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

fn answer<T: Serialize>(request: Option<&str>, body: &T) -> String {
    let (id, r#type) = (request, "ack");
    json(&Frame { id, r#type, body })
}

fn typed<T: Serialize>(r#type: &'static str, body: &T) -> String {
    let id = None;
    json(&Frame { id, r#type, body })
}
