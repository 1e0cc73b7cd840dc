//! What must not be touched is not.

use domain::{
    HoldId, Seq, Timestamp,
    archive::Hold,
    ports::{Copied, Swung},
};

use super::{
    BodiesWorld,
    talk::{Talk, late, texts},
};

/// From the answer of `place_hold` on, no listing shows what it covers.
pub async fn nothing_held_is_listed(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 5).await;
    place(&talk, 2, 4, None).await;
    let listed = talk.due(world.second()).await;
    let seqs: Vec<Seq> = listed.iter().map(|key| key.seq).collect();
    assert_eq!(seqs, [1, 5]);
    // What is said later and lies in the range is held too.
    place(&talk, 6, 7, None).await;
    talk.say(2).await;
    assert_eq!(talk.due(talk.store()).await.len(), 2);
}

/// The mover had listed, or even copied, before the hold was placed: its keys are old now.
pub async fn a_hold_that_comes_after_the_listing_stops_the_swing(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 3).await;
    let before = talk.messages().await;
    let keys = talk.due(talk.store()).await;
    talk.copy(&keys[1..]).await;
    place(&talk, 1, 2, None).await;
    let copied = talk.copy(&keys).await;
    assert_eq!(copied, [Copied::Moved, Copied::Moved, Copied::Verified]);
    let swung = talk.swing(&keys).await;
    assert_eq!(swung, [Swung::Lost, Swung::Lost, Swung::Done]);
    assert_eq!(texts(&talk.messages().await), texts(&before));
    assert_eq!(talk.messages().await[..2], before[..2]);
}

/// Only while it lasts does a hold hold.
pub async fn a_hold_that_ran_out_or_was_lifted_holds_nothing(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 4).await;
    // Long over by the store's time too, which a mover's step may look at.
    place(&talk, 1, 1, Some(long_ago())).await;
    place(&talk, 2, 2, Some(late())).await;
    let lifted = place(&talk, 3, 3, None).await;
    let due = talk.due(talk.store()).await;
    assert_eq!(due.iter().map(|key| key.seq).collect::<Vec<_>>(), [1, 4]);
    world.second().release_hold(lifted).await.unwrap();
    assert_eq!(talk.archive().await, 3);
}

/// A hold over what is archived already leaves it there, readable, and lets it be restored.
pub async fn a_held_archived_message_stays_readable(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 2).await;
    let before = talk.messages().await;
    talk.archive().await;
    let slept = talk.archived().await;
    place(&talk, 1, 2, None).await;
    talk.collect().await;
    assert_eq!(texts(&talk.messages().await), texts(&before));
    assert_eq!(talk.copies().await, 2);

    talk.swing_back(&slept).await;
    let swung = talk.swing_back(&talk.archived().await).await;
    assert!(swung.iter().all(|swung| *swung == Swung::Done));
    assert_eq!(talk.messages().await, before);
}

fn long_ago() -> Timestamp {
    "2000-01-01T00:00:00Z".parse().expect("a moment")
}

async fn place(talk: &Talk<'_>, from: Seq, through: Seq, until: Option<Timestamp>) -> HoldId {
    let id = HoldId::new();
    let hold = Hold {
        id,
        room: talk.room,
        from,
        through,
        reason: "a case at court".to_owned(),
        by: "ops".to_owned(),
        since: Timestamp::UNIX_EPOCH,
        until,
    };
    talk.store().place_hold(hold).await.unwrap();
    id
}
