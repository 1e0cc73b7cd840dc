//! What operators watch.

use domain::{
    Timestamp,
    archive::{Action, Phase, Run, Trigger},
};

/// Messages that were moved, either way.
pub(crate) fn moved(messages: u64) {
    metrics::counter!("hubbub_archive_messages_moved_total").increment(messages);
}

/// A slot that was left out, and why.
pub(crate) fn skipped(reason: &'static str) {
    metrics::counter!("hubbub_archive_slots_skipped_total", "reason" => reason).increment(1);
}

/// A run that began so long after its slot.
pub(crate) fn begun(run: &Run) {
    if run.slot.is_some() {
        let seconds = run.lag_ms as f64 / 1000.0;
        metrics::histogram!("hubbub_archive_lag_seconds").record(seconds);
    }
}

/// A run that is over. Plans are none.
pub(crate) fn ended(run: &Run, now: Timestamp) {
    if run.trigger == Trigger::DryRun {
        return;
    }
    let outcome = outcome(run.phase);
    metrics::counter!("hubbub_archive_runs_total", "outcome" => outcome).increment(1);
    let policy = run.policy.name.clone();
    if run.phase == Phase::Finished && matches!(run.trigger, Trigger::Schedule | Trigger::Manual) {
        let at = now.as_second() as f64;
        metrics::gauge!("hubbub_archive_last_success_timestamp_seconds", "policy" => policy.clone())
            .set(at);
    }
    if run.policy.action == Action::Archive && moved_nothing(run) {
        metrics::counter!("hubbub_archive_due_but_unmoved_total", "policy" => policy).increment(1);
    }
}

/// The complaint of every ops team: it says finished, and did nothing.
fn moved_nothing(run: &Run) -> bool {
    let total = run.total();
    total.due > 0 && total.moved == 0
}

fn outcome(phase: Phase) -> &'static str {
    match phase {
        Phase::Running => "running",
        Phase::Finished => "finished",
        Phase::Failed => "failed",
        Phase::Cancelled => "cancelled",
    }
}
