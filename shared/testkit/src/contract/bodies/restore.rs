//! Bringing bodies back.

use domain::{RunId, archive::Key, ports::Swung};

use super::{
    BodiesWorld,
    talk::{Talk, all, stored, texts},
};

/// After a restore nobody can tell that the message had been away.
pub async fn a_restored_message_is_as_it_was(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 4).await;
    let before = talk.messages().await;
    talk.archive().await;
    let archived = talk.archived().await;
    assert!(all(&talk.swing_back(&archived).await, Swung::Done));
    assert_eq!(talk.messages().await, before);
    assert!(talk.archived().await.is_empty());

    talk.collect().await;
    assert_eq!(talk.copies().await, 0);
    assert_eq!(talk.messages().await, before);
    let edited = stored(&talk.edit(before[0].id, "edited").await);
    assert_eq!((edited.rev, edited.archived), (2, false));
}

/// Each way raises it by one, and leaves the rev.
pub async fn the_place_rises_with_every_way(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 1).await;
    let hot = talk.due(talk.store()).await[0];
    for round in 1..=3 {
        talk.archive().await;
        let archived = talk.archived().await;
        let place = hot.place + 2 * round - 1;
        assert_eq!(archived, [Key { place, ..hot }]);
        talk.swing_back(&archived).await;
        let place = hot.place + 2 * round;
        assert_eq!(talk.due(talk.store()).await, [Key { place, ..hot }]);
    }
}

/// The rev is as the mover knew it and the message is hot, but its place is another.
pub async fn a_slept_mover_swings_nothing_after_a_restore(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 2).await;
    let slept = talk.due(world.second()).await;
    let run = RunId::new();
    world.second().copy(talk.room, run, &slept).await.unwrap();

    talk.archive().await;
    talk.swing_back(&talk.archived().await).await;
    let before = talk.messages().await;
    let swung = world.second().swing(talk.room, run, &slept).await;
    assert!(all(&swung.unwrap(), Swung::Lost));
    assert_eq!(talk.messages().await, before);
}

/// A restorer that slept over another restore and a new archiving changes nothing.
pub async fn a_slept_restorer_brings_nothing_back_twice(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 2).await;
    talk.archive().await;
    let slept = talk.archived().await;
    assert!(all(&talk.swing_back(&slept).await, Swung::Done));
    assert!(all(&talk.swing_back(&slept).await, Swung::Lost));
    talk.archive().await;
    assert!(all(&talk.swing_back(&slept).await, Swung::Lost));
    assert!(talk.messages().await.iter().all(|message| message.archived));
}

/// Every archiving makes its own copy, so that no older one is mistaken for it.
pub async fn a_message_may_go_and_come_any_number_of_times(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 1).await;
    let id = talk.messages().await[0].id;
    for round in 0..4 {
        let text = format!("round {round}");
        stored(&talk.edit(id, &text).await);
        talk.archive().await;
        assert_eq!(texts(&talk.messages().await), [Some(text.clone())]);
        talk.collect().await;
        assert_eq!(talk.copies().await, 1);
        talk.swing_back(&talk.archived().await).await;
        assert_eq!(texts(&talk.messages().await), [Some(text)]);
    }
}
