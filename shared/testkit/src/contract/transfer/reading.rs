//! Reading a store whole.

use std::collections::HashSet;

use domain::transfer::{Key, Part, Record};

use super::{TransferWorld, all, filled, whole};

/// Whatever the size of the pages; each record once.
pub async fn every_part_is_read_in_pages<W: TransferWorld>(world: &W) {
    filled(world).await;
    let source = world.source().await;
    assert_eq!(source.intake().await.unwrap(), None);
    assert_eq!(source.unrest().await.unwrap(), None);
    for part in Part::ALL {
        let records = all(&*source, part, 2).await;
        let count = source.count(part).await.unwrap();
        assert_eq!(records.len() as u64, count, "{part:?}");
        assert!(count > 0, "nothing of {part:?} was carried: fill it");
        assert!(records.iter().all(|record| record.part() == part));
        let keys: Vec<Key> = records.iter().map(Record::key).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}

/// However often it is read.
pub async fn reading_changes_nothing<W: TransferWorld>(world: &W) {
    filled(world).await;
    let source = world.source().await;
    let (before, epoch) = (whole(&*source).await, source.epoch().await.unwrap());
    drop(source);
    let source = world.source().await;
    assert_eq!(whole(&*source).await, before);
    assert_eq!(source.epoch().await.unwrap(), epoch);
}
