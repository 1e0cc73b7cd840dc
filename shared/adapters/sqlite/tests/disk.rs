//! A disk that is full or read-only.

mod common;
#[path = "common/mount.rs"]
mod mount;

use adapter_sqlite::{OpenError, SqliteStore};
use common::{assert_sound, durable};
use domain::{
    Appended, Code, FileId, FileName, MediaType, NewFile, Row, TenantId, UserId,
    ports::{About, Files, Log},
};
use mount::Mount;
use testkit::{
    builders::{message, stored},
    contract::steps::{channel, say, whole_log},
};

#[tokio::test]
async fn a_full_disk_is_unavailable_loses_nothing_and_heals() {
    let test = "a_full_disk_is_unavailable_loses_nothing_and_heals";
    let Some(disk) = Mount::of_kib(8_192, test) else {
        return;
    };
    let path = disk.path().join("hubbub.db");
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 4 * 1024 * 1024]).unwrap();
    let store = durable(&path).unwrap();
    let (room, ann) = (channel(&store).await, UserId::new());

    let mut answered: Vec<Row> = Vec::new();
    let said = "x".repeat(16 * 1024);
    let error = loop {
        match store.append(room, vec![message(ann, &said)]).await {
            Ok(answers) => answered.push(stored(&answers[0]).clone()),
            Err(error) => break error,
        }
        assert!(answered.len() < 1_000, "the disk never filled");
    };
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert_eq!(whole_log(&store, room).await, answered);
    assert_eq!(refused_upload(&store).await, Code::StorageFull);

    std::fs::remove_file(&ballast).unwrap();
    answered.push(say(&store, room, ann, "healed").await);
    assert_eq!(whole_log(&store, room).await, answered);
    store.close().await;
    drop(store);
    assert_sound(&path);
    let store = durable(&path).unwrap();
    assert_eq!(whole_log(&store, room).await, answered);
}

/// What is told of an upload once not even its record fits.
async fn refused_upload(store: &SqliteStore) -> Code {
    let begin = async || {
        let file = NewFile {
            id: FileId::new(),
            tenant: TenantId::default(),
            owner: UserId::new(),
            name: FileName::clean("notes.txt"),
            media_type: MediaType::parse("text/plain").expect("a media type"),
        };
        store.begin_file(file).await
    };
    for _ in 0..10_000 {
        if let Err(error) = begin().await {
            return error.code();
        }
    }
    panic!("the disk never filled");
}

#[tokio::test]
async fn a_full_disk_is_told_of_until_it_has_room_again() {
    let test = "a_full_disk_is_told_of_until_it_has_room_again";
    let Some(disk) = Mount::of_kib(8_192, test) else {
        return;
    };
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 4 * 1024 * 1024]).unwrap();
    let store = durable(&disk.path().join("hubbub.db")).unwrap();
    let room = channel(&store).await;
    // What of such an append still finds a place is more than a ping needs.
    let rows = || (0..16).map(|_| message(UserId::new(), &"x".repeat(4_096)));
    let mut said = 0;
    while store.append(room, rows().collect()).await.is_ok() {
        said += 1;
        assert!(said < 1_000, "the disk never filled");
    }
    for _ in 0..100 {
        let ready = store.ping().await;
        assert!(ready.is_err(), "a message still has no room");
    }
    std::fs::remove_file(&ballast).unwrap();
    let ready = store.ping().await;
    assert!(ready.is_ok(), "also before somebody speaks: {ready:?}");
    store.append(room, rows().collect()).await.unwrap();
}

#[tokio::test]
async fn a_row_whose_append_failed_can_be_repeated_as_it_is() {
    let test = "a_row_whose_append_failed_can_be_repeated_as_it_is";
    let Some(disk) = Mount::of_kib(8_192, test) else {
        return;
    };
    let ballast = disk.path().join("ballast");
    let store = durable(&disk.path().join("hubbub.db")).unwrap();
    let room = channel(&store).await;
    // Whatever is left of the disk.
    let mut filler = std::fs::File::create(&ballast).unwrap();
    let filled = std::io::copy(&mut std::io::repeat(0), &mut filler);
    assert!(filled.is_err());
    assert!(store.ping().await.is_err(), "readiness tells of it");
    let rows: Vec<_> = (0..100)
        .map(|_| message(UserId::new(), &"x".repeat(4_096)))
        .collect();
    let failed = store.append(room, rows.clone()).await;
    assert_eq!(failed.unwrap_err().code(), Code::Unavailable);
    drop(filler);
    std::fs::remove_file(&ballast).unwrap();
    store.ping().await.unwrap();
    let answers = store.append(room, rows).await.unwrap();
    assert!(answers.iter().all(|a| matches!(a, Appended::Stored(_))));
}

#[tokio::test]
async fn a_read_only_disk_is_refused() {
    let Some(disk) = Mount::of_kib(4_096, "a_read_only_disk_is_refused") else {
        return;
    };
    let path = disk.path().join("hubbub.db");
    durable(&path).unwrap().close().await;
    disk.make_read_only();
    for path in [path, disk.path().join("new.db")] {
        let Err(error) = durable(&path) else {
            panic!("{} was opened", path.display());
        };
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("writable"), "{error}");
    }
}
