//! One message and its reactions, described.

use described::{ETAG, Operation, Parameter};
use domain::{Code, Rate};
use protocol::native::{
    EditMessage, MessageChanged, OneMessage, ReactionAnswer,
    examples::{CLIENT, message},
};
use serde_json::json;

const ONE: &str = "/api/v1/rooms/{room}/messages/{message}";
const REACTION: &str = "/api/v1/rooms/{room}/messages/{message}/reactions/{emoji}";

/// How a change of a message can be refused.
const CHANGE: &[Code] = &[
    Code::RoomNotFound,
    Code::MessageNotFound,
    Code::NotTheSender,
    Code::RoleTooLow,
    Code::RoomReadOnly,
    Code::StaleRevision,
    Code::Archived,
    Code::MessageDeleted,
    Code::InvalidClientId,
    Code::ClientIdMismatch,
    Code::InvalidField,
];

/// How a reaction can be refused.
const REACT: &[Code] = &[
    Code::RoomNotFound,
    Code::MessageNotFound,
    Code::MessageDeleted,
    Code::Archived,
    Code::RoomReadOnly,
    Code::InvalidEmoji,
    Code::TooManyEmoji,
];

pub(super) fn operations() -> Vec<Operation> {
    let mut all = of_one();
    all.extend(reactions());
    all
}

fn of_one() -> Vec<Operation> {
    let changed = json!({"message": message("hello, everybody"), "seq": 43, "repeat": false});
    let edit = json!({"content": "hello, everybody", "client_id": CLIENT, "rev": 1});
    vec![
        Operation::get(ONE, "get_message")
            .says("messages", "A message as it is now, with its reactions.")
            .answers::<OneMessage>(
                200,
                "The message.",
                json!({"message": message("hello, room")}),
            )
            .with_header(ETAG)
            .refuses(&[Code::RoomNotFound, Code::MessageNotFound]),
        Operation::patch(ONE, "edit_message")
            .says(
                "messages",
                "Replaces what you said. What it answers, its kind and its file stay.",
            )
            .with(Parameter::if_match())
            .with(Parameter::idempotency_key())
            .takes::<EditMessage>(edit)
            .answers::<MessageChanged>(200, "The message, as it is now.", changed.clone())
            .with_header(ETAG)
            .counted_by(&[Rate::Sends])
            .refuses(CHANGE)
            .refuses(&[Code::MessageEmpty, Code::MessageTooLong, Code::InvalidEmoji]),
        Operation::delete(ONE, "delete_message")
            .says(
                "messages",
                "Takes back what you said, or, as an admin of the room, what others said.",
            )
            .with(Parameter::if_match())
            .with(Parameter::idempotency_key())
            .answers::<MessageChanged>(200, "What is left of it.", changed)
            .with_header(ETAG)
            .counted_by(&[Rate::Sends])
            .refuses(CHANGE),
    ]
}

fn reactions() -> Vec<Operation> {
    let react = |operation: Operation, says| {
        operation
            .says("messages", says)
            .answers::<ReactionAnswer>(
                200,
                "It is so; `seq` is the row that tells the others, if it was not so already.",
                json!({"seq": 43}),
            )
            .counted_by(&[Rate::Sends])
            .refuses(REACT)
    };
    vec![
        react(
            Operation::put(REACTION, "set_reaction"),
            "Sets your reaction to a message.",
        ),
        react(
            Operation::delete(REACTION, "remove_reaction"),
            "Takes your reaction to a message back.",
        ),
    ]
}
