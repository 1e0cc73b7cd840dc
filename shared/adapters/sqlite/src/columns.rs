//! How values lie in columns: ids as 16 bytes, moments as milliseconds, numbers as INTEGER.

use domain::Timestamp;
use rusqlite::{Row, types::Type};
use uuid::Uuid;

/// An id as it is stored.
pub(crate) fn blob(id: Uuid) -> [u8; 16] {
    id.into_bytes()
}

/// Reads an id.
pub(crate) fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get(column).map(Uuid::from_bytes)
}

/// A moment as it is stored.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Reads a moment.
pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    moment(row.get(column)?, column)
}

/// Reads a moment that may be absent.
pub(crate) fn time_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let stored: Option<i64> = row.get(column)?;
    stored.map(|millis| moment(millis, column)).transpose()
}

fn moment(millis: i64, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(millis).map_err(|error| unreadable(column, Type::Integer, error))
}

/// A number as it is stored. What is beyond SQLite's integers stands for "no bound".
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as it is stored.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads a number that is never negative.
pub(crate) fn uint(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let stored: i64 = row.get(column)?;
    u64::try_from(stored).map_err(|error| unreadable(column, Type::Integer, error))
}

/// Reads a number that is never negative and may be absent.
pub(crate) fn uint_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => uint(row, column).map(Some),
    }
}

/// Reads JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(column, Type::Text, error))
}

/// Reads JSON that may be absent.
pub(crate) fn json_opt<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(_) => json(row, column).map(Some),
        None => Ok(None),
    }
}

/// The error for a column that holds what we never write.
pub(crate) fn unreadable(
    column: usize,
    kind: Type,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
}
