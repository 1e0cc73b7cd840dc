//! `hubbub migrate`: all that a store keeps, carried over to another one.

use adapters::{
    OpenError,
    transfer::{self, Destination},
};
use settings::Settings;

use super::transfer::Journey;
use crate::{Failure, cli::Migrate, output::Output, server};

/// Does it, or says what it would do.
pub(crate) async fn run(
    asked: &Migrate,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    if !adapters::is_there(settings).map_err(OpenError::from)? {
        let data = settings.data.clone();
        return Err(Failure::Nothing { data });
    }
    let _folder = server::claim(&settings.data)?;
    let source = transfer::source(settings).await?;
    let journey = Journey {
        source: &*source,
        settings,
        to: Destination::At(&asked.to),
        dry_run: asked.dry_run,
    };
    if let Some(target) = journey.go(output).await? {
        conclude((&source.describe(), &target), settings, output);
    }
    Ok(())
}

/// What to do now, in the order in which it is done.
fn conclude((source, target): (&str, &str), settings: &Settings, output: &mut Output<'_>) {
    let (data, blobs) = (settings.data.display(), &settings.backends.blobs_url);
    output.line(&format!(
        "next: set STORE_URL to {target}, and QUEUE_URL as it wants"
    ));
    output.line(&format!(
        "keep {data}: token.secret in it signs what people are logged in with"
    ));
    output.line(&format!(
        "the bytes of files are in no store: they stay where BLOBS_URL says ({blobs}, below {data} if it is a folder)"
    ));
    output.line(&format!(
        "then start the server, and never again one on {source}: both are the same installation"
    ));
}
