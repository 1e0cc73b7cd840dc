//! Bodies over HTTP.

use std::collections::HashMap;

use domain::{Card, Message, Presence, Receipt, UserId, command::RoomView};

use super::view::{MessageBody, Person, RoomBody};
use crate::drf::{Refusal, Span, detail, json, list};

/// A room with somebody, how they are seen, and the newest message in it.
#[derive(Debug, Clone)]
pub struct Acquaintance {
    /// The room, which is of two.
    pub room: RoomView,
    /// How the other one is seen.
    pub seen: Presence,
    /// What was said last.
    pub last: Option<Message>,
}

/// A room of two and its people, as one of them sees their messages.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Who looks.
    pub viewer: UserId,
    /// Both, and how each is seen.
    pub people: HashMap<UserId, (Card, Presence)>,
    /// How far both are.
    pub receipts: Vec<Receipt>,
}

impl Acquaintance {
    fn body(&self) -> Option<RoomBody<'_>> {
        RoomBody::new(&self.room, &self.seen, self.last.as_ref())
    }
}

impl Talk {
    /// A message of one of the two.
    fn body<'a>(&self, message: &'a Message) -> Option<MessageBody<'a>> {
        let (card, seen) = self.people.get(&message.sender)?;
        let person = Person::seen(card, seen);
        let is_read = self.is_read(message);
        Some(MessageBody::new(self.viewer, message, person, is_read))
    }

    /// Whether the one has read it who did not say it.
    fn is_read(&self, message: &Message) -> bool {
        let mut others = self.receipts.iter();
        others.any(|receipt| receipt.user != message.sender && receipt.read >= message.seq)
    }
}

/// A page of rooms.
#[must_use]
pub fn rooms(url: &str, span: Span, rooms: &[Acquaintance]) -> String {
    let bodies: Vec<_> = rooms.iter().filter_map(Acquaintance::body).collect();
    list(url, span, &bodies)
}

/// One room; `None` where it is not of two.
#[must_use]
pub fn room(room: &Acquaintance) -> Option<String> {
    room.body().map(|body| json(&body))
}

/// A page of messages, the newest first.
#[must_use]
pub fn messages(url: &str, span: Span, talk: &Talk, messages: &[Message]) -> String {
    let bodies: Vec<_> = messages.iter().filter_map(|one| talk.body(one)).collect();
    list(url, span, &bodies)
}

/// There is no such room, or not for the caller.
#[must_use]
pub fn no_such_room() -> Refusal {
    detail(404, "User not found")
}
