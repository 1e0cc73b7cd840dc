//! The walk over the frames: what is described is what the codec does.

use std::sync::Arc;

use domain::{
    Attachment, Body, Card, Change, ClientId, Code, Content, Emoji, Error, Event, FileId, Limits,
    Member, MemberChange, MemberRow, MemberState, Message, Notification, Presence, PresenceState,
    ReactionRow, Receipt, Reply, Role, Room, RoomChange, RoomId, RoomKind, RoomName, RoomRow, Row,
    RowId, Rule, RunId, Scene, Seq, TenantId, Timestamp, UserId, Username, command::RoomView,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Frame, frames};
use crate::{
    Dialect, Refused, Request, Scope, Viewer,
    native::{
        Authenticated, Gap, GapReason, Hello, HelloRooms, Native, ResumeAnswer, Resumed,
        RoomSummary, UnnamedRoom, UserView, examples::ROOM,
    },
    schema::closed,
};

/// Holds a frame to its description: nothing missing, nothing wrong, nothing more.
fn hold(frame: &Frame, value: &Value) {
    let mut schema = frame.payload.clone();
    schema["components"] = json!({ "schemas": frames().named });
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&closed(schema))
        .expect("a schema");
    let wrong: Vec<_> = validator
        .iter_errors(value)
        .map(|e| e.to_string())
        .collect();
    assert!(wrong.is_empty(), "{}: {wrong:?} in {value}", frame.name);
}

fn decode(frame: &Value) -> Result<Request, Refused> {
    let scope = Scope {
        room: None,
        peer: None,
        limits: Arc::new(Limits::default()),
    };
    Native.decode(&scope, &frame.to_string())
}

#[test]
fn every_frame_is_described_with_an_example_that_is_one() {
    let all = frames();
    for frame in all.client.iter().chain(&all.server) {
        assert!(!frame.says.is_empty(), "{} says nothing", frame.name);
        assert!(!frame.kind.is_empty());
        hold(frame, &frame.example);
    }
}

#[test]
fn no_two_frames_share_a_name_and_answers_exist() {
    let all = frames();
    let mut names: Vec<_> = all.client.iter().map(|frame| &frame.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all.client.len());
    let mut told: Vec<_> = all.server.iter().map(|frame| frame.name.as_str()).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), all.server.len());
    for answer in all.client.iter().flat_map(|frame| frame.answers) {
        assert!(told.contains(answer), "{answer} is not described");
    }
}

#[test]
fn every_frame_of_clients_is_understood() {
    for frame in frames().client {
        let request = decode(&frame.example).unwrap_or_else(|refused| {
            panic!("{}: {:?}", frame.name, refused.error);
        });
        assert_eq!(request.id.as_deref(), Some("c1"));
    }
}

#[test]
fn what_is_called_required_is() {
    for frame in frames().client {
        let required = frame.payload["required"].as_array().unwrap().clone();
        for field in required.iter().filter_map(Value::as_str) {
            let mut less = frame.example.clone();
            less.as_object_mut().unwrap().remove(field);
            let refused = decode(&less).expect_err(field);
            assert_eq!(refused.error.field(), Some(field), "{}", frame.name);
        }
        let optional = frame.payload["properties"].as_object().unwrap().keys();
        for field in optional.filter(|name| !required.contains(&json!(name))) {
            let mut less = frame.example.clone();
            let one_of_two = frame.name == "join" && field == "room";
            if less.as_object_mut().unwrap().remove(field).is_some() && !one_of_two {
                assert!(decode(&less).is_ok(), "{} without {field}", frame.name);
            }
        }
    }
}

/// Every frame that the codec can make, with the name under which it is described.
fn made() -> Vec<(String, Value)> {
    let viewer = Viewer::of(UserId::new());
    let mut made: Vec<(String, Value)> = scenes()
        .iter()
        .filter_map(|scene| Native.encode(&viewer, scene))
        .map(|text| {
            let frame: Value = serde_json::from_str(&text).unwrap();
            (frame["type"].as_str().unwrap().to_owned(), frame)
        })
        .collect();
    for reply in replies() {
        let Some(name) = ack_name(&reply) else {
            continue;
        };
        for id in [Some("c1"), None] {
            let frame = Native.reply(id, &reply).unwrap();
            made.push((name.to_owned(), serde_json::from_str(&frame).unwrap()));
        }
    }
    for code in Code::ALL {
        let error = Error::new(*code).with_detail("why");
        let frame = Native.refuse(Some("c1"), &error).unwrap();
        made.push(("error".to_owned(), serde_json::from_str(&frame).unwrap()));
    }
    let field = Error::invalid(Code::InvalidField, "room", "why");
    let wait = Error::too_many(Code::RateLimited, std::time::Duration::from_secs(1));
    for error in [field, wait] {
        let frame = Native.refuse(None, &error).unwrap();
        made.push(("error".to_owned(), serde_json::from_str(&frame).unwrap()));
    }
    made.extend(greetings());
    made
}

