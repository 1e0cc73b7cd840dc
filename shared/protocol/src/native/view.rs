//! Things as clients see them, over REST and socket alike.

use domain::{
    Caller, Card, Code, Limits, Member, Rev, Role, RoomKind, Seq, Timestamp, UserId, Username,
    command::RoomView, marks::UNREAD,
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
    /// With whom a direct room is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<UserView>,
    /// Raised by each change of name and of `read_only`. Also its ETag.
    pub rev: Rev,
    /// Whether only admins and the owner may write in it.
    pub read_only: bool,
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
    /// Whether the one who asks has deleted this direct room for themselves, and nothing was said
    /// since: not to be listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
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
            with: view
                .peer
                .as_ref()
                .map(|peer| UserView::of(peer.user, Some(peer))),
            rev: view.room.rev,
            read_only: view.room.read_only,
            head: view.head,
            member: member.is_some(),
            role: member.map(|member| member.role),
            read: member.map_or(0, Member::read_through),
            unread: view.unread,
            unread_more: view.unread >= UNREAD,
            created_at: view.room.created_at,
            hidden: view.is_hidden(),
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
    pub(super) field: Option<&'a str>,
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
