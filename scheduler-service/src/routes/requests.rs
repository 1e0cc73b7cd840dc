//! What administrators ask for, understood.

use std::time::Duration;

use domain::{
    Code, Error, Limits, PolicyId, Result, RoomId, RoomName, RunId,
    archive::{Action, CatchUp, Policy, PolicySource, RoomRule, Scope},
};
use protocol::native::archive::{
    NewPolicy, PolicyChange, PreviewRequest, RestoreRequest, RoomRuleRequest, ScheduleRequest,
};
use settings::PolicySetting;

use crate::{
    age,
    archive::{Archive, Restore},
    schedule::{Schedule, ScheduleError},
};

/// What an unnamed policy is called in records.
const UNNAMED: &str = "preview";

/// Longest hold of a restore: a hundred years, like the oldest age.
const LONGEST_HOLD_DAYS: u32 = 36_500;

/// The policy that a preview names, or the one that it spells out.
pub(super) async fn policy_of(
    archive: &Archive,
    request: PreviewRequest,
    limits: &Limits,
) -> Result<Policy> {
    match (request.policy, request.older_than) {
        (Some(name), None) if request.rooms.is_empty() => archive.policy(&name).await,
        (None, Some(older_than)) => unnamed(&older_than, &request.rooms, limits),
        _ => {
            let detail = "Name a policy, or say `older_than` and, if not all are meant, `rooms`.";
            Err(Error::invalid(Code::InvalidField, "policy", detail))
        }
    }
}

fn unnamed(older_than: &str, rooms: &[String], limits: &Limits) -> Result<Policy> {
    let older_than = age_of(older_than)?;
    let rooms: Vec<RoomName> = rooms
        .iter()
        .map(|room| RoomName::parse(room, limits))
        .collect::<Result<_>>()?;
    Ok(Policy {
        id: PolicyId::new(),
        name: UNNAMED.to_owned(),
        scope: if rooms.is_empty() {
            Scope::AllRooms
        } else {
            Scope::Rooms(rooms)
        },
        older_than,
        action: Action::Archive,
        schedule: String::new(),
        timezone: "UTC".to_owned(),
        catch_up: CatchUp::Skip,
        enabled: false,
        paused: false,
        withdrawn: false,
        source: PolicySource::Administrator,
        rev: 1,
        next_run_at: None,
    })
}

/// The restore that is asked for.
pub(super) fn restore_of(request: &RestoreRequest) -> Result<Restore> {
    if let Some(0 | LONGEST_HOLD_DAYS..) = request.hold_days {
        let detail = "What comes back is held for 1 to 36,499 days.";
        return Err(Error::invalid(Code::InvalidField, "hold_days", detail));
    }
    Ok(Restore {
        run: RunId::from_uuid(request.run),
        room: request.room.map(RoomId::from_uuid),
        hold_days: request.hold_days,
    })
}

/// A policy as the configuration would spell it out.
pub(super) fn setting_of(new: NewPolicy) -> PolicySetting {
    PolicySetting {
        name: new.name,
        rooms: new.rooms,
        older_than: new.older_than,
        action: new.action,
        schedule: new.schedule,
        timezone: new.timezone,
        catch_up: new.catch_up,
        enabled: new.enabled,
    }
}

/// Makes a policy say otherwise what a change names.
pub(super) fn apply(change: &PolicyChange, setting: &mut PolicySetting) {
    replace(&mut setting.name, change.name.as_ref());
    replace(&mut setting.rooms, change.rooms.as_ref());
    replace(&mut setting.older_than, change.older_than.as_ref());
    replace(&mut setting.action, change.action.as_ref());
    replace(&mut setting.schedule, change.schedule.as_ref());
    replace(&mut setting.timezone, change.timezone.as_ref());
    replace(&mut setting.catch_up, change.catch_up.as_ref());
    replace(&mut setting.enabled, change.enabled.as_ref());
}

fn replace<T: Clone>(value: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        value.clone_from(new);
    }
}

/// The schedule that somebody wants to understand.
pub(super) fn schedule_of(request: &ScheduleRequest) -> Result<Schedule> {
    Schedule::parse(&request.schedule, &request.timezone).map_err(|error| {
        let field = match error {
            ScheduleError::Zone(_) => "timezone",
            _ => "schedule",
        };
        Error::invalid(Code::InvalidField, field, error.to_string())
    })
}

/// The rule that a room is to have.
pub(super) async fn rule_of(archive: &Archive, request: &RoomRuleRequest) -> Result<RoomRule> {
    match (request.exempt, &request.older_than, &request.policy) {
        (Some(true), None, None) => Ok(RoomRule::Exempt),
        (None, Some(older_than), None) => Ok(RoomRule::OlderThan(age_of(older_than)?)),
        (None, None, Some(policy)) => Ok(RoomRule::Policy(archive.policy(policy).await?.id)),
        _ => {
            let detail = "Say `exempt: true`, or `older_than`, or `policy`: one of them.";
            Err(Error::invalid(Code::InvalidField, "exempt", detail))
        }
    }
}

fn age_of(text: &str) -> Result<Duration> {
    age::parse(text).map_err(|reason| Error::invalid(Code::InvalidField, "older_than", reason))
}
