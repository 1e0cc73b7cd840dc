//! Jobs as messages, and back.

use std::time::Duration;

use domain::{
    Timestamp,
    ports::{Job, SetAside},
    to_millis,
};
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldTable},
};
use uuid::Uuid;

/// How often the job was handed out before the message was made.
const MADE: &str = "x-hubbub-attempts";
/// What is left of a pause when the message comes back from this one, in milliseconds.
const REST: &str = "x-hubbub-rest";
/// Why the job was set aside.
const REASON: &str = "x-hubbub-reason";
/// When, in milliseconds of store time.
const AT: &str = "x-hubbub-at";

/// How often the broker handed the message out and heard nothing, as it counts.
const DELIVERIES: &str = "x-delivery-count";
/// Why the broker itself set a message aside.
const DEATH: &str = "x-first-death-reason";
/// What happened to the message on its way, newest first.
const DEATHS: &str = "x-death";

/// The longest reason that is kept, in bytes; a message's header has to fit a frame.
const LONGEST_REASON: usize = 4_096;

/// The mode of messages that are kept on disk.
const PERSISTENT: u8 = 2;

/// A message to be published.
pub(crate) struct Outgoing {
    /// The queue.
    pub(crate) queue: String,
    pub(crate) properties: BasicProperties,
    pub(crate) body: Vec<u8>,
}

impl Outgoing {
    /// A job for a queue. `made`: how often it was handed out before.
    pub(crate) fn job(queue: String, job: Job, made: u32) -> Self {
        let mut headers = FieldTable::default();
        if made > 0 {
            headers.insert(MADE.into(), AMQPValue::LongLongInt(made.into()));
        }
        Self::new(queue, job, headers)
    }

    /// A job for a queue that holds it back, after which `rest` of its pause is left.
    pub(crate) fn retry(queue: String, job: Job, made: u32, rest: Duration) -> Self {
        let mut message = Self::job(queue, job, made);
        if !rest.is_zero() {
            let millis = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
            message.header(REST, AMQPValue::LongLongInt(millis));
        }
        message
    }

    /// A job that is set aside. Whoever returns it to its queue returns it as new.
    pub(crate) fn aside(queue: String, job: Job, reason: &str, at: Timestamp) -> Self {
        let mut message = Self::job(queue, job, 0);
        let reason = &reason[..reason.floor_char_boundary(LONGEST_REASON)];
        message.header(REASON, AMQPValue::LongString(reason.into()));
        message.header(AT, AMQPValue::LongLongInt(at.as_millisecond()));
        message
    }

    fn new(queue: String, job: Job, headers: FieldTable) -> Self {
        let properties = BasicProperties::default()
            .with_message_id(job.id.to_string().into())
            .with_app_id("hubbub".into())
            .with_delivery_mode(PERSISTENT)
            .with_headers(headers);
        Self {
            queue,
            properties,
            body: job.body,
        }
    }

    fn header(&mut self, name: &'static str, value: AMQPValue) {
        let mut headers = self.properties.headers().clone().unwrap_or_default();
        headers.insert(name.into(), value);
        self.properties = std::mem::take(&mut self.properties).with_headers(headers);
    }
}

/// A message that came.
#[derive(Debug, PartialEq)]
pub(crate) struct Incoming {
    pub(crate) job: Job,
    /// How often it was handed out before.
    pub(crate) made: u32,
    /// What is left of its pause.
    pub(crate) rest: Duration,
}

impl Incoming {
    /// Reads a message. One that somebody else published is a job like any other, which its reader
    /// will say about what it is; without an id it is given one by what it says.
    pub(crate) fn of(delivery: Delivery) -> Self {
        let properties = delivery.properties;
        let number = |name| number(&properties, name).unwrap_or(0);
        let made = number(MADE).saturating_add(number(DELIVERIES));
        Self {
            made: u32::try_from(made).unwrap_or(u32::MAX - 1),
            rest: Duration::from_millis(number(REST)),
            job: job(&properties, delivery.data),
        }
    }
}

/// Reads a message that was set aside, by us or by the broker.
pub(crate) fn set_aside(delivery: Delivery) -> SetAside {
    let properties = delivery.properties;
    let at = number(&properties, AT)
        .or_else(|| death(&properties).map(|seconds| seconds.saturating_mul(1_000)));
    let at = Timestamp::from_millisecond(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(0));
    SetAside {
        reason: reason(&properties),
        at: to_millis(at.unwrap_or(Timestamp::UNIX_EPOCH)),
        job: job(&properties, delivery.data),
    }
}

