//! Cron as plain English: the way back from [`super::english`].
//!
//! What is said here is read there as the same schedule. What plain English has no words for is
//! left to the description of the cron parser.

use super::english::{DAYS, divides};

/// A cron of five or six fields in words that can be read back: "every day at 03:00". `None` when
/// there are none.
pub(super) fn of(cron: &str) -> Option<String> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let (second, rest) = match fields.as_slice() {
        [second, rest @ ..] if rest.len() == 5 => (*second, rest),
        rest => ("0", rest),
    };
    let [minute, hour, day, "*", weekday] = *rest else {
        return None;
    };
    let every = [second, day, weekday] == ["0", "*", "*"];
    let interval = every.then(|| interval(minute, hour)).flatten();
    interval.or_else(|| {
        let times = times(second, minute, hour)?;
        Some(format!("{} at {times}", days(day, weekday)?))
    })
}

fn interval(minute: &str, hour: &str) -> Option<String> {
    let words = match (minute, hour) {
        ("*", "*") => "every minute".to_owned(),
        ("0", "*") => "every hour".to_owned(),
        (minute, "*") => format!("every {} minutes", step(minute, 60)?),
        ("0", hour) => format!("every {} hours", step(hour, 24)?),
        _ => return None,
    };
    Some(words)
}

/// The step of "*/15", if it fits without rest.
fn step(field: &str, whole: u32) -> Option<u32> {
    let step: u32 = field.strip_prefix("*/")?.parse().ok()?;
    (step > 1 && divides(step, whole)).then_some(step)
}

/// "01:00 and 13:00", with seconds where there are some.
fn times(second: &str, minute: &str, hours: &str) -> Option<String> {
    let (second, minute): (u8, u8) = (second.parse().ok()?, minute.parse().ok()?);
    let time = |hour: &str| {
        let hour: u8 = hour.parse().ok()?;
        Some(match second {
            0 => format!("{hour:02}:{minute:02}"),
            _ => format!("{hour:02}:{minute:02}:{second:02}"),
        })
    };
    let times: Vec<String> = hours.split(',').map(time).collect::<Option<_>>()?;
    Some(list(&times))
}

fn days(day: &str, weekday: &str) -> Option<String> {
    match (day, weekday) {
        ("*", "*") => Some("every day".to_owned()),
        ("*", weekday) => week(weekday),
        ("L", "*") => Some("on the last of every month".to_owned()),
        (day, "*") => Some(format!("on the {} of every month", ordinal(day)?)),
        _ => None,
    }
}

fn week(field: &str) -> Option<String> {
    let mut days: Vec<u8> = Vec::new();
    for item in field.split(',') {
        match item.split_once('-') {
            Some((first, last)) => days.extend(number(first)?..=number(last)?),
            None => days.push(number(item)? % 7),
        }
    }
    days.sort_unstable();
    days.dedup();
    match days.as_slice() {
        [] => None,
        [1, 2, 3, 4, 5] => Some("every weekday".to_owned()),
        [0, 6] => Some("every weekend".to_owned()),
        days => {
            let names = days
                .iter()
                .map(|day| Some(DAYS.get(usize::from(*day))?.0.to_owned()));
            Some(format!(
                "every {}",
                list(&names.collect::<Option<Vec<_>>>()?)
            ))
        }
    }
}

/// A day of the week by its number or the three letters that cron knows.
fn number(day: &str) -> Option<u8> {
    let known =
        |(name, number): &(&str, u8)| name[..3].eq_ignore_ascii_case(day).then_some(*number);
    day.parse().ok().or_else(|| DAYS.iter().find_map(known))
}

fn ordinal(day: &str) -> Option<String> {
    let day: u8 = day.parse().ok()?;
    let ending = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    Some(format!("{day}{ending}"))
}

/// "a", "a and b", "a, b and c".
fn list(items: &[String]) -> String {
    match items {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => items.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::english;

    #[test]
    fn cron_in_words() {
        for (cron, words) in [
            ("* * * * *", "every minute"),
            ("0 * * * *", "every hour"),
            ("0 */15 * * * *", "every 15 minutes"),
            ("0 */6 * * *", "every 6 hours"),
            ("0 3 * * *", "every day at 03:00"),
            ("30 59 23 * * 1-5", "every weekday at 23:59:30"),
            ("0 1,13 * * *", "every day at 01:00 and 13:00"),
            ("0 0 * * 6,0", "every weekend at 00:00"),
            (
                "0 9 * * MON,WED,FRI",
                "every monday, wednesday and friday at 09:00",
            ),
            ("0 3 * * 7", "every sunday at 03:00"),
            ("0 4 1 * *", "on the 1st of every month at 04:00"),
            ("0 4 22 * *", "on the 22nd of every month at 04:00"),
            ("0 4 13 * *", "on the 13th of every month at 04:00"),
            ("0 4 L * *", "on the last of every month at 04:00"),
        ] {
            assert_eq!(of(cron).as_deref(), Some(words), "{cron}");
        }
    }

    #[test]
    fn what_has_no_words_gets_none() {
        for cron in [
            "*/7 * * * *",
            "* * * * * *",
            "0 2 * 1 *",
            "0 2 13 * 5",
            "0-30 2 * * *",
            "0 2-4 * * *",
            "0 0 * * MON#2",
            "0 0 15W * *",
            "*/1 * * * *",
        ] {
            assert_eq!(of(cron), None, "{cron}");
        }
    }

    /// Nobody who copies the words gets another schedule.
    #[test]
    fn the_words_are_read_back_as_the_same_schedule() {
        for text in [
            "every minute",
            "every hour",
            "every 20 minutes",
            "every 12 hours",
            "every day at 02:30",
            "every weekday at 23:59:30",
            "every weekend at 00:00",
            "every sunday at 03:00",
            "every tuesday and thursday at 09:00 and 17:00",
            "on the 31st of every month at 04:00",
            "on the last of every month at 04:00",
        ] {
            let cron = english::to_cron(text).unwrap();
            assert_eq!(of(&cron).as_deref(), Some(text), "{cron}");
        }
    }
}
