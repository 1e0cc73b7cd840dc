//! The connection of a subscriber, made again for as long as somebody listens.

use std::{sync::Arc, time::Duration};

use domain::Error;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, Value, aio::MultiplexedConnection};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{CHANNEL, ring::Hearing};
use crate::{
    failure::Failure,
    link::connect,
    place::{Place, Timings},
};

/// How long a connection may take to answer when it is looked after. Nobody waits for it.
const PONG: Duration = Duration::from_secs(1);

/// Listens to the channel.
pub(super) struct Ear {
    client: Client,
    place: Place,
    timings: Timings,
    hearing: Arc<Hearing>,
}

/// A subscription that was confirmed.
pub(super) struct Subscribed {
    connection: MultiplexedConnection,
    /// Told when the connection is gone.
    gone: Arc<Notify>,
}

impl Ear {
    pub(super) fn new(place: &Place, timings: Timings, hearing: Hearing) -> Result<Self, Error> {
        Ok(Self {
            client: place.listening_client().map_err(Failure::from)?,
            place: place.clone(),
            timings,
            hearing: Arc::new(hearing),
        })
    }

    /// Subscribes. From then on everything goes to the ring.
    pub(super) async fn listen(&self) -> Result<Subscribed, Failure> {
        let gone = Arc::<Notify>::default();
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_push_sender(self.on_push(Arc::clone(&gone)));
        let listened = async {
            self.place.settle().await?;
            let mut connection = connect(&self.client, &config).await?;
            connection.subscribe(self.place.key(CHANNEL)).await?;
            Ok::<_, Failure>(Subscribed { connection, gone })
        };
        timeout(self.timings.connect, listened)
            .await
            .map_err(|_| Failure::TimedOut)?
    }

    fn on_push(
        &self,
        gone: Arc<Notify>,
    ) -> impl Fn(PushInfo) -> Result<(), redis::aio::SendError> + Send + Sync + use<> {
        let hearing = Arc::clone(&self.hearing);
        move |push| {
            match push.kind {
                PushKind::Message => {
                    if let Some(Value::BulkString(payload)) = push.data.get(1) {
                        hearing.hear(payload);
                    }
                }
                PushKind::Disconnection => gone.notify_one(),
                _ => {}
            }
            Ok(())
        }
    }

    /// Listens for ever, beginning with what the first attempt gave. After every new subscription
    /// the subscriber is told that something may have been lost.
    pub(super) async fn keep(self, first: Result<Subscribed, Failure>) {
        let mut subscribed = first;
        loop {
            match subscribed {
                Ok(subscribed) => self.watch(subscribed).await,
                Err(error) => self.tell_away(&error),
            }
            subscribed = Ok(self.listen_again().await);
            self.hearing.lose("reconnected");
            tracing::debug!(server = %self.place, "the bus is heard again");
        }
    }

    fn tell_away(&self, error: &Failure) {
        tracing::debug!(server = %self.place, %error, "the bus cannot be heard");
    }

    async fn listen_again(&self) -> Subscribed {
        loop {
            match self.listen().await {
                Ok(subscribed) => return subscribed,
                Err(error) => {
                    tracing::debug!(server = %self.place, %error, "the bus cannot be heard yet");
                }
            }
            sleep(self.timings.jittered()).await;
        }
    }

    /// Waits until a connection is gone, or says nothing any more.
    async fn watch(&self, mut subscribed: Subscribed) {
        loop {
            let told = timeout(self.timings.beat, subscribed.gone.notified()).await;
            if told.is_ok() {
                return tracing::debug!(server = %self.place, "the bus was cut off");
            }
            let ping = redis::cmd("PING");
            let ping = ping.query_async::<()>(&mut subscribed.connection);
            match timeout(PONG, ping).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return self.tell_away(&error.into()),
                Err(_) => return self.tell_away(&Failure::TimedOut),
            }
        }
    }
}
