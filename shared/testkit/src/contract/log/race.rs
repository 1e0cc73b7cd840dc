//! Two writers at once.

use std::{collections::HashSet, sync::Arc};

use domain::{Appended, Change, NewRow, RoomId, UserId};
use tokio::task::JoinSet;

use super::{LogStore, LogWorld};
use crate::{
    builders::{edit, join, message, stored},
    contract::steps::{append, channel, one, put, say, whole_log},
};

/// Appends batches of one to five messages, one after the other; returns the rows in the order of
/// their answers.
async fn chatter(store: Arc<dyn LogStore>, room: RoomId, sender: UserId) -> Vec<domain::Row> {
    let mut rows = Vec::new();
    for n in 0..40 {
        let batch = (0..=n % 5).map(|_| message(sender, "chatter")).collect();
        let answers = append(&*store, room, batch).await;
        rows.extend(answers.iter().map(|answer| stored(answer).clone()));
    }
    rows
}

/// What both were answered is exactly what the log holds, each in its own order.
pub async fn two_nodes_in_one_room_stay_dense(world: &LogWorld) {
    let room = channel(world.first()).await;
    let (a, b) = tokio::join!(
        chatter(world.node(0), room, UserId::new()),
        chatter(world.node(1), room, UserId::new()),
    );
    assert!(a.is_sorted_by_key(|row| row.seq));
    assert!(b.is_sorted_by_key(|row| row.seq));
    let mut answered = [a, b].concat();
    answered.sort_unstable_by_key(|row| row.seq);
    assert_eq!(whole_log(world.first(), room).await, answered);
}

/// Rooms do not get into each other's way.
pub async fn many_rooms_at_once_stay_dense(world: &LogWorld) {
    let mut tasks = JoinSet::new();
    let mut rooms = Vec::new();
    for n in 0..8 {
        let room = channel(world.first()).await;
        rooms.push(room);
        tasks.spawn(chatter(world.node(n), room, UserId::new()));
    }
    let answered: usize = tasks.join_all().await.iter().map(Vec::len).sum();
    let mut ids = HashSet::new();
    for room in rooms {
        let log = whole_log(world.first(), room).await;
        ids.extend(log.iter().map(|row| row.id));
    }
    assert_eq!(ids.len(), answered);
}

/// If-Match under a race.
pub async fn of_edits_that_name_a_revision_one_wins(world: &LogWorld) {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    let said = say(world.first(), room, ann, "first").await.id;
    for rev in 1..=10 {
        let (a, b) = tokio::join!(
            one(world.first(), room, edit(ann, said, "a", Some(rev))),
            one(world.second(), room, edit(ann, said, "b", Some(rev))),
        );
        let lost = Appended::Conflict { current: rev + 1 };
        assert!(
            matches!((&a, &b), (Appended::Stored(_), b) if *b == lost)
                || matches!((&a, &b), (a, Appended::Stored(_)) if *a == lost),
            "{a:?}, {b:?}"
        );
    }
}

/// Appends a row until it is no longer beaten to its revision.
async fn insist(store: &dyn LogStore, room: RoomId, row: NewRow) -> Appended {
    loop {
        let answer = one(store, room, row.clone()).await;
        if !matches!(answer, Appended::Conflict { .. }) {
            return answer;
        }
    }
}

/// Who names no revision overwrites. A conflict is allowed under a race; then once more.
pub async fn edits_that_name_none_all_come_to_pass(world: &LogWorld) {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    let said = say(world.first(), room, ann, "first").await.id;
    for round in 0..10 {
        let (a, b) = tokio::join!(
            insist(world.first(), room, edit(ann, said, "a", None)),
            insist(world.second(), room, edit(ann, said, "b", None)),
        );
        let last = stored(&a).seq.max(stored(&b).seq);
        let log = whole_log(world.first(), room).await;
        let newest = log.last().expect("the log has rows");
        assert_eq!(newest.seq, last);
        assert!(matches!(newest.change, Change::Edit(_)));
        let rev = newest.message().map(|message| message.rev);
        assert_eq!(rev, Some(3 + 2 * round));
    }
}

/// A double click on "join".
pub async fn of_simultaneous_joins_one_wins(world: &LogWorld) {
    let room = channel(world.first()).await;
    put(world.first(), room, join(UserId::new(), 1)).await;
    for _ in 0..10 {
        let ann = UserId::new();
        let (a, b) = tokio::join!(
            one(world.first(), room, join(ann, 1)),
            one(world.second(), room, join(ann, 1)),
        );
        let lost = Appended::Conflict { current: 1 };
        let stored = [&a, &b]
            .into_iter()
            .filter(|answer| matches!(answer, Appended::Stored(_)));
        assert_eq!(stored.count(), 1);
        assert!(a == lost || b == lost, "{a:?}, {b:?}");
    }
}
