//! The deletion of rooms, and what it leaves.

use std::{sync::Arc, time::Duration};

use domain::{
    Appended, Code, Mark, MemberState, NewRoom, Refusal, RoomChange, RoomId, TenantId, Timestamp,
    UserId,
};

use super::{LogStore, LogWorld};
use crate::{
    builders::{bare_channel, join, message, reaction, room_change, room_name, stored},
    contract::steps::{append, channel, one, put, say, whole_log},
};

/// Makes a channel that somebody is in and deletes it.
async fn deleted(store: &dyn LogStore, ann: UserId) -> NewRoom {
    let new = bare_channel("doomed");
    let room = store.create_room(new.clone()).await.unwrap().id;
    put(store, room, join(ann, 1)).await;
    put(store, room, room_change(ann, RoomChange::Deleted, 2)).await;
    new
}

/// In the batch of the deletion, and later, on any node. What was stored before is still known.
pub async fn nothing_follows_a_deletion(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    say(world.second(), room, ann, "first").await;
    let (before, after) = (message(ann, "before"), message(ann, "after"));
    let deletion = room_change(ann, RoomChange::Deleted, 2);
    let rows = vec![before.clone(), deletion.clone(), after.clone()];
    let answers = append(store, room, rows).await;
    assert!(stored(&answers[1]).is_last());
    let refused = Appended::Refused(Refusal::RoomDeleted);
    assert_eq!(answers[2], refused);
    for node in [store, world.second()] {
        assert_eq!(one(node, room, after.clone()).await, refused);
        assert_eq!(one(node, room, join(UserId::new(), 1)).await, refused);
        for known in [&before, &deletion] {
            let repeat = one(node, room, known.clone()).await;
            assert!(matches!(repeat, Appended::Repeat(row) if row.id == known.id));
        }
    }
    let log = whole_log(store, room).await;
    assert_eq!(log.len(), 3);
    assert!(log[2].is_last());
}

/// By no way of finding; its name is another's.
pub async fn a_deleted_room_is_shown_nowhere(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let new = deleted(store, ann).await;
    let (tenant, name) = (TenantId::default(), room_name("doomed"));
    for node in [store, world.second()] {
        assert_eq!(node.room(new.id).await.unwrap(), None);
        assert_eq!(node.room_by_name(&tenant, &name).await.unwrap(), None);
        assert!(node.channels(&tenant, None, 10).await.unwrap().is_empty());
        assert!(node.all_rooms(None, 10).await.unwrap().is_empty());
    }
    let again = store.create_room(bare_channel("doomed")).await.unwrap();
    let found = store.room_by_name(&tenant, &name).await.unwrap();
    assert_eq!(found.map(|room| room.id), Some(again.id));
}

/// Its id is never used again.
pub async fn the_id_of_a_deleted_room_stays_taken(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let new = deleted(store, ann).await;
    let known = world.second().create_room(new.clone()).await.unwrap();
    assert!(known.deleted_at.is_some());
    assert_eq!((known.id, known.rev), (new.id, 2));
    assert_eq!(store.room(new.id).await.unwrap(), None);
}

/// Nobody is in it, nor was; their other rooms are listed in full.
pub async fn nobody_is_in_a_deleted_room(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let mut rooms = Vec::new();
    for _ in 0..4 {
        let room = channel(store).await;
        put(store, room, join(ann, 1)).await;
        rooms.push(room);
    }
    rooms.sort_unstable();
    let gone = rooms.remove(1);
    put(store, gone, room_change(ann, RoomChange::Deleted, 2)).await;
    store.raise_mark(gone, ann, Mark::Read, 1).await.unwrap();
    assert_eq!(store.member(gone, ann).await.unwrap(), None);
    assert!(store.members(gone, None, 10).await.unwrap().is_empty());
    assert_eq!(store.count_members(gone).await.unwrap(), 0);
    assert_eq!(store.count_memberships(ann).await.unwrap(), 3);
    let listed = async |after, limit| -> Vec<RoomId> {
        let page = store.memberships(ann, after, limit).await.unwrap();
        page.iter().map(|member| member.room).collect()
    };
    assert_eq!(listed(None, 2).await, rooms[..2]);
    assert_eq!(listed(Some(rooms[1]), 2).await, rooms[2..]);
    let member = store.member(rooms[0], ann).await.unwrap().unwrap();
    assert_eq!(member.state, MemberState::Active);
}

