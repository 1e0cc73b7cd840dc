//! Which rooms there will be, and what they are called.

use domain::{RoomId, RoomName};

use super::{
    Survey,
    people::{ATTEMPTS, beginning},
};
use crate::{
    census::Place,
    documents::Room,
    findings::{Matter, short},
    ids,
};

/// The name of a room that has none that is allowed here.
const NAMELESS: &str = "room";

impl Survey<'_> {
    /// Takes a room in, with everybody who is in it.
    pub(super) fn furnish(&mut self, room: &Room) {
        self.remark(room);
        let members: Vec<_> = room
            .people()
            .into_iter()
            .map(|one| self.person(one))
            .collect();
        let Some(owner) = members.first().copied() else {
            return;
        };
        let id = ids::room(room.id);
        let place = Place {
            original: room.id,
            name: self.room_name(room, id),
            owner,
            since: room.since.at,
            members: members.len() as u64,
            messages: 0,
            first: None,
        };
        self.census.rooms.insert(id, place);
    }

    fn remark(&mut self, room: &Room) {
        let told = format!("{} {}", room.id, short(&room.name));
        if room.members.is_empty() {
            self.findings.note(Matter::Deserted, &told);
        }
        if room.garbled > 0 {
            self.findings.note(Matter::Garbled, &told);
        }
        if room.since.by_id {
            let undated = format!("rooms {told}");
            self.findings.note(Matter::Undated, undated);
        }
    }

    /// Its name, if it is allowed and no other's yet; else one like it.
    fn room_name(&mut self, room: &Room, id: RoomId) -> RoomName {
        let wanted = RoomName::parse(&room.name, self.limits).ok();
        let own = wanted.filter(|name| self.room_names.insert(name.as_str().to_owned()));
        own.unwrap_or_else(|| {
            let other = self.another_room_name(&room.name, id);
            let told = format!("{}: {} is {other}", room.id, short(&room.name));
            self.findings.note(Matter::OtherRoomName, told);
            other
        })
    }

    fn another_room_name(&mut self, name: &str, id: RoomId) -> RoomName {
        let limits = self.limits;
        let allowed = RoomName::parse(&beginning(name, limits.room_name_chars), limits);
        let stem = allowed.map_or(NAMELESS.to_owned(), |name| name.as_str().to_owned());
        let mut tried = (0..ATTEMPTS).map(|attempt| RoomName::numbered(&stem, id, attempt, limits));
        let free = tried.find(|name| self.room_names.insert(name.as_str().to_owned()));
        free.unwrap_or_else(|| RoomName::stored(id.to_string()))
    }
}
