//! RabbitMQ keeps the contract of the queue.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use adapter_rabbitmq::RabbitQueue;
use async_trait::async_trait;
use common::{patient, prefix, queue_by, server};
use domain::ports::Queue;
use testkit::{clock::TestClock, contract::work::WorkWorld};

struct World {
    url: String,
    clock: Arc<TestClock>,
    queue: Mutex<Arc<RabbitQueue>>,
}

#[async_trait]
impl WorkWorld for World {
    fn queue(&self) -> Arc<dyn Queue> {
        self.queue.lock().unwrap().clone()
    }

    /// The pauses of retries are the broker's, and pass by themselves.
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    async fn restart(&self) -> Arc<dyn Queue> {
        let queue = queue_by(&self.url, patient(), self.clock.clone());
        let queue = Arc::new(queue);
        *self.queue.lock().unwrap() = queue.clone();
        queue
    }
}

async fn work() -> Option<World> {
    let url = server()?.url_of(&prefix());
    let clock = Arc::new(TestClock::default());
    let queue = Arc::new(queue_by(&url, patient(), clock.clone()));
    Some(World {
        url,
        clock,
        queue: Mutex::new(queue),
    })
}

testkit::queue_contract!(work);
