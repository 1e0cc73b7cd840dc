use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn schedule(text: &str, zone: &str) -> Schedule {
    Schedule::parse(text, zone).unwrap()
}

/// The times of a schedule in a half-open span, as the zone's clock shows them.
fn local_times(text: &str, zone: &str, from: &str, until: &str) -> Vec<String> {
    let schedule = schedule(text, zone);
    let before = at(from) - jiff::SignedDuration::from_nanos(1);
    schedule
        .upcoming(before, 10_000)
        .take_while(|time| *time < at(until))
        .map(|time| schedule.local(time))
        .collect()
}

#[test]
fn a_skipped_time_runs_at_the_next_that_exists() {
    // Europe/London skips 01:00 to 02:00 on 28 March 2027, New York 02:00 to 03:00 on 14 March.
    let london = |text| {
        local_times(
            text,
            "Europe/London",
            "2027-03-28T00:00:00Z",
            "2027-03-28T23:00:00Z",
        )
    };
    let new_york = |text| {
        local_times(
            text,
            "America/New_York",
            "2027-03-14T05:00:00Z",
            "2027-03-15T04:00:00Z",
        )
    };
    assert_eq!(london("30 1 * * *"), ["2027-03-28T02:00:00+01:00"]);
    assert_eq!(london("0,30 1 * * *"), ["2027-03-28T02:00:00+01:00"]);
    assert_eq!(london("30 2 * * *"), ["2027-03-28T02:30:00+01:00"]);
    assert_eq!(new_york("30 2 * * *"), ["2027-03-14T03:00:00-04:00"]);
    assert_eq!(new_york("30 1 * * *"), ["2027-03-14T01:30:00-05:00"]);
    assert_eq!(
        new_york("30 2,3 * * *"),
        ["2027-03-14T03:00:00-04:00", "2027-03-14T03:30:00-04:00"]
    );
}

#[test]
fn a_doubled_time_runs_once_at_its_first() {
    // Europe/London has 01:00 to 02:00 twice on 31 October 2027, New York on 7 November.
    let london = |text| {
        local_times(
            text,
            "Europe/London",
            "2027-10-30T23:00:00Z",
            "2027-11-01T00:00:00Z",
        )
    };
    let new_york = |text| {
        local_times(
            text,
            "America/New_York",
            "2027-11-07T04:00:00Z",
            "2027-11-08T05:00:00Z",
        )
    };
    assert_eq!(london("30 1 * * *"), ["2027-10-31T01:30:00+01:00"]);
    assert_eq!(
        london("0,30 1 * * *"),
        ["2027-10-31T01:00:00+01:00", "2027-10-31T01:30:00+01:00"]
    );
    assert_eq!(london("30 2 * * *"), ["2027-10-31T02:30:00+00:00"]);
    assert_eq!(new_york("30 1 * * *"), ["2027-11-07T01:30:00-04:00"]);
    assert_eq!(new_york("30 2 * * *"), ["2027-11-07T02:30:00-05:00"]);
}

#[test]
fn noon_stays_noon_over_both_changes() {
    for (zone, from, until) in [
        (
            "Europe/London",
            "2027-03-25T00:00:00Z",
            "2027-03-31T00:00:00Z",
        ),
        (
            "Europe/London",
            "2027-10-28T00:00:00Z",
            "2027-11-03T00:00:00Z",
        ),
        (
            "America/New_York",
            "2027-03-11T00:00:00Z",
            "2027-03-17T00:00:00Z",
        ),
        (
            "America/New_York",
            "2027-11-04T00:00:00Z",
            "2027-11-10T00:00:00Z",
        ),
    ] {
        let noons = local_times("0 12 * * *", zone, from, until);
        assert_eq!(noons.len(), 6, "{zone} {noons:?}");
        assert!(
            noons.iter().all(|noon| noon.contains("T12:00:00")),
            "{noons:?}"
        );
    }
}

#[test]
fn midnight_comes_once_on_the_day_of_a_change() {
    let midnights = local_times(
        "0 0 * * *",
        "Europe/London",
        "2027-03-27T12:00:00Z",
        "2027-03-29T12:00:00Z",
    );
    assert_eq!(
        midnights,
        ["2027-03-28T00:00:00+00:00", "2027-03-29T00:00:00+01:00"]
    );
}

#[test]
fn every_hour_means_the_hours_that_pass() {
    let hours = |from, until| local_times("0 * * * *", "Europe/London", from, until).len();
    assert_eq!(hours("2027-03-28T00:00:00Z", "2027-03-28T23:00:00Z"), 23);
    assert_eq!(hours("2027-10-30T23:00:00Z", "2027-11-01T00:00:00Z"), 25);
    let half_hour_zone = local_times(
        "*/15 * * * *",
        "Australia/Lord_Howe",
        "2027-04-03T13:00:00Z",
        "2027-04-03T17:00:00Z",
    );
    assert_eq!(half_hour_zone.len(), 16);
}

