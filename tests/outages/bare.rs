//! The bare loop: the same broker, the same rate, a durable quorum queue, and nothing of ours.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use tokio::time::{Instant, sleep_until};

use crate::load::Plan;

/// What a message of ours weighs in the queue, about.
const BODY: usize = 200;

/// How long after it was meant to be published each message came.
pub(crate) async fn times(url: &str, plan: Plan) -> Vec<Duration> {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .expect("a connection");
    let name = format!("bare_{}", domain::RowId::new().uuid().simple());
    let (out, into) = (
        declared(&connection, &name).await,
        declared(&connection, &name).await,
    );
    let publishing = publish(&out, &name, plan);
    let taking = take(&into, &name, plan);
    let ((), times) = tokio::join!(publishing, taking);
    times
}

async fn declared(connection: &Connection, name: &str) -> Channel {
    let channel = connection.create_channel().await.expect("a channel");
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    let durable = QueueDeclareOptions::durable();
    let declaring = channel.queue_declare(name.into(), durable, arguments);
    declaring.await.expect("a queue");
    channel
}

async fn publish(channel: &Channel, name: &str, plan: Plan) {
    let select = channel.confirm_select(ConfirmSelectOptions::default());
    select.await.expect("confirms");
    let mut next = plan.begin;
    let mut confirms = Vec::new();
    while next < plan.end {
        sleep_until(next).await;
        let micros = next.duration_since(plan.begin).as_micros();
        let mut body = u64::try_from(micros).expect("short").to_be_bytes().to_vec();
        body.resize(BODY, 0);
        let durable = BasicProperties::default().with_delivery_mode(2);
        let options = BasicPublishOptions::default();
        let published = channel.basic_publish("".into(), name.into(), options, &body, durable);
        confirms.push(published.await.expect("published"));
        next += plan.every;
    }
    for confirm in confirms {
        confirm.await.expect("confirmed");
    }
}

async fn take(channel: &Channel, name: &str, plan: Plan) -> Vec<Duration> {
    let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
    let consuming = channel.basic_consume(name.into(), "".into(), options, table);
    let mut consumer = consuming.await.expect("a consumer");
    let wanted = plan.count();
    let mut times = Vec::new();
    while times.len() < wanted {
        let delivery = consumer.next().await.expect("a delivery");
        let delivery = delivery.expect("a delivery");
        let micros = delivery.data.first_chunk().copied().map(u64::from_be_bytes);
        let meant = plan.begin + Duration::from_micros(micros.expect("eight bytes"));
        times.push(Instant::now().duration_since(meant));
        let acked = delivery.ack(BasicAckOptions::default());
        acked.await.expect("acknowledged");
    }
    times
}
