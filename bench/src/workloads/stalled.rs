//! W5: one of a hundred listeners stops reading while the room is saturated. The others notice
//! nothing, and what waits for those who do not read has a bound.

use anyhow::Result;

use super::one_room::workout;
use crate::{
    lab::Lab,
    report::{Figure, Measured, Report, Target},
    subject::{Stage, Subject},
    trials::median,
};

const MEMBERS: usize = 1_000;
/// What may wait for one of them, as the product's `outbox_bytes` says.
const OUTBOX_KIB: f64 = 1024.0;

/// What one server has shown.
struct Shown {
    high: f64,
    grown_kib: f64,
}

/// Measures it.
///
/// # Errors
/// When a delivery to those who read is wrong.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let members = lab.pick(MEMBERS, 100);
    let stalled = members / 100;
    let (mut ratios, mut grown) = (Vec::new(), Vec::new());
    for _ in 0..lab.rounds() {
        let without = round(lab, report, members, 0).await?;
        let with = round(lab, report, members, stalled).await?;
        ratios.push(with.high / without.high);
        grown.push(with.grown_kib - without.grown_kib);
    }
    let mut figure = |what: &str, value, most, of| {
        report.figure(Figure {
            workload: "W5",
            what: what.to_owned(),
            value,
            target: Target::AtMost(most),
            of,
        });
    };
    let count = format!("{stalled} of {members} do not read");
    figure("p99 of the others : without", median(ratios), 1.1, count);
    let each = median(grown) / stalled as f64;
    let of = "more than without".to_owned();
    figure("KiB for each that does not read", each, OUTBOX_KIB, of);
    Ok(())
}

/// A server of its own each time: who does not read is closed once enough waits.
async fn round(lab: &Lab, report: &mut Report, members: usize, stalled: usize) -> Result<Shown> {
    let workout = workout(lab, members);
    let mut stage = Stage::open(lab, &Subject::Hubbub, workout.hall, stalled).await?;
    let before = stage.server.resident_kib()?;
    let length = workout.length * 2;
    let crowd = &mut stage.crowd;
    let outcome = crowd.run(&stage.server, workout.shape, length).await?;
    let after = stage.server.resident_kib()?;
    let name = format!("W5, 1 × {members}, {stalled} do not read");
    report.measured(Measured::new(&name, "Hubbub", &outcome));
    stage.server.end().await?;
    Ok(Shown {
        high: outcome.late(0.99),
        grown_kib: after as f64 - before as f64,
    })
}
