//! Rooms, who is in them and what was said there.

use mongodb::{
    Collection, IndexModel,
    bson::{Document, doc},
};

use super::{SEQ, partial, plain, sparse, there, unique};
use crate::db::Db;

pub(super) fn wanted(db: &Db) -> Vec<(Collection<Document>, Vec<IndexModel>)> {
    vec![
        (db.rows.clone_with_type(), rows()),
        (db.copies.clone_with_type(), copies()),
        (db.rooms.clone_with_type(), rooms()),
        (db.members.clone_with_type(), members()),
        (db.reactions.clone_with_type(), reactions()),
        (db.holds.clone_with_type(), holds()),
        (db.notifications.clone_with_type(), notifications()),
    ]
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
        // What the other processes look for once in a while.
        plain(
            "lately",
            doc! {"created_at": 1, "room_id": 1, "seq": 1, "gen": 1},
        ),
        // What is dropped when it is old.
        partial(
            "changes",
            doc! {"changed_at": 1, "room_id": 1, "seq": 1},
            there("changed_at"),
        ),
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
        "reactions_set",
        doc! {"room_id": 1, "message_id": 1, "set": 1, "emoji": 1, "seq": 1, "user_id": 1},
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
        plain("room", doc! {"room_id": 1}),
    ]
}
