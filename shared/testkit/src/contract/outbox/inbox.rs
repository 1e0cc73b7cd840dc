//! News, derived from the log.

use domain::{Seq, UserId};

use super::OutboxWorld;
use crate::{
    builders::{deletion, edit, join, message},
    contract::steps::{append, channel, put, say},
};

/// Who was away finds what others said.
pub async fn others_messages_come_oldest_first(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let rows = (0..5).map(|n| message(bob, &n.to_string())).collect();
    append(store, room, rows).await;
    let news = store.news(room, ann, 2, 10).await.unwrap();
    let said: Vec<_> = news
        .iter()
        .filter_map(|message| message.content())
        .map(domain::Content::as_text)
        .collect();
    assert_eq!(said, ["2", "3", "4"]);
}

/// No news: what one said oneself, what was taken back, rows that are no messages.
pub async fn ones_own_and_what_is_gone_are_left_out(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    put(store, room, join(bob, 1)).await;
    let gone = say(store, room, bob, "oops").await.id;
    put(store, room, deletion(bob, gone, None)).await;
    say(store, room, ann, "my own").await;
    let kept = say(store, room, bob, "hello").await.id;
    put(store, room, edit(bob, kept, "hello!", None)).await;
    let news = store.news(room, ann, 0, 10).await.unwrap();
    assert_eq!(news.len(), 1);
    assert_eq!((news[0].id, news[0].rev), (kept, 2));
}

/// A page ends at its limit, and the next begins after its last.
pub async fn pages_go_on_after_the_last(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let rows = (0..10).map(|n| message(if n % 2 == 0 { ann } else { bob }, "hello"));
    append(store, room, rows.collect()).await;
    let page = async |after: Seq| -> Vec<_> {
        let news = store.news(room, ann, after, 3).await.unwrap();
        news.iter().map(|message| message.seq).collect()
    };
    assert_eq!(page(0).await, [2, 4, 6]);
    assert_eq!(page(6).await, [8, 10]);
    assert!(page(10).await.is_empty());
}