#[test]
fn odd_days_of_the_calendar() {
    let times = |text, from, until| local_times(text, "UTC", from, until);
    assert_eq!(
        times("0 0 29 2 *", "2027-01-01T00:00:00Z", "2033-01-01T00:00:00Z"),
        ["2028-02-29T00:00:00+00:00", "2032-02-29T00:00:00+00:00"]
    );
    assert_eq!(
        times("0 0 31 * *", "2027-01-01T00:00:00Z", "2027-06-30T00:00:00Z"),
        [
            "2027-01-31T00:00:00+00:00",
            "2027-03-31T00:00:00+00:00",
            "2027-05-31T00:00:00+00:00"
        ]
    );
    assert_eq!(
        times(
            "59 59 23 31 12 *",
            "2027-01-01T00:00:00Z",
            "2028-12-31T00:00:00Z"
        ),
        ["2027-12-31T23:59:59+00:00"]
    );
    assert_eq!(
        times("0 0 L 2 *", "2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z"),
        ["2027-02-28T00:00:00+00:00", "2028-02-29T00:00:00+00:00"]
    );
}

#[test]
fn schedules_are_told_as_cron_and_in_words() {
    for (text, zone, cron, words) in [
        ("0 2 * * *", "UTC", "0 2 * * *", "every day at 02:00 UTC"),
        (
            "every day at 3",
            "Europe/Berlin",
            "0 3 * * *",
            "every day at 03:00 Europe/Berlin",
        ),
        ("every minute", "UTC", "* * * * *", "every minute UTC"),
        (
            "30 0 2 * * *",
            "UTC",
            "30 0 2 * * *",
            "every day at 02:00:30 UTC",
        ),
        ("0 2 * 1 *", "UTC", "0 2 * 1 *", "at 02:00, in January UTC"),
    ] {
        let schedule = schedule(text, zone);
        assert_eq!(schedule.cron(), cron, "{text}");
        assert_eq!(schedule.english(), words, "{text}");
    }
}

#[test]
fn errors_say_what_is_wrong() {
    for (text, zone, part) in [
        ("", "UTC", "empty"),
        ("* * * *", "UTC", "five or six fields"),
        ("* * * * * * 2027", "UTC", "five or six fields"),
        ("61 * * * *", "UTC", "61"),
        ("0 25 * * *", "UTC", "25"),
        ("@reboot", "UTC", "five or six fields"),
        ("0 0 30 2 *", "UTC", "never comes"),
        ("every fortnight", "UTC", "fortnight"),
        ("* * * * *", "Europe/Londno", "Europe/Londno"),
    ] {
        let error = Schedule::parse(text, zone).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn missed_times_are_counted() {
    let daily = schedule("0 2 * * *", "UTC");
    let (from, until) = (at("2027-01-01T02:00:00Z"), at("2027-01-04T01:00:00Z"));
    assert_eq!(daily.count(from, until, 1_000), 2);
    assert_eq!(daily.count(from, at("2027-01-04T02:00:00Z"), 1_000), 3);
    let each_second = schedule("* * * * * *", "UTC");
    assert_eq!(each_second.count(from, until, 1_000), 1_000);
}

const TEXTS: [&str; 9] = [
    "* * * * *",
    "* * * * * *",
    "0 2 * * *",
    "30 1 * * *",
    "0,30 1-3 * * *",
    "*/7 * * * *",
    "15 1-2 1 * MON",
    "0 0 29 2 *",
    "10 10 */5 * * SUN",
];
const ZONES: [&str; 5] = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The next time is later, no earlier time was left out, and walking on never turns back.
    #[test]
    fn next_rises(text in 0..TEXTS.len(), zone in 0..ZONES.len(), second in 1_600_000_000_i64..2_100_000_000) {
        let schedule = schedule(TEXTS[text], ZONES[zone]);
        let after = Timestamp::from_second(second).unwrap();
        let next = schedule.next(after).unwrap();
        prop_assert!(next > after);
        let between = after + jiff::SignedDuration::from_secs((next.as_second() - second) / 2);
        prop_assert!(between == next || schedule.next(between).unwrap() == next);
        prop_assert!(schedule.next(next).unwrap() > next);
    }

    /// Around the changes, where it could go wrong, every second of the day is a good start.
    #[test]
    fn next_rises_around_changes(text in 0..TEXTS.len(), day in 0..4_usize, second in 0..90_000_i64) {
        let (zone, start) = [
            ("Europe/London", "2027-03-27T23:00:00Z"),
            ("Europe/London", "2027-10-30T22:00:00Z"),
            ("America/New_York", "2027-03-14T03:00:00Z"),
            ("America/New_York", "2027-11-07T03:00:00Z"),
        ][day];
        let schedule = schedule(TEXTS[text], zone);
        let after = at(start) + jiff::SignedDuration::from_secs(second);
        let (next, later) = (schedule.next(after).unwrap(), schedule.next(after + jiff::SignedDuration::from_secs(1)).unwrap());
        prop_assert!(next > after && later >= next);
    }
}
