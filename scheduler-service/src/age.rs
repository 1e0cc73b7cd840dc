//! Ages as people write them: "90 days", "1h 30m".

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Ages beyond this are a slip of the pen: no message is that old.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 365 * 100);

/// Understands an age, in whole milliseconds. Days have 24 hours and weeks seven days; months and years are refused,
/// since they have no fixed length.
///
/// # Errors
/// A sentence that says what is wrong, and what would be right.
pub fn parse(text: &str) -> Result<Duration, String> {
    let span: Span = text
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is not an age; they look like `90 days` or `1h 30m`"))?;
    if span.get_months() != 0 || span.get_years() != 0 {
        return Err(format!(
            "`{text}` has no fixed length, since months and years differ; say it in days"
        ));
    }
    let age = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|error| format!("`{text}` is not an age: {error}"))?;
    let age = SignedDuration::from_millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    if age <= SignedDuration::ZERO {
        return Err(format!(
            "`{text}` would take messages that were just said; an age is more than zero"
        ));
    }
    if age > LONGEST {
        return Err(format!("`{text}` is more than 100 years"));
    }
    Ok(age.unsigned_abs())
}

/// The age in words that [`parse`] understands: "90d", "1h 30m".
#[must_use]
pub fn describe(age: Duration) -> String {
    let seconds = age.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (u64::from(age.subsec_millis()), "ms"),
    ];
    let words: Vec<_> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_that_people_write() {
        for (text, seconds) in [
            ("90 days", 90 * 86_400),
            ("1h 30m", 5_400),
            ("1 hour", 3_600),
            ("2 weeks", 14 * 86_400),
            (" 45s ", 45),
            ("P1DT12H", 36 * 3_600),
        ] {
            let age = parse(text).unwrap();
            assert_eq!(age, Duration::from_secs(seconds), "{text}");
            assert_eq!(parse(&describe(age)).unwrap(), age, "{text}");
        }
    }

    #[test]
    fn an_age_is_told_as_it_is_meant() {
        for (text, told) in [("1ms", "1ms"), ("90061.5s", "1d 1h 1m 1s 500ms")] {
            let age = parse(text).unwrap();
            assert_eq!(describe(age), told);
            assert_eq!(parse(told).unwrap(), age);
        }
    }

    #[test]
    fn ages_that_would_archive_too_much_are_refused() {
        for (text, part) in [
            ("0", "not an age"),
            ("0s", "more than zero"),
            ("0 days", "more than zero"),
            ("999us", "more than zero"),
            ("-1 day", "more than zero"),
            ("1 day ago", "more than zero"),
            ("", "not an age"),
            ("90", "not an age"),
            ("ninety days", "not an age"),
            ("3 months", "no fixed length"),
            ("1 year", "no fixed length"),
            ("900000 days", "100 years"),
        ] {
            let reason = parse(text).unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }
}
