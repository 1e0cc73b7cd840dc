//! Things as clients see them, over REST and socket alike.

use domain::{
    Body, Caller, Card, Code, Limits, Member, Message, Role, RoomKind, Seq, Timestamp, UserId,
    Username, command::RoomView, marks::UNREAD,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserView {
    /// Who.
    pub id: Uuid,
    /// What they are called; absent when it could not be looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

impl UserView {
    /// Shows a user whose name may not be known.
    #[must_use]
    pub fn new(id: UserId, username: Option<&Username>) -> Self {
        Self {
            id: id.uuid(),
            username: username.map(|name| name.as_str().to_owned()),
        }
    }

    /// Shows `id`, with the name on the card if the card is theirs.
    #[must_use]
    pub fn of(id: UserId, card: Option<&Card>) -> Self {
        let card = card.filter(|card| card.user == id);
        Self::new(id, card.map(|card| &card.username))
    }

    /// Shows who asks.
    #[must_use]
    pub fn caller(caller: &Caller) -> Self {
        Self::new(caller.user, Some(&caller.username))
    }
}

/// A message as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageView {
    /// Its id, the same everywhere and for ever.
    pub id: Uuid,
    /// Where it was said.
    pub room: Uuid,
    /// Its number in the room's log.
    pub seq: Seq,
    /// Who said it.
    pub sender: UserView,
    /// The sender's own id for it.
    pub client_id: Uuid,
    /// What it says; absent when it no longer says anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Whether it still says something.
    pub state: MessageState,
    /// When it was said.
    pub created_at: Timestamp,
    /// 1 as sent, raised by each change of the content.
    pub rev: u64,
    /// Whether it was moved to the archive. It stays readable.
    pub archived: bool,
}

/// Whether a message still says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It does.
    Present,
    /// It was deleted.
    Deleted,
    /// The policy of the room purged it.
    Purged,
}

impl MessageView {
    /// Shows a message. `card` is of its sender, if it is known.
    #[must_use]
    pub fn new(message: &Message, card: Option<&Card>) -> Self {
        Self {
            id: message.id.uuid(),
            room: message.room.uuid(),
            seq: message.seq,
            sender: UserView::of(message.sender, card),
            client_id: message.client_id.uuid(),
            content: message
                .content()
                .map(|content| content.as_text().to_owned()),
            state: match message.body {
                Body::Present { .. } => MessageState::Present,
                Body::Deleted => MessageState::Deleted,
                Body::Purged => MessageState::Purged,
            },
            created_at: message.created_at,
            rev: message.rev,
            archived: message.archived,
        }
    }
}

/// A room, as the one who asks sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomSummary {
    /// Which.
    pub id: Uuid,
    /// What it is called; groups and direct rooms may have no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Open to all, to those who were added, or to two.
    pub kind: RoomKind,
    /// The highest seq of its log.
    pub head: Seq,
    /// Whether the one who asks is in it.
    pub member: bool,
    /// Their role in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Up to which seq they have read it.
    pub read: Seq,
    /// How many messages they have not read, counted up to 1,000.
    pub unread: u64,
    /// Whether counting stopped there: there may be more.
    #[serde(default)]
    pub unread_more: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl RoomSummary {
    /// Shows a room.
    #[must_use]
    pub fn new(view: &RoomView) -> Self {
        let member = view.member.as_ref().filter(|member| member.is_active());
        Self {
            id: view.room.id.uuid(),
            name: view.room.name.as_ref().map(|name| name.as_str().to_owned()),
            kind: view.room.kind,
            head: view.head,
            member: member.is_some(),
            role: member.map(|member| member.role),
            read: member.map_or(0, Member::read_through),
            unread: view.unread,
            unread_more: view.unread >= UNREAD,
            created_at: view.room.created_at,
        }
    }
}

/// Somebody who is in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberView {
    /// Who.
    pub user: UserView,
    /// What they may do.
    pub role: Role,
    /// When they came.
    pub joined_at: Timestamp,
}

impl MemberView {
    /// Shows a member.
    #[must_use]
    pub fn new(member: &Member, username: &Username) -> Self {
        Self {
            user: UserView::new(member.user, Some(username)),
            role: member.role,
            joined_at: member.joined_at,
        }
    }
}

/// An error as a socket says it. REST says the same as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorView<'a> {
    /// What it is, for programs.
    pub(super) code: &'static str,
    /// What it is, for people.
    pub(super) message: &'a str,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'static str>,
    /// Whether the same request may succeed later, unchanged.
    pub(super) temporary: bool,
    /// How long to wait before, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_after_ms: Option<u64>,
}

impl<'a> ErrorView<'a> {
    pub(super) fn new(error: &'a domain::Error) -> Self {
        let code = error.code();
        let millis =
            |wait: std::time::Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self {
            code: code.name(),
            message: match code {
                Code::Internal => code.info().title,
                _ => error.message(),
            },
            field: error.field(),
            temporary: code.temporary(),
            retry_after_ms: error.retry_after().map(millis),
        }
    }
}

/// How many messages of a page there may be, for whoever names a number.
#[must_use]
pub fn page_size(asked: Option<usize>, limits: &Limits) -> usize {
    asked.unwrap_or(limits.page).clamp(1, limits.page_max)
}
