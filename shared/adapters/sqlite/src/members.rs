//! Members: read here, and changed by member rows as they are appended.

use async_trait::async_trait;
use domain::{
    Mark, Member, MemberChange, MemberRow, MemberState, Others, Result, Role, RoomId, Row, Rule,
    Seq, Standing, UserId, ports::Members,
};
use rusqlite::{Connection, OptionalExtension, named_params, types::Type};

use crate::{
    SqliteStore,
    columns::{blob, int, json_opt, limit, millis, time, uint, unreadable, uuid},
    error::Failure,
    writer::Lane,
};

pub(crate) const COLUMNS: &str = "room, user, role, state, rev, joined_seq, joined_at, read, received, notified, \
     hidden, rule";

/// Reads the columns of a member.
pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member {
        room: RoomId::from_uuid(uuid(row, 0)?),
        user: UserId::from_uuid(uuid(row, 1)?),
        role: role(row, 2)?,
        state: state(row, 3)?,
        rev: uint(row, 4)?,
        joined_seq: uint(row, 5)?,
        joined_at: time(row, 6)?,
        read: uint(row, 7)?,
        received: uint(row, 8)?,
        notified: uint(row, 9)?,
        hidden: uint(row, 10)?,
        rule: json_opt(row, 11)?.unwrap_or_default(),
    })
}

pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

fn role(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Role> {
    match row.get_ref(column)?.as_str()? {
        "member" => Ok(Role::Member),
        "admin" => Ok(Role::Admin),
        "owner" => Ok(Role::Owner),
        other => Err(unknown(column, other)),
    }
}

/// The state that a row brings about. `None` leaves it as it is.
fn state_name(change: MemberChange) -> Option<&'static str> {
    match change {
        MemberChange::Joined => Some("active"),
        MemberChange::Left => Some("left"),
        MemberChange::Removed => Some("removed"),
        MemberChange::RoleChanged => None,
    }
}

fn state(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<MemberState> {
    match row.get_ref(column)?.as_str()? {
        "active" => Ok(MemberState::Active),
        "left" => Ok(MemberState::Left),
        "removed" => Ok(MemberState::Removed),
        other => Err(unknown(column, other)),
    }
}

fn unknown(column: usize, word: &str) -> rusqlite::Error {
    let error = std::io::Error::other(format!("a member that is {word}"));
    unreadable(column, Type::Text, error)
}

/// How somebody stands to a room.
pub(crate) fn standing(
    conn: &Connection,
    room: RoomId,
    user: UserId,
) -> rusqlite::Result<Standing> {
    let sql = "SELECT rev, state = 'active', role FROM members WHERE room = ?1 AND user = ?2";
    let params = [blob(room.uuid()), blob(user.uuid())];
    let standing = conn.prepare_cached(sql)?.query_row(params, |row| {
        Ok(Standing {
            rev: uint(row, 0)?,
            there: row.get(1)?,
            role: Some(role(row, 2)?),
        })
    });
    Ok(standing.optional()?.unwrap_or_default())
}

/// Who is in a room besides somebody. For owners all members may have to be looked at: only if
/// they are `asked` for.
pub(crate) fn others(
    conn: &Connection,
    (room, user): (RoomId, UserId),
    asked: bool,
) -> rusqlite::Result<Others> {
    let sql = "SELECT
        EXISTS (SELECT 1 FROM members WHERE room = ?1 AND user <> ?2),
        EXISTS (SELECT 1 FROM members WHERE room = ?1 AND user <> ?2 AND state = 'active'),
        CASE WHEN ?3 THEN EXISTS (SELECT 1 FROM members
            WHERE room = ?1 AND user <> ?2 AND state = 'active' AND role = 'owner') ELSE 0 END";
    let params = (blob(room.uuid()), blob(user.uuid()), asked);
    conn.prepare_cached(sql)?.query_row(params, |row| {
        Ok(Others {
            known: row.get(0)?,
            there: row.get(1)?,
            owning: row.get(2)?,
        })
    })
}

/// Whether somebody was a member and is none now.
pub(crate) fn is_gone(conn: &Connection, room: RoomId, user: UserId) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (
        SELECT 1 FROM members WHERE room = ?1 AND user = ?2 AND state <> 'active')";
    conn.prepare_cached(sql)?
        .query_row([blob(room.uuid()), blob(user.uuid())], |row| row.get(0))
}

