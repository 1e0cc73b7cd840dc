//! What is known of files.

use std::time::Duration;

use domain::{FileId, FileState, Received, Timestamp};

use super::{FileWorld, RECEIVED, at, is_loose, link_to, new_file, ready, with_id};

/// Before and after its bytes came in.
pub async fn every_field_of_a_file_returns(world: &FileWorld) {
    let new = new_file();
    world.first().begin_file(new.clone()).await.unwrap();
    let begun = world.second().file(new.id).await.unwrap().unwrap();
    assert_eq!(begun.state, FileState::Uploading);
    assert_eq!((begun.bytes, begun.sha256), (0, [0; 32]));

    let ready = world.second().finish_file(new.id, RECEIVED).await.unwrap();
    let ready = ready.unwrap();
    assert_eq!(
        world.first().file(new.id).await.unwrap().as_ref(),
        Some(&ready)
    );
    assert_eq!(ready.state, FileState::Ready);
    assert_eq!(
        (ready.bytes, ready.sha256),
        (RECEIVED.bytes, RECEIVED.sha256)
    );
    assert_eq!((ready.tenant, ready.owner), (new.tenant, new.owner));
    assert_eq!((ready.name, ready.media_type), (new.name, new.media_type));
    assert_eq!(ready.created_at, begun.created_at);
}

/// A repeat, also with other bytes, answers with what was stored first.
pub async fn a_file_is_finished_once(world: &FileWorld) {
    let id = ready(world).await;
    let other = Received {
        bytes: 9,
        sha256: [9; 32],
    };
    let again = world
        .second()
        .finish_file(id, other)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (again.bytes, again.sha256),
        (RECEIVED.bytes, RECEIVED.sha256)
    );
    world.first().begin_file(new_file_with(id)).await.unwrap();
    let file = world.first().file(id).await.unwrap().unwrap();
    assert_eq!(
        file.state,
        FileState::Ready,
        "beginning it again changes nothing"
    );
}

fn new_file_with(id: FileId) -> domain::NewFile {
    domain::NewFile { id, ..new_file() }
}

/// Nothing was begun.
pub async fn what_is_unknown_cannot_be_finished(world: &FileWorld) {
    let id = FileId::new();
    assert!(
        world
            .first()
            .finish_file(id, RECEIVED)
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.first().file(id).await.unwrap().is_none());
}

/// Also those whose upload was never finished.
pub async fn loose_files_are_listed_by_how_long_they_are(world: &FileWorld) {
    let Some(clock) = world.clock_or_skip("loose_files_are_listed_by_how_long_they_are") else {
        return;
    };
    let mut files = Vec::new();
    for n in 0..3 {
        clock.set(at(n));
        let (file, id) = with_id(new_file());
        world.first().begin_file(file).await.unwrap();
        files.push(id);
    }
    let loose = |before: Timestamp, limit| world.second().loose_files(before, limit);
    assert_eq!(loose(at(9), 10).await.unwrap(), files);
    assert_eq!(loose(at(9), 2).await.unwrap(), files[..2]);
    assert_eq!(loose(at(1), 10).await.unwrap(), files[..1]);
    let linked = ready(world).await;
    assert!(
        world
            .first()
            .link_file(link_to(linked), at(9))
            .await
            .unwrap()
    );
    assert_eq!(loose(at(9), 10).await.unwrap(), files);
}

/// Neither by a late end of its upload nor by a message.
pub async fn what_is_condemned_cannot_come_back(world: &FileWorld) {
    let (file, id) = with_id(new_file());
    world.first().begin_file(file).await.unwrap();
    for _ in 0..2 {
        assert!(
            world
                .first()
                .condemn_file(id, Timestamp::MAX)
                .await
                .unwrap()
        );
    }
    assert!(
        world
            .second()
            .finish_file(id, RECEIVED)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!world.second().link_file(link_to(id), at(0)).await.unwrap());
    let file = world.first().file(id).await.unwrap().unwrap();
    assert_eq!(file.state, FileState::Removing);
    assert!(
        is_loose(world, id).await,
        "it is found again until it is forgotten"
    );
}

/// However old it is.
pub async fn what_is_referred_to_is_neither_condemned_nor_forgotten(world: &FileWorld) {
    let id = ready(world).await;
    assert!(world.first().link_file(link_to(id), at(0)).await.unwrap());
    assert!(
        !world
            .second()
            .condemn_file(id, Timestamp::MAX)
            .await
            .unwrap()
    );
    world.second().forget_file(id).await.unwrap();
    assert!(world.first().file(id).await.unwrap().unwrap().is_ready());
}

/// Not too early, and not what is whole.
pub async fn only_what_is_condemned_is_forgotten(world: &FileWorld) {
    let id = ready(world).await;
    world.first().forget_file(id).await.unwrap();
    let file = world.first().file(id).await.unwrap().unwrap();
    let early = file.created_at - Duration::from_secs(1);
    assert!(!world.first().condemn_file(id, early).await.unwrap());
    assert!(
        world
            .first()
            .condemn_file(id, Timestamp::MAX)
            .await
            .unwrap()
    );
    for _ in 0..2 {
        world.first().forget_file(id).await.unwrap();
        assert!(world.second().file(id).await.unwrap().is_none());
    }
    assert!(
        !world
            .first()
            .condemn_file(id, Timestamp::MAX)
            .await
            .unwrap()
    );
}
