//! The steps of a move, one after the other.

use domain::{
    Appended, Cursor, Message, MessageId, Refusal, RunId, UserId,
    archive::Key,
    ports::{Copied, Swung},
};

use super::{
    BodiesWorld,
    talk::{Talk, all, stored, texts},
};

/// Content, ids and seqs stay as they were, through every way of reading.
pub async fn a_moved_message_reads_as_before_and_says_archived(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 5).await;
    let before = talk.messages().await;
    assert_eq!(talk.archive().await, 5);

    let archived = |message: &Message| Message {
        archived: true,
        ..message.clone()
    };
    let expected: Vec<_> = before.iter().map(archived).collect();
    assert_eq!(talk.messages().await, expected);
    assert_eq!(talk.message(before[2].id).await, expected[2]);
    let newest = world.second().page(talk.room, Cursor::Newest, 2);
    assert_eq!(newest.await.unwrap().messages, expected[3..]);
    let rows = world.second().rows(talk.room, 0, 10).await.unwrap();
    let replayed: Vec<_> = rows.iter().filter_map(|row| row.message()).collect();
    assert_eq!(replayed, expected.iter().collect::<Vec<_>>());
    assert!(talk.due(talk.store()).await.is_empty());
}

/// When it was edited is known of a message wherever its body lies.
pub async fn a_moved_message_keeps_when_it_was_edited(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 1).await;
    let said = talk.messages().await[0].id;
    let edited = stored(&talk.edit(said, "edited").await).edited_at;
    assert!(edited.is_some());
    talk.archive().await;
    assert_eq!(talk.message(said).await.edited_at, edited);
    talk.swing_back(&talk.archived().await).await;
    assert_eq!(talk.message(said).await.edited_at, edited);
}

/// A mover may stop for ever after any step: readers see what they saw.
pub async fn a_mover_that_stops_after_any_step_leaves_everything_readable(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 6).await;
    let before = texts(&talk.messages().await);
    let keys = talk.due(talk.store()).await;
    talk.copy(&keys[..4]).await;
    assert_eq!(texts(&talk.messages().await), before);
    talk.swing(&keys[..2]).await;
    assert_eq!(texts(&talk.messages().await), before);

    // Another one takes up what is left.
    assert_eq!(talk.archive().await, 4);
    assert_eq!(texts(&talk.messages().await), before);
    assert_eq!(talk.collect().await, 0);
    assert_eq!(talk.copies().await, 6);
}

/// A copy is the same by whichever run it was made first.
pub async fn copying_twice_changes_nothing(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 3).await;
    let keys = talk.due(talk.store()).await;
    assert!(all(&talk.copy(&keys).await, Copied::Verified));
    let again = world.second().copy(talk.room, RunId::new(), &keys).await;
    assert!(all(&again.unwrap(), Copied::Verified));
    assert_eq!(talk.copies().await, 3);
    assert!(all(&talk.swing(&keys).await, Swung::Done));
    assert!(all(&talk.copy(&keys).await, Copied::Moved));
    assert!(all(&talk.swing(&keys).await, Swung::Lost));
}

/// A mover that slept over an edit and an archiving by another leaves their copy alone.
pub async fn an_older_copy_is_never_written_over(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 1).await;
    let slept = talk.due(talk.store()).await;
    talk.copy(&slept).await;
    stored(&talk.edit(slept[0].id, "edited").await);
    assert_eq!(talk.archive().await, 1);
    let copies = world.copies(slept[0].id).await;

    assert_eq!(talk.copy(&slept).await, [Copied::Moved]);
    assert_eq!(talk.swing(&slept).await, [Swung::Lost]);
    assert_eq!(world.copies(slept[0].id).await, copies);
    let read = talk.messages().await;
    assert_eq!(texts(&read), [Some("edited".to_owned())]);
    assert!(read[0].archived);
}

