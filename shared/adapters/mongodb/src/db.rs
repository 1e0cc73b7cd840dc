//! The collections, and calls to the server that end in time.
//!
//! The driver has no time-out of its own for a call: a server that takes a request and never
//! answers would be waited for until its connection dies. So every call goes through [`Db::call`].

use std::{future::IntoFuture, time::Duration};

use futures_util::TryStreamExt;
use mongodb::{Collection, Cursor, Database};
use tokio::time::timeout;

use crate::{
    failure::Failure,
    records::{
        CopyRecord, HoldRecord, MemberRecord, NotificationRecord, ReactionRecord, RoomRecord,
        RowRecord,
    },
};

/// A handle on the collections. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    /// The logs of all rooms. A message's row is its key and, while it is hot, its body.
    pub(crate) rows: Collection<RowRecord>,
    /// Bodies that were moved away.
    pub(crate) copies: Collection<CopyRecord>,
    /// The rooms.
    pub(crate) rooms: Collection<RoomRecord>,
    /// Who is in which room.
    pub(crate) members: Collection<MemberRecord>,
    /// Who set which emoji on which message.
    pub(crate) reactions: Collection<ReactionRecord>,
    /// What must not be moved.
    pub(crate) holds: Collection<HoldRecord>,
    /// News that no log tells.
    pub(crate) notifications: Collection<NotificationRecord>,
    limit: Duration,
}

impl Db {
    /// The collections of a database, each call bounded by `limit`.
    pub(crate) fn new(database: &Database, limit: Duration) -> Self {
        Self {
            rows: database.collection("messages"),
            copies: database.collection("archived_messages"),
            rooms: database.collection("rooms"),
            members: database.collection("members"),
            reactions: database.collection("reactions"),
            holds: database.collection("holds"),
            notifications: database.collection("notifications"),
            limit,
        }
    }

    /// The same, each call bounded by another limit.
    pub(crate) fn within(&self, limit: Duration) -> Self {
        Self {
            limit,
            ..self.clone()
        }
    }

    /// Waits for a call, as long as it may take. What is given up may still be under way.
    pub(crate) async fn call<T>(
        &self,
        call: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T, Failure> {
        let answer = timeout(self.limit, call.into_future()).await;
        Ok(answer.map_err(|_| Failure::TimedOut)??)
    }

    /// Reads all that a query finds.
    pub(crate) async fn all<T>(
        &self,
        query: impl IntoFuture<Output = mongodb::error::Result<Cursor<T>>>,
    ) -> Result<Vec<T>, Failure>
    where
        T: serde::de::DeserializeOwned + Unpin + Send + Sync,
    {
        let found = async { query.await?.try_collect().await };
        // Boxed, since a cursor is large and queries nest.
        self.call(Box::pin(found)).await
    }
}
