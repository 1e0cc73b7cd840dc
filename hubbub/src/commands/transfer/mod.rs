//! Carrying one store into another: what `hubbub migrate` and `hubbub import` have in common.

mod carry;
mod fitness;
mod progress;
mod stop;

use adapters::transfer::{self, Destination};
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
use crate::{Failure, output::Output};

pub(crate) use progress::bar;
pub use stop::Stop;

/// How many records there are of each part.
type Counts = [(Part, u64)];

/// What is to be carried where.
pub(crate) struct Journey<'a> {
    /// What is carried. Nobody works on it.
    pub(crate) source: &'a dyn Source,
    pub(crate) settings: &'a Settings,
    pub(crate) to: Destination<'a>,
    /// Only says what would be carried, and whether the other store is fit.
    pub(crate) dry_run: bool,
}

impl Journey<'_> {
    /// Does it, or says what it would do. Gives the store that took the other one in, as people
    /// know it; none after a dry run.
    pub(crate) async fn go(&self, output: &mut Output<'_>) -> Result<Option<String>, Failure> {
        let epoch = at_rest(self.source).await?;
        let there = transfer::look(self.settings, self.to).await?;
        let begin = fitness::decide(epoch, there.as_deref()).await?;
        drop(there);
        let counts = count(self.source).await?;
        announce(&begin, &counts, output);
        if self.dry_run {
            output.line("the other store is fit; without --dry-run this would be carried there");
            return Ok(None);
        }
        let target = transfer::target(self.settings, self.to).await?;
        let carried = all((self.source, &*target), begin, &counts, output).await;
        target.close().await;
        carried?;
        Ok(Some(target.describe()))
    }
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
        output.line(&format!("it was interrupted before: going on with {part}"));
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
