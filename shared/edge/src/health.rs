//! Whether the process turns (`/livez`), and whether all that it serves is there (`/readyz`).

use std::{
    collections::BTreeMap,
    fmt::Write,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Error, Result};
use hyper::{
    HeaderMap, StatusCode,
    header::{HOST, HeaderValue},
};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use warp::{Filter, Rejection, reply::Response};

use crate::{
    Peer, Task, answer,
    proxies::{FORWARDED_PROTO, Way},
    request,
};

/// How long a check may take before its part counts as away.
const CHECK: Duration = Duration::from_secs(1);

/// How old a check's result may be when somebody asks, and how often it is made anyway.
const FRESH: Duration = Duration::from_secs(1);
const CHECK_EVERY: Duration = Duration::from_secs(5);

type Answer = Pin<Box<dyn Future<Output = Result<()>> + Send>>;
type Check = Arc<dyn Fn() -> Answer + Send + Sync>;

/// The parts of a process and whether they are there. One per process.
pub struct Health {
    drain: CancellationToken,
    parts: Mutex<BTreeMap<&'static str, State>>,
    checks: Mutex<Vec<(&'static str, Check)>>,
    checked: tokio::sync::Mutex<Option<Instant>>,
}

/// How a part is.
#[derive(Debug, Clone)]
struct State {
    /// Whether the process cannot serve without it.
    needed: bool,
    /// What is missing of it; `None` when nothing is.
    missing: Option<String>,
}

/// The word of one part about itself.
#[derive(Clone)]
pub struct Part {
    health: Arc<Health>,
    name: &'static str,
}

impl Part {
    /// Says that the part is there.
    pub fn up(&self) {
        self.health.set(self.name, None);
    }

    /// Says what is missing. Never names secrets: it is shown to whoever asks.
    pub fn down(&self, missing: impl Into<String>) {
        self.health.set(self.name, Some(missing.into()));
    }
}

impl Health {
    /// Begins with no parts. The process is not ready any more once `drain` is cancelled.
    #[must_use]
    pub fn new(drain: CancellationToken) -> Self {
        Self {
            drain,
            parts: Mutex::default(),
            checks: Mutex::default(),
            checked: tokio::sync::Mutex::default(),
        }
    }

    /// Adds a part that is not there until it says so.
    pub fn part(self: &Arc<Self>, name: &'static str) -> Part {
        self.expect(name, true);
        Part {
            health: self.clone(),
            name,
        }
    }

