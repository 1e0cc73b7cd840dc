//! Heads and rows.

use domain::{Head, RoomId, UserId};

use super::LogWorld;
use crate::{
    builders::{deletion, edit, message},
    contract::steps::{append, channel, put, say, shown, whole_log},
};

/// One head per room asked, in that order, also for what is empty or unknown.
pub async fn heads_come_in_the_order_asked(world: &LogWorld) {
    let store = world.first();
    let ann = UserId::new();
    let (one, two, empty) = (
        channel(store).await,
        channel(store).await,
        channel(store).await,
    );
    say(store, one, ann, "a").await;
    append(store, two, vec![message(ann, "a"), message(ann, "b")]).await;
    let head = |room, seq| Head {
        room,
        seq,
        generation: 0,
    };
    let unknown = RoomId::new();
    let heads = store.heads(&[two, empty, one, unknown, two]).await.unwrap();
    assert_eq!(
        heads,
        [
            head(two, 2),
            head(empty, 0),
            head(one, 1),
            head(unknown, 0),
            head(two, 2)
        ]
    );
    assert!(store.heads(&[]).await.unwrap().is_empty());
}

/// A page begins right after the cursor and holds as many rows as asked.
pub async fn rows_come_in_pages_without_a_hole(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let rows = (0..25).map(|n| message(ann, &n.to_string())).collect();
    append(store, room, rows).await;
    let seqs = async |after, limit| -> Vec<_> {
        let rows = store.rows(room, after, limit).await.unwrap();
        rows.iter().map(|row| row.seq).collect()
    };
    assert_eq!(seqs(0, 3).await, [1, 2, 3]);
    assert_eq!(seqs(3, 2).await, [4, 5]);
    assert_eq!(seqs(23, 10).await, [24, 25]);
    assert!(seqs(25, 10).await.is_empty());
    assert!(seqs(u64::MAX, 10).await.is_empty());
    assert!(store.rows(RoomId::new(), 0, 10).await.unwrap().is_empty());
}

/// Who replays a log sees each message as it is now, in its own row and in those of its changes.
pub async fn rows_show_their_message_as_it_is_now(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let edited = say(store, room, ann, "first").await.id;
    let deleted = say(store, room, ann, "oops").await.id;
    put(store, room, edit(ann, edited, "second", None)).await;
    put(store, room, edit(ann, edited, "third", None)).await;
    put(store, room, deletion(ann, deleted, None)).await;
    let log = whole_log(store, room).await;
    let texts: Vec<_> = log.iter().map(shown).collect();
    let third = Some("third");
    assert_eq!(texts, [third, None, third, third, None]);
    let revs: Vec<_> = log.iter().filter_map(|row| row.message()).collect();
    let revs: Vec<_> = revs.iter().map(|message| message.rev).collect();
    assert_eq!(revs, [3, 2, 3, 3, 2]);
}

/// An answered row is visible to every reader.
pub async fn what_one_node_stored_the_other_reads(world: &LogWorld) {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    for n in 0..20 {
        let row = say(world.first(), room, ann, &n.to_string()).await;
        let heads = world.second().heads(&[room]).await.unwrap();
        assert_eq!(heads[0].seq, row.seq);
        let read = world.second().rows(room, row.seq - 1, 1).await.unwrap();
        assert_eq!(read, [row]);
    }
}
