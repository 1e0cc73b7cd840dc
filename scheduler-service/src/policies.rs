//! Policies as people write them: in the configuration, and over REST. One code reads both.

mod change;
mod sync;

use std::{collections::HashSet, fmt};

use domain::{
    Code, Error, Limits, PolicyId, Result, RoomName, Timestamp,
    archive::{Policy, PolicySource, Scope},
};
use settings::{PolicySetting, Settings};
use uuid::Uuid;

pub use self::sync::synchronise;
use crate::{age, schedule::Schedule};

/// Makes a policy's id of its name, so that it survives restarts and replicas agree on it.
const NAMES: Uuid = Uuid::from_u128(0x6f70_5d2e_8a41_5c6b_9d3e_1f27_4b8c_a901);

/// Longest name of a policy, in characters.
const NAME_CHARS: usize = 64;

/// Something in a policy that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// The setting: `archive.policies[0].schedule`, or `schedule` outside the configuration.
    pub path: String,
    /// The field of the policy: `schedule`.
    pub field: &'static str,
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
            path: format!("archive.policies[{index}]."),
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

/// Understands one policy by the same rules, outside the configuration.
///
/// # Errors
/// `invalid_field` with the first field that is wrong; the detail says all that is.
pub(crate) fn one(setting: &PolicySetting, limits: &Limits) -> Result<Policy> {
    let mut problems = Vec::new();
    let mut reader = Reader {
        path: String::new(),
        problems: &mut problems,
    };
    let policy = reader.policy(setting, limits);
    match (policy, problems.as_slice()) {
        (Some(policy), []) => Ok(policy),
        (_, problems) => Err(refusal(problems)),
    }
}

fn refusal(problems: &[PolicyProblem]) -> Error {
    let field = problems.first().map_or("policy", |problem| problem.field);
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Error::invalid(Code::InvalidField, field, said.join("; "))
}

/// What one would write to get this policy.
pub(crate) fn to_setting(policy: &Policy) -> PolicySetting {
    PolicySetting {
        name: policy.name.clone(),
        rooms: match &policy.scope {
            Scope::AllRooms | Scope::Tenant(_) => Vec::new(),
            Scope::Rooms(names) => names.iter().map(ToString::to_string).collect(),
        },
        older_than: age::describe(policy.older_than),
        action: policy.action,
        schedule: policy.schedule.clone(),
        timezone: policy.timezone.clone(),
        catch_up: policy.catch_up,
        enabled: policy.enabled,
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
        self.accept("name", check_name(&setting.name));
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
            paused: false,
            withdrawn: false,
            source: PolicySource::Configuration,
            rev: 1,
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
            match name {
                Ok(name) => names.push(name),
                Err(reason) => self.object_to("rooms", format!("rooms[{index}]"), reason),
            }
        }
        Scope::Rooms(names)
    }

    fn accept<T>(&mut self, field: &'static str, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(reason) => {
                self.object(field, reason);
                None
            }
        }
    }

    fn object(&mut self, field: &'static str, reason: String) {
        self.object_to(field, field.to_owned(), reason);
    }

    fn object_to(&mut self, field: &'static str, place: String, reason: String) {
        let path = format!("{}{place}", self.path);
        self.problems.push(PolicyProblem {
            path,
            field,
            reason,
        });
    }
}

/// A name must not be taken for an id, since policies are asked for by either.
fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("a policy needs a name".to_owned());
    }
    if name.chars().count() > NAME_CHARS {
        return Err(format!("a name has at most {NAME_CHARS} characters"));
    }
    if name.chars().any(char::is_control) {
        return Err("a name has no control characters".to_owned());
    }
    match name.parse::<PolicyId>() {
        Ok(_) => Err("a name must not look like an id".to_owned()),
        Err(_) => Ok(()),
    }
}

/// The next slot of a policy: the one it had, unless the schedule was changed or it did not run.
fn next_slot(policy: &Policy, old: Option<&Policy>, now: Timestamp) -> Result<Option<Timestamp>> {
    if !policy.runs_by_itself() {
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