    /// Adds a part that is asked: every five seconds, and when somebody asks for readiness. An
    /// answer that takes longer than a second is none.
    pub fn check<F, A>(&self, name: &'static str, check: F)
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<()>> + Send + 'static,
    {
        self.expect(name, true);
        self.ask(name, check);
    }

    /// The same, of a part that the process goes on without: readiness names it while it is away,
    /// and stays.
    pub fn check_spare<F, A>(&self, name: &'static str, check: F)
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<()>> + Send + 'static,
    {
        self.expect(name, false);
        self.ask(name, check);
    }

    fn expect(&self, name: &'static str, needed: bool) {
        let missing = Some("starting".to_owned());
        self.locked().insert(name, State { needed, missing });
    }

    fn ask<F, A>(&self, name: &'static str, check: F)
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<()>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.push((name, check));
    }

    /// What is missing, part by part; empty when the process is ready.
    pub async fn missing(&self) -> Vec<(&'static str, String)> {
        self.refresh().await;
        let mut missing = self.needed();
        if self.drain.is_cancelled() {
            missing.push(("process", "draining".to_owned()));
        }
        missing
    }

    /// What is missing of the parts that are needed.
    fn needed(&self) -> Vec<(&'static str, String)> {
        let parts = self.locked();
        let needed = parts.iter().filter(|(_, state)| state.needed);
        needed
            .filter_map(|(name, state)| Some((*name, state.missing.clone()?)))
            .collect()
    }

    /// Makes the checks, unless that was done just now. Whoever comes meanwhile waits for them.
    async fn refresh(&self) {
        let mut checked = self.checked.lock().await;
        if checked.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        let checks = self
            .checks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for (name, check) in checks {
            let missing = match timeout(CHECK, check()).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(outage(name, &error)),
                Err(_) => Some("does not answer".to_owned()),
            };
            self.set(name, missing);
        }
        *checked = Some(Instant::now());
    }

    /// Logs changes, and only those: a part that stays away is one line.
    fn set(&self, name: &'static str, missing: Option<String>) {
        let mut parts = self.locked();
        let Some(state) = parts.get_mut(name) else {
            return;
        };
        match (&missing, &state.missing) {
            (Some(missing), None) => tracing::warn!(part = name, missing, "part went away"),
            (None, Some(_)) => tracing::info!(part = name, "part is there"),
            _ => {}
        }
        let up = f64::from(u8::from(missing.is_none()));
        metrics::gauge!("hubbub_part_up", "part" => name).set(up);
        state.missing = missing;
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<&'static str, State>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task that makes the checks, until `stop`.
    pub(crate) fn task(self: Arc<Self>, stop: CancellationToken) -> Task {
        Task::new("health", async move {
            loop {
                self.refresh().await;
                let pause = tokio::time::sleep(CHECK_EVERY);
                if stop.run_until_cancelled(pause).await.is_none() {
                    return;
                }
            }
        })
    }

    fn report(&self, missing: &[(&'static str, String)], verbose: bool) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        for (name, state) in self.locked().iter() {
            match (&state.missing, state.needed) {
                (None, _) if verbose => drop(writeln!(text, "[+]{name} ok")),
                (Some(why), false) => drop(writeln!(text, "[~]{name}: {why} (goes on without)")),
                _ => {}
            }
        }
        for (name, why) in missing {
            let _ = writeln!(text, "[-]{name}: {why}");
        }
        text.push_str(if missing.is_empty() {
            "ready\n"
        } else {
            "not ready\n"
        });
        text
    }
}

/// What may be told of an outage; its causes go to the log, at the level of details, because the
/// change of state is logged by itself.
fn outage(name: &'static str, error: &Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::debug!(part = name, %error, cause, "check failed");
    error.message().to_owned()
}

/// `/livez`, `/readyz` and its older name `/healthz`. `?verbose` lists the parts; of `/livez`, how
/// the request arrived.
pub(crate) fn routes(
    health: Arc<Health>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    let live = warp::path!("livez")
        .and(warp::get())
        .and(query())
        .and(way())
        .map(|query: String, way: String| {
            let verbose = is_verbose(&query);
            answer::text(
                StatusCode::OK,
                if verbose { way } else { "ok\n".to_owned() },
            )
        });
    let ready = warp::path!("readyz")
        .or(warp::path!("healthz"))
        .unify()
        .and(warp::get())
        .and(query())
        .then(move |query: String| {
            let health = health.clone();
            async move {
                let missing = health.missing().await;
                let verbose = is_verbose(&query);
                let status = match missing.is_empty() {
                    true => StatusCode::OK,
                    false => StatusCode::SERVICE_UNAVAILABLE,
                };
                answer::text(status, health.report(&missing, verbose))
            }
        });
    live.or(ready).unify()
}

fn is_verbose(query: &str) -> bool {
    query.split('&').any(|part| part.starts_with("verbose"))
}

/// Tells the caller how its request arrived: its own address, the scheme and the name as they are
/// known here, and what became of the proxies' word. Whoever sets a proxy up sees it here.
fn way() -> impl Filter<Extract = (String,), Error = std::convert::Infallible> + Copy {
    request::peer()
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Way>())
        .map(|peer: Peer, headers: HeaderMap, way: Option<Way>| {
            let header = |name| {
                headers
                    .get(name)
                    .and_then(|value: &HeaderValue| value.to_str().ok())
            };
            let scheme = header(FORWARDED_PROTO).unwrap_or("http");
            let host = header(HOST).unwrap_or_default();
            let client = peer.0.ip().to_canonical();
            let forwarded = way.unwrap_or(Way::Direct).name();
            format!("ok\nclient {client}\nscheme {scheme}\nhost {host}\nforwarded {forwarded}\n")
        })
}

fn query() -> impl Filter<Extract = (String,), Error = std::convert::Infallible> + Copy {
    warp::query::raw().or(warp::any().map(String::new)).unify()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use domain::Code;

    use super::*;

    fn health() -> (Arc<Health>, CancellationToken) {
        let drain = CancellationToken::new();
        (Arc::new(Health::new(drain.clone())), drain)
    }

    #[tokio::test]
    async fn a_part_is_missing_until_it_says_otherwise() {
        let (health, drain) = health();
        let part = health.part("listeners");
        assert_eq!(
            health.missing().await,
            [("listeners", "starting".to_owned())]
        );
        part.up();
        assert!(health.missing().await.is_empty());
        part.down("closed");
        assert_eq!(health.missing().await, [("listeners", "closed".to_owned())]);
        part.up();
        drain.cancel();
        assert_eq!(health.missing().await, [("process", "draining".to_owned())]);
    }

    #[tokio::test(start_paused = true)]
    async fn parts_are_asked_and_may_not_take_long() {
        let (health, _) = health();
        let up = Arc::new(AtomicBool::new(true));
        let asked = up.clone();
        health.check("store", move || {
            let up = asked.load(Ordering::Relaxed);
            async move { up.then_some(()).ok_or(Error::new(Code::Unavailable)) }
        });
        assert!(health.missing().await.is_empty());
        up.store(false, Ordering::Relaxed);
        assert!(health.missing().await.is_empty(), "believed for a second");
        tokio::time::advance(FRESH).await;
        assert_eq!(health.missing().await[0].0, "store");

        health.check("queue", std::future::pending);
        tokio::time::advance(FRESH).await;
        let missing = health.missing().await;
        assert_eq!(missing[0], ("queue", "does not answer".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_can_be_spared_is_named_and_keeps_nobody_from_being_ready() {
        let (health, _) = health();
        let up = Arc::new(AtomicBool::new(false));
        let asked = up.clone();
        health.check_spare("cache", move || {
            let up = asked.load(Ordering::Relaxed);
            async move { up.then_some(()).ok_or(Error::new(Code::Unavailable)) }
        });
        assert!(health.missing().await.is_empty());
        let report = health.report(&[], false);
        assert!(report.starts_with("[~]cache: "), "{report}");
        assert!(report.ends_with("\nready\n"), "{report}");
        up.store(true, Ordering::Relaxed);
        tokio::time::advance(FRESH).await;
        assert!(health.missing().await.is_empty());
        assert_eq!(health.report(&[], false), "ready\n");
    }

    #[tokio::test]
    async fn the_report_lists_what_is_there_when_asked_to() {
        let (health, _) = health();
        health.part("store").up();
        health.part("queue").down("away");
        let missing = health.missing().await;
        assert_eq!(
            health.report(&missing, false),
            "[-]queue: away\nnot ready\n"
        );
        assert_eq!(
            health.report(&missing, true),
            "[+]store ok\n[-]queue: away\nnot ready\n"
        );
    }
}
