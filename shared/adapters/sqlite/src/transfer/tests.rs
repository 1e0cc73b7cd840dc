//! Nothing of the schema is forgotten.

use std::collections::BTreeSet;

use super::*;

/// Tables that are not carried, and why.
const LEFT: [(&str, &str); 3] = [
    (
        "meta",
        "the epoch is carried by itself; the rest is about this file",
    ),
    ("leases", "whoever had one is gone"),
    (
        "queue",
        "its hints are published again: they become marks of their rows",
    ),
];

/// Columns that are not read, since they follow from those that are, or are read with them.
const DERIVED: [(&str, &[&str]); 6] = [
    ("archived_messages", &["content_hash", "loose"]),
    ("archive_overrides", &["room", "tenant", "policy"]),
    ("policies", &["id", "name", "rev"]),
    ("runs", &["id", "policy", "slot", "phase", "started_at"]),
    ("run_rooms", &["room"]),
    ("messages", &["mark"]),
];

fn names(conn: &Connection, sql: &str) -> BTreeSet<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<rusqlite::Result<_>>().unwrap()
}

fn database() -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    schema::migrate(&mut conn).unwrap();
    conn
}

#[test]
fn every_table_is_carried_or_left_for_a_reason() {
    let there = names(
        &database(),
        "SELECT name FROM sqlite_schema WHERE type = 'table'",
    );
    let carried = Part::ALL.map(|part| table(part).name);
    let left = LEFT.map(|(name, _)| name);
    let known: BTreeSet<_> = carried
        .iter()
        .chain(&left)
        .map(|n| (*n).to_owned())
        .collect();
    assert_eq!(there, known);
    assert_eq!(known.len(), carried.len() + left.len(), "each once");
}

#[test]
fn every_column_is_read_or_follows_from_others() {
    let conn = database();
    for part in Part::ALL {
        let table = table(part);
        let there = names(
            &conn,
            &format!("SELECT name FROM pragma_table_info('{}')", table.name),
        );
        let read = table.columns.iter().flat_map(|columns| columns.split(','));
        let mut known: BTreeSet<_> = read.map(|column| column.trim().to_owned()).collect();
        known.retain(|column| !column.contains(['(', ')', ' ']));
        let derived = DERIVED.iter().filter(|(name, _)| *name == table.name);
        let derived = derived.flat_map(|(_, columns)| columns.iter());
        known.extend(derived.map(|column| (*column).to_owned()));
        assert_eq!(there, known, "{}", table.name);
    }
}
