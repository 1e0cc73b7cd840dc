//! Several at work at full speed, in no order that anybody chose.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::{
    Appended, RunId,
    ports::{Copied, Swung},
};

use super::{
    BodiesWorld, BodyStore,
    talk::{Talk, texts},
};

/// How many messages a run has to do with here.
const MESSAGES: usize = 60;

/// A reader pages through the room without pause while everything goes and comes back: each
/// message is there once, with what it says.
pub async fn a_reader_sees_each_message_once_all_the_while(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, MESSAGES).await;
    let expected = texts(&talk.messages().await);
    let done = AtomicBool::new(false);
    let moves = async {
        for _ in 0..3 {
            move_all(&talk, world.first(), 7).await;
            restore_all(&talk).await;
            world.first().collect(10).await.unwrap();
        }
        done.store(true, Ordering::Release);
    };
    let reads = async {
        let mut rounds = 0;
        while !done.load(Ordering::Acquire) || rounds == 0 {
            let read = talk.read(world.second(), 11).await;
            assert_eq!(texts(&read), expected);
            rounds += 1;
        }
    };
    tokio::join!(moves, reads);
}

/// Whatever was acknowledged beside a run is what is read after it.
pub async fn edits_and_deletions_beside_a_run_are_kept(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, MESSAGES).await;
    let said = talk.messages().await;
    let mut expected = texts(&said);
    let changes = async {
        for (at, message) in said.iter().enumerate().rev() {
            let change = match at % 3 {
                0 => talk.edit(message.id, "edited").await,
                1 => talk.delete(message.id).await,
                _ => continue,
            };
            if matches!(change, Appended::Stored(_)) {
                expected[at] = (at % 3 == 0).then(|| "edited".to_owned());
            }
        }
    };
    tokio::join!(changes, move_all(&talk, world.second(), 4));
    move_all(&talk, world.first(), 100).await;
    assert_eq!(texts(&talk.messages().await), expected);

    talk.collect().await;
    let bodies = expected.iter().flatten().count();
    assert_eq!(talk.copies().await, bodies);
    assert_eq!(texts(&talk.messages().await), expected);
}

/// Together they move each message once.
pub async fn two_movers_at_full_speed_move_each_message_once(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, MESSAGES).await;
    let expected = texts(&talk.messages().await);
    let (one, other) = tokio::join!(
        move_all(&talk, world.first(), 5),
        move_all(&talk, world.second(), 6)
    );
    assert_eq!(one + other, MESSAGES);
    talk.collect().await;
    assert_eq!(talk.copies().await, MESSAGES);
    assert_eq!(texts(&talk.messages().await), expected);
}

/// Moves all that is due in batches, and says how many keys it swung itself.
async fn move_all(talk: &Talk<'_>, store: &dyn BodyStore, batch: usize) -> usize {
    let (run, mut moved) = (RunId::new(), 0);
    loop {
        let due = talk.due(store).await;
        if due.is_empty() {
            return moved;
        }
        for keys in due.chunks(batch) {
            let copied = store.copy(talk.room, run, keys).await.unwrap();
            let verified = keys.iter().zip(copied);
            let verified: Vec<_> = verified
                .filter(|(_, copied)| *copied == Copied::Verified)
                .map(|(key, _)| *key)
                .collect();
            let swung = store.swing(talk.room, run, &verified).await.unwrap();
            moved += swung.iter().filter(|swung| **swung == Swung::Done).count();
        }
    }
}

async fn restore_all(talk: &Talk<'_>) {
    let archived = talk.archived().await;
    for keys in archived.chunks(9) {
        talk.swing_back(keys).await;
    }
}
