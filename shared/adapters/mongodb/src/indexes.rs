//! The indexes. The unique ones keep promises; the store does not open without them. They are
//! never partial: the server that tests run on takes a partial index for one over everything.
//! Elsewhere that costs speed alone.

use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};

use crate::{db::Db, failure::Failure};

/// The index that numbers a room's rows, as errors name it.
pub(crate) const SEQ: &str = "room_seq";

/// Makes the indexes that are missing. Returns the name of the first that the server then has
/// not, or has otherwise.
pub(crate) async fn ensure(db: &Db) -> Result<Option<String>, Failure> {
    let wanted = [
        (db.rows.clone_with_type(), rows()),
        (db.copies.clone_with_type(), copies()),
        (db.rooms.clone_with_type(), rooms()),
        (db.members.clone_with_type(), members()),
        (db.reactions.clone_with_type(), reactions()),
        (db.holds.clone_with_type(), holds()),
        (db.notifications.clone_with_type(), notifications()),
    ];
    for (collection, wanted) in wanted {
        let collection: mongodb::Collection<Document> = collection;
        db.call(collection.create_indexes(wanted.clone())).await?;
        let found: Vec<IndexModel> = db.all(collection.list_indexes()).await?;
        let wrong = wanted
            .iter()
            .find(|wanted| !found.iter().any(|found| same(wanted, found)));
        if let Some(wrong) = wrong {
            let name = wrong.options.as_ref().and_then(|all| all.name.clone());
            return Ok(Some(name.unwrap_or_default()));
        }
    }
    Ok(None)
}

/// Whether an index is the one that is wanted. Key by key, since servers differ in the numbers'
/// type. Whether it is partial is not compared, since not every server says so.
fn same(wanted: &IndexModel, found: &IndexModel) -> bool {
    let unique = |index: &IndexModel| {
        let options = index.options.as_ref();
        options.and_then(|all| all.unique).unwrap_or_default()
    };
    wanted.keys.keys().eq(found.keys.keys()) && unique(wanted) == unique(found)
}

fn rows() -> Vec<IndexModel> {
    vec![
        unique(SEQ, doc! {"room_id": 1, "seq": 1}),
        unique(
            "room_client",
            doc! {"room_id": 1, "sender_id": 1, "client_id": 1},
        ),
        unique(
            "room_target",
            doc! {"room_id": 1, "target": 1, "target_rev": 1},
        ),
        // History, unread, inbox.
        partial(
            "said",
            doc! {"room_id": 1, "seq": 1, "sender_id": 1, "gone": 1},
            doc! {"kind": "message"},
        ),
        // What a run looks at: exactly what has its body.
        partial(
            "hot",
            doc! {"room_id": 1, "seq": 1, "created_at": 1, "body_bytes": 1, "rev": 1},
            there("body"),
        ),
        partial(
            "archived",
            doc! {"room_id": 1, "seq": 1, "archived": 1},
            there("archived"),
        ),
        partial("former", doc! {"former": 1}, there("former")),
        partial(
            "marked",
            doc! {"mark": 1, "room_id": 1, "seq": 1},
            there("mark"),
        ),
        partial(
            "unapplied",
            doc! {"unapplied": 1, "room_id": 1, "seq": 1},
            there("unapplied"),
        ),
    ]
}

fn copies() -> Vec<IndexModel> {
    vec![
        unique(
            "message_rev_place",
            doc! {"message_id": 1, "rev": 1, "place": 1},
        ),
        partial("loose", doc! {"loose": 1, "_id": 1}, there("loose")),
        plain("room_copies", doc! {"room_id": 1}),
    ]
}

fn rooms() -> Vec<IndexModel> {
    vec![
        sparse("names", doc! {"names": 1}),
        plain("channels", doc! {"kind": 1, "tenant": 1, "_id": 1}),
        partial(
            "deleted",
            doc! {"deleted_at": 1, "_id": 1},
            there("deleted_at"),
        ),
    ]
}

fn members() -> Vec<IndexModel> {
    vec![
        unique("room_user", doc! {"room_id": 1, "user_id": 1}),
        plain("members", doc! {"room_id": 1, "state": 1, "user_id": 1}),
        plain("memberships", doc! {"user_id": 1, "state": 1, "room_id": 1}),
    ]
}

fn reactions() -> Vec<IndexModel> {
    vec![plain(
        "reactions",
        doc! {"room_id": 1, "message_id": 1, "set": 1, "seq": 1},
    )]
}

fn holds() -> Vec<IndexModel> {
    vec![plain("room_holds", doc! {"room_id": 1, "from_seq": 1})]
}

fn notifications() -> Vec<IndexModel> {
    vec![
        partial(
            "waiting",
            doc! {"receiver_id": 1, "at": 1, "room_id": 1, "seq": 1},
            there("waiting"),
        ),
        plain("age", doc! {"at": 1}),
    ]
}

fn there(field: &str) -> Document {
    doc! {field: {"$exists": true}}
}

fn plain(name: &str, keys: Document) -> IndexModel {
    model(name, keys, IndexOptions::default())
}

fn partial(name: &str, keys: Document, of: Document) -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(of);
    model(name, keys, options.build())
}

fn unique(name: &str, keys: Document) -> IndexModel {
    model(name, keys, IndexOptions::builder().unique(true).build())
}

/// Unique among the documents that have the field.
fn sparse(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().unique(true).sparse(true);
    model(name, keys, options.build())
}

fn model(name: &str, keys: Document, mut options: IndexOptions) -> IndexModel {
    options.name = Some(name.to_owned());
    IndexModel::builder().keys(keys).options(options).build()
}
