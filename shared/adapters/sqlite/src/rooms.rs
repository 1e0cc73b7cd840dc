//! Rooms: made and read here, and changed by room rows as they are appended.

mod clear;

use async_trait::async_trait;
use domain::{
    Code, Error, NewRoom, NewRow, Result, Rev, Room, RoomChange, RoomId, RoomKind, RoomName,
    RoomRow, TenantId, Timestamp, UserId, ports::Rooms,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, types::Type};

use crate::{
    SqliteStore,
    columns::{blob, int, json, limit, millis, time, time_opt, uint, unreadable, uuid},
    error::{Failure, is_duplicate},
    writer::Lane,
};

pub(crate) const COLUMNS: &str =
    "id, tenant, kind, name, created_by, created_at, rev, read_only, deleted_at";

/// Reads the columns of a room.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room {
        id: RoomId::from_uuid(uuid(row, 0)?),
        tenant: TenantId::new(row.get::<_, String>(1)?),
        kind: kind(row, 2)?,
        name: row.get::<_, Option<String>>(3)?.map(RoomName::stored),
        created_by: UserId::from_uuid(uuid(row, 4)?),
        created_at: time(row, 5)?,
        rev: uint(row, 6)?,
        read_only: row.get(7)?,
        deleted_at: time_opt(row, 8)?,
    })
}

pub(crate) fn kind_name(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Channel => "channel",
        RoomKind::Group => "group",
        RoomKind::Direct => "direct",
    }
}

