//! Opening the store when the database is away at the start, and keeping its time afterwards.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    connect::{ConnectError, Opened, Opening},
    failure::Failure,
};

/// How often a database that was away is tried.
const RETRY: Duration = Duration::from_secs(2);

/// How often the server is asked for its time, and how often while it is far off.
const MEASURE: Duration = Duration::from_secs(60);
const MEASURE_AGAIN: Duration = Duration::from_secs(10);

/// Whether calls may be made. Shut until the store is open, and again once it was closed.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    opened: OnceLock<Opened>,
    closed: AtomicBool,
    /// Why it is not open, as anybody may be told.
    why: Mutex<String>,
}

impl Gate {
    /// Lets a call through, or says why not.
    pub(crate) fn pass(&self) -> Result<(), Failure> {
        match self.opened.get() {
            Some(_) if !self.closed.load(Ordering::Relaxed) => Ok(()),
            Some(_) => Err(Failure::Shut("The store is closed.".to_owned())),
            None => Err(Failure::Shut(self.why().clone())),
        }
    }

    /// What is known of the store, once it was opened.
    pub(crate) fn opened(&self) -> Option<&Opened> {
        self.opened.get()
    }

    fn why(&self) -> std::sync::MutexGuard<'_, String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the gate, and sees to the clock, until it is dropped or ended.
pub(crate) struct Keeper {
    opening: Arc<Opening>,
    gate: Arc<Gate>,
    tasks: TaskTracker,
    stop: CancellationToken,
    _stops: DropGuard,
}

impl Keeper {
    pub(crate) fn new(opening: Opening, gate: Arc<Gate>) -> Self {
        let stop = CancellationToken::new();
        Self {
            opening: Arc::new(opening),
            gate,
            tasks: TaskTracker::new(),
            _stops: stop.clone().drop_guard(),
            stop,
        }
    }

    /// Opens the gate now.
    pub(crate) async fn open(&self) -> Result<(), ConnectError> {
        open(&self.opening, &self.gate).await
    }

    /// Goes on in the background: opens the gate as soon as the database is there, and measures
    /// its time from then on.
    pub(crate) fn keep(&self) {
        let (opening, gate) = (Arc::clone(&self.opening), Arc::clone(&self.gate));
        let stop = self.stop.clone();
        let kept = async move { stop.run_until_cancelled(keep(&opening, &gate)).await };
        self.tasks.spawn(kept);
    }

    /// Shuts the gate for good, and ends what goes on in the background.
    pub(crate) async fn end(&self) {
        self.gate.closed.store(true, Ordering::Relaxed);
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// What is wrong with the store's time, in words.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.opening.measured.as_ref()?.trouble()
    }
}

async fn open(opening: &Opening, gate: &Gate) -> Result<(), ConnectError> {
    match opening.open().await {
        Ok(opened) => {
            if let Some(weakness) = opened.topology.weakness() {
                tracing::warn!(server = %opened.topology, "{weakness}");
            }
            let _ = gate.opened.set(opened);
            Ok(())
        }
        Err(error) => {
            *gate.why() = error.told();
            Err(error)
        }
    }
}

async fn keep(opening: &Opening, gate: &Gate) {
    while gate.opened().is_none() {
        sleep(RETRY).await;
        match open(opening, gate).await {
            Ok(()) => tracing::info!("the database is there"),
            Err(error) if error.is_away() => tracing::debug!(%error, "the database is away"),
            Err(error) => tracing::error!(%error, "the database cannot be used"),
        }
    }
    let Some(clock) = &opening.measured else {
        return;
    };
    loop {
        let trouble = clock.trouble();
        if let Some(trouble) = &trouble {
            tracing::warn!("{trouble}");
        }
        sleep(if trouble.is_some() {
            MEASURE_AGAIN
        } else {
            MEASURE
        })
        .await;
        if let Err(error) = opening.measure().await {
            tracing::debug!(%error, "the server was not asked for its time");
        }
    }
}
