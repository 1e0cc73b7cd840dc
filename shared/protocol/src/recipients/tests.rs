//! The document's own JSON, decoded or encoded; its blocks are told apart in comments.

use std::sync::Arc;

use domain::{
    Body, Card, Change, ClientId, Code, Command, Content, Email, Error, Event, FullName, Limits,
    Message, RoomId, Row, RowId, Scene, TenantId, Timestamp, User, UserId, Username,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Recipients, http};
use crate::{Action, Dialect, Scope, Viewer, drf};

const ANN: &str = "c68872ef-dcfa-470b-a0b6-161d213d1c90";
const BOB: &str = "48dc569e-4ef2-4fef-940e-41a92ebfdcc2";

fn card(id: &str, name: &str) -> Card {
    Card::named(id.parse().unwrap(), Username::stored(name.into()))
}

/// Ann's socket onto her conversation with Bob.
fn scope() -> Scope {
    Scope {
        room: Some(RoomId::from_uuid(Uuid::from_u128(7))),
        peer: Some(card(BOB, "bob")),
        limits: Arc::new(Limits::default()),
    }
}

/// What a frame says; or the words of its refusal, and with what the socket is closed.
fn said(frame: &str) -> Result<String, (Option<String>, Option<u16>)> {
    match Recipients.decode(&scope(), frame) {
        Ok(request) => match request.action {
            Action::Command(Command::Send { draft, .. }) => Ok(draft.text().to_owned()),
            other => panic!("{other:?}"),
        },
        Err(refused) => Err((
            Recipients.refuse(None, &refused.error),
            Recipients.breaks_off(&refused.error),
        )),
    }
}

fn message(sender: &str, text: &str, at: &str) -> Message {
    Message {
        id: RowId::from_uuid(Uuid::from_u128(1)),
        room: RoomId::from_uuid(Uuid::from_u128(7)),
        seq: 3,
        sender: sender.parse().unwrap(),
        client_id: ClientId::new(),
        created_at: at.parse().unwrap(),
        edited_at: None,
        rev: 1,
        body: Body::Present {
            content: Content::plain(text),
        },
        archived: false,
    }
}

fn scene(message: Message) -> Scene {
    Scene {
        event: Event::Logged(Row {
            id: message.id,
            room: message.room,
            seq: message.seq,
            generation: 0,
            sender: message.sender,
            client_id: message.client_id,
            created_at: message.created_at,
            change: Change::Message(message),
        }),
        actor: None,
        subject: None,
    }
}

