//! Receipts, typing and presence: what is in no log.

use domain::{
    Card, Code, Error, Presence, PresenceState, Receipt, Result, RoomId, Seq, Timestamp, UserId,
    Wish, marks::UNREAD,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::UserView;

/// How far a member has received and read a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// The member.
    pub user: UserView,
    /// Up to which seq they have read it.
    pub read: Seq,
    /// Up to which seq one of their devices has it; never behind `read`.
    pub received: Seq,
}

/// How far the members of a room are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipts {
    /// Everybody's in a small room (`limits.small_room`), else one's own.
    pub receipts: Vec<ReceiptView>,
    /// Whether the room has members that are not shown.
    pub more: bool,
}

/// Whether somebody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceView {
    /// Who.
    pub user: UserView,
    /// `online`, `away`, `busy` or `offline`.
    pub state: PresenceWord,
    /// When their last session ended; absent for who is there, who never was, and strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

/// A page of who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Presences {
    /// In the order asked, or of user id; the next page is after the last.
    pub presence: Vec<PresenceView>,
    /// Whether there are more.
    pub more: bool,
}

/// What a presence is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceWord {
    /// There.
    Online,
    /// Connected, and not at it.
    Away,
    /// There, and not to be disturbed.
    Busy,
    /// Not connected.
    Offline,
}

/// The frame `receipt`.
#[derive(Serialize, ToSchema)]
pub(super) struct Receipted {
    /// Where.
    room: Uuid,
    /// The member.
    user: UserView,
    /// Up to which seq they have read it.
    read: Seq,
    /// Up to which seq one of their devices has it; never behind `read`.
    received: Seq,
    /// How many messages you have not read, counted up to 1,000; only of yourself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unread: Option<u64>,
    /// Whether counting stopped there: there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unread_more: Option<bool>,
}

/// The frame `typing`.
#[derive(Serialize, ToSchema)]
pub(super) struct Typed {
    /// Where.
    room: Uuid,
    /// Who.
    user: UserView,
    /// Whether they type.
    on: bool,
}

impl ReceiptView {
    /// Shows a receipt. `card` is the member's, if it is known.
    #[must_use]
    pub fn new(receipt: &Receipt, card: Option<&Card>) -> Self {
        Self {
            user: UserView::of(receipt.user, card),
            read: receipt.read,
            received: receipt.received,
        }
    }
}

impl Receipts {
    /// Shows receipts, their members by id.
    #[must_use]
    pub fn new(receipts: &[Receipt], more: bool) -> Self {
        let receipts = receipts
            .iter()
            .map(|receipt| ReceiptView::new(receipt, None));
        Self {
            receipts: receipts.collect(),
            more,
        }
    }
}

impl PresenceView {
    /// Shows a presence. `card` is the user's, if it is known.
    #[must_use]
    pub fn new(presence: &Presence, card: Option<&Card>) -> Self {
        Self {
            user: UserView::of(presence.user, card),
            state: presence.state.into(),
            last_seen: presence.last_seen,
        }
    }
}

impl Presences {
    /// Shows who is there, by id.
    #[must_use]
    pub fn new(presences: &[Presence], more: bool) -> Self {
        let presence = presences.iter().map(|one| PresenceView::new(one, None));
        Self {
            presence: presence.collect(),
            more,
        }
    }
}

impl From<PresenceState> for PresenceWord {
    fn from(state: PresenceState) -> Self {
        match state {
            PresenceState::Online => Self::Online,
            PresenceState::Away => Self::Away,
            PresenceState::Busy => Self::Busy,
            PresenceState::Offline => Self::Offline,
        }
    }
}

impl Receipted {
    pub(super) fn new(receipt: &Receipt, unread: Option<u64>, card: Option<&Card>) -> Self {
        Self {
            room: receipt.room.uuid(),
            user: UserView::of(receipt.user, card),
            read: receipt.read,
            received: receipt.received,
            unread,
            unread_more: unread.map(|unread| unread >= UNREAD),
        }
    }
}

impl Typed {
    pub(super) fn new(room: RoomId, user: UserId, on: bool, card: Option<&Card>) -> Self {
        Self {
            room: room.uuid(),
            user: UserView::of(user, card),
            on,
        }
    }
}

/// Reads as what somebody wants to be seen. To be seen as offline, one goes.
pub(super) fn wish(word: &str) -> Result<Wish> {
    match word {
        "online" => Ok(Wish::Online),
        "away" => Ok(Wish::Away),
        "busy" => Ok(Wish::Busy),
        _ => {
            let detail = "It is `online`, `away` or `busy`.";
            Err(Error::invalid(Code::InvalidField, "state", detail))
        }
    }
}
