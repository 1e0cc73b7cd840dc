//! A queue of another system, whose messages say in their content type what happened.
//!
//! The other system declares the queue as it likes; only where it has not, we do. Each message is
//! acknowledged when it is done with, so that none is lost with the process that has it.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use domain::{
    Result,
    ports::{Clock, Dependency, Feed, Job, Outcome, Settled, Telling},
};
use lapin::{
    Channel, Consumer, message::Delivery, options::QueueDeclareOptions, types::FieldTable,
};
use tokio::time::{sleep, timeout};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use uuid::Uuid;

use crate::{
    failure::Failure,
    held::{Arrived, Held, Receipt},
    intake::{Intake, consume},
    link::{Link, Setup},
    message::Outgoing,
    place::{Place, Timings},
    publisher::Publisher,
    session::Session,
    topology,
};

/// How many messages a process has at once that it did not settle. They are taken one by one.
const PREFETCH: u16 = 32;

/// A queue of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub queue: String,
    /// Whether it outlives the broker, if we are the first to declare it.
    pub durable: bool,
}

/// What another system tells on RabbitMQ. Its connections end when it is dropped.
pub struct RabbitFeed {
    setup: Setup,
    source: Source,
    publisher: Publisher,
    clock: Arc<dyn Clock>,
    held: Arc<Held>,
    /// The connection that takes, from the first call on: a process that does not listen holds
    /// nothing back from the others.
    link: OnceLock<Link>,
    _end: DropGuard,
}

impl RabbitFeed {
    /// Begins to reach for a broker, and does not wait for it. What is set aside lies with what the
    /// queue of `place` has set aside.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn open(place: Place, timings: Timings, clock: Arc<dyn Clock>, source: Source) -> Self {
        let stop = CancellationToken::new();
        let setup = Setup {
            place,
            timings,
            tasks: TaskTracker::new(),
            stop: stop.clone(),
        };
        Self {
            publisher: Publisher::new(Link::open("set aside", &setup)),
            setup,
            source,
            clock,
            held: Arc::default(),
            link: OnceLock::new(),
            _end: stop.drop_guard(),
        }
    }

    fn begin(&self) {
        self.link.get_or_init(|| {
            let link = Link::open("listen", &self.setup);
            let listener = Listener {
                link: link.clone(),
                setup: self.setup.clone(),
                source: self.source.clone(),
                clock: Arc::clone(&self.clock),
                held: Arc::clone(&self.held),
            };
            let stop = self.setup.stop.clone();
            self.setup.tasks.spawn(async move {
                // Dropped at the end of the feed, wherever it is.
                stop.run_until_cancelled(listener.listen()).await
            });
            link
        });
    }

    /// Says what became of a message. What the broker does not hear comes again.
    async fn say(&self, arrived: Arrived, outcome: Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Done => arrived.receipt.done().await,
            Outcome::Retry { after } => {
                sleep(after).await;
                arrived.receipt.give_back().await
            }
            Outcome::SetAside { reason } => {
                let (place, at) = (&self.setup.place, self.clock.now());
                let aside = Outgoing::aside(topology::aside(place), arrived.job, &reason, at);
                match self.publisher.publish(&[aside]).await {
                    Ok(()) => arrived.receipt.done().await,
                    Err(failure) => {
                        arrived.receipt.give_back().await?;
                        Err(failure)
                    }
                }
            }
        }
    }
}

#[async_trait]
impl Feed for RabbitFeed {
    async fn next_telling(&self) -> Telling {
        self.begin();
        loop {
            if let Some(taken) = self.held.take(1, self.clock.now()).pop() {
                let (action, body) = parted(taken.job.body);
                return Telling {
                    action,
                    body,
                    tag: taken.tag,
                };
            }
            self.held.arrived().await;
        }
    }

