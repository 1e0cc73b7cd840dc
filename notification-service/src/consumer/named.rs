//! The rows that a batch of hints names, read together: rows of a room that lie near each other cost
//! one read.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Envelope, Result, RoomId, Row, Seq, ports::Log};
use edge::in_time;
use futures_util::{StreamExt, stream};

use super::{AT_ONCE, Failure};

/// How far rows may lie apart to be read together, with those between them: other processes take
/// hints of the same room.
const NEAR: Seq = 16;

/// What a batch of hints names.
pub(super) struct Named(BTreeMap<RoomId, Vec<Read>>);

/// Rows from one that a hint names to another, as they are now, or why they were not read.
struct Read {
    last: Seq,
    rows: Result<Vec<Row>, Failure>,
}

impl Named {
    /// Reads what hints name.
    pub(super) async fn read(log: &dyn Log, hints: impl Iterator<Item = &Envelope>) -> Self {
        let mut wanted: BTreeMap<RoomId, BTreeSet<Seq>> = BTreeMap::new();
        for hint in hints.filter(|hint| hint.seq > 0) {
            wanted.entry(hint.room).or_default().insert(hint.seq);
        }
        let runs: Vec<(RoomId, Vec<Seq>)> = wanted.into_iter().flat_map(runs).collect();
        let read = async |(room, run): (RoomId, Vec<Seq>)| (room, read_run(log, room, &run).await);
        let mut reads = stream::iter(runs).map(read).buffered(AT_ONCE);
        let mut named: BTreeMap<RoomId, Vec<Read>> = BTreeMap::new();
        while let Some((room, read)) = reads.next().await {
            named.entry(room).or_default().extend(read);
        }
        Self(named)
    }

    /// Each room in which something was said, and its newest row that says something.
    pub(super) fn news(&self) -> impl Iterator<Item = (RoomId, Seq)> {
        self.0.iter().filter_map(|(room, reads)| {
            let rows = reads.iter().filter_map(|read| read.rows.as_ref().ok());
            let newest = rows.flatten().rev().find(|row| row.is_news())?;
            Some((*room, newest.seq))
        })
    }

    /// The row that a hint names; `None` for an old change that was dropped while the hint waited,
    /// since nobody is told any more of what is so old.
    pub(super) fn row(&self, hint: &Envelope) -> Result<Option<&Row>, Failure> {
        if hint.seq == 0 {
            return Err(Failure::Lasting("seqs begin with 1".to_owned()));
        }
        let reads = self.0.get(&hint.room).into_iter().flatten();
        let read = reads.into_iter().find(|read| hint.seq <= read.last);
        let rows = read.map_or(Ok(&[][..]), |read| match &read.rows {
            Ok(rows) => Ok(rows.as_slice()),
            Err(failure) => Err(failure.clone()),
        })?;
        match rows.iter().find(|row| row.seq >= hint.seq) {
            Some(row) if row.seq > hint.seq => Ok(None),
            Some(row) if row.id == hint.id => Ok(Some(row)),
            _ => Err(Failure::Lasting("there is no such row".to_owned())),
        }
    }
}

fn runs((room, seqs): (RoomId, BTreeSet<Seq>)) -> Vec<(RoomId, Vec<Seq>)> {
    let seqs: Vec<Seq> = seqs.into_iter().collect();
    let runs = seqs.chunk_by(|a, b| b - a <= NEAR);
    runs.map(|run| (room, run.to_vec())).collect()
}

/// Reads a run. Where that fails and the store is well, one row may be the reason: each is read by
/// itself then, so that it holds up no other.
async fn read_run(log: &dyn Log, room: RoomId, run: &[Seq]) -> Vec<Read> {
    match read(log, room, run).await {
        Err(error) if run.len() > 1 && !error.code().temporary() => {
            let mut alone = Vec::with_capacity(run.len());
            for seq in run {
                alone.push(Read::of(*seq, read(log, room, &[*seq]).await));
            }
            alone
        }
        rows => vec![Read::of(run[run.len() - 1], rows)],
    }
}

async fn read(log: &dyn Log, room: RoomId, run: &[Seq]) -> Result<Vec<Row>> {
    let (first, last) = (run[0], run[run.len() - 1]);
    let count = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
    in_time(log.rows(room, first - 1, count)).await
}

impl Read {
    fn of(last: Seq, rows: Result<Vec<Row>>) -> Self {
        let rows = rows.map_err(Failure::from);
        Self { last, rows }
    }
}
