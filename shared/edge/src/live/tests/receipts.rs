//! Receipts are stored and told at most once a second, and nothing acknowledged is lost at the end.

use domain::{Code, Mark, Member};
use serde_json::json;
use tokio::time::Instant;

use super::*;

async fn member(house: &House, room: RoomId, user: UserId) -> Member {
    let member = house.store().member(room, user).await.unwrap();
    member.expect("a member")
}

#[tokio::test]
async fn a_receipt_reaches_every_session_and_says_to_ones_own_what_is_unread() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 4).await;
    let head = house.head(room).await;
    let mut near = house.session(&house.one, ann, &[room]).await;
    let mut far = house.session(&house.other, ann, &[room]).await;
    let mut own = house.session(&house.other, bob, &[room]).await;
    let bob_in = member(&house, room, bob).await;

    let receipts = &house.one.receipts;
    receipts.raise(&bob_in, Mark::Read, head - 3).unwrap();
    let said = json!({
        "type": "receipt", "room": room.to_string(), "user": {"id": bob.to_string(), "username": "bob"},
        "read": head - 3, "received": head - 3,
    });
    assert_eq!(near.next().await, said);
    assert_eq!(far.next().await, said, "in the other process");
    let to_bob = own.next().await;
    assert_eq!(
        (&to_bob["unread"], &to_bob["unread_more"]),
        (&json!(3), &json!(false))
    );
    assert_eq!(member(&house, room, bob).await.read, head - 3);

    receipts.raise(&bob_in, Mark::Received, head).unwrap();
    let received = near.next().await;
    assert_eq!(
        (&received["read"], &received["received"]),
        (&json!(head - 3), &json!(head))
    );
    let to_bob = own.next().await;
    assert!(to_bob.get("unread").is_none(), "nothing was read: {to_bob}");
    house.stop().await;
}

#[tokio::test]
async fn many_raises_are_two_receipts() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 50).await;
    let mut listener = house.session(&house.one, ann, &[room]).await;
    let bob_in = member(&house, room, bob).await;
    let (receipts, begun) = (&house.one.receipts, Instant::now());
    receipts.raise(&bob_in, Mark::Read, 5).unwrap();
    assert_eq!(
        listener.next().await["read"],
        5,
        "the first is told at once"
    );
    for seq in [9, 8, 50, 20, 3] {
        receipts.raise(&bob_in, Mark::Read, seq).unwrap();
    }
    let mut seen = bob_in.clone();
    receipts.overlay(&mut seen);
    assert_eq!(
        (seen.read, member(&house, room, bob).await.read),
        (50, 5),
        "not stored yet"
    );
    assert_eq!(listener.next().await["read"], 50);
    assert!(
        begun.elapsed() >= Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(member(&house, room, bob).await.read, 50);
    assert_eq!(listener.all(), [] as [Value; 0]);
    house.stop().await;
}

#[tokio::test]
async fn in_a_large_room_only_ones_own_sessions_hear() {
    let limits = Limits {
        small_room: 2,
        ..Limits::default()
    };
    let house = House::with(limits, LocalPresences::new()).await;
    let people = [
        house.user("ann").await,
        house.user("bob").await,
        house.user("eve").await,
    ];
    let [ann, bob, _] = people;
    let (large, small) = (
        house.room(&people, 3).await,
        house.room(&[ann, bob], 3).await,
    );
    let mut listener = house.session(&house.one, ann, &[large, small]).await;
    let mut own = house.session(&house.other, bob, &[large, small]).await;
    for room in [large, small] {
        let bob_in = member(&house, room, bob).await;
        house.one.receipts.raise(&bob_in, Mark::Read, 2).unwrap();
        assert_eq!(own.next().await["room"], room.to_string());
    }
    assert_eq!(listener.next().await["room"], small.to_string());
    assert_eq!(listener.all(), [] as [Value; 0]);
    house.stop().await;
}

#[tokio::test]
async fn who_is_not_in_the_room_hears_nothing() {
    let house = House::new().await;
    let [ann, bob, eve] = [
        house.user("ann").await,
        house.user("bob").await,
        house.user("eve").await,
    ];
    let room = house.room(&[ann, bob], 3).await;
    let mut listener = house.session(&house.one, ann, &[room]).await;
    let mut stranger = house.session(&house.one, eve, &[]).await;
    let bob_in = member(&house, room, bob).await;
    house.one.receipts.raise(&bob_in, Mark::Read, 2).unwrap();
    house.one.typing.note(room, bob, true);
    for _ in 0..2 {
        listener.next().await;
    }
    assert_eq!(stranger.all(), [] as [Value; 0]);
    house.stop().await;
}

#[tokio::test]
async fn what_waits_at_the_end_is_stored() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 30).await;
    let bob_in = member(&house, room, bob).await;
    let store = Arc::clone(&house.world.ctx.ports.store);
    let receipts = &house.one.receipts;
    receipts.raise(&bob_in, Mark::Read, 3).unwrap();
    until("the first is stored", async || {
        store.member(room, bob).await.unwrap().unwrap().read == 3
    })
    .await;
    receipts.raise(&bob_in, Mark::Read, 20).unwrap();
    receipts.raise(&bob_in, Mark::Received, 25).unwrap();
    house.stop().await;
    let stored = store.member(room, bob).await.unwrap().unwrap();
    assert_eq!((stored.read, stored.received), (20, 25));
}

#[tokio::test]
async fn while_the_store_is_away_so_many_wait_and_no_more() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 3).await;
    let bob_in = member(&house, room, bob).await;
    house.store().close().await;
    let someone = |_| Member {
        user: UserId::new(),
        ..bob_in.clone()
    };
    let raise = |member: Member| house.one.receipts.raise(&member, Mark::Read, 2);
    let refused = (0..70_000).map(someone).map(raise).filter_map(Result::err);
    let refused: Vec<_> = refused.map(|error| error.code()).collect();
    assert_eq!(refused.len(), 70_000 - 64 * 1024);
    assert!(refused.iter().all(|code| *code == Code::Busy));
}
