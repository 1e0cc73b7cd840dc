//! Notifications, the rules for them, and why something was one or not.

use domain::{
    Card, Cause, MemberChange, Notification, Role, Rule, Seq, Timestamp, Verdict,
    notification::Level,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{message::MessageView, view::UserView};

/// News for the one who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationView {
    /// Its id: the same however often it comes.
    pub id: Uuid,
    /// In which room.
    pub room: Uuid,
    /// At which row; acknowledge with it and the room.
    pub seq: Seq,
    /// When it happened.
    pub at: Timestamp,
    /// Of what.
    pub cause: CauseView,
    /// The message, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageView>,
    /// Who did it, if it is of something that was done to one's membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserView>,
    /// One's role from then on, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What a notification is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseView {
    /// Somebody said something.
    Message,
    /// One was added to the room.
    Added,
    /// One was removed from it.
    Removed,
    /// One may do more or less in it.
    RoleChanged,
}

impl NotificationView {
    /// Shows a notification. `card` is of who caused it, if it is known.
    #[must_use]
    pub fn new(notification: &Notification, card: Option<&Card>) -> Self {
        let (cause, message, membership) = match &notification.cause {
            Cause::Message(message) => {
                let view = MessageView::new(message, card);
                (CauseView::Message, Some(view), None)
            }
            Cause::Membership(news) => (CauseView::of(news.change), None, Some(news)),
        };
        Self {
            id: notification.id.uuid(),
            room: notification.position.room.uuid(),
            seq: notification.position.seq,
            at: notification.position.at,
            cause,
            message,
            by: membership.map(|news| UserView::of(news.by, card)),
            role: membership.map(|news| news.role),
        }
    }
}

impl CauseView {
    fn of(change: MemberChange) -> Self {
        match change {
            MemberChange::Joined => Self::Added,
            MemberChange::Left | MemberChange::Removed => Self::Removed,
            MemberChange::RoleChanged => Self::RoleChanged,
        }
    }
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notifications {
    /// Oldest first in each room.
    pub notifications: Vec<NotificationView>,
    /// Whether there are more.
    pub more: bool,
    /// The `after` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /api/v1/notifications/ack`: everything in the room up to the seq is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub struct AcknowledgeBody {
    /// The room.
    pub room: Uuid,
    /// Up to which row.
    pub seq: Seq,
}

/// `PUT /api/v1/notifications/rules/{room}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// Of which messages one wants to be told; all where it is absent.
    #[serde(default)]
    pub level: LevelView,
    /// Until when one wants to be told of none; absent for no mute.
    #[serde(default)]
    pub muted_until: Option<Timestamp>,
}

/// Of which messages one wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelView {
    /// Of all.
    #[default]
    All,
    /// Of those that mention one.
    Mentions,
    /// Of none.
    None,
}

impl From<Level> for LevelView {
    fn from(level: Level) -> Self {
        match level {
            Level::All => Self::All,
            Level::Mentions => Self::Mentions,
            Level::None => Self::None,
        }
    }
}

impl From<LevelView> for Level {
    fn from(level: LevelView) -> Self {
        match level {
            LevelView::All => Self::All,
            LevelView::Mentions => Self::Mentions,
            LevelView::None => Self::None,
        }
    }
}

/// What one wants to be told of in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    /// Where.
    pub room: Uuid,
    /// Of which messages.
    pub level: LevelView,
    /// From when on one wants to be told of none, if the room is muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_from: Option<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
}

impl RuleView {
    /// Shows a rule as it holds at `now`.
    #[must_use]
    pub fn new(room: domain::RoomId, rule: &Rule, now: Timestamp) -> Self {
        let mute = rule.mute_at(now);
        Self {
            room: room.uuid(),
            level: rule.level.into(),
            muted_from: mute.map(|mute| mute.from),
            muted_until: mute.map(|mute| mute.until),
        }
    }
}

/// A page of one's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rules {
    /// Of the rooms one is in, by room; those without a rule of their own are left out.
    pub rules: Vec<RuleView>,
    /// The `after` of the next page, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// Why a message was, or was not, news for the one who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The message.
    pub message: Uuid,
    /// Where it was said.
    pub room: Uuid,
    /// Its number there.
    pub seq: Seq,
    /// What became of it.
    pub outcome: OutcomeView,
    /// The rule that decided.
    pub decided_by: VerdictView,
    /// The rule in one sentence, for people.
    pub because: String,
    /// One's own rule for the room, as it is now.
    pub rule: RuleView,
    /// Notifications of the room are acknowledged up to here.
    pub acknowledged: Seq,
    /// One's sockets on the process that answers which listen for notifications, and what they were
    /// told.
    pub sockets: Vec<SocketView>,
}

/// What became of a message as a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeView {
    /// It is none.
    Suppressed,
    /// It waits in the inbox.
    Waiting,
    /// It was acknowledged.
    Acknowledged,
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictView {
    /// Nothing spoke against it.
    News,
    /// One is not in the room.
    NotAMember,
    /// One said it oneself.
    OwnMessage,
    /// It was said before one joined, or before one deleted a direct room for oneself.
    BeforeJoining,
    /// It says nothing any more.
    Gone,
    /// It was said while one had muted the room.
    Muted,
    /// One wants mentions only, and it mentions others or nobody.
    NotMentioned,
    /// One wants to be told of nothing there.
    Off,
}

impl VerdictView {
    /// The rule in one sentence.
    #[must_use]
    pub fn because(self) -> &'static str {
        match self {
            Self::News => "Somebody else said it after you joined, and your rule lets it through.",
            Self::NotAMember => "You are not in the room.",
            Self::OwnMessage => "You said it yourself.",
            Self::BeforeJoining => "It was said before you joined.",
            Self::Gone => "It was deleted, or its time was over.",
            Self::Muted => "You had muted the room when it was said.",
            Self::NotMentioned => {
                "You want to be told of mentions only, and it does not mention you."
            }
            Self::Off => "You want no notifications from this room.",
        }
    }
}

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::News => Self::News,
            Verdict::NotAMember => Self::NotAMember,
            Verdict::OwnMessage => Self::OwnMessage,
            Verdict::BeforeJoining => Self::BeforeJoining,
            Verdict::Gone => Self::Gone,
            Verdict::Muted => Self::Muted,
            Verdict::NotMentioned => Self::NotMentioned,
            Verdict::Off => Self::Off,
        }
    }
}

/// A socket that listens for notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SocketView {
    /// Which.
    pub session: Uuid,
    /// The dialect it speaks.
    pub dialect: String,
    /// Up to which row of the room it was told.
    pub told: Seq,
    /// Whether that reaches the message: then it was told of it if it was news at the time. What
    /// became news later, by an edit or by another rule, is in the inbox alone.
    pub passed: bool,
}