fn user(id: &str, first: &str, last: &str) -> User {
    let address = format!("{first}@gmail.com").to_lowercase();
    User {
        id: id.parse().unwrap(),
        tenant: TenantId::default(),
        username: Username::stored(address.clone()),
        email: Some(Email::stored(address)),
        names: FullName::stored(Some(first.to_owned()), Some(last.to_owned())),
        password_hash: None,
        alias: None,
        admin: false,
        created_at: Timestamp::UNIX_EPOCH,
        deleted_at: None,
    }
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// Section 6, request and response: they look the same.
#[test]
fn a_message_is_sent_and_heard_as_the_document_writes_it() {
    let block = json!({"message": "Hello", "recipient_id": BOB});
    assert_eq!(said(&block.to_string()), Ok("Hello".to_owned()));
    let hello = scene(message(ANN, "Hello", "2024-05-25T10:31:10Z"));
    let ann = Viewer {
        user: ANN.parse().unwrap(),
        peer: Some(card(BOB, "bob")),
        links: None,
    };
    let bob = Viewer {
        user: BOB.parse().unwrap(),
        peer: Some(card(ANN, "ann")),
        links: None,
    };
    for viewer in [ann, bob] {
        let heard = Recipients.encode(&viewer, &hello).unwrap();
        assert_eq!(parsed(&heard), block, "to {viewer:?}");
    }
}

#[test]
fn who_is_not_the_other_one_is_no_recipient() {
    for recipient in [
        json!(ANN),
        json!(UserId::new()),
        json!("../bob"),
        json!(7),
        json!(null),
    ] {
        let frame = json!({"message": "Hello", "recipient_id": recipient}).to_string();
        let refused = Err((Some("Invalid recipient.".to_owned()), None));
        assert_eq!(said(&frame), refused, "{frame}");
    }
    let nobody = r#"{"message":"Hello"}"#;
    assert!(said(nobody).is_err());
}

#[test]
fn a_message_says_something_in_text() {
    for message in [json!(""), json!(5), json!(["x"]), json!({}), json!(null)] {
        let frame = json!({"message": message, "recipient_id": BOB}).to_string();
        let refused = Err((Some("Message is required.".to_owned()), None));
        assert_eq!(said(&frame), refused, "{frame}");
    }
    let long = json!({"message": "x".repeat(16 * 1024 + 1), "recipient_id": BOB});
    let refused = Err((Some("Message is too long.".to_owned()), None));
    assert_eq!(said(&long.to_string()), refused);
}

#[test]
fn what_cannot_be_read_ends_the_socket_without_a_word() {
    for frame in ["", "{", "[]", "7", "\"Hello\"", r#"{"message":"\ud800"}"#] {
        assert_eq!(said(frame), Err((None, Some(1011))), "{frame}");
    }
}

#[test]
fn causes_are_never_told() {
    let error = Error::internal("secret").with_detail("secret");
    assert_eq!(
        Recipients.refuse(None, &error).as_deref(),
        Some("Try again.")
    );
    assert_eq!(Recipients.breaks_off(&Code::Busy.into()), None);
}

/// Section 1.
#[test]
fn who_registers_is_answered_as_the_document_writes_it() {
    let request = json!({
        "first_name": "John", "last_name": "Doe", "email": "john@gmail.com",
        "password": "password321", "confirm_password": "password321",
    });
    let mut form = drf::read(request.to_string().as_bytes()).unwrap();
    let fields = [
        "first_name",
        "last_name",
        "email",
        "password",
        "confirm_password",
    ];
    let read = fields.map(|field| form.text(field));
    assert_eq!(read, fields.map(|field| request[field].as_str().unwrap()));
    http::judge_password(&read[3], &mut form.faults);
    assert!(form.faults.is_empty());
    let block = json!({
        "success": true, "msg": "User account created successfully.",
        "data": {"first_name": "John", "last_name": "Doe", "email": "john@gmail.com"},
        "status": 201,
    });
    assert_eq!(parsed(&http::registered(&user(ANN, "John", "Doe"))), block);
}

/// Sections 2 and 3.
#[test]
fn a_login_gives_two_tokens_and_takes_one_back() {
    let tokens = drf::Tokens {
        refresh: "Refresh token here".to_owned(),
        access: "Access token here".to_owned(),
    };
    let block = json!({"refresh": "Refresh token here", "access": "Access token here"});
    assert_eq!(serde_json::to_value(&tokens).unwrap(), block);
    let logout = json!({"refresh": "your refresh token"}).to_string();
    let mut form = drf::read(logout.as_bytes()).unwrap();
    assert_eq!(form.text("refresh"), "your refresh token");
}

/// Section 4.
#[test]
fn people_are_listed_as_the_document_writes_them() {
    let ray = user("497ed80f-66de-45e7-801b-3a29710aa5fb", "ray", "doe");
    let two = user("995d8b85-0a69-4656-b682-f99d93b153d7", "user2", "doe");
    let block = json!([
        {"id": "497ed80f-66de-45e7-801b-3a29710aa5fb", "first_name": "ray", "last_name": "doe"},
        {"id": "995d8b85-0a69-4656-b682-f99d93b153d7", "first_name": "user2", "last_name": "doe"},
    ]);
    let listed = [http::Person::new(&ray), http::Person::new(&two)];
    assert_eq!(serde_json::to_value(listed).unwrap(), block);
}

/// Section 5, whose block is no JSON only for its comment. Our times have milliseconds, and a
/// message has an id and a seq besides.
#[test]
fn a_conversation_is_told_as_the_document_writes_it() {
    let admin = "497ed80f-66de-45e7-801b-3a29710aa5fb";
    let messages = [
        message(ANN, "Hello admin", "2024-05-25T10:31:10.245597Z"),
        message(admin, "Hi john", "2024-05-25T10:30:59.838568Z"),
    ];
    let people = [user(ANN, "john", "doe"), user(admin, "admin", "admin")];
    let room = "92660037-7f6e-4934-afd5-218024692005".parse().unwrap();
    let mut told = parsed(&http::conversation(room, &messages, &people));
    for message in told["data"]["messages"].as_array_mut().unwrap() {
        let message = message.as_object_mut().unwrap();
        assert!(message.remove("id").is_some() && message.remove("seq").is_some());
    }
    let block = json!({
        "success": true,
        "msg": "User conversation with messages retrieved successfully.",
        "data": {
            "id": "92660037-7f6e-4934-afd5-218024692005",
            "messages": [
                {
                    "text": "Hello admin",
                    "sender": {"id": ANN, "first_name": "john", "last_name": "doe"},
                    "created_at": "2024-05-25T10:31:10.245597Z",
                },
                {
                    "text": "Hi john",
                    "sender": {"id": admin, "first_name": "admin", "last_name": "admin"},
                    "created_at": "2024-05-25T10:30:59.838568Z",
                },
            ],
        },
        "status": 200,
    });
    assert_eq!(told, block);
}

#[test]
fn passwords_that_are_easily_guessed_are_judged() {
    let judged = |password: &str| {
        let mut faults = drf::Faults::default();
        http::judge_password(password, &mut faults);
        parsed(&faults.refusal().body)
    };
    let short = "This password is too short. It must contain at least 8 characters.";
    let numeric = "This password is entirely numeric.";
    assert_eq!(judged("1234567"), json!({"password": [short, numeric]}));
    assert_eq!(judged("12345678"), json!({"password": [numeric]}));
    assert_eq!(judged("password321"), json!({}));
}
