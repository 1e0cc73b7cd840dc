//! Documents as the original wrote them, as far as they can be understood.

use std::{collections::HashSet, fmt};

use domain::Timestamp;
use mongodb::bson::{RawDocument, oid::ObjectId};

use crate::{db::Kind, findings::short};

/// Why a document is not understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    kind: Kind,
    id: String,
    field: &'static str,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind.name(), self.id, self.field)
    }
}

/// When something came, in milliseconds: as it says, or else as its id does, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dated {
    pub(crate) at: i64,
    pub(crate) by_id: bool,
}

/// An account.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ObjectId,
    pub(crate) username: String,
    pub(crate) email: Option<String>,
    /// The password's bcrypt hash, if it is one.
    pub(crate) hash: Option<String>,
    pub(crate) since: Dated,
}

/// A room.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: ObjectId,
    pub(crate) name: String,
    /// Who is in it, each once, in the order in which they came. The first made it.
    pub(crate) members: Vec<ObjectId>,
    /// How many others are named that cannot be understood.
    pub(crate) garbled: usize,
    pub(crate) since: Dated,
}

/// A message.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) id: ObjectId,
    pub(crate) room: ObjectId,
    pub(crate) sender: ObjectId,
    pub(crate) content: String,
    pub(crate) at: Dated,
}

/// A document that is being read.
struct Reader<'d> {
    kind: Kind,
    document: &'d RawDocument,
    id: ObjectId,
}

impl<'d> Reader<'d> {
    fn of(kind: Kind, document: &'d RawDocument) -> Result<Self, Flaw> {
        let Ok(id) = document.get_object_id("_id") else {
            let id = document.get("_id").ok().flatten();
            let id = short(&format!("{id:?}"));
            let field = "_id";
            return Err(Flaw { kind, id, field });
        };
        Ok(Self { kind, document, id })
    }

    fn flaw(&self, field: &'static str) -> Flaw {
        Flaw {
            kind: self.kind,
            id: self.id.to_hex(),
            field,
        }
    }

    fn text(&self, field: &'static str) -> Result<String, Flaw> {
        let text = self.document.get_str(field).map(str::to_owned);
        text.map_err(|_| self.flaw(field))
    }

    fn id(&self, field: &'static str) -> Result<ObjectId, Flaw> {
        let id = self.document.get_object_id(field);
        id.map_err(|_| self.flaw(field))
    }

    fn date(&self, field: &'static str) -> Dated {
        let said = self.document.get_datetime(field).ok();
        let said = said.map(|date| date.timestamp_millis());
        match said.filter(|at| Timestamp::from_millisecond(*at).is_ok()) {
            Some(at) => Dated { at, by_id: false },
            None => Dated {
                at: self.id.timestamp().timestamp_millis(),
                by_id: true,
            },
        }
    }

    /// The ids of a list, each once, and how many entries are none.
    fn ids(&self, field: &'static str) -> (Vec<ObjectId>, usize) {
        let (mut ids, mut garbled, mut known) = (Vec::new(), 0, HashSet::new());
        for entry in self.document.get_array(field).into_iter().flatten() {
            match entry.ok().and_then(|entry| entry.as_object_id()) {
                Some(id) if known.insert(id) => ids.push(id),
                Some(_) => {}
                None => garbled += 1,
            }
        }
        (ids, garbled)
    }
}

impl Client {
    pub(crate) fn read(document: &RawDocument) -> Result<Self, Flaw> {
        let reader = Reader::of(Kind::Clients, document)?;
        Ok(Self {
            id: reader.id,
            username: reader.text("username")?,
            email: reader.text("email").ok(),
            hash: reader
                .text("password_hash")
                .ok()
                .filter(|hash| is_bcrypt(hash)),
            since: reader.date("created_at"),
        })
    }
}

/// `$2a$10$` and 53 characters more.
fn is_bcrypt(hash: &str) -> bool {
    hash.len() == 60 && hash.starts_with("$2") && hash.is_ascii()
}

impl Room {
    pub(crate) fn read(document: &RawDocument) -> Result<Self, Flaw> {
        let reader = Reader::of(Kind::Rooms, document)?;
        let (members, garbled) = reader.ids("members");
        Ok(Self {
            id: reader.id,
            name: reader.text("name")?,
            members,
            garbled,
            since: reader.date("created_at"),
        })
    }

    /// Who is in it: where there is nobody, a placeholder that has the room's own id, so that it
    /// has an owner like every other.
    pub(crate) fn people(&self) -> Vec<ObjectId> {
        match self.members.is_empty() {
            true => vec![self.id],
            false => self.members.clone(),
        }
    }
}

impl Said {
    /// Reads a document of `messages` or of `archived_messages`.
    pub(crate) fn read(kind: Kind, document: &RawDocument) -> Result<Self, Flaw> {
        let reader = Reader::of(kind, document)?;
        Ok(Self {
            id: reader.id,
            room: reader.id("room_id")?,
            sender: reader.id("sender_id")?,
            content: reader.text("content")?,
            at: reader.date("timestamp"),
        })
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, DateTime, RawDocumentBuf, doc};

    use super::*;

    fn raw(document: mongodb::bson::Document) -> RawDocumentBuf {
        RawDocumentBuf::try_from(&document).expect("a document")
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_named() {
        let id = ObjectId::new();
        let whole = doc! {
            "_id": id, "content": "hi", "sender_id": id, "room_id": id,
            "timestamp": DateTime::from_millis(7),
        };
        let said = Said::read(Kind::Messages, &raw(whole.clone())).expect("a message");
        assert_eq!((said.at.at, said.at.by_id), (7, false));
        for (field, bad) in [("content", Bson::Int32(1)), ("room_id", Bson::Null)] {
            let mut document = whole.clone();
            document.insert(field, bad);
            let flaw = Said::read(Kind::Archived, &raw(document)).expect_err("a flaw");
            let told = format!("archived_messages {}: {field}", id.to_hex());
            assert_eq!(flaw.to_string(), told);
        }
        let flaw = Said::read(Kind::Messages, &raw(doc! {"_id": "x"})).expect_err("a flaw");
        assert!(flaw.to_string().ends_with(": _id"), "{flaw}");
    }

    #[test]
    fn what_has_no_date_came_when_its_id_was_made() {
        let id = ObjectId::from_parts(1_700_000_000, [0; 5], [0; 3]);
        let client = Client::read(&raw(doc! {"_id": id, "username": "ann"})).expect("a client");
        let by_id = Dated {
            at: 1_700_000_000_000,
            by_id: true,
        };
        assert_eq!(client.since, by_id);
        assert_eq!((client.email, client.hash), (None, None));
    }

    #[test]
    fn members_are_there_once_in_their_order() {
        let (id, ann, bob) = (ObjectId::new(), ObjectId::new(), ObjectId::new());
        let members = vec![Bson::from(ann), bob.into(), ann.into(), "eve".into()];
        let read = doc! {"_id": id, "name": "hall", "members": members};
        let room = Room::read(&raw(read)).expect("a room");
        assert_eq!((room.people(), room.garbled), (vec![ann, bob], 1));
        let empty = Room::read(&raw(doc! {"_id": id, "name": "hall"})).expect("a room");
        assert_eq!(empty.people(), [id]);
    }
}
