//! W3: many small rooms, each with one who talks: saturated, which is what the target means, and at
//! an even rate, which shows what a room costs that is not busy.

use anyhow::Result;

use super::one_room::{of, throughput};
use crate::{
    generator::{Hall, Shape, crowd::Outcome},
    lab::Lab,
    report::{Figure, Report, Target},
    subject::Subject,
    trials::{self, Workout},
};

/// How many messages are on their way when everything is saturated.
const WINDOW: usize = 512;
/// How many are said in a second otherwise, by all together.
const RATE: u32 = 2_000;

/// Measures it.
///
/// # Errors
/// When a delivery is wrong.
pub(crate) async fn run(lab: &Lab, report: &mut Report) -> Result<()> {
    let hall = Hall {
        rooms: lab.pick(2_000, 20),
        members: 5,
        talkers: 1,
    };
    let name = format!("W3, {} × {}", hall.rooms, hall.members);
    let workout = Workout {
        name: format!("{name}, saturated"),
        hall,
        shape: Shape::InFlight(WINDOW),
        length: lab.length(),
    };
    let trials = trials::run(lab, report, &lab.all(), &workout).await?;
    let what = "deliveries/s : bare loop".to_owned();
    throughput(report, ("W3", what), 0.7, &trials)?;
    let rate = lab.pick(RATE, RATE / 10);
    let workout = Workout {
        name: format!("{name}, {rate}/s"),
        shape: Shape::PerSecond(rate),
        ..workout
    };
    let subjects = [Subject::Bare, Subject::BareKept, Subject::Hubbub];
    let trials = trials::run(lab, report, &subjects, &workout).await?;
    let ours = of(&trials, &Subject::Hubbub)?;
    let kept = of(&trials, &Subject::BareKept)?;
    report.figure(Figure {
        workload: "W3",
        what: format!("at {rate}/s: CPU per delivery : bare loop + INSERT"),
        value: ours.ratio(kept, Outcome::cpu_each),
        target: Target::None,
        of: format!(
            "{:.2} µs : {:.2} µs",
            ours.middle(Outcome::cpu_each),
            kept.middle(Outcome::cpu_each)
        ),
    });
    Ok(())
}
