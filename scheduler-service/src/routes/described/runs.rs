//! Plans, runs and restores, described.

use described::{LOCATION, Operation, Parameter, uuid};
use domain::Code;
use protocol::native::{
    archive::{Differences, PreviewRequest, RestoreRequest, RunRequest, RunRooms, RunView, Runs},
    examples::{ROOM, RUN},
};
use serde_json::json;

use super::examples::{count, plan, run};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = looking();
    all.extend(asking());
    all
}

fn looking() -> Vec<Operation> {
    let difference = json!({
        "room": ROOM, "name": "lobby", "planned": 310, "found": 309, "moved": 309,
        "reasons": ["gone_since"],
    });
    let policy = json!({"type": "string"});
    let paged = |path, id, says| {
        Operation::get(path, id)
            .says("archive", says)
            .with(Parameter::after())
            .with(Parameter::limit())
            .refuses(&[Code::RunNotFound, Code::InvalidCursor])
    };
    vec![
        Operation::get("/api/v1/admin/archive/runs", "list_runs")
            .says("archive", "Lists plans, runs and restores, newest first.")
            .with(Parameter::query(
                "policy",
                policy,
                "Only those of this policy: its name or id.",
            ))
            .with(Parameter::query(
                "before",
                uuid(),
                "The last id of the page before.",
            ))
            .with(Parameter::limit())
            .answers::<Runs>(200, "A page.", json!({"runs": [run()], "more": false}))
            .refuses(&[Code::InvalidCursor, Code::PolicyNotFound]),
        Operation::get("/api/v1/admin/archive/runs/{run}", "get_run")
            .says("archive", "A plan, a run or a restore.")
            .answers::<RunView>(200, "How far it is.", run())
            .refuses(&[Code::RunNotFound]),
        paged(
            "/api/v1/admin/archive/runs/{run}/rooms",
            "list_run_rooms",
            "What a run found and did, room by room.",
        )
        .answers::<RunRooms>(200, "A page.", json!({"rooms": [count()], "more": false})),
        paged(
            "/api/v1/admin/archive/runs/{run}/differences",
            "list_run_differences",
            "What was not as the plan said, room by room.",
        )
        .answers::<Differences>(
            200,
            "A page.",
            json!({"differences": [difference], "more": false}),
        ),
    ]
}

fn asking() -> Vec<Operation> {
    vec![
        Operation::post("/api/v1/admin/archive/preview", "preview_archive")
            .says(
                "archive",
                "What would be archived now? Names a policy, or says what is meant. Moves nothing.",
            )
            .takes::<PreviewRequest>(json!({"older_than": "90 days"}))
            .answers::<RunView>(201, "A plan, which is good for 24 hours.", plan())
            .with_header(LOCATION)
            .refuses(&[Code::PolicyNotFound, Code::InvalidRoomName, Code::Draining]),
        Operation::post("/api/v1/admin/archive/runs", "start_run")
            .says(
                "archive",
                "Follows a plan, or runs a policy as things stand now.",
            )
            .takes::<RunRequest>(json!({"plan": RUN}))
            .answers::<RunView>(202, "It is under way.", run())
            .with_header(LOCATION)
            .refuses(&[
                Code::RunNotFound,
                Code::PolicyNotFound,
                Code::PlanExpired,
                Code::RunInProgress,
            ]),
        Operation::post("/api/v1/admin/archive/runs/{run}/cancel", "cancel_run")
            .says(
                "archive",
                "Asks a run to stop where it is. What it moved stays moved.",
            )
            .answers::<RunView>(200, "The run.", run())
            .refuses(&[Code::RunNotFound]),
        Operation::post("/api/v1/admin/archive/restore", "restore_run")
            .says(
                "archive",
                "Brings back what a run moved, and holds it for a while.",
            )
            .takes::<RestoreRequest>(json!({"run": RUN, "hold_days": 30}))
            .answers::<RunView>(202, "It is under way.", run())
            .with_header(LOCATION)
            .refuses(&[Code::RunNotFound, Code::RunInProgress]),
    ]
}
