//! Policies and schedules.

use domain::{
    Result, Timestamp,
    archive::{Policy, Scope},
};
use protocol::native::archive::{PolicyText, PolicyView, ScheduleView};

use crate::{age, policies::schedule_of, schedule::Schedule};

/// How many of a schedule's next times are shown.
const NEXT: usize = 5;

/// A policy, and when it runs next.
pub(in crate::routes) fn policy(policy: &Policy, now: Timestamp) -> Result<PolicyView> {
    Ok(PolicyView {
        policy: policy_text(policy),
        when: schedule(&schedule_of(policy)?, now),
        catch_up: policy.catch_up,
        enabled: policy.enabled,
        paused: policy.paused,
        source: policy.source,
        rev: policy.rev,
        next_run_at: policy.next_run_at,
    })
}

/// A schedule in both ways of writing it, and when it comes after a moment.
pub(in crate::routes) fn schedule(schedule: &Schedule, after: Timestamp) -> ScheduleView {
    let next = schedule.upcoming(after, NEXT);
    ScheduleView {
        cron: schedule.cron().to_owned(),
        english: schedule.english(),
        zone: schedule.zone().to_owned(),
        next: next.map(|time| schedule.local(time)).collect(),
    }
}

/// What a policy says, now or when a run began.
pub(super) fn policy_text(policy: &Policy) -> PolicyText {
    PolicyText {
        id: policy.id.uuid(),
        name: policy.name.clone(),
        rooms: match &policy.scope {
            Scope::AllRooms | Scope::Tenant(_) => None,
            Scope::Rooms(names) => Some(names.iter().map(ToString::to_string).collect()),
        },
        older_than: age::describe(policy.older_than),
        action: policy.action,
        schedule: policy.schedule.clone(),
        timezone: policy.timezone.clone(),
    }
}
