//! A writing node: what it knows, and what it makes of the store's answers.

use super::store::{Index, Log, Request, Row};
use super::{Kind, Rule};

/// What a client was told about its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    /// The command's `client_id`.
    pub client: char,
    /// What was said.
    pub outcome: Outcome,
}

/// The two definite answers; everything else is "unknown", which claims nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The row is stored under this seq, now or by an earlier attempt.
    Stored(u8),
    /// Another edit has the revision.
    Conflict {
        /// Whether the command's own row was stored at that moment, which makes
        /// the answer a lie.
        own_row_stored: bool,
    },
}

/// Why a node must look something up before it writes again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// Nothing to look up.
    #[default]
    None,
    /// A request timed out: any of the pending rows may be stored.
    Pending,
    /// The first pending row was refused by this index, at this seq.
    Refused(Index, u8),
}

/// A writing node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Node {
    /// The highest seq that it knows to be taken; `None` means: read it.
    pub last: Option<u8>,
    /// Commands that wait for an answer, oldest first.
    pub pending: Vec<(char, Kind)>,
    /// How many of them, from the front, are in flight.
    pub sent: usize,
    /// What has to be cleared up first.
    pub doubt: Doubt,
}

impl Node {
    /// Tells whether the node may write now.
    pub fn may_send(&self, without: Option<Rule>) -> bool {
        let free = self.sent == 0 || without == Some(Rule::OneInFlight);
        free && self.doubt == Doubt::None && self.last.is_some() && self.pending.len() > self.sent
    }

    /// Returns the request with all that is pending and not yet sent.
    pub fn send(&mut self, me: usize) -> Request {
        let first = self.last.unwrap_or(0) + 1;
        let rows: Vec<Row> = (first..)
            .zip(&self.pending)
            .skip(self.sent)
            .map(|(seq, &(client, kind))| Row {
                seq,
                client,
                node: me,
                kind,
            })
            .collect();
        self.sent = self.pending.len();
        Request {
            waiting: Some(me),
            rows,
            next: 0,
            refused: None,
        }
    }

    /// Takes the store's answer to `request` and returns the rows that it
    /// acknowledges.
    pub fn receive(&mut self, request: &Request, without: Option<Rule>) -> Vec<Answer> {
        let stored = match request.refused {
            None => request.rows.len(),
            Some((index, _)) if without == Some(Rule::CountFromErrorIndex) => index + 1,
            Some((index, _)) => index,
        };
        let acked = &request.rows[..stored];
        self.pending.drain(..stored.min(self.pending.len()));
        self.sent = self.sent.saturating_sub(request.rows.len());
        self.last = acked.last().map(|row| row.seq).or(self.last);
        match request.refused {
            Some((_, Index::Seq)) => self.last = None,
            Some((index, by)) if index == stored => {
                self.doubt = Doubt::Refused(by, request.rows[index].seq)
            }
            _ => {}
        }
        acked
            .iter()
            .map(|row| Answer {
                client: row.client,
                outcome: Outcome::Stored(row.seq),
            })
            .collect()
    }

    /// Stops waiting for the request in flight.
    pub fn time_out(&mut self, without: Option<Rule>) {
        let assumed = self.last.map(|last| last + self.sent as u8);
        self.last = assumed.filter(|_| without == Some(Rule::ReadLastAfterTimeOut));
        self.sent = 0;
        self.doubt = Doubt::Pending;
    }

    /// Looks every pending command up and returns answers for those found.
    pub fn look_up_pending(&mut self, log: &Log) -> Vec<Answer> {
        self.doubt = Doubt::None;
        let answers = self
            .pending
            .iter()
            .filter_map(|&(client, _)| {
                Some(Answer {
                    client,
                    outcome: Outcome::Stored(log.seq_of(client)?),
                })
            })
            .collect();
        self.pending
            .retain(|&(client, _)| log.seq_of(client).is_none());
        answers
    }

    /// Clears up why the first pending row was refused, takes it out and
    /// returns its answer.
    pub fn look_up(&mut self, log: &Log, without: Option<Rule>) -> Option<Answer> {
        let Doubt::Refused(index, tried) = std::mem::take(&mut self.doubt) else {
            return None;
        };
        let (client, _) = self.pending.remove(0);
        if without == Some(Rule::NumberAnew) {
            self.last = self.last.map(|last| last + 1);
        }
        let original = log.seq_of(client);
        let conflict = Outcome::Conflict {
            own_row_stored: original.is_some(),
        };
        let outcome = match (index, original) {
            (Index::Rev, _) if without == Some(Rule::LookUpBeforeConflict) => conflict,
            (Index::Id | Index::ClientId, _) if without == Some(Rule::LookUpOriginal) => {
                Outcome::Stored(tried)
            }
            (_, Some(seq)) => Outcome::Stored(seq),
            (_, None) => conflict,
        };
        Some(Answer { client, outcome })
    }
}
