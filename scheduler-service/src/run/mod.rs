//! One run, from its claim to its end.
//!
//! A run goes through its rooms by rising id, and through each room in batches. Between batches
//! it asks whether to go on. Whatever stops it, wherever: each step is compare-and-set on the
//! messages themselves, the record says which room is next, and whoever takes the run over counts
//! anew what had been moved there. The outcome of each room is a row of its own, so that what a
//! run writes grows with its rooms, and not with their square.

mod record;

use std::sync::Arc;

use domain::{
    Error, Result, Room, RoomId,
    archive::{DueCount, Phase, RoomCount, Run, Trigger},
    ports::{Clock, Store},
};

pub use self::record::Pace;
pub(crate) use self::record::{Go, Record, Right};
use crate::{
    metrics,
    room_log::{self, RoomLog},
    scope::Rooms,
    work::{Work, name_of},
};

/// How often a room is tried while the store is away: with the default pace for half a minute. A
/// plan, for which somebody waits, tries once more and goes on.
const ATTEMPTS: u32 = 5;

/// How often a batch goes back to a message that was changed under its hands. After that the
/// message waits for the next run.
const RETURNS: u32 = 3;

/// How many leftover copies are collected at once.
const COLLECT: usize = 1_000;

/// A run at work.
pub(crate) struct Runner {
    pub(crate) record: Record,
    pub(crate) work: Box<dyn Work>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rooms: Arc<dyn RoomLog>,
}

impl Runner {
    /// Works until the run is over or is to be gone on with elsewhere. Dropping it is like a
    /// crash: whoever finds the run goes on.
    pub(crate) async fn run(mut self) {
        let end = self.go_through().await;
        if let Err(error) = self.close(end).await {
            // The record still says that it runs, so the next scan takes it up.
            tracing::warn!(run = %self.record.run.id, %error, "archive run could not be closed");
        }
        self.record.release().await;
    }

    async fn go_through(&mut self) -> Result<Go> {
        let (rooms, missing) = Rooms::of(&*self.store, &self.record.run).await?;
        self.record.run.missing = missing;
        if let Some(at) = self.record.run.at.as_ref().map(|at| at.room) {
            match self.page_through(Rooms::Listed(vec![at]), None).await? {
                Go::On => {}
                stop => return Ok(stop),
            }
            // It is still there if its room is gone by now.
            self.record.put_away().await?;
        }
        match self.page_through(rooms, self.record.run.after).await? {
            Go::On => self.collect().await,
            stop => Ok(stop),
        }
    }

    async fn page_through(&mut self, rooms: Rooms, mut after: Option<RoomId>) -> Result<Go> {
        loop {
            let page = rooms.page(&*self.store, after).await?;
            for room in &page.rooms {
                match self.patiently(room).await? {
                    Go::On => {}
                    stop => return Ok(stop),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Go::On),
            }
        }
    }

    /// Does one room, and tries again while the store is away.
    async fn patiently(&mut self, room: &Room) -> Result<Go> {
        let mut attempt = 0;
        loop {
            match self.room(room).await {
                Err(error) if error.code().temporary() && attempt < self.patience() => {
                    tracing::warn!(run = %self.record.run.id, %error, "archive run waits");
                    self.record.pause(attempt).await;
                    attempt += 1;
                }
                Err(error) => return self.give_up(room, &error).await,
                Ok(go) => return Ok(go),
            }
        }
    }

    fn patience(&self) -> u32 {
        match self.record.run.trigger {
            Trigger::DryRun => 1,
            _ => ATTEMPTS,
        }
    }

    /// Leaves a room as it is, so that it does not keep the others from their turn, tonight and
    /// every night. Fails when not even that can be written down: then it is not the room.
    async fn give_up(&mut self, room: &Room, error: &Error) -> Result<Go> {
        log_room_failure(&self.record.run, room, error);
        if self.begun(room).is_none() {
            let count = RoomCount::begin(room.id, name_of(room), DueCount::default());
            self.record.run.at = Some(count);
        }
        self.tell_part(room).await;
        let count = self.count();
        count.error = Some(error.to_string());
        count.done = true;
        self.record.put_away().await?;
        Ok(Go::On)
    }

    async fn room(&mut self, room: &Room) -> Result<Go> {
        match self.record.beat().await? {
            Go::On => {}
            stop => return Ok(stop),
        }
        if !self.begin(room).await? {
            self.record.run.after = Some(room.id);
            return Ok(Go::On);
        }
        match self.batches().await? {
            Go::On => {}
            stop => return Ok(stop),
        }
        self.tell(room).await?;
        self.count().done = true;
        self.record.put_away().await?;
        Ok(Go::On)
    }

    /// Looks at a room for the first time, or again after an interruption. `false`: there is
    /// nothing to do.
    async fn begin(&mut self, room: &Room) -> Result<bool> {
        if self.begun(room).is_some() {
            self.recount().await?;
            return Ok(true);
        }
        let Some(count) = self.work.survey(room).await? else {
            return Ok(false);
        };
        self.record.run.at = Some(count);
        // Before anything moves: what is counted after a crash would be less.
        self.record.save().await?;
        Ok(true)
    }

