//! Policies, described.

use described::{ETAG, LOCATION, Operation, Parameter};
use domain::Code;
use protocol::native::archive::{
    NewPolicy, Policies, PolicyChange, PolicyView, RunView, ScheduleRequest, ScheduleView,
};
use serde_json::json;

use super::examples::{plan, policy, run, schedule};

/// How a change of a policy can be refused.
const CHANGE: &[Code] = &[
    Code::PolicyNotFound,
    Code::PolicyReadOnly,
    Code::StaleRevision,
    Code::InvalidField,
    Code::Busy,
];

pub(super) fn operations() -> Vec<Operation> {
    let mut all = in_general();
    all.extend(of_one());
    all.extend(doing());
    all
}

fn in_general() -> Vec<Operation> {
    let new = json!({
        "name": "weekly", "older_than": "90 days", "action": "archive",
        "schedule": "every day at 02:00", "timezone": "Europe/Berlin",
    });
    vec![
        Operation::get("/api/v1/admin/archive/policies", "list_policies")
            .says("archive", "Lists the policies, with their next five times.")
            .answers::<Policies>(
                200,
                "All of them, by name.",
                json!({"policies": [policy()]}),
            ),
        Operation::post("/api/v1/admin/archive/policies", "create_policy")
            .says("archive", "Makes a policy.")
            .takes::<NewPolicy>(new)
            .answers::<PolicyView>(201, "The policy.", policy())
            .with_header(LOCATION)
            .with_header(ETAG)
            .refuses(&[
                Code::PolicyExists,
                Code::TooManyPolicies,
                Code::InvalidRoomName,
            ]),
        Operation::post("/api/v1/admin/archive/schedule/preview", "preview_schedule")
            .says(
                "archive",
                "What does a schedule mean, and when would it come?",
            )
            .takes::<ScheduleRequest>(
                json!({"schedule": "every day at 02:00", "timezone": "Europe/Berlin"}),
            )
            .answers::<ScheduleView>(200, "In both ways of writing it.", schedule()),
    ]
}

fn of_one() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/admin/archive/policies/{policy}", "get_policy")
            .says("archive", "A policy, by its name or its id.")
            .answers::<PolicyView>(200, "The policy.", policy())
            .with_header(ETAG)
            .refuses(&[Code::PolicyNotFound]),
        Operation::patch("/api/v1/admin/archive/policies/{policy}", "change_policy")
            .says("archive", "Changes a policy. What is left out stays.")
            .with(Parameter::if_match())
            .takes::<PolicyChange>(json!({"older_than": "400 days"}))
            .answers::<PolicyView>(200, "The policy, as it is now.", policy())
            .with_header(ETAG)
            .refuses(CHANGE)
            .refuses(&[Code::PolicyExists, Code::InvalidRoomName]),
        Operation::delete("/api/v1/admin/archive/policies/{policy}", "delete_policy")
            .says(
                "archive",
                "Removes a policy. What its runs moved stays where it is.",
            )
            .with(Parameter::if_match())
            .answers_nothing(204, "It is gone.")
            .refuses(CHANGE),
    ]
}

fn doing() -> Vec<Operation> {
    let resting = |path, id, says| {
        Operation::post(path, id)
            .says("archive", says)
            .with(Parameter::if_match())
            .answers::<PolicyView>(200, "The policy.", policy())
            .with_header(ETAG)
            .refuses(CHANGE)
    };
    vec![
        resting(
            "/api/v1/admin/archive/policies/{policy}/pause",
            "pause_policy",
            "Lets a policy rest, also one of the configuration.",
        ),
        resting(
            "/api/v1/admin/archive/policies/{policy}/resume",
            "resume_policy",
            "Lets a policy that rests run again.",
        ),
        Operation::post(
            "/api/v1/admin/archive/policies/{policy}/preview",
            "plan_policy",
        )
        .says(
            "archive",
            "What would the policy archive now? Moves nothing.",
        )
        .answers::<RunView>(201, "A plan, which is good for 24 hours.", plan())
        .with_header(LOCATION)
        .refuses(&[Code::PolicyNotFound, Code::Draining]),
        Operation::post("/api/v1/admin/archive/policies/{policy}/run", "run_policy")
            .says("archive", "Runs the policy as things stand now.")
            .answers::<RunView>(202, "It is under way.", run())
            .with_header(LOCATION)
            .refuses(&[Code::PolicyNotFound, Code::RunInProgress]),
    ]
}
