//! Policies, and when they run.

use domain::{
    Rev, Timestamp,
    archive::{Action, CatchUp, PolicySource},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// `POST policies`: a policy in the words of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPolicy {
    /// What ops teams will call it. Unique.
    pub name: String,
    /// Channels by name; empty is all rooms.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// Messages older than this are due: `90 days`, `1h 30m`.
    pub older_than: String,
    /// What is done with them.
    pub action: Action,
    /// Cron of five or six fields, or plain English.
    pub schedule: String,
    /// The IANA time zone in which it is meant. `UTC` unless said.
    #[serde(default = "utc")]
    pub timezone: String,
    /// What happens to slots that passed while nothing ran.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// Whether it runs by itself. It does unless said.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// `PATCH policies/{policy}`: what is to be otherwise; all else stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// Another name.
    pub name: Option<String>,
    /// Other channels; empty is all rooms.
    pub rooms: Option<Vec<String>>,
    /// Another age.
    pub older_than: Option<String>,
    /// Another action.
    pub action: Option<Action>,
    /// Another schedule.
    pub schedule: Option<String>,
    /// Another time zone.
    pub timezone: Option<String>,
    /// Another rule for missed slots.
    pub catch_up: Option<CatchUp>,
    /// Whether it runs by itself.
    pub enabled: Option<bool>,
}

/// `POST schedule/preview`: what does this schedule mean?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleRequest {
    /// Cron of five or six fields, or plain English.
    pub schedule: String,
    /// The IANA time zone in which it is meant. `UTC` unless said.
    #[serde(default = "utc", alias = "zone")]
    pub timezone: String,
    /// The times after this moment are shown. Now unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
}

/// A schedule in both ways of writing it, and when it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleView {
    /// As cron, of five fields where the seconds are 0.
    pub cron: String,
    /// In words, with the zone: `every day at 03:00 Europe/Berlin`.
    pub english: String,
    /// The IANA time zone in which it is meant.
    pub zone: String,
    /// The next five times, as a clock of the zone shows them: `2027-03-28T03:00:00+02:00`.
    pub next: Vec<String>,
}

/// `GET policies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Policies {
    /// By name.
    pub policies: Vec<PolicyView>,
}

/// A policy, and when it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyView {
    /// What it says.
    #[serde(flatten)]
    pub policy: PolicyText,
    /// Its schedule. The times are those of a policy that runs.
    #[serde(flatten)]
    pub when: ScheduleView,
    /// What happens to slots that passed while nothing ran.
    pub catch_up: CatchUp,
    /// Whether it is meant to run by itself.
    pub enabled: bool,
    /// Whether somebody lets it rest.
    pub paused: bool,
    /// Where it was made, and so where it is changed.
    pub source: PolicySource,
    /// Raised by every change; `If-Match` compares it.
    pub rev: Rev,
    /// The next slot; none while it does not run by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<Timestamp>,
}

/// What a policy says, now or when a run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

fn utc() -> String {
    "UTC".to_owned()
}

fn yes() -> bool {
    true
}
