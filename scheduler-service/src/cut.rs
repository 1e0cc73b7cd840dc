//! Runs whose process was killed before it could leave them to another.

use domain::{Result, archive::Run};

use crate::{archive::Archive, due};

/// What the record says of them.
const CUT: &str = "its process ended before it was through; what was moved stays moved";

/// Ends the runs that somebody asked for and nobody works on, as cancelled, once their rooms are
/// told what was moved: whoever asked waits no longer, and asks again. The schedule's own runs are
/// left to the next process that serves, since no other run stands for their slot.
///
/// # Errors
/// Those of the store.
pub async fn end_cut(archive: &Archive) -> Result<()> {
    let runs = archive.parts.store.unfinished_runs().await?;
    for run in runs.iter().filter(|run| run.slot.is_none()) {
        end(archive, run).await?;
    }
    Ok(())
}

async fn end(archive: &Archive, run: &Run) -> Result<()> {
    let Some((run, right)) = due::take_over(archive, run).await? else {
        return Ok(());
    };
    archive.parts.store.cancel_run(run.id).await?;
    tracing::info!(run = %run.id, policy = run.policy.name, "archive run was cut off");
    let error = Some(CUT.to_owned());
    archive.runner(Run { error, ..run }, right).run().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::archive::{Phase, Trigger};

    use super::*;
    use crate::testing::{HOUR, PACE, World, at, policy};

    #[tokio::test]
    async fn what_somebody_asked_for_is_ended_and_can_be_asked_for_again() {
        let world = World::new();
        let room = world.room("room", 25).await;
        world.pass(2 * HOUR);
        let asked = world
            .archive
            .new_run(policy("nightly"), Trigger::Manual, "ann");
        let asked = world.crash(asked, 7).await.expect("it was dropped");
        end_cut(&world.archive).await.unwrap();
        let still = world.archive.run(asked.id).await.unwrap();
        assert_eq!(still.phase, Phase::Running, "somebody may be at work");

        world.pass(PACE.lease);
        end_cut(&world.archive).await.unwrap();
        let ended = world.archive.run(asked.id).await.unwrap();
        assert_eq!(ended.phase, Phase::Cancelled);
        assert_eq!(ended.error.as_deref(), Some(CUT));
        let again = world.run(policy("nightly")).await;
        assert_eq!(again.phase, Phase::Finished);
        assert_eq!(world.archived(room).await, 25);
    }

    #[tokio::test]
    async fn a_run_of_the_schedule_is_left_to_a_server() {
        let world = World::new();
        let run = Run {
            slot: Some(at("2026-01-01T02:00:00Z")),
            ..world
                .archive
                .new_run(policy("nightly"), Trigger::Schedule, "schedule")
        };
        let run = world.crash(run, 0).await.expect("it was dropped");
        world.pass(PACE.lease);
        end_cut(&world.archive).await.unwrap();
        let left = world.archive.run(run.id).await.unwrap();
        assert_eq!(left.phase, Phase::Running);
    }
}
