//! What rooms have of their own, described.

use described::{Operation, Parameter};
use domain::Code;
use protocol::native::{
    archive::{ExplainView, RoomRuleRequest, RoomRuleView, RoomRules},
    examples::{AT, POLICY, ROOM},
};
use serde_json::json;

const PATH: &str = "/api/v1/admin/archive/rooms/{room}";

pub(super) fn operations() -> Vec<Operation> {
    let mut all = rules();
    all.extend([list(), explain()]);
    all
}

fn rules() -> Vec<Operation> {
    let rule = json!({
        "room": ROOM, "name": "lobby", "exempt": false, "older_than": "400d", "by": "ann", "since": AT,
    });
    vec![
        Operation::get(PATH, "get_room_rule")
            .says(
                "archive",
                "What a room has of its own, by its id or a channel's name.",
            )
            .answers::<RoomRuleView>(200, "That.", rule.clone())
            .refuses(&[Code::RoomNotFound]),
        Operation::put(PATH, "set_room_rule")
            .says(
                "archive",
                "Exempts a room, or gives it an age or a policy of its own.",
            )
            .takes::<RoomRuleRequest>(json!({"older_than": "400 days"}))
            .answers::<RoomRuleView>(200, "What it has now.", rule)
            .refuses(&[Code::RoomNotFound, Code::PolicyNotFound]),
        Operation::delete(PATH, "lift_room_rule")
            .says("archive", "Lets a room go by the policies again.")
            .answers_nothing(204, "It does.")
            .refuses(&[Code::RoomNotFound]),
    ]
}

fn list() -> Operation {
    let rule = json!({"room": ROOM, "name": "lobby", "exempt": true, "by": "ann", "since": AT});
    Operation::get("/api/v1/admin/archive/rooms", "list_room_rules")
        .says(
            "archive",
            "Lists the rooms that have something of their own.",
        )
        .with(Parameter::after())
        .with(Parameter::limit())
        .answers::<RoomRules>(200, "A page.", json!({"rooms": [rule], "more": false}))
        .refuses(&[Code::InvalidCursor])
}

fn explain() -> Operation {
    let room = json!({"type": "string"});
    let policy = json!({
        "policy": POLICY, "name": "nightly", "rule": "policy", "due_before": AT, "due": 310,
        "held": 0, "runs": true, "next": "2027-03-02T02:00:00+01:00",
    });
    let explained = json!({
        "room": ROOM, "name": "lobby", "exempt": false, "policies": [policy], "holds": [],
    });
    Operation::get("/api/v1/admin/archive/explain", "explain_archive")
        .says("archive", "Why a room's messages are archived, or are not.")
        .with(Parameter::query("room", room, "The room's id, or a channel's name.").required())
        .answers::<ExplainView>(200, "Why.", explained)
        .refuses(&[Code::RoomNotFound, Code::InvalidField])
}
