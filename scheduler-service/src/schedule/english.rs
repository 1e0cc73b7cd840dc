//! Plain English for the schedules that people have, as cron.
//!
//! ```text
//! every minute | every hour | every N minutes | every N hours        N divides the hour or day
//! every day    | every weekday | every weekend | every monday …      at midnight unless said
//! every month  | on the Nth of every month                            on the 1st unless said
//!   … at TIME [and TIME …]      TIME: 3, 02:00, 14:30:15, 2 am, 2:30 pm, noon, midnight
//! hourly, daily, weekly, monthly
//! ```
//!
//! An hour alone is one of the 24, as in 03:00; whoever asks is told so. Days can be listed: `every monday, wednesday and friday at 9 am`. Several times of a day must
//! agree in their minutes, since one cron cannot say 01:00 and 02:30. Whatever is not understood
//! is refused: a retention schedule must not be guessed at.

/// Days as cron counts them, by their English names.
pub(super) const DAYS: [(&str, u8); 7] = [
    ("sunday", 0),
    ("monday", 1),
    ("tuesday", 2),
    ("wednesday", 3),
    ("thursday", 4),
    ("friday", 5),
    ("saturday", 6),
];

/// Whether somebody wrote words and not cron.
pub(super) fn looks_like(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let letters = first.chars().filter(|c| c.is_ascii_alphabetic()).count();
    letters >= 2 && !first.contains(['*', '/', '#', '@'])
}

/// The cron that an English schedule means.
pub(super) fn to_cron(text: &str) -> Result<String, String> {
    let text = text.to_lowercase().replace(',', " , ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let (when, times) = match words.iter().position(|word| *word == "at") {
        Some(at) => (&words[..at], Some(&words[at + 1..])),
        None => (&words[..], None),
    };
    if let Some(interval) = interval(when)? {
        return match times {
            None => Ok(interval),
            Some(_) => Err("an interval cannot have a time of day".to_owned()),
        };
    }
    let days = days(when)?;
    let times = times.map_or_else(|| Ok("0 0 0".to_owned()), times_of_day)?;
    Ok(format!("{times} {days}"))
}

/// "every minute", "every 6 hours", "hourly": the whole cron. `None` for what names days.
fn interval(words: &[&str]) -> Result<Option<String>, String> {
    let cron = match words {
        ["every", "minute"] => "0 * * * * *".to_owned(),
        ["every", "hour"] | ["hourly"] => "0 0 * * * *".to_owned(),
        ["every", n, "minutes" | "minute"] => {
            format!("0 */{} * * * *", divisor(n, 60, "minutes")?)
        }
        ["every", n, "hours" | "hour"] => format!("0 0 */{} * * *", divisor(n, 24, "hours")?),
        _ => return Ok(None),
    };
    Ok(Some(cron))
}

/// A step that fits without rest, so that "every 7 minutes" does not limp at the full hour.
fn divisor(text: &str, whole: u32, unit: &str) -> Result<u32, String> {
    let n: u32 = text
        .parse()
        .map_err(|_| format!("`{text}` is not a number of {unit}"))?;
    if !divides(n, whole) {
        return Err(format!(
            "{n} {unit} do not divide {whole} {unit} evenly; use cron for that"
        ));
    }
    Ok(n)
}

pub(super) fn divides(n: u32, whole: u32) -> bool {
    n != 0 && n < whole && whole.is_multiple_of(n)
}

/// The last three fields of a cron: day of the month, month, day of the week.
fn days(words: &[&str]) -> Result<String, String> {
    match words {
        ["every", "day"] | ["daily"] => Ok("* * *".to_owned()),
        ["every", "week"] | ["weekly"] => Ok("* * 0".to_owned()),
        ["every", "month"] | ["monthly"] => Ok("1 * *".to_owned()),
        ["on", "the", day, "of", "every" | "each" | "the", "month"] => {
            Ok(format!("{} * *", day_of_month(day)?))
        }
        ["every" | "on", names @ ..] if !names.is_empty() => week(names),
        _ => Err(
            "begin with `every day`, `every monday`, `every hour`, `every 15 minutes` \
                  or `on the 1st of every month`"
                .to_owned(),
        ),
    }
}

fn week(words: &[&str]) -> Result<String, String> {
    let mut days = Vec::new();
    for group in items(words)? {
        let [name] = group else {
            return Err(format!("`{}` is not a day", group.join(" ")));
        };
        days.extend(days_called(name)?);
    }
    let days: Vec<_> = days.iter().map(ToString::to_string).collect();
    Ok(format!("* * {}", days.join(",")))
}

fn days_called(name: &str) -> Result<Vec<u8>, String> {
    let singular = name.strip_suffix('s').unwrap_or(name);
    match singular {
        "weekday" => Ok(vec![1, 2, 3, 4, 5]),
        "weekend" => Ok(vec![6, 0]),
        _ => DAYS
            .iter()
            .find(|(day, _)| *day == singular)
            .map(|(_, number)| vec![*number])
            .ok_or_else(|| format!("`{name}` is not a day of the week")),
    }
}

