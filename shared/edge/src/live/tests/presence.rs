//! Presence is of a user, whichever process their sessions are in.

use domain::{PresenceState, Wish};

use super::*;

/// Who is said to be what, in the order heard.
fn said(frames: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let said = |frame: &Value| (text(&frame["user"]["username"]), text(&frame["state"]));
    frames.iter().map(said).collect()
}

async fn is(house: &House, user: UserId, state: PresenceState) {
    until("the others see it", async || {
        house.other.look(&[user]).await.unwrap()[0].state == state
    })
    .await;
}

fn pair(name: &str, state: &str) -> (String, String) {
    (name.to_owned(), state.to_owned())
}

#[tokio::test]
async fn who_has_two_tabs_is_there_until_both_are_closed() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let mut listener = house.session(&house.one, ann, &[room]).await;

    let tab = house.one.attend(bob);
    assert_eq!(said(&[listener.next().await]), [pair("bob", "online")]);
    let other_tab = house.other.attend(bob);
    is(&house, bob, PresenceState::Online).await;
    drop(tab);
    until("the first process has let go", async || {
        house.one.attendance.told().is_empty()
    })
    .await;
    is(&house, bob, PresenceState::Online).await;
    assert_eq!(listener.all(), [] as [Value; 0]);

    drop(other_tab);
    let gone = listener.next().await;
    assert_eq!(said(std::slice::from_ref(&gone)), [pair("bob", "offline")]);
    let now = house.world.ctx.ports.clock.now().to_string();
    assert_eq!(gone["last_seen"], now);
    let seen = house.other.look(&[bob]).await.unwrap()[0].last_seen;
    assert_eq!(seen.map(|at| at.to_string()), Some(now));
    house.stop().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_again_is_not_told_of() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let mut listener = house.session(&house.one, ann, &[room]).await;
    let tab = house.one.attend(bob);
    assert_eq!(listener.next().await["state"], "online");
    drop(tab);
    let _tab = house.one.attend(bob);
    // Somebody else's departure takes as long as bob's would have.
    let eve = house.user("eve").await;
    let room = house.room(&[ann, eve], 1).await;
    let mut listener_of_both = house.session(&house.one, ann, &[room]).await;
    let visit = house.one.attend(eve);
    assert_eq!(listener_of_both.next().await["state"], "online");
    drop(visit);
    assert_eq!(listener_of_both.next().await["state"], "offline");
    assert_eq!(listener.all(), [] as [Value; 0]);
    house.stop().await;
}

#[tokio::test]
async fn a_wish_is_seen_by_the_others_and_in_ones_own_other_tab() {
    let house = House::new().await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let mut listener = house.session(&house.other, ann, &[room]).await;
    let mut own = house.session(&house.one, bob, &[room]).await;
    let _tab = house.one.attend(bob);
    assert_eq!(listener.next().await["state"], "online");
    for wish in [Wish::Away, Wish::Online, Wish::Busy] {
        house.one.attendance.wish(bob, wish);
    }
    assert_eq!(
        listener.next().await["state"],
        "busy",
        "what changed meanwhile is not told"
    );
    assert_eq!(said(&[own.next().await]), [pair("bob", "busy")]);
    is(&house, bob, PresenceState::Busy).await;
    house.other.attendance.wish(ann, Wish::Busy);
    is(&house, ann, PresenceState::Offline).await;
    house.stop().await;
}

#[tokio::test]
async fn large_rooms_and_strangers_are_not_told() {
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
    let [ann, bob, eve] = people;
    let (large, small) = (
        house.room(&people, 1).await,
        house.room(&[ann, bob], 1).await,
    );
    let mut friend = house.session(&house.one, ann, &[large, small]).await;
    let mut far = house.session(&house.one, eve, &[large]).await;
    let _tab = house.one.attend(bob);
    assert_eq!(friend.next().await["state"], "online");
    assert_eq!(
        friend.all(),
        [] as [Value; 0],
        "once, though they share two rooms"
    );
    assert_eq!(far.all(), [] as [Value; 0]);
    house.stop().await;
}

#[tokio::test]
async fn who_was_in_a_process_that_died_is_told_of_by_another() {
    let ttl = Duration::from_millis(200);
    let house = House::with(Limits::default(), LocalPresences::expiring_after(ttl)).await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let mut listener = house.session(&house.other, ann, &[room]).await;
    let dead = NodeId::new();
    let presences = Arc::clone(&house.one.presences);
    presences.touch(dead, &[bob]).await.unwrap();
    is(&house, bob, PresenceState::Offline).await;
    house.other.renew_presence().await;
    assert_eq!(said(&[listener.next().await]), [pair("bob", "offline")]);
    house.stop().await;
}

#[tokio::test]
async fn who_was_taken_for_gone_by_mistake_is_told_of_again() {
    let ttl = Duration::from_millis(200);
    let house = House::with(Limits::default(), LocalPresences::expiring_after(ttl)).await;
    let (ann, bob) = (house.user("ann").await, house.user("bob").await);
    let room = house.room(&[ann, bob], 1).await;
    let mut listener = house.session(&house.other, ann, &[room]).await;
    let _tab = house.one.attend(bob);
    assert_eq!(listener.next().await["state"], "online");
    // The heartbeat comes too late for this: the entry runs out.
    is(&house, bob, PresenceState::Offline).await;
    house.other.renew_presence().await;
    assert_eq!(listener.next().await["state"], "offline");
    assert_eq!(listener.next().await["state"], "online");
    house.stop().await;
}

#[tokio::test]
async fn who_is_here_at_the_end_was_seen_then() {
    let house = House::new().await;
    let bob = house.user("bob").await;
    let tab = house.one.attend(bob);
    is(&house, bob, PresenceState::Online).await;
    let store = Arc::clone(&house.world.ctx.ports.store);
    let now = house.world.ctx.ports.clock.now();
    house.stop().await;
    drop(tab);
    assert_eq!(store.last_seen(&[bob]).await.unwrap(), [Some(now)]);
}