/// `archived` answers for one run or for all, in pages by seq.
pub async fn what_a_run_moved_is_listed_by_run_and_in_pages(world: &dyn BodiesWorld) {
    let mut talk = Talk::of(world, 3).await;
    talk.archive().await;
    let first = talk.run;
    talk.run = RunId::new();
    talk.say(2).await;
    talk.archive().await;

    let list = async |run, after, limit| {
        let keys = talk.store().archived(talk.room, run, after, limit).await;
        keys.unwrap().iter().map(|key| key.seq).collect::<Vec<_>>()
    };
    assert_eq!(list(Some(first), 0, 10).await, [1, 2, 3]);
    assert_eq!(list(Some(talk.run), 0, 10).await, [4, 5]);
    assert_eq!(list(None, 0, 2).await, [1, 2]);
    assert_eq!(list(None, 2, 2).await, [3, 4]);
    assert!(list(None, 5, 2).await.is_empty());
    assert!(list(Some(RunId::new()), 0, 10).await.is_empty());
}

/// An unread message does not become read by being archived.
pub async fn unread_counts_archived_messages_too(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 5).await;
    let reader = UserId::new();
    let unread = async || {
        let unread = talk.store().unread(talk.room, reader, 1, 100).await;
        unread.unwrap()
    };
    assert_eq!(unread().await, 4);
    talk.archive().await;
    assert_eq!(unread().await, 4);
    talk.swing_back(&talk.archived().await).await;
    assert_eq!(unread().await, 4);
}

/// What is archived can be taken away but not rewritten.
pub async fn an_archived_message_refuses_an_edit_and_takes_a_deletion(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 2).await;
    let before = talk.messages().await;
    talk.archive().await;
    let edited = talk.edit(before[0].id, "edited").await;
    assert_eq!(edited, Appended::Refused(Refusal::Archived));
    assert_eq!(texts(&talk.messages().await), texts(&before));

    stored(&talk.delete(before[0].id).await);
    let read = texts(&talk.messages().await);
    assert_eq!(read, [None, texts(&before)[1].clone()]);
    talk.collect().await;
    assert!(world.copies(before[0].id).await.is_empty());
    assert_eq!(texts(&talk.messages().await), read);
    let listed = talk.archived().await;
    assert_eq!(listed.iter().map(|key| key.seq).collect::<Vec<_>>(), [2]);
}

/// Reactions are no part of the body, wherever it lies.
pub async fn an_archived_message_takes_reactions(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 1).await;
    talk.archive().await;
    let before = talk.messages().await;
    let Appended::Stored(row) = talk.react(before[0].id, "+1").await else {
        panic!("an archived message may be reacted to");
    };
    let (reader, messages) = (world.second(), [before[0].id]);
    let shown = reader.reactions(talk.room, row.sender, &messages, 1);
    let shown = shown.await.unwrap();
    assert_eq!((shown.len(), shown[0].count), (1, 1));
    assert_eq!(talk.messages().await, before);
}

/// What the archive has of a deleted room is cleared up with it.
pub async fn a_deleted_room_leaves_no_copies(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 3).await;
    talk.archive().await;
    let messages = talk.messages().await;
    let Appended::Stored(last) = talk.delete_room().await else {
        panic!("the room can be deleted");
    };
    world.tick().await;
    let after = last.created_at + std::time::Duration::from_millis(1);
    while talk.store().clear_deleted_rooms(after, 2).await.unwrap() > 0 {}
    for message in messages {
        assert!(world.copies(message.id).await.is_empty());
    }
    assert_eq!(talk.archived().await, []);
}

/// A key that is not of this room moves nothing.
pub async fn keys_that_the_room_has_not_are_lost(world: &dyn BodiesWorld) {
    let (talk, other) = (Talk::of(world, 1).await, Talk::of(world, 1).await);
    let foreign = other.due(other.store()).await;
    let unknown = Key {
        id: MessageId::new(),
        ..foreign[0]
    };
    for key in [foreign[0], unknown] {
        assert_eq!(talk.copy(&[key]).await, [Copied::Moved]);
        assert_eq!(talk.swing(&[key]).await, [Swung::Lost]);
        assert_eq!(talk.swing_back(&[key]).await, [Swung::Lost]);
    }
    assert!(!other.messages().await[0].archived);
}

/// Nothing asked, nothing answered.
pub async fn no_keys_give_no_answers(world: &dyn BodiesWorld) {
    let talk = Talk::of(world, 1).await;
    assert!(talk.copy(&[]).await.is_empty());
    assert!(talk.swing(&[]).await.is_empty());
    assert!(talk.swing_back(&[]).await.is_empty());
}
