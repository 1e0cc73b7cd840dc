use std::time::Duration;

use domain::{
    Error, PolicyId, RoomId, RoomName, TenantId,
    archive::{Action, CatchUp, Policy, PolicySource, RoomOverride, RoomRule, Scope},
};
use mongodb::bson::{DateTime, Uuid};
use serde::{Deserialize, Serialize};

use super::{incomplete, words};
use crate::values::{date, id, int, time, uint, uuid};

/// What should be archived when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    scope: ScopeRecord,
    older_than_ms: i64,
    action: ActionRecord,
    schedule: String,
    timezone: String,
    catch_up: CatchUpRecord,
    enabled: bool,
    paused: bool,
    withdrawn: bool,
    source: SourceRecord,
    pub(crate) rev: i64,
    /// Absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_run_at: Option<DateTime>,
}

/// Which rooms a policy is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of")]
enum ScopeRecord {
    AllRooms,
    Tenant { tenant: String },
    Rooms { rooms: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionRecord {
    Log,
    Archive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CatchUpRecord {
    RunOnce,
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceRecord {
    Configuration,
    Administrator,
}

impl From<&Policy> for PolicyRecord {
    fn from(policy: &Policy) -> Self {
        Self {
            id: id(policy.id.uuid()),
            name: policy.name.clone(),
            scope: (&policy.scope).into(),
            older_than_ms: millis(policy.older_than),
            action: policy.action.into(),
            schedule: policy.schedule.clone(),
            timezone: policy.timezone.clone(),
            catch_up: policy.catch_up.into(),
            enabled: policy.enabled,
            paused: policy.paused,
            withdrawn: policy.withdrawn,
            source: policy.source.into(),
            rev: int(policy.rev),
            next_run_at: policy.next_run_at.map(date),
        }
    }
}

impl From<PolicyRecord> for Policy {
    fn from(record: PolicyRecord) -> Self {
        Self {
            id: PolicyId::from_uuid(uuid(record.id)),
            name: record.name,
            scope: record.scope.into(),
            older_than: duration(record.older_than_ms),
            action: record.action.into(),
            schedule: record.schedule,
            timezone: record.timezone,
            catch_up: record.catch_up.into(),
            enabled: record.enabled,
            paused: record.paused,
            withdrawn: record.withdrawn,
            source: record.source.into(),
            rev: uint(record.rev),
            next_run_at: record.next_run_at.map(time),
        }
    }
}

words!(Action, ActionRecord: Log, Archive);
words!(CatchUp, CatchUpRecord: RunOnce, Skip);
words!(PolicySource, SourceRecord: Configuration, Administrator);

impl From<&Scope> for ScopeRecord {
    fn from(scope: &Scope) -> Self {
        match scope {
            Scope::AllRooms => Self::AllRooms,
            Scope::Tenant(tenant) => Self::Tenant {
                tenant: tenant.as_str().to_owned(),
            },
            Scope::Rooms(rooms) => Self::Rooms {
                rooms: rooms.iter().map(|room| room.as_str().to_owned()).collect(),
            },
        }
    }
}

impl From<ScopeRecord> for Scope {
    fn from(record: ScopeRecord) -> Self {
        match record {
            ScopeRecord::AllRooms => Self::AllRooms,
            ScopeRecord::Tenant { tenant } => Self::Tenant(TenantId::new(tenant)),
            ScopeRecord::Rooms { rooms } => {
                Self::Rooms(rooms.into_iter().map(RoomName::stored).collect())
            }
        }
    }
}

/// The rule of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OverrideRecord {
    #[serde(rename = "_id")]
    pub(crate) room: Uuid,
    tenant: String,
    rule: RuleOfRoom,
    /// The age, of rooms that have their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    older_than_ms: Option<i64>,
    /// The only policy that covers the room, of rooms that have one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_id: Option<Uuid>,
    set_by: String,
    since: DateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuleOfRoom {
    Exempt,
    OlderThan,
    Policy,
}

impl From<&RoomOverride> for OverrideRecord {
    fn from(own: &RoomOverride) -> Self {
        let (rule, older_than_ms, policy_id) = match own.rule {
            RoomRule::Exempt => (RuleOfRoom::Exempt, None, None),
            RoomRule::OlderThan(age) => (RuleOfRoom::OlderThan, Some(millis(age)), None),
            RoomRule::Policy(policy) => (RuleOfRoom::Policy, None, Some(id(policy.uuid()))),
        };
        Self {
            room: id(own.room.uuid()),
            tenant: own.tenant.as_str().to_owned(),
            rule,
            older_than_ms,
            policy_id,
            set_by: own.by.clone(),
            since: date(own.since),
        }
    }
}

impl TryFrom<OverrideRecord> for RoomOverride {
    type Error = Error;

    fn try_from(record: OverrideRecord) -> Result<Self, Error> {
        let (age, policy) = (record.older_than_ms, record.policy_id);
        let rule = match record.rule {
            RuleOfRoom::Exempt => Some(RoomRule::Exempt),
            RuleOfRoom::OlderThan => age.map(|age| RoomRule::OlderThan(duration(age))),
            RuleOfRoom::Policy => {
                policy.map(|policy| RoomRule::Policy(PolicyId::from_uuid(uuid(policy))))
            }
        };
        Ok(Self {
            room: RoomId::from_uuid(uuid(record.room)),
            tenant: TenantId::new(record.tenant),
            rule: rule.ok_or_else(|| incomplete("what a room's rule says"))?,
            by: record.set_by,
            since: time(record.since),
        })
    }
}

/// A duration, in whole milliseconds.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn duration(millis: i64) -> Duration {
    Duration::from_millis(uint(millis))
}