#[test]
fn whatever_the_codec_makes_is_described_and_nothing_else_is() {
    let all = frames();
    let made = made();
    for (name, frame) in &made {
        let described = all.server.iter().find(|described| described.name == *name);
        let described = described.unwrap_or_else(|| panic!("{name} is not described: {frame}"));
        hold(described, frame);
    }
    for described in &all.server {
        assert!(
            made.iter().any(|(name, _)| *name == described.name),
            "nothing makes {}",
            described.name
        );
    }
}

/// How the answer to a request is described. `None` for what only REST asks for.
fn ack_name(reply: &Reply) -> Option<&'static str> {
    match reply {
        Reply::Done => Some("ack"),
        Reply::Joined { .. } => Some("ack_join"),
        Reply::Sent { .. } => Some("ack_send"),
        Reply::Changed { .. } => Some("ack_change"),
        Reply::Reacted { .. } => Some("ack_react"),
        Reply::Member { .. } => Some("ack_member"),
        Reply::Room(_)
        | Reply::Opened { .. }
        | Reply::Message { .. }
        | Reply::History { .. }
        | Reply::Numbered { .. }
        | Reply::Replay(_)
        | Reply::Rooms { .. }
        | Reply::Members { .. }
        | Reply::Receipts { .. }
        | Reply::Presences { .. } => None,
    }
}

/// One of each reply that a socket can get.
fn replies() -> Vec<Reply> {
    let row = row(Change::Message(message(present())));
    let sent = |repeat| Reply::Sent {
        row: row.clone(),
        sender: ann(),
        repeat,
    };
    let joined = |row| Reply::Joined { room: view(), row };
    let changed = |sender| Reply::Changed {
        row: row.clone(),
        sender,
        repeat: false,
    };
    let placed = |seq| Reply::Member {
        member: member(),
        username: ann().username,
        seq,
    };
    vec![
        changed(Some(ann())),
        changed(None),
        Reply::Reacted { seq: Some(3) },
        Reply::Reacted { seq: None },
        placed(Some(3)),
        placed(None),
        Reply::Done,
        sent(false),
        sent(true),
        joined(None),
        joined(Some(Box::new(row.clone()))),
    ]
}

/// One of each event, and of each change that an event can tell. A new one has to be added here:
/// the match without `_` says so.
fn scenes() -> Vec<Scene> {
    let events = changes()
        .into_iter()
        .map(|change| Event::Logged(row(change)));
    let others = [
        Event::Notified(Notification::of(&member(), message(present()))),
        receipt(None),
        receipt(Some(7)),
        receipt(Some(1_000)),
        Event::Typing {
            room: room_id(),
            user: ann().user,
            on: true,
        },
        Event::Presence(Presence::hidden(ann().user)),
        Event::Presence(Presence {
            user: ann().user,
            state: PresenceState::Offline,
            last_seen: Some(Timestamp::UNIX_EPOCH),
        }),
        Event::Draining { retry_after_ms: 7 },
    ];
    let events: Vec<_> = events.chain(others).collect();
    for event in &events {
        match event {
            Event::Logged(_) | Event::Notified(_) | Event::Draining { .. } => {}
            Event::Receipt { .. } | Event::Typing { .. } | Event::Presence(_) => {}
            Event::Visited { .. } | Event::Unread { .. } => unreachable!("not said"),
        }
    }
    let scene = |card: Option<Card>| {
        move |event: &Event| Scene {
            event: event.clone(),
            actor: card.clone(),
            subject: card.clone(),
        }
    };
    let known = events.iter().map(scene(Some(ann())));
    known.chain(events.iter().map(scene(None))).collect()
}

fn changes() -> Vec<Change> {
    let member = |change| {
        Change::Member(MemberRow {
            user: ann().user,
            change,
            role: Role::Member,
            rev: 1,
        })
    };
    let reaction = |set| {
        Change::Reaction(ReactionRow {
            message: RowId::from_uuid(Uuid::from_u128(1)),
            emoji: Emoji::stored("👍".into()),
            set,
        })
    };
    let room = |change| Change::Room(RoomRow { change, rev: 2 });
    let changes = vec![
        Change::Message(message(present())),
        Change::Edit(message(present())),
        Change::Deletion(message(Body::Deleted)),
        Change::Message(message(Body::Purged)),
        member(MemberChange::Joined),
        member(MemberChange::Left),
        member(MemberChange::Removed),
        member(MemberChange::RoleChanged),
        reaction(true),
        reaction(false),
        room(RoomChange::Changed {
            name: Some(RoomName::stored("lounge".into())),
            read_only: Some(false),
        }),
        room(RoomChange::read_only(true)),
        room(RoomChange::Deleted),
        Change::Archive {
            run: RunId::new(),
            through: 3,
        },
    ];
    for change in &changes {
        match change {
            Change::Message(_) | Change::Edit(_) | Change::Deletion(_) => {}
            Change::Reaction(_) | Change::Member(_) | Change::Room(_) => {}
            Change::Archive { .. } => {}
        }
    }
    changes
}

