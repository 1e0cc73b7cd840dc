//! What hears of jobs as the broker hands them out, and gives back those that nobody settles.

use std::sync::Arc;

use domain::ports::Clock;
use futures_util::StreamExt;
use lapin::{
    Consumer,
    message::Delivery,
    options::{BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::{
    failure::Failure,
    held::{Arrived, Held, Receipt},
    link::{Link, Setup},
    message::{Incoming, Outgoing},
    publisher::Publisher,
    session::Session,
    topology,
};

/// How many jobs a process has at once that it did not settle.
const PREFETCH: u16 = 512;

/// The consumer of the queue, over all connections.
pub(crate) struct Ear {
    pub(crate) link: Link,
    pub(crate) setup: Setup,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) held: Arc<Held>,
}

impl Ear {
    /// Listens on one connection after another.
    pub(crate) async fn listen(self) {
        while let Some(session) = self.link.session_at_last().await {
            let failure = match self.begin(&session).await {
                Ok(consumer) => self.listen_on(&session, consumer).await,
                Err(failure) => failure,
            };
            session.break_off(failure);
            // The broker hands them out again.
            self.held.forget();
        }
    }

    async fn begin(&self, session: &Session) -> Result<Consumer, Failure> {
        let queue = topology::ready(self.link.place());
        let begin = async {
            let channel = &session.channel;
            let each = BasicQosOptions::default();
            channel.basic_qos(PREFETCH, each).await?;
            let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
            let consumer = channel
                .basic_consume(queue.into(), "".into(), options, table)
                .await?;
            Ok(consumer)
        };
        let begun = timeout(self.setup.timings.call, begin).await;
        begun.unwrap_or(Err(Failure::TimedOut))
    }

    /// Takes in what comes until the connection ends, and says why it ended.
    async fn listen_on(&self, session: &Session, mut consumer: Consumer) -> Failure {
        let mut tick = interval(self.setup.timings.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = session.broken() => return Failure::Lost,
                came = consumer.next() => match came {
                    Some(Ok(delivery)) => self.hear(session, delivery),
                    Some(Err(error)) => return error.into(),
                    // The queue was deleted.
                    None => return Failure::Lost,
                },
                _ = tick.tick() => if let Err(failure) = self.give_back_overdue().await {
                    return failure;
                },
            }
        }
    }

    fn hear(&self, session: &Session, delivery: Delivery) {
        let receipt = Receipt {
            channel: session.channel.clone(),
            tag: delivery.delivery_tag,
        };
        let Incoming { job, made, rest } = Incoming::of(delivery);
        let arrived = Arrived { job, made, receipt };
        if rest.is_zero() {
            return self.held.arrive(arrived);
        }
        let (queue, rest) = topology::retry(self.link.place(), rest);
        let again = Outgoing::retry(queue, arrived.job, made, rest);
        let publisher = Arc::clone(&self.publisher);
        // As many of these as may be held.
        self.setup
            .tasks
            .spawn(hold_back(publisher, again, arrived.receipt));
    }

    async fn give_back_overdue(&self) -> Result<(), Failure> {
        let overdue = self.held.overdue(self.clock.now());
        let give_back = async {
            for receipt in overdue {
                receipt.give_back().await?;
            }
            Ok(())
        };
        let given = timeout(self.setup.timings.call, give_back).await;
        given.unwrap_or(Err(Failure::TimedOut))
    }
}

/// Sends a job on to the next step of its pause.
async fn hold_back(publisher: Arc<Publisher>, again: Outgoing, receipt: Receipt) {
    let said = match publisher.publish(&[again]).await {
        Ok(()) => receipt.done().await,
        Err(_) => receipt.give_back().await,
    };
    if let Err(failure) = said {
        tracing::debug!(error = %failure, "a job comes again before its pause is over");
    }
}
