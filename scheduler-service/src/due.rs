//! Which policies are due, and what becomes of their slots.
//!
//! A slot is the nominal time of a run, and (policy, slot) is unique in the store: however many
//! schedulers look, sleep or die, each slot is run at most once, and advancing the policy by
//! compare-and-set comes only after the claim, so none is forgotten.

use domain::{
    Result, Timestamp,
    archive::{CatchUp, Policy, Run, Trigger},
};
use jiff::SignedDuration;

use crate::{archive::Archive, metrics, policies::schedule_of, run::Right, schedule::Schedule};

/// Missed slots are counted up to this.
const MISSED: usize = 10_000;

/// A slot that came so short a while ago has not been missed.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// What becomes of the slots that have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decision {
    /// The slot that is run, if one is, and how many others it stands for.
    run: Option<(Timestamp, u64)>,
    /// Slots that are left out.
    skipped: u64,
}

/// Looks once through runs and policies: takes up what was interrupted, and runs what is due.
/// What goes wrong with one policy is logged, and does not hold up the others.
///
/// # Errors
/// Those of the store, when it cannot even be looked at.
pub async fn scan(archive: &Archive) -> Result<()> {
    let running = archive.parts.store.unfinished_runs().await?;
    for run in &running {
        if let Err(error) = take_up(archive, run).await {
            tracing::warn!(run = %run.id, %error, "interrupted archive run not taken up");
        }
    }
    let now = archive.now();
    for policy in archive.policies().await? {
        if let Err(error) = look_at(archive, &policy, now, &running).await {
            tracing::warn!(policy = policy.name, %error, "archive policy not looked at");
        }
    }
    Ok(())
}

/// Goes on with a run that nobody works on.
async fn take_up(archive: &Archive, run: &Run) -> Result<()> {
    if archive.works_on(run.id) {
        return Ok(());
    }
    if let Some((run, right)) = take_over(archive, run).await? {
        tracing::info!(run = %run.id, policy = run.policy.name, "archive run goes on");
        archive.set_to_work(run, right);
    }
    Ok(())
}

/// Takes a run over, with the right to work on it. `None` while somebody else has it.
pub(crate) async fn take_over(archive: &Archive, run: &Run) -> Result<Option<(Run, Right)>> {
    let store = &*archive.parts.store;
    let Some(right) = Right::take(store, run, archive.parts.pace.lease).await? else {
        return Ok(None);
    };
    match store.take_over_run(run.id, run.fence).await {
        Ok(Some(run)) => Ok(Some((run, right))),
        other => {
            right.release(store).await;
            other.map(|_| None)
        }
    }
}

async fn look_at(
    archive: &Archive,
    policy: &Policy,
    now: Timestamp,
    running: &[Run],
) -> Result<()> {
    let Some(slot) = policy
        .next_run_at
        .filter(|slot| policy.runs_by_itself() && *slot <= now)
    else {
        return Ok(());
    };
    let schedule = schedule_of(policy)?;
    let at_work = |run: &&Run| run.policy.id == policy.id && run.trigger != Trigger::DryRun;
    if let Some(run) = running.iter().find(at_work) {
        tracing::warn!(policy = policy.name, %slot, run = %run.id, "slot skipped: still running");
        metrics::skipped("overlap");
        return advance(archive, policy, &schedule, now).await;
    }
    let decision = decide(&schedule, policy.catch_up, slot, now);
    if decision.skipped > 0 {
        tracing::warn!(
            policy = policy.name,
            missed = decision.skipped,
            "missed slots skipped"
        );
        metrics::skipped("missed");
    }
    match decision.run {
        Some(slot) => run_slot(archive, policy, &schedule, slot).await,
        None => advance(archive, policy, &schedule, now).await,
    }
}

/// The catch-up rule. `slot` is the first that was not dealt with yet, not after `now`.
fn decide(schedule: &Schedule, catch_up: CatchUp, slot: Timestamp, now: Timestamp) -> Decision {
    let later = schedule.count(slot, now, MISSED);
    match catch_up {
        // The first slot stands for all, since all schedulers know it by the same name.
        CatchUp::RunOnce => Decision {
            run: Some((slot, later)),
            skipped: 0,
        },
        CatchUp::Skip => {
            let last = schedule.last_between(slot, now, MISSED);
            let fresh = now.duration_since(last) <= GRACE;
            Decision {
                run: fresh.then_some((last, 0)),
                skipped: if fresh { later } else { later + 1 },
            }
        }
    }
}

async fn run_slot(
    archive: &Archive,
    policy: &Policy,
    schedule: &Schedule,
    (slot, missed): (Timestamp, u64),
) -> Result<()> {
    let run = archive.new_run(policy.clone(), Trigger::Schedule, "schedule");
    let now = run.started_at;
    let lag = now.duration_since(slot).as_millis();
    let run = Run {
        slot: Some(slot),
        missed_slots: missed,
        lag_ms: u64::try_from(lag).unwrap_or(0),
        ..run
    };
    let store = &*archive.parts.store;
    // Nobody gets the right while a run is at work, or while another scheduler is about to claim.
    let Some(right) = Right::take(store, &run, archive.parts.pace.lease).await? else {
        return Ok(());
    };
    let claimed = claim_and_advance(archive, &run, schedule, now).await;
    match claimed {
        Ok(true) => {
            if missed > 0 {
                tracing::warn!(policy = policy.name, missed, "one run for missed slots");
            }
            archive.set_to_work(run, right);
            Ok(())
        }
        other => {
            right.release(store).await;
            other.map(|_| ())
        }
    }
}

/// Claims the slot, and moves the policy on, whoever had it.
async fn claim_and_advance(
    archive: &Archive,
    run: &Run,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<bool> {
    let claimed = archive.parts.store.claim_run(run.clone()).await?;
    if let Err(error) = advance(archive, &run.policy, schedule, now).await {
        // The next scan does it, and finds the slot claimed.
        tracing::debug!(policy = run.policy.name, %error, "policy not advanced");
    }
    Ok(claimed)
}

async fn advance(
    archive: &Archive,
    policy: &Policy,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<()> {
    let next = schedule.next(now);
    let store = &archive.parts.store;
    store
        .advance_policy(policy.id, policy.next_run_at, next)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
