//! Members and their marks.

use domain::{
    Mark, Member, RoomId, Rule, Timestamp, UserId,
    notification::{Level, Mute},
};

use super::{PeopleStore, PeopleWorld};
use crate::{
    builders::{join, leave},
    contract::steps::{append, channel, put},
};

/// By user id, each once; who left is not among them.
pub async fn active_members_are_listed_in_pages_by_user(world: &PeopleWorld) {
    let store = world.first();
    let room = channel(store).await;
    let mut users: Vec<_> = (0..5).map(|_| UserId::new()).collect();
    let gone = UserId::new();
    let joins = users.iter().chain([&gone]).map(|user| join(*user, 1));
    append(store, room, joins.collect()).await;
    put(store, room, leave(gone, 2)).await;
    users.sort_unstable();
    let members = async |after, limit| -> Vec<_> {
        let page = store.members(room, after, limit).await.unwrap();
        page.iter().map(|member| member.user).collect()
    };
    assert_eq!(members(None, 3).await, users[..3]);
    assert_eq!(members(Some(users[2]), 3).await, users[3..]);
    assert_eq!(store.count_members(room).await.unwrap(), 5);
    assert_eq!(store.count_members(RoomId::new()).await.unwrap(), 0);
}

/// By room id, each once; rooms that were left are not among them.
pub async fn active_memberships_are_listed_in_pages_by_room(world: &PeopleWorld) {
    let store = world.first();
    let ann = UserId::new();
    let mut rooms = Vec::new();
    for _ in 0..5 {
        let room = channel(store).await;
        put(store, room, join(ann, 1)).await;
        rooms.push(room);
    }
    let left = channel(store).await;
    append(store, left, vec![join(ann, 1), leave(ann, 2)]).await;
    rooms.sort_unstable();
    let memberships = async |after, limit| -> Vec<_> {
        let page = store.memberships(ann, after, limit).await.unwrap();
        page.iter().map(|member| member.room).collect()
    };
    assert_eq!(memberships(None, 3).await, rooms[..3]);
    assert_eq!(memberships(Some(rooms[2]), 3).await, rooms[3..]);
    assert_eq!(store.count_memberships(ann).await.unwrap(), 5);
    assert_eq!(store.count_memberships(UserId::new()).await.unwrap(), 0);
}

async fn member(store: &dyn PeopleStore, room: RoomId, user: UserId) -> Member {
    let member = store.member(room, user).await.unwrap();
    member.expect("the user has been in the room")
}

/// Each mark by itself, and never down.
pub async fn marks_only_rise(world: &PeopleWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    put(store, room, join(ann, 1)).await;
    for (mark, seq) in [
        (Mark::Read, 5),
        (Mark::Received, 7),
        (Mark::Notified, 6),
        (Mark::Read, 3),
        (Mark::Notified, 6),
        (Mark::Received, 8),
    ] {
        store.raise_mark(room, ann, mark, seq).await.unwrap();
    }
    let now = member(world.second(), room, ann).await;
    assert_eq!((now.read, now.received, now.notified), (5, 8, 6));
    assert_eq!(now.rev, 1);
}

/// Who comes back finds their marks where they left them.
pub async fn marks_survive_leaving(world: &PeopleWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    put(store, room, join(ann, 1)).await;
    store.raise_mark(room, ann, Mark::Read, 1).await.unwrap();
    append(store, room, vec![leave(ann, 2), join(ann, 3)]).await;
    let now = member(store, room, ann).await;
    assert_eq!((now.read, now.joined_seq, now.rev), (1, 3, 3));
}

/// There is no place to keep it, and no error.
pub async fn a_mark_of_nobody_changes_nothing(world: &PeopleWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    store.raise_mark(room, ann, Mark::Read, 1).await.unwrap();
    assert_eq!(store.member(room, ann).await.unwrap(), None);
}

/// It is one's own choice: neither rows of the log nor marks touch it.
pub async fn a_rule_is_kept_through_leaving_and_marks(world: &PeopleWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    put(store, room, join(ann, 1)).await;
    assert_eq!(member(store, room, ann).await.rule, Rule::default());
    let second = |n| Timestamp::from_second(n).unwrap();
    let rule = Rule {
        level: Level::Mentions,
        mutes: vec![Mute {
            from: second(10),
            until: second(20),
        }],
    };
    store.set_rule(room, ann, rule.clone()).await.unwrap();
    store.raise_mark(room, ann, Mark::Read, 1).await.unwrap();
    append(store, room, vec![leave(ann, 2), join(ann, 3)]).await;
    assert_eq!(member(world.second(), room, ann).await.rule, rule);
    store.set_rule(room, ann, Rule::default()).await.unwrap();
    assert_eq!(member(store, room, ann).await.rule, Rule::default());
    let nobody = store.set_rule(room, UserId::new(), rule).await;
    assert!(nobody.is_ok(), "there is no place to keep it, and no error");
}
