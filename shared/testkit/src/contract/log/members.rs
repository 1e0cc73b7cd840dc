//! Member rows: the log decides, the member documents follow.

use domain::{Appended, MemberChange, MemberState, Refusal, Role, UserId};

use super::LogWorld;
use crate::{
    builders::{deletion, edit, join, leave, membership, message, reaction, stored},
    contract::steps::{append, channel, one, put, say, whole_log},
};

const GONE: Appended = Appended::Refused(Refusal::SenderGone);

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

/// Of those who left or were removed nothing more is stored, on any node, until they are back.
/// What was stored before is still known, and who never was a member is not the log's business.
pub async fn who_is_gone_does_nothing_more(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let before = message(bob, "before");
    append(
        store,
        room,
        vec![join(ann, 1), join(bob, 1), before.clone()],
    )
    .await;
    let said = before.id;
    for (change, rev) in [(MemberChange::Left, 2), (MemberChange::Removed, 4)] {
        put(store, room, membership(bob, change, Role::Member, rev)).await;
        for node in [store, world.second()] {
            for row in [
                message(bob, "after"),
                edit(bob, said, "edited", None),
                reaction(bob, said, "+1", true),
                deletion(bob, said, None),
            ] {
                assert_eq!(one(node, room, row).await, GONE);
            }
            let repeat = one(node, room, before.clone()).await;
            assert!(matches!(repeat, Appended::Repeat(row) if row.id == said));
        }
        say(world.second(), room, ann, "goes on").await;
        put(store, room, join(bob, rev + 1)).await;
        say(world.second(), room, bob, "is back").await;
    }
    say(store, room, UserId::new(), "a stranger").await;
    assert_eq!(whole_log(store, room).await.len(), 12);
}

/// Within one batch, in its order.
pub async fn what_waits_behind_a_removal_is_not_stored(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let rows = vec![
        join(bob, 1),
        message(bob, "one"),
        leave(bob, 2),
        message(bob, "two"),
        message(ann, "three"),
        leave(bob, 2),
        join(bob, 3),
        message(bob, "four"),
    ];
    let answers = append(store, room, rows).await;
    assert_eq!(answers[3], GONE);
    assert_eq!(answers[5], Appended::Conflict { current: 2 });
    let seqs = [0, 1, 2, 4, 6, 7].map(|n| stored(&answers[n]).seq);
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
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
