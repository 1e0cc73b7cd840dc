//! Files on an embedded store and a folder, with the clock in the test's hand.

use std::time::Duration;

use bytes::Bytes;
use domain::{
    Caller, ClientId, Code, Command, ContentKind, Draft, Error, File, FileId, FileLink, FileName,
    MediaType, Message, MessageId, NewFile, Reply, Result, RoomId, Says, Timestamp,
    ports::ByteStream,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Files, Offer, Swept};
use crate::testing::World;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The beginning of a picture, and as much behind it as makes `bytes`.
fn png(bytes: usize) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.resize(bytes, 7);
    png
}

fn body(bytes: &[u8]) -> ByteStream {
    let pieces: Vec<Result<Bytes>> = bytes
        .chunks(1_000)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    Box::pin(stream::iter(pieces))
}

fn offer(claim: &str, body: ByteStream) -> Offer {
    Offer {
        name: Some("../photo.png".to_owned()),
        claim: Some(claim.to_owned()),
        body,
    }
}

async fn upload(files: &Files, who: &Caller, offer: Offer) -> Result<File, Code> {
    let admitted = files.admit(who.clone());
    let taken = match admitted {
        Ok(admitted) => admitted.take(offer).await,
        Err(error) => Err(error),
    };
    taken.map_err(|error| error.code())
}

/// Every file that there is a record of and that no message refers to.
async fn loose(world: &World) -> Vec<FileId> {
    let loose = world.store().loose_files(Timestamp::MAX, 100).await;
    loose.unwrap()
}

async fn read(files: &Files, id: FileId) -> Result<Vec<u8>, Code> {
    let body = files.bytes(id, 0..u64::MAX).await;
    let pieces: Result<Vec<Bytes>> = match body {
        Ok(body) => body.try_collect().await,
        Err(error) => Err(error),
    };
    pieces
        .map(|p| p.concat())
        .map_err(|error: Error| error.code())
}

#[tokio::test]
async fn what_is_uploaded_is_whole_and_its_owners() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let bytes = png(30_000);
    let file = upload(&files, &ann, offer("image/png", body(&bytes)))
        .await
        .unwrap();
    assert_eq!(file.name.as_str(), "photo.png");
    assert_eq!((file.bytes, file.owner), (30_000, ann.user));
    assert_eq!(read(&files, file.id).await.unwrap(), bytes);
    assert_eq!(files.readable(&ann, file.id).await.unwrap(), file);

    let bob = world.person("bob").await;
    let stranger = files.readable(&bob, file.id).await.unwrap_err();
    let nothing = files.readable(&bob, FileId::new()).await.unwrap_err();
    assert_eq!(stranger.code(), Code::FileNotFound);
    assert_eq!(stranger.to_string(), nothing.to_string());
}

#[tokio::test]
async fn the_largest_file_fits_and_one_byte_more_leaves_nothing() {
    let world = World::with(|settings| settings.limits.upload_bytes = 20_000);
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let fits = upload(&files, &ann, offer("image/png", body(&png(20_000)))).await;
    assert_eq!(loose(&world).await, [fits.unwrap().id]);
    let over = upload(&files, &ann, offer("image/png", body(&png(20_001)))).await;
    assert_eq!(over, Err(Code::FileTooLarge));
    assert_eq!(loose(&world).await.len(), 1);
}

#[tokio::test]
async fn what_is_cut_off_lies_or_is_empty_leaves_nothing() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let cut = |bytes| {
        let end = stream::iter([Err(Error::new(Code::FileIncomplete))]);
        Box::pin(body(&png(bytes)).chain(end)) as ByteStream
    };
    let late_lie = [vec![b'a'; 50_000], vec![0xff]].concat();
    for (claim, body, code) in [
        ("image/png", cut(100), Code::FileIncomplete),
        ("image/png", cut(50_000), Code::FileIncomplete),
        ("image/png", body(b"<html><script>"), Code::FileTypeMismatch),
        ("text/plain", body(&late_lie), Code::FileTypeMismatch),
        ("text/html", body(b"<html>"), Code::FileTypeRefused),
        ("", body(b"MZ\x90\0\x03"), Code::FileTypeRefused),
        ("text/plain", body(b""), Code::InvalidField),
    ] {
        let refused = upload(&files, &ann, offer(claim, body)).await;
        assert_eq!(refused, Err(code), "{claim}");
    }
    assert!(loose(&world).await.is_empty());
}

#[tokio::test]
async fn an_upload_ends_with_the_process_and_clears_up() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let endless = body(&png(20_000)).chain(stream::pending());
    let uploading = upload(&files, &ann, offer("image/png", Box::pin(endless)));
    let stopping = async {
        while loose(&world).await.is_empty() {
            tokio::task::yield_now().await;
        }
        world.ctx.stop.cancel();
    };
    let (uploaded, ()) = tokio::join!(uploading, stopping);
    assert_eq!(uploaded, Err(Code::Draining));
    assert!(loose(&world).await.is_empty());
}

