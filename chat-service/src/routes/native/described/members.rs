//! Who is in a room and what they may do, described.

use described::{ETAG, Operation, Parameter};
use domain::{Code, Rate};
use protocol::native::{
    AddMember, MemberChanged, Members, RoleBody, RoomSummary, UserBody,
    examples::{USER, room, user},
};
use serde_json::{Value, json};

const ALL: &str = "/api/v1/rooms/{room}/members";
const ONE: &str = "/api/v1/rooms/{room}/members/{user}";

/// How a change of somebody's place can be refused.
const CHANGE: &[Code] = &[
    Code::RoomNotFound,
    Code::UserNotFound,
    Code::RoleTooLow,
    Code::WrongRoomKind,
    Code::LastOwner,
    Code::InvalidField,
];

pub(super) fn operations() -> Vec<Operation> {
    let changed = || json!({"member": member(), "seq": 43});
    vec![
        Operation::get(ALL, "list_members")
            .says("rooms", "Lists who is in a room.")
            .with(Parameter::after())
            .with(Parameter::limit())
            .answers::<Members>(
                200,
                "A page.",
                json!({"members": [member()], "more": false}),
            )
            .refuses(&[Code::RoomNotFound, Code::InvalidCursor]),
        Operation::post(ALL, "add_member")
            .says("rooms", "Brings somebody into a channel or a group.")
            .takes::<AddMember>(json!({"user": USER, "role": "member"}))
            .answers::<MemberChanged>(200, "They were in it already.", json!({"member": member()}))
            .answers::<MemberChanged>(201, "They are in it.", changed())
            .counted_by(&[Rate::Sends])
            .refuses(CHANGE)
            .refuses(&[Code::RoomFull, Code::TooManyRooms]),
        Operation::patch(ONE, "change_role")
            .says("rooms", "Lets somebody do more or less in a room.")
            .takes::<RoleBody>(json!({"role": "admin"}))
            .answers::<MemberChanged>(200, "Their place, as it is now.", changed())
            .counted_by(&[Rate::Sends])
            .refuses(CHANGE),
        Operation::delete(ONE, "remove_member")
            .says(
                "rooms",
                "Sends somebody away, who then comes back only by being added.",
            )
            .answers_nothing(204, "They are not in it.")
            .counted_by(&[Rate::Sends])
            .refuses(CHANGE),
        Operation::post("/api/v1/rooms/{room}/transfer", "transfer_room")
            .says("rooms", "Makes another member the owner.")
            .takes::<UserBody>(json!({"user": USER}))
            .answers::<RoomSummary>(200, "The room.", room())
            .with_header(ETAG)
            .counted_by(&[Rate::Sends])
            .refuses(CHANGE),
    ]
}

fn member() -> Value {
    json!({"user": user(), "role": "member", "joined_at": "2027-02-01T08:00:00Z"})
}
