//! Notifications that are kept, since no log tells them.

use domain::{
    Cause, Notification, NotificationId, RoomId, Seq, Timestamp, UserId,
    notification::{MembershipNews, Position},
};
use rusqlite::{Connection, named_params};

use crate::{
    columns::{blob, int, json, limit, millis, time, uint, uuid},
    error::Failure,
};

/// Keeps a notification unless its id is known; says whether it was new. One of a message is
/// never kept.
pub(crate) fn keep(conn: &Connection, notification: &Notification) -> Result<bool, Failure> {
    let Cause::Membership(news) = &notification.cause else {
        return Ok(false);
    };
    let sql = "INSERT OR IGNORE INTO notifications (id, receiver, at, room, seq, cause)
        VALUES (:id, :receiver, :at, :room, :seq, :cause)";
    let kept = conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(notification.id.uuid()),
        ":receiver": blob(notification.receiver.uuid()),
        ":at": millis(notification.position.at),
        ":room": blob(notification.position.room.uuid()),
        ":seq": int(notification.position.seq),
        ":cause": serde_json::to_string(news)?,
    })?;
    Ok(kept == 1)
}

/// Up to `count` that wait for a user, by position.
pub(crate) fn waiting(
    conn: &Connection,
    user: UserId,
    after: Option<Position>,
    count: usize,
) -> Result<Vec<Notification>, Failure> {
    let sql = "SELECT id, at, room, seq, cause FROM notifications
        WHERE receiver = :user AND settled = 0 AND (at, room, seq) > (:at, :room, :seq)
        ORDER BY at, room, seq LIMIT :count";
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(
        named_params! {
            ":user": blob(user.uuid()),
            ":at": after.map_or(i64::MIN, |after| millis(after.at)),
            ":room": after.map_or([0; 16], |after| blob(after.room.uuid())),
            ":seq": after.map_or(0, |after| int(after.seq)),
            ":count": limit(count),
        },
        |row| read(row, user),
    )?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Settles what waits for a user in a room through a seq; says whether there was any.
pub(crate) fn settle(
    conn: &Connection,
    user: UserId,
    room: RoomId,
    through: Seq,
) -> Result<bool, Failure> {
    let sql = "UPDATE notifications SET settled = 1
        WHERE receiver = ?1 AND room = ?2 AND seq <= ?3 AND settled = 0";
    let params = (blob(user.uuid()), blob(room.uuid()), int(through));
    Ok(conn.prepare_cached(sql)?.execute(params)? > 0)
}

/// Forgets up to `count` from before a moment.
pub(crate) fn forget(conn: &Connection, before: Timestamp, count: usize) -> Result<u64, Failure> {
    let sql = "DELETE FROM notifications
        WHERE id IN (SELECT id FROM notifications WHERE at < ?1 ORDER BY at LIMIT ?2)";
    let params = (millis(before), limit(count));
    Ok(conn.prepare_cached(sql)?.execute(params)? as u64)
}

fn read(row: &rusqlite::Row<'_>, receiver: UserId) -> rusqlite::Result<Notification> {
    let news: MembershipNews = json(row, 4)?;
    Ok(Notification {
        id: NotificationId::from_uuid(uuid(row, 0)?),
        receiver,
        position: Position {
            at: time(row, 1)?,
            room: RoomId::from_uuid(uuid(row, 2)?),
            seq: uint(row, 3)?,
        },
        cause: Cause::Membership(news),
    })
}
