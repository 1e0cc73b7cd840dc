//! Plans, runs and restores.

use domain::archive::{RoomCount, Run, Trigger};
use protocol::native::archive::{
    DifferenceView, Reason as ReasonView, RoomCountView, RunView, Totals,
};

use super::policies::policy_text;
use crate::{
    archive::{Listed, PLAN_IS_GOOD},
    difference::{Difference, Reason},
};

/// A run, and what was not as planned, if it is over and there was a plan.
pub(in crate::routes) fn run(run: &Run, differs: Option<Listed<Difference>>) -> RunView {
    RunView {
        differs: differs.map(|all| all.items.into_iter().map(difference).collect()),
        ..in_a_list(run)
    }
}

/// A run as it stands in a list.
pub(in crate::routes) fn in_a_list(run: &Run) -> RunView {
    let plan = run.trigger == Trigger::DryRun;
    let good_until = run.started_at.checked_add(PLAN_IS_GOOD).ok();
    RunView {
        id: run.id.uuid(),
        policy: policy_text(&run.policy),
        trigger: run.trigger,
        phase: run.phase,
        cutoff: run.cutoff,
        slot: run.slot,
        origin: run.origin.map(domain::RunId::uuid),
        good_until: good_until.filter(|_| plan),
        hold_until: run.restore.map(|order| order.hold_until),
        started_at: run.started_at,
        ended_at: run.ended_at,
        lag_ms: run.lag_ms,
        missed_slots: run.missed_slots,
        by: run.by.clone(),
        cancel: run.cancel,
        error: run.error.clone(),
        total: total(run.total()),
        missing: run.missing.iter().map(ToString::to_string).collect(),
        differs: None,
    }
}

fn total(total: domain::archive::Totals) -> Totals {
    Totals {
        rooms: total.rooms,
        due: total.due,
        moved: total.moved,
        held: total.held,
        bytes: total.bytes,
        oldest: total.oldest,
        newest: total.newest,
        failed: total.failed,
    }
}

/// What a run found and did in a room.
pub(in crate::routes) fn room(count: RoomCount) -> RoomCountView {
    RoomCountView {
        room: count.room.uuid(),
        name: count.name,
        due: count.due,
        moved: count.moved,
        held: count.held,
        bytes: count.bytes,
        oldest: count.oldest,
        newest: count.newest,
        through: count.through,
        done: count.done,
        rule: count.rule,
        cutoff: count.cutoff,
        error: count.error,
    }
}

/// A room that was not as planned.
pub(in crate::routes) fn difference(difference: Difference) -> DifferenceView {
    DifferenceView {
        room: difference.room.uuid(),
        name: difference.name,
        planned: difference.planned,
        found: difference.found,
        moved: difference.moved,
        reasons: difference.reasons.into_iter().map(reason).collect(),
    }
}

fn reason(reason: Reason) -> ReasonView {
    match reason {
        Reason::HeldSince => ReasonView::HeldSince,
        Reason::ReleasedSince => ReasonView::ReleasedSince,
        Reason::GoneSince => ReasonView::GoneSince,
        Reason::BackSince => ReasonView::BackSince,
        Reason::EditedSince => ReasonView::EditedSince,
        Reason::RuleChanged => ReasonView::RuleChanged,
        Reason::NotMoved => ReasonView::NotMoved,
    }
}
