//! What the bus lost is found in the store.

use domain::{Row, Seq};

use super::{super::sweep::Sweep, *};

/// Says so many things through the first process; nobody else hears of it.
async fn say(house: &House, room: RoomId, sender: UserId, count: usize) -> Seq {
    let before = house.head(room).await;
    let said = (0..count).map(|n| message(sender, &format!("said {n}")));
    house.store().append(room, said.collect()).await.unwrap();
    show(house, room, before).await
}

/// Shows what was appended after a row in the first process.
async fn show(house: &House, room: RoomId, after: Seq) -> Seq {
    let rows: Vec<Row> = house.store().rows(room, after, 1_000).await.unwrap();
    let last = rows.last().expect("rows").seq;
    house.one.rows(rows).await;
    last
}

fn seqs(heard: &[Value]) -> Vec<Seq> {
    let seq = |frame: &Value| frame["message"]["seq"].as_u64().expect("a message");
    heard.iter().map(seq).collect()
}

#[tokio::test]
async fn rows_that_the_bus_lost_are_delivered_in_order_and_once() {
    let house = House::cut_off().await;
    let ann = house.user("ann").await;
    let room = house.room(&[ann], 1).await;
    let begin = house.head(room).await;
    let mut near = house.session(&house.one, ann, &[room]).await;
    let mut far = house.session(&house.other, ann, &[room]).await;
    let mut sweep = Sweep::new(Arc::clone(&house.other));
    let last = say(&house, room, ann, 300).await;
    let wanted: Vec<Seq> = (begin + 1..=last).collect();
    assert_eq!(seqs(&near.all()), wanted);
    assert!(far.all().is_empty(), "it was lost");
    sweep.look().await.unwrap();
    sweep.look().await.unwrap();
    assert_eq!(seqs(&far.many(300).await), wanted);
    assert!(far.all().is_empty(), "once");
    house.stop().await;
}

#[tokio::test]
async fn whoever_is_behind_a_row_that_is_heard_of_is_told_from_the_store() {
    let house = House::cut_off().await;
    let ann = house.user("ann").await;
    let room = house.room(&[ann], 1).await;
    let begin = house.head(room).await;
    let mut near = house.session(&house.one, ann, &[room]).await;
    let mut far = house.session(&house.other, ann, &[room]).await;
    let last = say(&house, room, ann, 30).await;
    let wanted: Vec<Seq> = (begin + 1..=last).collect();
    assert_eq!(seqs(&near.all()), wanted);
    assert!(far.all().is_empty(), "it was lost");
    for live in [&house.one, &house.other] {
        live.retell(room, last - 10).await;
        live.retell(room, last).await;
    }
    assert_eq!(seqs(&far.many(30).await), wanted);
    assert!(near.all().is_empty(), "once");
    house.stop().await;
}

#[tokio::test]
async fn who_came_in_unheard_hears_the_room() {
    let house = House::cut_off().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann], 3).await;
    let far = house.session(&house.other, bob, &[]).await;
    let before = house.head(room).await;
    let comes = vec![join(bob, 1), message(ann, "welcome")];
    house.store().append(room, comes).await.unwrap();
    show(&house, room, before).await;
    let outbox = &far.seat.subscriber().outbox;
    assert!(outbox.take().is_empty(), "it was lost");
    Sweep::new(Arc::clone(&house.other)).look().await.unwrap();
    let items = Vec::from(outbox.take());
    assert_eq!(
        items[0],
        Item::Began {
            room,
            after: before
        }
    );
    assert_eq!(items.len(), 3, "the coming, and what was said: {items:?}");
    assert_eq!(house.other.hub.live_rooms(), [room]);
    house.stop().await;
}

#[tokio::test]
async fn who_came_in_before_this_process_began_is_not_let_in_again() {
    let house = House::cut_off().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    house.room(&[ann, bob], 3).await;
    house.world.clock.advance(Duration::from_secs(1));
    let ports = &house.world.ctx.ports;
    let fresh = Live::new(NodeId::new(), ports, Arc::clone(&house.limits));
    // He has not listed his rooms yet.
    let session = house.session(&fresh, bob, &[]).await;
    Sweep::new(Arc::clone(&fresh)).look().await.unwrap();
    assert!(session.seat.subscriber().outbox.take().is_empty());
    house.stop().await;
}

#[tokio::test]
async fn who_waits_for_news_looks_where_the_log_is_further() {
    let house = House::cut_off().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let session = Subscriber::new(SessionId::new(), bob, &Native, &house.limits);
    let ear = house.other.notifier.listen(Arc::clone(&session));
    ear.memberships(None).await.unwrap();
    let last = say(&house, room, ann, 1).await;
    ear.told(room, last - 1);
    let mut sweep = Sweep::new(Arc::clone(&house.other));
    sweep.look().await.unwrap();
    let woken = Vec::from(session.outbox.take());
    assert!(woken.contains(&Item::News { room }), "{woken:?}");
    assert!(woken.contains(&Item::Relist), "its turn in the round");
    ear.look(room);
    ear.told(room, last);
    sweep.look().await.unwrap();
    let woken = Vec::from(session.outbox.take());
    assert!(!woken.contains(&Item::News { room }), "it was told");
    house.stop().await;
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_delivered_and_nothing_is_lost() {
    let house = House::cut_off().await;
    let ann = house.user("ann").await;
    let room = house.room(&[ann], 1).await;
    let begin = house.head(room).await;
    let mut near = house.session(&house.one, ann, &[room]).await;
    // One session that hears rooms and news, and one that hears news alone.
    let (notifier, hub) = (&house.one.notifier, &house.one.hub);
    let alone = Subscriber::new(SessionId::new(), ann, &Native, &house.limits);
    let ears = [
        notifier.listen(Arc::clone(near.seat.subscriber())),
        notifier.listen(Arc::clone(&alone)),
    ];
    assert!(house.one.pause());
    assert!(!house.one.pause());
    assert_eq!(alone.outbox.take().len(), 1);
    let heard = near.all();
    assert_eq!(heard.len(), 1, "once: {heard:?}");
    assert_eq!(heard[0]["code"], "unavailable");
    assert_eq!(heard[0]["temporary"], true);
    drop(ears);
    assert!(hub.go_on() && !hub.go_on());

    // What is announced meanwhile is read when the store is there, which here it is.
    assert!(house.one.pause());
    near.all();
    let last = say(&house, room, ann, 3).await;
    let meanwhile = near.many(3).await;
    assert_eq!(seqs(&meanwhile), (begin + 1..=last).collect::<Vec<_>>());
    assert!(hub.go_on());
    house.one.mend().await;
    let next = say(&house, room, ann, 1).await;
    assert_eq!(seqs(&near.all()), [next]);
    house.stop().await;
}
