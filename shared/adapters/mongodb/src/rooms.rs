//! Rooms.

use async_trait::async_trait;
use domain::{Code, Error, NewRoom, Result, Room, RoomId, RoomName, TenantId, ports::Rooms};
use mongodb::bson::{Document, doc};

use crate::{
    MongoStore,
    apply::bson,
    db::Db,
    failure::Failure,
    records::{ChannelRecord, RoomKindRecord, RoomRecord},
    values::{date, id, limit},
};

impl Db {
    /// The room of this id.
    pub(crate) async fn room(&self, room: RoomId) -> Result<Option<Room>, Failure> {
        self.one_room(doc! {"_id": id(room.uuid())}).await
    }

    async fn one_room(&self, filter: Document) -> Result<Option<Room>, Failure> {
        let record = self.call(self.rooms.find_one(filter)).await?;
        Ok(record.map(Room::try_from).transpose()?)
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
        if let Some(after) = after {
            filter.insert("_id", doc! {"$gt": id(after.uuid())});
        }
        let query = self.rooms.find(filter).sort(doc! {"_id": 1});
        let rooms = self.all(query.limit(limit(count))).await?;
        let rooms = rooms.into_iter().map(Room::try_from);
        Ok(rooms.collect::<Result<_, _>>()?)
    }

    async fn create_room(&self, new: RoomRecord) -> Result<Room, Failure> {
        let made = self.call(self.rooms.insert_one(&new)).await;
        match made {
            Ok(_) => Ok(new.try_into()?),
            Err(failure) if failure.is_duplicate() => {
                let known = self.one_room(doc! {"_id": new.id}).await?;
                // If it is not the id, it is the name.
                Ok(known.ok_or_else(|| Error::new(Code::RoomExists))?)
            }
            Err(failure) => Err(failure),
        }
    }
}

#[async_trait]
impl Rooms for MongoStore {
    async fn create_room(&self, room: NewRoom) -> Result<Room> {
        let record = RoomRecord::new(&room, date(self.now()));
        let made = self.db.create_room(record).await;
        made.map_err(Failure::of_write)
    }

    async fn room(&self, id: RoomId) -> Result<Option<Room>> {
        Ok(self.db.room(id).await?)
    }

    async fn room_by_name(&self, tenant: &TenantId, name: &RoomName) -> Result<Option<Room>> {
        let channel = bson(&ChannelRecord::new(tenant, name))?;
        Ok(self.db.one_room(doc! {"channel": channel}).await?)
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
}
