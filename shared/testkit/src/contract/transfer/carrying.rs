//! Carrying a store into another place.

use domain::transfer::{Intake, Key, Part, Record};
use uuid::Uuid;

use super::{TransferWorld, all, carry, filled, whole};

/// Every record of it, and the epoch.
pub async fn what_was_carried_is_the_same<W: TransferWorld>(world: &W) {
    filled(world).await;
    let (source, target) = (world.source().await, world.target().await);
    carry(&*source, &*target).await;
    let (here, there) = (whole(&*source).await, whole(&*target).await);
    for (key, record) in &here {
        assert_eq!(there.get(key), Some(record), "{key:?}");
    }
    assert_eq!(there.len(), here.len());
    assert_eq!(target.epoch().await.unwrap(), source.epoch().await.unwrap());
}

/// Of every part, each record that is asked for, and no other.
pub async fn what_was_carried_is_found_by_its_keys<W: TransferWorld>(world: &W) {
    filled(world).await;
    let (source, target) = (world.source().await, world.target().await);
    carry(&*source, &*target).await;
    for part in Part::ALL {
        let records = all(&*source, part, 100).await;
        let keys: Vec<Key> = records.iter().map(Record::key).collect();
        let found = target.find(part, &keys).await.unwrap();
        assert_eq!(found.len(), records.len(), "{part:?}");
        assert!(found.iter().all(|one| records.contains(one)), "{part:?}");
        let first = target.find(part, &keys[..1]).await.unwrap();
        assert_eq!(first, records[..1], "{part:?}");
    }
}

/// What was interrupted is begun again: nothing is doubled, and nothing is written over.
pub async fn what_is_there_stays<W: TransferWorld>(world: &W) {
    filled(world).await;
    let (source, target) = (world.source().await, world.target().await);
    for part in Part::ALL {
        let records = all(&*source, part, 100).await;
        let first = records.iter().take(1).cloned().collect();
        target.import(first).await.unwrap();
        for _ in 0..2 {
            target.import(records.clone()).await.unwrap();
        }
    }
    let before = whole(&*target).await;
    assert_eq!(before, whole(&*source).await);
    let mut users = all(&*target, Part::Users, 100).await;
    for user in &mut users {
        let Record::User(user) = user else { continue };
        user.admin = !user.admin;
        user.password_hash = None;
    }
    target.import(users).await.unwrap();
    assert_eq!(whole(&*target).await, before);
}

/// The newest note counts.
pub async fn a_note_is_there_until_the_store_is_whole<W: TransferWorld>(world: &W) {
    let target = world.target().await;
    assert_eq!(target.intake().await.unwrap(), None);
    let mut note = Intake::begin(Uuid::from_u128(7));
    target.note(&note).await.unwrap();
    assert_eq!(target.intake().await.unwrap(), Some(note.clone()));
    note.part = Part::Members;
    note.after = Some(Key::Pair(Uuid::from_u128(1), Uuid::from_u128(u128::MAX)));
    for _ in 0..2 {
        target.note(&note).await.unwrap();
        assert_eq!(target.intake().await.unwrap(), Some(note.clone()));
    }
    target.finish(note.source).await.unwrap();
    assert_eq!(target.intake().await.unwrap(), None);
    assert_eq!(target.epoch().await.unwrap(), Some(note.source));
}

/// No server shows half of it.
pub async fn a_store_that_is_not_whole_is_not_opened<W: TransferWorld>(world: &W) {
    let target = world.target().await;
    let note = Intake::begin(Uuid::from_u128(7));
    target.note(&note).await.unwrap();
    target.close().await;
    drop(target);
    let refused = world.opened().await.err().expect("it is not whole");
    assert!(refused.contains("not whole"), "{refused}");
    let target = world.target().await;
    target.finish(note.source).await.unwrap();
    target.close().await;
    drop(target);
    let store = world.opened().await.unwrap();
    assert_eq!(store.epoch().await.unwrap(), note.source);
    store.close().await;
}
