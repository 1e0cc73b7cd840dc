//! Rooms, who is in them, and what they are told.

use domain::{
    Cause, Member, MemberState, Notification, NotificationId, RoomId, RoomName, Rule, UserId,
    notification::Position,
    transfer::{KeptNotification, KeptRoom, Record},
};
use rusqlite::{Connection, Result, Row, named_params};

use super::table::Table;
use crate::{
    columns::{blob, int, json, millis, time, uint, uuid},
    error::Failure,
    members, notifications, rooms,
};

/// How many columns a room has of its own ([`rooms::COLUMNS`]).
const OF_ROOM: usize = 9;

pub(super) const ROOMS: Table = Table {
    name: "rooms",
    columns: &[rooms::COLUMNS, "init", "cleared"],
    key: &["id"],
    read: |row| {
        Ok(Record::Room(KeptRoom {
            room: rooms::read(row)?,
            init: json(row, OF_ROOM)?,
            cleared: row.get(OF_ROOM + 1)?,
        }))
    },
};

pub(super) const MEMBERS: Table = Table {
    name: "members",
    columns: &[members::COLUMNS],
    key: &["room", "user"],
    read: |row| members::read(row).map(Record::Member),
};

pub(super) const NOTIFICATIONS: Table = Table {
    name: "notifications",
    columns: &["id", "receiver", "at", "room", "seq", "cause", "settled"],
    key: &["id"],
    read: |row| {
        Ok(Record::Notification(KeptNotification {
            notification: notification(row)?,
            settled: row.get(6)?,
        }))
    },
};

fn notification(row: &Row<'_>) -> Result<Notification> {
    Ok(Notification {
        id: NotificationId::from_uuid(uuid(row, 0)?),
        receiver: UserId::from_uuid(uuid(row, 1)?),
        position: Position {
            at: time(row, 2)?,
            room: RoomId::from_uuid(uuid(row, 3)?),
            seq: uint(row, 4)?,
        },
        cause: Cause::Membership(json(row, 5)?),
    })
}

pub(super) fn insert_room(conn: &Connection, kept: &KeptRoom) -> Result<(), Failure> {
    let sql = "INSERT INTO rooms (id, tenant, kind, name, created_by, created_at, rev, read_only,
            deleted_at, init, cleared)
        VALUES (:id, :tenant, :kind, :name, :created_by, :created_at, :rev, :read_only,
            :deleted_at, :init, :cleared)
        ON CONFLICT (id) DO NOTHING";
    let room = &kept.room;
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(room.id.uuid()),
        ":tenant": room.tenant.as_str(),
        ":kind": rooms::kind_name(room.kind),
        ":name": room.name.as_ref().map(RoomName::as_str),
        ":created_by": blob(room.created_by.uuid()),
        ":created_at": millis(room.created_at),
        ":rev": int(room.rev),
        ":read_only": room.read_only,
        ":deleted_at": room.deleted_at.map(millis),
        ":init": serde_json::to_string(&kept.init)?,
        ":cleared": kept.cleared,
    })?;
    Ok(())
}

pub(super) fn insert_member(conn: &Connection, member: &Member) -> Result<(), Failure> {
    let sql = "INSERT INTO members (room, user, role, state, rev, joined_seq, joined_at, read,
            received, notified, hidden, rule)
        VALUES (:room, :user, :role, :state, :rev, :joined_seq, :joined_at, :read,
            :received, :notified, :hidden, :rule)
        ON CONFLICT (room, user) DO NOTHING";
    let rule = (member.rule != Rule::default()).then(|| serde_json::to_string(&member.rule));
    conn.prepare_cached(sql)?.execute(named_params! {
        ":room": blob(member.room.uuid()),
        ":user": blob(member.user.uuid()),
        ":role": members::role_name(member.role),
        ":state": state_name(member.state),
        ":rev": int(member.rev),
        ":joined_seq": int(member.joined_seq),
        ":joined_at": millis(member.joined_at),
        ":read": int(member.read),
        ":received": int(member.received),
        ":notified": int(member.notified),
        ":hidden": int(member.hidden),
        ":rule": rule.transpose()?,
    })?;
    Ok(())
}

fn state_name(state: MemberState) -> &'static str {
    match state {
        MemberState::Active => "active",
        MemberState::Left => "left",
        MemberState::Removed => "removed",
    }
}

pub(super) fn insert_notification(
    conn: &Connection,
    kept: &KeptNotification,
) -> Result<(), Failure> {
    let new = notifications::keep(conn, &kept.notification)?;
    if new && kept.settled {
        let sql = "UPDATE notifications SET settled = 1 WHERE id = ?1";
        conn.prepare_cached(sql)?
            .execute([blob(kept.notification.id.uuid())])?;
    }
    Ok(())
}
