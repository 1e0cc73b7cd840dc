//! Idempotence by (sender, client_id).

use domain::{Appended, NewRow, UserId};

use super::LogWorld;
use crate::{
    builders::{deletion, edit, join, message, repeated, stored, text},
    contract::steps::{append, channel, one, put, say, shown, whole_log},
};

/// The same content under the same client_id, as another attempt with a row id of its own.
fn again(row: &NewRow) -> NewRow {
    NewRow {
        id: domain::RowId::new(),
        ..row.clone()
    }
}

/// Twice in one batch.
pub async fn a_repeat_in_the_same_batch_is_the_original(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let row = message(ann, "once");
    let answers = append(store, room, vec![row.clone(), again(&row), row.clone()]).await;
    let original = stored(&answers[0]);
    assert_eq!(repeated(&answers[1]), original);
    assert_eq!(repeated(&answers[2]), original);
    assert_eq!(whole_log(store, room).await.len(), 1);
}

/// Twice, with other rows in between, also from the other node.
pub async fn a_repeat_later_is_the_original(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let row = message(ann, "once");
    let original = put(store, room, row.clone()).await;
    say(store, room, ann, "something else").await;
    for node in [store, world.second()] {
        let answer = one(node, room, again(&row)).await;
        assert_eq!(repeated(&answer), &original);
    }
    assert_eq!(whole_log(store, room).await.len(), 2);
}

/// The rows behind a repeat are numbered without a hole.
pub async fn a_repeat_in_mid_batch_lets_the_rest_through(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let row = message(ann, "once");
    put(store, room, row.clone()).await;
    let rows = vec![message(ann, "before"), row, message(ann, "after")];
    let answers = append(world.second(), room, rows).await;
    assert_eq!(stored(&answers[0]).seq, 2);
    assert_eq!(repeated(&answers[1]).seq, 1);
    assert_eq!(stored(&answers[2]).seq, 3);
    assert_eq!(whole_log(store, room).await.len(), 3);
}

/// A client that sends again over another socket while the first send is under way.
pub async fn repeats_from_two_nodes_at_once_store_one_row(world: &LogWorld) {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    for n in 0..20 {
        let row = message(ann, &format!("number {n}"));
        let (a, b) = tokio::join!(
            one(world.first(), room, row.clone()),
            one(world.second(), room, again(&row)),
        );
        let original = match (&a, &b) {
            (Appended::Stored(original), Appended::Repeat(repeat))
            | (Appended::Repeat(repeat), Appended::Stored(original)) => {
                assert_eq!(original, repeat);
                original
            }
            other => panic!("one is stored, the other repeats it: {other:?}"),
        };
        let log = whole_log(world.second(), room).await;
        assert_eq!(log.len(), n + 1);
        assert_eq!(log.last(), Some(original));
    }
}

/// A client_id stands for one content.
pub async fn other_content_is_a_mismatch(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let row = message(ann, "once");
    let original = put(store, room, row.clone()).await;
    let other = NewRow {
        change: domain::NewChange::Message {
            content: text("something else"),
        },
        ..again(&row)
    };
    assert_eq!(one(store, room, other).await, Appended::Mismatch);
    assert_eq!(whole_log(store, room).await, [original]);
}

/// The answer to a repeat is the message now, and the content that was sent is what is compared.
pub async fn a_repeat_shows_the_message_as_it_is_now(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let row = message(ann, "first");
    put(store, room, row.clone()).await;
    put(store, room, edit(ann, row.id, "second", None)).await;
    let answer = one(store, room, row).await;
    let original = repeated(&answer);
    assert_eq!((original.seq, shown(original)), (1, Some("second")));
}

/// What makes a client_id unique is room and sender.
pub async fn other_senders_and_rooms_have_client_ids_of_their_own(world: &LogWorld) {
    let store = world.first();
    let (here, there) = (channel(store).await, channel(store).await);
    let row = message(UserId::new(), "hello");
    put(store, here, row.clone()).await;
    let by_another = NewRow {
        sender: UserId::new(),
        ..again(&row)
    };
    assert_eq!(put(store, here, by_another).await.seq, 2);
    assert_eq!(put(store, there, again(&row)).await.seq, 1);
}

/// The look-up comes before If-Match: the edit's own success does not make its repeat stale.
pub async fn a_repeated_edit_is_no_conflict(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "first").await;
    let change = edit(ann, said.id, "second", Some(1));
    let original = put(store, room, change.clone()).await;
    let answer = one(world.second(), room, again(&change)).await;
    assert_eq!(repeated(&answer), &original);
    assert_eq!(whole_log(store, room).await.len(), 2);
}

/// So it is with memberships.
pub async fn a_repeated_join_is_no_conflict(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let row = join(ann, 1);
    let original = put(store, room, row.clone()).await;
    let answer = one(world.second(), room, row).await;
    assert_eq!(repeated(&answer), &original);
}

/// As a repeat would be answered, without appending anything.
pub async fn what_was_sent_under_a_client_id_is_found(world: &LogWorld) {
    let store = world.first();
    let (here, there) = (channel(store).await, channel(store).await);
    let ann = UserId::new();
    let row = message(ann, "first");
    let said = put(store, here, row.clone()).await;
    let change = edit(ann, said.id, "second", None);
    let edited = put(store, here, change.clone()).await;
    let find = async |room, sender, row: &NewRow| {
        let found = world.second().original(room, sender, row.client_id).await;
        found.unwrap()
    };
    let original = find(here, ann, &row).await.expect("the message");
    assert_eq!(
        (original.row.seq, shown(&original.row)),
        (1, Some("second"))
    );
    assert_eq!(original.hash, row.change.hash());
    let original = find(here, ann, &change).await.expect("the edit");
    assert_eq!(
        (original.row, original.hash),
        (edited, change.change.hash())
    );
    assert_eq!(find(there, ann, &row).await, None, "another room");
    assert_eq!(
        find(here, UserId::new(), &row).await,
        None,
        "another sender"
    );
    assert_eq!(
        find(here, ann, &message(ann, "x")).await,
        None,
        "another key"
    );
}

/// What is sent is known without the message that it changed.
pub async fn a_repeated_edit_of_what_is_gone_is_the_original(world: &LogWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "first").await;
    let change = edit(ann, said.id, "second", None);
    let original = put(store, room, change.clone()).await;
    put(store, room, deletion(ann, said.id, None)).await;
    let answer = one(world.second(), room, again(&change)).await;
    assert_eq!(repeated(&answer).seq, original.seq);
    assert_eq!(shown(repeated(&answer)), None, "as it is now");
}