#[tokio::test]
async fn uploads_are_bounded_at_once_and_in_a_minute() {
    let world = World::with(|settings| {
        settings.limits.user_uploads = 2;
        settings.limits.uploads_per_minute = 3;
    });
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let admit = || files.admit(ann.clone()).map_err(|error| error.code());
    let held = (admit().unwrap(), admit().unwrap());
    assert_eq!(admit().err(), Some(Code::TooManyUploads));
    drop(held);
    admit().unwrap();
    assert_eq!(admit().err(), Some(Code::RateLimited));
}

#[tokio::test]
async fn a_file_that_nobody_sends_goes_after_a_day() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let file = upload(&files, &ann, offer("image/png", body(&png(500))))
        .await
        .unwrap();
    world.clock.advance(DAY);
    assert_eq!(files.sweep().await.unwrap(), Swept::default());
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(files.sweep().await.unwrap().removed, 1);
    assert_eq!(read(&files, file.id).await, Err(Code::FileNotFound));
    let gone = files.readable(&ann, file.id).await.unwrap_err();
    assert_eq!(gone.code(), Code::FileNotFound);
    assert_eq!(files.sweep().await.unwrap(), Swept::default());
}

#[tokio::test]
async fn what_a_killed_process_left_goes_too() {
    let world = World::new();
    let files = Files::new(&world.ctx);
    let mut left = Vec::new();
    for state in ["begun", "stored", "condemned"] {
        let new = NewFile {
            id: FileId::new(),
            tenant: domain::TenantId::default(),
            owner: domain::UserId::new(),
            name: FileName::clean("photo.png"),
            media_type: MediaType::parse("image/png").unwrap(),
        };
        left.push(new.id);
        world.store().begin_file(new.clone()).await.unwrap();
        if state != "begun" {
            files
                .blobs
                .put(new.id, 1_000, body(&png(500)))
                .await
                .unwrap();
        }
        if state == "condemned" {
            let condemned = world.store().condemn_file(new.id, Timestamp::MAX).await;
            assert!(condemned.unwrap());
        }
    }
    world.clock.advance(DAY + Duration::from_millis(1));
    assert_eq!(files.sweep().await.unwrap().removed, 3);
    assert!(loose(&world).await.is_empty());
    for id in left {
        assert_eq!(read(&files, id).await, Err(Code::FileNotFound));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_removed_holds_up_no_other() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let file = upload(&files, &ann, offer("image/png", body(&png(500)))).await;
        ids.push(file.unwrap().id);
    }
    // A folder in the place of a file cannot be removed like one.
    let stuck = world.blob(ids[0]);
    std::fs::remove_file(&stuck).unwrap();
    std::fs::create_dir(&stuck).unwrap();

    world.clock.advance(DAY + Duration::from_millis(1));
    assert_eq!(files.sweep().await.unwrap().removed, 1);
    assert_eq!(read(&files, ids[1]).await, Err(Code::FileNotFound));
    std::fs::remove_dir(&stuck).unwrap();
    assert_eq!(files.sweep().await.unwrap().removed, 1);
}

/// Says that this is a file of a message.
fn showing(room: RoomId, file: FileId, image: bool) -> Command {
    Command::Send {
        room,
        client_id: ClientId::new(),
        draft: Draft {
            says: Says::File {
                file,
                image,
                caption: String::new(),
            },
            reply_to: None,
            mentions: Vec::new(),
        },
    }
}

async fn sent(world: &World, who: &Caller, command: Command) -> Message {
    match world.ask(who, command).await.unwrap() {
        Reply::Sent { row, .. } => row.message().unwrap().clone(),
        other => panic!("not sent: {other:?}"),
    }
}

fn deletion(message: &Message) -> Command {
    Command::Delete {
        room: message.room,
        client_id: ClientId::new(),
        message: message.id,
        if_rev: None,
    }
}

#[tokio::test]
async fn a_message_shows_what_the_file_is_and_its_members_may_read_it() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let (bob, eve) = (world.person("bob").await, world.person("eve").await);
    let room = world.channel(&ann, "general").await.room.id;
    world.join(&bob, room).await;
    let file = upload(&files, &ann, offer("image/png", body(&png(500))))
        .await
        .unwrap();
    assert_eq!(
        world.refused(&bob, showing(room, file.id, true)).await,
        Code::FileNotFound
    );

    let command = showing(room, file.id, true);
    let message = sent(&world, &ann, command.clone()).await;
    let attachment = message.content().unwrap().attachment.clone().unwrap();
    assert_eq!((attachment.file, attachment.bytes), (file.id, 500));
    assert_eq!(
        (attachment.name.as_str(), attachment.media_type.as_str()),
        ("photo.png", "image/png")
    );
    assert_eq!(files.readable(&bob, file.id).await.unwrap(), file);
    assert!(files.readable(&eve, file.id).await.is_err());
    assert_eq!(
        sent(&world, &ann, command).await.id,
        message.id,
        "a repeat is the original"
    );
    assert_eq!(message.content().unwrap().kind, ContentKind::Image);
    let plain = sent(&world, &ann, showing(room, file.id, false)).await;
    let kind = plain.content().unwrap().kind;
    assert_eq!(kind, ContentKind::File, "also a picture, if it is sent so");

    world.ask(&bob, Command::Leave { room }).await.unwrap();
    assert!(
        files.readable(&bob, file.id).await.is_err(),
        "who left reads no more"
    );
}

