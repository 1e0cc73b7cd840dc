//! Plans, runs and restores.

use domain::{
    Seq, Timestamp,
    archive::{Phase, RuledBy, Trigger},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::PolicyText;

/// `POST preview`: what would be archived now? Names a policy, or says what is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// A policy, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Without a policy: messages older than this, as in `90 days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than: Option<String>,
    /// Without a policy: channels by name; none are all rooms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
}

/// `POST runs`: follow a plan, or run a policy as things stand now. One of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// A plan, which is good for 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Uuid>,
    /// A policy, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// `POST restore`: bring back what a run moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreRequest {
    /// The run.
    pub run: Uuid,
    /// One room only, by its id, as the run's rooms name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Uuid>,
    /// For how many days it is held, so that the next run does not undo it. 30 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_days: Option<u32>,
}

/// `GET runs`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Runs {
    /// A page of them.
    pub runs: Vec<RunView>,
    /// Whether there are older ones: ask with `before` and the last id.
    pub more: bool,
}

/// A run, a plan or a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// Which.
    pub id: Uuid,
    /// The policy as it was then.
    pub policy: PolicyText,
    /// Why it happened. A `dry_run` is a plan.
    pub trigger: Trigger,
    /// How far it is.
    pub phase: Phase,
    /// Messages from before this moment are due.
    pub cutoff: Timestamp,
    /// The nominal time it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// The plan it follows, or the run whose messages it brings back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Uuid>,
    /// Until when a plan can be run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_until: Option<Timestamp>,
    /// Until when a restore holds what it brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_until: Option<Timestamp>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How late it began after its slot, in milliseconds.
    pub lag_ms: u64,
    /// Slots that it stands for beyond its own.
    pub missed_slots: u64,
    /// Who asked for it.
    pub by: String,
    /// Whether somebody asked it to stop.
    pub cancel: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Over all rooms.
    pub total: Totals,
    /// Rooms that the policy names and that do not exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The first rooms that were not as the plan said; `GET runs/{id}/differences` pages through
    /// all. Only for a run that followed a plan and is over. Left out in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<Vec<DifferenceView>>,
}

/// Sums over the rooms of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Rooms in which something is due or held.
    pub rooms: u64,
    /// Messages that are due.
    pub due: u64,
    /// Messages that were moved, told of, or brought back.
    pub moved: u64,
    /// Messages that would be due but are held, or their room is exempt.
    pub held: u64,
    /// Bytes of content of those that are due.
    pub bytes: u64,
    /// When the oldest of them was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// When the newest of them was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// Rooms that were left as they were from some message on, each with its error.
    #[serde(default)]
    pub failed: u64,
}

/// `GET runs/{id}/rooms`, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunRooms {
    /// Each room in which something is due or held.
    pub rooms: Vec<RoomCountView>,
    /// Whether there are more: ask with `after` and the last id.
    pub more: bool,
}

/// What a run found and did in one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomCountView {
    /// Which.
    pub room: Uuid,
    /// What it was called then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Messages that were due.
    pub due: u64,
    /// Messages that were moved.
    pub moved: u64,
    /// Messages that would be due but are held, or the room is exempt.
    pub held: u64,
    /// Bytes of content of those that were due.
    pub bytes: u64,
    /// When the oldest of them was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// When the newest of them was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// What decided about the room.
    #[serde(default)]
    pub rule: RuledBy,
    /// Messages from before this moment are due here, where the room has its own age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<Timestamp>,
    /// How far it came.
    pub through: Seq,
    /// Whether the run is through with it.
    pub done: bool,
    /// Why the run left it as it was from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// `GET runs/{id}/differences`, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Differences {
    /// Each room that was not as the plan said.
    pub differences: Vec<DifferenceView>,
    /// Whether there are more: ask with `after` and the last id.
    pub more: bool,
}

/// One room that was not as the plan said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DifferenceView {
    /// Which.
    pub room: Uuid,
    /// What it was called then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Messages that were due by the plan.
    pub planned: u64,
    /// Messages that were due when the run came by.
    pub found: u64,
    /// Messages that were moved.
    pub moved: u64,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why a room was not as the plan said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Messages were put under a hold since.
    HeldSince,
    /// A hold ended since.
    ReleasedSince,
    /// Messages were deleted, or moved by another run.
    GoneSince,
    /// Messages were brought back by a restore.
    BackSince,
    /// Messages were edited.
    EditedSince,
    /// Another rule decides about the room since.
    RuleChanged,
    /// Not all that was found was moved: changed in between, cancelled or failed.
    NotMoved,
}
