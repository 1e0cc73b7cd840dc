//! The collections, and calls to the server that end in time.
//!
//! The driver has no time-out of its own for a call: a server that takes a request and never
//! answers would be waited for until its connection dies. So every call goes through [`Db::call`].

use std::{future::IntoFuture, sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use mongodb::{Collection, Cursor, Database, bson::Document};
use tokio::time::timeout;

use crate::{
    failure::Failure,
    keeper::Gate,
    records::{
        CopyRecord, FamilyRecord, FileLinkRecord, FileRecord, HoldRecord, LeaseRecord,
        MemberRecord, NotificationRecord, NumberRecord, OverrideRecord, PolicyRecord,
        ReactionRecord, RoomRecord, RowRecord, RunRecord, RunRoomRecord, SchemaRecord,
        SightingRecord, TokenRecord, UserRecord,
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
    /// The accounts.
    pub(crate) users: Collection<UserRecord>,
    /// Tokens that were ended before their time.
    pub(crate) tokens: Collection<TokenRecord>,
    /// What logins began.
    pub(crate) families: Collection<FamilyRecord>,
    /// When people were there last.
    pub(crate) sightings: Collection<SightingRecord>,
    /// Whole numbers of things.
    pub(crate) numbers: Collection<NumberRecord>,
    /// What is known of files.
    pub(crate) files: Collection<FileRecord>,
    /// Which messages refer to which files.
    pub(crate) file_links: Collection<FileLinkRecord>,
    /// What should be archived when.
    pub(crate) policies: Collection<PolicyRecord>,
    /// What rooms have of their own.
    pub(crate) overrides: Collection<OverrideRecord>,
    /// Executions of policies.
    pub(crate) runs: Collection<RunRecord>,
    /// What runs found and did, room by room.
    pub(crate) run_rooms: Collection<RunRoomRecord>,
    /// Who does something alone, for a while.
    pub(crate) leases: Collection<LeaseRecord>,
    /// What the whole database is.
    pub(crate) schema: Collection<SchemaRecord>,
    /// The same collection, for what is noted in passing.
    pub(crate) notes: Collection<Document>,
    database: Database,
    limit: Duration,
    /// Whether calls may be made; `None` lets all through.
    gate: Option<Arc<Gate>>,
}

impl Db {
    /// The collections of a database, each call bounded by `limit`, once the gate is open.
    pub(crate) fn new(database: &Database, limit: Duration, gate: Arc<Gate>) -> Self {
        Self {
            rows: database.collection("messages"),
            copies: database.collection("archived_messages"),
            rooms: database.collection("rooms"),
            members: database.collection("members"),
            reactions: database.collection("reactions"),
            holds: database.collection("holds"),
            notifications: database.collection("notifications"),
            users: database.collection("users"),
            tokens: database.collection("revoked_tokens"),
            families: database.collection("families"),
            sightings: database.collection("sightings"),
            numbers: database.collection("numbers"),
            files: database.collection("files"),
            file_links: database.collection("file_links"),
            policies: database.collection("policies"),
            overrides: database.collection("archive_overrides"),
            runs: database.collection("runs"),
            run_rooms: database.collection("run_rooms"),
            leases: database.collection("leases"),
            schema: database.collection("meta"),
            notes: database.collection("meta"),
            database: database.clone(),
            limit,
            gate: Some(gate),
        }
    }

    /// The same, for whoever opens the gate.
    pub(crate) fn before_open(&self, limit: Duration) -> Self {
        Self {
            gate: None,
            ..self.within(limit)
        }
    }

    /// A collection for a while.
    pub(crate) fn scratch(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }

    /// Asks the server something that is not about documents.
    pub(crate) async fn command(&self, command: Document) -> Result<Document, Failure> {
        self.call(self.database.run_command(command)).await
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
        if let Some(gate) = &self.gate {
            gate.pass()?;
        }
        let answer = timeout(self.limit, call.into_future()).await;
        Ok(answer.map_err(|_| Failure::TimedOut)??)
    }

    /// Makes a call that may be made twice, and makes it again where its answer was lost.
    pub(crate) async fn repeat<T, C>(&self, call: impl Fn() -> C) -> Result<T, Failure>
    where
        C: IntoFuture<Output = mongodb::error::Result<T>>,
    {
        match self.call(call()).await {
            Err(failure) if failure.is_lost() => self.call(call()).await,
            answer => answer,
        }
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
