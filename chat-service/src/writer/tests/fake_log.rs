//! A log in memory that fails on demand.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Appended, Body, Change, Error, Head, Message, NewChange, NewRow, Result, RoomId, Row, Seq,
    TenantId, Timestamp,
    notification::Position,
    ports::{Dropped, Log},
};
use tokio::time;

use crate::writer::{Announce, Stored};

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It takes so long.
    Slow(Duration),
    /// All is stored, and the answer is lost.
    AnswerLost,
    /// Nothing is stored, and nobody knows.
    RequestLost,
    /// The rows from this index on are not stored, and nobody knows.
    UnknownFrom(usize),
    /// Surely nothing is stored.
    Unavailable,
}

/// A log of one room, and what it was asked and has told.
#[derive(Default)]
pub(super) struct FakeLog {
    pub(super) faults: Mutex<VecDeque<Fault>>,
    pub(super) rows: Mutex<Vec<Row>>,
    pub(super) announced: Mutex<Vec<Seq>>,
    pub(super) batches: Mutex<Vec<usize>>,
    under_way: AtomicUsize,
}

impl FakeLog {
    pub(super) fn failing(faults: &[Fault]) -> Arc<Self> {
        Arc::new(Self {
            faults: Mutex::new(faults.iter().copied().collect()),
            ..Self::default()
        })
    }

    /// What is stored, as text, in the order of the log.
    pub(super) fn texts(&self) -> Vec<String> {
        let rows = self.rows.lock().unwrap();
        let text = |row: &Row| row.message()?.content().map(|c| c.as_text().to_owned());
        rows.iter().filter_map(text).collect()
    }

    fn store(&self, room: RoomId, new: NewRow) -> Appended {
        let mut rows = self.rows.lock().unwrap();
        let known = |row: &&Row| (row.sender, row.client_id) == (new.sender, new.client_id);
        if let Some(row) = rows.iter().find(known) {
            return Appended::Repeat(row.clone());
        }
        let row = as_stored(room, rows.len() as Seq + 1, new);
        rows.push(row.clone());
        Appended::Stored(row)
    }
}

fn as_stored(room: RoomId, seq: Seq, new: NewRow) -> Row {
    let NewChange::Message { content } = new.change else {
        panic!("only messages are written in these tests");
    };
    let message = Message {
        id: new.id,
        room,
        seq,
        sender: new.sender,
        client_id: new.client_id,
        created_at: Timestamp::UNIX_EPOCH,
        edited_at: None,
        rev: 1,
        body: Body::Present { content },
        archived: false,
    };
    Row {
        id: new.id,
        room,
        seq,
        generation: 0,
        sender: new.sender,
        client_id: new.client_id,
        created_at: message.created_at,
        change: Change::Message(message),
    }
}

#[async_trait]
impl Log for FakeLog {
    async fn append(&self, room: RoomId, rows: Vec<NewRow>) -> Result<Vec<Appended>> {
        assert_eq!(
            self.under_way.fetch_add(1, Ordering::SeqCst),
            0,
            "two appends at once"
        );
        self.batches.lock().unwrap().push(rows.len());
        let fault = self.faults.lock().unwrap().pop_front();
        if let Some(Fault::Slow(pause)) = fault {
            time::sleep(pause).await;
        }
        let known = match fault {
            Some(Fault::UnknownFrom(index)) => index,
            Some(Fault::RequestLost | Fault::Unavailable) => 0,
            _ => rows.len(),
        };
        let answer = |(index, row)| match index < known {
            true => self.store(room, row),
            false => Appended::Unknown,
        };
        let answers = rows.into_iter().enumerate().map(answer).collect();
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        match fault {
            Some(Fault::AnswerLost | Fault::RequestLost) => Err(Error::unknown_outcome("cut")),
            Some(Fault::Unavailable) => Err(Error::unavailable("away")),
            _ => Ok(answers),
        }
    }

    async fn heads(&self, _: &[RoomId]) -> Result<Vec<Head>> {
        unreachable!("a writer asks for no heads")
    }

    async fn since(&self, _: Timestamp, _: Option<RoomId>, _: usize) -> Result<Vec<Head>> {
        unreachable!("a writer looks for no rooms")
    }

    async fn rows(&self, _: RoomId, _: Seq, _: usize) -> Result<Vec<Row>> {
        unreachable!("a writer reads no rows")
    }

    async fn drop_changes(&self, _: Timestamp, _: Option<Position>, _: usize) -> Result<Dropped> {
        unreachable!("a writer drops no rows")
    }
}

#[async_trait]
impl Announce for FakeLog {
    async fn announce(&self, _: &TenantId, rows: Vec<Stored>) {
        let seqs = rows.iter().map(|stored| stored.row.seq);
        self.announced.lock().unwrap().extend(seqs);
    }
}
