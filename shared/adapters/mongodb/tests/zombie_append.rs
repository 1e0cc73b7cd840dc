//! Appends whose requests reach the server late, in part, or without their answer. Whatever comes
//! of them: the log that readers see is dense, holds what was acknowledged, and each row once.

mod common;

use std::time::Duration;

use adapter_mongodb::{MongoStore, Timings};
use common::network::Network;
use domain::{
    Appended, Head, NewRow, Refusal, RoomChange, RoomId, Row, UserId,
    ports::{Bodies, History, Log},
};
use testkit::{
    builders::{edit, message, repeated, room_change, stored},
    contract::steps::{append, channel, one, put, say, shown, whole_log},
    proxy::Direction::{ToClient, ToServer},
};

/// A request is held for longer than the sender waits.
fn hurried() -> Timings {
    Timings {
        append: Duration::from_secs(2),
        ..common::patient()
    }
}

/// A room in which the far node has written last, so that it need not ask where the log ends.
async fn begun(network: &Network) -> (RoomId, UserId) {
    let (room, ann) = (channel(&*network.near).await, UserId::new());
    say(&*network.far, room, ann, "hello").await;
    (room, ann)
}

fn three(sender: UserId) -> Vec<NewRow> {
    ["a", "b", "c"].map(|said| message(sender, said)).to_vec()
}

/// How many answers an append of messages gets before it inserts: whether their sender is gone.
const BEFORE_A_MESSAGE: usize = 1;

/// Appends through the far node, whose insert is held until the sender gives up.
async fn given_up(network: &Network, room: RoomId, rows: &[NewRow]) {
    let append = network.far.append(room, rows.to_vec());
    let (answers, ()) = tokio::join!(append, network.hold_after(BEFORE_A_MESSAGE));
    let answers = answers.expect("an unknown outcome is told for each row");
    assert!(answers.iter().all(|answer| *answer == Appended::Unknown));
    assert_eq!(texts(network, room).await, ["hello"], "nothing has landed");
}

/// What a reader of the room sees, from the node that has nothing to do with it.
async fn texts(network: &Network, room: RoomId) -> Vec<String> {
    let log = whole_log(&*network.near, room).await;
    let texts = log.iter().filter_map(shown).map(str::to_owned);
    texts.collect()
}

async fn seqs_of_repeat(node: &MongoStore, room: RoomId, rows: &[NewRow]) -> Vec<u64> {
    let answers = append(node, room, rows.to_vec()).await;
    answers.iter().map(|answer| repeated(answer).seq).collect()
}

