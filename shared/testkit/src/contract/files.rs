//! What every store promises of files and of the messages that refer to them.

pub mod links;
pub mod records;

use std::time::Duration;

use domain::{
    FileId, FileLink, FileName, MediaType, MessageId, NewFile, Received, RoomId, TenantId,
    Timestamp, UserId,
    ports::{FileLinks, Files, Log, Members, Rooms},
};

use super::World;

/// The ports that the suite needs of a store.
pub trait FileStore: Files + FileLinks + Rooms + Members + Log {}

impl<T: Files + FileLinks + Rooms + Members + Log> FileStore for T {}

/// A fresh store.
pub type FileWorld = World<dyn FileStore>;

/// A file of somebody.
fn new_file() -> NewFile {
    NewFile {
        id: FileId::new(),
        tenant: TenantId::default(),
        owner: UserId::new(),
        name: FileName::clean("photo.png"),
        media_type: MediaType::parse("image/png").unwrap(),
    }
}

const RECEIVED: Received = Received {
    bytes: 1_234,
    sha256: [7; 32],
};

/// A file that is whole.
async fn ready(world: &FileWorld) -> FileId {
    let (file, id) = with_id(new_file());
    world.first().begin_file(file).await.unwrap();
    let finished = world.first().finish_file(id, RECEIVED).await.unwrap();
    assert!(finished.is_some());
    id
}

fn with_id(file: NewFile) -> (NewFile, FileId) {
    let id = file.id;
    (file, id)
}

/// A reference from some message in some room.
fn link_to(file: FileId) -> FileLink {
    FileLink {
        file,
        room: RoomId::new(),
        message: MessageId::new(),
    }
}

/// A moment that is `seconds` after the beginning of 2026.
fn at(seconds: u64) -> Timestamp {
    let start = Timestamp::from_millisecond(1_767_225_600_000).unwrap();
    start + Duration::from_secs(seconds)
}

/// Whether a file is loose, whenever it became so.
async fn is_loose(world: &FileWorld, id: FileId) -> bool {
    let loose = world.second().loose_files(Timestamp::MAX, 1_000).await;
    loose.unwrap().contains(&id)
}

/// Runs the suites of [`Files`] and [`FileLinks`] on the worlds of `open`, which returns a
/// [`FileWorld`].
#[macro_export]
macro_rules! files_contract {
    ($open:ident) => {
        $crate::contract_cases! { $open, files;
            records: [
                every_field_of_a_file_returns,
                a_file_is_finished_once,
                what_is_unknown_cannot_be_finished,
                loose_files_are_listed_by_how_long_they_are,
                what_is_condemned_cannot_come_back,
                what_is_referred_to_is_neither_condemned_nor_forgotten,
                only_what_is_condemned_is_forgotten,
            ]
            links: [
                linking_twice_is_linking_once,
                the_last_link_lets_the_file_loose,
                an_edit_keeps_the_link_it_names,
                only_a_ready_file_can_be_linked,
                of_a_link_and_a_removal_one_wins,
                links_are_found_for_members_alone,
                links_are_looked_at_again_when_they_are_due,
            ]
        }
    };
}
