//! What rooms have of their own, and why their messages are archived or are not.

use domain::{Seq, Timestamp, archive::RuledBy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `PUT rooms/{room}`: what the room has of its own. One of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomRuleRequest {
    /// `true`: no policy takes anything from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exempt: Option<bool>,
    /// Every policy that covers it goes by this age instead of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<String>,
    /// This policy alone covers it: its name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// A room, and what it has of its own; nothing but its name where it goes by the policies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomRuleView {
    /// Which.
    pub room: Uuid,
    /// What it is called, if it has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether no policy takes anything from it.
    pub exempt: bool,
    /// The age by which policies go here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<String>,
    /// The only policy that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Uuid>,
    /// Who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// `GET rooms`, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomRules {
    /// Each room that has something of its own.
    pub rooms: Vec<RoomRuleView>,
    /// Whether there are more: ask with `after` and the last id.
    pub more: bool,
}

/// `GET explain?room=`: why a room's messages are archived, or are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplainView {
    /// The room, and what it has of its own.
    #[serde(flatten)]
    pub about: RoomRuleView,
    /// The policies that cover it; where there are none, nothing is archived.
    pub policies: Vec<CoverageView>,
    /// What must not be touched.
    pub holds: Vec<HoldView>,
}

/// A policy that covers a room, and what it would take now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoverageView {
    /// The policy.
    pub policy: Uuid,
    /// What it is called.
    pub name: String,
    /// What decides about the room.
    pub rule: RuledBy,
    /// Messages from before this moment are due, or would be.
    pub due_before: Timestamp,
    /// Messages that are due.
    pub due: u64,
    /// Messages that would be due but are held, or the room is exempt.
    pub held: u64,
    /// When the oldest of those that are due was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// Whether it runs by itself.
    pub runs: bool,
    /// When it runs next, as a clock of its zone shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What must not be touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// Which.
    pub id: Uuid,
    /// The first row it covers.
    pub from: Seq,
    /// The last row it covers.
    pub through: Seq,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Until when, if not until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
