//! The original's database as a source of records.

use std::{collections::HashMap, ops::Bound};

use async_trait::async_trait;
use domain::{
    Result, RoomId, Seq, UserId,
    ports::Source,
    transfer::{Intake, Key, Part, Record},
};
use mongodb::bson::oid::ObjectId;
use uuid::Uuid;

use crate::{
    census::{Census, Person, Place},
    db::{Db, Kind},
    documents::{Client, Room, Said},
    ids,
    order::{Entry, Kept, changed},
    pages::{Stretch, stretches},
    parts::parts,
    records,
};

/// The original's database after a survey, as records of ours: users, rooms, members, and rows.
pub struct GoChat {
    db: Db,
    place: String,
    census: Census,
    /// The most bytes of a message.
    max: usize,
    order: Kept,
    /// How many documents there were before the survey.
    documents: u64,
}

/// Messages by room and id.
type Talk = HashMap<(ObjectId, ObjectId), Said>;

/// Who is in which room, in their order.
type Crowds = HashMap<ObjectId, Vec<ObjectId>>;

impl GoChat {
    pub(crate) fn new(db: Db, place: String, census: Census, max: usize) -> Self {
        Self {
            db,
            place,
            census,
            max,
            order: Kept::default(),
            documents: 0,
        }
    }

    /// The same, with what the server counted before it was surveyed.
    pub(crate) fn counted(self, documents: u64) -> Self {
        Self { documents, ..self }
    }

    async fn users(&self, after: Option<UserId>, size: usize) -> Result<Vec<Record>> {
        let people = self.census.people.range(beyond(after)).take(size);
        let people: Vec<(&UserId, &Person)> = people.collect();
        let accounts = people.iter().filter(|(_, person)| person.account);
        let accounts = accounts.map(|(_, person)| person.original).collect();
        let documents = self.db.named(Kind::Clients, accounts).await?;
        let clients = documents.iter().filter_map(|one| Client::read(one).ok());
        let clients: HashMap<_, _> = clients.map(|client| (client.id, client)).collect();
        let users = people.into_iter().map(|(id, person)| {
            let client = clients.get(&person.original);
            match client.is_some() == person.account {
                true => Ok(records::user(*id, person, client)),
                false => Err(changed()),
            }
        });
        users.collect()
    }

    fn rooms(&self, after: Option<RoomId>, size: usize) -> Vec<Record> {
        let rooms = self.census.rooms.range(beyond(after)).take(size);
        rooms.map(|(id, place)| records::room(*id, place)).collect()
    }

    async fn members(&self, after: Option<(RoomId, UserId)>, size: usize) -> Result<Vec<Record>> {
        let after = match after {
            None => None,
            Some((room, user)) => Some((room, self.number(room, user).await?)),
        };
        let stretches = stretches(&self.census, after, size, |place| place.members);
        let crowds = self.crowds(stretches.iter().map(|one| one.place)).await?;
        let mut members = Vec::with_capacity(size);
        for Stretch {
            room,
            place,
            numbers,
        } in stretches
        {
            for seq in numbers {
                let original = person(&crowds, place, seq)?;
                members.push(records::member((room, place), seq, original));
            }
        }
        Ok(members)
    }

    /// The how manieth somebody is in a room.
    async fn number(&self, room: RoomId, user: UserId) -> Result<Seq> {
        let place = self.census.rooms.get(&room).ok_or_else(changed)?;
        let crowds = self.crowds(std::iter::once(place)).await?;
        let crowd = crowds.get(&place.original).ok_or_else(changed)?;
        let before = crowd.iter().position(|one| ids::user(*one) == user);
        before.map(|before| before as u64 + 1).ok_or_else(changed)
    }

