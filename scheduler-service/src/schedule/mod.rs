//! When a policy runs: cron or plain English, meant in a time zone.
//!
//! A schedule names times of the wall clock, and twice a year the wall clock jumps. The rules:
//!
//! - A schedule of certain hours ("at 02:30", `0,30 1-5 * * *`) runs **once** for every time that
//!   it names. A time that the clock skips runs at the first moment that exists again; several
//!   skipped ones run there together. A time that comes twice runs at the first.
//! - A schedule of every hour (`*/15 * * * *`, "every minute") runs in every hour that really
//!   passes: the hour that comes twice counts twice, and the skipped one not at all.

mod english;
mod words;

use croner::{
    Cron,
    parser::{CronParser, Year},
};
use domain::Timestamp;
use jiff::{civil::DateTime, tz::TimeZone};

/// What is wrong with a schedule, in words for who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is empty.
    #[error("it is empty; write a cron of five or six fields, or `every day at 02:00`")]
    Empty,
    /// It looks like cron and is none.
    #[error("`{text}` is not a cron of five or six fields: {reason}")]
    Cron {
        /// As it was written.
        text: String,
        /// What the parser says.
        reason: String,
    },
    /// It looks like English and is not understood.
    #[error("`{text}` is not understood: {reason}")]
    English {
        /// As it was written.
        text: String,
        /// Which part, and what could stand there.
        reason: String,
    },
    /// No moment fits, as with 30 February.
    #[error("`{text}` never comes")]
    Never {
        /// As it was written.
        text: String,
    },
    /// There is no such zone.
    #[error("`{0}` is not an IANA time zone; they look like `Europe/London`, or `UTC`")]
    Zone(String),
}

/// A schedule in its time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    /// The cron as it was written, or as plain English means it.
    pattern: String,
    zone: TimeZone,
    /// Whether it names certain hours, so that each time it names is meant once.
    hourly: bool,
}

impl Schedule {
    /// Understands `text` (cron of five or six fields, or plain English) in the zone of this IANA
    /// name.
    ///
    /// # Errors
    /// [`ScheduleError`] says what is wrong and what would be right.
    pub fn parse(text: &str, zone: &str) -> Result<Self, ScheduleError> {
        let zone = TimeZone::get(zone).map_err(|_| ScheduleError::Zone(zone.to_owned()))?;
        let (cron, pattern) = parse_cron(text)?;
        let hourly = cron.pattern.hours.values().len() == 24;
        Ok(Self {
            cron,
            pattern,
            zone,
            hourly,
        })
    }

    /// The first time after `after`. `None` only at the end of time.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        if self.hourly {
            self.next_elapsed(after)
        } else {
            self.next_named(after)
        }
    }

    /// The first `count` times after `after`.
    pub fn upcoming(&self, after: Timestamp, count: usize) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after), |last| self.next(*last)).take(count)
    }

    /// How many times there are after `after` up to and including `until`, counted up to `cap`.
    #[must_use]
    pub fn count(&self, after: Timestamp, until: Timestamp, cap: usize) -> u64 {
        let times = self.upcoming(after, cap);
        times.take_while(|time| *time <= until).count() as u64
    }

    /// The last time from `first`, which is one, up to and including `until`, looking at up to
    /// `cap` times.
    #[must_use]
    pub fn last_between(&self, first: Timestamp, until: Timestamp, cap: usize) -> Timestamp {
        let times = self.upcoming(first, cap);
        times
            .take_while(|time| *time <= until)
            .last()
            .unwrap_or(first)
    }

    /// The schedule as cron, of five fields where the seconds are 0.
    #[must_use]
    pub fn cron(&self) -> &str {
        let fields = self.pattern.split_whitespace().count();
        match self.pattern.strip_prefix("0 ") {
            Some(five) if fields == 6 => five.trim_start(),
            _ => &self.pattern,
        }
    }

    /// The schedule in words, with its zone: "every day at 02:00 Europe/Berlin". Where plain
    /// English has no words for it, as a description: "at 02:00, in January Europe/Berlin".
    #[must_use]
    pub fn english(&self) -> String {
        let words = words::of(&self.pattern).unwrap_or_else(|| {
            let description = self.cron.describe();
            let description = description.trim_end_matches('.');
            let (first, rest) = description.split_at(description.len().min(1));
            first.to_lowercase() + rest
        });
        format!("{words} {}", self.zone())
    }

    /// The IANA name of its zone.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// A time as a clock of the zone shows it, with the offset: "2027-03-28T02:00:00+01:00".
    #[must_use]
    pub fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }

    /// Each hour that passes counts, whatever the clock calls it.
    fn next_elapsed(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&after, false).ok()?;
        Some(next.timestamp())
    }

    /// Each time that the clock names counts once. The loop leaves out repeats: times of an hour
    /// that comes again, of which there are at most an hour's seconds.
    fn next_named(&self, after: Timestamp) -> Option<Timestamp> {
        let mut civil = self.zone.to_datetime(after);
        loop {
            civil = self.cron.find_next_occurrence(&civil, false).ok()?;
            let at = self.resolve(civil)?;
            if at > after {
                return Some(at);
            }
        }
    }

    /// The moment of a time of the wall clock: the first of two, the end of the gap for none.
    fn resolve(&self, civil: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Gap { after, .. } => {
                // Read with the later offset, a skipped time lies before the jump.
                let before = after.to_timestamp(civil).ok()?;
                let jump = self.zone.following(before).next()?;
                Some(jump.timestamp())
            }
            _ => ambiguous.earlier().ok(),
        }
    }
}

/// The schedule, and its cron as text.
fn parse_cron(text: &str) -> Result<(Cron, String), ScheduleError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ScheduleError::Empty);
    }
    let pattern = if english::looks_like(text) {
        english::to_cron(text).map_err(|reason| ScheduleError::English {
            text: text.to_owned(),
            reason,
        })?
    } else {
        text.to_owned()
    };
    let cron = parser()
        .parse(&pattern)
        .map_err(|error| ScheduleError::Cron {
            text: text.to_owned(),
            reason: error.to_string(),
        })?;
    let ever = cron.find_next_occurrence(&DateTime::constant(2000, 1, 1, 0, 0, 0, 0), true);
    match ever {
        Ok(_) => Ok((cron, pattern)),
        Err(_) => Err(ScheduleError::Never {
            text: text.to_owned(),
        }),
    }
}

fn parser() -> CronParser {
    CronParser::builder().year(Year::Disallowed).build()
}

#[cfg(test)]
mod tests;
