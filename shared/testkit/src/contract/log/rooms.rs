//! Room rows: the log decides, the room's document follows.

use domain::{
    Appended, Change, NewRoom, Refusal, Rev, Room, RoomChange, RoomId, RoomKind, TenantId, UserId,
};

use super::{LogStore, LogWorld};
use crate::{
    builders::{bare_channel, message, renamed, room_change, room_name, stored},
    contract::steps::{append, channel, one, put, say, whole_log},
};

async fn named(store: &dyn LogStore, name: &str) -> RoomId {
    store.create_room(bare_channel(name)).await.unwrap().id
}

async fn find(store: &dyn LogStore, name: &str) -> Option<RoomId> {
    let tenant = TenantId::default();
    let found = store.room_by_name(&tenant, &room_name(name)).await.unwrap();
    found.map(|room| room.id)
}

async fn read(store: &dyn LogStore, room: RoomId) -> Room {
    let room = store.room(room).await.unwrap();
    room.expect("the room was not deleted")
}

/// It is found by its new name, and the old one is anybody's.
pub async fn a_channel_is_renamed(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = named(store, "old").await;
    let row = put(store, room, renamed(ann, "new", 2)).await;
    assert!(matches!(&row.change, Change::Room(changed) if changed.rev == 2));
    assert_eq!((row.seq, row.generation), (1, 0));
    let now = read(world.second(), room).await;
    assert_eq!((now.name, now.rev), (Some(room_name("new")), 2));
    assert_eq!(find(store, "new").await, Some(room));
    assert_eq!(find(store, "old").await, None);
    let other = named(world.second(), "old").await;
    assert_eq!(find(store, "old").await, Some(other));
    assert_eq!(whole_log(store, room).await, [row]);
}

/// Nothing is stored, and the channel can be called otherwise.
pub async fn a_taken_name_is_refused(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let (room, taken) = (named(store, "mine").await, named(store, "taken").await);
    let rows = vec![
        message(ann, "before"),
        renamed(ann, "taken", 2),
        message(ann, "after"),
    ];
    let answers = append(store, room, rows).await;
    assert_eq!(answers[1], Appended::Refused(Refusal::NameTaken));
    assert_eq!(stored(&answers[2]).seq, 2);
    let now = read(store, room).await;
    assert_eq!((now.name, now.rev), (Some(room_name("mine")), 1));
    assert_eq!(find(store, "taken").await, Some(taken));
    put(store, room, renamed(ann, "free", 2)).await;
    // Its own name is not taken from it by itself.
    put(store, room, renamed(ann, "free", 3)).await;
    assert_eq!(find(store, "free").await, Some(room));
}

/// Names stand for channels only, and for each tenant's own.
pub async fn other_kinds_and_tenants_have_names_of_their_own(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    named(store, "general").await;
    let group = NewRoom {
        kind: RoomKind::Group,
        name: None,
        ..bare_channel("unused")
    };
    let elsewhere = NewRoom {
        tenant: TenantId::new("elsewhere"),
        ..bare_channel("other")
    };
    for new in [group, elsewhere] {
        let room = store.create_room(new).await.unwrap().id;
        put(store, room, renamed(ann, "general", 2)).await;
        assert_eq!(read(store, room).await.name, Some(room_name("general")));
    }
}

/// Read-only, and everybody again.
pub async fn a_room_becomes_read_only_and_back(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = channel(store).await;
    assert!(!read(store, room).await.read_only);
    for (read_only, rev) in [(true, 2), (false, 3)] {
        let change = RoomChange::read_only(read_only);
        put(store, room, room_change(ann, change, rev)).await;
        let now = read(world.second(), room).await;
        assert_eq!((now.read_only, now.rev), (read_only, rev));
    }
}

/// A name and read-only in one row: both, or neither.
pub async fn a_room_changes_whole_or_not_at_all(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = named(store, "one").await;
    named(store, "taken").await;
    let both = |name: &str, rev| {
        let change = RoomChange::Changed {
            name: Some(room_name(name)),
            read_only: Some(true),
        };
        room_change(ann, change, rev)
    };
    let taken = one(store, room, both("taken", 2)).await;
    assert_eq!(taken, Appended::Refused(Refusal::NameTaken));
    let stale = one(store, room, both("two", 1)).await;
    assert_eq!(stale, Appended::Conflict { current: 1 });
    let now = read(world.second(), room).await;
    assert_eq!((now.name, now.read_only), (Some(room_name("one")), false));
    let row = put(store, room, both("two", 2)).await;
    assert_eq!(whole_log(world.second(), room).await, [row]);
    let now = read(world.second(), room).await;
    let wanted = (Some(room_name("two")), true, 2);
    assert_eq!((now.name, now.read_only, now.rev), wanted);
}

