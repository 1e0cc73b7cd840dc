//! What hears of jobs as the broker hands them out, and gives back those that nobody settles.

use std::sync::Arc;

use domain::ports::Clock;
use lapin::{Consumer, message::Delivery};
use tokio::time::timeout;

use crate::{
    failure::Failure,
    held::{Arrived, Held, Receipt},
    intake::{Intake, consume},
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
        let begun = timeout(
            self.setup.timings.call,
            consume(&session.channel, &queue, PREFETCH),
        );
        begun.await.unwrap_or(Err(Failure::TimedOut))
    }

    async fn listen_on(&self, session: &Session, consumer: Consumer) -> Failure {
        let intake = Intake {
            session,
            held: &self.held,
            timings: &self.setup.timings,
            clock: &*self.clock,
        };
        intake
            .run(consumer, |delivery| self.hear(session, delivery))
            .await
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
