//! The least that can be called kept: a row for each message, on the disk before anybody hears it.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use anyhow::Result;
use rusqlite::Connection;

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS messages (room TEXT NOT NULL, body TEXT NOT NULL) STRICT";
const INSERT: &str = "INSERT INTO messages VALUES (?1, ?2)";

/// A database with one table.
pub(crate) struct Kept(Mutex<Connection>);

impl Kept {
    /// Opens a database, made when it is not there; it syncs what the product's syncs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute(TABLE, [])?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Keeps one message, in a transaction of its own.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn keep(&self, room: &str, text: &str) -> Result<()> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection.prepare_cached(INSERT)?.execute((room, text))?;
        Ok(())
    }

    /// Keeps a text so many times, in one transaction.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn keep_all(&self, room: &str, text: &str, times: usize) -> Result<()> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for _ in 0..times {
                insert.execute((room, text))?;
            }
        }
        Ok(transaction.commit()?)
    }
}
