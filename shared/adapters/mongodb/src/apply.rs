//! Bringing targets to what the log says of them.
//!
//! A change is first a row of the log, and only then applied, by whoever comes first: the node
//! that appended it, or anybody who is about to show the log. Each step is a compare-and-set, and
//! revisions are taken one after the other, so any number of nodes may apply the same row.

use domain::{Error, RoomId, Row};
use mongodb::{
    bson::{Bson, DateTime, Document, Uuid, doc, serialize_to_bson},
    options::UpdateModifications,
};

use crate::{
    db::Db,
    failure::Failure,
    records::{ContentRecord, CopyRecord, KindRecord, MemberRecord, RowRecord},
    values::uuid,
};

/// How often a compare-and-set is tried. Each failure means that somebody else succeeded.
pub(crate) const ROUNDS: usize = 64;

/// How many unapplied rows are read at once.
const PAGE: i64 = 200;

impl Db {
    /// Applies all changes of rooms that are stored and not applied. Returns whether there were
    /// any.
    pub(crate) async fn apply_stored(&self, rooms: &[Uuid]) -> Result<bool, Failure> {
        for page in 0.. {
            let filter = doc! {"unapplied": true, "room_id": {"$in": rooms}};
            let order = doc! {"room_id": 1, "seq": 1};
            let query = self.rows.find(filter).sort(order).limit(PAGE);
            let rows = self.all(query).await?;
            for row in &rows {
                self.apply(row).await?;
            }
            if (rows.len() as i64) < PAGE {
                return Ok(page > 0 || !rows.is_empty());
            }
        }
        Ok(true)
    }

    /// Brings a row's target to the row's revision at least, and notes that it is there.
    pub(crate) async fn apply(&self, row: &RowRecord) -> Result<(), Failure> {
        match row.kind {
            KindRecord::Edit | KindRecord::Deletion => self.bring_message(row).await?,
            KindRecord::Reaction => self.bring_reaction(row).await?,
            KindRecord::Member => self.bring_member(row).await?,
            KindRecord::Room => self.bring_room(row).await?,
            KindRecord::Message | KindRecord::Archive => return Ok(()),
        }
        let done = doc! {"$unset": {"unapplied": "", "content": ""}};
        let row = doc! {"_id": row.id};
        self.call(self.rows.update_one(row, done)).await?;
        Ok(())
    }

