//! Taking away what a message said, for good.

use domain::{
    MessageId,
    ports::{Copied, Swung},
};

use super::{
    BodiesWorld,
    talk::{Talk, texts},
};

/// After each step of a move an erasure takes the body and every copy that is there.
pub async fn an_erasure_at_any_step_of_a_move_leaves_a_tombstone_and_no_copy(
    world: &dyn BodiesWorld,
) {
    for steps in 0..=4 {
        let talk = Talk::of(world, 1).await;
        let keys = talk.due(talk.store()).await;
        if steps >= 1 {
            talk.copy(&keys).await;
        }
        if steps >= 2 {
            talk.swing(&keys).await;
        }
        if steps >= 3 {
            talk.swing_back(&talk.archived().await).await;
        }
        if steps >= 4 {
            talk.archive().await;
        }
        assert!(erase(&talk, keys[0].id).await);
        talk.collect().await;
        assert_eq!(texts(&talk.messages().await), [None], "after {steps} steps");
        assert_eq!(talk.copies().await, 0, "after {steps} steps");
        assert!(talk.due(talk.store()).await.is_empty());
        assert!(talk.archived().await.is_empty());
    }
}

/// The mover read the body before it was erased. Whatever it still does, nothing of it stays.
pub async fn a_copy_that_a_slept_mover_makes_after_an_erasure_is_collected(
    world: &dyn BodiesWorld,
) {
    let talk = Talk::of(world, 1).await;
    let keys = talk.due(talk.store()).await;
    erase(&talk, keys[0].id).await;
    assert_eq!(talk.copy(&keys).await, [Copied::Moved]);
    assert_eq!(talk.swing(&keys).await, [Swung::Lost]);
    talk.collect().await;
    assert_eq!(talk.copies().await, 0);
    assert_eq!(texts(&talk.messages().await), [None]);
}

/// Erasing is idempotent, and says when there is no such message.
pub async fn erasing_again_changes_nothing(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 2).await;
    let id = talk.messages().await[0].id;
    assert!(erase(&talk, id).await);
    let after = talk.messages().await;
    assert!(erase(&talk, id).await);
    assert_eq!(talk.messages().await, after);
    assert!(!erase(&talk, MessageId::new()).await);
    let elsewhere = Talk::of(world, 1).await.messages().await[0].id;
    assert!(!erase(&talk, elsewhere).await);
}

async fn erase(talk: &Talk<'_>, message: MessageId) -> bool {
    talk.store().erase(talk.room, message).await.unwrap()
}
