//! Policies, and when they run.

use domain::{
    Timestamp,
    archive::{Action, CatchUp},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `GET policies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// By name.
    pub policies: Vec<PolicyView>,
}

/// A policy, and when it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// What it says.
    #[serde(flatten)]
    pub policy: PolicyText,
    /// The schedule in words: "At 02:00."
    pub in_words: String,
    /// What happens to slots that passed while nothing ran.
    pub catch_up: CatchUp,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// The next slot; none while it is not enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<Timestamp>,
    /// The next five times, as a clock of its zone shows them: `2027-03-28T02:00:00+01:00`.
    pub next: Vec<String>,
}

/// What a policy says, now or when a run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyText {
    /// Which.
    pub id: Uuid,
    /// What ops teams call it.
    pub name: String,
    /// Channels by name; none are all rooms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<String>>,
    /// Messages older than this are due: `90d`, `1h 30m`.
    pub older_than: String,
    /// What is done with them.
    pub action: Action,
    /// Cron or plain English, as it was written.
    pub schedule: String,
    /// The IANA time zone in which it is meant.
    pub timezone: String,
}