    async fn bring_message(&self, row: &RowRecord) -> Result<(), Failure> {
        let (target, wanted) = row.aimed();
        for _ in 0..ROUNDS {
            let key = self.call(self.rows.find_one(doc! {"_id": target})).await?;
            let Some(key) = key.filter(|key| key.rev < wanted) else {
                return Ok(());
            };
            let next = self.next_change(row.room_id, target, key.rev).await?;
            if self.change_message(&key, &next).await? && next.id == row.id {
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }

    /// The change that follows revision `rev` of a target. It is in the log if a later one is: only
    /// what was applied is ever dropped, and then `rev` is not the target's any more, so that the
    /// compare-and-set with a later change fails.
    pub(crate) async fn next_change(
        &self,
        room: Uuid,
        target: Uuid,
        rev: i64,
    ) -> Result<RowRecord, Failure> {
        let filter = doc! {"room_id": room, "target": target, "target_rev": {"$gt": rev}};
        let query = self.rows.find_one(filter).sort(doc! {"target_rev": 1});
        self.call(query).await?.ok_or(Failure::Contended)
    }

    /// Changes a key that is right before `change`. `false` when somebody else did.
    async fn change_message(&self, key: &RowRecord, change: &RowRecord) -> Result<bool, Failure> {
        let (_, rev) = change.aimed();
        if key.gone.is_some() {
            return self.swing(key, doc! {"$set": {"rev": rev}}).await;
        }
        match &change.content {
            Some(content) if key.archived.is_some() => {
                self.rewrite_copy(key, (rev, content), change.created_at)
                    .await
            }
            Some(content) => {
                let set = doc! {
                    "rev": rev, "body": bson(content)?, "body_bytes": bytes(content),
                    "edited_at": change.created_at,
                };
                self.swing(key, doc! {"$set": set}).await
            }
            None if change.kind == KindRecord::Deletion => self.bury(key, rev).await,
            // An edit that says nothing any more was applied since the key was read.
            None => Ok(false),
        }
    }

    /// Changes what an archived message says: a new copy, then the key.
    async fn rewrite_copy(
        &self,
        key: &RowRecord,
        (rev, content): (i64, &ContentRecord),
        at: DateTime,
    ) -> Result<bool, Failure> {
        let run = key.archived.unwrap_or(key.id);
        let copy = CopyRecord::of(key, (rev, content.clone()), run, at);
        self.put_copies(std::slice::from_ref(&copy)).await?;
        let set = doc! {
            "rev": rev, "copy": [rev, key.place], "body_bytes": bytes(content), "edited_at": at,
        };
        let mut update = doc! {"$set": set};
        update.extend(outlive(key));
        self.swing(key, update).await
    }

    /// Leaves a tombstone of revision `rev`, and no copy below it.
    pub(crate) async fn bury(&self, key: &RowRecord, rev: i64) -> Result<bool, Failure> {
        let mut update = doc! {
            "$set": {"rev": rev, "place": key.place + 1, "gone": "deleted", "body_bytes": 0},
            "$unset": {"body": "", "archived": "", "copy": ""},
        };
        update.extend(outlive(key));
        let buried = self.swing(key, update).await?;
        if buried {
            self.forget_copies(key.id, [rev, key.place + 1]).await?;
        }
        Ok(buried)
    }

    /// Changes a key by compare-and-set on (rev, place). Whatever changes a key raises one of them.
    pub(crate) async fn swing(&self, key: &RowRecord, update: Document) -> Result<bool, Failure> {
        let same = doc! {"_id": key.id, "rev": key.rev, "place": key.place};
        let update = UpdateModifications::Document(update);
        let swung = self.call(self.rows.update_one(same, update)).await?;
        Ok(swung.matched_count == 1)
    }

    /// Removes every copy of a message that is below its key.
    pub(crate) async fn forget_copies(
        &self,
        message: Uuid,
        [rev, place]: [i64; 2],
    ) -> Result<(), Failure> {
        let below = doc! {
            "message_id": message,
            "$or": [{"rev": {"$lt": rev}}, {"rev": rev, "place": {"$lt": place}}],
        };
        self.call(self.copies.delete_many(below)).await?;
        Ok(())
    }

    async fn bring_member(&self, row: &RowRecord) -> Result<(), Failure> {
        let (user, wanted) = row.aimed();
        for _ in 0..ROUNDS {
            let rev = self.member_rev(row.room_id, user).await?;
            if rev >= wanted {
                return Ok(());
            }
            let next = self.next_change(row.room_id, user, rev).await?;
            if self.change_member(rev, &next).await? && next.id == row.id {
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }

    async fn member_rev(&self, room: Uuid, user: Uuid) -> Result<i64, Failure> {
        let filter = doc! {"room_id": room, "user_id": user};
        let member = self.call(self.members.find_one(filter)).await?;
        Ok(member.map_or(0, |member| member.rev))
    }

    /// Changes a member document of revision `rev`; 0 makes it. `false` when somebody else did.
    async fn change_member(&self, rev: i64, change: &RowRecord) -> Result<bool, Failure> {
        let Row {
            change: domain::Change::Member(member),
            ..
        } = change.row(None)?
        else {
            return Err(Error::internal("a membership follows a row of another kind").into());
        };
        let room = RoomId::from_uuid(uuid(change.room_id));
        let made = MemberRecord::begin(room, &member, change.seq, change.created_at);
        if rev == 0 {
            return self.make_member(&made).await;
        }
        let mut set = doc! {"rev": made.rev, "role": bson(&made.role)?};
        if member.change != domain::MemberChange::RoleChanged {
            set.insert("state", bson(&made.state)?);
        }
        if member.change == domain::MemberChange::Joined {
            set.extend(doc! {"joined_seq": made.joined_seq, "joined_at": made.joined_at});
        }
        let same = doc! {"room_id": made.room_id, "user_id": made.user_id, "rev": rev};
        let update = self.members.update_one(same, doc! {"$set": set});
        Ok(self.call(update).await?.matched_count == 1)
    }

    async fn make_member(&self, member: &MemberRecord) -> Result<bool, Failure> {
        match self.call(self.members.insert_one(member)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

/// Notes with a change of the key that the copy it points to is garbage from then on. One document
/// commits both, so no copy is forgotten wherever a process stops.
pub(crate) fn outlive(key: &RowRecord) -> Document {
    match key.copy {
        Some(copy) => doc! {"$push": {"former": copy.to_vec()}},
        None => Document::new(),
    }
}

/// A record as a value within an update.
pub(crate) fn bson<T: serde::Serialize>(record: &T) -> Result<Bson, Failure> {
    serialize_to_bson(record).map_err(|error| Error::internal(error).into())
}

fn bytes(content: &ContentRecord) -> i64 {
    let content = domain::Content::from(content.clone());
    crate::values::int(content.bytes() as u64)
}
