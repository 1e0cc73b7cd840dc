//! `hubbub migrate`: all that a store keeps, carried over to another one.

mod carry;
mod fitness;
mod progress;
mod stop;

use adapters::{OpenError, transfer};
use domain::{
    ports::{Source, Target},
    transfer::{Intake, Part},
};
use settings::Settings;
use uuid::Uuid;

use self::{
    carry::{carry, compare},
    progress::Progress,
};
use crate::{Failure, cli::Migrate, output::Output, server};

pub use stop::Stop;

/// How many records there are of each part.
type Counts = [(Part, u64)];

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
    let epoch = at_rest(&*source).await?;
    let there = transfer::look(settings, &asked.to).await?;
    let begin = fitness::decide(epoch, there.as_deref()).await?;
    drop(there);
    let counts = count(&*source).await?;
    announce(&begin, &counts, output);
    if asked.dry_run {
        output.line("the other store is fit; without --dry-run this would be carried there");
        return Ok(());
    }
    let target = transfer::target(settings, &asked.to).await?;
    let ways = (&*source, &*target);
    let carried = all(ways, begin, &counts, output).await;
    target.close().await;
    carried?;
    conclude(ways, settings, output);
    Ok(())
}

/// The epoch of a store that may be read.
async fn at_rest(source: &dyn Source) -> Result<Uuid, Stop> {
    let name = source.describe();
    let epoch = source.epoch().await?;
    let epoch = epoch.ok_or_else(|| Stop::Empty(name.clone()))?;
    if source.intake().await?.is_some() {
        return Err(Stop::HalfSource(name));
    }
    rests(source).await?;
    Ok(epoch)
}

/// Makes sure that nobody works on a store.
async fn rests(store: &dyn Source) -> Result<(), Stop> {
    match store.unrest().await? {
        None => Ok(()),
        Some(why) => Err(Stop::Unrest {
            name: store.describe(),
            why,
        }),
    }
}

async fn count(source: &dyn Source) -> Result<Vec<(Part, u64)>, Stop> {
    let mut counts = Vec::with_capacity(Part::ALL.len());
    for part in Part::ALL {
        counts.push((part, source.count(part).await?));
    }
    Ok(counts)
}

fn announce(begin: &Intake, counts: &Counts, output: &mut Output<'_>) {
    let rows: Vec<_> = counts
        .iter()
        .map(|(part, count)| vec![part.name().to_owned(), count.to_string()])
        .collect();
    output.table(&["what", "records"], &rows);
    if begin.after.is_some() {
        let part = begin.part.name();
        output.line(&format!(
            "a migration was interrupted: going on with {part}"
        ));
    }
}

/// Carries what is not there yet, compares all, and declares the other store whole.
async fn all(
    (source, target): (&dyn Source, &dyn Target),
    begin: Intake,
    counts: &Counts,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let epoch = begin.source;
    let mut progress = Progress::of("carried", counts, begin.part, output);
    carry((source, target), begin, &mut progress).await?;
    progress.end();
    let mut progress = Progress::of("checked", counts, Part::ALL[0], output);
    let compared = compare((source, target), &mut progress).await?;
    progress.end();
    if let Some(difference) = compared.difference {
        let name = target.describe();
        return Err(Stop::Differs { name, difference });
    }
    // A server that was started meanwhile may yet change what was compared.
    rests(source).await?;
    target.finish(epoch).await?;
    let (records, rows) = (compared.records, compared.rows);
    output.line(&format!(
        "all is there: {records} records are the same in both, {rows} of them rows of logs"
    ));
    Ok(())
}

/// What to do now, in the order in which it is done.
fn conclude(
    (source, target): (&dyn Source, &dyn Target),
    settings: &Settings,
    output: &mut Output<'_>,
) {
    let (source, target) = (source.describe(), target.describe());
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
