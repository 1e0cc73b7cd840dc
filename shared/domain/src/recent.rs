//! The newest rows of a room, as a cache keeps them, and the rule for when they may be believed.
//!
//! A cache may forget at any time. It may never lie: what was edited, deleted or archived lies
//! under another key, because each of these raises the room's generation, and the key holds it.

use crate::{Change, Row, Seq, UserId};

/// How many rows a fill reads, and how many may be added to it before it is filled anew.
pub const RECENT_ROWS: usize = 200;

/// The newest rows of a room, of one generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// The head that the fill read: the rows up to here are one block from the store.
    pub upto: Seq,
    /// The first seq that the fill read; everything from here to `upto` that was still there is in
    /// `rows`.
    pub from: Seq,
    /// Rising by seq. Rows beyond `upto` were added one by one, and some may be missing.
    pub rows: Vec<Row>,
}

impl Recent {
    /// Whether this shows the log truly as it stands at `head`: it ends there, and no row is
    /// missing after the block.
    #[must_use]
    pub fn covers(&self, head: Seq) -> bool {
        let added = self.rows.iter().filter(|row| row.seq > self.upto);
        let mut next = self.upto;
        for row in added {
            next += 1;
            if row.seq != next {
                return false;
            }
        }
        next == head
    }

    /// Adds rows behind the block, keeping the order and dropping repeats.
    pub fn add(&mut self, rows: &[Row]) {
        for row in rows {
            let after = |known: &Row| known.seq <= row.seq;
            let at = self.rows.partition_point(after);
            let known = at > 0 && self.rows[at - 1].seq == row.seq;
            if !known && row.seq > self.upto {
                self.rows.insert(at, row.clone());
            }
        }
    }

    /// How many messages after `read` are not `user`'s own and still say something; `None` when
    /// the rows do not reach back to it. To be asked of rows that [`Self::covers`] believes.
    #[must_use]
    pub fn unread(&self, user: UserId, read: Seq) -> Option<u64> {
        let counts = |row: &&Row| match &row.change {
            Change::Message(message) => {
                row.seq > read && message.sender != user && message.content().is_some()
            }
            _ => false,
        };
        let after = self.rows.iter().filter(counts).count();
        (self.from <= read + 1).then_some(after as u64)
    }

    /// Whether so much was added that the block should be filled anew.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let added = self.rows.iter().rev().take_while(|row| row.seq > self.upto);
        added.count() > RECENT_ROWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, ClientId, Content, Message, RoomId, RowId, RunId, Timestamp};

    fn row(seq: Seq) -> Row {
        Row {
            id: RowId::new(),
            room: RoomId::from_uuid(uuid::Uuid::nil()),
            seq,
            generation: 0,
            sender: UserId::new(),
            client_id: ClientId::new(),
            created_at: Timestamp::UNIX_EPOCH,
            change: Change::Archive {
                run: RunId::new(),
                through: 0,
            },
        }
    }

    fn block(upto: Seq) -> Recent {
        Recent {
            upto,
            from: 1,
            rows: (1..=upto).map(row).collect(),
        }
    }

    #[test]
    fn a_block_is_believed_at_its_own_head_only() {
        assert!(block(3).covers(3));
        assert!(!block(3).covers(4));
        assert!(!block(3).covers(2));
        assert!(Recent::default().covers(0));
    }

    #[test]
    fn a_whole_fill_has_room_for_as_many_rows_again() {
        let mut recent = block(RECENT_ROWS as Seq);
        let rows = (1..=RECENT_ROWS as Seq).map(|seq| row(recent.upto + seq));
        recent.add(&rows.collect::<Vec<_>>());
        assert!(!recent.is_full());
        recent.add(&[row(recent.upto + RECENT_ROWS as Seq + 1)]);
        assert!(recent.is_full());
    }

    #[test]
    fn a_missing_row_is_noticed_wherever_it_is() {
        let mut recent = block(3);
        recent.add(&[row(5)]);
        assert!(!recent.covers(5));
        recent.add(&[row(4)]);
        assert!(recent.covers(5));
    }

    #[test]
    fn rows_may_come_in_any_order_and_twice() {
        let mut recent = block(2);
        recent.add(&[row(4), row(3), row(4), row(2)]);
        assert_eq!(
            recent.rows.iter().map(|r| r.seq).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
    }

    fn said(seq: Seq, sender: UserId, body: Body) -> Row {
        let mut row = row(seq);
        row.change = Change::Message(Message {
            id: row.id,
            room: row.room,
            seq,
            sender,
            client_id: row.client_id,
            created_at: row.created_at,
            edited_at: None,
            rev: 1,
            body,
            archived: false,
        });
        row
    }

    #[test]
    fn unread_is_what_others_said_and_still_say() {
        let (ann, bob) = (UserId::new(), UserId::new());
        let text = || Body::Present {
            content: Content::plain("x"),
        };
        let mut recent = block(2);
        recent.upto = 6;
        recent.rows.extend([
            said(3, bob, text()),
            said(4, ann, text()),
            said(5, bob, Body::Deleted),
            said(6, bob, text()),
        ]);
        assert_eq!(recent.unread(ann, 0), Some(2));
        assert_eq!(recent.unread(ann, 3), Some(1));
        assert_eq!(recent.unread(bob, 0), Some(1));
        assert_eq!(recent.unread(ann, 6), Some(0));
    }

    #[test]
    fn what_does_not_reach_back_counts_nothing() {
        let mut recent = block(9);
        recent.from = 5;
        assert_eq!(recent.unread(UserId::new(), 4), Some(0));
        assert_eq!(recent.unread(UserId::new(), 3), None);
    }
}
