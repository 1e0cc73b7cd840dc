//! What should be archived when (policy), one execution of it (run), and what must not be touched
//! (hold).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{HoldId, MessageId, PolicyId, Rev, RoomId, RoomName, RunId, Seq, TenantId, Timestamp};

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
    /// Whether it runs by itself.
    pub enabled: bool,
    /// The next slot, computed from schedule and zone. `None` while it is not enabled.
    pub next_run_at: Option<Timestamp>,
}

/// Why a run happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Its time had come.
    Schedule,
    /// Somebody asked.
    Manual,
    /// Somebody asked what it would do: it moves nothing.
    DryRun,
    /// Somebody asked to bring back what a run moved.
    Restore,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// At work, or interrupted and to be gone on with.
    Running,
    /// Did all that was due.
    Finished,
    /// Stopped by an error, or through with all but some rooms; the next slot takes up what it
    /// left.
    Failed,
    /// Stopped by somebody.
    Cancelled,
}

/// What a run found and did in one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCount {
    /// The room.
    pub room: RoomId,
    /// Its name at that time, if it had one.
    pub name: Option<String>,
    /// Messages that were due.
    pub due: u64,
    /// Messages that were moved (or told of, or brought back).
    pub moved: u64,
    /// Messages that were due but held.
    pub held: u64,
    /// Bytes of content of the messages that were due.
    pub bytes: u64,
    /// When the oldest of them was said.
    pub oldest: Option<Timestamp>,
    /// When the newest of them was said.
    pub newest: Option<Timestamp>,
    /// The sum of the revisions of the messages that were due, which every edit raises by one: so
    /// a run can tell that its plan is not quite true any more.
    #[serde(default)]
    pub revs: u64,
    /// Where the run goes on in this room after an interruption.
    pub through: Seq,
    /// Whether the run is through with this room.
    pub done: bool,
    /// Why the run left this room as it was from then on. The next run tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What somebody wants brought back of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreOrder {
    /// One room only, or all that the run moved.
    pub room: Option<RoomId>,
    /// Until when it is held, so that the next run does not undo it.
    pub hold_until: Timestamp,
}

/// One execution of a policy. Kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The policy as it was then.
    pub policy: Policy,
    /// Why it happened.
    pub trigger: Trigger,
    /// The nominal time it was for; unique with the policy. `None` for what somebody asked for.
    pub slot: Option<Timestamp>,
    /// The plan it follows, or the run whose messages it brings back.
    pub origin: Option<RunId>,
    /// Messages from before this store time are due. Fixed when the run was claimed.
    pub cutoff: Timestamp,
    /// How far it is.
    pub phase: Phase,
    /// Per room that holds something due or held, by rising id: of 100,000 quiet rooms nothing is
    /// kept. A run that was interrupted goes on with the last of them, then with those after it.
    pub rooms: Vec<RoomCount>,
    /// Rooms that the policy names and that do not exist.
    #[serde(default)]
    pub missing: Vec<RoomName>,
    /// When it was claimed.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How late it started after its slot, in milliseconds.
    pub lag_ms: u64,
    /// Slots that it stands for beyond its own, because no scheduler ran.
    pub missed_slots: u64,
    /// Who asked for it.
    pub by: String,
    /// What a restore was asked for; `None` for every other trigger.
    #[serde(default)]
    pub restore: Option<RestoreOrder>,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether somebody asked it to stop.
    pub cancel: bool,
    /// Raised whenever another process takes it over; guards this record only.
    pub fence: u64,
}

impl RoomCount {
    /// The count of a room in which nothing was moved yet.
    #[must_use]
    pub fn begin(room: RoomId, name: Option<String>, found: DueCount) -> Self {
        Self {
            room,
            name,
            due: found.due,
            moved: 0,
            held: found.held,
            bytes: found.bytes,
            oldest: found.oldest,
            newest: found.newest,
            revs: found.revs,
            through: 0,
            done: false,
            error: None,
        }
    }
}

impl Run {
    /// The sum of a count over all rooms.
    #[must_use]
    pub fn total(&self, count: impl Fn(&RoomCount) -> u64) -> u64 {
        self.rooms.iter().map(count).sum()
    }
}

/// Why something must not be touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The room.
    pub room: RoomId,
    /// The first row it covers.
    pub from: Seq,
    /// The last row it covers.
    pub through: Seq,
    /// Why, in words or `restored`.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` is until it is released.
    pub until: Option<Timestamp>,
}

/// The immovable part of a message, with the two numbers that every mover compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The message.
    pub id: MessageId,
    /// Its number in the room.
    pub seq: Seq,
    /// The revision of its content. Only changes of content raise it.
    pub rev: Rev,
    /// Where its body has been: raised by every archive, restore, hold and erasure.
    pub place: u64,
    /// Bytes of its content.
    pub bytes: u64,
}

/// Which messages of a room are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The room.
    pub room: RoomId,
    /// Said before this store time.
    pub cutoff: Timestamp,
    /// Only beyond this row.
    pub after: Seq,
}

/// What a room holds that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DueCount {
    /// Messages that are due and not held.
    pub due: u64,
    /// Messages that would be due but are held.
    pub held: u64,
    /// Bytes of content of those that are due.
    pub bytes: u64,
    /// When the oldest of them was said.
    pub oldest: Option<Timestamp>,
    /// When the newest of them was said.
    pub newest: Option<Timestamp>,
    /// The sum of the revisions of those that are due.
    pub revs: u64,
}
