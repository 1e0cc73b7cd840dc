//! The names of channels, each had by one.
//!
//! A channel is renamed by a row of its log, which is stored before it is applied. So that nobody
//! takes the name in between, it is claimed first: it is put among the channel's `names`, which a
//! unique index keeps apart. The row's application leaves the new name alone there. A claim whose
//! row never came (the process died, or was refused) stands in nobody's way for long: whoever wants
//! the name finds it old, and releases it.

use std::time::Duration;

use domain::Timestamp;
use mongodb::bson::{Document, Uuid, doc};

use crate::{
    apply::bson,
    db::Db,
    failure::Failure,
    records::{NameRecord, RoomRecord},
    values::{date, time},
};

/// How long a claim holds: far longer than any append takes, requests that linger included.
const CLAIM: Duration = Duration::from_secs(600);

/// How many claims of one revision of a room are remembered.
const CLAIMS: i32 = -16;

impl Db {
    /// Claims a name for a channel as it is at this revision. `false` when another has it.
    pub(crate) async fn claim(
        &self,
        room: &RoomRecord,
        name: &NameRecord,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let claim = doc! {"name": &name.name, "at": date(now)};
        let update = doc! {
            "$addToSet": {"names": bson(name)?},
            "$push": {"claims": {"$each": [claim], "$slice": CLAIMS}},
        };
        // If the revision is another by now, so is the row's, and it conflicts.
        let same = doc! {"_id": room.id, "rev": room.rev};
        let claim = || self.call(self.rooms.update_one(same.clone(), update.clone()));
        match claim().await {
            Ok(_) => return Ok(true),
            Err(failure) if !failure.is_duplicate() => return Err(failure),
            Err(_) if !self.release(name, now).await? => return Ok(false),
            Err(_) => {}
        }
        match claim().await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Releases a name that a channel claimed long ago and never took. Says whether it may be free
    /// now.
    pub(super) async fn release(&self, name: &NameRecord, now: Timestamp) -> Result<bool, Failure> {
        let holder = doc! {"names": bson(name)?};
        let Some(room) = self.call(self.rooms.find_one(holder.clone())).await? else {
            return Ok(true);
        };
        // A row that is stored takes the name, however old the claim is.
        self.apply_stored(&[room.id]).await?;
        let Some(room) = self.call(self.rooms.find_one(holder)).await? else {
            return Ok(true);
        };
        if room.own_name().as_ref() == Some(name) || !is_stale(&room, name, now) {
            return Ok(false);
        }
        let kept: Vec<_> = room.names.iter().filter(|other| *other != name).collect();
        let pull = doc! {"claims": {"name": &name.name}};
        // An empty array would be a value in the index, and taken by one.
        let update = match kept.is_empty() {
            true => doc! {"$pull": pull, "$unset": {"names": ""}},
            false => doc! {"$pull": pull, "$set": {"names": bson(&kept)?}},
        };
        let released = self.rooms.update_one(unclaimed_since(&room)?, update);
        Ok(self.call(released).await?.matched_count == 1)
    }

    /// Brings a room to what a room row says.
    pub(crate) async fn bring_room(&self, row: &crate::records::RowRecord) -> Result<(), Failure> {
        let (target, wanted) = row.aimed();
        for _ in 0..crate::apply::ROUNDS {
            let room = self.call(self.rooms.find_one(doc! {"_id": target})).await?;
            let Some(room) = room.filter(|room| room.rev < wanted) else {
                return Ok(());
            };
            let next = self.next_change(row.room_id, target, room.rev).await?;
            let rev = room.rev;
            if self.change_room((target, rev), room.after(&next)?).await? && next.id == row.id {
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }

    /// Changes a room of revision `rev`. `false` when somebody else did.
    ///
    /// Its name is free for it, unless a claim was released and the row came nevertheless, out of
    /// a request that lingered for minutes. Then the log decides what it is called, and the other
    /// channel is found by the name.
    async fn change_room(&self, of: (Uuid, i64), mut room: RoomRecord) -> Result<bool, Failure> {
        match self.put_room(of, &room).await {
            Err(failure) if failure.is_duplicate() => {
                room.names.clear();
                self.put_room(of, &room).await
            }
            put => put,
        }
    }

    async fn put_room(&self, (id, rev): (Uuid, i64), room: &RoomRecord) -> Result<bool, Failure> {
        let mut set = doc! {"rev": room.rev, "read_only": room.read_only};
        let mut unset = doc! {"claims": ""};
        if let Some(name) = &room.name {
            set.insert("name", name);
        }
        if let Some(at) = room.deleted_at {
            set.insert("deleted_at", at);
        }
        match room.names.is_empty() {
            true => unset.insert("names", ""),
            false => set.insert("names", bson(&room.names)?),
        };
        let update = doc! {"$set": set, "$unset": unset};
        let put = self.rooms.update_one(doc! {"_id": id, "rev": rev}, update);
        Ok(self.call(put).await?.matched_count == 1)
    }
}

/// Whether a name was claimed, and not lately.
fn is_stale(room: &RoomRecord, name: &NameRecord, now: Timestamp) -> bool {
    let mut claims = room.claims.iter().filter(|claim| claim.name == name.name);
    claims.all(|claim| time(claim.at) + CLAIM <= now)
}

/// The room as it was read, nothing having been claimed since.
fn unclaimed_since(room: &RoomRecord) -> Result<Document, Failure> {
    let mut same = doc! {"_id": room.id, "rev": room.rev};
    match room.claims.is_empty() {
        true => same.insert("claims", doc! {"$exists": false}),
        false => same.insert("claims", bson(&room.claims)?),
    };
    Ok(same)
}
