//! What was heard, by all together: how much, how late, and what was wrong with it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tokio::{sync::Notify, time::timeout};

use super::gate::Gate;
use crate::histogram::Histogram;

/// How long what was said may take to arrive everywhere, once nobody talks any more.
const PATIENCE: Duration = Duration::from_secs(60);
/// As many faults as are told.
const TOLD: usize = 5;

/// The counts of a crowd.
pub(crate) struct Tally {
    begun: Instant,
    delivered: Cell<u64>,
    answered: Cell<u64>,
    bytes: Cell<u64>,
    latency: RefCell<Histogram>,
    gate: RefCell<Option<Rc<Gate>>>,
    faults: RefCell<Vec<String>>,
    moved: Notify,
}

/// What was counted since the last time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// Messages that listeners heard.
    pub(crate) delivered: u64,
    /// Answers that talkers got.
    pub(crate) answered: u64,
    /// Bytes of all frames that listeners heard.
    pub(crate) bytes: u64,
    /// How late each message was.
    pub(crate) latency: Histogram,
}

impl Tally {
    /// Nothing heard yet.
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            begun: Instant::now(),
            delivered: Cell::new(0),
            answered: Cell::new(0),
            bytes: Cell::new(0),
            latency: RefCell::default(),
            gate: RefCell::default(),
            faults: RefCell::default(),
            moved: Notify::new(),
        })
    }

    /// Nanoseconds since the beginning, which stamps carry.
    pub(crate) fn now(&self) -> u64 {
        self.since(Instant::now())
    }

    /// The same of another moment.
    pub(crate) fn since(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.begun);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Begins anew, with a gate that opens by what is delivered.
    pub(crate) fn begin(&self, gate: Option<Rc<Gate>>) {
        self.take();
        *self.gate.borrow_mut() = gate;
    }

    /// What was counted since the last time.
    pub(crate) fn take(&self) -> Counts {
        Counts {
            delivered: self.delivered.take(),
            answered: self.answered.take(),
            bytes: self.bytes.take(),
            latency: self.latency.take(),
        }
    }

    /// Somebody heard a message that was meant to be said at `at`.
    pub(crate) fn heard(&self, at: u64, now: u64, bytes: usize) {
        self.delivered.set(self.delivered.get() + 1);
        self.bytes.set(self.bytes.get() + bytes as u64);
        self.latency.borrow_mut().record(now.saturating_sub(at));
        if let Some(gate) = &*self.gate.borrow() {
            gate.arrived();
        }
    }

    /// A talker was answered.
    pub(crate) fn answered(&self) {
        self.answered.set(self.answered.get() + 1);
    }

    /// Wakes who waits for counts to be reached. Once for each reading, not for each message.
    pub(crate) fn moved(&self) {
        self.moved.notify_waiters();
    }

    /// Something is wrong with what was heard.
    pub(crate) fn fault(&self, fault: String) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < TOLD {
            faults.push(fault);
        }
        drop(faults);
        self.moved();
    }

    /// Waits until so many messages were heard, and nothing was wrong.
    ///
    /// # Errors
    /// When something was lost, doubled, reordered or closed, or more was heard than said.
    pub(crate) async fn complete(&self, deliveries: u64) -> Result<()> {
        let all = async {
            loop {
                let moved = self.moved.notified();
                if self.delivered.get() >= deliveries || !self.faults.borrow().is_empty() {
                    return;
                }
                moved.await;
            }
        };
        let told = timeout(PATIENCE, all).await;
        self.faultless()?;
        let heard = self.delivered.get();
        told.with_context(|| format!("lost: {heard} of {deliveries} deliveries came"))?;
        if heard > deliveries {
            bail!("{heard} deliveries came of {deliveries}");
        }
        Ok(())
    }

    /// Whether nothing was wrong so far.
    ///
    /// # Errors
    /// What was.
    pub(crate) fn faultless(&self) -> Result<()> {
        let faults = self.faults.borrow();
        match faults.is_empty() {
            true => Ok(()),
            false => bail!("{}", faults.join("; ")),
        }
    }
}
