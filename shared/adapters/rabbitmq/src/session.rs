//! One connection, from its log-in to its end.

use std::{pin::pin, sync::OnceLock, time::Duration};

use futures_util::StreamExt;
use lapin::{
    Channel, Connection, Event, ExchangeKind,
    options::{ConfirmSelectOptions, ExchangeDeclareOptions},
    types::FieldTable,
};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    failure::Failure,
    place::{Place, Timings},
    plug::Plug,
    topology,
};

/// How long a broker is given to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection on which everything is declared.
pub(crate) struct Session {
    connection: Connection,
    /// For work. It confirms what is published on it.
    pub(crate) channel: Channel,
    /// For looking after the connection.
    control: Channel,
    plug: Plug,
    broken: CancellationToken,
    reason: OnceLock<Failure>,
}

impl Session {
    /// Connects, logs in and declares, within [`Timings::connect`].
    pub(crate) async fn open(
        place: &Place,
        name: &str,
        timings: &Timings,
    ) -> Result<Self, Failure> {
        let plug = Plug::default();
        let opening = async {
            let connection = plug.connect(place, name).await?;
            let control = connection.create_channel().await?;
            topology::declare(&control, place).await?;
            let channel = connection.create_channel().await?;
            let confirm = ConfirmSelectOptions::default();
            channel.confirm_select(confirm).await?;
            Ok::<_, Failure>((connection, channel, control))
        };
        let opened = timeout(timings.connect, opening).await;
        let (connection, channel, control) = opened.map_err(|_| Failure::TimedOut)??;
        Ok(Self {
            connection,
            channel,
            control,
            plug,
            broken: CancellationToken::new(),
            reason: OnceLock::new(),
        })
    }

    /// Another channel, for something that may fail alone.
    pub(crate) async fn aside(&self) -> Result<Channel, Failure> {
        Ok(self.connection.create_channel().await?)
    }

    /// Whether the broker takes nothing for now.
    pub(crate) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Whether it is known to be of no more use.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_cancelled() || !self.connection.status().connected()
    }

    /// Says that it is of no more use. Its watcher ends it.
    pub(crate) fn break_off(&self, failure: Failure) {
        // The first reason is the one.
        let _ = self.reason.set(failure);
        self.broken.cancel();
    }

    /// Waits until it is of no more use.
    pub(crate) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Asks the broker for an answer, within a limit.
    pub(crate) async fn ping(&self, place: &Place, limit: Duration) -> Result<(), Failure> {
        if self.is_blocked() {
            return Err(Failure::Blocked);
        }
        let passive = ExchangeDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let (exchange, kind) = (place.prefix().into(), ExchangeKind::Direct);
        let asked = self
            .control
            .exchange_declare(exchange, kind, passive, FieldTable::default());
        let answered = timeout(limit, asked).await;
        Ok(answered.map_err(|_| Failure::TimedOut)??)
    }

    /// Looks after it until it is of no more use, and says why. Whoever waits on it is told.
    pub(crate) async fn watch(&self, place: &Place, timings: &Timings) -> Failure {
        let failure = self.failed(place, timings).await;
        self.break_off(failure.clone());
        self.reason.get().cloned().unwrap_or(failure)
    }

    async fn failed(&self, place: &Place, timings: &Timings) -> Failure {
        let mut events = pin!(self.connection.events_listener());
        loop {
            tokio::select! {
                () = self.broken.cancelled() => return Failure::Lost,
                event = events.next() => match event {
                    Some(Event::Error(error)) => return error.into(),
                    Some(_) => continue,
                    None => return Failure::Lost,
                },
                () = sleep(timings.beat) => {}
            }
            if !self.connection.status().connected() {
                return Failure::Lost;
            }
            // Signs of life from a broker that takes nothing are counted by the driver.
            if let Err(failure) = self.ping(place, timings.call).await
                && failure.broke()
            {
                return failure;
            }
        }
    }

    /// Ends it orderly: what was acknowledged is heard.
    pub(crate) async fn close(&self) {
        let close = self.connection.close(200, "".into());
        // A broker that does not answer has lost nothing: it gives back what was not settled.
        let _ = timeout(GOODBYE, close).await;
        self.cut();
    }

    /// Ends it whatever the broker does.
    pub(crate) fn cut(&self) {
        self.break_off(Failure::Lost);
        self.plug.pull();
    }
}