#[tokio::test]
async fn a_zombie_that_comes_after_others_is_refused_whole() {
    let Some(network) = Network::open(hurried()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let rows = three(ann);
    given_up(&network, room, &rows).await;
    say(&*network.near, room, UserId::new(), "meanwhile").await;
    network.land().await;
    assert_eq!(texts(&network, room).await, ["hello", "meanwhile"]);

    // The sender settles it: now they are stored, once.
    let answers = append(&*network.far, room, rows.clone()).await;
    let seqs: Vec<_> = answers.iter().map(|answer| stored(answer).seq).collect();
    assert_eq!(seqs, [3, 4, 5]);
    assert_eq!(seqs_of_repeat(&network.near, room, &rows).await, seqs);
    let all = ["hello", "meanwhile", "a", "b", "c"];
    assert_eq!(texts(&network, room).await, all);
}

#[tokio::test]
async fn a_zombie_that_lands_is_what_its_repeat_finds() {
    let Some(network) = Network::open(hurried()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let rows = three(ann);
    given_up(&network, room, &rows).await;
    network.land().await;
    assert_eq!(texts(&network, room).await, ["hello", "a", "b", "c"]);

    say(&*network.near, room, UserId::new(), "later").await;
    for node in [&network.far, &network.near] {
        assert_eq!(seqs_of_repeat(node, room, &rows).await, [2, 3, 4]);
    }
    let all = ["hello", "a", "b", "c", "later"];
    assert_eq!(texts(&network, room).await, all);
}

#[tokio::test]
async fn a_zombie_whose_rows_another_node_has_stored_adds_nothing() {
    let Some(network) = Network::open(hurried()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let rows = three(ann);
    given_up(&network, room, &rows).await;
    let answers = append(&*network.near, room, rows.clone()).await;
    let seqs: Vec<_> = answers.iter().map(|answer| stored(answer).seq).collect();
    assert_eq!(seqs, [2, 3, 4]);
    network.land().await;
    assert_eq!(texts(&network, room).await, ["hello", "a", "b", "c"]);
    assert_eq!(seqs_of_repeat(&network.far, room, &rows).await, seqs);
}

/// The case for which an insert must be ordered: its last row would land beyond a hole.
#[tokio::test]
async fn a_zombie_of_which_another_node_has_stored_a_part_leaves_no_hole() {
    let Some(network) = Network::open(hurried()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let rows = three(ann);
    given_up(&network, room, &rows).await;
    put(&*network.near, room, rows[1].clone()).await;
    network.land().await;
    assert_eq!(texts(&network, room).await, ["hello", "b"]);

    let answers = append(&*network.far, room, rows).await;
    assert_eq!(stored(&answers[0]).seq, 3);
    assert_eq!(repeated(&answers[1]).seq, 2);
    assert_eq!(stored(&answers[2]).seq, 4);
    assert_eq!(texts(&network, room).await, ["hello", "b", "a", "c"]);
}

#[tokio::test]
async fn a_zombie_that_comes_after_the_rooms_end_adds_nothing() {
    let Some(network) = Network::open(hurried()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let rows = three(ann);
    given_up(&network, room, &rows).await;
    let end = room_change(ann, RoomChange::Deleted, 2);
    put(&*network.near, room, end).await;
    network.land().await;
    let log = whole_log(&*network.near, room).await;
    assert_eq!(log.len(), 2);
    assert!(log[1].is_last());
    let refused = Appended::Refused(Refusal::RoomDeleted);
    let answers = append(&*network.far, room, rows).await;
    assert!(answers.iter().all(|answer| *answer == refused));
}

/// How many answers an append of an edit gets before it inserts: besides, what is unapplied, and the
/// key.
const BEFORE_AN_EDIT: usize = BEFORE_A_MESSAGE + 2;

#[tokio::test]
async fn a_zombie_edit_does_not_go_over_a_newer_one() {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let said = say(&*network.far, room, ann, "first").await;
    let older = edit(ann, said.id, "older", None);
    let call = network.far.append(room, vec![older.clone()]);
    assert!(network.stop(BEFORE_AN_EDIT, call).await.is_none());
    let newer = edit(ann, said.id, "newer", Some(1));
    put(&*network.near, room, newer).await;
    network.land().await;

    // The message and the one edit that is in the log both show it.
    assert_eq!(texts(&network, room).await, ["hello", "newer", "newer"]);
    let late = edit(ann, said.id, "older", Some(1));
    let late = NewRow {
        change: late.change,
        ..older
    };
    let refused = one(&*network.far, room, late).await;
    assert_eq!(refused, Appended::Conflict { current: 2 });
}

#[tokio::test]
async fn a_zombie_edit_brings_nothing_back_that_was_erased() {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let said = say(&*network.far, room, ann, "a secret").await;
    let rows = vec![edit(ann, said.id, "a secret, edited", None)];
    let call = network.far.append(room, rows.clone());
    assert!(network.stop(BEFORE_AN_EDIT, call).await.is_none());
    assert!(
        network
            .near
            .erase(room, said.id)
            .await
            .expect("it is there")
    );
    network.land().await;

    let read = network.near.message(room, said.id).await;
    let read = read.expect("the server is there").expect("a key stays");
    assert_eq!(read.content(), None);
    assert_eq!(texts(&network, room).await, ["hello"]);
    assert_eq!(common::saying(&network.database, "secret").await, 0);
    // It is in the log, where it changed nothing.
    assert_eq!(seqs_of_repeat(&network.far, room, &rows).await, [3]);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_made_good() {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let proxy = &network.proxy;
    let lose = async {
        network.hold_after(BEFORE_A_MESSAGE).await;
        proxy.hold(ToClient);
        proxy.release(ToServer).await;
        proxy.until(|seen| seen.held(ToClient) > 0).await;
        proxy.cut();
        proxy.release(ToClient).await;
    };
    let rows = three(ann);
    let (answers, ()) = tokio::join!(network.far.append(room, rows.clone()), lose);
    let answers = answers.expect("it is cleared up in time");
    let seqs: Vec<_> = answers.iter().map(|answer| stored(answer).seq).collect();
    assert_eq!(seqs, [2, 3, 4]);
    assert_eq!(texts(&network, room).await, ["hello", "a", "b", "c"]);
}

/// Twenty rows whose request is as long as that of any other twenty.
fn twenty(sender: UserId) -> Vec<NewRow> {
    let rows = (10..30).map(|n| message(sender, &format!("number {n}")));
    rows.collect()
}

/// Appends twenty rows while the connection is cut; they are stored as if it had not been.
async fn cut_after(network: &Network, direction: testkit::proxy::Direction, bytes: u64) {
    let (room, ann) = begun(network).await;
    network.proxy.cut_after(direction, bytes);
    let rows = twenty(ann);
    let answers = network.far.append(room, rows.clone()).await;
    let answers = answers.expect("it is cleared up in time");
    let rows_stored: Vec<Row> = answers
        .iter()
        .map(|answer| stored(answer).clone())
        .collect();
    let ids: Vec<_> = rows_stored.iter().map(|row| row.id).collect();
    let sent: Vec<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, sent, "cut after {bytes} {direction:?}");
    let log = whole_log(&*network.near, room).await;
    assert_eq!(log[1..], rows_stored, "cut after {bytes} {direction:?}");
}

#[tokio::test]
async fn a_cut_after_any_byte_loses_and_doubles_nothing() {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let (room, ann) = begun(&network).await;
    let before = network.proxy.seen();
    append(&*network.far, room, twenty(ann)).await;
    let after = network.proxy.seen();
    let request = after.passed(ToServer) - before.passed(ToServer);
    let answer = after.passed(ToClient) - before.passed(ToClient);

    let header = 16;
    for bytes in [1, header, header + 1, request / 2, request - 1, request] {
        cut_after(&network, ToServer, bytes).await;
    }
    for bytes in [1, header, answer - 1] {
        cut_after(&network, ToClient, bytes).await;
    }
}

/// Appends batches of one to five messages, one after the other; returns the rows in the order of
/// their answers.
async fn chatter(node: &MongoStore, room: RoomId, sender: UserId) -> Vec<Row> {
    let mut rows = Vec::new();
    for n in 0..30 {
        let batch = (0..=n % 5).map(|_| message(sender, "chatter")).collect();
        let answers = append(node, room, batch).await;
        rows.extend(answers.iter().map(|answer| stored(answer).clone()));
    }
    rows
}

#[tokio::test]
async fn two_nodes_of_which_one_is_far_away_stay_dense() {
    let Some(network) = Network::open(common::patient()).await else {
        return;
    };
    let room = channel(&*network.near).await;
    for direction in [ToServer, ToClient] {
        network.proxy.delay(direction, Duration::from_millis(4));
    }
    let (far, near) = tokio::join!(
        chatter(&network.far, room, UserId::new()),
        chatter(&network.near, room, UserId::new()),
    );
    assert!(far.is_sorted_by_key(|row| row.seq));
    assert!(near.is_sorted_by_key(|row| row.seq));
    let mut answered = [far, near].concat();
    answered.sort_unstable_by_key(|row| row.seq);
    assert_eq!(whole_log(&*network.near, room).await, answered);
    let heads = network.far.heads(&[room]).await;
    let (seq, generation) = (answered.len() as u64, 0);
    let head = Head {
        room,
        seq,
        generation,
    };
    assert_eq!(heads.expect("the server is there"), [head]);
}
