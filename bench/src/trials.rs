//! The same workload for several servers, in turns, so that what the machine does meanwhile
//! happens to all.

use std::time::Duration;

use anyhow::Result;

use crate::{
    generator::{Hall, Shape, crowd::Outcome},
    lab::Lab,
    report::{Measured, Report},
    subject::{Stage, Subject},
};

/// Sockets that the generator has open at once; of more, one server at a time is measured.
const TOGETHER: usize = 8_000;

/// What is done with each server.
#[derive(Debug, Clone)]
pub(crate) struct Workout {
    /// What it is called in the report.
    pub(crate) name: String,
    /// Who sits where.
    pub(crate) hall: Hall,
    /// How much they say.
    pub(crate) shape: Shape,
    /// For how long, each round.
    pub(crate) length: Duration,
}

/// What a server did in all rounds.
#[derive(Debug)]
pub(crate) struct Trial {
    /// The server's name.
    pub(crate) server: String,
    outcomes: Vec<Outcome>,
}

impl Trial {
    /// The middle of a figure of the rounds.
    pub(crate) fn middle(&self, figure: impl Fn(&Outcome) -> f64) -> f64 {
        median(self.outcomes.iter().map(figure).collect())
    }

    /// The middle of the rounds' ratios to another server's.
    pub(crate) fn ratio(&self, other: &Self, figure: impl Fn(&Outcome) -> f64) -> f64 {
        let rounds = self.outcomes.iter().zip(&other.outcomes);
        median(
            rounds
                .map(|(ours, theirs)| figure(ours) / figure(theirs))
                .collect(),
        )
    }
}

/// The middle one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Lets servers do the same in turns, and tells what each did. Whoever of the peers fails at it is
/// left out with a note.
///
/// # Errors
/// When the product or the bare loop fails.
pub(crate) async fn run(
    lab: &Lab,
    report: &mut Report,
    subjects: &[Subject],
    workout: &Workout,
) -> Result<Vec<Trial>> {
    let size = match workout.hall.seats() * subjects.len() <= TOGETHER {
        true => subjects.len(),
        false => 1,
    };
    let mut trials = Vec::new();
    for subjects in subjects.chunks(size) {
        trials.extend(in_turns(lab, report, subjects, workout).await?);
    }
    for trial in &trials {
        let round = middle_round(trial);
        report.measured(Measured::new(&workout.name, &trial.server, round));
    }
    Ok(trials)
}

/// The round whose processor time is the middle one.
fn middle_round(trial: &Trial) -> &Outcome {
    let middle = trial.middle(Outcome::cpu_each);
    let round = trial.outcomes.iter().find(|o| o.cpu_each() == middle);
    round.unwrap_or(&trial.outcomes[0])
}

async fn in_turns(
    lab: &Lab,
    report: &mut Report,
    subjects: &[Subject],
    workout: &Workout,
) -> Result<Vec<Trial>> {
    let mut stages = Vec::new();
    for subject in subjects {
        match Stage::open(lab, subject, workout.hall, 0).await {
            Ok(stage) => stages.push((subject, stage, Vec::new())),
            Err(error) => excuse(report, subject, workout, error)?,
        }
    }
    for _ in 0..lab.rounds() {
        let mut going = Vec::new();
        for (subject, mut stage, mut outcomes) in stages {
            let Workout { shape, length, .. } = *workout;
            match stage.crowd.run(&stage.server, shape, length).await {
                Ok(outcome) => {
                    outcomes.push(outcome);
                    going.push((subject, stage, outcomes));
                }
                Err(error) => excuse(report, subject, workout, error)?,
            }
        }
        stages = going;
    }
    let mut trials = Vec::new();
    for (subject, stage, outcomes) in stages {
        stage.server.end().await?;
        let server = subject.to_string();
        trials.push(Trial { server, outcomes });
    }
    Ok(trials)
}

fn excuse(
    report: &mut Report,
    subject: &Subject,
    workout: &Workout,
    error: anyhow::Error,
) -> Result<()> {
    let error = error.context(format!("{}: {subject}", workout.name));
    if subject.is_ours() {
        return Err(error);
    }
    report.note(format!("{error:#}."));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert!(median(Vec::new()).is_nan());
    }
}
