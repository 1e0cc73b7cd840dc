//! Rows that change what a member may do.

use domain::{Appended, MemberState, Role, UserId};

use super::LogWorld;
use crate::{
    builders::{join, leave, role},
    contract::steps::{append, channel, one, put, whole_log},
};

/// Who is given another role stays where they are.
pub async fn a_role_changes_and_nothing_else(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    append(store, room, vec![join(ann, 1), join(bob, 1)]).await;
    let before = store.member(room, bob).await.unwrap().unwrap();
    put(store, room, role(ann, bob, Role::Admin, 2)).await;
    let after = world.second().member(room, bob).await.unwrap().unwrap();
    let wanted = domain::Member {
        role: Role::Admin,
        rev: 2,
        ..before
    };
    assert_eq!(after, wanted);
    assert_eq!(store.count_members(room).await.unwrap(), 2);
}

/// Two admins at once; or the member is gone by now.
pub async fn a_stale_change_of_a_role_conflicts(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    append(store, room, vec![join(bob, 1), leave(bob, 2)]).await;
    let answer = one(store, room, role(ann, bob, Role::Admin, 2)).await;
    assert_eq!(answer, Appended::Conflict { current: 2 });
    let member = store.member(room, bob).await.unwrap().unwrap();
    assert_eq!(
        (member.role, member.state),
        (Role::Member, MemberState::Left)
    );
    assert_eq!(whole_log(store, room).await.len(), 2);
}

/// A role alone brings nobody into a room.
pub async fn a_role_lets_nobody_in(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    append(store, room, vec![join(bob, 1), leave(bob, 2)]).await;
    for (user, rev) in [(bob, 3), (UserId::new(), 1)] {
        put(store, room, role(ann, user, Role::Admin, rev)).await;
        let member = store.member(room, user).await.unwrap().unwrap();
        assert_eq!((member.state, member.rev), (MemberState::Left, rev));
    }
    assert_eq!(store.count_members(room).await.unwrap(), 0);
}
