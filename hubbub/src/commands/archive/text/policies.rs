//! Policies, schedules and what they mean for a room, as people read them.

use domain::archive::RuledBy;
use protocol::native::archive::{CoverageView, ExplainView, HoldView, PolicyView, ScheduleView};

use super::{count, moment, word};
use crate::output::Output;

/// Policies, one a line.
pub(in crate::commands::archive) fn policies(policies: &[PolicyView], output: &mut Output<'_>) {
    if policies.is_empty() {
        return output
            .line("there is no policy; add one below [[archive.policies]] of the configuration");
    }
    let row = |view: &PolicyView| {
        let policy = &view.policy;
        vec![
            policy.name.clone(),
            word(&policy.action),
            policy.older_than.clone(),
            policy
                .rooms
                .as_ref()
                .map_or("all".to_owned(), |rooms| rooms.join(", ")),
            view.when.english.clone(),
            word(&view.source),
            next(view),
        ]
    };
    let heading = [
        "policy",
        "action",
        "older than",
        "rooms",
        "runs",
        "made by",
        "next",
    ];
    output.table(&heading, &policies.iter().map(row).collect::<Vec<_>>());
}

fn next(view: &PolicyView) -> String {
    match view.when.next.first() {
        _ if view.paused => "paused".to_owned(),
        Some(next) if view.enabled => next.clone(),
        _ => "not enabled".to_owned(),
    }
}

/// What a schedule means.
pub(in crate::commands::archive) fn schedule(view: &ScheduleView, output: &mut Output<'_>) {
    output.line(&format!("cron: {}", view.cron));
    output.line(&format!("in words: {}", view.english));
    for next in &view.next {
        output.line(&format!("next: {next}"));
    }
}

/// Why a room's messages are archived, or are not.
pub(in crate::commands::archive) fn explained(view: &ExplainView, output: &mut Output<'_>) {
    let about = &view.about;
    let name = about.name.clone().unwrap_or_else(|| about.room.to_string());
    let (by, since) = (about.by.clone().unwrap_or_default(), about.since);
    let since = since.map(moment).unwrap_or_default();
    if about.exempt {
        output.line(&format!("`{name}` is exempt, by {by} since {since}"));
    } else if let Some(age) = &about.older_than {
        output.line(&format!(
            "`{name}` has its own age, {age}, by {by} since {since}"
        ));
    } else if about.policy.is_some() {
        output.line(&format!(
            "`{name}` has one policy alone, by {by} since {since}"
        ));
    } else {
        output.line(&format!("`{name}` goes by the policies"));
    }
    if view.policies.is_empty() {
        output.line("no policy covers it");
    }
    for covers in &view.policies {
        output.line(&coverage(covers));
    }
    for held in &view.holds {
        output.line(&hold(held));
    }
}

fn coverage(covers: &CoverageView) -> String {
    let due = match covers.rule {
        RuledBy::Exempt => format!("{} would be due", count(covers.held, "message")),
        _ => format!("{} due, {} held", count(covers.due, "message"), covers.held),
    };
    let next = match &covers.next {
        Some(next) => format!("next {next}"),
        None => "does not run by itself".to_owned(),
    };
    format!(
        "policy {}: {due}, said before {}; {next}",
        covers.name,
        moment(covers.due_before),
    )
}

fn hold(hold: &HoldView) -> String {
    let until = hold
        .until
        .map_or_else(|| "it is released".to_owned(), moment);
    format!(
        "held: {} to {}, by {} ({}), until {until}",
        hold.from, hold.through, hold.by, hold.reason
    )
}
