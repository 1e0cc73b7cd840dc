//! `/api/v1/rooms` and what is below it, but for messages, described.

use described::{ETAG, LOCATION, Operation, Parameter};
use domain::{Code, Rate};
use protocol::native::{
    ChangeRoom, CreateRoom, RoomJoined, RoomSummary, Rooms, UserBody,
    examples::{USER, room},
};
use serde_json::json;

pub(super) fn operations() -> Vec<Operation> {
    let mut all = in_general();
    all.extend(of_one());
    all.extend(of_changes());
    all
}

fn in_general() -> Vec<Operation> {
    let scope = json!({"type": "string", "enum": ["mine", "channels"], "default": "mine"});
    vec![
        Operation::post("/api/v1/rooms", "create_room")
            .says(
                "rooms",
                "Makes a channel or a group, whose owner you are. Under a key it is made once, so \
                 that after a lost answer it can simply be sent again.",
            )
            .with(Parameter::idempotency_key())
            .takes::<CreateRoom>(json!({"name": "lobby"}))
            .answers::<RoomSummary>(201, "The room.", room())
            .with_header(LOCATION)
            .with_header(ETAG)
            .answers::<RoomSummary>(200, "It was made before: the room as it is now.", room())
            .with_header(LOCATION)
            .with_header(ETAG)
            .counted_by(&[Rate::Sends])
            .refuses(&[
                Code::UserNotFound,
                Code::RoomNotFound,
                Code::InvalidRoomName,
                Code::InvalidClientId,
                Code::ClientIdMismatch,
                Code::RoomExists,
                Code::TooManyRooms,
            ]),
        Operation::get("/api/v1/rooms", "list_rooms")
            .says(
                "rooms",
                "Lists your rooms, or the channels that anybody may join, or finds a channel by its name.",
            )
            .with(Parameter::query("scope", scope, "Your rooms, or all channels."))
            .with(Parameter::query(
                "name",
                json!({"type": "string"}),
                "Only the channel of this name, whether you are in it or not.",
            ))
            .with(Parameter::after())
            .with(Parameter::limit())
            .answers::<Rooms>(200, "A page.", json!({"rooms": [room()], "more": false}))
            .refuses(&[Code::InvalidRoomName, Code::InvalidCursor, Code::InvalidField]),
    ]
}

fn of_one() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/rooms/{room}", "get_room")
            .says(
                "rooms",
                "A room as you see it: its head, and how far you have read it.",
            )
            .answers::<RoomSummary>(200, "The room.", room())
            .with_header(ETAG)
            .refuses(&[Code::RoomNotFound]),
        Operation::post("/api/v1/rooms/{room}/join", "join_room")
            .says(
                "rooms",
                "Comes into a channel. Joining twice changes nothing.",
            )
            .answers::<RoomJoined>(
                200,
                "You are in it; `seq` is the row of the join, if it was one now.",
                json!({"room": room(), "seq": 42}),
            )
            .counted_by(&[Rate::Sends])
            .refuses(&[
                Code::RoomNotFound,
                Code::RoomFull,
                Code::TooManyRooms,
                Code::RemovedFromRoom,
                Code::WrongRoomKind,
            ]),
        Operation::post("/api/v1/rooms/{room}/leave", "leave_room")
            .says("rooms", "Leaves a room. A group ends with its last member.")
            .answers_nothing(204, "You are not in it any more.")
            .counted_by(&[Rate::Sends])
            .refuses(&[Code::RoomNotFound, Code::LastOwner]),
        Operation::post("/api/v1/rooms/direct", "open_direct")
            .says(
                "rooms",
                "Opens the room of the two of you. There is one for each pair.",
            )
            .takes::<UserBody>(json!({"user": USER}))
            .answers::<RoomSummary>(200, "The room, which was there already.", room())
            .answers::<RoomSummary>(201, "The room.", room())
            .with_header(LOCATION)
            .with_header(ETAG)
            .counted_by(&[Rate::Sends])
            .refuses(&[Code::UserNotFound, Code::TooManyRooms, Code::InvalidField]),
    ]
}

fn of_changes() -> Vec<Operation> {
    vec![
        Operation::patch("/api/v1/rooms/{room}", "change_room")
            .says(
                "rooms",
                "Renames a room, or lets only its admins write in it.",
            )
            .with(Parameter::if_match())
            .takes::<ChangeRoom>(json!({"name": "lounge", "read_only": false}))
            .answers::<RoomSummary>(200, "The room, as it is now.", room())
            .with_header(ETAG)
            .counted_by(&[Rate::Sends])
            .refuses(&[
                Code::RoomNotFound,
                Code::RoleTooLow,
                Code::WrongRoomKind,
                Code::StaleRevision,
                Code::InvalidRoomName,
                Code::RoomExists,
                Code::InvalidField,
            ]),
        Operation::delete("/api/v1/rooms/{room}", "delete_room")
            .says(
                "rooms",
                "Deletes a room for everybody; a direct room, only for yourself.",
            )
            .answers_nothing(204, "It is gone.")
            .counted_by(&[Rate::Sends])
            .refuses(&[Code::RoomNotFound, Code::RoleTooLow]),
    ]
}
