//! Taking away for good: what a message said, and copies that nothing needs.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use mongodb::bson::{Binary, Uuid, doc};

use crate::{
    db::Db,
    failure::Failure,
    records::{CopyRecord, KindRecord, RowRecord, copy_id_of},
    values::limit,
};

/// How often an erasure reads the key anew because somebody else changed it.
const ROUNDS: usize = 64;

/// How many loose copies are looked at together.
const PAGE: usize = 200;

impl Db {
    /// Leaves a tombstone and no copy. Says whether the room has the message.
    ///
    /// Both rev and place rise. An edit that is in the log and not applied yet then finds itself
    /// overtaken, and whatever a mover still copies is below the key.
    pub(super) async fn erase(&self, room: Uuid, message: Uuid) -> Result<bool, Failure> {
        for _ in 0..ROUNDS {
            let Some(key) = self.keys(room, [message]).await?.pop() else {
                return Ok(false);
            };
            let erased = match key.gone {
                None => self.bury(&key, key.rev + 1).await?,
                Some(_) => {
                    self.forget_copies(key.id, [key.rev, key.place]).await?;
                    true
                }
            };
            if erased {
                // What edits say that were overtaken goes with their being applied.
                self.apply_stored(&[room]).await?;
                return Ok(true);
            }
        }
        Err(Failure::Contended)
    }

    /// Removes up to `most` copies that no key points to and that are below their keys.
    pub(super) async fn collect(&self, most: usize) -> Result<u64, Failure> {
        let left = self.collect_former(most).await?;
        let collected = (most - left) as u64;
        Ok(collected + self.collect_loose(left).await?)
    }

    /// Removes copies that keys have left, and says how many may still go.
    async fn collect_former(&self, mut left: usize) -> Result<usize, Failure> {
        while left > 0 {
            let kept = doc! {"former": {"$exists": true}};
            let keys = self.rows.find(kept).limit(limit(left.min(PAGE)));
            let keys = self.all(keys).await?;
            if keys.is_empty() {
                break;
            }
            for key in keys {
                left -= self.forget_former(&key, left).await?;
                if left == 0 {
                    break;
                }
            }
        }
        Ok(left)
    }

    /// Removes up to `most` of the copies that a key has left, and the note of them. A key never
    /// comes back to a copy, since its place only rises.
    async fn forget_former(&self, key: &RowRecord, most: usize) -> Result<usize, Failure> {
        let former: Vec<_> = key.former.iter().flatten().take(most).copied().collect();
        let ids = former
            .iter()
            .map(|copy| copy_id_of(key.id, *copy))
            .collect();
        let removed = self.remove_copies(ids).await?;
        let whole = key
            .former
            .as_ref()
            .is_none_or(|all| all.len() == former.len());
        let notes: Vec<_> = former.iter().map(|copy| copy.to_vec()).collect();
        let (same, update) = if whole {
            let same = doc! {"_id": key.id, "former": &notes};
            (same, doc! {"$unset": {"former": ""}})
        } else {
            (doc! {"_id": key.id}, doc! {"$pullAll": {"former": &notes}})
        };
        self.call(self.rows.update_one(same, update)).await?;
        Ok(removed)
    }

    /// Looks at the copies that may be garbage, which are few: what movers are about, and what they
    /// left when they lost or died.
    async fn collect_loose(&self, mut left: usize) -> Result<u64, Failure> {
        let mut removed = 0;
        let mut loose = self.call(self.copies.find(doc! {"loose": true})).await?;
        while left > 0 {
            let mut page: Vec<CopyRecord> = Vec::new();
            while page.len() < PAGE {
                match self.call(loose.try_next()).await? {
                    Some(copy) => page.push(copy),
                    None => break,
                }
            }
            if page.is_empty() {
                break;
            }
            let taken = self.sort_out(&page, left).await?;
            left -= taken;
            removed += taken as u64;
        }
        Ok(removed)
    }

    /// Removes up to `most` of these copies that are garbage, and unties those that keys point to.
    async fn sort_out(&self, page: &[CopyRecord], most: usize) -> Result<usize, Failure> {
        let mut ids: Vec<_> = page.iter().map(|copy| copy.message_id).collect();
        ids.dedup();
        let filter = doc! {"_id": {"$in": ids}, "kind": KindRecord::MESSAGE};
        let keys = self.all(self.rows.find(filter)).await?;
        let keys: HashMap<_, _> = keys.into_iter().map(|key| (key.id, key)).collect();
        let of = |copy: &&CopyRecord, fits: fn(&CopyRecord, &RowRecord) -> bool| {
            keys.get(&copy.message_id)
                .is_some_and(|key| fits(copy, key))
        };
        let garbage = page.iter().filter(|copy| of(copy, is_garbage)).take(most);
        let garbage = garbage.map(|copy| copy.id.clone()).collect();
        let tied = page.iter().filter(|copy| of(copy, is_pointed_to));
        let tied: Vec<_> = tied.map(|copy| copy.id.clone()).collect();
        let removed = self.remove_copies(garbage).await?;
        if !tied.is_empty() {
            let copies = doc! {"_id": {"$in": tied}};
            let untie = doc! {"$unset": {"loose": ""}};
            self.call(self.copies.update_many(copies, untie)).await?;
        }
        Ok(removed)
    }

    async fn remove_copies(&self, ids: Vec<Binary>) -> Result<usize, Failure> {
        if ids.is_empty() {
            return Ok(0);
        }
        let removed = self.copies.delete_many(doc! {"_id": {"$in": ids}});
        let removed = self.call(removed).await?.deleted_count;
        Ok(usize::try_from(removed).unwrap_or(usize::MAX))
    }
}

/// Whether a copy is below its key and not the one that it points to. Both numbers only rise, so
/// what is garbage once is garbage for ever.
fn is_garbage(copy: &CopyRecord, key: &RowRecord) -> bool {
    (copy.rev, copy.place) < (key.rev, key.place) && !is_pointed_to(copy, key)
}

fn is_pointed_to(copy: &CopyRecord, key: &RowRecord) -> bool {
    key.copy == Some([copy.rev, copy.place])
}
