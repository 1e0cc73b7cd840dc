//! What every store promises of [`Source`] and [`Target`]: all that it keeps is read, and what is
//! carried into another one is the same there, and goes on there.

#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod carrying;
mod fill;
pub mod going_on;
pub mod reading;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    ports::{Source, Store, Target},
    transfer::{Key, Part, Record},
};

pub use fill::{Talk, fill};

/// A store, and a place for another one.
#[async_trait]
pub trait TransferWorld: Send + Sync {
    /// The store that is to be carried, to be filled.
    fn store(&self) -> Arc<dyn Store>;

    /// The same store once nobody works on it.
    async fn source(&self) -> Arc<dyn Source>;

    /// The other place, into which it is carried; nothing is there at first.
    async fn target(&self) -> Arc<dyn Target>;

    /// The store at the other place as a server opens it, or why it does not.
    async fn opened(&self) -> Result<Arc<dyn Store>, String>;
}

/// Runs the suite of [`Source`] and [`Target`] on the worlds of `open`.
#[macro_export]
macro_rules! transfer_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, transfer;
            reading: [
                every_part_is_read_in_pages,
                reading_changes_nothing,
            ]
            carrying: [
                what_was_carried_is_the_same,
                what_was_carried_is_found_by_its_keys,
                what_is_there_stays,
                a_note_is_there_until_the_store_is_whole,
                a_store_that_is_not_whole_is_not_opened,
            ]
            going_on: [
                what_was_said_is_shown_and_a_repeat_is_one,
                the_log_goes_on_densely,
                what_was_archived_comes_back,
                what_was_not_published_waits,
            ]
        }
    };
}

/// Fills the store of a world and ends its use.
async fn filled<W: TransferWorld + ?Sized>(world: &W) -> Talk {
    let store = world.store();
    let talk = fill(&*store).await;
    store.close().await;
    talk
}

/// All records of a part, page by page.
pub async fn all<S: Source + ?Sized>(source: &S, part: Part, size: usize) -> Vec<Record> {
    let mut all: Vec<Record> = Vec::new();
    loop {
        let after = all.last().map(Record::key);
        let page = source.page(part, after.as_ref(), size).await.unwrap();
        let end = page.len() < size;
        all.extend(page);
        if end {
            return all;
        }
    }
}

/// All records of a store by their keys.
pub async fn whole<S: Source + ?Sized>(source: &S) -> HashMap<(Part, Key), Record> {
    let mut whole = HashMap::new();
    for part in Part::ALL {
        for record in all(source, part, 100).await {
            let twice = whole.insert((part, record.key()), record);
            assert_eq!(twice, None, "one record of a key");
        }
    }
    whole
}

/// Carries one store into another, a few records at a time, up to its last note.
pub async fn carry(source: &dyn Source, target: &dyn Target) {
    for part in Part::ALL {
        for page in all(source, part, 3).await.chunks(3) {
            target.import(page.to_vec()).await.unwrap();
        }
    }
    let epoch = source.epoch().await.unwrap().expect("an epoch");
    target.finish(epoch).await.unwrap();
}
