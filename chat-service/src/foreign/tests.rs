use domain::{FullName, Reply, RoomId, UserId};

use super::*;
use crate::testing::{World, send};

fn tellings(world: &World) -> Tellings {
    let accounts = Accounts::new(&world.ctx);
    Tellings::new(&world.ctx, &accounts, world.app.clone())
}

fn named(id: &str, name: &str) -> Named {
    let names = FullName::whole(name, "full_name").ok();
    Named {
        id: id.to_owned(),
        names,
    }
}

async fn known(world: &World, id: &str) -> User {
    let found = find(world.store(), &TenantId::default(), id).await;
    found.unwrap().expect("they are known")
}

async fn take(world: &World, told: &[Told]) {
    for told in told {
        let taken = tellings(world).take(&TenantId::default(), told).await;
        taken.expect("it is taken in");
    }
}

/// Every order leads to the same, and so does all of it again.
#[tokio::test]
async fn people_and_friends_come_in_any_order_and_more_than_once() {
    let told = [
        Told::Called(named("7", "Ann Lee")),
        Told::Befriended(named("7", "Anna"), named("8", "Bob Ray")),
        Told::Called(named("8", "Robert Ray")),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let world = World::new();
        for _ in 0..2 {
            take(&world, &order.map(|n: usize| told[n].clone())).await;
        }
        let (ann, bob) = (known(&world, "7").await, known(&world, "8").await);
        assert_eq!(ann.names.written(&ann.username), "Ann Lee", "{order:?}");
        assert_eq!(bob.names.written(&bob.username), "Robert Ray", "{order:?}");
        let room = RoomId::direct(&TenantId::default(), ann.id, bob.id);
        let room = world.view(&acting(&ann), room).await;
        assert_eq!(room.peer.unwrap().user, bob.id);
    }
}

#[tokio::test]
async fn names_of_friends_count_only_for_who_is_new() {
    let world = World::new();
    let called = Told::Called(named("7", "Ann Lee"));
    let friends = Told::Befriended(named("7", "Wrong Name"), named("8", "Bob"));
    take(&world, &[called, friends]).await;
    let ann = known(&world, "7").await;
    assert_eq!(ann.names.written(&ann.username), "Ann Lee");
}

#[tokio::test]
async fn somebody_of_ours_is_known_by_our_id_and_made_by_nobody() {
    let world = World::new();
    let ann = world.person("ann").await;
    let id = ann.user.to_string();
    take(&world, &[Told::Called(named(&id, "Ann Lee"))]).await;
    let user = known(&world, &id).await;
    assert_eq!((user.id, user.alias), (ann.user, None));
    let stranger = UserId::new().to_string();
    take(&world, &[Told::Called(named(&stranger, "Eve"))]).await;
    let eve = known(&world, &stranger).await;
    assert_eq!(eve.alias.as_deref(), Some(stranger.as_str()));
    assert_ne!(eve.id.to_string(), stranger, "ids are ours");
}

#[tokio::test]
async fn a_taken_name_is_numbered() {
    let world = World::new();
    let ann = world.person("Ann").await;
    take(&world, &[Told::Called(named("7", "Ann"))]).await;
    let other = known(&world, "7").await;
    assert_ne!(other.id, ann.user);
    assert!(
        other.username.as_str().starts_with("Ann~"),
        "{}",
        other.username
    );
    assert_eq!(other.names.written(&other.username), "Ann");
}

/// What they said stays, and nothing that is told later brings them back.
#[tokio::test]
async fn who_is_deleted_stays_deleted_and_their_room_stays_for_the_friend() {
    let world = World::new();
    let friends = Told::Befriended(named("7", "Ann Lee"), named("8", "Bob Ray"));
    take(&world, std::slice::from_ref(&friends)).await;
    let (ann, bob) = (known(&world, "7").await, known(&world, "8").await);
    let room = RoomId::direct(&TenantId::default(), ann.id, bob.id);
    world.say(&acting(&bob), room, "hello").await;
    let gone = Told::Deleted(named("8", ""));
    let called = Told::Called(named("8", "Bob Ray"));
    take(&world, &[gone.clone(), called, friends, gone]).await;
    let bob = known(&world, "8").await;
    assert!(!bob.is_there());
    let view = world.view(&acting(&ann), room).await;
    assert_eq!(view.peer.unwrap().full_name(), "Deleted user");
    assert_eq!(view.unread, 1, "what he said is still to be read");
    let more = world.ask(&acting(&ann), send(room, "are you there?")).await;
    assert!(matches!(more, Ok(Reply::Sent { .. })));
    let user = bob.id;
    let anew = world
        .refused(&acting(&ann), Command::OpenDirect { user })
        .await;
    assert_eq!(anew, Code::UserNotFound);
}

#[tokio::test]
async fn who_is_deleted_before_they_are_heard_of_never_comes() {
    let world = World::new();
    let told = [
        Told::Deleted(named("9", "")),
        Told::Called(named("9", "Eve")),
    ];
    take(&world, &told).await;
    let eve = known(&world, "9").await;
    assert!(!eve.is_there());
    assert_eq!(eve.names.written(&eve.username), "Deleted user");
}
