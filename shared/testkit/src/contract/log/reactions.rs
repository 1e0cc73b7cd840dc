//! Reactions: rows of the log that change no message.

use domain::{Appended, Change, MESSAGE_EMOJI, MessageId, Refusal, RoomId, UserId};

use super::{LogStore, LogWorld};
use crate::{
    builders::{deletion, join, message, reaction, stored},
    contract::steps::{append, channel, one, put, say, whole_log},
};

/// Emoji, count and whether it is `viewer`'s own, of one message.
async fn shown(
    store: &dyn LogStore,
    room: RoomId,
    message: MessageId,
    viewer: UserId,
) -> Vec<(String, u64, bool)> {
    let reactions = store.reactions(room, viewer, &[message], 20).await.unwrap();
    let shown = |reaction: &domain::Reaction| {
        let emoji = reaction.emoji.as_str().to_owned();
        (emoji, reaction.count, reaction.me)
    };
    reactions.iter().map(shown).collect()
}

/// Heard as rows, and seen by everybody; the message is what it was.
pub async fn a_reaction_is_set_and_taken_back(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let said = say(store, room, ann, "hello").await;
    let row = put(store, room, reaction(bob, said.id, "+1", true)).await;
    assert!(matches!(&row.change, Change::Reaction(set) if set.set && set.message == said.id));
    assert_eq!((row.seq, row.generation, row.sender), (2, 0, bob));
    let other = world.second();
    let by = async |viewer| shown(other, room, said.id, viewer).await;
    assert_eq!(by(bob).await, [("+1".to_owned(), 1, true)]);
    assert_eq!(by(ann).await, [("+1".to_owned(), 1, false)]);
    put(other, room, reaction(bob, said.id, "+1", false)).await;
    assert!(shown(store, room, said.id, bob).await.is_empty());
    let read = store.message(room, said.id).await.unwrap();
    assert_eq!(read.as_ref(), said.message());
    let log = whole_log(store, room).await;
    assert_eq!((log.len(), &log[1]), (3, &row));
}

/// A second click writes nothing, and neither does taking back what is not there.
pub async fn what_is_so_already_writes_no_row(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "hello").await.id;
    let react = async |set| one(store, room, reaction(ann, said, "+1", set)).await;
    assert_eq!(react(false).await, Appended::Unchanged);
    assert!(matches!(react(true).await, Appended::Stored(_)));
    assert_eq!(react(true).await, Appended::Unchanged);
    assert!(matches!(react(false).await, Appended::Stored(_)));
    assert_eq!(react(false).await, Appended::Unchanged);
    assert_eq!(whole_log(store, room).await.len(), 3);
}

/// A reaction whose answer was lost is repeated, also after it was taken back.
pub async fn a_repeated_reaction_is_the_original(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "hello").await.id;
    let set = reaction(ann, said, "+1", true);
    let row = put(store, room, set.clone()).await;
    put(store, room, reaction(ann, said, "+1", false)).await;
    let again = one(world.second(), room, set).await;
    assert_eq!(again, Appended::Repeat(row));
    assert!(shown(store, room, said, ann).await.is_empty());
}

/// Reactions of a batch see those before them.
pub async fn reactions_of_one_batch_follow_each_other(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = message(ann, "hello");
    let react = |set| reaction(ann, said.id, "+1", set);
    let rows = vec![
        said.clone(),
        react(true),
        react(true),
        react(false),
        react(true),
    ];
    let answers = append(store, room, rows).await;
    let seqs = [0, 1, 3, 4].map(|n| stored(&answers[n]).seq);
    assert_eq!((seqs, &answers[2]), ([1, 2, 3, 4], &Appended::Unchanged));
    let shown = shown(store, room, said.id, ann).await;
    assert_eq!(shown, [("+1".to_owned(), 1, true)]);
}

/// A tombstone, a row that is no message, a message of another room, an id that nobody has.
pub async fn only_what_says_something_is_reacted_to(world: &LogWorld) {
    let store = world.first();
    let (here, there) = (channel(store).await, channel(store).await);
    let ann = UserId::new();
    let gone = say(store, here, ann, "oops").await.id;
    put(store, here, reaction(ann, gone, "+1", true)).await;
    put(store, here, deletion(ann, gone, None)).await;
    let joined = put(store, here, join(ann, 1)).await.id;
    let elsewhere = say(store, there, ann, "elsewhere").await.id;
    for (target, why) in [
        (gone, Refusal::Deleted),
        (joined, Refusal::Missing),
        (elsewhere, Refusal::Missing),
        (MessageId::new(), Refusal::Missing),
    ] {
        for set in [true, false] {
            let answer = one(store, here, reaction(ann, target, "+1", set)).await;
            assert_eq!(answer, Appended::Refused(why));
        }
    }
    assert!(shown(store, here, gone, ann).await.is_empty());
    assert_eq!(whole_log(store, here).await.len(), 4);
}

/// Twenty different ones in one batch and a twenty-first; any number of people may join in.
pub async fn a_message_takes_so_many_different_emoji(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let said = say(store, room, ann, "hello").await.id;
    let emoji = |n| format!("e{n}");
    let react = |n: usize| reaction(ann, said, &emoji(n), true);
    let answers = append(store, room, (0..=MESSAGE_EMOJI).map(react).collect()).await;
    let (last, all) = answers.split_last().expect("one answer per row");
    assert_eq!(last, &Appended::Refused(Refusal::TooManyEmoji));
    assert!(
        all.iter()
            .all(|answer| matches!(answer, Appended::Stored(_)))
    );
    put(store, room, reaction(bob, said, &emoji(3), true)).await;
    put(store, room, reaction(ann, said, &emoji(5), false)).await;
    put(store, room, react(MESSAGE_EMOJI)).await;
    let answer = one(store, room, reaction(bob, said, "more", true)).await;
    assert_eq!(answer, Appended::Refused(Refusal::TooManyEmoji));
    assert_eq!(shown(store, room, said, ann).await.len(), MESSAGE_EMOJI);
}

/// Two devices of one person, clicking: what the last row says is what is shown.
pub async fn the_last_row_says_what_is_set(world: &LogWorld) {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    let said = say(world.first(), room, ann, "hello").await.id;
    let click = async |n: usize| {
        for round in 0..20 {
            let set = (n + round).is_multiple_of(2);
            let answer = one(&*world.node(n), room, reaction(ann, said, "+1", set)).await;
            assert!(
                matches!(answer, Appended::Stored(_) | Appended::Unchanged),
                "{answer:?}"
            );
        }
    };
    tokio::join!(click(0), click(1));
    let log = whole_log(world.first(), room).await;
    let last = log.iter().rev().find_map(|row| match &row.change {
        Change::Reaction(reaction) => Some(reaction.set),
        _ => None,
    });
    for node in [world.first(), world.second()] {
        let set = !shown(node, room, said, ann).await.is_empty();
        assert_eq!(Some(set), last);
    }
}
