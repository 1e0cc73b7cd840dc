//! Member rows: the log decides, the member documents follow.

use domain::{Appended, MemberChange, MemberState, Role, UserId};

use super::LogWorld;
use crate::{
    builders::{join, leave, membership, message, stored},
    contract::steps::{append, channel, one, put, say, whole_log},
};

/// The document says what the row said, and where it was.
pub async fn who_joins_is_a_member_from_that_row_on(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    say(store, room, bob, "before").await;
    let row = put(
        store,
        room,
        membership(ann, MemberChange::Joined, Role::Admin, 1),
    )
    .await;
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!(
        (member.role, member.state, member.rev),
        (Role::Admin, MemberState::Active, 1)
    );
    assert_eq!((member.joined_seq, member.joined_at), (2, row.created_at));
    assert_eq!((member.read, member.received, member.notified), (0, 0, 0));
    assert_eq!(store.member(room, bob).await.unwrap(), None);
}

/// Leaving keeps the document, so that its revision goes on.
pub async fn who_leaves_stays_known(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    put(store, room, join(ann, 1)).await;
    put(store, room, leave(ann, 2)).await;
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!((member.state, member.rev), (MemberState::Left, 2));
    assert_eq!(member.joined_seq, 1);
    assert!(!member.is_active());
}

/// A second join counts from its own row.
pub async fn who_comes_back_goes_on_at_the_next_revision(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    append(store, room, vec![join(ann, 1), leave(ann, 2)]).await;
    say(store, room, UserId::new(), "meanwhile").await;
    put(world.second(), room, join(ann, 3)).await;
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!((member.state, member.rev), (MemberState::Active, 3));
    assert_eq!(member.joined_seq, 4);
}

/// A decision that was made looking at an older document, or at one that is not yet.
pub async fn a_stale_decision_conflicts(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    put(store, room, join(ann, 1)).await;
    for rev in [1, 3] {
        let answer = one(store, room, leave(ann, rev)).await;
        assert_eq!(answer, Appended::Conflict { current: 1 });
    }
    let answer = one(store, room, join(UserId::new(), 2)).await;
    assert_eq!(answer, Appended::Conflict { current: 0 });
    assert_eq!(whole_log(store, room).await.len(), 1);
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!((member.state, member.rev), (MemberState::Active, 1));
}

/// Several changes of several members in one batch.
pub async fn one_batch_may_bring_and_send_away(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let rows = vec![
        join(ann, 1),
        message(ann, "hello"),
        join(bob, 1),
        leave(ann, 2),
        leave(bob, 1),
    ];
    let answers = append(store, room, rows).await;
    let seqs: Vec<_> = answers[..4].iter().map(|a| stored(a).seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    assert_eq!(answers[4], Appended::Conflict { current: 1 });
    let state = async |user| store.member(room, user).await.unwrap().unwrap().state;
    assert_eq!(state(ann).await, MemberState::Left);
    assert_eq!(state(bob).await, MemberState::Active);
}

/// Going and being sent away are not the same.
pub async fn the_removed_are_told_from_those_who_left(world: &LogWorld) {
    let store = world.first();
    let (room, ann, owner) = (channel(store).await, UserId::new(), UserId::new());
    put(store, room, join(ann, 1)).await;
    let mut removal = membership(ann, MemberChange::Removed, Role::Member, 2);
    removal.sender = owner;
    put(store, room, removal).await;
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!((member.state, member.rev), (MemberState::Removed, 2));
}

/// Only rooms that both are in now count.
pub async fn who_shares_a_room_is_found(world: &LogWorld) {
    let store = world.first();
    let (room, other) = (channel(store).await, channel(store).await);
    let [ann, bob, eve, gone, alone] = [(); 5].map(|()| UserId::new());
    let rows = vec![join(ann, 1), join(bob, 1), join(gone, 1), leave(gone, 2)];
    append(store, room, rows).await;
    append(store, other, vec![join(ann, 1), join(bob, 1), join(eve, 1)]).await;
    let sharing = async |user, others: &[UserId]| {
        let mut sharing = store.sharing_rooms(user, others).await.unwrap();
        sharing.sort_unstable();
        sharing
    };
    let mut both = vec![bob, eve];
    both.sort_unstable();
    assert_eq!(sharing(ann, &[bob, eve, gone, alone]).await, both);
    assert_eq!(sharing(gone, &[ann, bob]).await, []);
    assert_eq!(sharing(alone, &[ann]).await, []);
    assert_eq!(sharing(ann, &[]).await, []);
}
