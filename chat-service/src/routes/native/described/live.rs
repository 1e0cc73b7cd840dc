//! Receipts and presence, described.

use described::{Operation, Parameter};
use domain::Code;
use protocol::native::{Presences, ReadBody, Receipts, examples::user};
use serde_json::{Value, json};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = receipts();
    all.extend(presence());
    all
}

fn receipts() -> Vec<Operation> {
    let raise = |path, id, says| {
        Operation::post(path, id)
            .says("rooms", says)
            .takes::<ReadBody>(json!({"seq": 42}))
            .answers_nothing(204, "It is noted.")
            .refuses(&[Code::RoomNotFound])
    };
    let list = json!({
        "receipts": [{"user": user(), "read": 40, "received": 42}], "more": false,
    });
    vec![
        raise(
            "/api/v1/rooms/{room}/read",
            "read_room",
            "Everything up to `seq` is read; `unread` counts from there.",
        ),
        raise(
            "/api/v1/rooms/{room}/received",
            "receive_room",
            "Everything up to `seq` has reached this device.",
        ),
        Operation::get("/api/v1/rooms/{room}/receipts", "list_receipts")
            .says("rooms", "How far the members of a room have read it.")
            .answers::<Receipts>(200, "Their receipts.", list)
            .refuses(&[Code::RoomNotFound]),
    ]
}

fn presence() -> Vec<Operation> {
    let users = json!({"type": "string"});
    vec![
        Operation::get("/api/v1/rooms/{room}/presence", "list_room_presence")
            .says("presence", "Who of a room is there.")
            .with(Parameter::after())
            .with(Parameter::limit())
            .answers::<Presences>(200, "A page.", presences())
            .refuses(&[Code::RoomNotFound, Code::InvalidCursor]),
        Operation::get("/api/v1/presence", "list_presence")
            .says(
                "presence",
                "Who of some people is there; those that share no room with you are left out.",
            )
            .with(Parameter::query("users", users, "Their ids, separated by commas.").required())
            .answers::<Presences>(200, "Whether they are there.", presences())
            .refuses(&[Code::InvalidField]),
    ]
}

fn presences() -> Value {
    let seen = "2027-03-01T09:30:00Z";
    json!({
        "presence": [{"user": user(), "state": "offline", "last_seen": seen}], "more": false,
    })
}