    async fn settle_telling(&self, tag: u64, outcome: Outcome) -> Result<()> {
        let settled = Settled {
            id: Uuid::nil(),
            tag,
            outcome,
        };
        match self.held.settle(&settled) {
            Some(arrived) => Ok(self.say(arrived, settled.outcome).await?),
            // It was given back meanwhile.
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Dependency for RabbitFeed {
    async fn ping(&self) -> Result<()> {
        let link = &self.publisher.link;
        let session = link.session().await?;
        Ok(session.ping(link.place(), link.timings().call).await?)
    }

    fn describe(&self) -> String {
        let Source { queue, .. } = &self.source;
        format!("RabbitMQ at {}, queue {queue}", self.setup.place)
    }
}

/// The consumer of the queue, over all connections.
struct Listener {
    link: Link,
    setup: Setup,
    source: Source,
    clock: Arc<dyn Clock>,
    held: Arc<Held>,
}

impl Listener {
    /// Listens on one connection after another. A queue that cannot be looked at is declared, and one
    /// that cannot be declared as we would is looked at, with the next connection: the broker's
    /// refusal of either ends the one on which it was asked.
    async fn listen(self) {
        let mut passive = true;
        while let Some(session) = self.link.session_at_last().await {
            let begun = timeout(self.setup.timings.call, self.begin(&session, passive)).await;
            let failure = match begun.unwrap_or(Err(Failure::TimedOut)) {
                Ok((channel, consumer)) => self.listen_on(&session, &channel, consumer).await,
                Err(failure) => {
                    passive = !passive;
                    failure
                }
            };
            session.break_off(failure);
            // The broker hands them out again.
            self.held.forget();
        }
    }

    async fn begin(
        &self,
        session: &Session,
        passive: bool,
    ) -> Result<(Channel, Consumer), Failure> {
        let channel = session.aside().await?;
        let queue = self.source.queue.as_str();
        let declare = QueueDeclareOptions {
            passive,
            durable: self.source.durable,
            ..Default::default()
        };
        channel
            .queue_declare(queue.into(), declare, FieldTable::default())
            .await?;
        let consumer = consume(&channel, queue, PREFETCH).await?;
        Ok((channel, consumer))
    }

    async fn listen_on(&self, session: &Session, channel: &Channel, consumer: Consumer) -> Failure {
        let intake = Intake {
            session,
            held: &self.held,
            timings: &self.setup.timings,
            clock: &*self.clock,
        };
        intake
            .run(consumer, |delivery| {
                self.held.arrive(arrived(channel, delivery));
            })
            .await
    }
}

fn arrived(channel: &Channel, delivery: Delivery) -> Arrived {
    let action = delivery.properties.content_type().as_ref();
    let action = action.map_or("", |action| action.as_str());
    let body = joined(action, &delivery.data);
    Arrived {
        made: u32::from(delivery.redelivered),
        receipt: Receipt {
            channel: channel.clone(),
            tag: delivery.delivery_tag,
        },
        job: Job {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &body),
            body,
        },
    }
}

/// The action in a line of its own before the body, which is how one that is set aside is shown.
fn joined(action: &str, body: &[u8]) -> Vec<u8> {
    let line = action.split(['\r', '\n']).next().unwrap_or_default();
    [line.as_bytes(), b"\n", body].concat()
}

fn parted(mut joined: Vec<u8>) -> (String, Vec<u8>) {
    let end = joined.iter().position(|byte| *byte == b'\n');
    let body = joined.split_off(end.map_or(joined.len(), |end| end + 1));
    let line = joined.strip_suffix(b"\n").unwrap_or(&joined);
    (String::from_utf8_lossy(line).into_owned(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_and_a_body_are_told_apart_again() {
        for (action, body) in [("user.created", "{\n}"), ("", ""), ("a", "\n")] {
            let (told, said) = parted(joined(action, body.as_bytes()));
            assert_eq!((told.as_str(), said.as_slice()), (action, body.as_bytes()));
        }
        assert_eq!(
            parted(joined("a\nb", b"c")),
            ("a".to_owned(), b"c".to_vec())
        );
    }
}
