//! Rooms: made and read here, and changed as room rows of the log are applied.

mod clear;
mod names;

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    Code, Error, NewRoom, NewRow, Result, Room, RoomId, RoomName, TenantId, Timestamp, ports::Rooms,
};
use mongodb::bson::{Bson, Document, Uuid, doc};

use crate::{
    MongoStore,
    apply::bson,
    db::Db,
    failure::Failure,
    records::{NameRecord, RoomKindRecord, RoomRecord},
    values::{date, id, id_in, limit, time},
};

impl Db {
    /// The room of this id, also a deleted one.
    pub(crate) async fn any_room(&self, room: RoomId) -> Result<Option<Room>, Failure> {
        self.one_room(doc! {"_id": id(room.uuid())}).await
    }

    /// What a room's log begins with; nothing when there is no such room.
    pub(crate) async fn first_rows(&self, room: RoomId) -> Result<Vec<NewRow>, Failure> {
        let room = self.rooms.find_one(doc! {"_id": id(room.uuid())});
        let init = self
            .call(room)
            .await?
            .map_or_else(Vec::new, |room| room.init);
        Ok(init
            .into_iter()
            .map(NewRow::try_from)
            .collect::<Result<_, _>>()?)
    }

    /// Those of these rooms that were deleted.
    pub(crate) async fn deleted_of(&self, rooms: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
        if rooms.is_empty() {
            return Ok(HashSet::new());
        }
        let filter = doc! {"_id": {"$in": rooms}, "deleted_at": {"$exists": true}};
        let rooms = self.rooms.clone_with_type::<Document>();
        let deleted = rooms.find(filter);
        let deleted = self.all(deleted.projection(doc! {"_id": 1})).await?;
        let ids = deleted.iter().filter_map(|room| id_in(room, "_id"));
        Ok(ids.collect())
    }

    async fn one_room(&self, filter: Document) -> Result<Option<Room>, Failure> {
        let query = self.rooms.find_one(filter).projection(without_first_rows());
        let record = self.call(query).await?;
        Ok(record.map(Room::from))
    }

    async fn list_rooms(
        &self,
        mut filter: Document,
        after: Option<RoomId>,
        count: usize,
    ) -> Result<Vec<Room>, Failure> {
        if count == 0 {
            return Ok(Vec::new());
        }
        filter.insert("deleted_at", Bson::Null);
        if let Some(after) = after {
            filter.insert("_id", doc! {"$gt": id(after.uuid())});
        }
        let query = self.rooms.find(filter).sort(doc! {"_id": 1});
        let query = query.projection(without_first_rows());
        let rooms = self.all(query.limit(limit(count))).await?;
        Ok(rooms.into_iter().map(Room::from).collect())
    }

    async fn create_room(&self, new: RoomRecord) -> Result<Room, Failure> {
        if self.insert_room(&new).await? {
            return Ok(new.into());
        }
        if let Some(known) = self.one_room(doc! {"_id": new.id}).await? {
            return Ok(known);
        }
        // If it is not the id, it is the name.
        let taken = || Failure::from(Error::new(Code::RoomExists));
        let name = new.names.first().ok_or_else(taken)?;
        let free = self.release(name, time(new.created_at)).await?;
        match free && self.insert_room(&new).await? {
            true => Ok(new.into()),
            false => Err(taken()),
        }
    }

    /// Stores a new room. `false` when its id or its name is taken.
    async fn insert_room(&self, new: &RoomRecord) -> Result<bool, Failure> {
        match self.call(self.rooms.insert_one(new)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

/// First rows are as many as a group begins with, and asked for by few.
fn without_first_rows() -> Document {
    doc! {"init": 0}
}

#[async_trait]
impl Rooms for MongoStore {
    async fn create_room(&self, room: NewRoom) -> Result<Room> {
        let record = RoomRecord::new(&room, date(self.now()));
        let made = self.db.create_room(record).await;
        made.map_err(Failure::of_write)
    }

    async fn first_rows(&self, id: RoomId) -> Result<Vec<NewRow>> {
        Ok(self.db.first_rows(id).await?)
    }

    async fn room(&self, id: RoomId) -> Result<Option<Room>> {
        let room = self.db.any_room(id).await?;
        Ok(room.filter(|room| room.deleted_at.is_none()))
    }

    async fn room_by_name(&self, tenant: &TenantId, name: &RoomName) -> Result<Option<Room>> {
        let names = bson(&NameRecord::new(tenant, name))?;
        // One that is only about to take the name has another still.
        let called = doc! {"names": names, "name": name.as_str()};
        Ok(self.db.one_room(called).await?)
    }

    async fn channels(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<Room>> {
        let filter = doc! {"kind": RoomKindRecord::CHANNEL, "tenant": tenant.as_str()};
        Ok(self.db.list_rooms(filter, after, limit).await?)
    }

    async fn all_rooms(&self, after: Option<RoomId>, limit: usize) -> Result<Vec<Room>> {
        Ok(self.db.list_rooms(Document::new(), after, limit).await?)
    }

    async fn clear_deleted_rooms(&self, before: Timestamp, limit: usize) -> Result<u64> {
        if limit == 0 {
            return Ok(0);
        }
        let cleared = self.db.clear_deleted(before, limit).await;
        cleared.map_err(Failure::of_write)
    }
}
