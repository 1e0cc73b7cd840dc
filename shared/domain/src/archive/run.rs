//! One execution of a policy.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DueCount, Policy, RuledBy};
use crate::{RoomId, RoomName, RunId, Seq, Timestamp};

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
    /// Messages that would have been due, but were held, or the room was exempt.
    pub held: u64,
    /// What decided about the room.
    #[serde(default)]
    pub rule: RuledBy,
    /// Messages from before this moment were due here, where that is not the run's cutoff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<Timestamp>,
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

/// Sums over rooms in which something was due or held. Of 100,000 quiet rooms nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// How many rooms.
    pub rooms: u64,
    /// Messages that were due.
    pub due: u64,
    /// Messages that were moved (or told of, or brought back).
    pub moved: u64,
    /// Messages that would have been due, but were held, or their room was exempt.
    pub held: u64,
    /// Bytes of content of the messages that were due.
    pub bytes: u64,
    /// When the oldest of them was said.
    pub oldest: Option<Timestamp>,
    /// When the newest of them was said.
    pub newest: Option<Timestamp>,
    /// Rooms that were left as they were from some message on.
    pub failed: u64,
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
    /// Sums over the rooms that it is through with. What it found in each of them is kept beside
    /// the record ([`crate::ports::RunRooms`]), so that the record stays small.
    #[serde(default)]
    pub through: Totals,
    /// The last room that it is through with. Rooms come by rising id, so an interrupted run goes
    /// on behind it.
    #[serde(default)]
    pub after: Option<RoomId>,
    /// The room at work, in which an interrupted run goes on first.
    #[serde(default)]
    pub at: Option<RoomCount>,
    /// The first room that was left as it was, and why.
    #[serde(default)]
    pub first_failure: Option<String>,
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
            rule: RuledBy::default(),
            cutoff: None,
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
    /// Sums over the rooms that it came to, as far as it is.
    #[must_use]
    pub fn total(&self) -> Totals {
        let mut total = self.through.clone();
        if let Some(at) = &self.at {
            total.add(at);
        }
        total
    }

    /// Counts the room at work among those that it is through with.
    pub fn put_away(&mut self) {
        let Some(count) = self.at.take() else { return };
        self.through.add(&count);
        self.after = self.after.max(Some(count.room));
        if let (None, Some(error)) = (&self.first_failure, &count.error) {
            let room = count.name.unwrap_or_else(|| count.room.to_string());
            self.first_failure = Some(format!("{room} ({error})"));
        }
    }
}

impl Totals {
    /// Adds what was found and done in a room.
    pub fn add(&mut self, count: &RoomCount) {
        self.rooms += 1;
        self.due += count.due;
        self.moved += count.moved;
        self.held += count.held;
        self.bytes += count.bytes;
        self.failed += u64::from(count.error.is_some());
        self.oldest = [self.oldest, count.oldest].into_iter().flatten().min();
        self.newest = [self.newest, count.newest].into_iter().flatten().max();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(moved: u64, oldest: &str) -> RoomCount {
        let found = DueCount {
            due: 9,
            held: 1,
            bytes: 100,
            oldest: oldest.parse().ok(),
            newest: oldest.parse().ok(),
            ..DueCount::default()
        };
        RoomCount {
            moved,
            ..RoomCount::begin(RoomId::new(), None, found)
        }
    }

    #[test]
    fn sums_go_over_all_rooms() {
        let mut total = Totals::default();
        total.add(&count(9, "2026-01-02T00:00:00Z"));
        total.add(&RoomCount {
            error: Some("internal: it cannot be read".into()),
            ..count(4, "2026-01-01T00:00:00Z")
        });
        assert_eq!((total.rooms, total.failed), (2, 1));
        assert_eq!((total.due, total.moved, total.held), (18, 13, 2));
        assert_eq!(total.bytes, 200);
        assert_eq!(total.oldest, "2026-01-01T00:00:00Z".parse().ok());
        assert_eq!(total.newest, "2026-01-02T00:00:00Z".parse().ok());
    }
}
