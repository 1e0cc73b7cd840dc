//! What rooms have of their own, and why their messages are archived or are not.

use domain::{
    Result,
    archive::{Hold, RoomRule},
};
use protocol::native::archive::{CoverageView, ExplainView, HoldView, RoomRuleView};

use crate::{
    age,
    archive::{Coverage, Explained, OwnRule},
    policies::schedule_of,
};

/// A room, and what it has of its own.
pub(in crate::routes) fn own_rule(rule: &OwnRule) -> RoomRuleView {
    let room = &rule.room;
    let view = RoomRuleView {
        room: room.id.uuid(),
        name: room.name.as_ref().map(ToString::to_string),
        ..RoomRuleView::default()
    };
    let Some(own) = &rule.own else { return view };
    let view = RoomRuleView {
        by: Some(own.by.clone()),
        since: Some(own.since),
        ..view
    };
    match own.rule {
        RoomRule::Exempt => RoomRuleView {
            exempt: true,
            ..view
        },
        RoomRule::OlderThan(age) => RoomRuleView {
            older_than: Some(age::describe(age)),
            ..view
        },
        RoomRule::Policy(policy) => RoomRuleView {
            policy: Some(policy.uuid()),
            ..view
        },
    }
}

/// Why a room's messages are archived, or are not.
pub(in crate::routes) fn explained(explained: &Explained) -> Result<ExplainView> {
    let policies = explained.policies.iter().map(coverage);
    Ok(ExplainView {
        about: own_rule(&explained.about),
        policies: policies.collect::<Result<_>>()?,
        holds: explained.holds.iter().map(hold).collect(),
    })
}

fn coverage(covers: &Coverage) -> Result<CoverageView> {
    let (policy, found) = (&covers.policy, &covers.found);
    let schedule = schedule_of(policy)?;
    Ok(CoverageView {
        policy: policy.id.uuid(),
        name: policy.name.clone(),
        rule: covers.rule,
        due_before: covers.due_before,
        due: found.due,
        held: found.held,
        oldest: found.oldest,
        runs: policy.runs_by_itself(),
        next: policy.next_run_at.map(|next| schedule.local(next)),
    })
}

fn hold(hold: &Hold) -> HoldView {
    HoldView {
        id: hold.id.uuid(),
        from: hold.from,
        through: hold.through,
        reason: hold.reason.clone(),
        by: hold.by.clone(),
        until: hold.until,
    }
}
