//! What a policy may take from a room: its own age, or what the room has of its own.

use domain::{
    Result, Room, RoomKind, TenantId, Timestamp,
    archive::{Due, DueCount, Policy, RoomCount, RoomOverride, RoomRule, RuledBy, Run, Scope},
    to_millis,
};
use jiff::SignedDuration;

use crate::work::Tools;

/// What was decided about a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// By what.
    pub(crate) by: RuledBy,
    /// Messages from before this moment are due, or would be.
    pub(crate) cutoff: Timestamp,
}

/// Decides about a room. `cutoff` is that of the policy. `None`: the policy does not cover it.
pub(crate) fn decide(
    policy: &Policy,
    cutoff: Timestamp,
    room: &Room,
    own: Option<&RoomOverride>,
) -> Option<Ruling> {
    let by = |by, cutoff| Some(Ruling { by, cutoff });
    match own.map(|own| own.rule) {
        Some(RoomRule::Policy(only)) if only == policy.id => by(RuledBy::Policy, cutoff),
        Some(RoomRule::Policy(_)) => None,
        _ if !names(&policy.scope, room) => None,
        Some(RoomRule::Exempt) => by(RuledBy::Exempt, cutoff),
        Some(RoomRule::OlderThan(age)) => {
            // As old as that when the run began, or the plan that it follows.
            let later = difference(policy.older_than, age);
            let own = cutoff.checked_add(later).unwrap_or(cutoff);
            by(RuledBy::Override, to_millis(own))
        }
        None => by(RuledBy::Policy, cutoff),
    }
}

fn difference(one: std::time::Duration, other: std::time::Duration) -> SignedDuration {
    let signed = |age| SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    signed(one).saturating_sub(signed(other))
}

/// Whether a scope is about a room.
fn names(scope: &Scope, room: &Room) -> bool {
    match scope {
        Scope::AllRooms => true,
        Scope::Tenant(tenant) => room.tenant == *tenant,
        Scope::Rooms(names) => {
            let listed = |name| names.contains(name);
            room.kind == RoomKind::Channel
                && room.tenant == TenantId::default()
                && room.name.as_ref().is_some_and(listed)
        }
    }
}

/// Counts what is due in a room by what was decided about it.
pub(crate) async fn count(tools: &Tools, room: &Room, ruling: Ruling) -> Result<DueCount> {
    let due = Due {
        room: room.id,
        cutoff: ruling.cutoff,
        after: 0,
    };
    let found = tools.store.count_due(due, tools.clock.now()).await?;
    Ok(match ruling.by {
        RuledBy::Exempt => DueCount {
            held: found.due + found.held,
            ..DueCount::default()
        },
        _ => found,
    })
}

/// Looks what a run may take from a room. `None`: nothing is due, nor would be if it were neither
/// held nor exempt.
pub(crate) async fn survey(tools: &Tools, room: &Room, run: &Run) -> Result<Option<RoomCount>> {
    let own = tools.store.room_override(room.id).await?;
    let Some(ruling) = decide(&run.policy, run.cutoff, room, own.as_ref()) else {
        return Ok(None);
    };
    let found = count(tools, room, ruling).await?;
    if found.due == 0 && found.held == 0 {
        return Ok(None);
    }
    let rule = match ruling.by {
        RuledBy::Policy | RuledBy::Override if found.due == 0 => RuledBy::Hold,
        by => by,
    };
    Ok(Some(RoomCount {
        rule,
        cutoff: (ruling.cutoff != run.cutoff).then_some(ruling.cutoff),
        ..RoomCount::begin(room.id, crate::work::name_of(room), found)
    }))
}
