//! Typing is heard by the others in the room, in every process.

use serde_json::json;

use super::*;

#[tokio::test]
async fn the_others_hear_who_types_and_who_stops() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let mut near = house.session(&house.one, ann, &[room]).await;
    let mut far = house.session(&house.other, ann, &[room]).await;
    let mut own = house.session(&house.other, bob, &[room]).await;
    house.one.typing.note(room, bob, true);
    let said = |on: bool| {
        json!({
            "type": "typing", "room": room.to_string(), "on": on,
            "user": {"id": bob.to_string(), "username": "bob"},
        })
    };
    for session in [&mut near, &mut far] {
        assert_eq!(session.next().await, said(true));
    }
    house.one.typing.note(room, bob, false);
    for session in [&mut near, &mut far] {
        assert_eq!(session.next().await, said(false));
    }
    assert_eq!(own.all(), [] as [Value; 0]);
    house.stop().await;
}

#[tokio::test]
async fn a_crowd_is_spared_wherever_its_people_type() {
    let limits = Limits {
        typing_per_second: 2,
        ..Limits::default()
    };
    let house = House::with(limits, LocalPresences::new()).await;
    let ann = house.user("ann").await;
    let room = house.room(&[ann], 1).await;
    let mut crowd = Vec::new();
    for _ in 0..101 {
        crowd.push(house.session(&house.one, ann, &[room]).await);
    }
    // Nobody listens in the other process, which lets all pass.
    for _ in 0..50 {
        house.other.hear_typing(room, UserId::new(), true).await;
        house.one.hear_typing(room, UserId::new(), true).await;
    }
    let heard = crowd[0].all().len();
    assert!((1..=4).contains(&heard), "{heard} of 50");
    house.stop().await;
}
