//! What administrators do with people, described.

use described::{Operation, Who};
use domain::{Code, Rate};
use protocol::friends::events::EventBody;
use serde_json::json;

pub(super) fn operations() -> Vec<Operation> {
    let friends = json!({"friends": [
        {"id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "full_name": "Ann Lee"},
        {"id": "7", "full_name": "John Doe"},
    ]});
    vec![
        Operation::delete("/api/v1/admin/users/{user}", "delete_user")
            .says(
                "administration",
                "Deletes somebody: their logins and sockets end, their tokens are refused, and their \
                 name and address are free. What they said, and the rooms that they were in, stay for \
                 the others, who see a deleted user.",
            )
            .of(Who::Administrator)
            .answers_nothing(204, "They are deleted, now or before.")
            .refuses(&[Code::UserNotFound]),
        Operation::post("/api/v1/admin/events/{action}", "tell_event")
            .says(
                "administration",
                "Tells what happened to people in another system: `user.created`, `user.updated`, \
                 `user.deleted` or `friend.created`, in any order and as often as need be. Who is not \
                 known is made; friends get their direct room.",
            )
            .of(Who::Administrator)
            .takes::<EventBody>(friends)
            .answers_nothing(204, "It is so.")
            .counted_by(&[Rate::Sends])
            .refuses(&[
                Code::NotFound,
                Code::InvalidField,
                Code::UserNotFound,
                Code::UsernameTaken,
                Code::TooManyRooms,
            ]),
    ]
}
