//! Making keys point elsewhere.

use domain::{archive::Key, ports::Swung};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document, Uuid, doc};

use super::Unmoved;
use crate::{
    apply::{bson, outlive},
    db::Db,
    failure::Failure,
    records::{RowRecord, copy_id_of},
};

/// How many keys are swung at once. Each is an update of its own, whose answer says who won.
const AT_ONCE: usize = 16;

impl Db {
    /// Points keys to their copies and takes the bodies away.
    pub(super) async fn swing_away(
        &self,
        room: Uuid,
        run: Uuid,
        keys: &[Key],
    ) -> Result<Vec<Swung>, Failure> {
        let unmoved = Unmoved::read(self, room, keys).await?;
        let copies = keys.iter().filter_map(|key| unmoved.hot(key));
        let copies = copies.map(|key| copy_id_of(key.id, [key.rev, key.place]));
        let contents = self.contents(copies.collect()).await?;
        let update = |key: &Key| {
            let key = unmoved.hot(key)?;
            let copied = contents.get(&copy_id_of(key.id, [key.rev, key.place]).bytes);
            // Without its copy the body would be lost.
            (copied == key.body.as_ref()).then(|| (key, away(key, run)))
        };
        let swung = self.swing_each(keys.iter().map(update).collect()).await?;
        self.tie(keys, &swung).await?;
        Ok(swung)
    }

    /// Takes copies out of those that may be garbage, now that keys point to them. Whether one
    /// still does matters no more: a key that leaves its copy says so itself.
    async fn tie(&self, keys: &[Key], swung: &[Swung]) -> Result<(), Failure> {
        let done = keys.iter().zip(swung);
        let tied: Vec<_> = done
            .filter(|(_, swung)| **swung == Swung::Done)
            .map(|(key, _)| crate::values::copy_id(key.id, key.rev, key.place))
            .collect();
        if tied.is_empty() {
            return Ok(());
        }
        let untie = doc! {"$unset": {"loose": ""}};
        let copies = doc! {"_id": {"$in": tied}};
        self.call(self.copies.update_many(copies, untie)).await?;
        Ok(())
    }

    /// Brings bodies back from their copies, which are garbage from then on.
    pub(super) async fn swing_back(&self, room: Uuid, keys: &[Key]) -> Result<Vec<Swung>, Failure> {
        let unmoved = Unmoved::read(self, room, keys).await?;
        let copy = |key: &Key| unmoved.get(key).and_then(copy_of);
        let contents = self
            .contents(keys.iter().filter_map(copy).collect())
            .await?;
        let mut updates = Vec::with_capacity(keys.len());
        for key in keys {
            let content = copy(key).and_then(|copy| contents.get(&copy.bytes));
            updates.push(match unmoved.get(key).zip(content) {
                Some((key, content)) => Some((key, back(key, bson(content)?))),
                None => None,
            });
        }
        self.swing_each(updates).await
    }

    /// Swings keys, each by its update; those without one are lost.
    async fn swing_each(
        &self,
        updates: Vec<Option<(&RowRecord, Document)>>,
    ) -> Result<Vec<Swung>, Failure> {
        let mut swings = Vec::with_capacity(updates.len());
        for update in updates {
            swings.push(self.swing_one(update));
        }
        stream::iter(swings).buffered(AT_ONCE).try_collect().await
    }

    async fn swing_one(&self, update: Option<(&RowRecord, Document)>) -> Result<Swung, Failure> {
        let swung = match update {
            Some((key, update)) => self.swing(key, update).await?,
            None => false,
        };
        Ok(if swung { Swung::Done } else { Swung::Lost })
    }
}

fn copy_of(key: &RowRecord) -> Option<mongodb::bson::Binary> {
    key.copy.map(|copy| copy_id_of(key.id, copy))
}

fn away(key: &RowRecord, run: Uuid) -> Document {
    doc! {
        "$set": {"archived": run, "copy": [key.rev, key.place], "place": key.place + 1},
        "$unset": {"body": ""},
    }
}

fn back(key: &RowRecord, body: mongodb::bson::Bson) -> Document {
    let mut update = doc! {
        "$set": {"body": body, "place": key.place + 1},
        "$unset": {"archived": "", "copy": ""},
    };
    update.extend(outlive(key));
    update
}
