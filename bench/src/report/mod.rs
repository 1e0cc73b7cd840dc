//! What was measured, and how it is told.

mod charts;
mod document;
mod machine;

use std::{fmt, fs, path::Path};

use anyhow::Result;

use crate::generator::crowd::Outcome;

/// The quantiles of a latency curve.
const QUANTILES: [f64; 9] = [0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0];

/// What a figure is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Told, and not judged.
    None,
}

impl Target {
    /// By how much, in percent, a figure misses the target; zero where it meets it.
    fn missed_by(self, figure: f64) -> f64 {
        let beyond = match self {
            Self::AtMost(most) => figure / most - 1.0,
            Self::AtLeast(least) => 1.0 - figure / least,
            Self::None => 0.0,
        };
        beyond.max(0.0) * 100.0
    }

    /// What is said of a figure.
    fn verdict(self, figure: f64) -> String {
        let missed = self.missed_by(figure);
        match self {
            Self::None => "".to_owned(),
            _ if missed < 0.5 => "met".to_owned(),
            _ => format!("**missed by {missed:.0} %**"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::None => Ok(()),
        }
    }
}

/// A figure, and what it was to be.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// Of which workload.
    pub(crate) workload: &'static str,
    /// What it says, with its unit.
    pub(crate) what: String,
    /// The figure.
    pub(crate) value: f64,
    /// What it was to be.
    pub(crate) target: Target,
    /// What it was made of.
    pub(crate) of: String,
}

/// What a server did in a workload: the middle of its rounds.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// The workload.
    pub(crate) workload: String,
    /// The server.
    pub(crate) server: String,
    /// Deliveries in a second.
    pub(crate) per_second: f64,
    /// The server's processor time for each, in microseconds.
    pub(crate) cpu_each: f64,
    /// Median and 99th percentile of the latency, in microseconds.
    pub(crate) late: (f64, f64),
    /// Bytes of a delivery.
    pub(crate) bytes: f64,
    curve: Vec<(f64, f64)>,
}

impl Measured {
    /// What one round has shown.
    pub(crate) fn new(workload: &str, server: &str, outcome: &Outcome) -> Self {
        let late = |part| outcome.late(part);
        Self {
            workload: workload.to_owned(),
            server: server.to_owned(),
            per_second: outcome.per_second(),
            cpu_each: outcome.cpu_each(),
            late: (late(0.5), late(0.99)),
            bytes: outcome.bytes,
            curve: QUANTILES.iter().map(|part| (*part, late(*part))).collect(),
        }
    }
}

/// Everything that a run has to say.
#[derive(Debug, Default)]
pub(crate) struct Report {
    quick: bool,
    figures: Vec<Figure>,
    measured: Vec<Measured>,
    broken: Vec<String>,
    notes: Vec<String>,
}

impl Report {
    /// Nothing yet.
    pub(crate) fn new(quick: bool) -> Self {
        Self {
            quick,
            ..Self::default()
        }
    }

    /// A figure with a target, which is only judged where machines are measured.
    pub(crate) fn figure(&mut self, figure: Figure) {
        println!(
            "{}: {} = {:.2} {} ({})",
            figure.workload, figure.what, figure.value, figure.target, figure.of
        );
        self.figures.push(figure);
    }

    /// What a server did.
    pub(crate) fn measured(&mut self, measured: Measured) {
        let Measured {
            workload,
            server,
            per_second,
            cpu_each,
            late: (middle, high),
            ..
        } = &measured;
        println!(
            "{workload}: {server}: {per_second:.0} deliveries/s, {cpu_each:.2} µs CPU each, \
             p50 {middle:.0} µs, p99 {high:.0} µs"
        );
        self.measured.push(measured);
    }

    /// Something that must hold on every machine, in every build.
    pub(crate) fn must(&mut self, what: &str, holds: bool) {
        println!("{}: {what}", if holds { "holds" } else { "DOES NOT HOLD" });
        if !holds {
            self.broken.push(what.to_owned());
        }
    }

    /// Something that readers should know.
    pub(crate) fn note(&mut self, note: String) {
        println!("note: {note}");
        self.notes.push(note);
    }

    /// What does not hold.
    pub(crate) fn broken(&self) -> &[String] {
        &self.broken
    }

    /// Writes the report and its plots into a folder.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let plots = folder.join("benchmarks");
        fs::create_dir_all(&plots)?;
        for (name, plot) in charts::all(self) {
            fs::write(plots.join(name), plot)?;
        }
        fs::write(folder.join("benchmarks.md"), document::text(self))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_by_how_much_a_target_is_missed() {
        assert_eq!(Target::AtMost(1.25).verdict(1.25), "met");
        assert_eq!(Target::AtMost(2.0).verdict(3.0), "**missed by 50 %**");
        assert_eq!(Target::AtLeast(0.8).verdict(0.9), "met");
        assert_eq!(Target::AtLeast(0.8).verdict(0.4), "**missed by 50 %**");
        assert_eq!(Target::None.verdict(7.0), "");
    }
}
