//! Old changes are dropped, and nothing else is.

use std::time::Duration;

use domain::{
    Appended, Change, Head, MemberState, NewRow, Refusal, Role, RoomChange, RoomId, Row, Seq,
    Timestamp, UserId, missing_after,
    ports::{Dropped, Log, Outbox},
};

use super::LogWorld;
use crate::{
    builders::{
        archive, bare_channel, deletion, edit, join, leave, message, new_channel, reaction,
        renamed, repeated, role, room_change, stored,
    },
    contract::steps::{append, channel, one, put, say, shown},
};

/// Later than every row of a test.
const LATER: Timestamp = Timestamp::MAX;

/// Publishes all that is marked, as a relay does.
async fn publish<S: Outbox + ?Sized>(store: &S) {
    let marked = store.marked(LATER, 10_000).await.unwrap();
    let rows: Vec<_> = marked.iter().map(|envelope| envelope.id).collect();
    store.clear_marks(&rows).await.unwrap();
}

/// Drops changes from before a moment, from the oldest to the newest; says how many.
async fn drop_before<S: Log + ?Sized>(store: &S, before: Timestamp, limit: usize) -> u64 {
    let (mut rows, mut after) = (0, None);
    loop {
        let dropped = store.drop_changes(before, after, limit).await.unwrap();
        assert!(dropped.rows <= limit as u64, "a call is bounded");
        assert!(
            dropped.next.is_none() || dropped.next > after,
            "and goes on"
        );
        rows += dropped.rows;
        after = dropped.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// Publishes everything, and drops all that may go.
async fn drop_all<S: Log + Outbox + ?Sized>(store: &S) -> u64 {
    publish(store).await;
    drop_before(store, LATER, 100).await
}

/// What is left of a log.
async fn left<S: Log + ?Sized>(store: &S, room: RoomId) -> Vec<Row> {
    let rows = store.rows(room, 0, 1_000).await.unwrap();
    assert!(rows.is_sorted_by(|a, b| a.seq < b.seq), "rows rise");
    rows
}

fn seqs(rows: &[Row]) -> Vec<Seq> {
    rows.iter().map(|row| row.seq).collect()
}

/// Every kind of row; what was said, edited, deleted, reacted to and who is in it stays as it was.
pub async fn old_changes_go_and_what_they_changed_stays(world: &LogWorld) {
    let store = world.first();
    let (room, ann, bob) = (channel(store).await, UserId::new(), UserId::new());
    let [edited, deleted] = ["first", "oops"].map(|said| message(ann, said));
    let rows = vec![
        join(ann, 1),
        edited.clone(),
        deleted.clone(),
        edit(ann, edited.id, "second", None),
        deletion(ann, deleted.id, None),
        reaction(bob, edited.id, "+1", true),
        join(bob, 1),
        role(ann, bob, Role::Admin, 2),
        room_change(ann, RoomChange::read_only(true), 2),
        archive(1),
        message(ann, "last"),
    ];
    for row in rows {
        put(store, room, row).await;
    }
    assert_eq!(drop_all(store).await, 7);
    let log = left(world.second(), room).await;
    assert_eq!(seqs(&log), [2, 3, 10, 11]);
    assert_eq!(
        (missing_after(0, &log), missing_after(1, &log)),
        (Some(1), Some(4))
    );
    let texts: Vec<_> = log.iter().map(shown).collect();
    assert_eq!(texts, [Some("second"), None, None, Some("last")]);
    assert_eq!(log[0].message().map(|message| message.rev), Some(2));
    assert!(matches!(log[2].change, Change::Archive { .. }));
    let reactions = store.reactions(room, ann, &[edited.id], 10).await.unwrap();
    assert!(reactions[0].users().eq([bob]));
    let bob = store.member(room, bob).await.unwrap().unwrap();
    assert_eq!(
        (bob.state, bob.role, bob.rev),
        (MemberState::Active, Role::Admin, 2)
    );
    assert!(store.room(room).await.unwrap().unwrap().read_only);
    assert_eq!(drop_all(world.second()).await, 0, "again changes nothing");
}

/// By the row's own time, which the moment itself does not belong to.
pub async fn what_is_not_old_stays(world: &LogWorld) {
    let Some(clock) = world.clock_or_skip("what_is_not_old_stays") else {
        return;
    };
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    for rev in 1..=3 {
        put(store, room, join(UserId::new(), 1)).await;
        put(store, room, renamed(ann, &format!("name {rev}"), rev + 1)).await;
        clock.advance(Duration::from_secs(60));
    }
    say(store, room, ann, "last").await;
    publish(store).await;
    let second = left(store, room).await[2].created_at;
    assert_eq!(drop_before(store, second, 100).await, 2);
    assert_eq!(seqs(&left(store, room).await), [3, 4, 5, 6, 7]);
}

/// Nobody may have been told of it yet, however old it is.
pub async fn what_is_marked_stays(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "a").await;
    let told = put(store, room, edit(ann, said.id, "b", None)).await;
    put(store, room, edit(ann, said.id, "c", None)).await;
    say(store, room, ann, "last").await;
    store.clear_marks(&[told.id]).await.unwrap();
    assert_eq!(drop_before(store, LATER, 100).await, 1);
    assert_eq!(seqs(&left(store, room).await), [1, 3, 4]);
    assert_eq!(drop_all(store).await, 1);
    assert_eq!(seqs(&left(store, room).await), [1, 4]);
}

/// Number, time and generation of the next row come from it.
pub async fn the_newest_row_stays_and_the_log_goes_on(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "a").await;
    put(store, room, join(ann, 1)).await;
    let last = put(store, room, edit(ann, said.id, "b", None)).await;
    let head = Head {
        room,
        seq: 3,
        generation: 3,
    };
    assert_eq!(drop_all(store).await, 1);
    assert_eq!(left(store, room).await.last(), Some(&last));
    assert_eq!(store.heads(&[room]).await.unwrap(), [head]);
    // The node that has read the end before, and the one that has not.
    for (node, seq) in [(world.second(), 4), (world.first(), 5)] {
        let row = put(node, room, join(UserId::new(), 1)).await;
        assert_eq!((row.seq, row.generation), (seq, 3));
        assert!(row.created_at >= last.created_at);
        drop_all(node).await;
        assert_eq!(seqs(&left(node, room).await), [1, seq]);
    }
}