/// Brings a member document to what a member row says. The row is the one after the document.
pub(crate) fn apply(conn: &Connection, row: &Row, member: &MemberRow) -> rusqlite::Result<()> {
    let joins = member.change == MemberChange::Joined;
    let sql = "INSERT INTO members (room, user, role, state, rev, joined_seq, joined_at)
        VALUES (:room, :user, :role, coalesce(:state, 'left'), :rev, iif(:joins, :seq, 0), :at)
        ON CONFLICT (room, user) DO UPDATE SET
            role = :role, state = coalesce(:state, state), rev = :rev,
            joined_seq = iif(:joins, :seq, joined_seq),
            joined_at = iif(:joins, :at, joined_at)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":room": blob(row.room.uuid()),
        ":user": blob(member.user.uuid()),
        ":role": role_name(member.role),
        ":state": state_name(member.change),
        ":rev": int(member.rev),
        ":joins": joins,
        ":seq": int(row.seq),
        ":at": millis(row.created_at),
    })?;
    Ok(())
}

/// Deleted rooms have no members, whatever is not cleared away yet.
const ROOM_IS_THERE: &str = "NOT EXISTS (
    SELECT 1 FROM rooms r WHERE r.id = members.room AND r.deleted_at IS NOT NULL)";

/// Up to `count` active members for which `condition` holds, in the order of `by`.
fn list(
    conn: &Connection,
    (condition, by): (&str, &str),
    of: [u8; 16],
    after: Option<uuid::Uuid>,
    count: usize,
) -> Result<Vec<Member>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members
        WHERE state = 'active' AND {condition} = ?1 AND {by} > ?2 AND {ROOM_IS_THERE}
        ORDER BY {by} LIMIT ?3"
    );
    let after = after.map_or_else(Vec::new, |id| blob(id).to_vec());
    let mut statement = conn.prepare_cached(&sql)?;
    let members = statement.query_map((of, after, limit(count)), read)?;
    Ok(members.collect::<rusqlite::Result<_>>()?)
}

fn count(conn: &Connection, of: &str, id: [u8; 16]) -> Result<u64, Failure> {
    let sql = format!(
        "SELECT count(*) FROM members WHERE state = 'active' AND {of} = ?1 AND {ROOM_IS_THERE}"
    );
    Ok(conn
        .prepare_cached(&sql)?
        .query_row([id], |row| uint(row, 0))?)
}

fn column(mark: Mark) -> &'static str {
    match mark {
        Mark::Read => "read",
        Mark::Received => "received",
        Mark::Notified => "notified",
        Mark::Hidden => "hidden",
    }
}

#[async_trait]
impl Members for SqliteStore {
    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>> {
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM members WHERE room = ?1 AND user = ?2 AND {ROOM_IS_THERE}"
            );
            let params = [blob(room.uuid()), blob(user.uuid())];
            let mut statement = conn.prepare_cached(&sql)?;
            Ok(statement.query_row(params, read).optional()?)
        })
        .await
    }

    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<Member>> {
        let (of, after) = (blob(room.uuid()), after.map(UserId::uuid));
        self.read(move |conn| list(conn, ("room", "user"), of, after, limit))
            .await
    }

    async fn count_members(&self, room: RoomId) -> Result<u64> {
        self.read(move |conn| count(conn, "room", blob(room.uuid())))
            .await
    }

    async fn memberships(
        &self,
        user: UserId,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<Member>> {
        let (of, after) = (blob(user.uuid()), after.map(RoomId::uuid));
        self.read(move |conn| list(conn, ("user", "room"), of, after, limit))
            .await
    }

    async fn count_memberships(&self, user: UserId) -> Result<u64> {
        self.read(move |conn| count(conn, "user", blob(user.uuid())))
            .await
    }

    async fn sharing_rooms(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        let others = others.to_vec();
        self.read(move |conn| {
            let sql = format!(
                "SELECT 1 FROM members JOIN members theirs ON theirs.room = members.room
                WHERE members.user = ?1 AND members.state = 'active'
                AND theirs.user = ?2 AND theirs.state = 'active' AND {ROOM_IS_THERE}"
            );
            let mut find = conn.prepare_cached(&sql)?;
            let mut sharing = Vec::new();
            for other in others {
                if find.exists([blob(user.uuid()), blob(other.uuid())])? {
                    sharing.push(other);
                }
            }
            Ok(sharing)
        })
        .await
    }

    async fn raise_mark(&self, room: RoomId, user: UserId, mark: Mark, seq: Seq) -> Result<()> {
        self.write(Lane::Background, move |conn| {
            let column = column(mark);
            let sql = format!(
                "UPDATE members SET {column} = ?3
                WHERE room = ?1 AND user = ?2 AND {column} < ?3"
            );
            let params = (blob(room.uuid()), blob(user.uuid()), int(seq));
            conn.prepare_cached(&sql)?.execute(params)?;
            Ok(())
        })
        .await
    }

    async fn set_rule(&self, room: RoomId, user: UserId, rule: Rule) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE members SET rule = ?3 WHERE room = ?1 AND user = ?2";
            let rule = serde_json::to_string(&rule)?;
            let params = (blob(room.uuid()), blob(user.uuid()), rule);
            conn.prepare_cached(sql)?.execute(params)?;
            Ok(())
        })
        .await
    }
}
