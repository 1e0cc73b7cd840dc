//! Which numbered things of which rooms a page is made of.

use std::ops::RangeInclusive;

use domain::RoomId;

use crate::census::{Census, Place};

/// Things of one room that follow each other; the first is 1.
#[derive(Debug)]
pub(crate) struct Stretch<'c> {
    pub(crate) room: RoomId,
    pub(crate) place: &'c Place,
    pub(crate) numbers: RangeInclusive<u64>,
}

/// The next `size` things after the thing of this number in this room, room by room. `many` says
/// how many a room has.
pub(crate) fn stretches(
    census: &Census,
    after: Option<(RoomId, u64)>,
    size: usize,
    many: fn(&Place) -> u64,
) -> Vec<Stretch<'_>> {
    let (from, mut before) = after.unwrap_or((RoomId::from_uuid(uuid::Uuid::nil()), 0));
    let mut wanted = size as u64;
    let mut stretches = Vec::new();
    for (room, place) in census.rooms.range(from..) {
        if *room != from {
            before = 0;
        }
        let last = many(place).min(before + wanted);
        if last > before {
            wanted -= last - before;
            stretches.push(Stretch {
                room: *room,
                place,
                numbers: before + 1..=last,
            });
        }
        if wanted == 0 {
            break;
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use domain::{RoomName, UserId};
    use mongodb::bson::oid::ObjectId;
    use uuid::Uuid;

    use super::*;

    fn census(members: &[u64]) -> Census {
        let place = |members| Place {
            original: ObjectId::new(),
            name: RoomName::stored("hall".to_owned()),
            owner: UserId::new(),
            since: 0,
            members,
            messages: 0,
            first: None,
        };
        let rooms = (1..).zip(members);
        let rooms = rooms.map(|(n, members)| (room(n), place(*members)));
        Census {
            rooms: rooms.collect(),
            ..Census::default()
        }
    }

    fn room(n: u128) -> RoomId {
        RoomId::from_uuid(Uuid::from_u128(n))
    }

    fn found(
        census: &Census,
        after: Option<(RoomId, u64)>,
        size: usize,
    ) -> Vec<(RoomId, RangeInclusive<u64>)> {
        let found = stretches(census, after, size, |place| place.members);
        let found = found.into_iter();
        found.map(|one| (one.room, one.numbers)).collect()
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let census = census(&[3, 0, 2]);
        assert_eq!(found(&census, None, 2), [(room(1), 1..=2)]);
        let next = [(room(1), 3..=3), (room(3), 1..=1)];
        assert_eq!(found(&census, Some((room(1), 2)), 2), next);
        assert_eq!(found(&census, Some((room(3), 1)), 2), [(room(3), 2..=2)]);
        assert_eq!(found(&census, Some((room(3), 2)), 2), []);
        assert_eq!(found(&census, None, 0), []);
    }
}
