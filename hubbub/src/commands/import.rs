//! `hubbub import`: what another chat backend keeps, carried into this installation.

use adapters::{
    GoChat, Original,
    transfer::{self, Destination},
};
use domain::{Limits, transfer::Finding};
use settings::Settings;

use super::transfer::{Journey, Stop, bar};
use crate::{
    Failure,
    cli::{self, Import},
    output::Output,
    server,
};

/// Does it, or says what it would do.
pub(crate) async fn run(
    asked: &Import,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let Import::GoChat(asked) = asked;
    go_chat(asked, settings, output).await
}

async fn go_chat(
    asked: &cli::GoChat,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let original = transfer::go_chat(&asked.mongodb).await?;
    // A dry run makes nothing, not even a folder.
    let claims = !asked.dry_run || settings.data.exists();
    let _folder = claims.then(|| server::claim(&settings.data)).transpose()?;
    let (source, findings) = survey(original, &settings.limits, output).await?;
    report(&findings, output);
    let journey = Journey {
        source: &source,
        settings,
        to: Destination::Configured,
        dry_run: asked.dry_run,
    };
    if journey.go(output).await?.is_some() {
        conclude(output);
    }
    Ok(())
}

async fn survey(
    original: Original,
    limits: &Limits,
    output: &mut Output<'_>,
) -> Result<(GoChat, Vec<Finding>), Stop> {
    let place = original.place().to_owned();
    let bar = bar("looked at", original.documents(), "documents");
    let surveyed = original
        .survey(limits, &|seen| bar.set_position(seen))
        .await;
    let seen = bar.position();
    bar.finish_and_clear();
    output.line(&format!("looked at {seen} documents of {place}"));
    Ok(surveyed?)
}

/// Tells what cannot stay as it was.
fn report(findings: &[Finding], output: &mut Output<'_>) {
    if findings.is_empty() {
        output.line("everything can stay as it was");
    }
    for Finding { what, count, first } in findings {
        output.line(&format!("{what}: {count}"));
        for one in first {
            output.line(&format!("    {one}"));
        }
        let more = count - first.len() as u64;
        if more > 0 {
            output.line(&format!("    and {more} more"));
        }
    }
}

/// What to do now, in the order in which it is done.
fn conclude(output: &mut Output<'_>) {
    output.line(
        "next: set SECRET_KEY (or auth.legacy_secret) to the Go backend's, so that the tokens it signed stay good",
    );
    output.line(
        "then start the server, and the Go backend never again: both would go on by themselves",
    );
}
