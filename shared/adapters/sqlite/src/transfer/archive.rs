//! The archive's records.

use domain::{
    RunId,
    archive::{RoomOverride, RoomRule},
    transfer::{Record, RunRoom},
};
use rusqlite::{Connection, Result};

use super::table::Table;
use crate::{
    columns::{blob, json, uuid},
    error::Failure,
    holds, policies, runs,
};

pub(super) const HOLDS: Table = Table {
    name: "holds",
    columns: &[holds::COLUMNS],
    key: &["id"],
    read: |row| holds::read(row).map(Record::Hold),
};

pub(super) const POLICIES: Table = Table {
    name: "policies",
    columns: &["body", "next_run_at"],
    key: &["id"],
    read: |row| policies::read(row).map(Record::Policy),
};

pub(super) const OVERRIDES: Table = Table {
    name: "archive_overrides",
    columns: &["body"],
    key: &["room"],
    read: |row| json(row, 0).map(Record::Override),
};

pub(super) const RUNS: Table = Table {
    name: "runs",
    columns: &["body", "fence", "cancel"],
    key: &["id"],
    read: |row| Ok(Record::Run(Box::new(runs::read(row)?))),
};

pub(super) const RUN_ROOMS: Table = Table {
    name: "run_rooms",
    columns: &["run", "body"],
    key: &["run", "room"],
    read: |row| {
        Ok(Record::RunRoom(RunRoom {
            run: RunId::from_uuid(uuid(row, 0)?),
            count: json(row, 1)?,
        }))
    },
};

pub(super) fn insert_override(conn: &Connection, own: &RoomOverride) -> Result<(), Failure> {
    let sql = "INSERT INTO archive_overrides (room, tenant, policy, body) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (room) DO NOTHING";
    let policy = match own.rule {
        RoomRule::Policy(policy) => Some(blob(policy.uuid())),
        RoomRule::Exempt | RoomRule::OlderThan(_) => None,
    };
    let body = serde_json::to_string(own)?;
    let params = (blob(own.room.uuid()), own.tenant.as_str(), policy, body);
    conn.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

pub(super) fn insert_outcome(conn: &Connection, outcome: &RunRoom) -> Result<(), Failure> {
    let sql = "INSERT INTO run_rooms (run, room, body) VALUES (?1, ?2, ?3)
        ON CONFLICT (run, room) DO NOTHING";
    let body = serde_json::to_string(&outcome.count)?;
    let (run, room) = (blob(outcome.run.uuid()), blob(outcome.count.room.uuid()));
    conn.prepare_cached(sql)?.execute((run, room, body))?;
    Ok(())
}
