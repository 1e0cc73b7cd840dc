//! Reactions as they are shown beside messages.

use domain::{MessageId, Reactor, UserId};

use super::HistoryWorld;
use crate::{
    builders::{deletion, message, reaction},
    contract::steps::{append, channel, put, say},
};

/// By message as asked, then by when the emoji came; people by when they did.
pub async fn reactions_come_by_message_and_then_by_time(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let (one, two) = (message(ann, "one"), message(ann, "two"));
    let rows = vec![
        one.clone(),
        two.clone(),
        reaction(bob, one.id, "z", true),
        reaction(ann, two.id, "heart", true),
        reaction(ann, one.id, "a", true),
        reaction(ann, one.id, "z", true),
    ];
    append(store, room, rows).await;
    let asked = [two.id, MessageId::new(), one.id];
    let shown = world
        .second()
        .reactions(room, bob, &asked, 20)
        .await
        .unwrap();
    let shown: Vec<_> = shown
        .iter()
        .map(|r| {
            (
                r.message,
                r.emoji.as_str(),
                r.count,
                r.me,
                r.users().collect(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (two.id, "heart", 1, false, vec![ann]),
            (one.id, "z", 2, true, vec![bob, ann]),
            (one.id, "a", 1, false, vec![ann]),
        ]
    );
}

/// All are counted, the first are named.
pub async fn the_first_people_are_named(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "hello").await.id;
    let people: Vec<_> = (0..5).map(|_| UserId::new()).collect();
    let rows = people.iter().map(|user| reaction(*user, said, "+1", true));
    append(store, room, rows.collect()).await;
    put(store, room, reaction(people[0], said, "+1", false)).await;
    put(store, room, reaction(people[0], said, "+1", true)).await;
    for users in [0, 3] {
        let shown = store.reactions(room, people[0], &[said], users).await;
        let shown = shown.unwrap().pop().expect("there is a reaction");
        assert_eq!((shown.count, shown.me), (5, true));
        assert_eq!(shown.users().collect::<Vec<_>>(), people[1..=users]);
    }
}

/// Who takes a reaction back and sets it again did so then.
pub async fn a_reaction_tells_when_it_was_set(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "hello").await.id;
    put(store, room, reaction(ann, said, "+1", true)).await;
    put(store, room, reaction(ann, said, "+1", false)).await;
    let again = put(store, room, reaction(ann, said, "+1", true)).await;
    let shown = world.second().reactions(room, ann, &[said], 5).await;
    let shown = shown.unwrap().pop().expect("there is a reaction");
    let expected = Reactor {
        user: ann,
        at: Some(again.created_at),
    };
    assert_eq!(shown.people, [expected]);
}

/// A tombstone shows none, and neither does a message of another room.
pub async fn what_is_gone_has_no_reactions(world: &HistoryWorld) {
    let store = world.first();
    let (here, there) = (channel(store).await, channel(store).await);
    let ann = UserId::new();
    let said = say(store, here, ann, "oops").await.id;
    put(store, here, reaction(ann, said, "+1", true)).await;
    assert!(
        store
            .reactions(there, ann, &[said], 5)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.reactions(here, ann, &[], 5).await.unwrap().is_empty());
    put(store, here, deletion(ann, said, None)).await;
    let shown = world.second().reactions(here, ann, &[said], 5).await;
    assert!(shown.unwrap().is_empty());
}
