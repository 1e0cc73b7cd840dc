//! Clearing up after deleted rooms.

use domain::Timestamp;
use mongodb::{
    Collection,
    bson::{Bson, Document, Uuid, doc},
};

use crate::{
    db::Db,
    failure::Failure,
    values::{date, id_in, limit},
};

impl Db {
    /// Removes up to `most` records of one room that was deleted before `before`; its own record
    /// is one of them, in that it is noted there when nothing is left.
    ///
    /// Nothing is added to a deleted room, but for what a node is about just then; so `before`
    /// lies well back.
    pub(super) async fn clear_deleted(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<u64, Failure> {
        let Some(room) = self.next_to_clear(before).await? else {
            return Ok(0);
        };
        let mut left = most;
        for remains in self.remains() {
            left -= self.remove(&remains, room, left).await?;
            if left == 0 {
                return Ok(most as u64);
            }
        }
        let own = self.overrides.delete_one(doc! {"_id": room});
        self.call(own).await?;
        let cleared = doc! {"$set": {"cleared": true, "init": []}};
        self.call(self.rooms.update_one(doc! {"_id": room}, cleared))
            .await?;
        Ok((most - left + 1) as u64)
    }

    /// The collections in which a room leaves something behind.
    fn remains(&self) -> [Collection<Document>; 6] {
        [
            self.reactions.clone_with_type(),
            self.members.clone_with_type(),
            self.holds.clone_with_type(),
            self.notifications.clone_with_type(),
            self.copies.clone_with_type(),
            self.rows.clone_with_type(),
        ]
    }

    /// The room that was deleted first, of those that are not cleared.
    async fn next_to_clear(&self, before: Timestamp) -> Result<Option<Uuid>, Failure> {
        let filter = doc! {"deleted_at": {"$lt": date(before)}, "cleared": Bson::Null};
        let rooms = self.rooms.clone_with_type::<Document>();
        let query = rooms
            .find_one(filter)
            .sort(doc! {"deleted_at": 1, "_id": 1});
        let found = self.call(query.projection(doc! {"_id": 1})).await?;
        Ok(found.and_then(|room| id_in(&room, "_id")))
    }

    async fn remove(
        &self,
        from: &Collection<Document>,
        room: Uuid,
        most: usize,
    ) -> Result<usize, Failure> {
        let query = from.find(doc! {"room_id": room}).limit(limit(most));
        let found = self.all(query.projection(doc! {"_id": 1})).await?;
        let ids: Vec<_> = found.iter().filter_map(|one| one.get("_id")).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let removed = from.delete_many(doc! {"_id": {"$in": ids}});
        let removed = self.call(removed).await?.deleted_count;
        Ok(usize::try_from(removed).unwrap_or(most).min(most))
    }
}
