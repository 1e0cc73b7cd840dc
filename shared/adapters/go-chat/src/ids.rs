//! Our ids of what the original knows by ids of its own: the same whenever they are derived.

use domain::{RoomId, RowId, TenantId, UserId};
use mongodb::bson::oid::ObjectId;
use uuid::{Builder, Uuid};

/// Where ids of rooms are derived. Never changes.
const ROOMS: Uuid = Uuid::from_u128(0x2f6d_08b1_9c47_4d3a_8e15_b7a0_64cf_31d9);

/// Where ids of messages are derived. Never changes.
const MESSAGES: Uuid = Uuid::from_u128(0x94c3_7e52_1ab8_4f60_b2d9_0e7f_a835_6c14);

/// Where ids of joins are derived. Never changes.
const JOINS: Uuid = Uuid::from_u128(0xc05a_61f3_d72e_4918_a4b6_38e9_5f0d_b27c);

/// What people are called here by their old id: as the tokens that the original signed name them.
pub(crate) fn alias(original: ObjectId) -> String {
    original.to_hex()
}

/// Somebody: who a token makes at first sight has the same id.
pub(crate) fn user(original: ObjectId) -> UserId {
    UserId::foreign(&TenantId::default(), &alias(original))
}

/// A room.
pub(crate) fn room(original: ObjectId) -> RoomId {
    RoomId::from_uuid(Uuid::new_v5(&ROOMS, &original.bytes()))
}

/// A part of a message, said in a room at that moment. The room counts too: without it, two messages
/// that share an id would be one.
pub(crate) fn message(room: RoomId, original: ObjectId, part: u32, at: i64) -> RowId {
    let of_room = Uuid::new_v5(&MESSAGES, room.uuid().as_bytes());
    let of_message = Uuid::new_v5(&of_room, &original.bytes());
    row(at, Uuid::new_v5(&of_message, &part.to_be_bytes()))
}

/// The join of somebody.
pub(crate) fn join(room: RoomId, user: UserId, at: i64) -> RowId {
    let of_room = Uuid::new_v5(&JOINS, room.uuid().as_bytes());
    row(at, Uuid::new_v5(&of_room, user.uuid().as_bytes()))
}

/// Rows' ids sort by age, as those that are made here do (RFC 9562, version 7).
fn row(at: i64, digest: Uuid) -> RowId {
    let mut digits = [0; 10];
    digits.copy_from_slice(&digest.as_bytes()[6..]);
    let at = u64::try_from(at).unwrap_or_default();
    let id = Builder::from_unix_timestamp_millis(at, &digits).into_uuid();
    RowId::from_uuid(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_rows_are_the_same_again_and_sort_by_age() {
        let (one, other) = (ObjectId::new(), ObjectId::new());
        let (here, there) = (room(one), room(other));
        let id = message(here, one, 0, 1_000);
        assert_eq!(id, message(here, one, 0, 1_000));
        let others = [
            message(there, one, 0, 1_000),
            message(here, other, 0, 1_000),
            message(here, one, 1, 1_000),
        ];
        assert!(!others.contains(&id));
        assert!(message(here, other, 0, 1_001) > id);
    }
}
