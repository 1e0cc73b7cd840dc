//! What is due, listed and counted.

use domain::{
    HoldId, Message, Seq, Timestamp,
    archive::{Due, DueCount, Hold, Key},
};

use super::{
    BodiesWorld,
    talk::{Talk, noon, stored},
};

/// A message of exactly the cutoff is not due, one of a millisecond before is.
pub async fn the_cutoff_is_exclusive(world: &dyn BodiesWorld) {
    let talk = Talk::begin(world).await;
    let mut said = Vec::new();
    for _ in 0..3 {
        said.extend(talk.say(1).await);
        world.tick().await;
    }
    let due = async |cutoff| {
        let due = talk.due_before(cutoff, 0);
        seqs(&talk.store().due(due, noon(), 10).await.unwrap())
    };
    assert!(due(said[0].created_at).await.is_empty());
    assert_eq!(due(said[1].created_at).await, [1]);
    assert_eq!(due(said[2].created_at).await, [1, 2]);
    assert!(due(Timestamp::UNIX_EPOCH).await.is_empty());
}

/// `after` and `limit` page through by rising seq, without a repeat.
pub async fn pages_rise_and_end(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 7).await;
    let page = async |after, limit| {
        let due = Due {
            after,
            ..talk.old()
        };
        seqs(&talk.store().due(due, noon(), limit).await.unwrap())
    };
    assert_eq!(page(0, 3).await, [1, 2, 3]);
    assert_eq!(page(3, 3).await, [4, 5, 6]);
    assert_eq!(page(6, 3).await, [7]);
    assert!(page(7, 3).await.is_empty());
}

/// Tombstones, changes and what is archived already are not due.
pub async fn messages_alone_are_due_and_only_while_they_say_something(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 5).await;
    let said = talk.messages().await;
    stored(&talk.delete(said[0].id).await);
    stored(&talk.edit(said[1].id, "edited").await);
    talk.store().erase(talk.room, said[2].id).await.unwrap();
    let archived = talk.due(talk.store()).await;
    let archived: Vec<Key> = archived.into_iter().filter(|key| key.seq == 4).collect();
    talk.copy(&archived).await;
    talk.swing(&archived).await;

    let due = talk.due(world.second()).await;
    assert_eq!(seqs(&due), [2, 5]);
    assert_eq!((due[0].rev, due[0].bytes), (2, "edited".len() as u64));
}

/// The count is of exactly those that a run would list, with their bytes, ages and revisions.
pub async fn a_dry_run_counts_what_a_run_lists(world: &dyn BodiesWorld) {
    let talk = Talk::begin(world).await;
    let mut said = Vec::new();
    for _ in 0..12 {
        said.extend(talk.say(1).await);
        world.tick().await;
    }
    stored(&talk.delete(said[3].id).await);
    stored(&talk.edit(said[4].id, "short").await);
    for cutoff in [said[0].created_at, said[6].created_at, said[11].created_at] {
        for after in [0, 5, 20] {
            let due = talk.due_before(cutoff, after);
            let keys = talk.store().due(due, noon(), 100).await.unwrap();
            let counted = talk.store().count_due(due, noon()).await.unwrap();
            assert_eq!(counted, count(&keys, &said), "{due:?}");
        }
    }
}

/// What is held is counted, but not among what is due.
pub async fn held_ranges_are_counted_apart(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 10).await;
    let said = talk.messages().await;
    stored(&talk.delete(said[4].id).await);
    for (from, through) in [(2, 5), (4, 6), (10, 99)] {
        let hold = Hold {
            id: HoldId::new(),
            room: talk.room,
            from,
            through,
            reason: "a case at court".to_owned(),
            by: "ops".to_owned(),
            since: noon(),
            until: None,
        };
        talk.store().place_hold(hold).await.unwrap();
    }
    let keys = talk.due(talk.store()).await;
    assert_eq!(seqs(&keys), [1, 7, 8, 9]);
    let counted = talk.store().count_due(talk.old(), noon()).await.unwrap();
    // 2, 3, 4, 6 and 10; 5 is a tombstone.
    let expected = DueCount {
        held: 5,
        ..count(&keys, &said)
    };
    assert_eq!(counted, expected);
}

fn seqs(keys: &[Key]) -> Vec<Seq> {
    keys.iter().map(|key| key.seq).collect()
}

/// Counts listed keys by hand.
fn count(keys: &[Key], said: &[Message]) -> DueCount {
    let at = |key: &Key| {
        let message = said.iter().find(|message| message.id == key.id);
        message.expect("only what was said is due").created_at
    };
    DueCount {
        due: keys.len() as u64,
        held: 0,
        bytes: keys.iter().map(|key| key.bytes).sum(),
        oldest: keys.first().map(at),
        newest: keys.last().map(at),
        revs: keys.iter().map(|key| key.rev).sum(),
    }
}
