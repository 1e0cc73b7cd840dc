//! A connection that is made anew whenever it ends, for as long as it takes.

use std::sync::Arc;

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    failure::Failure,
    place::{Place, Timings},
    session::Session,
};

/// The broker of a queue, and what ends with the queue.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) place: Place,
    pub(crate) timings: Timings,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// A connection to a broker that may be away.
#[derive(Clone)]
pub(crate) struct Link {
    setup: Arc<Setup>,
    state: watch::Receiver<State>,
}

struct Keeper {
    name: &'static str,
    setup: Arc<Setup>,
}

/// How the connection does.
#[derive(Clone)]
enum State {
    /// It is being made for the first time, or again after it ended just now: worth waiting for.
    Reaching,
    /// It is there.
    Up(Arc<Session>),
    /// The last attempt failed.
    Away(Failure),
}

impl State {
    fn session(&self) -> Option<Arc<Session>> {
        match self {
            Self::Up(session) if !session.is_broken() => Some(Arc::clone(session)),
            _ => None,
        }
    }
}

impl Link {
    /// Begins to reach for a broker. `name` is what logs, metrics and the broker's administration
    /// call the link.
    pub(crate) fn open(name: &'static str, setup: &Setup) -> Self {
        let (state, seen) = watch::channel(State::Reaching);
        let setup = Arc::new(setup.clone());
        let keeper = Keeper {
            name,
            setup: Arc::clone(&setup),
        };
        setup.tasks.spawn(keeper.keep_up(state));
        Self { setup, state: seen }
    }

    /// Where the broker is.
    pub(crate) fn place(&self) -> &Place {
        &self.setup.place
    }

    /// How long a call may take.
    pub(crate) fn timings(&self) -> &Timings {
        &self.setup.timings
    }

    /// The connection, once it is made. Fails at once while the broker is away.
    pub(crate) async fn session(&self) -> Result<Arc<Session>, Failure> {
        let mut seen = self.state.clone();
        let state = seen
            .wait_for(|state| state.session().is_some() || matches!(state, State::Away(_)))
            .await;
        match state.map(|state| state.clone()) {
            Ok(State::Up(session)) => Ok(session),
            Ok(State::Away(failure)) => Err(failure),
            Ok(State::Reaching) | Err(_) => Err(Failure::Lost),
        }
    }

    /// The connection, however long it takes to be made. `None` at the end of the link.
    pub(crate) async fn session_at_last(&self) -> Option<Arc<Session>> {
        let mut seen = self.state.clone();
        let state = seen.wait_for(|state| state.session().is_some()).await;
        state.ok()?.session()
    }
}

impl Keeper {
    /// Makes the connection and looks after it, until `stop`.
    async fn keep_up(self, state: watch::Sender<State>) {
        let stop = &self.setup.stop;
        let mut told = None;
        let mut failed = 0;
        loop {
            let open = Session::open(&self.setup.place, self.name, &self.setup.timings);
            let Some(opened) = stop.run_until_cancelled(open).await else {
                return;
            };
            match opened {
                Ok(session) => {
                    self.tell_up(told.take());
                    let Some(steady) = self.hold(session, &state).await else {
                        return;
                    };
                    if steady {
                        failed = 0;
                        continue;
                    }
                }
                Err(failure) => {
                    self.tell_away(&failure, &mut told);
                    state.send_replace(State::Away(failure));
                }
            }
            let pause = sleep(self.setup.timings.pause_after(failed));
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
            failed = failed.saturating_add(1);
        }
    }

    /// Lends a connection out until it ends, and says whether it lasted. `None` at `stop`.
    async fn hold(&self, session: Session, state: &watch::Sender<State>) -> Option<bool> {
        let begun = Instant::now();
        let session = Arc::new(session);
        state.send_replace(State::Up(Arc::clone(&session)));
        let watch = session.watch(&self.setup.place, &self.setup.timings);
        let Some(failure) = self.setup.stop.run_until_cancelled(watch).await else {
            session.close().await;
            return None;
        };
        session.cut();
        state.send_replace(State::Reaching);
        let (link, broker) = (self.name, &self.setup.place);
        tracing::warn!(link, %broker, error = %failure, "the connection to RabbitMQ ended");
        self.show(false);
        Some(begun.elapsed() >= self.setup.timings.steady)
    }

    fn tell_up(&self, away: Option<String>) {
        self.show(true);
        let (link, broker) = (self.name, &self.setup.place);
        match away {
            Some(_) => tracing::info!(link, %broker, "RabbitMQ is back"),
            None => tracing::debug!(link, %broker, "connected to RabbitMQ"),
        }
    }

    /// Says once why it is away, and again when there is another reason.
    fn tell_away(&self, failure: &Failure, told: &mut Option<String>) {
        self.show(false);
        let reason = failure.to_string();
        if told.as_ref() != Some(&reason) {
            let (link, broker) = (self.name, &self.setup.place);
            tracing::warn!(link, %broker, error = reason, "RabbitMQ is away");
            *told = Some(reason);
        }
    }

    fn show(&self, up: bool) {
        metrics::gauge!("hubbub_rabbitmq_up", "link" => self.name).set(f64::from(u8::from(up)));
    }
}
