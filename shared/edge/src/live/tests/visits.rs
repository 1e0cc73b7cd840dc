//! Who has a conversation open, whichever process their sockets are in.

use domain::{Card, Visit};

use super::*;

async fn visitor(house: &House, name: &str) -> Card {
    let user = house.user(name).await;
    house.one.cards.learn([user]).await;
    house.one.cards.card(user).expect("a card")
}

async fn finds(house: &House, room: RoomId, card: &Card, there: bool) {
    until("the other process sees it", async || {
        let found = house.other.visitors(room, vec![card.clone()]).await;
        found.is_empty() != there
    })
    .await;
}

#[tokio::test]
async fn who_has_two_tabs_is_there_until_both_are_closed() {
    let house = House::new().await;
    let ann = house.user("ann").await;
    let bob = visitor(&house, "bob").await;
    let room = house.room(&[ann, bob.user], 1).await;
    let visit = Visit {
        room,
        user: bob.user,
    };
    finds(&house, room, &bob, false).await;
    let tab = house.one.visit(visit);
    tab.begin().await;
    finds(&house, room, &bob, true).await;
    let other_tab = house.other.visit(visit);
    other_tab.begin().await;
    drop(tab);
    until("the first process has let go", async || {
        house.one.visits.told().is_empty()
    })
    .await;
    finds(&house, room, &bob, true).await;
    let elsewhere = house.room(&[ann, bob.user], 1).await;
    finds(&house, elsewhere, &bob, false).await;
    drop(other_tab);
    finds(&house, room, &bob, false).await;
    house.stop().await;
}
