//! Numbering what waits: which rows go into the next insert, and which cannot be stored.

use domain::{Appended, Change, NewChange, NewRow, RoomId, Row, Timestamp};

use super::{
    Stamp,
    targets::{Targets, Unplanned},
};
use crate::records::RowRecord;

/// The largest insert, so that it fits into one command.
const ROWS: usize = 512;
const BYTES: usize = 4 << 20;

/// A row that waits for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) new: NewRow,
    /// Which answer of the batch is its own.
    pub(super) at: usize,
    /// Whether it was in a request of this append whose outcome is not known.
    pub(super) doubtful: bool,
}

/// A row as it will be stored.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) row: Row,
    pub(super) record: RowRecord,
}

/// What to do next: insert `rows`, which are the first that wait; or, if there are any, first look
/// into those that look `refused`.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) rows: Vec<Planned>,
    pub(super) refused: Vec<(usize, Appended)>,
}

/// Plans the next insert after `last`.
pub(super) fn plan<'p>(
    room: RoomId,
    (last, now): (Stamp, Timestamp),
    targets: &mut Targets,
    pending: impl Iterator<Item = &'p Pending>,
) -> Plan {
    let mut plan = Plan::default();
    let (mut before, mut bytes) = (last, 0);
    for waiting in pending.take(ROWS) {
        let new = &waiting.new;
        bytes += new.change.bytes();
        if bytes > BYTES && !plan.rows.is_empty() {
            break;
        }
        let stamp = next(before, now, &new.change);
        match targets.decide(room, new, stamp) {
            Ok(change) => {
                targets.plan(new.sender, &change);
                let planned = planned(room, new, (stamp, now), change);
                let last = planned.row.is_last();
                plan.rows.push(planned);
                if last {
                    break;
                }
                before = stamp;
            }
            Err(Unplanned::Later) => break,
            // Whether the row before it is stored is not known yet, so neither is this.
            Err(_) if targets.hangs_on_planned(new) => break,
            Err(Unplanned::Declined(declined)) => plan.refused.push((waiting.at, declined.into())),
        }
    }
    plan
}

fn next(before: Stamp, now: Timestamp, change: &NewChange) -> Stamp {
    let seq = before.seq + 1;
    Stamp {
        seq,
        generation: match change.raises_generation() {
            true => seq,
            false => before.generation,
        },
        created_at: now.max(before.created_at),
        closed: false,
    }
}

fn planned(
    room: RoomId,
    new: &NewRow,
    (stamp, now): (Stamp, Timestamp),
    change: Change,
) -> Planned {
    let row = Row {
        id: new.id,
        room,
        seq: stamp.seq,
        generation: stamp.generation,
        sender: new.sender,
        client_id: new.client_id,
        created_at: stamp.created_at,
        change,
    };
    let record = RowRecord::new(&row, new.change.hash(), now);
    Planned { row, record }
}