    fn begun(&self, room: &Room) -> Option<&RoomCount> {
        let at = self.record.run.at.as_ref();
        at.filter(|count| count.room == room.id)
    }

    async fn recount(&mut self) -> Result<()> {
        match &mut self.record.run.at {
            Some(count) => self.work.recount(count).await,
            None => Ok(()),
        }
    }

    async fn batches(&mut self) -> Result<Go> {
        let (mut returns, mut highest) = (0, 0);
        loop {
            match self.record.beat().await? {
                Go::On => {}
                stop => return Ok(stop),
            }
            let count = self.count().clone();
            let Some(batch) = self.work.batch(&count).await? else {
                let count = self.count();
                count.through = count.through.max(highest);
                return Ok(Go::On);
            };
            highest = highest.max(batch.last);
            let through = match batch.lost {
                Some(lost) if returns < RETURNS => {
                    returns += 1;
                    lost - 1
                }
                _ => {
                    returns = 0;
                    batch.last
                }
            };
            let count = self.count();
            count.moved += batch.moved;
            count.through = through;
            metrics::moved(batch.moved);
            // Somebody may watch.
            self.record.save().await?;
        }
    }

    /// Tells the room, up to the last message that was moved.
    async fn tell(&mut self, room: &Room) -> Result<()> {
        let (moved, through) = (self.count().moved, self.count().through);
        if moved == 0 || !self.work.changes_rooms() {
            return Ok(());
        }
        room_log::tell(&*self.rooms, room, &self.record.run, through).await
    }

    /// Tells a room that is left in the middle, for nobody else will. That it could not be told is
    /// no reason not to go on.
    async fn tell_part(&mut self, room: &Room) {
        let told = match self.recount().await {
            Ok(()) => self.tell(room).await,
            error => error,
        };
        if let Err(error) = told {
            let run = self.record.run.id;
            tracing::warn!(%run, room = %room.id, %error, "room not told what was archived");
        }
    }

    /// Tells the room in which the run was stopped.
    async fn tell_last(&mut self) {
        let Some(last) = self.record.run.at.as_ref().map(|count| count.room) else {
            return;
        };
        match self.store.room(last).await {
            Ok(Some(room)) => self.tell_part(&room).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(room = %last, %error, "room not told what was archived"),
        }
    }

    /// What is known of the room at work.
    fn count(&mut self) -> &mut RoomCount {
        let at = self.record.run.at.as_mut();
        at.expect("a room is begun before it is worked on")
    }

    /// Clears up after movers that lost or died, also of earlier runs.
    async fn collect(&mut self) -> Result<Go> {
        if !self.work.changes_rooms() {
            return Ok(Go::On);
        }
        while self.store.collect(COLLECT).await? == COLLECT as u64 {
            match self.record.beat().await? {
                Go::On => {}
                stop => return Ok(stop),
            }
        }
        Ok(Go::On)
    }

    async fn close(&mut self, end: Result<Go>) -> Result<()> {
        let phase = match end {
            Ok(Go::On) => self.verdict(),
            Ok(Go::Cancelled) => Phase::Cancelled,
            Ok(Go::Interrupted) => return self.leave().await,
            Err(error) => {
                log_failure(&self.record.run, &error);
                self.record.run.error = Some(error.to_string());
                Phase::Failed
            }
        };
        self.tell_last().await;
        self.record.put_away().await?;
        let now = self.clock.now();
        if self.record.close(phase, now).await? {
            metrics::ended(&self.record.run, now);
            log_end(&self.record.run);
        }
        Ok(())
    }

    /// How a run ends that came to every room. A plan that could not count some is good for the
    /// others, and names them.
    fn verdict(&mut self) -> Phase {
        let run = &mut self.record.run;
        run.error = rooms_left(run);
        match run.error {
            Some(_) if run.trigger != Trigger::DryRun => Phase::Failed,
            _ => Phase::Finished,
        }
    }

    /// Leaves the run to whoever comes next.
    async fn leave(&mut self) -> Result<()> {
        let ours = self.record.save().await?;
        tracing::info!(run = %self.record.run.id, ours, "archive run interrupted");
        Ok(())
    }
}

/// Says of how many rooms nothing, or not all, was done.
fn rooms_left(run: &Run) -> Option<String> {
    let first = run.first_failure.as_deref()?;
    Some(match run.through.failed {
        1 => format!("1 room failed: {first}"),
        rooms => format!("{rooms} rooms failed; the first: {first}"),
    })
}

fn log_room_failure(run: &Run, room: &Room, error: &Error) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(run = %run.id, room = %room.id, %error, cause, "archive run leaves a room");
}

fn log_failure(run: &Run, error: &Error) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(
        run = %run.id, policy = run.policy.name, %error, cause, "archive run failed"
    );
}

fn log_end(run: &Run) {
    let total = run.total();
    tracing::info!(
        run = %run.id,
        policy = run.policy.name,
        trigger = ?run.trigger,
        phase = ?run.phase,
        rooms = total.rooms,
        due = total.due,
        moved = total.moved,
        held = total.held,
        missed_slots = run.missed_slots,
        "archive run ended"
    );
}

#[cfg(test)]
mod tests;
