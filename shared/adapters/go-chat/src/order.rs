//! In which order the messages of rooms were said.
//!
//! The original has no index by room: looking at one room is looking at all messages. So the order
//! of as many rooms as memory should hold is read at a time, and contents are fetched by their ids.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Error, Result, RoomId};
use mongodb::bson::{doc, oid::ObjectId};
use tokio::sync::Mutex;

use crate::{
    census::{Census, Place},
    db::Db,
    parts::parts,
    union::{Met, Union},
};

/// How many messages are in an order, unless one room has more, and of how many rooms.
const MESSAGES: u64 = 1_000_000;
const ROOMS: usize = 10_000;

/// A part of a message, which is mostly all of it. They are in order by time, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) id: ObjectId,
    pub(crate) part: u32,
}

/// The messages of rooms that follow each other.
#[derive(Debug)]
pub(crate) struct Order(BTreeMap<RoomId, Vec<Entry>>);

/// The order that was asked for last.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<Arc<Order>>>);

impl Kept {
    /// An order with this room in it, read if it is not the last one; other calls wait meanwhile.
    pub(crate) async fn with(
        &self,
        (db, census): (&Db, &Census),
        room: RoomId,
        max: usize,
    ) -> Result<Arc<Order>> {
        let mut kept = self.0.lock().await;
        if let Some(order) = kept.as_ref().filter(|order| order.0.contains_key(&room)) {
            return Ok(Arc::clone(order));
        }
        // The old one goes first, so that there are never two.
        *kept = None;
        let order = Arc::new(Order::read(db, census, room, max).await?);
        *kept = Some(Arc::clone(&order));
        Ok(order)
    }
}

impl Order {
    /// The entries of a room, of which there are as many as were counted.
    pub(crate) fn of(&self, room: RoomId) -> &[Entry] {
        self.0.get(&room).map_or(&[], Vec::as_slice)
    }

    async fn read(db: &Db, census: &Census, from: RoomId, max: usize) -> Result<Self> {
        let batch = batch(census, from);
        let originals: Vec<ObjectId> = batch.iter().map(|(_, place)| place.original).collect();
        let mut rooms: BTreeMap<RoomId, Vec<Entry>> =
            batch.iter().map(|(room, _)| (*room, Vec::new())).collect();
        let mut union = Union::of(db, doc! {"room_id": {"$in": originals}}).await?;
        while let Some(met) = union.next().await? {
            let Met::Said(said) = met else { continue };
            let Some(entries) = rooms.get_mut(&crate::ids::room(said.room)) else {
                continue;
            };
            let (at, id) = (said.at.at, said.id);
            let parts = (0..).zip(parts(&said.content, max));
            entries.extend(parts.map(|(part, _)| Entry { at, id, part }));
        }
        rooms
            .values_mut()
            .for_each(|entries| entries.sort_unstable());
        match batch
            .iter()
            .all(|(id, place)| rooms[id].len() as u64 == place.messages)
        {
            true => Ok(Self(rooms)),
            false => Err(changed()),
        }
    }
}

/// The rooms of an order that begins with this one.
fn batch(census: &Census, from: RoomId) -> Vec<(RoomId, &Place)> {
    let mut messages = 0;
    let rooms = census.rooms.range(from..).take_while(|(room, place)| {
        messages += place.messages;
        **room == from || messages <= MESSAGES
    });
    rooms
        .take(ROOMS)
        .map(|(room, place)| (*room, place))
        .collect()
}

/// What is said when the database is no more what the survey saw.
pub(crate) fn changed() -> Error {
    Error::internal(
        "the database was changed while it was read. Stop every service of the Go backend, choose an empty store, and import anew",
    )
}