/// Says things until the room is gone; how many were stored.
async fn chatter(store: Arc<dyn LogStore>, room: RoomId) -> usize {
    let sender = UserId::new();
    for said in 0..500 {
        match one(&*store, room, message(sender, "chatter")).await {
            Appended::Stored(_) => {}
            Appended::Refused(Refusal::RoomDeleted) => return said,
            other => panic!("stored or refused: {other:?}"),
        }
    }
    500
}

/// What was acknowledged is in the log, which is dense and ends with the deletion.
pub async fn a_deletion_under_load_is_the_last_row(world: &LogWorld) {
    for _ in 0..5 {
        let (room, ann) = (channel(world.first()).await, UserId::new());
        let delete = async {
            say(world.first(), room, ann, "the end").await;
            one(
                world.first(),
                room,
                room_change(ann, RoomChange::Deleted, 2),
            )
            .await
        };
        let (one, two, deletion) = tokio::join!(
            chatter(world.node(0), room),
            chatter(world.node(1), room),
            delete,
        );
        let last = stored(&deletion).seq;
        let log = whole_log(world.second(), room).await;
        assert_eq!((log.len() as u64, log.len()), (last, one + two + 2));
    }
}

/// Slice by slice, without touching anything else; the id stays taken, and nothing comes back.
pub async fn deleted_rooms_are_cleared_up(world: &LogWorld) {
    let (store, ann) = (world.first(), UserId::new());
    let kept = channel(store).await;
    let said = say(store, kept, ann, "kept").await;
    put(store, kept, reaction(ann, said.id, "+1", true)).await;
    let new = bare_channel("doomed");
    let room = store.create_room(new.clone()).await.unwrap().id;
    let said = message(ann, "hello");
    let mut rows = vec![
        join(ann, 1),
        said.clone(),
        reaction(ann, said.id, "+1", true),
    ];
    rows.extend((0..20).map(|_| message(ann, "more")));
    append(store, room, rows).await;
    let last = put(store, room, room_change(ann, RoomChange::Deleted, 2)).await;

    let before = last.created_at;
    assert_eq!(store.clear_deleted_rooms(before, 100).await.unwrap(), 0);
    assert_eq!(whole_log(store, room).await.len(), 24);
    let after = before + Duration::from_millis(1);
    let slices = clear(world, after, 5).await;
    assert!(slices > 4, "{slices} slices of five");
    assert!(whole_log(store, room).await.is_empty());
    assert_eq!(store.message(room, said.id).await.unwrap(), None);
    let answer = one(store, room, message(ann, "anybody?")).await;
    assert_eq!(answer, Appended::Refused(Refusal::RoomDeleted));
    assert!(store.create_room(new).await.unwrap().deleted_at.is_some());
    assert_eq!(whole_log(store, kept).await.len(), 2);
    let unknown = store.append(RoomId::new(), vec![message(ann, "x")]).await;
    assert_eq!(unknown.unwrap_err().code(), Code::RoomNotFound);
}

/// Clears until nothing is left, the nodes taking turns; says how many calls that took.
async fn clear(world: &LogWorld, before: Timestamp, limit: usize) -> usize {
    for n in 0..1_000 {
        let cleared = world.node(n).clear_deleted_rooms(before, limit).await;
        let cleared = cleared.unwrap();
        assert!(cleared <= limit as u64);
        if cleared == 0 {
            return n;
        }
    }
    panic!("clearing does not end");
}
