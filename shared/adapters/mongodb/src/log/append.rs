//! Appending: number what waits, insert it in one ordered request, make of the answer what it is
//! worth, and go on until nothing waits.
//!
//! What is certain: the rows before the index of an error are stored, those from it on are not by
//! this request. What never is: whether a request that was not answered lands, now or later. Then
//! the client_ids decide, which the log has at most once.

mod look_up;

use std::collections::VecDeque;

use domain::{Appended, Code, Error, NewRow, Refusal, RoomId, ports::Clock, to_millis};
use tokio::time::{Instant, sleep};

use super::{
    Stamp,
    plan::{Pending, Plan, Planned, plan},
    tails::Tail,
    targets::Targets,
};
use crate::{
    db::Db,
    failure::{Failure, Unique},
};

/// The rows of one append on their way into the log.
pub(super) struct Batch<'a> {
    db: &'a Db,
    clock: &'a dyn Clock,
    room: RoomId,
    tail: &'a mut Tail,
    pending: VecDeque<Pending>,
    /// One per row asked for, then one per first row of the room.
    answers: Vec<Option<Appended>>,
    asked: usize,
    /// Whether the room's first rows were put before the others.
    begun: bool,
    /// Whether a request has left, so that something may be stored.
    sent: bool,
    /// Whether there was a request of which nothing is known.
    doubt: bool,
}

