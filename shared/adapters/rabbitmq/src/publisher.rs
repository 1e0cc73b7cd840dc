//! Publishing, until the broker has confirmed.

use futures_util::future::join_all;
use lapin::{Channel, Confirmation, options::BasicPublishOptions};
use tokio::{sync::Semaphore, time::timeout};

use crate::{failure::Failure, link::Link, message::Outgoing, session::Session};

/// How many messages are on their way at once, over all callers.
const WINDOW: usize = 1_024;

/// How many of one caller are written at once.
const AT_ONCE: usize = 256;

/// The connection that publishes.
pub(crate) struct Publisher {
    pub(crate) link: Link,
    window: Semaphore,
}

impl Publisher {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            window: Semaphore::new(WINDOW),
        }
    }

    /// Publishes messages. From the answer on the broker has all of them on disk; what failed may
    /// be there in part. Within [`crate::Timings::call`].
    pub(crate) async fn publish(&self, messages: &[Outgoing]) -> Result<(), Failure> {
        let mut used = None;
        let publishing = async {
            let session = used.insert(self.link.session().await?);
            self.publish_on(session, messages).await
        };
        let published = timeout(self.link.timings().call, publishing).await;
        let published = published.unwrap_or(Err(Failure::TimedOut));
        let outcome = published.as_ref().map_or_else(Failure::outcome, |()| "ok");
        metrics::counter!("hubbub_rabbitmq_published_total", "outcome" => outcome)
            .increment(messages.len() as u64);
        if let (Err(failure), Some(session)) = (&published, used)
            && failure.broke()
            && !session.is_blocked()
        {
            session.break_off(failure.clone());
        }
        published
    }

    async fn publish_on(&self, session: &Session, messages: &[Outgoing]) -> Result<(), Failure> {
        for some in messages.chunks(AT_ONCE) {
            if session.is_blocked() {
                return Err(Failure::Blocked);
            }
            let permits = u32::try_from(some.len()).unwrap_or(u32::MAX);
            let turn = self.window.acquire_many(permits).await;
            let _turn = turn.map_err(|_| Failure::Lost)?;
            let exchange = self.link.place().prefix();
            // Each is written as it is polled for the first time, which is in their order.
            let publish = |message| confirmed(&session.channel, exchange, message);
            let confirmed = join_all(some.iter().map(publish)).await;
            confirmed.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }
}

/// Publishes a message, and waits until the broker has it on disk in a queue.
async fn confirmed(channel: &Channel, exchange: &str, message: &Outgoing) -> Result<(), Failure> {
    let mandatory = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let (exchange, key) = (exchange.into(), message.queue.as_str().into());
    let properties = message.properties.clone();
    let confirm = channel
        .basic_publish(exchange, key, mandatory, &message.body, properties)
        .await?;
    match confirm.await? {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(Failure::Unroutable),
        Confirmation::Nack(_) => Err(Failure::Refused),
        Confirmation::NotRequested => Err(Failure::Lost),
    }
}