/// A decision that was made looking at an older document, or at one that is not yet.
pub async fn a_stale_change_of_a_room_conflicts(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = named(store, "one").await;
    put(store, room, renamed(ann, "two", 2)).await;
    for rev in [1, 2, 4] {
        let answer = one(store, room, renamed(ann, "three", rev)).await;
        assert_eq!(answer, Appended::Conflict { current: 2 });
    }
    assert_eq!(find(store, "three").await, None);
    named(store, "three").await;
    assert_eq!(whole_log(store, room).await.len(), 1);
}

/// Several changes of the room in one batch, some of them stale.
pub async fn changes_of_one_batch_follow_each_other_in_a_room(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = named(store, "one").await;
    named(store, "taken").await;
    let read_only = RoomChange::read_only(true);
    let rows = vec![
        renamed(ann, "taken", 2),
        renamed(ann, "two", 2),
        renamed(ann, "too late", 2),
        room_change(ann, read_only, 3),
        renamed(ann, "three", 4),
        message(ann, "after"),
    ];
    let answers = append(store, room, rows).await;
    assert_eq!(answers[0], Appended::Refused(Refusal::NameTaken));
    assert_eq!(answers[2], Appended::Conflict { current: 2 });
    let seqs = [1, 3, 4, 5].map(|n| stored(&answers[n]).seq);
    assert_eq!(seqs, [1, 2, 3, 4]);
    let now = read(store, room).await;
    assert_eq!((now.name, now.read_only), (Some(room_name("three")), true));
}

/// A rename whose answer was lost is repeated, and no conflict.
pub async fn a_repeated_rename_is_the_original(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let room = named(store, "old").await;
    let new = renamed(ann, "new", 2);
    let row = put(store, room, new.clone()).await;
    assert_eq!(one(world.second(), room, new).await, Appended::Repeat(row));
}

/// Two owners at once: one name comes, and the other's stays free.
pub async fn of_simultaneous_renames_one_wins(world: &LogWorld) {
    let ann = UserId::new();
    let room = named(world.first(), "round 0").await;
    say(world.first(), room, ann, "hello").await;
    for round in 1..=10 {
        let (a, b) = (format!("a {round}"), format!("b {round}"));
        let rev: Rev = round + 1;
        let (one, two) = tokio::join!(
            one(world.first(), room, renamed(ann, &a, rev)),
            one(world.second(), room, renamed(ann, &b, rev)),
        );
        let lost = Appended::Conflict { current: rev };
        let (won, free) = match (&one, &two) {
            (Appended::Stored(_), two) if *two == lost => (a, b),
            (one, Appended::Stored(_)) if *one == lost => (b, a),
            other => panic!("one of two wins: {other:?}"),
        };
        assert_eq!(find(world.second(), &won).await, Some(room));
        named(world.first(), &free).await;
    }
}

/// Two channels want one name.
pub async fn of_simultaneous_renames_to_one_name_one_wins(world: &LogWorld) {
    let ann = UserId::new();
    for round in 0..10 {
        let rooms = [
            named(world.first(), &format!("a {round}")).await,
            named(world.first(), &format!("b {round}")).await,
        ];
        let wanted = format!("wanted {round}");
        let (one, two) = tokio::join!(
            one(world.first(), rooms[0], renamed(ann, &wanted, 2)),
            one(world.second(), rooms[1], renamed(ann, &wanted, 2)),
        );
        let lost = Appended::Refused(Refusal::NameTaken);
        let winner = match (&one, &two) {
            (Appended::Stored(_), two) if *two == lost => rooms[0],
            (one, Appended::Stored(_)) if *one == lost => rooms[1],
            other => panic!("one of two wins: {other:?}"),
        };
        assert_eq!(find(world.first(), &wanted).await, Some(winner));
    }
}
