//! Reading a database whole, and taking another store in.

mod archive;
mod files;
mod log;
mod open;
mod people;
mod rooms;
mod table;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Result,
    ports::{Source, Target},
    transfer::{Intake, Key, Part, Record},
};
use rusqlite::Connection;
use uuid::Uuid;

use crate::{error::Failure, schema, writer::Lane};

pub use open::{SqliteSource, SqliteTarget};
use table::Table;

/// The table of a part.
fn table(part: Part) -> Table {
    match part {
        Part::Users => people::USERS,
        Part::Families => people::FAMILIES,
        Part::RevokedTokens => people::REVOKED_TOKENS,
        Part::Sightings => people::SIGHTINGS,
        Part::Rooms => rooms::ROOMS,
        Part::Members => rooms::MEMBERS,
        Part::Rows => log::ROWS,
        Part::Copies => log::COPIES,
        Part::Reactions => log::REACTIONS,
        Part::Holds => archive::HOLDS,
        Part::Policies => archive::POLICIES,
        Part::Overrides => archive::OVERRIDES,
        Part::Runs => archive::RUNS,
        Part::RunRooms => archive::RUN_ROOMS,
        Part::Notifications => rooms::NOTIFICATIONS,
        Part::Files => files::FILES,
        Part::FileLinks => files::FILE_LINKS,
        Part::Numbers => people::NUMBERS,
    }
}

/// Stores a record, unless there is one of its key.
fn insert(conn: &Connection, record: &Record) -> Result<(), Failure> {
    match record {
        Record::User(user) => people::insert_user(conn, user)?,
        Record::Family(family) => crate::families::insert(conn, family)?,
        Record::RevokedToken(token) => people::insert_token(conn, token)?,
        Record::Sighting(sighting) => people::insert_sighting(conn, sighting)?,
        Record::Room(room) => rooms::insert_room(conn, room)?,
        Record::Member(member) => rooms::insert_member(conn, member)?,
        Record::Row(row) => log::insert_row(conn, row)?,
        Record::Copy(copy) => log::insert_copy(conn, copy)?,
        Record::Reaction(reaction) => log::insert_reaction(conn, reaction)?,
        Record::Hold(hold) => crate::holds::insert(conn, hold)?,
        Record::Policy(policy) => crate::policies::save(conn, policy, None).map(drop)?,
        Record::Override(own) => archive::insert_override(conn, own)?,
        Record::Run(run) => crate::runs::claim(conn, run).map(drop)?,
        Record::RunRoom(outcome) => archive::insert_outcome(conn, outcome)?,
        Record::Notification(kept) => rooms::insert_notification(conn, kept)?,
        Record::File(kept) => files::insert_file(conn, kept)?,
        Record::FileLink(kept) => files::insert_link(conn, kept)?,
        Record::Number(kept) => crate::numbers::insert(conn, kept)?,
    }
    Ok(())
}

/// The same for both, since a target is read as a source is.
macro_rules! reads_whole {
    ($store:ident) => {
        #[async_trait]
        impl Source for $store {
            fn describe(&self) -> String {
                format!("SQLite at {}", self.path.display())
            }

            async fn epoch(&self) -> Result<Option<Uuid>> {
                let epoch = self.readers.read(|conn| Ok(schema::epoch(conn)?));
                epoch.await.map(Some)
            }

            async fn intake(&self) -> Result<Option<Intake>> {
                self.readers.read(|conn| Ok(schema::intake(conn)?)).await
            }

            /// Who works on it has its lock, and every change is applied as it is appended.
            async fn unrest(&self) -> Result<Option<String>> {
                Ok(None)
            }

            async fn count(&self, part: Part) -> Result<u64> {
                let count = move |conn: &Connection| Ok(table(part).count(conn)?);
                self.readers.read(count).await
            }

            async fn page(
                &self,
                part: Part,
                after: Option<&Key>,
                limit: usize,
            ) -> Result<Vec<Record>> {
                let after = after.cloned();
                self.readers
                    .read(move |conn| Ok(table(part).page(conn, after.as_ref(), limit)?))
                    .await
            }
        }
    };
}

reads_whole!(SqliteSource);
reads_whole!(SqliteTarget);

impl SqliteTarget {
    async fn write<F>(&self, work: F) -> Result<()>
    where
        F: FnOnce(&Connection) -> Result<(), Failure> + Send + 'static,
    {
        self.writer.write(Lane::Command, work).await
    }
}

#[async_trait]
impl Target for SqliteTarget {
    async fn find(&self, part: Part, keys: &[Key]) -> Result<Vec<Record>> {
        let keys = keys.to_vec();
        self.readers
            .read(move |conn| Ok(table(part).find(conn, &keys)?))
            .await
    }

    async fn note(&self, intake: &Intake) -> Result<()> {
        let intake = intake.clone();
        self.write(move |conn| schema::note_intake(conn, &intake))
            .await
    }

    async fn import(&self, records: Vec<Record>) -> Result<()> {
        self.write(move |conn| records.iter().try_for_each(|record| insert(conn, record)))
            .await
    }

    async fn finish(&self, epoch: Uuid) -> Result<()> {
        self.write(move |conn| Ok(schema::end_intake(conn, epoch)?))
            .await
    }

    async fn close(&self) {
        self.readers.close();
        let writer = Arc::clone(&self.writer);
        let closed = tokio::task::spawn_blocking(move || writer.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "the store was not closed in order");
        }
    }
}

#[cfg(test)]
mod tests;
