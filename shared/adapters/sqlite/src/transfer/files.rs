//! Files and what refers to them.

use domain::{
    FileState,
    transfer::{KeptFile, KeptLink, Record},
};
use rusqlite::{Connection, Result, named_params};

use super::table::Table;
use crate::{
    columns::{blob, int, millis, time, time_opt},
    file_links, file_records,
};

/// How many columns a file has of its own ([`file_records::COLUMNS`]).
const OF_FILE: usize = 9;

pub(super) const FILES: Table = Table {
    name: "files",
    columns: &[file_records::COLUMNS, "loose_since"],
    key: &["id"],
    read: |row| {
        Ok(Record::File(KeptFile {
            file: file_records::read(row)?,
            loose_since: time_opt(row, OF_FILE)?,
        }))
    },
};

pub(super) const FILE_LINKS: Table = Table {
    name: "file_links",
    columns: &["file", "room", "message", "check_at"],
    key: &["file", "message"],
    read: |row| {
        Ok(Record::FileLink(KeptLink {
            link: file_links::read(row)?,
            check_at: time(row, 3)?,
        }))
    },
};

pub(super) fn insert_file(conn: &Connection, kept: &KeptFile) -> Result<()> {
    let sql = "INSERT INTO files (id, tenant, owner, name, media_type, bytes, sha256, state,
            created_at, loose_since)
        VALUES (:id, :tenant, :owner, :name, :media_type, :bytes, :sha256, :state,
            :created_at, :loose_since)
        ON CONFLICT (id) DO NOTHING";
    let file = &kept.file;
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(file.id.uuid()),
        ":tenant": file.tenant.as_str(),
        ":owner": blob(file.owner.uuid()),
        ":name": file.name.as_str(),
        ":media_type": file.media_type.as_str(),
        ":bytes": int(file.bytes),
        ":sha256": file.sha256,
        ":state": state_name(file.state),
        ":created_at": millis(file.created_at),
        ":loose_since": kept.loose_since.map(millis),
    })?;
    Ok(())
}

fn state_name(state: FileState) -> &'static str {
    match state {
        FileState::Uploading => "uploading",
        FileState::Ready => "ready",
        FileState::Removing => "removing",
    }
}

pub(super) fn insert_link(conn: &Connection, kept: &KeptLink) -> Result<()> {
    let sql = "INSERT INTO file_links (file, message, room, check_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (file, message) DO NOTHING";
    let link = kept.link;
    let params = (
        blob(link.file.uuid()),
        blob(link.message.uuid()),
        blob(link.room.uuid()),
        millis(kept.check_at),
    );
    conn.prepare_cached(sql)?.execute(params)?;
    Ok(())
}
