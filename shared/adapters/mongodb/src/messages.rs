//! Reading messages as they are now, wherever their bodies lie.

use std::collections::HashMap;

use domain::{Message, MessageId, Row};
use mongodb::bson::{Binary, Uuid, doc};

use crate::{
    db::Db,
    failure::Failure,
    records::{ContentRecord, KindRecord, RowRecord, copy_id_of},
    values::id,
};

/// How often keys are read anew because their copies went meanwhile. Once is rare.
const TRIES: usize = 16;

impl Db {
    /// The keys of these messages, as many as the room has.
    pub(crate) async fn keys(
        &self,
        room: Uuid,
        messages: impl IntoIterator<Item = Uuid>,
    ) -> Result<Vec<RowRecord>, Failure> {
        let ids: Vec<_> = messages.into_iter().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let kind = KindRecord::MESSAGE;
        let filter = doc! {"_id": {"$in": ids}, "room_id": room, "kind": kind};
        self.all(self.rows.find(filter)).await
    }

    /// The message of this id, if it is one of the room's.
    pub(crate) async fn message(
        &self,
        room: Uuid,
        message: MessageId,
    ) -> Result<Option<Message>, Failure> {
        let keys = self.keys(room, [id(message.uuid())]).await?;
        Ok(self.follow(keys).await?.pop())
    }

    /// The messages of these keys, in their order. A key may move while its copy is being read;
    /// then the copy may be gone, and the key is read again.
    pub(crate) async fn follow(&self, mut keys: Vec<RowRecord>) -> Result<Vec<Message>, Failure> {
        for _ in 0..TRIES {
            let copies = self.copies_of(&keys).await?;
            let lost: Vec<_> = keys.iter().filter(|key| copies.misses(key)).collect();
            if lost.is_empty() {
                let messages = keys.iter().map(|key| key.message(copies.content(key)));
                return Ok(messages.collect::<Result<_, _>>()?);
            }
            let again = doc! {"_id": {"$in": lost.iter().map(|key| key.id).collect::<Vec<_>>()}};
            for key in self.all(self.rows.find(again)).await? {
                if let Some(old) = keys.iter_mut().find(|old| old.id == key.id) {
                    *old = key;
                }
            }
        }
        Err(Failure::Contended)
    }

    async fn copies_of(&self, keys: &[RowRecord]) -> Result<Copies, Failure> {
        let ids: Vec<_> = keys.iter().filter_map(pointed).collect();
        if ids.is_empty() {
            return Ok(Copies::default());
        }
        let copies = self.copies.find(doc! {"_id": {"$in": ids}});
        let copies = self.all(copies).await?.into_iter();
        Ok(Copies(
            copies.map(|copy| (copy.id.bytes, copy.content)).collect(),
        ))
    }

    /// Rows with the messages that they tell of, as they are now. The changes among them must be
    /// applied.
    pub(crate) async fn shown(
        &self,
        room: Uuid,
        records: &[RowRecord],
    ) -> Result<Vec<Row>, Failure> {
        let here = records.iter().filter(|row| row.kind == KindRecord::Message);
        let mut keys: Vec<_> = here.cloned().collect();
        let mut elsewhere: Vec<_> = records.iter().filter_map(RowRecord::told_of).collect();
        elsewhere.retain(|message| !keys.iter().any(|key| key.id == *message));
        keys.extend(self.keys(room, elsewhere).await?);
        let messages: HashMap<_, _> = self
            .follow(keys)
            .await?
            .into_iter()
            .map(|message| (id(message.id.uuid()), message))
            .collect();
        let row = |record: &RowRecord| {
            let message = record.told_of().and_then(|told| messages.get(&told));
            record.row(message.cloned())
        };
        Ok(records.iter().map(row).collect::<Result<_, _>>()?)
    }
}

/// The copy that a key points to.
fn pointed(key: &RowRecord) -> Option<Binary> {
    key.copy.map(|copy| copy_id_of(key.id, copy))
}

/// Contents of copies by the copies' ids.
#[derive(Default)]
struct Copies(HashMap<Vec<u8>, ContentRecord>);

impl Copies {
    fn misses(&self, key: &RowRecord) -> bool {
        pointed(key).is_some_and(|copy| !self.0.contains_key(&copy.bytes))
    }

    fn content(&self, key: &RowRecord) -> Option<domain::Content> {
        let copied = || self.0.get(&pointed(key)?.bytes);
        key.body.as_ref().or_else(copied).cloned().map(Into::into)
    }
}