    /// Who is in these rooms.
    async fn crowds<'p>(&self, places: impl Iterator<Item = &'p Place>) -> Result<Crowds> {
        let originals = places.map(|place| place.original).collect();
        let documents = self.db.named(Kind::Rooms, originals).await?;
        let rooms = documents.iter().filter_map(|one| Room::read(one).ok());
        Ok(rooms.map(|room| (room.id, room.people())).collect())
    }

    async fn rows(&self, after: Option<(RoomId, Seq)>, size: usize) -> Result<Vec<Record>> {
        let stretches = stretches(&self.census, after, size, Place::head);
        let joining = stretches
            .iter()
            .filter(|one| *one.numbers.start() <= one.place.members);
        let crowds = self.crowds(joining.map(|one| one.place)).await?;
        let mut entries = Vec::with_capacity(stretches.len());
        for stretch in &stretches {
            entries.push(self.entries(stretch).await?);
        }
        let ids = entries.iter().flatten().map(|entry| entry.id).collect();
        let talk = self.talk(ids).await?;
        let mut rows = Vec::with_capacity(size);
        for (stretch, entries) in stretches.iter().zip(entries) {
            rows.extend(self.log(stretch, &crowds, &entries, &talk)?);
        }
        Ok(rows)
    }

    /// The messages of a stretch of a log.
    async fn entries(&self, stretch: &Stretch<'_>) -> Result<Vec<Entry>> {
        let (joins, last) = (stretch.place.members, *stretch.numbers.end());
        if last <= joins {
            return Ok(Vec::new());
        }
        let of = (&self.db, &self.census);
        let order = self.order.with(of, stretch.room, self.max).await?;
        let first = (*stretch.numbers.start()).max(joins + 1);
        let before = usize::try_from(first - joins - 1).unwrap_or(usize::MAX);
        let many = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
        let entries = order.of(stretch.room).iter().skip(before).take(many);
        Ok(entries.copied().collect())
    }

    /// What was said under these ids; of copies, what they were copied from.
    async fn talk(&self, mut ids: Vec<ObjectId>) -> Result<Talk> {
        ids.dedup();
        let mut talk = Talk::new();
        for kind in [Kind::Archived, Kind::Messages] {
            for document in self.db.named(kind, ids.clone()).await? {
                if let Ok(said) = Said::read(kind, &document) {
                    talk.insert((said.room, said.id), said);
                }
            }
        }
        Ok(talk)
    }

    /// The rows of a stretch of a log: joins, then messages.
    fn log(
        &self,
        stretch: &Stretch<'_>,
        crowds: &Crowds,
        entries: &[Entry],
        talk: &Talk,
    ) -> Result<Vec<Record>> {
        let (room, place) = (stretch.room, stretch.place);
        let mut entries = entries.iter();
        let rows = stretch.numbers.clone().map(|seq| {
            if seq <= place.members {
                return Ok(records::join(
                    (room, place),
                    seq,
                    person(crowds, place, seq)?,
                ));
            }
            let entry = entries.next().ok_or_else(changed)?;
            let said = talk.get(&(place.original, entry.id)).ok_or_else(changed)?;
            let parts = parts(&said.content, self.max);
            let part = parts.get(entry.part as usize).ok_or_else(changed)?;
            Ok(records::message(room, seq, entry, said, part))
        });
        rows.collect()
    }
}

/// All that comes after.
fn beyond<K>(after: Option<K>) -> (Bound<K>, Bound<K>) {
    (
        after.map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded,
    )
}

/// Who joined a room as the how manieth.
fn person(crowds: &Crowds, place: &Place, seq: Seq) -> Result<ObjectId> {
    let crowd = crowds.get(&place.original).ok_or_else(changed)?;
    let before = usize::try_from(seq - 1).unwrap_or(usize::MAX);
    crowd.get(before).copied().ok_or_else(changed)
}

#[async_trait]
impl Source for GoChat {
    fn describe(&self) -> String {
        format!("the Go chat backend's database at {}", self.place)
    }

    /// A digest of all documents: what was changed is another installation.
    async fn epoch(&self) -> Result<Option<Uuid>> {
        Ok(Some(self.census.epoch))
    }

    async fn intake(&self) -> Result<Option<Intake>> {
        Ok(None)
    }

    /// The original leaves no sign of itself but what it writes.
    async fn unrest(&self) -> Result<Option<String>> {
        let documents = self.db.documents().await;
        let documents = documents.map_err(domain::Error::unavailable)?;
        Ok((documents != self.documents).then(|| {
            "documents come or go: stop every service of the Go backend, choose an empty store, and import anew".to_owned()
        }))
    }

    async fn count(&self, part: Part) -> Result<u64> {
        let rooms = self.census.rooms.values();
        Ok(match part {
            Part::Users => self.census.people.len() as u64,
            Part::Rooms => rooms.len() as u64,
            Part::Members => rooms.map(|place| place.members).sum(),
            Part::Rows => rooms.map(Place::head).sum(),
            _ => 0,
        })
    }

    async fn page(&self, part: Part, after: Option<&Key>, limit: usize) -> Result<Vec<Record>> {
        match (part, after) {
            (Part::Users, None) => self.users(None, limit).await,
            (Part::Users, Some(Key::Id(id))) => {
                self.users(Some(UserId::from_uuid(*id)), limit).await
            }
            (Part::Rooms, None) => Ok(self.rooms(None, limit)),
            (Part::Rooms, Some(Key::Id(id))) => Ok(self.rooms(Some(RoomId::from_uuid(*id)), limit)),
            (Part::Members, None) => self.members(None, limit).await,
            (Part::Members, Some(Key::Pair(room, user))) => {
                let after = (RoomId::from_uuid(*room), UserId::from_uuid(*user));
                self.members(Some(after), limit).await
            }
            (Part::Rows, None) => self.rows(None, limit).await,
            (Part::Rows, Some(Key::Row { room, seq, .. })) => {
                self.rows(Some((*room, *seq)), limit).await
            }
            _ => Ok(Vec::new()),
        }
    }
}
