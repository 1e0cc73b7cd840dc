//! Accounts, tokens and files.

use mongodb::{
    Collection, IndexModel,
    bson::{Document, doc},
};

use super::{partial, plain, sparse, there, unique};
use crate::db::Db;

pub(super) fn wanted(db: &Db) -> Vec<(Collection<Document>, Vec<IndexModel>)> {
    vec![
        (db.users.clone_with_type(), users()),
        (db.tokens.clone_with_type(), tokens()),
        (db.families.clone_with_type(), families()),
        (db.numbers.clone_with_type(), numbers()),
        (db.files.clone_with_type(), files()),
        (db.file_links.clone_with_type(), file_links()),
    ]
}

fn users() -> Vec<IndexModel> {
    vec![
        unique("tenant_username", doc! {"tenant": 1, "username": 1}),
        plain("of_tenant", doc! {"tenant": 1, "_id": -1}),
        sparse("email", doc! {"email": 1}),
        sparse("alias", doc! {"alias": 1}),
        partial("admins", doc! {"admin": 1}, doc! {"admin": true}),
    ]
}

fn tokens() -> Vec<IndexModel> {
    vec![plain("expiry", doc! {"expires_at": 1})]
}

fn families() -> Vec<IndexModel> {
    vec![
        plain(
            "of_user",
            doc! {"user_id": 1, "last_used_at": -1, "_id": -1},
        ),
        plain("expiry", doc! {"expires_at": 1}),
        partial("ended", doc! {"ended_at": 1}, there("ended_at")),
    ]
}

fn numbers() -> Vec<IndexModel> {
    let of_kind = doc! {"tenant": 1, "kind": 1, "number": 1};
    vec![unique("tenant_kind_number", of_kind)]
}

fn files() -> Vec<IndexModel> {
    let loose = doc! {"loose_since": 1};
    vec![partial("loose", loose, there("loose_since"))]
}

fn file_links() -> Vec<IndexModel> {
    vec![
        plain("of_file", doc! {"file_id": 1, "message_id": -1}),
        plain("of_message", doc! {"message_id": 1}),
        plain("due", doc! {"check_at": 1}),
    ]
}
