//! Looking at what is in the queues, without taking it.

use std::{cmp::Reverse, time::Duration};

use domain::ports::{QueueDepth, SetAside};
use futures_util::StreamExt;
use lapin::{
    Channel,
    options::{BasicCancelOptions, BasicNackOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use crate::{failure::Failure, intake::consume, link::Link, message, place::Place, topology};

/// How many of those that were set aside are looked at, the oldest first, since a queue is read
/// from its front. More are for the broker's own administration.
const LOOKED_AT: u32 = 10_000;

/// How long the broker may take to have back what was read.
const GIVING_BACK: Duration = Duration::from_secs(1);

/// How often it is asked whether it has.
const A_MOMENT: Duration = Duration::from_millis(5);

/// Looks, one at a time: what one look holds no other can see.
#[derive(Default)]
pub(crate) struct Look(Mutex<()>);

impl Look {
    /// How many jobs the broker has that nobody was handed.
    pub(crate) async fn depth(&self, link: &Link) -> Result<QueueDepth, Failure> {
        let place = link.place();
        let count = async |channel: &Channel| {
            let mut ready = 0;
            for queue in topology::waiting(place) {
                ready += u64::from(messages(channel, &queue).await?);
            }
            let aside = messages(channel, &topology::aside(place)).await?;
            Ok(QueueDepth {
                ready,
                aside: aside.into(),
            })
        };
        self.on_own_channel(link, count).await
    }

    /// Up to `limit` jobs that were set aside, newest first.
    pub(crate) async fn set_aside(
        &self,
        link: &Link,
        limit: usize,
    ) -> Result<Vec<SetAside>, Failure> {
        let place = link.place();
        let mut all = self
            .on_own_channel(link, async |channel| read_all(channel, place).await)
            .await?;
        all.sort_by_key(|aside| Reverse((aside.at, aside.job.id)));
        all.truncate(limit);
        Ok(all)
    }

    /// Does something on a channel of its own, within the limit of a call. What was read and not
    /// acknowledged goes back when the channel is closed.
    async fn on_own_channel<T>(
        &self,
        link: &Link,
        ask: impl AsyncFnOnce(&Channel) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let asked = async {
            let _turn = self.0.lock().await;
            let session = link.session().await?;
            if session.is_blocked() {
                return Err(Failure::Blocked);
            }
            let channel = session.aside().await?;
            let answer = ask(&channel).await;
            if let Err(Failure::Broker(_)) = &answer {
                // A queue is gone, most likely, and is declared anew with the connection.
                session.break_off(Failure::Lost);
            } else {
                channel.close(200, "".into()).await?;
            }
            answer
        };
        let answer = timeout(link.timings().call, asked).await;
        answer.unwrap_or(Err(Failure::TimedOut))
    }
}

/// How many messages a queue has that nobody was handed.
///
/// # Errors
/// Also when there is no such queue; the channel has ended then.
pub(crate) async fn messages(channel: &Channel, queue: &str) -> Result<u32, Failure> {
    let look = QueueDeclareOptions::durable().passive();
    let queue = channel
        .queue_declare(queue.into(), look, FieldTable::default())
        .await?;
    Ok(queue.message_count())
}

async fn read_all(channel: &Channel, place: &Place) -> Result<Vec<SetAside>, Failure> {
    let queue = topology::aside(place);
    let there = messages(channel, &queue).await?.min(LOOKED_AT);
    if there == 0 {
        return Ok(Vec::new());
    }
    let at_once = u16::try_from(there).unwrap_or(u16::MAX);
    let mut consumer = consume(channel, &queue, at_once).await?;
    let mut all = Vec::new();
    while all.len() < there as usize
        && let Some(delivery) = consumer.next().await
    {
        all.push(message::set_aside(delivery?));
    }
    let reader = consumer.tag();
    let wait_for_it = BasicCancelOptions::default();
    channel.basic_cancel(reader, wait_for_it).await?;
    give_back(channel, &queue, there).await?;
    Ok(all)
}

/// Gives back all that was read, and waits until whoever looks next sees it: the broker takes it
/// back some time after it was told to.
async fn give_back(channel: &Channel, queue: &str, there: u32) -> Result<(), Failure> {
    let all = BasicNackOptions {
        multiple: true,
        requeue: true,
    };
    channel.basic_nack(0, all).await?;
    let back = async {
        while messages(channel, queue).await? < there {
            sleep(A_MOMENT).await;
        }
        Ok(())
    };
    // Whoever else reads meanwhile has it, and gives it back in turn.
    timeout(GIVING_BACK, back).await.unwrap_or(Ok(()))
}
