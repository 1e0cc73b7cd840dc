//! The operations of notifications, described.

use described::{Operation, Parameter, Who, uuid};
use domain::{Code, Rate};
use protocol::native::{
    AcknowledgeBody, Explanation, Notifications, RuleBody, RuleView, Rules,
    examples::{AT, CLIENT, MESSAGE, ROOM, RUN, notification},
};
use serde_json::{Value, json};

use super::queue::AsidePage;

/// Every operation of notifications.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = inbox();
    all.extend(rules());
    all.extend([explain(), aside()]);
    all
}

fn inbox() -> Vec<Operation> {
    let page = json!({"notifications": [notification()], "more": false});
    let after = json!({"type": "string"});
    vec![
        Operation::get("/api/v1/notifications", "list_notifications")
            .says(
                "notifications",
                "What you were told while you were away, oldest first in each room.",
            )
            .with(Parameter::query(
                "after",
                after,
                "The `next` of the page before.",
            ))
            .with(Parameter::limit())
            .answers::<Notifications>(200, "A page.", page)
            .refuses(&[Code::InvalidCursor]),
        Operation::post("/api/v1/notifications/ack", "acknowledge_notifications")
            .says("notifications", "Settles everything in a room up to `seq`.")
            .takes::<AcknowledgeBody>(json!({"room": ROOM, "seq": 42}))
            .answers_nothing(204, "It is settled.")
            .refuses(&[Code::RoomNotFound]),
    ]
}

fn rule() -> Value {
    json!({"room": ROOM, "level": "mentions", "muted_until": "2099-03-02T08:00:00Z"})
}

fn rules() -> Vec<Operation> {
    let one = "/api/v1/notifications/rules/{room}";
    vec![
        Operation::get("/api/v1/notifications/rules", "list_rules")
            .says(
                "notifications",
                "Lists what you want to be told of, where it is not everything.",
            )
            .with(Parameter::after())
            .with(Parameter::limit())
            .answers::<Rules>(200, "A page.", json!({"rules": [rule()]}))
            .refuses(&[Code::InvalidCursor]),
        Operation::get(one, "get_rule")
            .says("notifications", "What you want to be told of in a room.")
            .answers::<RuleView>(200, "Your rule.", rule())
            .refuses(&[Code::RoomNotFound]),
        Operation::put(one, "set_rule")
            .says(
                "notifications",
                "Says what you want to be told of in a room.",
            )
            .takes::<RuleBody>(json!({"level": "mentions", "muted_until": "2099-03-02T08:00:00Z"}))
            .answers::<RuleView>(200, "Your rule, as it is now.", rule())
            .counted_by(&[Rate::Changes])
            .refuses(&[Code::RoomNotFound]),
    ]
}

fn explain() -> Operation {
    let explanation = json!({
        "message": MESSAGE, "room": ROOM, "seq": 42, "outcome": "suppressed",
        "decided_by": "not_mentioned",
        "because": "You want to be told of mentions only, and it does not mention you.",
        "rule": rule(), "acknowledged": 40,
        "sockets": [{"session": RUN, "dialect": "native", "told": 42, "passed": true}],
    });
    Operation::get("/api/v1/notifications/explain", "explain_notification")
        .says(
            "notifications",
            "Why a message was, or was not, news for you.",
        )
        .with(Parameter::query("message", uuid(), "The message's id.").required())
        .answers::<Explanation>(
            200,
            "The rule that decided, and which sockets were told.",
            explanation,
        )
        .refuses(&[Code::MessageNotFound, Code::InvalidField])
}

fn aside() -> Operation {
    let job = json!({"id": CLIENT, "reason": "it cannot be read", "at": AT, "body": "{"});
    Operation::get("/api/v1/admin/queue/aside", "list_set_aside")
        .says(
            "administration",
            "Lists work that was set aside because it could not be done.",
        )
        .of(Who::Administrator)
        .with(Parameter::limit())
        .answers::<AsidePage>(200, "The first of it.", json!({"jobs": [job], "total": 1}))
        .refuses(&[Code::InvalidCursor])
}
