//! The document's own JSON, decoded or encoded; its blocks are told apart in comments.

use std::sync::Arc;

use domain::{
    Attachment, Body, Card, Change, ClientId, Command, Content, Draft, Email, Error, Event, File,
    FileId, FileName, FileState, FullName, Limits, Mark, MediaType, Message, RoomId, Row, RowId,
    Says, Scene, TenantId, Timestamp, User, UserId, Username, Visit,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    AllBell, OneBell, Usernames,
    http::{self, Conversation, Pair, Person},
};
use crate::{Action, Dialect, Links, Scope, Viewer, drf};

const ANN: UserId = UserId::from_uuid(Uuid::from_u128(1));
const BOB: UserId = UserId::from_uuid(Uuid::from_u128(2));
const ROOM: RoomId = RoomId::from_uuid(Uuid::from_u128(7));
const FILE: FileId = FileId::from_uuid(Uuid::from_u128(9));

/// Links as the document writes them.
#[derive(Debug)]
struct Fixed(&'static str);

impl Links for Fixed {
    fn link(&self, _: &Attachment) -> String {
        self.0.to_owned()
    }
}

fn card(user: UserId, name: &str) -> Card {
    Card::named(user, Username::stored(name.into()))
}

/// Ann, on her conversation with somebody called `room`.
fn ann(link: &'static str) -> Viewer {
    Viewer {
        user: ANN,
        peer: Some(card(BOB, "room")),
        links: Some(Arc::new(Fixed(link))),
    }
}

fn scope() -> Scope {
    Scope {
        room: Some(ROOM),
        peer: Some(card(BOB, "room")),
        limits: Arc::new(Limits::default()),
    }
}

fn message(sender: UserId, seq: u64, content: Content, at: &str) -> Message {
    Message {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: ROOM,
        seq,
        sender,
        client_id: ClientId::new(),
        created_at: at.parse().unwrap(),
        edited_at: None,
        rev: 1,
        body: Body::Present { content },
        archived: false,
    }
}

fn picture(caption: &str) -> Content {
    let attachment = Attachment {
        file: FILE,
        name: "cat.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: 7,
    };
    Content::attached(attachment, caption.to_owned(), &Limits::default()).unwrap()
}

fn scene(event: Event, by: &str) -> Scene {
    Scene {
        event,
        actor: Some(card(BOB, by)),
        subject: None,
    }
}

fn logged(message: Message) -> Event {
    Event::Logged(Row {
        id: message.id,
        room: message.room,
        seq: message.seq,
        generation: 0,
        sender: message.sender,
        client_id: message.client_id,
        created_at: message.created_at,
        change: Change::Message(message),
    })
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// What a frame asks for; or the words of its refusal, and with what the socket is closed.
fn asked(frame: &Value) -> Result<Action, (Option<String>, Option<u16>)> {
    let refused = |error: &Error| {
        let words = Usernames.refuse(None, error);
        (words, Usernames.breaks_off(error))
    };
    let read = Usernames.decode(&scope(), &frame.to_string());
    read.map(|request| request.action)
        .map_err(|refusal| refused(&refusal.error))
}

fn draft(frame: &Value) -> Draft {
    match asked(frame) {
        Ok(Action::Command(Command::Send {
            room: ROOM, draft, ..
        })) => draft,
        other => panic!("{other:?}"),
    }
}

/// A frame of the document, with one thing another way.
fn sends(field: &str, value: Value) -> Value {
    let mut frame = json!({
        "type": "chat_message",
        "message": "text message to be sent",
        "multimedia_url": "",
        "file_identifier": "",
        "multimedia_url_expiration": "",
        "room": "username of the person to chat with",
    });
    frame[field] = value;
    frame
}

/// "Consumer Emitted Chat Message Event". A seq is added.
#[test]
fn a_message_is_told_as_the_document_writes_it() {
    let said = message(
        BOB,
        5,
        picture("Hello, world!"),
        "2023-11-10T19:10:30.866848Z",
    );
    let told = Usernames.encode(
        &ann("multimedia url link"),
        &scene(logged(said), "username"),
    );
    let mut told = parsed(&told.unwrap());
    assert_eq!(told.as_object_mut().unwrap().remove("seq"), Some(json!(5)));
    let block = json!({
        "type": "chat_message",
        "message": "Hello, world!",
        "multimedia_url": "multimedia url link",
        "date_added": "2023-11-10T19:10:30.866848Z",
        "from_user": {"username": "username"},
        "room": "room",
    });
    assert_eq!(told, block);
}

/// "Consumer Emitted User Join", "User Leave" and "Online Users List Event".
#[test]
fn comings_and_goings_are_told_as_the_document_writes_them() {
    let visit = Visit {
        room: ROOM,
        user: BOB,
    };
    for (here, kind) in [(true, "user_join"), (false, "user_leave")] {
        let visited = scene(Event::Visited { visit, here }, "username");
        let told = Usernames.encode(&ann(""), &visited).unwrap();
        assert_eq!(parsed(&told), json!({"type": kind, "user": "username"}));
    }
    let there = [card(BOB, "username1"), card(ANN, "username2")];
    let welcome = Usernames.welcome(&card(ANN, "username"), &there);
    let welcome: Vec<Value> = welcome.iter().map(|frame| parsed(frame)).collect();
    let list = json!({"type": "online_user_list", "users": ["username1", "username2"]});
    let join = json!({"type": "user_join", "user": "username"});
    assert_eq!(welcome, [list, join]);
}

/// "Client Emitted Messages Read Event".
#[test]
fn reading_is_reading_all_of_it() {
    let command = asked(&json!({"type": "read_messages"}));
    let expected = Command::RaiseMark {
        room: ROOM,
        mark: Mark::Read,
        through: u64::MAX,
    };
    assert_eq!(command, Ok(Action::Command(expected)));
}

/// "Client Emitted Send Message Event", both cases.
#[test]
fn a_message_is_sent_as_the_document_writes_it() {
    let text = draft(&sends("room", json!("somebody else")));
    assert_eq!(text, Content::plain("text message to be sent").into());
    let identifier = format!("{FILE}_cat.png");
    let shown = draft(&sends("file_identifier", json!(identifier)));
    let caption = "text message to be sent".to_owned();
    assert_eq!(
        shown.says,
        Says::Upload {
            file: FILE,
            caption
        }
    );
}

#[test]
fn a_link_of_the_web_is_kept_where_all_see_it_and_comes_back() {
    let link = "https://example.org/cat.png";
    let sent = draft(&sends("multimedia_url", json!(link)));
    assert_eq!(sent.text(), format!("text message to be sent\n{link}"));
    let said = message(BOB, 1, Content::plain(sent.text()), "2024-01-01T00:00:00Z");
    let told = Usernames
        .encode(&ann(""), &scene(logged(said), "bob"))
        .unwrap();
    let told = parsed(&told);
    assert_eq!(told["message"], "text message to be sent");
    assert_eq!(told["multimedia_url"], link);
    for no_link in [
        "javascript:alert(1)",
        "cat.png",
        "https://",
        "http://a b",
        "data:,x",
    ] {
        let sent = draft(&sends("multimedia_url", json!(no_link)));
        assert_eq!(sent.text(), "text message to be sent", "{no_link}");
    }
    let mut alone = sends("multimedia_url", json!(link));
    alone["message"] = json!("");
    assert_eq!(draft(&alone).text(), link);
}

#[test]
fn what_says_nothing_ends_the_socket_without_a_word() {
    for message in [json!(""), json!(7), json!({}), json!(null), json!(["x"])] {
        let frame = sends("message", message);
        assert_eq!(asked(&frame), Err((None, Some(1011))), "{frame}");
    }
    for frame in [
        json!({"message": "x"}),
        json!({"type": 7}),
        json!([]),
        json!(7),
    ] {
        assert_eq!(asked(&frame), Err((None, Some(1011))), "{frame}");
    }
    let broken = Usernames.decode(&scope(), "{").unwrap_err();
    assert_eq!(Usernames.breaks_off(&broken.error), Some(1011));
}

#[test]
fn what_is_not_known_is_ignored_and_the_rest_is_refused_in_a_frame() {
    assert_eq!(asked(&json!({"type": "typing"})), Ok(Action::Ping));
    let error = |text: &str| Some(format!(r#"{{"type":"error","message":"{text}"}}"#));
    let unknown = asked(&sends("file_identifier", json!("CV_James_Jack.pdf")));
    assert_eq!(unknown, Err((error("There is no such file."), None)));
    let long = asked(&sends("message", json!("x".repeat(16 * 1024 + 1))));
    assert_eq!(long, Err((error("Message is too long."), None)));
    let secret = Error::internal("secret").with_detail("secret");
    assert_eq!(Usernames.refuse(None, &secret), error("Try again."));
}

/// The events of both notification endpoints.
#[test]
fn bells_say_how_much_is_unread_and_ring() {
    let unread = |unread| scene(Event::Unread { unread }, "bob");
    let said = message(BOB, 1, Content::plain("x"), "2024-01-01T00:00:00Z");
    let viewer = Viewer::of(ANN);
    let told = |bell: &dyn Dialect, scene: &Scene| parsed(&bell.encode(&viewer, scene).unwrap());
    let one = json!({"type": "single_conversation_unread_count", "unread_count": 5});
    assert_eq!(told(&OneBell, &unread(5)), one);
    let all = json!({"type": "unread_count", "unread_count": 8});
    assert_eq!(told(&AllBell, &unread(8)), all);
    for bell in [&OneBell as &dyn Dialect, &AllBell] {
        let row = scene(logged(said.clone()), "bob");
        assert_eq!(bell.encode(&viewer, &row), None);
    }
}

fn file() -> File {
    File {
        id: FILE,
        tenant: TenantId::default(),
        owner: ANN,
        name: FileName::clean("CV_James_Jack.pdf"),
        media_type: MediaType::stored("application/pdf".to_owned()),
        bytes: 7,
        sha256: [0; 32],
        created_at: Timestamp::UNIX_EPOCH,
        state: FileState::Ready,
    }
}

/// "Upload Multimedia Endpoint", the answer in production; that in development is not given.
#[test]
fn an_upload_is_answered_as_the_document_writes_it() {
    let until = "2023-12-27T22:15:45.277495Z".parse().unwrap();
    let mut told = parsed(&http::uploaded(&file(), "AWS presigned URL", until));
    let identifier = told["file_identifier"].take();
    let identifier = identifier.as_str().unwrap();
    assert!(identifier.ends_with("_CV_James_Jack.pdf"), "{identifier}");
    let sent = draft(&sends("file_identifier", json!(identifier)));
    assert!(matches!(sent.says, Says::Upload { file: FILE, .. }));
    let block = json!({
        "file_location": "AWS presigned URL",
        "expiration_time": "2023-12-27T22:15:45.277495",
        "file_identifier": null,
    });
    assert_eq!(told, block);
}

/// "Check URL Validity" and "Refresh URL Endpoint".
#[test]
fn links_are_checked_and_refreshed_as_the_document_writes_it() {
    assert_eq!(parsed(&http::checked(true)), json!({"refresh_url": true}));
    let block = json!({"file_location": "refreshed_multimedia_url"});
    assert_eq!(parsed(&http::refreshed("refreshed_multimedia_url")), block);
    let viewer = ann("a link");
    let of = |content| http::link_of(&viewer, &message(BOB, 1, content, "2024-01-01T00:00:00Z"));
    assert_eq!(of(picture("")).as_deref(), Some("a link"));
    assert_eq!(of(Content::plain("x")), None);
}

fn user(id: UserId, name: &str, email: &str) -> User {
    User {
        id,
        tenant: TenantId::default(),
        username: Username::stored(name.to_owned()),
        email: Some(Email::stored(email.to_owned())),
        names: FullName::default(),
        password_hash: None,
        alias: None,
        admin: false,
        created_at: Timestamp::UNIX_EPOCH,
        deleted_at: None,
    }
}

/// The document's people have a group each; ours have none.
fn person(number: u64, name: &str, email: &str) -> Value {
    json!({
        "url": format!("http://127.0.0.1:8000/api/userauth/users/{number}/"),
        "username": name, "email": email, "groups": [], "is_active": true,
    })
}

const BASE: &str = "http://127.0.0.1:8000";

/// "Get all Conversations of a User". A message's id is larger, since it tells the room, too.
#[test]
fn conversations_are_listed_as_the_document_writes_them() {
    let me = user(ANN, "receiver username", "reciever email");
    let other = user(BOB, "sender username", "sender email");
    let pair = Pair {
        me: (ANN, Person::new(&me, BASE, 4)),
        other: Person::new(&other, BASE, 2),
        room: 67,
    };
    let last = message(
        BOB,
        565,
        picture("last message"),
        "2023-12-26T21:43:30.597375Z",
    );
    let listed = Conversation::new(&pair, &ann("url of multimedia file"), Some(&last));
    let (sender, receiver) = (
        person(2, "sender username", "sender email"),
        person(4, "receiver username", "reciever email"),
    );
    let block = json!({
        "id": 67,
        "name": "receiver username-sender username",
        "other_user": sender,
        "last_message": {
            "id": (67_u64 << 32) + 565,
            "from_user": sender,
            "to_user": receiver,
            "date_added": "2023-12-26T21:43:30.597375Z",
            "content": "last message",
            "multimedia_url": "url of multimedia file",
        },
    });
    assert_eq!(serde_json::to_value(&listed).unwrap(), block);
    let words = message(BOB, 566, Content::plain("x"), "2023-12-26T21:43:30.5Z");
    let worded = Conversation::new(&pair, &ann(""), Some(&words));
    let worded = serde_json::to_value(&worded).unwrap();
    assert_eq!(worded["last_message"]["multimedia_url"], "");
    let at = &worded["last_message"]["date_added"];
    assert_eq!(at, "2023-12-26T21:43:30.500000Z");
    let silent = Conversation::new(&pair, &ann(""), None);
    let silent = serde_json::to_value(&silent).unwrap();
    assert_eq!(silent["last_message"], Value::Null);
}

/// "Get all Conversations within a Room".
#[test]
fn a_conversation_is_told_as_the_document_writes_it() {
    let me = user(ANN, "sender username", "sender email");
    let other = user(BOB, "reciever username", "receiver email");
    let pair = Pair {
        me: (ANN, Person::new(&me, BASE, 2)),
        other: Person::new(&other, BASE, 4),
        room: 1,
    };
    let said = [message(
        ANN,
        298,
        Content::plain("message"),
        "2023-10-26T07:24:29.296910Z",
    )];
    let block = json!({"messages": [{
        "id": (1_u64 << 32) + 298,
        "from_user": person(2, "sender username", "sender email"),
        "to_user": person(4, "reciever username", "receiver email"),
        "date_added": "2023-10-26T07:24:29.296910Z",
        "content": "message",
    }]});
    assert_eq!(parsed(&http::messages(&pair, &ann(""), &said)), block);
}

#[test]
fn a_login_gives_two_tokens() {
    let tokens = drf::Tokens {
        refresh: "r".to_owned(),
        access: "a".to_owned(),
    };
    let shown = serde_json::to_value(&tokens).unwrap();
    assert_eq!(shown, json!({"refresh": "r", "access": "a"}));
    assert_eq!(drf::wrong_credentials().status, 401);
}
