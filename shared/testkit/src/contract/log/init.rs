//! A room's first rows.

use domain::{Change, MemberState, Role, Room, UserId, ports::Rooms};

use super::LogWorld;
use crate::{
    builders::{join, message, new_channel, repeated, stored},
    contract::steps::{append, one, say, whole_log},
};

async fn room_of<S: Rooms + ?Sized>(store: &S, owner: UserId) -> Room {
    let name = format!("room {owner}");
    store.create_room(new_channel(&name, owner)).await.unwrap()
}

/// Whoever writes first finds the maker's membership before its own row.
pub async fn first_rows_come_before_the_first(world: &LogWorld) {
    let store = world.first();
    let owner = UserId::new();
    let room = room_of(store, owner).await;
    assert!(whole_log(store, room.id).await.is_empty());
    let said = say(world.second(), room.id, UserId::new(), "hello").await;
    assert_eq!(said.seq, 2);
    let log = whole_log(store, room.id).await;
    assert_eq!(log[0].id, store.first_rows(room.id).await.unwrap()[0].id);
    assert!(matches!(log[0].change, Change::Member(_)));
    let member = store.member(room.id, owner).await.unwrap().unwrap();
    assert_eq!(
        (member.state, member.role),
        (MemberState::Active, Role::Owner)
    );
    assert_eq!(member.joined_seq, 1);
}

/// Two nodes write first at once.
pub async fn first_rows_are_appended_once_though_two_nodes_begin(world: &LogWorld) {
    for _ in 0..10 {
        let owner = UserId::new();
        let room = room_of(world.first(), owner).await;
        let first = world.first().first_rows(room.id).await.unwrap()[0].id;
        let (a, b) = tokio::join!(
            one(world.first(), room.id, message(owner, "a")),
            one(world.second(), room.id, message(owner, "b")),
        );
        let mut seqs = [stored(&a).seq, stored(&b).seq];
        seqs.sort_unstable();
        assert_eq!(seqs, [2, 3]);
        let log = whole_log(world.first(), room.id).await;
        assert_eq!((log.len(), log[0].id), (3, first));
    }
}

/// A writer that hands the first rows in as a batch finds them stored.
pub async fn appending_the_first_rows_oneself_repeats_them(world: &LogWorld) {
    let store = world.first();
    let room = room_of(store, UserId::new()).await;
    let first = store.first_rows(room.id).await.unwrap();
    let answers = append(store, room.id, first).await;
    assert_eq!(repeated(&answers[0]).seq, 1);
    assert_eq!(whole_log(store, room.id).await.len(), 1);
}

/// A group is made with all who are in it.
pub async fn many_first_rows_come_in_their_order(world: &LogWorld) {
    let store = world.first();
    let owner = UserId::new();
    let joins = (0..100).map(|_| join(UserId::new(), 1));
    let mut new = new_channel(&format!("room {owner}"), owner);
    new.init.extend(joins);
    let room = store.create_room(new.clone()).await.unwrap().id;
    let kept = world.second().first_rows(room).await.unwrap();
    assert_eq!(kept, new.init, "all that was given");
    let said = say(world.second(), room, owner, "hello").await;
    assert_eq!(said.seq, 102);
    let log = whole_log(store, room).await;
    let ids = log.iter().map(|row| row.id).take(101);
    assert!(ids.eq(new.init.iter().map(|row| row.id)));
    assert_eq!(store.count_members(room).await.unwrap(), 101);
    assert_eq!(store.first_rows(room).await.unwrap(), new.init, "they stay");
}
