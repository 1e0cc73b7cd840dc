//! What is declared on the broker: one exchange, and queues of which each has its name as the key.
//!
//! Every queue is a quorum queue: what it confirmed is on the disks of most of its nodes, also
//! where there is one. Between queues a message moves by the broker's own confirmed hand-over, so
//! that none is lost on the way either.
//!
//! | queue | holds |
//! |---|---|
//! | `PREFIX.ready` | what is to be taken |
//! | `PREFIX.retry.1s` to `.32s` | what is to be taken again after a pause, and then goes to `ready` |
//! | `PREFIX.aside` | what was set aside, and what was handed out too often without a word |

use std::time::Duration;

use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use crate::{failure::Failure, place::Place};

/// The pauses there are queues for, in seconds. A longer one is gone through in steps.
const STEPS: [u64; 6] = [1, 2, 4, 8, 16, 32];

/// How often a job may be handed out without being settled before the broker sets it aside. One
/// that ends its process each time is found by this. High, since a connection that breaks counts
/// for all that lay ready in it.
const DELIVERIES: i32 = 20;

/// Looking at what was set aside must never count against it: newer brokers would drop it.
const ANY_NUMBER: i32 = i32::MAX;

/// The queue of what is to be taken.
pub(crate) fn ready(place: &Place) -> String {
    place.name("ready")
}

/// The queue of what was set aside.
pub(crate) fn aside(place: &Place) -> String {
    place.name("aside")
}

/// The queue that holds back for a pause, and what of the pause is left after that.
pub(crate) fn retry(place: &Place, pause: Duration) -> (String, Duration) {
    let mut steps = STEPS.map(Duration::from_secs).into_iter();
    let longest = Duration::from_secs(STEPS[STEPS.len() - 1]);
    let step = steps.find(|step| *step >= pause).unwrap_or(longest);
    let name = place.name(&format!("retry.{}s", step.as_secs()));
    (name, pause.saturating_sub(step))
}

/// The queues whose jobs are still to be done.
pub(crate) fn waiting(place: &Place) -> impl Iterator<Item = String> {
    let retry = STEPS.map(|step| place.name(&format!("retry.{step}s")));
    std::iter::once(ready(place)).chain(retry)
}

/// Declares everything. What is there as it should be stays as it is.
///
/// # Errors
/// When something is there that is not as it should be, or we may not.
pub(crate) async fn declare(channel: &Channel, place: &Place) -> Result<(), Failure> {
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..Default::default()
    };
    let (exchange, kind) = (place.prefix().into(), ExchangeKind::Direct);
    channel
        .exchange_declare(exchange, kind, durable, FieldTable::default())
        .await?;
    let (ready, aside) = (ready(place), aside(place));
    let bounded = [("x-delivery-limit", AMQPValue::LongInt(DELIVERIES))];
    declare_queue(channel, place, &ready, moving_to(place, &aside, bounded)).await?;
    let endless = table([("x-delivery-limit", AMQPValue::LongInt(ANY_NUMBER))]);
    declare_queue(channel, place, &aside, endless).await?;
    for step in STEPS {
        let name = place.name(&format!("retry.{step}s"));
        let millis = i64::try_from(step * 1_000).unwrap_or(i64::MAX);
        let pause = [("x-message-ttl", AMQPValue::LongLongInt(millis))];
        declare_queue(channel, place, &name, moving_to(place, &ready, pause)).await?;
    }
    Ok(())
}

async fn declare_queue(
    channel: &Channel,
    place: &Place,
    name: &str,
    mut arguments: FieldTable,
) -> Result<(), Failure> {
    arguments.insert("x-queue-type".into(), text("quorum"));
    channel
        .queue_declare(name.into(), QueueDeclareOptions::durable(), arguments)
        .await?;
    let (exchange, bind) = (place.prefix().into(), QueueBindOptions::default());
    channel
        .queue_bind(
            name.into(),
            exchange,
            name.into(),
            bind,
            FieldTable::default(),
        )
        .await?;
    Ok(())
}

/// The properties of a queue that hands what it has done with over to another, and keeps it until
/// the other has it.
fn moving_to(place: &Place, queue: &str, more: [(&'static str, AMQPValue); 1]) -> FieldTable {
    let mut arguments = table(more);
    for (name, value) in [
        ("x-dead-letter-exchange", place.prefix()),
        ("x-dead-letter-routing-key", queue),
        ("x-dead-letter-strategy", "at-least-once"),
        // The strategy takes effect with this alone.
        ("x-overflow", "reject-publish"),
    ] {
        arguments.insert(name.into(), text(value));
    }
    arguments
}

fn table<const N: usize>(entries: [(&'static str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(name.into(), value);
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_never_cut_short() {
        let place = Place::new("amqp://broker").unwrap();
        let retry = |seconds| retry(&place, Duration::from_secs(seconds));
        let left = |seconds| Duration::from_secs(seconds);
        assert_eq!(retry(1), ("hubbub.retry.1s".to_owned(), left(0)));
        assert_eq!(retry(5), ("hubbub.retry.8s".to_owned(), left(0)));
        assert_eq!(retry(32), ("hubbub.retry.32s".to_owned(), left(0)));
        assert_eq!(retry(100), ("hubbub.retry.32s".to_owned(), left(68)));
    }
}
