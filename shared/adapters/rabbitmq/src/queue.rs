//! The queue as a port.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Result,
    ports::{Clock, Delivery, Dependency, Job, Queue, QueueDepth, SetAside, Settled},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    failure::Failure,
    link::{Link, Setup},
    look::Look,
    message::Outgoing,
    place::{Place, Timings},
    publisher::Publisher,
    taker::Taker,
    topology,
};

/// The queue on RabbitMQ. Its connections end when it is dropped.
pub struct RabbitQueue {
    publisher: Arc<Publisher>,
    taker: Taker,
    look: Look,
    _end: DropGuard,
}

impl RabbitQueue {
    /// Begins to reach for a broker, and does not wait for it. `clock` is what the thirty seconds
    /// of an unsettled job are counted by.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn open(place: Place, timings: Timings, clock: Arc<dyn Clock>) -> Self {
        let stop = CancellationToken::new();
        let setup = Setup {
            place,
            timings,
            tasks: TaskTracker::new(),
            stop: stop.clone(),
        };
        let link = Link::open("publish", &setup);
        let publisher = Arc::new(Publisher::new(link));
        Self {
            taker: Taker::new(setup, Arc::clone(&publisher), clock),
            publisher,
            look: Look::default(),
            _end: stop.drop_guard(),
        }
    }

    async fn answers(&self) -> Result<(), Failure> {
        let links = [Some(&self.publisher.link), self.taker.link()];
        for link in links.into_iter().flatten() {
            let session = link.session().await?;
            session.ping(link.place(), link.timings().call).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Queue for RabbitQueue {
    async fn publish_jobs(&self, jobs: Vec<Job>) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let place = self.publisher.link.place();
        let message = |job| Outgoing::job(topology::ready(place), job, 0);
        let messages: Vec<_> = jobs.into_iter().map(message).collect();
        Ok(self.publisher.publish(&messages).await?)
    }

    async fn take_jobs(&self, max: usize) -> Result<Vec<Delivery>> {
        Ok(self.taker.take(max).await)
    }

    async fn settle(&self, settled: Vec<Settled>) -> Result<()> {
        self.taker.settle(settled).await
    }

    async fn depth(&self) -> Result<QueueDepth> {
        let there = self.look.depth(&self.publisher.link).await?;
        Ok(QueueDepth {
            ready: there.ready + self.taker.count(),
            ..there
        })
    }

    async fn set_aside(&self, limit: usize) -> Result<Vec<SetAside>> {
        Ok(self.look.set_aside(&self.publisher.link, limit).await?)
    }
}

#[async_trait]
impl Dependency for RabbitQueue {
    async fn ping(&self) -> Result<()> {
        Ok(self.answers().await?)
    }

    fn describe(&self) -> String {
        format!("RabbitMQ at {}", self.publisher.link.place())
    }
}
