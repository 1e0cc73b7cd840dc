//! What the broker hands out, taken in until the connection ends.

use domain::ports::Clock;
use futures_util::StreamExt;
use lapin::{
    Channel, Consumer,
    message::Delivery,
    options::{BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::{failure::Failure, held::Held, place::Timings, session::Session};

/// Begins to consume a queue, of which `at_once` messages may be out unsettled.
///
/// # Errors
/// Also when there is no such queue; the channel has ended then.
pub(crate) async fn consume(
    channel: &Channel,
    queue: &str,
    at_once: u16,
) -> Result<Consumer, Failure> {
    let each = BasicQosOptions::default();
    channel.basic_qos(at_once, each).await?;
    let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer = channel
        .basic_consume(queue.into(), "".into(), options, table)
        .await?;
    Ok(consumer)
}

/// What takes in what one consumer is handed.
pub(crate) struct Intake<'a> {
    pub(crate) session: &'a Session,
    pub(crate) held: &'a Held,
    pub(crate) timings: &'a Timings,
    pub(crate) clock: &'a dyn Clock,
}

impl Intake<'_> {
    /// Takes in what comes until the connection ends, gives back what nobody settled, and says why
    /// it ended.
    pub(crate) async fn run(&self, mut consumer: Consumer, hear: impl Fn(Delivery)) -> Failure {
        let mut tick = interval(self.timings.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.session.broken() => return Failure::Lost,
                came = consumer.next() => match came {
                    Some(Ok(delivery)) => hear(delivery),
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

    async fn give_back_overdue(&self) -> Result<(), Failure> {
        let overdue = self.held.overdue(self.clock.now());
        let give_back = async {
            for receipt in overdue {
                receipt.give_back().await?;
            }
            Ok(())
        };
        let given = timeout(self.timings.call, give_back).await;
        given.unwrap_or(Err(Failure::TimedOut))
    }
}
