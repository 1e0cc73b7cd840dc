//! Pages of messages.

use domain::{Body, Cursor, MessageId, NewRow, Page, RoomId, Seq, UserId, ports::History};

use super::HistoryWorld;
use crate::{
    builders::{archive, deletion, edit, join, message},
    contract::steps::{append, channel, put, say},
};

fn seqs(page: &Page) -> Vec<Seq> {
    page.messages.iter().map(|message| message.seq).collect()
}

fn more(page: &Page) -> (bool, bool) {
    (page.more_before, page.more_after)
}

async fn read<S: History + ?Sized>(store: &S, room: RoomId, cursor: Cursor, limit: usize) -> Page {
    store.page(room, cursor, limit).await.unwrap()
}

/// A room of ten messages.
async fn ten(world: &HistoryWorld) -> RoomId {
    let (room, ann) = (channel(world.first()).await, UserId::new());
    let rows: Vec<NewRow> = (1..=10).map(|n| message(ann, &n.to_string())).collect();
    append(world.first(), room, rows).await;
    room
}

/// Nothing, and nothing more.
pub async fn an_empty_room_has_an_empty_page(world: &HistoryWorld) {
    let room = channel(world.first()).await;
    for cursor in [
        Cursor::Newest,
        Cursor::Before(5),
        Cursor::After(0),
        Cursor::Around(3),
    ] {
        let page = read(world.first(), room, cursor, 10).await;
        assert_eq!((seqs(&page), more(&page)), (vec![], (false, false)));
        assert_eq!(page.head, 0);
    }
}

/// In rising order, whatever the cursor.
pub async fn the_newest_come_last(world: &HistoryWorld) {
    let room = ten(world).await;
    let page = read(world.first(), room, Cursor::Newest, 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![8, 9, 10], (true, false)));
    assert_eq!(page.head, 10);
    let all = read(world.first(), room, Cursor::Newest, 10).await;
    assert_eq!((seqs(&all).len(), more(&all)), (10, (false, false)));
}

/// The cursor itself is not in the page.
pub async fn before_a_row_come_the_newest_before_it(world: &HistoryWorld) {
    let room = ten(world).await;
    let store = world.first();
    let page = read(store, room, Cursor::Before(5), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![2, 3, 4], (true, true)));
    let page = read(store, room, Cursor::Before(3), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![1, 2], (false, true)));
    let page = read(store, room, Cursor::Before(11), 10).await;
    assert_eq!(more(&page), (false, false));
    let page = read(store, room, Cursor::Before(1), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![], (false, true)));
}

/// The cursor itself is not in the page.
pub async fn after_a_row_come_the_oldest_after_it(world: &HistoryWorld) {
    let room = ten(world).await;
    let store = world.first();
    let page = read(store, room, Cursor::After(5), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![6, 7, 8], (true, true)));
    let page = read(store, room, Cursor::After(0), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![1, 2, 3], (false, true)));
    let page = read(store, room, Cursor::After(8), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![9, 10], (true, false)));
    let page = read(store, room, Cursor::After(10), 3).await;
    assert_eq!((seqs(&page), more(&page)), (vec![], (true, false)));
}

/// The row that is asked for ends the first half.
pub async fn around_a_row_come_half_before_and_half_after(world: &HistoryWorld) {
    let room = ten(world).await;
    let store = world.first();
    let page = read(store, room, Cursor::Around(5), 4).await;
    assert_eq!((seqs(&page), more(&page)), (vec![4, 5, 6, 7], (true, true)));
    let page = read(store, room, Cursor::Around(1), 4).await;
    assert_eq!((seqs(&page), more(&page)), (vec![1, 2, 3], (false, true)));
    let page = read(store, room, Cursor::Around(10), 4).await;
    assert_eq!((seqs(&page), more(&page)), (vec![9, 10], (true, false)));
}

/// A reader who goes by the first or last seq of each page sees each message once.
pub async fn paging_back_and_forth_misses_and_doubles_nothing(world: &HistoryWorld) {
    let room = ten(world).await;
    let store = world.first();
    let mut page = read(store, room, Cursor::Newest, 3).await;
    let mut seen = seqs(&page);
    while page.more_before {
        page = read(store, room, Cursor::Before(seqs(&page)[0]), 3).await;
        seen.splice(0..0, seqs(&page));
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    let mut forth = seqs(&page);
    while page.more_after {
        let last = *forth.last().expect("the page is not empty");
        page = read(store, room, Cursor::After(last), 3).await;
        forth.extend(seqs(&page));
    }
    assert_eq!(forth, seen);
}

/// Rows of other kinds have seqs and no place in the history.
pub async fn only_messages_are_in_it_but_the_head_is_the_logs(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = message(ann, "a");
    let rows = vec![
        join(ann, 1),
        said.clone(),
        edit(ann, said.id, "b", None),
        archive(1),
    ];
    append(store, room, rows).await;
    let page = read(store, room, Cursor::Newest, 10).await;
    assert_eq!((seqs(&page), page.head), (vec![2], 4));
    assert_eq!(more(&page), (false, false));
    assert_eq!(
        more(&read(store, room, Cursor::After(2), 5).await),
        (true, false)
    );
}

/// A message as it is now, also when nothing is left of it.
pub async fn tombstones_and_edits_are_in_it(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let edited = say(store, room, ann, "first").await.id;
    let deleted = say(store, room, ann, "oops").await.id;
    put(store, room, edit(ann, edited, "second", None)).await;
    put(store, room, deletion(ann, deleted, None)).await;
    let page = read(world.second(), room, Cursor::Newest, 10).await;
    let [one, two] = &page.messages[..] else {
        panic!("two messages: {page:?}");
    };
    assert_eq!(
        one.content().map(|content| content.as_text()),
        Some("second")
    );
    assert_eq!((one.id, one.rev), (edited, 2));
    assert_eq!((two.id, two.rev, &two.body), (deleted, 2, &Body::Deleted));
}

/// An id alone opens nothing: the room must be the message's.
pub async fn a_message_is_found_in_its_own_room_only(world: &HistoryWorld) {
    let store = world.first();
    let (here, there) = (channel(store).await, channel(store).await);
    let row = say(store, here, UserId::new(), "here").await;
    let found = store.message(here, row.id).await.unwrap();
    assert_eq!(found.as_ref(), row.message());
    assert_eq!(store.message(there, row.id).await.unwrap(), None);
    assert_eq!(store.message(here, MessageId::new()).await.unwrap(), None);
    let joined = put(store, here, join(UserId::new(), 1)).await.id;
    assert_eq!(store.message(here, joined).await.unwrap(), None);
}

/// Of messages alone, also of deleted ones.
pub async fn the_room_of_a_message_is_found_by_its_id(world: &HistoryWorld) {
    let store = world.first();
    let (room, ann) = (channel(store).await, UserId::new());
    let said = say(store, room, ann, "hello").await.id;
    let gone = put(store, room, deletion(ann, said, None)).await.id;
    assert_eq!(world.second().room_of(said).await.unwrap(), Some(room));
    assert_eq!(store.room_of(gone).await.unwrap(), None, "no message");
    assert_eq!(store.room_of(domain::RowId::new()).await.unwrap(), None);
}
