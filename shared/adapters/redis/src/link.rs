//! One connection to a server, which is away at times.
//!
//! Many share it at once. It breaks off when the connection dies or several calls in a row fail;
//! from then on every call fails without being tried, and one task reaches for the server until it
//! answers a write. So nobody waits for a server that is away, and it is not run down when it
//! comes back.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{Error, Result, ports::Dependency};
use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};
use tokio::time::{sleep, timeout};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    failure::Failure,
    place::{Place, Timings},
};

/// Calls that may wait to be written; more wait to wait.
const BUFFER: usize = 1_024;

/// A connection to a server that may be away. Its task ends when this is dropped.
pub struct Link {
    shared: Arc<Shared>,
    _end: DropGuard,
}

struct Shared {
    name: &'static str,
    place: Place,
    timings: Timings,
    state: Mutex<State>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// The connection there is, and how it does.
#[derive(Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// Raised by each connection: what one of them did wrong does not count against the next.
    number: u64,
    failures: u32,
}

impl Link {
    /// Reaches for a server. One that is away is reached for in the background from then on.
    /// `name` is what logs and metrics call the link.
    pub async fn open(name: &'static str, place: Place, timings: Timings) -> Arc<Self> {
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            name,
            place,
            timings,
            state: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: stop.clone(),
        });
        match shared.connect().await {
            Ok(connection) => shared.take(connection),
            Err(failure) => shared.begin_mending(&failure),
        }
        Arc::new(Self {
            shared,
            _end: stop.drop_guard(),
        })
    }

    /// The name of a key of this installation.
    pub(crate) fn key(&self, name: &str) -> String {
        self.shared.place.key(name)
    }

    /// Whether the server is thought to be there.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.shared.state().connection.is_some()
    }

    /// Asks the server, within [`Timings::call`].
    pub(crate) async fn call<T, F>(
        &self,
        ask: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.call_within(self.shared.timings.call, ask).await
    }

    /// Asks the server, within a limit.
    pub(crate) async fn call_within<T, F>(
        &self,
        limit: Duration,
        ask: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let shared = &self.shared;
        let Some((connection, number)) = shared.connection() else {
            shared.count(Failure::Away.outcome());
            return Err(Failure::Away);
        };
        let asked = timeout(limit, ask(connection)).await;
        let answer = match asked {
            Ok(answer) => answer.map_err(Failure::from),
            Err(_) => Err(Failure::TimedOut),
        };
        shared.note(number, answer.as_ref().err());
        answer
    }
}

#[async_trait]
impl Dependency for Link {
    async fn ping(&self) -> Result<()> {
        let ping = |mut connection| async move {
            redis::cmd("PING").query_async::<()>(&mut connection).await
        };
        let answered = self.call(ping).await;
        answered.map_err(|failure| Error::from(failure).with_detail("Redis does not answer"))
    }

    fn describe(&self) -> String {
        format!("Redis at {}", self.shared.place)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> Option<(MultiplexedConnection, u64)> {
        let state = self.state();
        Some((state.connection.clone()?, state.number))
    }

    fn count(&self, outcome: &'static str) {
        let labels = [("link", self.name), ("outcome", outcome)];
        metrics::counter!("hubbub_redis_calls_total", &labels).increment(1);
    }

    fn show(&self, up: bool) {
        metrics::gauge!("hubbub_redis_up", "link" => self.name).set(f64::from(u8::from(up)));
    }

    /// Notes how a call on a connection ended, and breaks off when it was one failure too many.
    fn note(self: &Arc<Self>, number: u64, failure: Option<&Failure>) {
        self.count(failure.map_or("ok", Failure::outcome));
        let mut state = self.state();
        if state.number != number || state.connection.is_none() {
            return;
        }
        let Some(failure) = failure else {
            state.failures = 0;
            return;
        };
        state.failures += 1;
        if failure.broke() || state.failures >= self.timings.failures {
            state.connection = None;
            drop(state);
            self.begin_mending(failure);
        }
    }

    fn begin_mending(self: &Arc<Self>, failure: &Failure) {
        self.show(false);
        let (link, server) = (self.name, &self.place);
        if let Failure::NoStore(error) = failure {
            tracing::info!(link, %server, %error, "Redis waits for the store");
        } else {
            tracing::warn!(link, %server, error = %failure, "Redis is away");
        }
        // A server that answers wrongly or slowly is left alone first; a cut line is mended at once.
        let pause = match failure.broke() {
            true => Duration::ZERO,
            false => self.timings.jittered(),
        };
        let (shared, stop) = (Arc::clone(self), self.stop.clone());
        self.tasks.spawn(async move {
            // Dropped at the end of the link, also in the middle of an attempt.
            stop.run_until_cancelled(shared.mend(pause)).await
        });
    }

    /// Reaches for the server until it answers.
    async fn mend(&self, pause: Duration) {
        sleep(pause).await;
        loop {
            match self.connect().await {
                Ok(connection) => {
                    self.take(connection);
                    let (link, server) = (self.name, &self.place);
                    return tracing::info!(link, %server, "Redis is back");
                }
                Err(error) => tracing::debug!(link = self.name, %error, "Redis is still away"),
            }
            sleep(self.timings.jittered()).await;
        }
    }

    fn take(&self, connection: MultiplexedConnection) {
        let mut state = self.state();
        state.number += 1;
        state.failures = 0;
        state.connection = Some(connection);
        drop(state);
        self.show(true);
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Failure> {
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_pipeline_buffer_size(BUFFER);
        let client = self.place.client()?;
        let connected = async {
            self.place.settle().await?;
            let mut connection = connect(&client, &config).await?;
            self.probe(&mut connection).await?;
            Ok::<_, Failure>(connection)
        };
        timeout(self.timings.connect, connected)
            .await
            .map_err(|_| Failure::TimedOut)?
    }

    /// Asks for a write: a server that loads, is a replica or is full would answer a ping.
    async fn probe(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let mut write = redis::cmd("SET");
        write
            .arg(self.place.key("probe"))
            .arg(1)
            .arg("PX")
            .arg(1_000);
        write.query_async(connection).await
    }
}

/// Connects. What limits the time is around this.
pub(crate) async fn connect(
    client: &Client,
    config: &AsyncConnectionConfig,
) -> RedisResult<MultiplexedConnection> {
    let config = config.clone().set_connection_timeout(None);
    // Boxed, since it is large and seldom.
    Box::pin(client.get_multiplexed_async_connection_with_config(&config)).await
}
