//! The documents of each part: by what they are found, and what they are as records.

use std::collections::HashSet;

use domain::{
    Error, FileId, FileLink, MessageId, ReactionRow, RoomId,
    transfer::{Key, Part, Record},
};
use mongodb::bson::{Bson, Document, Uuid, deserialize_from_document, doc, serialize_to_document};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    failure::Failure,
    records::{
        CopyRecord, FamilyRecord, FileLinkRecord, FileRecord, HoldRecord, MemberRecord,
        NotificationRecord, NumberRecord, OverrideRecord, PolicyRecord, ReactionRecord, RoomRecord,
        RowRecord, RunRecord, RunRoomRecord, SightingRecord, TokenRecord, UserRecord,
    },
    values::{copy_id, id, link_id, pair},
};

/// The order of a part's documents: that of their ids, where they follow from what the record is.
pub(super) fn order(part: Part) -> Document {
    match part {
        Part::Members => doc! {"room_id": 1, "user_id": 1},
        _ => doc! {"_id": 1},
    }
}

/// The documents of a part that come after a key.
pub(super) fn beyond(part: Part, key: &Key) -> Document {
    match (part, key) {
        (Part::Members, Key::Pair(room, user)) => {
            let (room, user) = (id(*room), id(*user));
            doc! {"$or": [
                {"room_id": {"$gt": room}},
                {"room_id": room, "user_id": {"$gt": user}},
            ]}
        }
        _ => doc! {"_id": {"$gt": document_id(part, key)}},
    }
}

/// The documents of a part that have one of these keys.
pub(super) fn among(part: Part, keys: &[Key]) -> Document {
    if part != Part::Members {
        let ids = keys.iter().map(|key| document_id(part, key));
        return doc! {"_id": {"$in": ids.collect::<Vec<_>>()}};
    }
    let members = keys.iter().filter_map(|key| match key {
        Key::Pair(room, user) => Some(doc! {"room_id": id(*room), "user_id": id(*user)}),
        _ => None,
    });
    doc! {"$or": members.collect::<Vec<_>>()}
}

/// The id of the document that has a key.
fn document_id(part: Part, key: &Key) -> Bson {
    match key {
        Key::Id(one) => id(*one).into(),
        Key::Token(token) => token.into(),
        Key::Pair(file, message) if part == Part::FileLinks => {
            // The room is no part of it.
            let link = FileLink {
                file: FileId::from_uuid(*file),
                message: MessageId::from_uuid(*message),
                room: RoomId::from_uuid(uuid::Uuid::nil()),
            };
            link_id(link).into()
        }
        Key::Pair(one, other) => pair(*one, *other).into(),
        Key::Row { id: row, .. } => Uuid::from_bytes(row.uuid().into_bytes()).into(),
        Key::Copy {
            message,
            rev,
            place,
        } => copy_id(*message, *rev, *place).into(),
        Key::Reaction {
            message,
            emoji,
            user,
            ..
        } => {
            let reaction = ReactionRow {
                message: *message,
                emoji: emoji.clone(),
                set: true,
            };
            id(reaction.target(*user)).into()
        }
    }
}

/// The record that a document is.
pub(super) fn record(part: Part, from: Document) -> Result<Record, Failure> {
    Ok(match part {
        Part::Users => Record::User(read::<UserRecord>(from)?.into()),
        Part::Families => Record::Family(read::<FamilyRecord>(from)?.try_into()?),
        Part::RevokedTokens => Record::RevokedToken(read::<TokenRecord>(from)?.into()),
        Part::Sightings => Record::Sighting(read::<SightingRecord>(from)?.into()),
        Part::Rooms => Record::Room(read::<RoomRecord>(from)?.try_into()?),
        Part::Members => Record::Member(read::<MemberRecord>(from)?.into()),
        Part::Rows => Record::Row(Box::new(read::<RowRecord>(from)?.try_into()?)),
        Part::Copies => Record::Copy(Box::new(read::<CopyRecord>(from)?.into())),
        Part::Reactions => Record::Reaction(read::<ReactionRecord>(from)?.into()),
        Part::Holds => Record::Hold(read::<HoldRecord>(from)?.into()),
        Part::Policies => Record::Policy(read::<PolicyRecord>(from)?.into()),
        Part::Overrides => Record::Override(read::<OverrideRecord>(from)?.try_into()?),
        Part::Runs => Record::Run(Box::new(read::<RunRecord>(from)?.into())),
        Part::RunRooms => Record::RunRoom(read::<RunRoomRecord>(from)?.into()),
        Part::Notifications => Record::Notification(read::<NotificationRecord>(from)?.into()),
        Part::Files => Record::File(read::<FileRecord>(from)?.try_into()?),
        Part::FileLinks => Record::FileLink(read::<FileLinkRecord>(from)?.into()),
        Part::Numbers => Record::Number(read::<NumberRecord>(from)?.try_into()?),
    })
}

/// The document that a record is kept as. A copy is loose unless a key points to it: `pointed` has
/// the ids of those.
pub(super) fn stored(record: &Record, pointed: &HashSet<Vec<u8>>) -> Result<Document, Failure> {
    match record {
        Record::User(user) => document(&UserRecord::from(user)),
        Record::Family(family) => document(&FamilyRecord::from(family)),
        Record::RevokedToken(token) => document(&TokenRecord::from(token)),
        Record::Sighting(sighting) => document(&SightingRecord::from(sighting)),
        Record::Room(room) => document(&RoomRecord::from(room)),
        Record::Member(member) => document(&MemberRecord::from(member)),
        Record::Row(row) => document(&RowRecord::from(&**row)),
        Record::Copy(copy) => {
            let mut record = CopyRecord::kept(copy);
            record.loose = (!pointed.contains(&record.id.bytes)).then_some(true);
            document(&record)
        }
        Record::Reaction(reaction) => document(&ReactionRecord::from(reaction)),
        Record::Hold(hold) => document(&HoldRecord::from(hold)),
        Record::Policy(policy) => document(&PolicyRecord::from(policy)),
        Record::Override(own) => document(&OverrideRecord::from(own)),
        Record::Run(run) => document(&RunRecord::from(&**run)),
        Record::RunRoom(outcome) => document(&RunRoomRecord::from(outcome)),
        Record::Notification(kept) => document(&NotificationRecord::try_from(kept)?),
        Record::File(kept) => document(&FileRecord::from(kept)),
        Record::FileLink(kept) => document(&FileLinkRecord::from(kept)),
        Record::Number(kept) => document(&NumberRecord::from(kept)),
    }
}

fn document<T: Serialize>(record: &T) -> Result<Document, Failure> {
    serialize_to_document(record).map_err(|error| Error::internal(error).into())
}

fn read<T: DeserializeOwned>(from: Document) -> Result<T, Failure> {
    deserialize_from_document(from).map_err(|error| Error::internal(error).into())
}
