//! The collections, and reading them within a time limit.

use std::{future::IntoFuture, time::Duration};

use domain::{Error, Result};
use mongodb::{
    Collection, Cursor, Database,
    bson::{Document, RawDocument, RawDocumentBuf, doc, oid::ObjectId},
};
use tokio::time::timeout;

/// How long one call may take. Nobody else waits for it, and without indexes one may look far.
const CALL: Duration = Duration::from_secs(60);

/// How many documents a scan fetches at a time, at most.
const BATCH: u32 = 1_000;

/// A collection of the original's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The accounts.
    Clients,
    /// The rooms, with who is in them.
    Rooms,
    /// What was said.
    Messages,
    /// Copies of what was said, whose originals may be there or not.
    Archived,
}

impl Kind {
    /// Those that something is read of.
    pub(crate) const ALL: [Self; 4] = [Self::Clients, Self::Rooms, Self::Messages, Self::Archived];

    /// What the original calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Rooms => "rooms",
            Self::Messages => "messages",
            Self::Archived => "archived_messages",
        }
    }
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    database: Database,
}

impl Db {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    fn of(&self, kind: Kind) -> Collection<Document> {
        self.database.collection(kind.name())
    }

    /// Which collections there are.
    pub(crate) async fn collections(&self) -> mongodb::error::Result<Vec<String>> {
        within(self.database.list_collection_names()).await
    }

    /// Whether a collection has a document like this.
    pub(crate) async fn has(&self, kind: Kind, like: Document) -> mongodb::error::Result<bool> {
        let found = within(self.of(kind).find_one(like)).await;
        found.map(|found| found.is_some())
    }

    /// How many documents there are, as the server keeps count.
    pub(crate) async fn documents(&self) -> mongodb::error::Result<u64> {
        let mut documents = 0;
        for kind in Kind::ALL {
            documents += within(self.of(kind).estimated_document_count()).await?;
        }
        Ok(documents)
    }

    /// Reads the documents of a collection one after the other, in the order of their ids.
    pub(crate) async fn scan(&self, kind: Kind, filter: Document) -> Result<Scan> {
        let of = self.of(kind);
        let found = of.find(filter).sort(doc! {"_id": 1}).batch_size(BATCH);
        let cursor = within(found).await.map_err(Error::unavailable)?;
        Ok(Scan { cursor })
    }

    /// The documents of these ids, as many as there are.
    pub(crate) async fn named(
        &self,
        kind: Kind,
        ids: Vec<ObjectId>,
    ) -> Result<Vec<RawDocumentBuf>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut scan = self.scan(kind, doc! {"_id": {"$in": ids}}).await?;
        let mut found = Vec::new();
        while let Some(document) = scan.next().await? {
            found.push(document.to_owned());
        }
        Ok(found)
    }
}

/// Documents one after the other.
pub(crate) struct Scan {
    cursor: Cursor<Document>,
}

impl Scan {
    /// The next one.
    pub(crate) async fn next(&mut self) -> Result<Option<&RawDocument>> {
        let more = within(self.cursor.advance()).await;
        let more = more.map_err(Error::unavailable)?;
        Ok(more.then(|| self.cursor.current()))
    }
}

/// Waits for a call, as long as it may take.
async fn within<T>(
    call: impl IntoFuture<Output = mongodb::error::Result<T>>,
) -> mongodb::error::Result<T> {
    let answer = timeout(CALL, call.into_future()).await;
    answer.unwrap_or_else(|_| {
        let silent = "the database did not answer within a minute";
        Err(mongodb::error::Error::from(std::io::Error::other(silent)))
    })
}
