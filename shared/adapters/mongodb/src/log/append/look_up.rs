//! What the log says of rows that wait: it has a client_id at most once, so that decides what an
//! insert that was refused or not answered does not.

use std::collections::{HashMap, HashSet};

use domain::{Appended, ClientId, Original, Refusal, Row, RowId, UserId};
use mongodb::bson::{Uuid, doc};

use super::{super::plan::Pending, Batch};
use crate::{
    db::Db,
    failure::Failure,
    records::RowRecord,
    values::{content_hash, id},
};

impl Batch<'_> {
    /// Whether a row's id stands for a row under another client_id: a defect of the caller's.
    pub(super) async fn is_taken(&self, row: &Row) -> Result<bool, Failure> {
        let other = doc! {"_id": id(row.id.uuid()), "client_id": {"$ne": id(row.client_id.uuid())}};
        Ok(self.db.call(self.db.rows.find_one(other)).await?.is_some())
    }

    /// Answers rows that cannot be stored, unless they were stored before.
    pub(super) async fn refuse(&mut self, refused: Vec<(usize, Appended)>) -> Result<(), Failure> {
        self.look_up().await?;
        for (at, answer) in refused {
            if self.answers[at].is_none() {
                self.answer(at, answer);
            }
        }
        Ok(())
    }

    /// Answers all that waits with one refusal, but for what was stored before.
    pub(super) async fn refuse_all(&mut self, refusal: Refusal) -> Result<(), Failure> {
        let refused = |waiting: &Pending| (waiting.at, Appended::Refused(refusal));
        let refused = self.pending.iter().map(refused).collect();
        self.refuse(refused).await
    }

    /// Looks up what waits by client_id, and answers what is in the log.
    pub(super) async fn look_up(&mut self) -> Result<(), Failure> {
        let known = self.known().await?;
        let mut stored = HashSet::new();
        for waiting in &self.pending {
            let key = (waiting.new.sender, waiting.new.client_id);
            let Some(original) = known.get(&key) else {
                continue;
            };
            self.answers[waiting.at] = Some(answer(waiting, original, &mut stored));
        }
        let answers = &self.answers;
        self.pending.retain(|waiting| answers[waiting.at].is_none());
        Ok(())
    }

    /// The rows of the log that have a client_id that waits, as they are now.
    async fn known(&self) -> Result<HashMap<(UserId, ClientId), Original>, Failure> {
        let waiting = self.pending.iter().map(|waiting| &waiting.new);
        let (senders, clients): (HashSet<Uuid>, Vec<Uuid>) = waiting
            .map(|new| (id(new.sender.uuid()), id(new.client_id.uuid())))
            .unzip();
        let keys = (senders.into_iter().collect(), clients);
        let known = self.db.known(id(self.room.uuid()), keys).await?;
        let keyed = |original: Original| {
            let row = &original.row;
            ((row.sender, row.client_id), original)
        };
        Ok(known.into_iter().map(keyed).collect())
    }
}

impl Db {
    /// The rows of a room that any of these people stored under any of these client_ids, as they
    /// are now.
    pub(crate) async fn known(
        &self,
        room: Uuid,
        (senders, clients): (Vec<Uuid>, Vec<Uuid>),
    ) -> Result<Vec<Original>, Failure> {
        let filter = doc! {
            "room_id": room, "sender_id": {"$in": senders}, "client_id": {"$in": clients},
        };
        let mut records = self.all(self.rows.find(filter.clone())).await?;
        if !records.is_empty() && self.apply_stored(&[room]).await? {
            records = self.all(self.rows.find(filter)).await?;
        }
        let rows = self.shown(room, &records).await?;
        let original = |(record, row): (RowRecord, Row)| {
            let hash = content_hash(&record.content_hash)?;
            Ok(Original { row, hash })
        };
        records.into_iter().zip(rows).map(original).collect()
    }
}

/// What a row that waits is told of the row that has its client_id.
fn answer(waiting: &Pending, original: &Original, stored: &mut HashSet<RowId>) -> Appended {
    match original.clone().answer(waiting.new.change.hash()) {
        // The same row twice in a batch was stored once.
        Appended::Repeat(row)
            if waiting.doubtful && waiting.new.id == row.id && stored.insert(row.id) =>
        {
            Appended::Stored(row)
        }
        answer => answer,
    }
}
