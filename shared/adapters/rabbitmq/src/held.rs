//! What the broker handed to this process and has heard nothing of since.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Timestamp,
    ports::{Delivery, Job, Settled},
};
use lapin::{
    Channel,
    options::{BasicAckOptions, BasicNackOptions},
};
use tokio::sync::Notify;

use crate::failure::Failure;

/// How long a job that was handed out may stay unsettled before it is handed out again.
const VISIBILITY: Duration = Duration::from_secs(30);

/// By which the broker knows a message that it handed out.
#[derive(Clone)]
pub(crate) struct Receipt {
    pub(crate) channel: Channel,
    pub(crate) tag: u64,
}

impl Receipt {
    /// Says that it is done with. The broker hears it unless the connection ends first.
    pub(crate) async fn done(&self) -> Result<(), Failure> {
        let one = BasicAckOptions::default();
        Ok(self.channel.basic_ack(self.tag, one).await?)
    }

    /// Gives it back, to be handed out again at once.
    pub(crate) async fn give_back(&self) -> Result<(), Failure> {
        let again = BasicNackOptions {
            requeue: true,
            ..Default::default()
        };
        Ok(self.channel.basic_nack(self.tag, again).await?)
    }
}

/// A job that the broker handed to this process.
pub(crate) struct Arrived {
    pub(crate) job: Job,
    /// How often it was handed out before.
    pub(crate) made: u32,
    pub(crate) receipt: Receipt,
}

/// The jobs that this process has.
#[derive(Default)]
pub(crate) struct Held {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    /// Not yet taken.
    waiting: VecDeque<Arrived>,
    /// Taken, with the time.
    out: HashMap<u64, (Arrived, Timestamp)>,
    /// What the last one taken is known by. Never used again, so that a late word on a delivery
    /// of a connection that ended meets nothing.
    last: u64,
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job in.
    pub(crate) fn arrive(&self, arrived: Arrived) {
        self.state().waiting.push_back(arrived);
        self.arrived.notify_one();
    }

    /// Waits until there may be something to take.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Hands out up to `max` of those that are there.
    pub(crate) fn take(&self, max: usize, now: Timestamp) -> Vec<Delivery> {
        let mut state = self.state();
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some(arrived) = state.waiting.pop_front()
        {
            state.last += 1;
            let tag = state.last;
            taken.push(Delivery {
                job: arrived.job.clone(),
                attempt: arrived.made.saturating_add(1),
                tag,
            });
            state.out.insert(tag, (arrived, now));
        }
        if !state.waiting.is_empty() {
            // For the next taker.
            self.arrived.notify_one();
        }
        taken
    }

    /// The job of a delivery that is settled; `None` when it was given back meanwhile.
    pub(crate) fn settle(&self, settled: &Settled) -> Option<Arrived> {
        let (arrived, _) = self.state().out.remove(&settled.tag)?;
        Some(arrived)
    }

    /// Those that were taken too long ago.
    pub(crate) fn overdue(&self, now: Timestamp) -> Vec<Receipt> {
        let is_due =
            |_: &u64, (_, since): &mut (Arrived, Timestamp)| now.duration_since(*since) >= due();
        let mut state = self.state();
        let overdue = state.out.extract_if(is_due);
        overdue.map(|(_, (arrived, _))| arrived.receipt).collect()
    }

    /// Forgets all: their connection ended, so that they come again.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.waiting.clear();
        state.out.clear();
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        let state = self.state();
        (state.waiting.len() + state.out.len()) as u64
    }
}

fn due() -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(VISIBILITY.as_secs().cast_signed())
}
