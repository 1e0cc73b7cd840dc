//! Who refers to files.

use domain::{FileLink, Timestamp, UserId};
use futures_util::future::join;

use super::{FileWorld, at, is_loose, link_to, new_file, ready, with_id};
use crate::{builders, contract::steps};

/// So that a repeat of a send counts once.
pub async fn linking_twice_is_linking_once(world: &FileWorld) {
    let link = link_to(ready(world).await);
    for _ in 0..2 {
        assert!(world.first().link_file(link, at(0)).await.unwrap());
    }
    assert_eq!(world.second().links_due(at(0), 10).await.unwrap(), [link]);
    world
        .first()
        .unlink_message(link.message, None)
        .await
        .unwrap();
    assert!(is_loose(world, link.file).await);
}

/// And not one before it.
pub async fn the_last_link_lets_the_file_loose(world: &FileWorld) {
    let file = ready(world).await;
    let (one, other) = (link_to(file), link_to(file));
    assert!(is_loose(world, file).await);
    for link in [one, other] {
        assert!(world.first().link_file(link, at(0)).await.unwrap());
        assert!(!is_loose(world, file).await);
    }
    for _ in 0..2 {
        world
            .first()
            .unlink_message(one.message, None)
            .await
            .unwrap();
        assert!(!is_loose(world, file).await);
    }
    world
        .second()
        .unlink_message(other.message, None)
        .await
        .unwrap();
    assert!(is_loose(world, file).await);
}

/// A message may have come to refer to another file.
pub async fn an_edit_keeps_the_link_it_names(world: &FileWorld) {
    let before = link_to(ready(world).await);
    let after = FileLink {
        file: ready(world).await,
        ..before
    };
    for link in [before, after] {
        assert!(world.first().link_file(link, at(0)).await.unwrap());
    }
    let unlinked = world
        .first()
        .unlink_message(before.message, Some(after.file));
    unlinked.await.unwrap();
    assert_eq!(world.first().links_due(at(0), 10).await.unwrap(), [after]);
    assert!(is_loose(world, before.file).await);
    assert!(!is_loose(world, after.file).await);
}

/// Neither one that is coming in nor one that never was.
pub async fn only_a_ready_file_can_be_linked(world: &FileWorld) {
    let (file, id) = with_id(new_file());
    assert!(!world.first().link_file(link_to(id), at(0)).await.unwrap());
    world.first().begin_file(file).await.unwrap();
    assert!(!world.first().link_file(link_to(id), at(0)).await.unwrap());
    assert!(
        world
            .first()
            .links_due(Timestamp::MAX, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Whichever comes first: a file that a message refers to is never removed.
pub async fn of_a_link_and_a_removal_one_wins(world: &FileWorld) {
    for _ in 0..16 {
        let link = link_to(ready(world).await);
        let linking = world.first().link_file(link, at(0));
        let removing = world.second().condemn_file(link.file, Timestamp::MAX);
        let (linked, removed) = join(linking, removing).await;
        assert_ne!(linked.unwrap(), removed.unwrap());
    }
}

/// Who left, and who never was there, finds nothing.
pub async fn links_are_found_for_members_alone(world: &FileWorld) {
    let file = ready(world).await;
    let room = steps::channel(world.first()).await;
    let (ann, bob) = (UserId::new(), UserId::new());
    for user in [ann, bob] {
        steps::put(world.first(), room, builders::join(user, 1)).await;
    }
    let link = FileLink {
        room,
        ..link_to(file)
    };
    let elsewhere = link_to(file);
    for link in [link, elsewhere] {
        assert!(world.first().link_file(link, at(0)).await.unwrap());
    }
    assert_eq!(found(world, link, ann).await, [link]);
    assert_eq!(found(world, link, bob).await, [link]);
    assert!(found(world, link, UserId::new()).await.is_empty());
    steps::put(world.first(), room, builders::leave(bob, 2)).await;
    assert!(found(world, link, bob).await.is_empty());
}

async fn found(world: &FileWorld, link: FileLink, user: UserId) -> Vec<FileLink> {
    world.second().links_for(link.file, user, 10).await.unwrap()
}

/// In pages, the longest waiting first.
pub async fn links_are_looked_at_again_when_they_are_due(world: &FileWorld) {
    let file = ready(world).await;
    let links = [link_to(file), link_to(file), link_to(file)];
    for (link, after) in links.into_iter().zip([3, 1, 2]) {
        assert!(world.first().link_file(link, at(after)).await.unwrap());
    }
    let due = |now, limit| world.second().links_due(at(now), limit);
    assert!(due(0, 10).await.unwrap().is_empty());
    assert_eq!(due(2, 10).await.unwrap(), [links[1], links[2]]);
    assert_eq!(due(9, 2).await.unwrap(), [links[1], links[2]]);
    world.first().check_link(links[1], at(20)).await.unwrap();
    assert_eq!(due(9, 10).await.unwrap(), [links[2], links[0]]);
    world
        .first()
        .unlink_message(links[2].message, None)
        .await
        .unwrap();
    world.first().check_link(links[2], at(0)).await.unwrap();
    assert_eq!(due(9, 10).await.unwrap(), [links[0]]);
}
