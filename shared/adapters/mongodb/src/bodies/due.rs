//! Which messages are due, and which are archived.

use domain::{
    Seq, Timestamp,
    archive::{Due, DueCount, Key},
};
use futures_util::TryStreamExt;
use mongodb::bson::{DateTime, Document, Uuid, doc};
use serde::{Deserialize, Serialize};

use crate::{
    db::Db,
    failure::Failure,
    records::{HoldRecord, KeyRecord},
    values::{date, id, int, limit, time, uint},
};

/// How often keys are read anew because holds came or went meanwhile.
const TRIES: usize = 16;

/// How many rows of a room one call counts: some tenths of a second.
const COUNTED: Seq = 100_000;

/// A row's number and time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct AtRecord {
    seq: i64,
    created_at: DateTime,
}

/// What the server counts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct CountRecord {
    due: i64,
    bytes: i64,
    revs: i64,
    oldest: DateTime,
    newest: DateTime,
}

impl Db {
    /// Lists keys that are due, by rising seq.
    ///
    /// The holds are read again after the keys. A hold that is not there even then has its places
    /// raised later than the keys were read, and stops whoever moves by them.
    pub(super) async fn due(
        &self,
        due: Due,
        now: Timestamp,
        count: usize,
    ) -> Result<Vec<Key>, Failure> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let room = id(due.room.uuid());
        let through = self.last_before(room, due.cutoff).await?;
        let mut holds = self.holds_at(room, now).await?;
        for _ in 0..TRIES {
            let filter = without(hot(room, due.after, through), &holds);
            let keys = self.list_keys(filter, count).await?;
            let still = self.holds_at(room, now).await?;
            if still == holds {
                return Ok(keys);
            }
            holds = still;
        }
        Err(Failure::Contended)
    }

    /// Counts what [`Db::due`] would list without a limit, and what only holds keep out of it. Part
    /// by part, so that no call takes long, however much there is.
    pub(super) async fn count_due(&self, due: Due, now: Timestamp) -> Result<DueCount, Failure> {
        let room = id(due.room.uuid());
        let through = self.last_before(room, due.cutoff).await?;
        let holds = self.holds_at(room, now).await?;
        let mut total = DueCount::default();
        for (after, through) in windows(due.after, through) {
            let all = hot(room, after, through);
            let mut found = self.count(without(all.clone(), &holds)).await?;
            if !holds.is_empty() {
                found.held = self.count(within(all, &holds)).await?.due;
            }
            total = total.followed_by(found);
        }
        Ok(total)
    }

    /// The last row from before a moment; 0 when there is none. Time rises with seq, so it is found
    /// in a few steps, however much of the room is younger, and without an index on time.
    async fn last_before(&self, room: Uuid, cutoff: Timestamp) -> Result<i64, Failure> {
        let Some(newest) = self.row_at(room, doc! {"$gt": 0}, -1).await? else {
            return Ok(0);
        };
        if newest.created_at < date(cutoff) {
            return Ok(newest.seq);
        }
        let (mut before, mut not_before) = (0, newest.seq);
        while not_before - before > 1 {
            let middle = before + (not_before - before) / 2;
            let Some(row) = self.row_at(room, doc! {"$gte": middle}, 1).await? else {
                break;
            };
            if row.created_at < date(cutoff) {
                before = row.seq;
            } else {
                not_before = middle;
            }
        }
        Ok(before)
    }

    async fn row_at(
        &self,
        room: Uuid,
        seq: Document,
        direction: i32,
    ) -> Result<Option<AtRecord>, Failure> {
        let rows = self.rows.clone_with_type::<AtRecord>();
        let query = rows.find_one(doc! {"room_id": room, "seq": seq});
        let query = query.sort(doc! {"seq": direction});
        self.call(query.projection(doc! {"_id": 0, "seq": 1, "created_at": 1}))
            .await
    }

    async fn list_keys(&self, filter: Document, count: usize) -> Result<Vec<Key>, Failure> {
        let keys = self.rows.clone_with_type::<KeyRecord>();
        let query = keys.find(filter).sort(doc! {"seq": 1}).limit(limit(count));
        let fields = doc! {"seq": 1, "rev": 1, "place": 1, "body_bytes": 1};
        let keys = self.all(query.projection(fields)).await?;
        Ok(keys.into_iter().map(Key::from).collect())
    }

    async fn count(&self, filter: Document) -> Result<DueCount, Failure> {
        let group = doc! {
            "_id": null,
            "due": {"$sum": 1_i64},
            "bytes": {"$sum": "$body_bytes"},
            "revs": {"$sum": "$rev"},
            "oldest": {"$min": "$created_at"},
            "newest": {"$max": "$created_at"},
        };
        let pipeline = [doc! {"$match": filter}, doc! {"$group": group}];
        let query = self.rows.aggregate(pipeline).with_type::<CountRecord>();
        let counted = async { query.await?.try_next().await };
        let counted = self.call(Box::pin(counted)).await?;
        Ok(counted.map_or_else(DueCount::default, |found| DueCount {
            due: uint(found.due),
            held: 0,
            bytes: uint(found.bytes),
            oldest: Some(time(found.oldest)),
            newest: Some(time(found.newest)),
            revs: uint(found.revs),
        }))
    }

    /// Lists archived keys of a room after `after`; of one run, or of all.
    pub(super) async fn archived(
        &self,
        (room, run): (Uuid, Option<Uuid>),
        after: Seq,
        count: usize,
    ) -> Result<Vec<Key>, Failure> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let archived = run.map_or(doc! {"$exists": true}, |run| doc! {"$eq": run});
        let filter = doc! {"room_id": room, "seq": {"$gt": int(after)}, "archived": archived};
        self.list_keys(filter, count).await
    }
}