/// "1st", "2nd", "31", "last".
fn day_of_month(text: &str) -> Result<String, String> {
    if text == "last" || text == "last-day" {
        return Ok("L".to_owned());
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    match digits.parse::<u8>() {
        Ok(day @ 1..=31) => Ok(day.to_string()),
        _ => Err(format!("`{text}` is not a day of the month")),
    }
}

/// The first three fields of a cron: second, minute, hour.
fn times_of_day(words: &[&str]) -> Result<String, String> {
    let mut times = Vec::new();
    for group in items(words)? {
        times.push(time(&group.concat())?);
    }
    let Some((_, minute, second)) = times.first().copied() else {
        return Err("after `at` comes a time: 02:00, 2 am, noon".to_owned());
    };
    if times.iter().any(|(_, m, s)| (*m, *s) != (minute, second)) {
        return Err(
            "times of one schedule must agree in their minutes; use two policies".to_owned(),
        );
    }
    let hours: Vec<_> = times.iter().map(|(hour, ..)| hour.to_string()).collect();
    Ok(format!("{second} {minute} {}", hours.join(",")))
}

/// "3", "02:00", "14:30:15", "2am", "2:30pm", "noon", "midnight" as hour, minute, second.
fn time(text: &str) -> Result<(u8, u8, u8), String> {
    let wrong = || format!("`{text}` is not a time; they look like 02:00, 2 am or noon");
    match text {
        "noon" => return Ok((12, 0, 0)),
        "midnight" => return Ok((0, 0, 0)),
        _ => {}
    }
    let (clock, half) = match text.strip_suffix("am") {
        Some(clock) => (clock, Some(0)),
        None => match text.strip_suffix("pm") {
            Some(clock) => (clock, Some(12)),
            None => (text, None),
        },
    };
    let parts: Vec<u8> = clock
        .split(':')
        .map(|part| part.parse().map_err(|_| wrong()))
        .collect::<Result<_, _>>()?;
    let (hour, minute, second) = match (parts.as_slice(), half) {
        ([hour], _) => (*hour, 0, 0),
        ([hour, minute], _) => (*hour, *minute, 0),
        ([hour, minute, second], _) => (*hour, *minute, *second),
        _ => return Err(wrong()),
    };
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return Err(wrong()),
    };
    let fits = hour < 24 && minute < 60 && second < 60;
    fits.then_some((hour, minute, second)).ok_or_else(wrong)
}

/// What "a, b and c" lists.
fn items<'a, 'b>(words: &'a [&'b str]) -> Result<Vec<&'a [&'b str]>, String> {
    let mut items = Vec::new();
    for item in words.split(|word| matches!(*word, "and" | ",")) {
        if item.is_empty() {
            return Err("something is missing in the list".to_owned());
        }
        items.push(item);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        for (english, cron) in [
            ("every minute", "0 * * * * *"),
            ("Every Hour", "0 0 * * * *"),
            ("hourly", "0 0 * * * *"),
            ("every 15 minutes", "0 */15 * * * *"),
            ("every 6 hours", "0 0 */6 * * *"),
            ("every day at 02:00", "0 0 2 * * *"),
            ("every day at 2 am", "0 0 2 * * *"),
            ("every day at 3", "0 0 3 * * *"),
            ("every day at 15", "0 0 15 * * *"),
            ("every day at 2:30pm", "0 30 14 * * *"),
            ("every day at 12 am", "0 0 0 * * *"),
            ("every day at 12 pm", "0 0 12 * * *"),
            ("daily at noon", "0 0 12 * * *"),
            ("every day", "0 0 0 * * *"),
            ("every day at 1 am and 1 pm", "0 0 1,13 * * *"),
            ("every weekday at 23:59:30", "30 59 23 * * 1,2,3,4,5"),
            ("every weekend at midnight", "0 0 0 * * 6,0"),
            (
                "every monday, wednesday and friday at 9 am",
                "0 0 9 * * 1,3,5",
            ),
            ("on sundays at 3 am", "0 0 3 * * 0"),
            ("every month", "0 0 0 1 * *"),
            ("on the 15th of every month at 04:00", "0 0 4 15 * *"),
            ("on the last of every month at 04:00", "0 0 4 L * *"),
            ("weekly", "0 0 0 * * 0"),
        ] {
            assert_eq!(to_cron(english).as_deref(), Ok(cron), "{english}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_and_never_guessed() {
        for english in [
            "hello every day",
            "every fortnight at 3 pm",
            "every monday at 25:00",
            "every day at 13 pm",
            "every day at 24",
            "every day at 0230",
            "every day at",
            "every day at 01:00 and 02:30",
            "every 90 minutes",
            "every 7 minutes",
            "every 0 minutes",
            "every 15 minutes except sunday",
            "every hour at 3 am",
            "every monday,",
            "on the 32nd of every month",
            "on the last day of the month at noon maybe",
            "every",
        ] {
            assert!(
                to_cron(english).is_err(),
                "{english}: {:?}",
                to_cron(english)
            );
        }
    }

    #[test]
    fn words_are_told_from_cron() {
        assert!(looks_like("every day"));
        assert!(looks_like("daily"));
        for cron in [
            "* * * * *",
            "0 2 * * MON",
            "@daily",
            "*/5 * * * *",
            "1-5 * * * *",
        ] {
            assert!(!looks_like(cron), "{cron}");
        }
    }
}
