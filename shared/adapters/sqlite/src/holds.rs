//! What must not be touched.

use async_trait::async_trait;
use domain::{HoldId, Result, RoomId, Seq, Timestamp, archive::Hold, ports::Holds};
use rusqlite::{Connection, Row, named_params};

use crate::{
    SqliteStore,
    columns::{blob, int, millis, time, time_opt, uint, uuid},
    writer::Lane,
};

pub(crate) const COLUMNS: &str = "id, room, from_seq, through_seq, reason, held_by, since, until";

#[async_trait]
impl Holds for SqliteStore {
    /// Copying looks at the holds in its own transaction, so only what is copied already has to be
    /// kept from its swing. However much a hold covers, placing it is quick.
    async fn place_hold(&self, hold: Hold) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            insert(conn, &hold)?;
            Ok(raise_copied(conn, &hold)?)
        })
        .await
    }

    async fn release_hold(&self, id: HoldId) -> Result<()> {
        self.write(Lane::Command, move |conn| {
            conn.prepare_cached("DELETE FROM holds WHERE id = ?1")?
                .execute([blob(id.uuid())])?;
            Ok(())
        })
        .await
    }

    async fn holds(&self, room: RoomId, now: Timestamp) -> Result<Vec<Hold>> {
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM holds
                WHERE room = ?1 AND (until IS NULL OR until > ?2) ORDER BY from_seq"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let holds = statement.query_map((blob(room.uuid()), millis(now)), read)?;
            Ok(holds.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Stores a hold, unless there is one of its id.
pub(crate) fn insert(conn: &Connection, hold: &Hold) -> rusqlite::Result<()> {
    let sql = "INSERT INTO holds (id, room, from_seq, through_seq, reason, held_by, since, until)
        VALUES (:id, :room, :from, :through, :reason, :by, :since, :until)
        ON CONFLICT (id) DO NOTHING";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(hold.id.uuid()),
        ":room": blob(hold.room.uuid()),
        ":from": int(hold.from),
        ":through": int(hold.through),
        ":reason": hold.reason,
        ":by": hold.by,
        ":since": millis(hold.since),
        ":until": hold.until.map(millis),
    })?;
    Ok(())
}

/// Raises the place of messages whose copy waits for its swing: the swing is lost, and the copy is
/// garbage.
fn raise_copied(conn: &Connection, hold: &Hold) -> rusqlite::Result<()> {
    let sql = "UPDATE messages INDEXED BY messages_id SET place = place + 1
        WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 AND archived IS NULL AND id IN (
            SELECT a.id FROM archived_messages a INDEXED BY archived_messages_loose
            WHERE a.loose = 1 AND a.room = ?1 AND a.seq BETWEEN ?2 AND ?3)";
    let room = blob(hold.room.uuid());
    let params = (room, int(hold.from), int(hold.through));
    conn.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

/// Reads the columns of a hold.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Hold> {
    Ok(Hold {
        id: HoldId::from_uuid(uuid(row, 0)?),
        room: RoomId::from_uuid(uuid(row, 1)?),
        from: uint(row, 2)?,
        through: uint(row, 3)?,
        reason: row.get(4)?,
        by: row.get(5)?,
        since: time(row, 6)?,
        until: time_opt(row, 7)?,
    })
}

/// What the holds of a room cover together: ranges of seqs, rising and apart.
#[derive(Debug)]
pub(crate) struct Held(Vec<(Seq, Seq)>);

/// A part of a log that is held as a whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) from: Seq,
    /// The last row, included.
    pub(crate) through: Seq,
    pub(crate) held: bool,
}

impl Held {
    /// Reads what is held at a moment.
    pub(crate) fn at(conn: &Connection, room: RoomId, now: Timestamp) -> rusqlite::Result<Self> {
        let sql = "SELECT from_seq, through_seq FROM holds
            WHERE room = ?1 AND (until IS NULL OR until > ?2) ORDER BY from_seq";
        let mut statement = conn.prepare_cached(sql)?;
        let ranges = statement.query_map((blob(room.uuid()), millis(now)), |row| {
            Ok((uint(row, 0)?, uint(row, 1)?))
        })?;
        Ok(Self::of(ranges.collect::<rusqlite::Result<Vec<_>>>()?))
    }

    /// Joins ranges, which rise by their beginning and may overlap.
    fn of(ranges: Vec<(Seq, Seq)>) -> Self {
        let mut joined: Vec<(Seq, Seq)> = Vec::new();
        for (from, through) in ranges {
            match joined.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(through),
                _ => joined.push((from, through)),
            }
        }
        Self(joined)
    }

    /// Whether a row is held.
    pub(crate) fn covers(&self, seq: Seq) -> bool {
        let after = self.0.partition_point(|range| range.0 <= seq);
        after > 0 && seq <= self.0[after - 1].1
    }

    /// Cuts `from..=through` where it begins or ceases to be held. Nothing comes of an empty range.
    pub(crate) fn split(&self, from: Seq, through: Seq) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut push = |from, through, held| {
            if from <= through {
                parts.push(Part {
                    from,
                    through,
                    held,
                });
            }
        };
        let mut next = from;
        for &(first, last) in &self.0 {
            push(next, first.saturating_sub(1).min(through), false);
            push(first.max(next), last.min(through), true);
            next = next.max(last.saturating_add(1));
        }
        push(next, through, false);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ranges: &[(Seq, Seq)], from: Seq, through: Seq) -> Vec<(Seq, Seq, bool)> {
        let parts = Held::of(ranges.to_vec()).split(from, through);
        let plain = |part: Part| (part.from, part.through, part.held);
        parts.into_iter().map(plain).collect()
    }

    #[test]
    fn holds_that_touch_or_overlap_are_one() {
        assert_eq!(
            Held::of(vec![(1, 3), (4, 5), (5, 9), (12, 13)]).0,
            [(1, 9), (12, 13)]
        );
        assert_eq!(
            Held::of(vec![(1, 9), (2, 3), (20, 30)]).0,
            [(1, 9), (20, 30)]
        );
    }

    #[test]
    fn a_log_is_cut_where_holds_begin_and_end() {
        assert_eq!(split(&[], 1, 9), [(1, 9, false)]);
        assert_eq!(
            split(&[(3, 4), (7, 7)], 1, 9),
            [
                (1, 2, false),
                (3, 4, true),
                (5, 6, false),
                (7, 7, true),
                (8, 9, false)
            ]
        );
        assert_eq!(split(&[(1, 4)], 3, 9), [(3, 4, true), (5, 9, false)]);
        assert_eq!(
            split(&[(1, 2), (5, 99)], 4, 9),
            [(4, 4, false), (5, 9, true)]
        );
        assert_eq!(split(&[(20, 30)], 1, 9), [(1, 9, false)]);
        assert_eq!(split(&[(0, Seq::MAX)], 1, 9), [(1, 9, true)]);
        assert!(split(&[(1, 3)], 1, 0).is_empty());
    }

    #[test]
    fn each_row_of_a_held_part_is_covered_and_no_other() {
        let held = Held::of(vec![(2, 3), (6, 6), (9, 12)]);
        for part in held.split(1, 14) {
            for seq in part.from..=part.through {
                assert_eq!(held.covers(seq), part.held, "{seq}");
            }
        }
        assert!(!Held::of(Vec::new()).covers(1));
    }
}