/// The parts of a log after `after` through `through` that one call each looks at.
fn windows(after: Seq, through: i64) -> impl Iterator<Item = (Seq, i64)> {
    let through = uint(through);
    let begins = (after..through).step_by(usize::try_from(COUNTED).unwrap_or(usize::MAX));
    begins.map(move |begin| (begin, int(through.min(begin + COUNTED))))
}

/// What has its body, of a part of the log.
fn hot(room: Uuid, after: Seq, through: i64) -> Document {
    let seqs = doc! {"$gt": int(after), "$lte": through};
    doc! {"room_id": room, "seq": seqs, "body": {"$exists": true}}
}

fn without(mut filter: Document, holds: &[HoldRecord]) -> Document {
    if !holds.is_empty() {
        filter.insert("$nor", ranges(holds));
    }
    filter
}

fn within(mut filter: Document, holds: &[HoldRecord]) -> Document {
    filter.insert("$or", ranges(holds));
    filter
}

fn ranges(holds: &[HoldRecord]) -> Vec<Document> {
    let range = |hold: &HoldRecord| {
        doc! {"seq": {"$gte": hold.from_seq, "$lte": hold.through_seq}}
    };
    holds.iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_meet_without_a_gap() {
        let parts: Vec<_> = windows(5, 250_000).collect();
        let expected = [(5, 100_005), (100_005, 200_005), (200_005, 250_000)];
        assert_eq!(parts, expected);
        assert_eq!(windows(5, 5).count(), 0);
        assert_eq!(windows(9, 5).count(), 0, "all of it was seen");
    }

    #[test]
    fn parts_are_added_up() {
        let at = |second| Timestamp::from_second(second).ok();
        let part = |due, oldest, newest| DueCount {
            due,
            held: 1,
            bytes: due * 10,
            oldest,
            newest,
            revs: due,
        };
        let total = [
            part(2, at(1), at(2)),
            part(0, None, None),
            part(3, at(5), at(6)),
        ];
        let total = total
            .into_iter()
            .fold(DueCount::default(), DueCount::followed_by);
        assert_eq!((total.due, total.held, total.bytes), (5, 3, 50));
        assert_eq!((total.oldest, total.newest), (at(1), at(6)));
    }
}
