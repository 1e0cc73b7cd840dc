//! Ids, numbers and moments as BSON has them.

use domain::{ContentHash, Error, FileLink, Rev, RowId, Timestamp, notification::Position};
use mongodb::bson::{Binary, Bson, DateTime, Document, Uuid, doc, spec::BinarySubtype};

/// An id, as binary of subtype 4.
pub(crate) fn id(uuid: uuid::Uuid) -> Uuid {
    Uuid::from_bytes(uuid.into_bytes())
}

/// The id that was stored.
pub(crate) fn uuid(id: Uuid) -> uuid::Uuid {
    uuid::Uuid::from_bytes(id.bytes())
}

/// The id that a document has in a field.
pub(crate) fn id_in(document: &Document, field: &str) -> Option<Uuid> {
    match document.get(field)? {
        Bson::Binary(binary) => binary.to_uuid().ok(),
        _ => None,
    }
}

/// A number. BSON has no unsigned ones; what lies beyond them stands beyond every stored one.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number that was stored, which is never negative.
pub(crate) fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A limit of a query. MongoDB takes 0 for "no limit", so whoever asks for nothing must not ask.
pub(crate) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A moment, in whole milliseconds.
pub(crate) fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// The moment that was stored.
pub(crate) fn time(date: DateTime) -> Timestamp {
    Timestamp::from_millisecond(date.timestamp_millis()).unwrap_or(Timestamp::MAX)
}

/// What lies after a position, by time, which `moment` names, and then by room and seq.
pub(crate) fn beyond(moment: &str, after: Position) -> Document {
    let (at, room, seq) = (date(after.at), id(after.room.uuid()), int(after.seq));
    doc! {"$or": [
        {moment: {"$gt": at}},
        {moment: at, "room_id": {"$gt": room}},
        {moment: at, "room_id": room, "seq": {"$gt": seq}},
    ]}
}

/// A hash, as generic binary.
pub(crate) fn hash(hash: ContentHash) -> Binary {
    generic(hash.0.to_vec())
}

/// Bytes, as generic binary.
pub(crate) fn bytes(bytes: &[u8]) -> Binary {
    generic(bytes.to_vec())
}

/// The id of a link: the file, then the message.
pub(crate) fn link_id(link: FileLink) -> Binary {
    pair(link.file.uuid(), link.message.uuid())
}

/// The id of what belongs to two.
pub(crate) fn pair(one: uuid::Uuid, other: uuid::Uuid) -> Binary {
    generic([one.into_bytes(), other.into_bytes()].concat())
}

/// The hash that is stored as these bytes.
pub(crate) fn content_hash(bytes: &Binary) -> Result<ContentHash, Error> {
    let bytes = bytes.bytes.as_slice().try_into();
    bytes.map(ContentHash).map_err(Error::internal)
}

/// The id of a copy: the message, then rev and place. So one find names many copies exactly.
pub(crate) fn copy_id(message: RowId, rev: Rev, place: u64) -> Binary {
    let mut bytes = message.uuid().into_bytes().to_vec();
    bytes.extend(rev.to_be_bytes());
    bytes.extend(place.to_be_bytes());
    generic(bytes)
}

fn generic(bytes: Vec<u8>) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes,
    }
}
