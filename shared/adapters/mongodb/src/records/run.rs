use domain::{
    RoomId, RoomName, RunId,
    archive::{Phase, RestoreOrder, RoomCount, RuledBy, Run, Totals, Trigger},
};
use mongodb::bson::{Binary, DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::{policy::PolicyRecord, words};
use crate::values::{date, id, int, pair, time, uint, uuid};

/// The slot that only one run of a policy has. As one value, since runs that people ask for have
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SlotRecord {
    policy_id: Uuid,
    at: DateTime,
}

/// One execution of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot: Option<SlotRecord>,
    /// The policy as it was then.
    policy: PolicyRecord,
    trigger: TriggerRecord,
    origin: Option<Uuid>,
    cutoff: DateTime,
    phase: PhaseRecord,
    through: TotalsRecord,
    after: Option<Uuid>,
    at: Option<CountRecord>,
    first_failure: Option<String>,
    missing: Vec<String>,
    started_at: DateTime,
    ended_at: Option<DateTime>,
    lag_ms: i64,
    missed_slots: i64,
    asked_by: String,
    restore: Option<RestoreRecord>,
    error: Option<String>,
    cancel: bool,
    fence: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TriggerRecord {
    Schedule,
    Manual,
    DryRun,
    Restore,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PhaseRecord {
    Running,
    Finished,
    Failed,
    Cancelled,
}

impl PhaseRecord {
    /// As queries name runs that have not ended.
    pub(crate) const RUNNING: &str = "running";
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct RestoreRecord {
    room_id: Option<Uuid>,
    hold_until: DateTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TotalsRecord {
    rooms: i64,
    due: i64,
    moved: i64,
    held: i64,
    bytes: i64,
    oldest: Option<DateTime>,
    newest: Option<DateTime>,
    failed: i64,
}

/// What a run found and did in one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CountRecord {
    room_id: Uuid,
    name: Option<String>,
    due: i64,
    moved: i64,
    held: i64,
    rule: RuledByRecord,
    cutoff: Option<DateTime>,
    bytes: i64,
    oldest: Option<DateTime>,
    newest: Option<DateTime>,
    revs: i64,
    through: i64,
    done: bool,
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuledByRecord {
    Policy,
    Override,
    Exempt,
    Hold,
}

/// The outcome of one room, under the fence of whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRoomRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Binary,
    pub(crate) run_id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) fence: i64,
    count: CountRecord,
}

impl RunRoomRecord {
    /// The outcome that the worker with this fence found.
    pub(crate) fn new(run: RunId, fence: u64, count: &RoomCount) -> Self {
        Self {
            id: pair(run.uuid(), count.room.uuid()),
            run_id: id(run.uuid()),
            room_id: id(count.room.uuid()),
            fence: int(fence),
            count: count.into(),
        }
    }
}

impl From<RunRoomRecord> for RoomCount {
    fn from(record: RunRoomRecord) -> Self {
        record.count.into()
    }
}

impl From<&Run> for RunRecord {
    fn from(run: &Run) -> Self {
        let policy = PolicyRecord::from(&run.policy);
        let slot = |at| SlotRecord {
            policy_id: policy.id,
            at: date(at),
        };
        Self {
            id: id(run.id.uuid()),
            slot: run.slot.map(slot),
            policy,
            trigger: run.trigger.into(),
            origin: run.origin.map(|origin| id(origin.uuid())),
            cutoff: date(run.cutoff),
            phase: run.phase.into(),
            through: (&run.through).into(),
            after: run.after.map(|room| id(room.uuid())),
            at: run.at.as_ref().map(CountRecord::from),
            first_failure: run.first_failure.clone(),
            missing: run.missing.iter().map(ToString::to_string).collect(),
            started_at: date(run.started_at),
            ended_at: run.ended_at.map(date),
            lag_ms: int(run.lag_ms),
            missed_slots: int(run.missed_slots),
            asked_by: run.by.clone(),
            restore: run.restore.map(RestoreRecord::from),
            error: run.error.clone(),
            cancel: run.cancel,
            fence: int(run.fence),
        }
    }
}

impl From<RunRecord> for Run {
    fn from(record: RunRecord) -> Self {
        Self {
            id: RunId::from_uuid(uuid(record.id)),
            policy: record.policy.into(),
            trigger: record.trigger.into(),
            slot: record.slot.map(|slot| time(slot.at)),
            origin: record.origin.map(|origin| RunId::from_uuid(uuid(origin))),
            cutoff: time(record.cutoff),
            phase: record.phase.into(),
            through: record.through.into(),
            after: record.after.map(|room| RoomId::from_uuid(uuid(room))),
            at: record.at.map(RoomCount::from),
            first_failure: record.first_failure,
            missing: record.missing.into_iter().map(RoomName::stored).collect(),
            started_at: time(record.started_at),
            ended_at: record.ended_at.map(time),
            lag_ms: uint(record.lag_ms),
            missed_slots: uint(record.missed_slots),
            by: record.asked_by,
            restore: record.restore.map(RestoreOrder::from),
            error: record.error,
            cancel: record.cancel,
            fence: uint(record.fence),
        }
    }
}

impl From<RestoreOrder> for RestoreRecord {
    fn from(order: RestoreOrder) -> Self {
        Self {
            room_id: order.room.map(|room| id(room.uuid())),
            hold_until: date(order.hold_until),
        }
    }
}

impl From<RestoreRecord> for RestoreOrder {
    fn from(record: RestoreRecord) -> Self {
        Self {
            room: record.room_id.map(|room| RoomId::from_uuid(uuid(room))),
            hold_until: time(record.hold_until),
        }
    }
}

impl From<&Totals> for TotalsRecord {
    fn from(totals: &Totals) -> Self {
        Self {
            rooms: int(totals.rooms),
            due: int(totals.due),
            moved: int(totals.moved),
            held: int(totals.held),
            bytes: int(totals.bytes),
            oldest: totals.oldest.map(date),
            newest: totals.newest.map(date),
            failed: int(totals.failed),
        }
    }
}

impl From<TotalsRecord> for Totals {
    fn from(record: TotalsRecord) -> Self {
        Self {
            rooms: uint(record.rooms),
            due: uint(record.due),
            moved: uint(record.moved),
            held: uint(record.held),
            bytes: uint(record.bytes),
            oldest: record.oldest.map(time),
            newest: record.newest.map(time),
            failed: uint(record.failed),
        }
    }
}

impl From<&RoomCount> for CountRecord {
    fn from(count: &RoomCount) -> Self {
        Self {
            room_id: id(count.room.uuid()),
            name: count.name.clone(),
            due: int(count.due),
            moved: int(count.moved),
            held: int(count.held),
            rule: count.rule.into(),
            cutoff: count.cutoff.map(date),
            bytes: int(count.bytes),
            oldest: count.oldest.map(date),
            newest: count.newest.map(date),
            revs: int(count.revs),
            through: int(count.through),
            done: count.done,
            error: count.error.clone(),
        }
    }
}

impl From<CountRecord> for RoomCount {
    fn from(record: CountRecord) -> Self {
        Self {
            room: RoomId::from_uuid(uuid(record.room_id)),
            name: record.name,
            due: uint(record.due),
            moved: uint(record.moved),
            held: uint(record.held),
            rule: record.rule.into(),
            cutoff: record.cutoff.map(time),
            bytes: uint(record.bytes),
            oldest: record.oldest.map(time),
            newest: record.newest.map(time),
            revs: uint(record.revs),
            through: uint(record.through),
            done: record.done,
            error: record.error,
        }
    }
}

words!(Trigger, TriggerRecord: Schedule, Manual, DryRun, Restore);
words!(Phase, PhaseRecord: Running, Finished, Failed, Cancelled);
words!(RuledBy, RuledByRecord: Policy, Override, Exempt, Hold);
