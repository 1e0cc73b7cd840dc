//! The inbox over several rooms.

use std::time::Duration;

use domain::{
    Cause, Content, Mark, MemberChange, NewChange, NotificationId, Role, RowId,
    notification::{MembershipNews, Rule},
    ports::{Inbox, Log, Members},
};

use super::*;
use crate::testing::World;

async fn all_in_pages(world: &World, user: UserId, limit: usize) -> Vec<String> {
    let (mut texts, mut after) = (Vec::new(), None);
    loop {
        let page = page(&*world.store, user, after, limit).await.unwrap();
        assert!(page.notifications.len() <= limit);
        let text = |n: &Notification| match &n.cause {
            Cause::Message(message) => message.content().unwrap().as_text().to_owned(),
            Cause::Membership(news) => format!("{:?}", news.change),
        };
        texts.extend(page.notifications.iter().map(text));
        let Some(next) = page.next else {
            return texts;
        };
        // A cursor survives being written and read.
        after = Some(next.to_string().parse().unwrap());
    }
}

#[tokio::test]
async fn news_of_all_rooms_comes_oldest_first_in_pages_of_any_size() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut rooms = Vec::new();
    for n in 0..3 {
        rooms.push(world.channel(&format!("r{n}"), ann, &[bob]).await);
    }
    let mut wanted = Vec::new();
    for n in 0..30 {
        world.say(rooms[n % 3], ann, &n.to_string()).await;
        world.say(rooms[n % 3], bob, "my own").await;
        wanted.push(n.to_string());
    }
    for limit in [1, 7, 30, 200] {
        assert_eq!(
            all_in_pages(&world, bob, limit).await,
            wanted,
            "limit {limit}"
        );
    }
}

#[tokio::test]
async fn a_long_inbox_is_read_to_its_end() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let room = world.channel("busy", ann, &[bob]).await;
    let quiet = world.channel("quiet", ann, &[bob]).await;
    let mut wanted = Vec::new();
    for n in 0..350 {
        let room = if n % 100 == 50 { quiet } else { room };
        world.say(room, ann, &n.to_string()).await;
        wanted.push(n.to_string());
    }
    assert_eq!(all_in_pages(&world, bob, 200).await, wanted);
}

#[tokio::test]
async fn messages_of_one_millisecond_are_neither_lost_nor_doubled() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let rooms = [
        world.channel("one", ann, &[bob]).await,
        world.channel("two", ann, &[bob]).await,
    ];
    for n in 0..10 {
        let said = testkit::builders::message(ann, &n.to_string());
        world.append(rooms[n % 2], said).await;
    }
    let mut texts = all_in_pages(&world, bob, 3).await;
    texts.sort();
    let wanted: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(texts, wanted);
}

#[tokio::test]
async fn what_is_settled_or_from_before_one_came_is_no_news() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let room = world.channel("lobby", ann, &[]).await;
    world.say(room, ann, "before").await;
    world.append(room, testkit::builders::join(bob, 1)).await;
    let settled = world.say(room, ann, "settled").await;
    world.say(room, ann, "new").await;
    let mark = Mark::Notified;
    world
        .store
        .raise_mark(room, bob, mark, settled.seq)
        .await
        .unwrap();
    assert_eq!(all_in_pages(&world, bob, 50).await, ["new"]);
    assert!(all_in_pages(&world, ann, 50).await.is_empty());
}

#[tokio::test]
async fn what_is_kept_comes_among_the_messages_by_its_time() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let room = world.channel("lobby", ann, &[bob]).await;
    let before = world.say(room, ann, "before").await;
    let news = MembershipNews {
        by: ann,
        change: MemberChange::Joined,
        role: Role::Member,
    };
    let added = Notification {
        id: NotificationId::of(RowId::new(), bob),
        receiver: bob,
        position: Position {
            at: before.created_at,
            room,
            seq: before.seq + 1,
        },
        cause: Cause::Membership(news),
    };
    assert!(world.store.keep_notification(added).await.unwrap());
    let carol = world.person("carol").await;
    world.append(room, testkit::builders::join(carol, 1)).await;
    world.append(room, testkit::builders::leave(carol, 2)).await;
    world.say(room, ann, "after").await;
    for limit in [1, 2, 50] {
        let all = all_in_pages(&world, bob, limit).await;
        assert_eq!(all, ["before", "Joined", "after"], "limit {limit}");
    }
}

impl World {
    /// Says much within one millisecond.
    async fn babble(&self, room: RoomId, who: UserId, messages: usize) {
        let rows = (0..messages).map(|n| testkit::builders::message(who, &n.to_string()));
        let rows: Vec<_> = rows.collect();
        for rows in rows.chunks(500) {
            self.store.append(room, rows.to_vec()).await.unwrap();
        }
    }

    async fn rule(&self, room: RoomId, user: UserId, rule: Rule) {
        self.store.set_rule(room, user, rule).await.unwrap();
    }

    async fn mention(&self, room: RoomId, who: UserId, whom: UserId) -> Seq {
        let content = Content {
            mentions: vec![whom],
            ..Content::plain("hey")
        };
        let row = testkit::builders::row(who, NewChange::Message { content });
        self.append(room, row).await.seq
    }
}

#[tokio::test]
async fn a_mention_among_very_many_messages_is_found_page_by_page() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let busy = world.channel("busy", ann, &[bob]).await;
    let quiet = world.channel("quiet", ann, &[bob]).await;
    let only = Rule {
        level: Level::Mentions,
        ..Rule::default()
    };
    world.rule(busy, bob, only).await;
    world.babble(busy, ann, LOOKED_AT + 500).await;
    world.mention(busy, ann, bob).await;
    world.say(quiet, ann, "after").await;

    let first = page(&*world.store, bob, None, 10).await.unwrap();
    assert!(first.notifications.is_empty(), "{:?}", first.notifications);
    assert!(first.next.is_some());
    assert_eq!(all_in_pages(&world, bob, 10).await, ["hey", "after"]);
}

#[tokio::test]
async fn what_was_said_while_a_room_was_muted_is_stepped_over() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let room = world.channel("busy", ann, &[bob]).await;
    let begun = world.say(room, ann, "before").await.created_at;
    let hour = Duration::from_secs(3600);
    let rule = Rule::default().muted(begun + Duration::from_secs(1), Some(begun + hour));
    world.rule(room, bob, rule.clone()).await;
    world.clock.advance(Duration::from_secs(2));
    world.babble(room, ann, LOOKED_AT + 500).await;
    world.clock.advance(hour);
    world.say(room, ann, "after").await;

    let whole = page(&*world.store, bob, None, 10).await.unwrap();
    assert_eq!((whole.notifications.len(), whole.next), (2, None));

    let off = Rule {
        level: Level::None,
        ..rule
    };
    world.rule(room, bob, off).await;
    let nothing = page(&*world.store, bob, None, 10).await.unwrap();
    assert_eq!((nothing.notifications.len(), nothing.next), (0, None));
}
