//! What the archive's answers look like.

use protocol::native::examples::{AT, POLICY, ROOM, RUN};
use serde_json::{Value, json};

/// What a policy says.
fn policy_text() -> Value {
    json!({
        "id": POLICY, "name": "nightly", "older_than": "90d", "action": "archive",
        "schedule": "every day at 02:00", "timezone": "Europe/Berlin",
    })
}

/// When a schedule comes.
pub(super) fn schedule() -> Value {
    json!({
        "cron": "0 2 * * *", "english": "every day at 02:00 Europe/Berlin", "zone": "Europe/Berlin",
        "next": ["2027-03-02T02:00:00+01:00", "2027-03-03T02:00:00+01:00"],
    })
}

/// A policy.
pub(super) fn policy() -> Value {
    let mut policy = policy_text();
    for (name, value) in schedule().as_object().into_iter().flatten() {
        policy[name] = value.clone();
    }
    policy["catch_up"] = "run_once".into();
    policy["enabled"] = true.into();
    policy["paused"] = false.into();
    policy["source"] = "administrator".into();
    policy["rev"] = 1.into();
    policy["next_run_at"] = "2027-03-02T01:00:00Z".into();
    policy
}

/// A run that is over.
pub(super) fn run() -> Value {
    json!({
        "id": RUN, "policy": policy_text(), "trigger": "manual", "phase": "finished",
        "cutoff": "2026-12-01T09:30:00Z", "started_at": AT, "ended_at": "2027-03-01T09:30:04Z",
        "lag_ms": 0, "missed_slots": 0, "by": "ann", "cancel": false,
        "total": {"rooms": 1, "due": 310, "moved": 310, "held": 0, "bytes": 48_112, "failed": 0},
    })
}

/// A plan.
pub(super) fn plan() -> Value {
    let mut plan = run();
    plan["trigger"] = "dry_run".into();
    plan["good_until"] = "2027-03-02T09:30:00Z".into();
    plan["total"]["moved"] = 0.into();
    plan
}

/// What a run did in a room.
pub(super) fn count() -> Value {
    json!({
        "room": ROOM, "name": "lobby", "due": 310, "moved": 310, "held": 0, "bytes": 48_112,
        "rule": "policy", "cutoff": "2026-12-01T09:30:00Z", "through": 310, "done": true,
    })
}
