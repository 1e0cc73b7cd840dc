//! Policies, what rooms have of their own, and runs.

use mongodb::{
    Collection, IndexModel,
    bson::{Document, doc},
};

use super::{partial, plain, sparse, there, unique};
use crate::{db::Db, records::PhaseRecord};

pub(super) fn wanted(db: &Db) -> Vec<(Collection<Document>, Vec<IndexModel>)> {
    vec![
        (db.policies.clone_with_type(), policies()),
        (db.overrides.clone_with_type(), overrides()),
        (db.runs.clone_with_type(), runs()),
        (db.run_rooms.clone_with_type(), run_rooms()),
    ]
}

fn policies() -> Vec<IndexModel> {
    vec![unique("name", doc! {"name": 1})]
}

fn overrides() -> Vec<IndexModel> {
    let pinned = doc! {"policy_id": 1, "_id": 1};
    vec![
        plain("of_tenant", doc! {"tenant": 1, "_id": 1}),
        partial("pinned", pinned, there("policy_id")),
    ]
}

fn runs() -> Vec<IndexModel> {
    let running = doc! {"phase": PhaseRecord::RUNNING};
    vec![
        sparse("slot", doc! {"slot": 1}),
        plain("of_policy", doc! {"policy._id": 1, "_id": -1}),
        partial("running", doc! {"phase": 1, "_id": 1}, running),
    ]
}

fn run_rooms() -> Vec<IndexModel> {
    vec![plain("of_run", doc! {"run_id": 1, "room_id": 1})]
}