/// The deletion is the newest row for good.
pub async fn a_deleted_room_stays_closed(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    put(store, room, join(ann, 1)).await;
    put(store, room, room_change(ann, RoomChange::Deleted, 2)).await;
    assert_eq!(drop_all(store).await, 1);
    for node in [world.first(), world.second()] {
        let late = one(node, room, message(ann, "late")).await;
        assert_eq!(late, Appended::Refused(Refusal::RoomDeleted));
        assert_eq!(seqs(&left(node, room).await), [2]);
    }
}

/// A message that is sent again is never doubled.
pub async fn a_message_is_known_for_ever_and_a_change_while_its_row_is(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = message(ann, "a");
    let edited = edit(ann, said.id, "b", None);
    let last = edit(ann, said.id, "c", None);
    append(
        store,
        room,
        vec![said.clone(), edited.clone(), last.clone()],
    )
    .await;
    assert_eq!(drop_all(store).await, 1);
    let answers = append(world.second(), room, vec![said, last, edited]).await;
    assert_eq!(repeated(&answers[0]).seq, 1);
    assert_eq!(shown(repeated(&answers[0])), Some("c"));
    assert_eq!(repeated(&answers[1]).seq, 3);
    assert_eq!(stored(&answers[2]).seq, 4, "a new edit");
}

