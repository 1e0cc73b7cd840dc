//! W8: durable sends. Each sender has a room, and waits for each answer; so the more of them there
//! are, the more share a commit.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    bare::Kept,
    generator::{Hall, Shape},
    lab::Lab,
    report::{Figure, Measured, Report, Target},
    subject::{Stage, Subject, metric},
};

const COMMITS: &str = "hubbub_store_commit_seconds_count";
/// A text as the product stores it is about so long.
const ROW: usize = 350;
/// What a message may take of commits with 64 senders, on any machine and in any build.
const LOOSE: f64 = 0.5;

/// Measures it.
///
/// # Errors
/// When a send is refused.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    for senders in lab.pick(vec![1, 16, 64, 256, 1_000], vec![64]) {
        let bare = inserted(lab, senders, lab.length())?;
        let (sent, commits) = sent(lab, report, senders).await?;
        report.figure(Figure {
            workload: "W8",
            what: format!("{senders} senders: durable sends : rows inserted in batches of as many"),
            value: sent / bare,
            target: Target::AtLeast(0.5),
            of: format!("{sent:.0}/s : {bare:.0}/s"),
        });
        let target = match senders {
            1_000 => Target::AtMost(0.05),
            _ => Target::None,
        };
        report.figure(Figure {
            workload: "W8",
            what: format!("{senders} senders: commits (one fsync each) for a message"),
            value: commits,
            target,
            of: "all commits of the store meanwhile".to_owned(),
        });
        if senders == 64 {
            let holds = commits < LOOSE;
            report.must(
                "64 senders take less than half a commit for a message",
                holds,
            );
        }
    }
    Ok(())
}

/// Rows in a second that a loop inserts, so many in a transaction.
fn inserted(lab: &Lab, batch: usize, length: Duration) -> Result<f64> {
    let folder = lab.folder()?;
    let kept = Kept::open(&folder.path().join("bare.db"))?;
    let row = "x".repeat(ROW);
    let (begun, mut rows) = (Instant::now(), 0);
    while begun.elapsed() < length {
        kept.keep_all("room", &row, batch)?;
        rows += batch;
    }
    Ok(rows as f64 / begun.elapsed().as_secs_f64())
}

/// Messages in a second that are acknowledged, and commits for each.
async fn sent(lab: &Lab, report: &mut Report, senders: usize) -> Result<(f64, f64)> {
    let hall = Hall {
        rooms: senders,
        members: 1,
        talkers: 1,
    };
    let mut stage = Stage::open(lab, &Subject::Hubbub, hall, 0).await?;
    let before = metric(stage.server.addr(), COMMITS).await?;
    let crowd = &mut stage.crowd;
    let outcome = crowd
        .run(&stage.server, Shape::Answered, lab.length() * 4)
        .await?;
    let commits = metric(stage.server.addr(), COMMITS).await? - before;
    let name = format!("W8, {senders} senders");
    report.measured(Measured::new(&name, "Hubbub", &outcome));
    report.must(
        "every send is answered",
        outcome.answers == outcome.messages,
    );
    stage.server.end().await?;
    let messages = outcome.messages.max(1) as f64;
    Ok((messages / outcome.took.as_secs_f64(), commits / messages))
}