#[tokio::test]
async fn what_is_not_there_or_no_picture_cannot_be_shown() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let room = world.channel(&ann, "general").await.room.id;
    let text = upload(&files, &ann, offer("text/plain", body(b"hello")))
        .await
        .unwrap();
    for (file, image, code) in [
        (FileId::new(), false, Code::FileNotFound),
        (text.id, true, Code::InvalidField),
    ] {
        assert_eq!(world.refused(&ann, showing(room, file, image)).await, code);
    }
    sent(&world, &ann, showing(room, text.id, false)).await;
}

#[tokio::test]
async fn a_file_stays_until_its_last_message_is_deleted() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let room = world.channel(&ann, "general").await.room.id;
    let file = upload(&files, &ann, offer("image/png", body(&png(500))))
        .await
        .unwrap();
    let first = sent(&world, &ann, showing(room, file.id, true)).await;
    let second = sent(&world, &ann, showing(room, file.id, true)).await;
    world.clock.advance(30 * DAY);
    world.ask(&ann, deletion(&first)).await.unwrap();
    world.clock.advance(30 * DAY);
    assert_eq!(files.sweep().await.unwrap(), Swept::default());
    world.ask(&ann, deletion(&second)).await.unwrap();
    assert_eq!(files.sweep().await.unwrap().removed, 0, "not at once");
    world.clock.advance(DAY + Duration::from_millis(1));
    assert_eq!(files.sweep().await.unwrap().removed, 1);
    assert_eq!(read(&files, file.id).await, Err(Code::FileNotFound));
}

#[tokio::test]
async fn a_repeat_is_answered_though_the_file_is_gone() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let room = world.channel(&ann, "general").await.room.id;
    let file = upload(&files, &ann, offer("image/png", body(&png(500))))
        .await
        .unwrap();
    let command = showing(room, file.id, true);
    let message = sent(&world, &ann, command.clone()).await;
    world.ask(&ann, deletion(&message)).await.unwrap();
    world.clock.advance(DAY + Duration::from_millis(1));
    files.sweep().await.unwrap();
    let another = world.refused(&ann, showing(room, file.id, true)).await;
    assert_eq!(another, Code::FileNotFound);
    let again = sent(&world, &ann, command).await;
    assert_eq!((again.id, again.content()), (message.id, None));
}

#[tokio::test]
async fn what_is_refused_or_repeated_holds_no_file() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let room = world.channel(&ann, "general").await.room.id;
    let bob = world.person("bob").await;
    world.ask(&bob, Command::Join { room }).await.unwrap();
    let file = upload(&files, &ann, offer("text/plain", body(b"hello")))
        .await
        .unwrap();
    let command = showing(room, file.id, false);
    let message = sent(&world, &ann, command.clone()).await;
    world.refused(&bob, showing(room, file.id, true)).await;
    sent(&world, &ann, command.clone()).await;
    let Command::Send { client_id, .. } = command else {
        panic!("not a message")
    };
    let mut other = showing(room, file.id, false);
    if let Command::Send {
        client_id: key,
        draft,
        ..
    } = &mut other
    {
        *key = client_id;
        draft.reply_to = Some(message.id);
    }
    assert_eq!(world.refused(&ann, other).await, Code::ClientIdMismatch);
    let links = world.store().links_for(file.id, bob.user, 10).await;
    let links: Vec<_> = links.unwrap().iter().map(|link| link.message).collect();
    assert_eq!(links, [message.id]);
}

/// As a crash leaves them: before the message, and after its deletion.
#[tokio::test]
async fn references_without_a_message_are_found() {
    let world = World::new();
    let (files, ann) = (Files::new(&world.ctx), world.person("ann").await);
    let room = world.channel(&ann, "general").await.room.id;
    let file = upload(&files, &ann, offer("image/png", body(&png(500))))
        .await
        .unwrap();
    let deleted = sent(&world, &ann, showing(room, file.id, true)).await;
    world.ask(&ann, deletion(&deleted)).await.unwrap();
    for message in [deleted.id, MessageId::new()] {
        let link = FileLink {
            file: file.id,
            room,
            message,
        };
        files.hold(link).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(60 * 60));
    let swept = files.sweep().await.unwrap();
    assert_eq!((swept.unlinked, swept.removed), (2, 0));
    assert_eq!(loose(&world).await, [file.id]);
}