/// What became of an insert.
enum Sent {
    Stored,
    Stopped(usize, Unique),
    Lost(Failure),
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        (db, clock): (&'a Db, &'a dyn Clock),
        room: RoomId,
        tail: &'a mut Tail,
        rows: Vec<NewRow>,
    ) -> Self {
        let asked = rows.len();
        let waits = |(at, new)| Pending {
            new,
            at,
            doubtful: false,
        };
        Self {
            db,
            clock,
            room,
            tail,
            pending: rows.into_iter().enumerate().map(waits).collect(),
            answers: vec![None; asked],
            asked,
            begun: false,
            sent: false,
            doubt: false,
        }
    }

    /// Goes on until nothing waits. Fails only while surely nothing is stored; the caller sets the
    /// deadline.
    pub(super) async fn run(&mut self) -> Result<(), Failure> {
        while !self.pending.is_empty() {
            match self.round().await {
                Ok(()) => {}
                Err(failure) if self.sent => {
                    tracing::debug!(room = %self.room, %failure, "an append is in doubt");
                    self.doubt = true;
                    sleep(self.tail.round_trip()).await;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// The answers; `ran` is `None` at the deadline.
    pub(super) fn finish(
        mut self,
        ran: Option<Result<(), Failure>>,
    ) -> Result<Vec<Appended>, Error> {
        match ran {
            Some(Err(failure)) => return Err(failure.into()),
            None if !self.sent => return Err(Failure::TimedOut.into()),
            None => self.tail.forget(),
            Some(Ok(())) => {}
        }
        self.answers.truncate(self.asked);
        let answers = self.answers.into_iter();
        Ok(answers
            .map(|answer| answer.unwrap_or(Appended::Unknown))
            .collect())
    }

    async fn round(&mut self) -> Result<(), Failure> {
        if self.doubt {
            self.tail.forget();
            self.last().await?;
            self.look_up().await?;
            self.doubt = false;
            return Ok(());
        }
        let last = self.last().await?;
        if last.closed {
            return self.refuse_all(Refusal::RoomDeleted).await;
        }
        let Plan { rows, refused } = self.plan(last).await?;
        if !refused.is_empty() {
            return self.refuse(refused).await;
        }
        match self.send(&rows).await {
            Sent::Stored => self.stored(rows).await?,
            Sent::Stopped(index, by) => return self.stopped(rows, index, by).await,
            Sent::Lost(failure) => {
                self.doubt_first(rows.len());
                return Err(failure);
            }
        }
        if let Some(pause) = self.tail.won() {
            sleep(pause).await;
        }
        Ok(())
    }

    /// The newest row. Before the first comes what the room brings along.
    async fn last(&mut self) -> Result<Stamp, Failure> {
        if let Some(last) = self.tail.last() {
            return Ok(last);
        }
        let Some(last) = self.db.newest(self.room).await? else {
            return self.begin().await;
        };
        self.tail.keep(last);
        Ok(last)
    }

    async fn begin(&mut self) -> Result<Stamp, Failure> {
        let first = Stamp::before_the_first();
        if self.begun {
            return Ok(first);
        }
        let room = self.db.any_room(self.room).await?;
        let room = room.ok_or_else(|| Error::new(Code::RoomNotFound))?;
        if room.deleted_at.is_some() {
            return Ok(Stamp {
                closed: true,
                ..first
            });
        }
        for new in self.db.first_rows(self.room).await?.into_iter().rev() {
            self.pending.push_front(Pending {
                new,
                at: self.answers.len(),
                doubtful: false,
            });
            self.answers.push(None);
        }
        self.begun = true;
        Ok(first)
    }

    async fn plan(&self, last: Stamp) -> Result<Plan, Failure> {
        let rows = self.pending.iter().map(|pending| &pending.new);
        let now = to_millis(self.clock.now());
        let mut targets = Targets::read((self.db, now), self.room, rows).await?;
        Ok(plan(
            self.room,
            (last, now),
            &mut targets,
            self.pending.iter(),
        ))
    }

    async fn send(&mut self, rows: &[Planned]) -> Sent {
        let records = rows.iter().map(|planned| &planned.record);
        let insert = self.db.rows.insert_many(records).ordered(true);
        let (begun, before) = (Instant::now(), self.sent);
        self.sent = true;
        let Err(failure) = self.db.call(insert).await else {
            self.tail.took(begun.elapsed());
            return Sent::Stored;
        };
        self.sent = before || !failure.is_unsent();
        match failure.stopped_at() {
            Some((index, by)) if index < rows.len() => Sent::Stopped(index, by),
            _ => Sent::Lost(failure),
        }
    }

    /// Takes the first rows that wait as stored, and answers them once they are applied.
    async fn stored(&mut self, rows: Vec<Planned>) -> Result<(), Failure> {
        let Some(last) = rows.last() else {
            return Ok(());
        };
        self.tail.keep(Stamp::of(&last.row));
        for planned in &rows {
            if let Err(failure) = self.db.apply(&planned.record).await {
                self.doubt_first(rows.len());
                return Err(failure);
            }
        }
        for (waiting, planned) in self.pending.drain(..rows.len()).zip(rows) {
            self.answers[waiting.at] = Some(Appended::Stored(planned.row));
        }
        Ok(())
    }

    /// Takes what was stored before the insert met a duplicate, and clears the duplicate up.
    async fn stopped(
        &mut self,
        mut rows: Vec<Planned>,
        index: usize,
        by: Unique,
    ) -> Result<(), Failure> {
        let refused = rows.drain(index..).next().map(|planned| planned.row);
        self.stored(rows).await?;
        let (Some(refused), Some(at)) = (refused, self.pending.front().map(|first| first.at))
        else {
            return Ok(());
        };
        if by == Unique::Seq {
            self.tail.lost();
            if self.last().await?.seq < refused.seq {
                // The majority does not show yet what refused it.
                self.tail.forget();
                sleep(self.tail.round_trip()).await;
            }
            return Ok(());
        }
        self.look_up().await?;
        if self.answers[at].is_none() && self.is_taken(&refused).await? {
            self.answer(at, Appended::Mismatch);
        } else if self.answers[at].is_none() {
            // A revision, which the next plan decides on; or not shown by the majority yet.
            self.tail.forget();
            sleep(self.tail.round_trip()).await;
        }
        Ok(())
    }

    fn answer(&mut self, at: usize, answer: Appended) {
        self.answers[at] = Some(answer);
        self.pending.retain(|waiting| waiting.at != at);
    }

    fn doubt_first(&mut self, count: usize) {
        for waiting in self.pending.iter_mut().take(count) {
            waiting.doubtful = true;
        }
    }
}
