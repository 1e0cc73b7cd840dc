//! Making copies and reading them back.

use std::collections::HashMap;

use domain::{Error, archive::Key, ports::Copied};
use mongodb::bson::{Binary, DateTime, Uuid, doc};

use super::Unmoved;
use crate::{
    db::Db,
    failure::Failure,
    records::{ContentRecord, CopyRecord, RowRecord, copy_id_of},
};

impl Db {
    /// Stores copies, never over one that is there.
    pub(crate) async fn put_copies(&self, copies: &[CopyRecord]) -> Result<(), Failure> {
        if copies.is_empty() {
            return Ok(());
        }
        let insert = self.copies.insert_many(copies).ordered(false);
        match self.call(insert).await {
            Err(failure) if !failure.is_duplicate() => Err(failure),
            _ => Ok(()),
        }
    }

    /// The contents of the copies of these ids, as many as there are.
    pub(super) async fn contents(
        &self,
        ids: Vec<Binary>,
    ) -> Result<HashMap<Vec<u8>, ContentRecord>, Failure> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let copies = self.copies.find(doc! {"_id": {"$in": ids}});
        let copies = self.all(copies).await?.into_iter();
        Ok(copies.map(|copy| (copy.id.bytes, copy.content)).collect())
    }

    /// Copies bodies that are where their keys say, and compares what is there then.
    pub(super) async fn copy(
        &self,
        room: Uuid,
        (run, at): (Uuid, DateTime),
        keys: &[Key],
    ) -> Result<Vec<Copied>, Failure> {
        let unmoved = Unmoved::read(self, room, keys).await?;
        let bodies: Vec<_> = keys.iter().map(|key| unmoved.hot(key)).collect();
        let copy = |key: &&RowRecord| {
            let content = key.body.clone()?;
            Some(CopyRecord::of(key, (key.rev, content), run, at))
        };
        let copies: Vec<_> = bodies.iter().flatten().filter_map(copy).collect();
        self.put_copies(&copies).await?;
        let ids = copies.into_iter().map(|copy| copy.id).collect();
        let contents = self.contents(ids).await?;
        let copied = bodies.into_iter().map(|key| compare(key, &contents));
        copied.collect()
    }
}

fn compare(
    key: Option<&RowRecord>,
    contents: &HashMap<Vec<u8>, ContentRecord>,
) -> Result<Copied, Failure> {
    let Some(key) = key else {
        return Ok(Copied::Moved);
    };
    let copy = copy_id_of(key.id, [key.rev, key.place]);
    match contents.get(&copy.bytes) {
        // Its key has moved on, and a collection took it.
        None => Ok(Copied::Moved),
        Some(content) if key.body.as_ref() == Some(content) => Ok(Copied::Verified),
        Some(_) => {
            let message = crate::values::uuid(key.id);
            Err(Error::internal(format!("the copy of {message} is not its body")).into())
        }
    }
}
