//! `/api/v1/rooms/{room}/messages`, described.

use described::{ETAG, LINK, Operation, Parameter, seq};
use domain::{Code, Rate};
use protocol::native::{
    MessageSent, Messages, SendMessage,
    examples::{CLIENT, message},
};
use serde_json::json;

pub(super) fn operations() -> Vec<Operation> {
    vec![history(), send()]
}

fn history() -> Operation {
    let cursor = |name, says| Parameter::query(name, seq(), says);
    Operation::get("/api/v1/rooms/{room}/messages", "read_messages")
        .says(
            "messages",
            "Reads the history, also where it was archived. Without a cursor: the newest page.",
        )
        .with(cursor(
            "before_seq",
            "Messages before this row. One cursor at most.",
        ))
        .with(cursor("after_seq", "Messages after this row."))
        .with(cursor("around_seq", "Messages on both sides of this row."))
        .with(Parameter::limit())
        .with(Parameter::if_none_match())
        .answers::<Messages>(
            200,
            "A page, oldest first.",
            json!({
                "messages": [message("hello, room")], "head": 42, "more_before": true,
                "more_after": false,
            }),
        )
        .answers_nothing(304, "You have this page.")
        .with_header(LINK)
        .with_header(ETAG)
        .refuses(&[Code::RoomNotFound, Code::InvalidCursor])
}

fn send() -> Operation {
    let sent = |repeat| json!({"message": message("hello, room"), "repeat": repeat});
    Operation::post("/api/v1/rooms/{room}/messages", "send_message")
        .says(
            "messages",
            "Says something. The answer comes once it is on disk. Sent again with the same id it \
             changes nothing, so that after a lost answer it can simply be sent again.",
        )
        .with(Parameter::idempotency_key())
        .takes::<SendMessage>(json!({"content": "hello, room", "client_id": CLIENT}))
        .answers::<MessageSent>(201, "It is stored.", sent(false))
        .answers::<MessageSent>(
            200,
            "It was stored before: this is the original.",
            sent(true),
        )
        .counted_by(&[Rate::Sends])
        .refuses(&[
            Code::RoomNotFound,
            Code::MessageEmpty,
            Code::MessageTooLong,
            Code::InvalidClientId,
            Code::ClientIdMismatch,
            Code::InvalidEmoji,
            Code::MessageNotFound,
            Code::FileNotFound,
            Code::UserNotFound,
            Code::RoomReadOnly,
            Code::WrongRoomKind,
            Code::RoleTooLow,
        ])
}
