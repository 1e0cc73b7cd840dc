//! The two lanes before the writer, and the rule for whose turn it is.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{Error, Result};

use super::{busy, job::Job};

/// How long commands must have been idle before background work goes on.
const IDLE: Duration = Duration::from_millis(5);

/// How long background work waits at most.
const PATIENCE: Duration = Duration::from_millis(50);

/// Who waits for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A person: comes first.
    Command,
    /// Nobody in particular: marks, queue, receipts, archive, clean-up.
    Background,
}

type Waiting = Box<dyn Job>;

/// Bounded lanes of jobs, shared by the writer and everybody else.
pub(crate) struct Lanes {
    state: Mutex<State>,
    changed: Condvar,
    commands: usize,
    background: usize,
}

struct State {
    commands: VecDeque<Waiting>,
    background: VecDeque<(Instant, Waiting)>,
    closed: bool,
    /// The lane that was served last, and until when.
    served: Option<(Lane, Instant)>,
    /// When the last command was done.
    commanded: Option<Instant>,
}

/// What the writer should do.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Serve(Lane),
    Wait(Option<Duration>),
    End,
}

impl Lanes {
    pub(crate) fn new(commands: usize, background: usize) -> Self {
        let state = State {
            commands: VecDeque::new(),
            background: VecDeque::new(),
            closed: false,
            served: None,
            commanded: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            commands,
            background,
        }
    }

    /// Adds a job: `busy` when its lane is full, `unavailable` after the end.
    pub(crate) fn push(&self, lane: Lane, job: Waiting) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::unavailable("the store is closed"));
        }
        match lane {
            Lane::Command if state.commands.len() < self.commands => state.commands.push_back(job),
            Lane::Background if state.background.len() < self.background => {
                state.background.push_back((Instant::now(), job));
            }
            Lane::Command | Lane::Background => return Err(busy()),
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits until a lane has its turn. `None` after the end, once both are empty.
    pub(crate) fn next(&self) -> Option<Lane> {
        let mut state = self.lock();
        loop {
            match state.turn(Instant::now()) {
                Turn::Serve(lane) => return Some(lane),
                Turn::End => return None,
                Turn::Wait(None) => {
                    let woken = self.changed.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
                Turn::Wait(Some(pause)) => {
                    let woken = self.changed.wait_timeout(state, pause);
                    state = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Takes the next job of a lane.
    pub(crate) fn pop(&self, lane: Lane) -> Option<Waiting> {
        let mut state = self.lock();
        match lane {
            Lane::Command => state.commands.pop_front(),
            Lane::Background => state.background.pop_front().map(|(_, job)| job),
        }
    }

    /// How many jobs wait in a lane.
    #[cfg(test)]
    pub(crate) fn len(&self, lane: Lane) -> usize {
        let state = self.lock();
        match lane {
            Lane::Command => state.commands.len(),
            Lane::Background => state.background.len(),
        }
    }

    /// Notes that a lane was served.
    pub(crate) fn served(&self, lane: Lane) {
        let now = Instant::now();
        let mut state = self.lock();
        state.served = Some((lane, now));
        if lane == Lane::Command {
            state.commanded = Some(now);
        }
    }

    /// Lets nothing more in.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Lets nothing more in and drops what waits: the writer is gone.
    pub(crate) fn abandon(&self) {
        self.close();
        let mut state = self.lock();
        state.commands.clear();
        state.background.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&self, now: Instant) -> Turn {
        let background = self.background_in(now);
        // Overdue background work takes turns with the commands; else these come first.
        let its_turn = !matches!(self.served, Some((Lane::Background, _)));
        match (self.commands.is_empty(), background) {
            (false, Some((true, _))) if its_turn => Turn::Serve(Lane::Background),
            (false, _) => Turn::Serve(Lane::Command),
            (true, Some((_, Duration::ZERO))) => Turn::Serve(Lane::Background),
            (true, Some((_, pause))) => Turn::Wait(Some(pause)),
            (true, None) if self.closed => Turn::End,
            (true, None) => Turn::Wait(None),
        }
    }

    /// Whether background work is overdue, and in how long it may go on if no command comes.
    fn background_in(&self, now: Instant) -> Option<(bool, Duration)> {
        let (since, _) = self.background.front()?;
        let waited = now.saturating_duration_since(*since);
        let overdue = waited >= PATIENCE;
        if overdue || self.closed {
            return Some((overdue, Duration::ZERO));
        }
        let idle = self
            .commanded
            .map_or(IDLE, |last| now.saturating_duration_since(last));
        let pause = IDLE.saturating_sub(idle).min(PATIENCE - waited);
        Some((false, pause))
    }
}
