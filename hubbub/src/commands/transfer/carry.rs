//! Carrying records page by page, and comparing what is there then.
//!
//! The target's note says how far it is, and is written after the records that it speaks of. So a
//! process may end anywhere: what was carried since the note is carried again, and stays as it is.

use std::{collections::HashMap, time::Duration};

use domain::{
    Result,
    ports::{Source, Target},
    transfer::{Intake, Key, Part, Record},
};

use tokio::time::sleep;

use super::progress::Progress;

/// How many records are under way at once: a message may have 16 KiB.
const PAGE: usize = 500;

/// How often a step is tried whose store is away, or whose answer was lost, and how long after the
/// first time; each pause is twice the one before. All steps may be repeated.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);

async fn patiently<T>(step: impl AsyncFn() -> Result<T>) -> Result<T> {
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        match step().await {
            Err(error) if error.code().temporary() => {}
            done => return done,
        }
        sleep(pause).await;
        pause *= 2;
    }
    step().await
}

/// Carries everything from where the note says.
pub(super) async fn carry(
    (source, target): (&dyn Source, &dyn Target),
    begin: Intake,
    progress: &mut Progress<'_, '_>,
) -> Result<()> {
    patiently(async || target.note(&begin).await).await?;
    let mut after = begin.after;
    for part in begin.part.and_later() {
        loop {
            let page = patiently(async || source.page(*part, after.as_ref(), PAGE).await).await?;
            let (count, last) = (page.len(), page.last().map(Record::key));
            if last.is_some() {
                patiently(async || target.import(page.clone()).await).await?;
                after = last;
                let note = Intake {
                    source: begin.source,
                    part: *part,
                    after: after.clone(),
                };
                patiently(async || target.note(&note).await).await?;
            }
            progress.advance(count);
            if count < PAGE {
                break;
            }
        }
        after = None;
        progress.through(*part);
    }
    Ok(())
}

/// What came of comparing.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// How many records were compared.
    pub(super) records: u64,
    /// How many of them are rows of logs.
    pub(super) rows: u64,
    /// What differs first, in words.
    pub(super) difference: Option<String>,
}

/// Compares every record of the source with the target's, and how many there are.
pub(super) async fn compare(
    (source, target): (&dyn Source, &dyn Target),
    progress: &mut Progress<'_, '_>,
) -> Result<Compared> {
    let mut compared = Compared::default();
    for part in Part::ALL {
        let (mut after, before) = (None, compared.records);
        loop {
            let page = patiently(async || source.page(part, after.as_ref(), PAGE).await).await?;
            let keys: Vec<Key> = page.iter().map(Record::key).collect();
            let found = by_key(patiently(async || target.find(part, &keys).await).await?);
            let count = page.len();
            compared.page(&page, &found);
            progress.advance(count);
            after = keys.into_iter().next_back();
            if count < PAGE || compared.difference.is_some() {
                break;
            }
        }
        if compared.difference.is_none() {
            let there = target.count(part).await?;
            compared.counts(part, compared.records - before, there);
        }
        if compared.difference.is_some() {
            break;
        }
        progress.through(part);
    }
    Ok(compared)
}

fn by_key(records: Vec<Record>) -> HashMap<Key, Record> {
    let keyed = records.into_iter().map(|record| (record.key(), record));
    keyed.collect()
}

impl Compared {
    fn page(&mut self, page: &[Record], found: &HashMap<Key, Record>) {
        for record in page {
            let key = record.key();
            match found.get(&key) {
                Some(there) if there == record => {
                    self.records += 1;
                    self.rows += u64::from(record.part() == Part::Rows);
                }
                there => {
                    let how = there.map_or("is missing", |_| "differs");
                    let part = record.part().name();
                    self.difference = Some(format!("of the {part}, {key} {how}"));
                    return;
                }
            }
        }
    }

    fn counts(&mut self, part: Part, here: u64, there: u64) {
        if here != there {
            let part = part.name();
            self.difference = Some(format!("there are {there} {part} instead of {here}"));
        }
    }
}
