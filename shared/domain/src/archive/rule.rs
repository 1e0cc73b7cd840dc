//! What is otherwise for one room.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{PolicyId, RoomId, TenantId, Timestamp};

/// What a room has of its own. It comes before what policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomRule {
    /// No policy takes anything from it.
    Exempt,
    /// Every policy that covers it goes by this age instead of its own.
    OlderThan(Duration),
    /// This policy alone covers it, also where it does not name it. While there is no such policy,
    /// none does.
    Policy(PolicyId),
}

/// The rule of one room, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomOverride {
    /// The room.
    pub room: RoomId,
    /// The room's world.
    pub tenant: TenantId,
    /// What it has of its own.
    pub rule: RoomRule,
    /// Who said so.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

/// What decided about a room in a plan or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuledBy {
    /// The policy's age.
    #[default]
    Policy,
    /// The room's own age.
    Override,
    /// The room is exempt: nothing is due.
    Exempt,
    /// All that would be due is held.
    Hold,
}