fn reason(properties: &BasicProperties) -> String {
    let text = |name| match header(properties, name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        _ => None,
    };
    let by_broker = |reason: String| match reason.as_str() {
        "delivery_limit" => "it was handed out too often and never settled".to_owned(),
        other => format!("RabbitMQ: {other}"),
    };
    text(REASON)
        .or_else(|| text(DEATH).map(by_broker))
        .unwrap_or_else(|| "no reason is given".to_owned())
}

/// When the broker set the message aside, in seconds.
fn death(properties: &BasicProperties) -> Option<u64> {
    let deaths = header(properties, DEATHS)?.as_array()?.as_slice();
    let newest = deaths.first()?.as_field_table()?;
    newest.inner().get("time")?.as_timestamp()
}

fn job(properties: &BasicProperties, body: Vec<u8>) -> Job {
    let id = properties.message_id().as_ref();
    let id = id.and_then(|id| Uuid::try_parse(id.as_str()).ok());
    Job {
        id: id.unwrap_or_else(|| Uuid::new_v5(&Uuid::NAMESPACE_OID, &body)),
        body,
    }
}

/// A number that is not negative, of any of the widths that clients and brokers write.
fn number(properties: &BasicProperties, name: &str) -> Option<u64> {
    match *header(properties, name)? {
        AMQPValue::ShortShortInt(number) => number.try_into().ok(),
        AMQPValue::ShortShortUInt(number) => Some(number.into()),
        AMQPValue::ShortInt(number) => number.try_into().ok(),
        AMQPValue::ShortUInt(number) => Some(number.into()),
        AMQPValue::LongInt(number) => number.try_into().ok(),
        AMQPValue::LongUInt(number) => Some(number.into()),
        AMQPValue::LongLongInt(number) => number.try_into().ok(),
        _ => None,
    }
}

fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(message: Outgoing) -> Delivery {
        let queue = message.queue.as_str().into();
        let mut delivery = Delivery::mock(1, "hubbub".into(), queue, false, message.body);
        delivery.properties = message.properties;
        delivery
    }

    fn a_job() -> Job {
        Job {
            id: Uuid::from_u128(7),
            body: vec![0, 255],
        }
    }

    #[test]
    fn a_job_comes_as_it_went() {
        let rest = Duration::from_secs(5);
        let message = Outgoing::retry("q".to_owned(), a_job(), 3, rest);
        let came = Incoming {
            job: a_job(),
            made: 3,
            rest,
        };
        assert_eq!(Incoming::of(delivered(message)), came);
    }

    #[test]
    fn what_the_broker_counted_is_added() {
        let mut message = Outgoing::job("q".to_owned(), a_job(), 2);
        message.header(DELIVERIES, AMQPValue::LongInt(4));
        assert_eq!(Incoming::of(delivered(message)).made, 6);
    }

    #[test]
    fn what_was_set_aside_has_its_reason_and_time() {
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let long = "ü".repeat(LONGEST_REASON);
        let aside = set_aside(delivered(Outgoing::aside(
            "q".to_owned(),
            a_job(),
            &long,
            at,
        )));
        assert_eq!((aside.job, aside.at), (a_job(), at));
        assert_eq!(aside.reason.len(), LONGEST_REASON);
    }

    #[test]
    fn what_the_broker_set_aside_says_so() {
        let mut message = Outgoing::job("q".to_owned(), a_job(), 0);
        message.header(DEATH, AMQPValue::LongString("delivery_limit".into()));
        let mut death = FieldTable::default();
        death.insert("time".into(), AMQPValue::Timestamp(1_700_000_000));
        let deaths = vec![AMQPValue::FieldTable(death)];
        message.header(DEATHS, AMQPValue::FieldArray(deaths.into()));
        let aside = set_aside(delivered(message));
        assert!(aside.reason.contains("never settled"), "{}", aside.reason);
        assert_eq!(aside.at.as_second(), 1_700_000_000);
    }

    /// Whoever looks at it finds out; nothing is lost, and nothing is refused for ever.
    #[test]
    fn a_message_of_somebody_else_is_a_job() {
        let foreign = |id: Option<&str>| {
            let mut delivery = Delivery::mock(1, "".into(), "q".into(), false, b"hello".to_vec());
            if let Some(id) = id {
                delivery.properties = BasicProperties::default().with_message_id(id.into());
            }
            Incoming::of(delivery)
        };
        assert_eq!(foreign(None).job.body, b"hello");
        assert_eq!(
            (foreign(None).made, foreign(None).rest),
            (0, Duration::ZERO)
        );
        assert_eq!(foreign(None).job.id, foreign(Some("a name")).job.id);
        assert_eq!(
            set_aside(Delivery::mock(1, "".into(), "q".into(), false, vec![])).reason,
            "no reason is given"
        );
    }
}
