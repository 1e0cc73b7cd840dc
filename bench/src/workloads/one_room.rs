//! W1 and W2: one room. The bare loop with an INSERT for each message is what W1 is held against;
//! the bare loop alone, which keeps nothing, is told as well, and is what W2 is held against.

use anyhow::{Context as _, Result};

use crate::{
    generator::{Hall, Shape, crowd::Outcome},
    lab::Lab,
    report::{Figure, Report, Target},
    subject::Subject,
    trials::{self, Trial, Workout},
};

/// How many messages are on their way when a room is saturated: fewer than may wait for a listener.
const WINDOW: usize = 256;
/// Who talk then.
const TALKERS: usize = 16;

/// W1: one message in flight, stored durably.
///
/// # Errors
/// When a delivery is wrong.
pub(crate) async fn in_flight(lab: &Lab, report: &mut Report) -> Result<()> {
    for members in lab.pick(vec![100, 1_000], vec![40]) {
        let workout = Workout {
            name: format!("W1, 1 × {members}"),
            hall: Hall::room(members, 1),
            shape: Shape::InFlight(1),
            length: lab.length(),
        };
        let mut subjects = lab.all();
        subjects.insert(1, Subject::BareKept);
        let trials = trials::run(lab, report, &subjects, &workout).await?;
        held_against(report, members, &trials)?;
    }
    Ok(())
}

fn held_against(report: &mut Report, members: usize, trials: &[Trial]) -> Result<()> {
    let (bare, ours) = (of(trials, &Subject::Bare)?, of(trials, &Subject::Hubbub)?);
    let kept = of(trials, &Subject::BareKept)?;
    let cpu = |trial: &Trial| trial.middle(Outcome::cpu_each);
    let high = |outcome: &Outcome| outcome.late(0.99);
    let mut figure = |what: &str, value, target, of: String| {
        report.figure(Figure {
            workload: "W1",
            what: format!("1 × {members}: {what}"),
            value,
            target,
            of,
        });
    };
    let text = |other: &Trial| format!("{:.2} µs : {:.2} µs", cpu(ours), cpu(other));
    figure(
        "CPU per delivery : bare loop + INSERT",
        ours.ratio(kept, Outcome::cpu_each),
        Target::AtMost(1.25),
        text(kept),
    );
    figure(
        "CPU per delivery : bare loop",
        ours.ratio(bare, Outcome::cpu_each),
        Target::None,
        text(bare),
    );
    figure(
        "p99 : bare loop + INSERT",
        ours.ratio(kept, high),
        Target::AtMost(1.3),
        format!("{:.0} µs : {:.0} µs", ours.middle(high), kept.middle(high)),
    );
    Ok(())
}

/// The trial of one of ours.
///
/// # Errors
/// When it was not measured.
pub(super) fn of<'a>(trials: &'a [Trial], subject: &Subject) -> Result<&'a Trial> {
    let name = subject.to_string();
    let found = trials.iter().find(|trial| trial.server == name);
    found.with_context(|| format!("{name} was not measured"))
}

/// W2: as many messages as go through.
///
/// # Errors
/// When a delivery is wrong.
pub(crate) async fn saturated(lab: &Lab, report: &mut Report) -> Result<()> {
    for members in lab.pick(vec![100, 1_000], vec![40]) {
        let workout = workout(lab, members);
        let trials = trials::run(lab, report, &lab.all(), &workout).await?;
        let what = format!("1 × {members}: deliveries/s : bare loop");
        throughput(report, ("W2", what), 0.8, &trials)?;
    }
    Ok(())
}

/// What saturates a room.
pub(super) fn workout(lab: &Lab, members: usize) -> Workout {
    Workout {
        name: format!("W2, 1 × {members}, saturated"),
        hall: Hall::room(members, TALKERS),
        shape: Shape::InFlight(WINDOW),
        length: lab.length(),
    }
}

/// Holds deliveries in a second against the bare loop's.
///
/// # Errors
/// When one of both was not measured.
pub(super) fn throughput(
    report: &mut Report,
    (workload, what): (&'static str, String),
    least: f64,
    trials: &[Trial],
) -> Result<()> {
    let bare = of(trials, &Subject::Bare)?;
    let ours = of(trials, &Subject::Hubbub)?;
    let millions = |trial: &Trial| trial.middle(Outcome::per_second) / 1e6;
    report.figure(Figure {
        workload,
        what,
        value: ours.ratio(bare, Outcome::per_second),
        target: Target::AtLeast(least),
        of: format!("{:.2} M/s : {:.2} M/s", millions(ours), millions(bare)),
    });
    Ok(())
}
