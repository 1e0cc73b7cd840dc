//! Notifications that no log tells.

use domain::{
    Cause, MemberChange, Notification, NotificationId, Role, RoomId, RowId, Seq, Timestamp, UserId,
    notification::{MembershipNews, Position},
};

use super::{OutboxStore, OutboxWorld};
use crate::contract::steps::{channel, clear, say};

fn added(user: UserId, room: RoomId, second: i64, seq: Seq) -> Notification {
    let news = MembershipNews {
        by: UserId::new(),
        change: MemberChange::Joined,
        role: Role::Member,
    };
    Notification {
        id: NotificationId::of(RowId::new(), user),
        receiver: user,
        position: Position {
            at: Timestamp::from_second(second).unwrap(),
            room,
            seq,
        },
        cause: Cause::Membership(news),
    }
}

async fn keep(store: &dyn OutboxStore, notification: &Notification) -> bool {
    let kept = store.keep_notification(notification.clone()).await;
    kept.unwrap()
}

async fn kept(
    store: &dyn OutboxStore,
    user: UserId,
    after: Option<Position>,
    limit: usize,
) -> Vec<Notification> {
    let kept = store.kept_notifications(user, after, limit).await;
    kept.unwrap()
}

/// However often it is kept, in whatever order: once, oldest first, in pages, and only for its
/// receiver.
pub async fn what_is_kept_comes_once_and_by_position(world: &OutboxWorld) {
    let store = world.first();
    let (ann, bob, room) = (UserId::new(), UserId::new(), RoomId::new());
    let mut wanted = [
        added(ann, room, 1, 9),
        added(ann, room, 2, 3),
        added(ann, RoomId::new(), 2, 1),
        added(ann, room, 2, 4),
    ];
    for notification in wanted.iter().rev() {
        assert!(keep(store, notification).await, "it is new");
        assert!(!keep(world.second(), notification).await, "it is known");
    }
    keep(store, &added(bob, room, 1, 9)).await;
    wanted.sort_by_key(|notification| notification.position);
    assert_eq!(kept(store, ann, None, 3).await, wanted[..3]);
    let after = Some(wanted[2].position);
    assert_eq!(kept(store, ann, after, 3).await, wanted[3..]);
    assert_eq!(kept(store, ann, None, 0).await, []);
}

/// Settling is cumulative per room; a late repeat of what was settled brings nothing back.
pub async fn what_is_settled_stays_settled(world: &OutboxWorld) {
    let store = world.first();
    let (ann, room, other) = (UserId::new(), RoomId::new(), RoomId::new());
    let settled = added(ann, room, 1, 3);
    let later = added(ann, room, 2, 4);
    let elsewhere = added(ann, other, 1, 1);
    for notification in [&settled, &later, &elsewhere] {
        keep(store, notification).await;
    }
    let settle = async |through| {
        let any = store.settle_notifications(ann, room, through).await;
        any.unwrap()
    };
    assert!(!settle(2).await);
    assert!(settle(3).await);
    assert!(!settle(3).await, "again changes nothing");
    assert!(!keep(store, &settled).await);
    assert_eq!(
        kept(world.second(), ann, None, 10).await,
        [elsewhere, later]
    );
}

/// The log has messages; a second copy could drift.
pub async fn a_message_is_never_kept(world: &OutboxWorld) {
    let store = world.first();
    let (ann, bob) = (UserId::new(), UserId::new());
    let room = channel(store).await;
    let row = say(store, room, bob, "hello").await;
    let message = row.message().unwrap().clone();
    let notification = Notification {
        cause: Cause::Message(Box::new(message)),
        ..added(ann, room, 1, row.seq)
    };
    assert!(!keep(store, &notification).await);
    assert_eq!(kept(store, ann, None, 10).await, []);
}

/// By age alone, settled or not, no more than asked for at a time.
pub async fn what_is_old_is_forgotten_in_slices(world: &OutboxWorld) {
    let store = world.first();
    let (ann, room) = (UserId::new(), RoomId::new());
    for seq in 1..=5 {
        keep(
            store,
            &added(ann, room, 10 + i64::try_from(seq).unwrap(), seq),
        )
        .await;
    }
    store.settle_notifications(ann, room, 1).await.unwrap();
    let before = Timestamp::from_second(14).unwrap();
    let forget = async |limit| store.forget_notifications(before, limit).await.unwrap();
    assert_eq!(forget(2).await, 2);
    assert_eq!(forget(2).await, 1);
    assert_eq!(forget(2).await, 0);
    let left: Vec<_> = kept(store, ann, None, 10).await;
    let left: Vec<_> = left.iter().map(|kept| kept.position.seq).collect();
    assert_eq!(left, [4, 5]);
}

/// What waits about a room goes when the room is cleared up.
pub async fn nothing_is_kept_of_a_deleted_room(world: &OutboxWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let (gone, stays) = (added(ann, room, 1, 1), added(ann, RoomId::new(), 1, 1));
    let settled = added(ann, room, 2, 2);
    for notification in [&gone, &stays, &settled] {
        keep(store, notification).await;
    }
    clear(store, room).await;
    assert_eq!(kept(store, ann, None, 10).await, [stays]);
    assert!(
        keep(store, &settled).await,
        "nothing is known of it any more"
    );
}