fn kind(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomKind> {
    match row.get_ref(column)?.as_str()? {
        "channel" => Ok(RoomKind::Channel),
        "group" => Ok(RoomKind::Group),
        "direct" => Ok(RoomKind::Direct),
        other => {
            let error = std::io::Error::other(format!("a room of kind {other}"));
            Err(unreadable(column, Type::Text, error))
        }
    }
}

/// Whether a room was deleted; `None` when there never was one.
pub(crate) fn is_deleted(conn: &Connection, id: RoomId) -> rusqlite::Result<Option<bool>> {
    let sql = "SELECT deleted_at IS NOT NULL FROM rooms WHERE id = ?1";
    conn.prepare_cached(sql)?
        .query_row([blob(id.uuid())], |row| row.get(0))
        .optional()
}

/// The first rows of a room's log; none when there is no such room.
pub(crate) fn init(conn: &Connection, id: RoomId) -> rusqlite::Result<Vec<NewRow>> {
    let sql = "SELECT init FROM rooms WHERE id = ?1";
    conn.prepare_cached(sql)?
        .query_row([blob(id.uuid())], |row| json(row, 0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// The revision of a room.
pub(crate) fn rev(conn: &Connection, id: RoomId) -> rusqlite::Result<Rev> {
    let sql = "SELECT rev FROM rooms WHERE id = ?1";
    conn.prepare_cached(sql)?
        .query_row([blob(id.uuid())], |row| uint(row, 0))
}

/// Whether a channel cannot have this name, since another of its tenant has it.
pub(crate) fn is_taken(conn: &Connection, id: RoomId, name: &RoomName) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM rooms mine
        JOIN rooms other ON other.tenant = mine.tenant AND other.name = ?2 AND other.id <> mine.id
            AND other.kind = 'channel' AND other.deleted_at IS NULL
        WHERE mine.id = ?1 AND mine.kind = 'channel')";
    conn.prepare_cached(sql)?
        .query_row((blob(id.uuid()), name.as_str()), |row| row.get(0))
}

/// Brings a room to what a room row says. The row is the one after the room's revision.
pub(crate) fn apply(conn: &Connection, row: &domain::Row, room: &RoomRow) -> rusqlite::Result<()> {
    let (id, rev) = (blob(row.room.uuid()), int(room.rev));
    match &room.change {
        RoomChange::Changed { name, read_only } => conn
            .prepare_cached(
                "UPDATE rooms SET rev = ?2, name = COALESCE(?3, name),
                    read_only = COALESCE(?4, read_only) WHERE id = ?1",
            )?
            .execute((id, rev, name.as_ref().map(RoomName::as_str), read_only)),
        RoomChange::Deleted => conn
            .prepare_cached("UPDATE rooms SET rev = ?2, deleted_at = ?3 WHERE id = ?1")?
            .execute((id, rev, millis(row.created_at))),
    }?;
    Ok(())
}

/// The room of this id, also a deleted one.
fn by_id(conn: &Connection, id: RoomId) -> rusqlite::Result<Option<Room>> {
    let sql = format!("SELECT {COLUMNS} FROM rooms WHERE id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([blob(id.uuid())], read)
        .optional()
}

/// Up to `limit` rooms for which `condition` holds, by id.
fn list(
    conn: &Connection,
    condition: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Room>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM rooms WHERE {condition} ORDER BY id LIMIT :limit");
    let mut statement = conn.prepare_cached(&sql)?;
    let rooms = statement.query_map(params, read)?;
    Ok(rooms.collect::<rusqlite::Result<_>>()?)
}

fn create(conn: &Connection, new: &NewRoom, at: Timestamp) -> Result<Room, Failure> {
    if let Some(known) = by_id(conn, new.id)? {
        return Ok(known);
    }
    insert(conn, new, at)?;
    by_id(conn, new.id)?.ok_or_else(|| Error::internal("a new room is not there").into())
}

fn insert(conn: &Connection, new: &NewRoom, at: Timestamp) -> Result<(), Failure> {
    let sql =
        "INSERT INTO rooms (id, tenant, kind, name, read_only, created_by, created_at, rev, init)
        VALUES (:id, :tenant, :kind, :name, :read_only, :created_by, :created_at, 1, :init)";
    let inserted = conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(new.id.uuid()),
        ":tenant": new.tenant.as_str(),
        ":kind": kind_name(new.kind),
        ":name": new.name.as_ref().map(RoomName::as_str),
        ":read_only": new.read_only,
        ":created_by": blob(new.created_by.uuid()),
        ":created_at": millis(at),
        ":init": serde_json::to_string(&new.init)?,
    });
    match inserted {
        Ok(_) => Ok(()),
        // The id was looked up before, so it is the name.
        Err(error) if is_duplicate(&error) => Err(Code::RoomExists.into()),
        Err(error) => Err(error.into()),
    }
}

/// A cursor over ids: an empty blob stands before every id.
pub(crate) fn after_id(after: Option<RoomId>) -> Vec<u8> {
    after.map_or_else(Vec::new, |id| blob(id.uuid()).to_vec())
}

#[async_trait]
impl Rooms for SqliteStore {
    async fn create_room(&self, room: NewRoom) -> Result<Room> {
        let at = self.now();
        self.write(Lane::Command, move |conn| create(conn, &room, at))
            .await
    }

    async fn first_rows(&self, id: RoomId) -> Result<Vec<NewRow>> {
        self.read(move |conn| Ok(init(conn, id)?)).await
    }

    async fn room(&self, id: RoomId) -> Result<Option<Room>> {
        self.read(move |conn| Ok(by_id(conn, id)?.filter(|room| room.deleted_at.is_none())))
            .await
    }

    async fn room_by_name(&self, tenant: &TenantId, name: &RoomName) -> Result<Option<Room>> {
        let (tenant, name) = (tenant.clone(), name.clone());
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM rooms
                WHERE tenant = ?1 AND name = ?2 AND kind = 'channel' AND deleted_at IS NULL"
            );
            let params = [tenant.as_str(), name.as_str()];
            let mut statement = conn.prepare_cached(&sql)?;
            Ok(statement.query_row(params, read).optional()?)
        })
        .await
    }

    async fn channels(
        &self,
        tenant: &TenantId,
        after: Option<RoomId>,
        rooms: usize,
    ) -> Result<Vec<Room>> {
        let tenant = tenant.clone();
        self.read(move |conn| {
            let params = named_params! {
                ":tenant": tenant.as_str(), ":after": after_id(after), ":limit": limit(rooms),
            };
            let condition = "kind = 'channel' AND deleted_at IS NULL
                AND tenant = :tenant AND id > :after";
            list(conn, condition, params)
        })
        .await
    }

    async fn all_rooms(&self, after: Option<RoomId>, rooms: usize) -> Result<Vec<Room>> {
        self.read(move |conn| {
            let params = named_params! { ":after": after_id(after), ":limit": limit(rooms) };
            list(conn, "deleted_at IS NULL AND id > :after", params)
        })
        .await
    }

    async fn clear_deleted_rooms(&self, before: Timestamp, limit: usize) -> Result<u64> {
        self.write(Lane::Background, move |conn| {
            Ok(clear::clear(conn, before, limit)?)
        })
        .await
    }
}