/// A membership goes on where it was, though no row tells of it any more.
pub async fn who_comes_back_later_goes_on_at_the_next_revision(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let bye = message(UserId::new(), "bye");
    for row in [join(ann, 1), leave(ann, 2), bye] {
        put(store, room, row).await;
    }
    assert_eq!(drop_all(store).await, 2);
    let stale = one(world.second(), room, join(ann, 1)).await;
    assert_eq!(stale, Appended::Conflict { current: 2 });
    let joined = put(world.second(), room, join(ann, 3)).await;
    let member = store.member(room, ann).await.unwrap().unwrap();
    assert_eq!((member.state, member.rev), (MemberState::Active, 3));
    assert_eq!((joined.seq, member.joined_seq), (4, 4));
}

/// A log that was begun stays begun.
pub async fn first_rows_that_went_are_not_appended_anew(world: &LogWorld) {
    let store = world.first();
    let ann = UserId::new();
    let room = store.create_room(new_channel("lobby", ann)).await.unwrap();
    say(store, room.id, ann, "a").await;
    assert_eq!(drop_all(store).await, 1);
    assert_eq!(say(world.second(), room.id, ann, "b").await.seq, 3);
    let first = store.first_rows(room.id).await.unwrap();
    let again = append(store, room.id, first).await;
    assert_eq!(again, [Appended::Conflict { current: 1 }]);
    assert_eq!(seqs(&left(store, room.id).await), [2, 3]);
}

/// What a channel is called, and is called no longer, does not hang on the rows that say so.
pub async fn names_stay_given_and_freed(world: &LogWorld) {
    let store = world.first();
    let ann = UserId::new();
    let room = store.create_room(bare_channel("before")).await.unwrap().id;
    put(store, room, renamed(ann, "after", 2)).await;
    say(store, room, ann, "a").await;
    assert_eq!(drop_all(store).await, 1);
    let taken = store.create_room(bare_channel("after")).await.unwrap_err();
    assert_eq!(taken.code(), domain::Code::RoomExists);
    let other = store.create_room(bare_channel("before")).await.unwrap().id;
    let refused = one(store, other, renamed(ann, "after", 2)).await;
    assert_eq!(refused, Appended::Refused(Refusal::NameTaken));
}

/// Quiet rooms, whose newest rows stay, do not keep a pass from reaching the others.
pub async fn what_is_passed_over_is_looked_at_once(world: &LogWorld) {
    let store = world.first();
    for _ in 0..5 {
        put(store, channel(store).await, join(UserId::new(), 1)).await;
    }
    let room = channel(store).await;
    let joins = (0..8).map(|_| join(UserId::new(), 1)).collect();
    append(store, room, joins).await;
    publish(store).await;
    let (mut after, mut calls) = (None, 0);
    loop {
        let dropped = store.drop_changes(LATER, after, 3).await.unwrap();
        calls += 1;
        after = dropped.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(calls, 5, "13 rows, each looked at once, three at a time");
    assert_eq!(seqs(&left(store, room).await), [8]);
    let none = store.drop_changes(LATER, None, 0).await.unwrap();
    assert_eq!(none, Dropped::default());
}

/// What each node drops, the other does not; nobody who writes notices.
pub async fn two_nodes_may_drop_while_others_write(world: &LogWorld) {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    let users: Vec<UserId> = (0..150).map(|_| UserId::new()).collect();
    let joins: Vec<NewRow> = users.iter().map(|user| join(*user, 1)).collect();
    append(world.first(), room, joins).await;
    say(world.first(), room, ann, "a").await;
    publish(world.first()).await;
    let write = async {
        for n in 0..20 {
            let row = put(world.second(), room, message(ann, &n.to_string())).await;
            assert_eq!(row.seq, 152 + n);
        }
    };
    let (a, b, ()) = tokio::join!(
        drop_before(world.first(), LATER, 20),
        drop_before(world.second(), LATER, 30),
        write,
    );
    assert_eq!(a + b, 150);
    assert_eq!(
        seqs(&left(world.first(), room).await),
        (151..=171).collect::<Vec<_>>()
    );
    let gone = world.first().member(room, users[0]).await.unwrap().unwrap();
    assert_eq!(gone.state, MemberState::Active);
    let removed = leave(users[0], 2);
    assert_eq!(put(world.second(), room, removed).await.seq, 172);
}
