//! Runs as people read them.

mod policies;

use domain::{
    Timestamp,
    archive::{Action, Trigger},
};
use protocol::native::archive::{DifferenceView, PolicyText, Reason, RoomCountView, RunView};
use serde::Serialize;

pub(super) use self::policies::{explained, policies, schedule};

use crate::output::Output;

/// What a run would move.
pub(super) fn plan(plan: &RunView, output: &mut Output<'_>) {
    let total = &plan.total;
    output.line(&format!(
        "plan {} for {}: nothing was moved",
        plan.id,
        subject(&plan.policy)
    ));
    output.line(&format!(
        "due: {} in {}, {}; held: {}; said before {}",
        count(total.due, "message"),
        count(total.rooms, "room"),
        bytes(total.bytes),
        total.held,
        moment(plan.cutoff),
    ));
    missing(plan, output);
}

/// How a plan is carried out.
pub(super) fn carry_out(plan: &RunView, output: &mut Output<'_>) {
    if let Some(error) = &plan.error {
        output.line(&format!("not counted: {error}"));
    }
    let until = plan.good_until.map(moment).unwrap_or_default();
    output.line(&format!(
        "to carry it out, until {until}: hubbub archive run --plan {}",
        plan.id
    ));
}

/// What a plan was made for. One without a policy has no schedule.
fn subject(policy: &PolicyText) -> String {
    if !policy.schedule.is_empty() {
        return format!("policy {}", policy.name);
    }
    let rooms = policy.rooms.as_ref().map_or_else(
        || "all rooms".to_owned(),
        |rooms| format!("the rooms {}", rooms.join(", ")),
    );
    format!("what is older than {} in {rooms}", policy.older_than)
}

/// What a run did.
pub(super) fn run(run: &RunView, output: &mut Output<'_>) {
    let total = &run.total;
    output.line(&format!(
        "run {} of policy {} ({}): {}",
        run.id,
        run.policy.name,
        word(&run.trigger),
        word(&run.phase),
    ));
    output.line(&format!(
        "{}: {} of {} in {}; held: {}",
        did(run),
        total.moved,
        count(total.due, "message"),
        count(total.rooms, "room"),
        total.held,
    ));
    missing(run, output);
}

/// What was not as the plan said.
pub(super) fn differences(run: &RunView, output: &mut Output<'_>) {
    for difference in run.differs.iter().flatten() {
        output.line(&differs(difference));
    }
}

/// Why a run failed.
pub(super) fn failed(run: &RunView) -> String {
    let why = run.error.as_deref().unwrap_or("for an unknown reason");
    format!(
        "run {} failed: {why}; what it moved is safe, and the next run takes up the rest",
        run.id
    )
}

/// Runs, one a line.
pub(super) fn runs(runs: &[RunView], output: &mut Output<'_>) {
    if runs.is_empty() {
        return output.line("there was no run yet");
    }
    let row = |run: &RunView| {
        vec![
            run.id.to_string(),
            moment(run.started_at),
            run.policy.name.clone(),
            word(&run.trigger),
            word(&run.phase),
            run.total.due.to_string(),
            run.total.moved.to_string(),
            run.total.held.to_string(),
            run.error.clone().unwrap_or_default(),
        ]
    };
    let heading = [
        "run", "began", "policy", "why", "phase", "due", "moved", "held", "error",
    ];
    output.table(&heading, &runs.iter().map(row).collect::<Vec<_>>());
}

/// Some rooms of a run, one a line.
pub(super) fn rooms(rooms: &[RoomCountView], output: &mut Output<'_>) {
    let row = |room: &RoomCountView| {
        vec![
            room.name.clone().unwrap_or_else(|| room.room.to_string()),
            room.due.to_string(),
            room.moved.to_string(),
            room.held.to_string(),
            word(&room.rule),
            bytes(room.bytes),
            room.oldest.map(moment).unwrap_or_default(),
            room.newest.map(moment).unwrap_or_default(),
        ]
    };
    if !rooms.is_empty() {
        let heading = [
            "room", "due", "moved", "held", "rule", "size", "oldest", "newest",
        ];
        output.table(&heading, &rooms.iter().map(row).collect::<Vec<_>>());
    }
    for room in rooms {
        if let Some(error) = &room.error {
            let name = room.name.clone().unwrap_or_else(|| room.room.to_string());
            output.line(&format!("`{name}` was left: {error}"));
        }
    }
}

fn missing(run: &RunView, output: &mut Output<'_>) {
    for missing in &run.missing {
        output.line(&format!(
            "there is no room `{missing}`, which the policy names"
        ));
    }
}

fn did(run: &RunView) -> &'static str {
    match (run.trigger, run.policy.action) {
        (Trigger::Restore, _) => "brought back",
        (_, Action::Archive) => "moved",
        (_, Action::Log) => "told of",
    }
}

fn differs(difference: &DifferenceView) -> String {
    let room = difference.name.clone();
    let room = room.unwrap_or_else(|| difference.room.to_string());
    let reasons: Vec<_> = difference
        .reasons
        .iter()
        .map(|reason| why(*reason))
        .collect();
    format!(
        "not as planned: {room}: planned {}, found {}, moved {} ({})",
        difference.planned,
        difference.found,
        difference.moved,
        reasons.join(", "),
    )
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::HeldSince => "held since",
        Reason::ReleasedSince => "released since",
        Reason::GoneSince => "deleted or moved since",
        Reason::BackSince => "brought back since",
        Reason::EditedSince => "edited since",
        Reason::RuleChanged => "another rule since",
        Reason::NotMoved => "not all was moved",
    }
}

/// The word that the API uses.
fn word<T: Serialize>(value: &T) -> String {
    let word = serde_json::to_value(value).ok();
    let word = word.as_ref().and_then(|word| word.as_str());
    word.unwrap_or_default().replace('_', " ")
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn bytes(number: u64) -> String {
    indicatif::HumanBytes(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_read_well() {
        assert_eq!(count(1, "room"), "1 room");
        assert_eq!(count(0, "message"), "0 messages");
        assert_eq!(bytes(2_048), "2.00 KiB");
        assert_eq!(word(&Trigger::DryRun), "dry run");
        assert_eq!(moment(Timestamp::UNIX_EPOCH), "1970-01-01 00:00:00 UTC");
    }
}