/// The frames that are said without a scene or a reply.
fn greetings() -> Vec<(String, Value)> {
    let room = room_id();
    let summary = || RoomSummary::new(&view());
    let hello = Hello {
        session: Uuid::from_u128(1),
        server_time: Timestamp::UNIX_EPOCH,
        heartbeat_ms: 25_000,
        limits: Limits::default(),
        user: UserView::of(ann().user, Some(&ann())),
        token_expires: Timestamp::UNIX_EPOCH,
        epoch: Uuid::from_u128(2),
        rooms: vec![summary()],
        more: true,
    };
    let rooms = HelloRooms {
        rooms: vec![summary()],
        more: false,
    };
    let answer = ResumeAnswer {
        resumed: vec![room.uuid()],
        gaps: vec![room.uuid()],
        not_named: vec![UnnamedRoom {
            room: room.uuid(),
            head: 3,
        }],
    };
    let gap = |to: Option<Seq>, reason| Gap {
        room: room.uuid(),
        from: 3,
        to,
        reason,
    };
    let renewed = Authenticated {
        token_expires: Timestamp::UNIX_EPOCH,
    };
    let texts = [
        ("hello", hello.frame()),
        ("hello_rooms", rooms.frame()),
        ("resumed", Resumed::frame(room, 7, None)),
        ("resumed", Resumed::frame(room, 7, Some(&[marks()]))),
        ("gap", gap(Some(9), GapReason::TooMany).frame()),
        ("gap", gap(None, GapReason::NoAccess).frame()),
        ("gap", gap(None, GapReason::UnknownPosition).frame()),
        ("gap", gap(Some(9), GapReason::ChangesExpired).frame()),
        ("ack_resume", answer.frame(Some("c1"))),
        ("ack_authenticate", renewed.frame(Some("c1"))),
    ];
    let parsed = texts.map(|(name, text)| (name.to_owned(), serde_json::from_str(&text).unwrap()));
    parsed.to_vec()
}

fn marks() -> Receipt {
    Receipt {
        room: room_id(),
        user: ann().user,
        read: 5,
        received: 7,
    }
}

fn receipt(unread: Option<u64>) -> Event {
    let receipt = marks();
    Event::Receipt {
        receipt,
        unread,
        more_read: true,
    }
}

fn room_id() -> RoomId {
    ROOM.parse().unwrap()
}

fn ann() -> Card {
    let ann = UserId::from_uuid(Uuid::from_u128(9));
    Card::named(ann, Username::stored("ann".into()))
}

fn present() -> Body {
    let attachment = Attachment {
        file: FileId::new(),
        name: "cat.png".into(),
        media_type: "image/png".into(),
        bytes: 70,
    };
    let content = Content::attached(attachment, "hi".into(), &Limits::default());
    Body::Present {
        content: Content {
            reply_to: Some(RowId::new()),
            mentions: vec![ann().user],
            ..content.unwrap()
        },
    }
}

fn message(body: Body) -> Message {
    Message {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: room_id(),
        seq: 4,
        sender: ann().user,
        client_id: ClientId::new(),
        created_at: Timestamp::UNIX_EPOCH,
        edited_at: None,
        rev: 1,
        body,
        archived: false,
    }
}

fn row(change: Change) -> Row {
    Row {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: room_id(),
        seq: 4,
        generation: 0,
        sender: ann().user,
        client_id: ClientId::new(),
        created_at: Timestamp::UNIX_EPOCH,
        change,
    }
}

fn member() -> Member {
    Member {
        room: room_id(),
        user: ann().user,
        role: Role::Member,
        state: MemberState::Active,
        rev: 1,
        joined_seq: 1,
        joined_at: Timestamp::UNIX_EPOCH,
        read: 0,
        received: 0,
        notified: 0,
        hidden: 4,
        rule: Rule::default(),
    }
}

fn view() -> RoomView {
    RoomView {
        room: Room {
            id: room_id(),
            tenant: TenantId::default(),
            kind: RoomKind::Channel,
            name: Some(RoomName::stored("lobby".into())),
            created_by: ann().user,
            created_at: Timestamp::UNIX_EPOCH,
            rev: 1,
            read_only: false,
            deleted_at: None,
        },
        head: 4,
        member: Some(member()),
        unread: 0,
        peer: Some(ann()),
    }
}
