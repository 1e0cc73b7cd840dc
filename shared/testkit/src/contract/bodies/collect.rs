//! Removing copies that no key points to any more.

use super::{
    BodiesWorld,
    talk::{Talk, stored, texts},
};

/// However often it runs, a collection leaves every archived body.
pub async fn nothing_that_a_key_points_to_is_collected(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 5).await;
    talk.archive().await;
    let before = talk.messages().await;
    assert_eq!(talk.collect().await, 0);
    assert_eq!(talk.collect().await, 0);
    assert_eq!(talk.copies().await, 5);
    assert_eq!(talk.messages().await, before);
}

/// No key points to the newest copy before its swing, and it is no garbage.
pub async fn a_copy_that_waits_for_its_swing_is_not_collected(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 3).await;
    let before = texts(&talk.messages().await);
    let keys = talk.due(talk.store()).await;
    talk.copy(&keys).await;
    assert_eq!(talk.collect().await, 0);
    talk.swing(&keys).await;
    assert_eq!(texts(&talk.messages().await), before);
    assert_eq!(talk.copies().await, 3);
}

/// Copies below their key's (rev, place) go, at most `limit` at a time.
pub async fn what_lost_movers_left_is_collected_up_to_the_limit(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 5).await;
    let keys = talk.due(talk.store()).await;
    talk.copy(&keys).await;
    for key in &keys[..4] {
        stored(&talk.edit(key.id, "edited").await);
    }
    assert_eq!(world.second().collect(3).await.unwrap(), 3);
    assert_eq!(world.second().collect(3).await.unwrap(), 1);
    assert_eq!(world.second().collect(3).await.unwrap(), 0);
    assert_eq!(world.copies(keys[4].id).await.len(), 1);
}
