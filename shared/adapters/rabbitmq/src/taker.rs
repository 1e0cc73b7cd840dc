//! Taking jobs from the broker, for as long as somebody wants some.

use std::sync::{Arc, OnceLock};

use domain::{
    Result,
    ports::{Clock, Delivery, Outcome, Settled},
};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::{
    ear::Ear,
    failure::Failure,
    held::{Arrived, Held, Receipt},
    link::{Link, Setup},
    message::Outgoing,
    publisher::Publisher,
    topology,
};

/// What takes jobs, for one process.
pub(crate) struct Taker {
    setup: Setup,
    publisher: Arc<Publisher>,
    clock: Arc<dyn Clock>,
    held: Arc<Held>,
    /// The connection that takes, from the first call on: a process that only publishes holds
    /// nothing back from the others.
    link: OnceLock<Link>,
}

impl Taker {
    pub(crate) fn new(setup: Setup, publisher: Arc<Publisher>, clock: Arc<dyn Clock>) -> Self {
        Self {
            setup,
            publisher,
            clock,
            held: Arc::default(),
            link: OnceLock::new(),
        }
    }

    /// Waits for jobs and takes up to `max`, however long the broker is away.
    pub(crate) async fn take(&self, max: usize) -> Vec<Delivery> {
        self.begin();
        loop {
            let taken = self.held.take(max.max(1), self.clock.now());
            if !taken.is_empty() {
                return taken;
            }
            self.held.arrived().await;
        }
    }

    /// How many jobs it has that are not settled.
    pub(crate) fn count(&self) -> u64 {
        self.held.count()
    }

    /// The connection that takes, if it is wanted.
    pub(crate) fn link(&self) -> Option<&Link> {
        self.link.get()
    }

    /// Settles deliveries. What is to come again or to be set aside is there before the broker
    /// forgets the original.
    ///
    /// # Errors
    /// When that could not be published; those deliveries come again at once.
    pub(crate) async fn settle(&self, settled: Vec<Settled>) -> Result<()> {
        let (mut done, mut moved, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        for settled in settled {
            let Some(arrived) = self.held.settle(&settled) else {
                continue;
            };
            match self.message(settled.outcome, &arrived) {
                None => done.push(arrived.receipt),
                Some(message) => {
                    messages.push(message);
                    moved.push(arrived.receipt);
                }
            }
        }
        self.say(&done, true).await;
        if messages.is_empty() {
            return Ok(());
        }
        let published = self.publisher.publish(&messages).await;
        self.say(&moved, published.is_ok()).await;
        Ok(published?)
    }

    /// What is published of a job that is not done.
    fn message(&self, outcome: Outcome, arrived: &Arrived) -> Option<Outgoing> {
        let (place, job) = (&self.setup.place, arrived.job.clone());
        let made = arrived.made.saturating_add(1);
        match outcome {
            Outcome::Done => None,
            Outcome::Retry { after } if after.is_zero() => {
                Some(Outgoing::job(topology::ready(place), job, made))
            }
            Outcome::Retry { after } => {
                let (queue, rest) = topology::retry(place, after);
                Some(Outgoing::retry(queue, job, made, rest))
            }
            Outcome::SetAside { reason } => {
                let (queue, at) = (topology::aside(place), self.clock.now());
                Some(Outgoing::aside(queue, job, &reason, at))
            }
        }
    }

    /// Tells the broker of deliveries that they are done, or that they are to come again. What it
    /// does not hear comes again.
    async fn say(&self, receipts: &[Receipt], done: bool) {
        let say = async |receipt: &Receipt| match done {
            true => receipt.done().await,
            false => receipt.give_back().await,
        };
        let said = timeout(self.setup.timings.call, join_all(receipts.iter().map(say))).await;
        let failed = match said {
            Ok(said) => said.into_iter().find_map(std::result::Result::err),
            Err(_) => Some(Failure::TimedOut),
        };
        if let Some(failure) = failed {
            tracing::debug!(error = %failure, "deliveries were not settled and come again");
        }
    }

    fn begin(&self) {
        self.link.get_or_init(|| {
            let link = Link::open("take", &self.setup);
            let ear = Ear {
                link: link.clone(),
                setup: self.setup.clone(),
                publisher: Arc::clone(&self.publisher),
                clock: Arc::clone(&self.clock),
                held: Arc::clone(&self.held),
            };
            let stop = self.setup.stop.clone();
            self.setup.tasks.spawn(async move {
                // Dropped at the end of the queue, wherever it is.
                stop.run_until_cancelled(ear.listen()).await
            });
            link
        });
    }
}
