//! Which messages there will be.

use super::Survey;
use crate::{documents::Said, findings::Matter, ids, parts::parts};

impl Survey<'_> {
    /// Counts a message in its room.
    pub(super) fn hear(&mut self, said: &Said) {
        let room = ids::room(said.room);
        if !self.census.rooms.contains_key(&room) {
            let stray = format!("{} of room {}", said.id, said.room);
            self.findings.note(Matter::Stray, stray);
            return;
        }
        self.person(said.sender);
        let rows = parts(&said.content, self.limits.message_bytes).len();
        self.mark(said, rows);
        if let Some(place) = self.census.rooms.get_mut(&room) {
            place.messages += rows as u64;
            let first = place.first.unwrap_or(said.at.at);
            place.first = Some(first.min(said.at.at));
        }
    }

    fn mark(&mut self, said: &Said, rows: usize) {
        if rows > 1 {
            let long = format!("{}: {} bytes, {rows} messages", said.id, said.content.len());
            self.findings.note(Matter::Long, long);
        }
        if said.content.is_empty() {
            self.findings.note(Matter::Silent, said.id);
        }
        if said.at.by_id {
            let undated = format!("messages {}", said.id);
            self.findings.note(Matter::Undated, undated);
        }
    }
}
