//! Rooms.

use async_trait::async_trait;
use domain::{
    Code, Error, NewRoom, Result, Room, RoomId, RoomKind, RoomName, TenantId, Timestamp, UserId,
    ports::Rooms,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, types::Type};

use crate::{
    SqliteStore,
    columns::{blob, json, limit, millis, time, uint, unreadable, uuid},
    error::{Failure, is_duplicate},
    writer::Lane,
};

const COLUMNS: &str = "id, tenant, kind, name, created_by, created_at, rev, init";

fn read(row: &Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room {
        id: RoomId::from_uuid(uuid(row, 0)?),
        tenant: TenantId::new(row.get::<_, String>(1)?),
        kind: kind(row, 2)?,
        name: row.get::<_, Option<String>>(3)?.map(RoomName::stored),
        created_by: UserId::from_uuid(uuid(row, 4)?),
        created_at: time(row, 5)?,
        rev: uint(row, 6)?,
        init: json(row, 7)?,
    })
}

fn kind_name(kind: RoomKind) -> &'static str {
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

/// The room of this id.
pub(crate) fn by_id(conn: &Connection, id: RoomId) -> rusqlite::Result<Option<Room>> {
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
    let sql = "INSERT INTO rooms (id, tenant, kind, name, created_by, created_at, rev, init)
        VALUES (:id, :tenant, :kind, :name, :created_by, :created_at, 1, :init)";
    let inserted = conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(new.id.uuid()),
        ":tenant": new.tenant.as_str(),
        ":kind": kind_name(new.kind),
        ":name": new.name.as_ref().map(RoomName::as_str),
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
fn after_id(after: Option<RoomId>) -> Vec<u8> {
    after.map_or_else(Vec::new, |id| blob(id.uuid()).to_vec())
}

#[async_trait]
impl Rooms for SqliteStore {
    async fn create_room(&self, room: NewRoom) -> Result<Room> {
        let at = self.now();
        self.write(Lane::Command, move |conn| create(conn, &room, at))
            .await
    }

    async fn room(&self, id: RoomId) -> Result<Option<Room>> {
        self.read(move |conn| Ok(by_id(conn, id)?)).await
    }

    async fn room_by_name(&self, tenant: &TenantId, name: &RoomName) -> Result<Option<Room>> {
        let (tenant, name) = (tenant.clone(), name.clone());
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM rooms
                WHERE tenant = ?1 AND name = ?2 AND kind = 'channel'"
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
            let condition = "kind = 'channel' AND tenant = :tenant AND id > :after";
            list(conn, condition, params)
        })
        .await
    }

    async fn all_rooms(&self, after: Option<RoomId>, rooms: usize) -> Result<Vec<Room>> {
        self.read(move |conn| {
            let params = named_params! { ":after": after_id(after), ":limit": limit(rooms) };
            list(conn, "id > :after", params)
        })
        .await
    }
}
