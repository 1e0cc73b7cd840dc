//! Bodies that answer about rooms and messages.

use domain::{Seq, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    message::MessageView,
    view::{MemberView, RoomSummary},
};

/// A page of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rooms {
    /// In order of id; the next page is after the last.
    pub rooms: Vec<RoomSummary>,
    /// Whether there are more.
    pub more: bool,
}

/// What joining answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomJoined {
    /// The room.
    pub room: RoomSummary,
    /// The seq of the join, if it was one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// A page of members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Members {
    /// In order of user id; the next page is after the last.
    pub members: Vec<MemberView>,
    /// Whether there are more.
    pub more: bool,
}

/// A page of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Messages {
    /// In rising order of seq.
    pub messages: Vec<MessageView>,
    /// The head of the log that the page belongs to.
    pub head: Seq,
    /// Whether there are messages before the first.
    pub more_before: bool,
    /// Whether there are messages after the last.
    pub more_after: bool,
}

/// What sending answers: 201 the first time, 200 for a repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageSent {
    /// The message as it is now.
    pub message: MessageView,
    /// Whether an earlier send with this `client_id` had stored it.
    pub repeat: bool,
}

/// What an edit and a deletion answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageChanged {
    /// The message as it is now.
    pub message: MessageView,
    /// The row that tells the others.
    pub seq: Seq,
    /// Whether an earlier request with this `client_id` had stored it.
    pub repeat: bool,
}

/// What a reaction answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReactionAnswer {
    /// The row that tells the others; absent where it was so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// What adding somebody, or giving them a role, answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberChanged {
    /// Their place in the room.
    pub member: MemberView,
    /// The row that tells the others; absent where it was so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OneMessage {
    /// As it is now.
    pub message: MessageView,
}

/// Where an event stands in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct Place {
    /// The room.
    pub(super) room: Uuid,
    /// The row's number in the room's log. Keep the highest: a resume begins after it.
    pub(super) seq: Seq,
    /// When it happened.
    pub(super) at: Timestamp,
}
