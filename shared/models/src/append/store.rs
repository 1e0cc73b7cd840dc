//! The store as the algorithm sees it: rows under unique indexes, and requests
//! that meet it one row at a time.

use super::Rule;

/// What a row does, as far as its numbering is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A message: its own target, so its revision collides with nothing.
    Message,
    /// An edit of the room's first message that claims revision 2.
    Edit,
}

/// One row of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Its number in the room.
    pub seq: u8,
    /// The `client_id` of the command that it stands for.
    pub client: char,
    /// The node that made it. With `client` this is the row's `_id`: the same
    /// over all attempts of one node, another on another node.
    pub node: usize,
    /// Message or edit.
    pub kind: Kind,
}

/// A unique index, as named in a duplicate-key error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    /// The primary key.
    Id,
    /// (room, seq).
    Seq,
    /// (room, sender, client_id).
    ClientId,
    /// (room, target, rev).
    Rev,
}

/// The rows that are stored, in the order of their seqs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log(Vec<Row>);

impl Log {
    /// Returns a log with one row: the message that edits are about.
    pub fn new() -> Self {
        Self(vec![Row {
            seq: 1,
            client: '-',
            node: 0,
            kind: Kind::Message,
        }])
    }

    /// Returns the stored rows, lowest seq first.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }

    /// Returns the highest seq.
    pub fn last(&self) -> u8 {
        self.0.last().map_or(0, |row| row.seq)
    }

    /// Returns the seq under which `client` is stored, if it is.
    pub fn seq_of(&self, client: char) -> Option<u8> {
        self.0.iter().find(|r| r.client == client).map(|r| r.seq)
    }

    /// Returns every index that refuses `row`; a server names any one of them.
    pub fn refusing(&self, row: &Row, without: Option<Rule>) -> Vec<Index> {
        let any = |same: &dyn Fn(&Row) -> bool| self.0.iter().any(same);
        let kept = |rule| without != Some(rule);
        let edit = row.kind == Kind::Edit;
        let checks = [
            (
                Index::Id,
                any(&|r| (r.client, r.node) == (row.client, row.node)),
            ),
            (
                Index::Seq,
                kept(Rule::UniqueSeq) && any(&|r| r.seq == row.seq),
            ),
            (
                Index::ClientId,
                kept(Rule::UniqueClientId) && any(&|r| r.client == row.client),
            ),
            (
                Index::Rev,
                kept(Rule::UniqueRev) && edit && any(&|r| r.kind == Kind::Edit),
            ),
        ];
        checks
            .into_iter()
            .filter(|(_, hit)| *hit)
            .map(|(index, _)| index)
            .collect()
    }

    /// Stores `row`; the caller has asked [`Self::refusing`].
    pub fn insert(&mut self, row: Row) {
        self.0.push(row);
        self.0.sort_unstable();
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::new()
    }
}

/// An insertMany on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// The node that waits for the answer; nobody waits for a zombie.
    pub waiting: Option<usize>,
    /// All its rows.
    pub rows: Vec<Row>,
    /// The row that meets the store next.
    pub next: usize,
    /// The first row that was refused, and by which index.
    pub refused: Option<(usize, Index)>,
}

impl Request {
    /// Lets the next row meet the store; `refused` names the index that the
    /// server reports if it refuses the row. Returns whether the request is over.
    pub fn land(&mut self, log: &mut Log, refused: Option<Index>, ordered: bool) -> bool {
        match refused {
            None => log.insert(self.rows[self.next]),
            Some(index) => self.refused = self.refused.or(Some((self.next, index))),
        }
        self.next += 1;
        self.next == self.rows.len() || (ordered && self.refused.is_some())
    }
}
