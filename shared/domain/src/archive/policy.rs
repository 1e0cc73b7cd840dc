//! What should be archived when.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{PolicyId, Rev, RoomName, TenantId, Timestamp};

/// What a policy does with messages that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Tells of them in the run's record and the log, and leaves them.
    Log,
    /// Moves their bodies to the archive. They stay readable and can be restored.
    Archive,
}

/// Which rooms a policy is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All rooms of all tenants.
    AllRooms,
    /// All rooms of one tenant.
    Tenant(TenantId),
    /// Channels of the default tenant, by name.
    Rooms(Vec<RoomName>),
}

/// What to do about slots that passed while no scheduler ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// One run for all of them.
    #[default]
    RunOnce,
    /// None; go on with the next slot.
    Skip,
}

/// Where a policy was made, and so where it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicySource {
    /// In the configuration file.
    #[default]
    Configuration,
    /// By an administrator, through the API.
    Administrator,
}

/// What should be archived when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Derived from the name for policies of the configuration, so that it survives restarts.
    pub id: PolicyId,
    /// Unique; what ops teams call it.
    pub name: String,
    /// Which rooms.
    pub scope: Scope,
    /// Messages older than this are due.
    pub older_than: Duration,
    /// What is done with them.
    pub action: Action,
    /// Cron of five or six fields, or plain English ("every day at 02:00").
    pub schedule: String,
    /// The IANA time zone in which the schedule is meant.
    pub timezone: String,
    /// What to do about missed slots.
    pub catch_up: CatchUp,
    /// Whether it is meant to run by itself.
    pub enabled: bool,
    /// Whether somebody lets it rest. Nobody but people ends that.
    #[serde(default)]
    pub paused: bool,
    /// Whether the configuration does not name it any more: nobody sees it, and it does not run,
    /// but it is kept for when the configuration names it again.
    #[serde(default)]
    pub withdrawn: bool,
    /// Where it was made.
    #[serde(default)]
    pub source: PolicySource,
    /// Raised by every change of the policy, but not by its next slot.
    #[serde(default = "first")]
    pub rev: Rev,
    /// The next slot, computed from schedule and zone. `None` while it does not run by itself.
    pub next_run_at: Option<Timestamp>,
}

fn first() -> Rev {
    1
}

impl Policy {
    /// Whether its slots are run.
    #[must_use]
    pub fn runs_by_itself(&self) -> bool {
        self.enabled && !self.paused && !self.withdrawn
    }
}
