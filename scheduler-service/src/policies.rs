//! Policies as the configuration names them, and how they come into the store.

use std::{collections::HashSet, fmt};

use domain::{
    Limits, PolicyId, Result, RoomName, Timestamp,
    archive::{Policy, Scope},
    ports::Store,
};
use settings::{PolicySetting, Settings};
use uuid::Uuid;

use crate::{age, schedule::Schedule};

/// Makes a policy's id of its name, so that it survives restarts and replicas agree on it.
const NAMES: Uuid = Uuid::from_u128(0x6f70_5d2e_8a41_5c6b_9d3e_1f27_4b8c_a901);

/// Something in the configuration that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// The setting: `archive.policies[0].schedule`.
    pub path: String,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for PolicyProblem {}

/// The id of the policy of this name.
#[must_use]
pub fn id_of(name: &str) -> PolicyId {
    PolicyId::from_uuid(Uuid::new_v5(&NAMES, name.as_bytes()))
}

/// Understands the policies of the configuration. Their `next_run_at` is left open.
///
/// # Errors
/// Everything that is wrong, each with the path of its setting.
pub fn from_settings(
    settings: &[PolicySetting],
    limits: &Limits,
) -> Result<Vec<Policy>, Vec<PolicyProblem>> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    let mut policies = Vec::new();
    for (index, setting) in settings.iter().enumerate() {
        let mut reader = Reader {
            path: format!("archive.policies[{index}]"),
            problems: &mut problems,
        };
        if !names.insert(setting.name.as_str()) {
            reader.object("name", format!("`{}` is the name of two", setting.name));
        }
        policies.extend(reader.policy(setting, limits));
    }
    if problems.is_empty() {
        Ok(policies)
    } else {
        Err(problems)
    }
}

/// What is wrong with the policies of the configuration, as (setting, reason), for whoever checks
/// all settings at once.
#[must_use]
pub fn check(settings: &Settings) -> Vec<(String, String)> {
    let problems = from_settings(&settings.archive.policies, &settings.limits).err();
    let problems = problems.into_iter().flatten();
    problems
        .map(|problem| (problem.path, problem.reason))
        .collect()
}

/// Reads one policy and collects what is wrong with it.
struct Reader<'a> {
    path: String,
    problems: &'a mut Vec<PolicyProblem>,
}

impl Reader<'_> {
    fn policy(&mut self, setting: &PolicySetting, limits: &Limits) -> Option<Policy> {
        if setting.name.trim().is_empty() {
            self.object("name", "a policy needs a name".to_owned());
        }
        let older_than = self.accept("older_than", age::parse(&setting.older_than));
        let schedule = Schedule::parse(&setting.schedule, &setting.timezone);
        let field = match &schedule {
            Err(crate::schedule::ScheduleError::Zone(_)) => "timezone",
            _ => "schedule",
        };
        self.accept(field, schedule.map_err(|error| error.to_string()))?;
        Some(Policy {
            id: id_of(&setting.name),
            name: setting.name.clone(),
            scope: self.scope(&setting.rooms, limits),
            older_than: older_than?,
            action: setting.action,
            schedule: setting.schedule.clone(),
            timezone: setting.timezone.clone(),
            catch_up: setting.catch_up,
            enabled: setting.enabled,
            next_run_at: None,
        })
    }

    fn scope(&mut self, rooms: &[String], limits: &Limits) -> Scope {
        if rooms.is_empty() {
            return Scope::AllRooms;
        }
        let mut names: Vec<RoomName> = Vec::new();
        for (index, room) in rooms.iter().enumerate() {
            let name = RoomName::parse(room, limits).map_err(|error| error.message().to_owned());
            names.extend(self.accept(&format!("rooms[{index}]"), name));
        }
        Scope::Rooms(names)
    }

    fn accept<T>(&mut self, field: &str, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(reason) => {
                self.object(field, reason);
                None
            }
        }
    }

    fn object(&mut self, field: &str, reason: String) {
        let path = format!("{}.{field}", self.path);
        self.problems.push(PolicyProblem { path, reason });
    }
}

/// Makes the store's policies those that are wanted. Others are withdrawn: nobody sees them, and
/// they do not run, but their next slot is kept, since a server may have been started in the wrong
/// folder. Changed ones keep their id. The next slot is computed anew where schedule or zone
/// changed, or a policy was switched on. Idempotent; several processes may do it at once.
///
/// # Errors
/// Those of the store; and `internal` for a schedule that [`from_settings`] did not read.
pub async fn synchronise(store: &dyn Store, wanted: Vec<Policy>, now: Timestamp) -> Result<()> {
    let known = store.policies().await?;
    let unnamed = |old: &&Policy| wanted.iter().all(|new| new.id != old.id);
    for gone in known.iter().filter(unnamed) {
        withdraw(store, gone).await?;
    }
    for mut policy in wanted {
        let old = known.iter().find(|old| old.id == policy.id);
        policy.next_run_at = next_slot(&policy, old, now)?;
        if old != Some(&policy) {
            tracing::info!(policy = policy.name, next = ?policy.next_run_at, "archive policy set");
            store.save_policy(policy).await?;
        }
    }
    Ok(())
}

/// Whether a policy is one that the configuration does not name any more. Only those have a next
/// slot and are switched off.
pub(crate) fn is_withdrawn(policy: &Policy) -> bool {
    !policy.enabled && policy.next_run_at.is_some()
}

async fn withdraw(store: &dyn Store, policy: &Policy) -> Result<()> {
    if is_withdrawn(policy) {
        return Ok(());
    }
    tracing::info!(policy = policy.name, "archive policy withdrawn");
    if policy.next_run_at.is_none() {
        return store.remove_policy(policy.id).await;
    }
    let withdrawn = Policy {
        enabled: false,
        ..policy.clone()
    };
    store.save_policy(withdrawn).await
}

fn next_slot(policy: &Policy, old: Option<&Policy>, now: Timestamp) -> Result<Option<Timestamp>> {
    if !policy.enabled {
        return Ok(None);
    }
    let kept = old
        .filter(|old| old.schedule == policy.schedule && old.timezone == policy.timezone)
        .and_then(|old| old.next_run_at);
    match kept {
        Some(slot) => Ok(Some(slot)),
        None => Ok(schedule_of(policy)?.next(now)),
    }
}

/// The schedule of a policy that was read before.
pub(crate) fn schedule_of(policy: &Policy) -> Result<Schedule> {
    Schedule::parse(&policy.schedule, &policy.timezone).map_err(domain::Error::internal)
}

#[cfg(test)]
mod tests;
