//! A room with people in it keeps an owner.

use domain::{Appended, Member, MemberChange, Refusal, Role, RoomId, UserId};

use super::LogWorld;
use crate::{
    builders::{join, membership, role},
    contract::steps::{append, channel, one, put},
};

const LAST: Appended = Appended::Refused(Refusal::LastOwner);

fn owns(user: UserId, rev: u64) -> domain::NewRow {
    membership(user, MemberChange::Joined, Role::Owner, rev)
}

fn goes(user: UserId, rev: u64) -> domain::NewRow {
    membership(user, MemberChange::Left, Role::Owner, rev)
}

async fn owners(world: &LogWorld, room: RoomId) -> (usize, usize) {
    let members = world.first().members(room, None, 10).await.unwrap();
    let owns = |member: &&Member| member.role == Role::Owner;
    (members.iter().filter(owns).count(), members.len())
}

/// Going, stepping down and being sent away are refused alike, and change nothing.
pub async fn the_last_owner_stays_with_others(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    append(store, room, vec![owns(ann, 1), join(bob, 1)]).await;
    for row in [
        goes(ann, 2),
        role(ann, ann, Role::Admin, 2),
        membership(ann, MemberChange::Removed, Role::Owner, 2),
    ] {
        assert_eq!(one(world.second(), room, row).await, LAST);
    }
    assert_eq!(owners(world, room).await, (1, 2));
    put(store, room, role(ann, bob, Role::Owner, 2)).await;
    put(store, room, goes(ann, 2)).await;
    assert_eq!(owners(world, room).await, (1, 1));
}

/// Nobody needs an owner where nobody is.
pub async fn who_is_alone_may_go(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let left = membership(bob, MemberChange::Left, Role::Member, 2);
    append(store, room, vec![owns(ann, 1), join(bob, 1), left]).await;
    put(store, room, goes(ann, 2)).await;
    assert_eq!(owners(world, room).await, (0, 0));
}

/// Each row is decided on what those before it leave.
pub async fn one_batch_leaves_an_owner(world: &LogWorld) {
    let store = world.first();
    let room = channel(store).await;
    let [ann, bob, eve] = [(); 3].map(|()| UserId::new());
    let rows = vec![
        owns(ann, 1),
        owns(bob, 1),
        join(eve, 1),
        goes(ann, 2),
        goes(bob, 2),
        role(bob, eve, Role::Owner, 2),
        goes(bob, 2),
    ];
    let answers = append(store, room, rows).await;
    let stored = |answer: &Appended| matches!(answer, Appended::Stored(_));
    let refused: Vec<_> = answers.iter().filter(|answer| !stored(answer)).collect();
    assert_eq!(refused, [&answers[4]]);
    assert_eq!(answers[4], LAST);
    assert_eq!(owners(world, room).await, (1, 1));
}

/// It was decided looking at those who have left since.
pub async fn nobody_comes_into_a_deserted_room_without_owning_it(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    append(store, room, vec![owns(ann, 1), goes(ann, 2)]).await;
    let answer = one(world.second(), room, join(bob, 1)).await;
    assert_eq!(answer, Appended::Conflict { current: 0 });
    put(world.second(), room, owns(bob, 1)).await;
    put(store, room, join(ann, 3)).await;
    assert_eq!(owners(world, room).await, (1, 2));
}

/// On two nodes, with somebody else in the room.
pub async fn of_two_last_owners_who_go_at_once_one_stays(world: &LogWorld) {
    for _ in 0..10 {
        let store = world.first();
        let room = channel(store).await;
        let [ann, bob, eve] = [(); 3].map(|()| UserId::new());
        append(store, room, vec![owns(ann, 1), owns(bob, 1), join(eve, 1)]).await;
        let (a, b) = tokio::join!(
            one(world.first(), room, goes(ann, 2)),
            one(world.second(), room, goes(bob, 2)),
        );
        let refused = [&a, &b].map(|answer| *answer == LAST);
        assert!(refused[0] != refused[1], "one goes: {a:?}, {b:?}");
        assert_eq!(owners(world, room).await, (1, 2));
    }
}

/// On two nodes: whoever is second hears of the first.
pub async fn of_a_last_owner_who_goes_and_one_who_comes_one_owns_the_room(world: &LogWorld) {
    for _ in 0..10 {
        let store = world.first();
        let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
        put(store, room, owns(ann, 1)).await;
        let (left, came) = tokio::join!(
            one(world.first(), room, goes(ann, 2)),
            one(world.second(), room, join(bob, 1)),
        );
        match (&left, &came) {
            (Appended::Stored(_), Appended::Conflict { current: 0 }) => {
                assert_eq!(owners(world, room).await, (0, 0));
            }
            (answer, Appended::Stored(_)) if *answer == LAST => {
                assert_eq!(owners(world, room).await, (1, 2));
            }
            other => panic!("one of them decides anew: {other:?}"),
        }
    }
}
