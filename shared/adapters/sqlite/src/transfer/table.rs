//! Paging through a table by its key, and finding what has a key.

use domain::transfer::{Key, Record};
use rusqlite::{
    Connection, OptionalExtension, Result, Row, params_from_iter,
    types::{Value, Value::Blob, Value::Integer, Value::Text},
};
use uuid::Uuid;

use crate::columns::{int, limit, uint};

/// A table whose every row is a record.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// What `read` reads.
    pub(super) columns: &'static [&'static str],
    pub(super) key: &'static [&'static str],
    pub(super) read: fn(&Row<'_>) -> Result<Record>,
}

impl Table {
    /// How many records there are.
    pub(super) fn count(&self, conn: &Connection) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {}", self.name);
        conn.prepare_cached(&sql)?.query_row([], |row| uint(row, 0))
    }

    /// Up to `size` records after a key, in the order of the key.
    pub(super) fn page(
        &self,
        conn: &Connection,
        after: Option<&Key>,
        size: usize,
    ) -> Result<Vec<Record>> {
        let key = self.key.join(", ");
        let mut sql = self.select();
        let mut params = Vec::new();
        if let Some(after) = after {
            sql = format!("{sql} WHERE ({key}) > ({})", self.marks());
            params = values(after);
        }
        sql = format!("{sql} ORDER BY {key} LIMIT ?");
        params.push(Integer(limit(size)));
        let mut statement = conn.prepare_cached(&sql)?;
        let found = statement.query_map(params_from_iter(params), self.read)?;
        found.map(in_millis).collect()
    }

    /// The records of these keys, as many as there are.
    pub(super) fn find(&self, conn: &Connection, keys: &[Key]) -> Result<Vec<Record>> {
        let (select, key, marks) = (self.select(), self.key.join(", "), self.marks());
        let mut statement = conn.prepare_cached(&format!("{select} WHERE ({key}) = ({marks})"))?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let one = statement.query_row(params_from_iter(values(key)), self.read);
            found.extend(one.optional()?.map(Record::in_millis));
        }
        Ok(found)
    }

    fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.columns.join(", "), self.name)
    }

    fn marks(&self) -> String {
        vec!["?"; self.key.len()].join(", ")
    }
}

fn in_millis(record: Result<Record>) -> Result<Record> {
    record.map(Record::in_millis)
}

/// A key as the columns have it that it stands for.
fn values(key: &Key) -> Vec<Value> {
    let id = |uuid: Uuid| Blob(uuid.into_bytes().to_vec());
    match key {
        Key::Id(one) => vec![id(*one)],
        Key::Token(token) => vec![Text(token.clone())],
        Key::Pair(one, other) => vec![id(*one), id(*other)],
        Key::Row { room, seq, .. } => vec![id(room.uuid()), Integer(int(*seq))],
        Key::Copy {
            message,
            rev,
            place,
        } => vec![id(message.uuid()), Integer(int(*rev)), Integer(int(*place))],
        Key::Reaction {
            room,
            message,
            emoji,
            user,
        } => vec![
            id(room.uuid()),
            id(message.uuid()),
            Text(emoji.as_str().to_owned()),
            id(user.uuid()),
        ],
    }
}
