//! What a process serves: routes, and the tasks behind them.

use std::{future::Future, pin::Pin, time::Duration};

use described::Operation;
use domain::Error;
use hyper::{Method, Uri};
use warp::{Filter, filters::BoxedFilter, reply::Response};

pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A background task. It watches [`crate::Context::stop`] and ends by itself.
pub struct Task {
    /// Its name, for the log.
    pub name: &'static str,
    pub(crate) start: Start,
}

/// How a task begins, and whether it can begin again.
pub(crate) enum Start {
    Once(Work),
    Again(Box<dyn Fn() -> Work + Send>),
}

impl Task {
    /// Names a task that cannot begin anew. If it panics, what it did is not done any more: the
    /// process drains and ends, and whoever watches over it starts it again.
    pub fn new(name: &'static str, run: impl Future<Output = ()> + Send + 'static) -> Self {
        let start = Start::Once(Box::pin(run));
        Self { name, start }
    }

    /// Names a task that keeps nothing in itself: if it panics, or ends before it should, it begins
    /// anew after a pause (0.1 s, doubled up to 30 s). Until then the process is not ready.
    pub fn restarting<F, R>(name: &'static str, begin: F) -> Self
    where
        F: Fn() -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let start = Start::Again(Box::new(move || Box::pin(begin())));
        Self { name, start }
    }

    /// Runs it once, to its end, without anybody watching over it. For tests.
    pub async fn run(self) {
        match self.start {
            Start::Once(work) => work.await,
            Start::Again(begin) => begin().await,
        }
    }
}

/// A path and the methods it answers to. The table of them makes `405`, `Allow` and `OPTIONS`,
/// and names the routes in the metrics.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// The path, with `{name}` for a segment that varies: `/api/v1/rooms/{room}`. A closing slash
    /// counts.
    pub path: &'static str,
    /// The methods, upper case, in the order in which `Allow` names them.
    pub methods: &'static [&'static str],
}

impl Endpoint {
    pub(crate) fn matches(&self, path: &str) -> bool {
        let mut given = path.split('/');
        let mut known = self.path.split('/');
        loop {
            match (known.next(), given.next()) {
                (None, None) => return true,
                (Some(known), Some(given)) if known == given => {}
                (Some(known), Some(given)) if known.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    }
}

/// A request that no route took.
#[derive(Debug)]
pub struct Missed<'a> {
    /// What was asked.
    pub method: &'a Method,
    /// What it was asked of.
    pub uri: &'a Uri,
    /// `not_found`, `method_not_allowed`, or what is wrong with it; also when a handler failed
    /// without an answer (`internal`, `unknown_outcome`).
    pub error: &'a Error,
}

/// How a dialect answers what no route of it took. `edge` adds `Allow` and the other headers.
pub type Fallback = fn(&Missed<'_>) -> Response;

/// A part of the product, ready to be served. Any number of them share one listener.
pub struct Service {
    /// Its name, for the log.
    pub name: &'static str,
    /// What it answers to. A rejection means only "not my path".
    pub routes: BoxedFilter<(Response,)>,
    /// What runs behind it.
    pub tasks: Vec<Task>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) fallbacks: Vec<(&'static str, Fallback)>,
    pub(crate) patience: Vec<(&'static str, Duration)>,
}

impl Service {
    /// Puts a service together. The routes are boxed, which keeps types and compile times small.
    pub fn new<F>(name: &'static str, routes: F, tasks: Vec<Task>) -> Self
    where
        F: Filter<Extract = (Response,), Error = warp::Rejection> + Clone + Send + Sync + 'static,
    {
        Self {
            name,
            routes: routes.boxed(),
            tasks,
            endpoints: Vec::new(),
            operations: Vec::new(),
            fallbacks: Vec::new(),
            patience: Vec::new(),
        }
    }

    /// Gives the handlers of a path of the table more time than the others have: for bodies that
    /// are long in coming.
    #[must_use]
    pub fn with_patience(mut self, path: &'static str, patience: Duration) -> Self {
        self.patience.push((path, patience));
        self
    }

    /// Says which paths there are. What is not in the table is not served.
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: &[Endpoint]) -> Self {
        self.endpoints.extend_from_slice(endpoints);
        self
    }

    /// Which paths there are.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Says what the paths of the native API do. A test holds this to the table
    /// ([`crate::docs::differences`]).
    #[must_use]
    pub fn with_operations(mut self, operations: Vec<Operation>) -> Self {
        self.operations.extend(operations);
        self
    }

    /// Lets a dialect say in its own words what no route took below `prefix`. Of several prefixes
    /// the longest counts; without any, the answer is `application/problem+json`.
    #[must_use]
    pub fn with_fallback(mut self, prefix: &'static str, fallback: Fallback) -> Self {
        self.fallbacks.push((prefix, fallback));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_segment_by_segment() {
        let endpoint = |path| Endpoint {
            path,
            methods: &["GET"],
        };
        let room = endpoint("/api/rooms/{room}/messages");
        assert!(room.matches("/api/rooms/x/messages"));
        for other in [
            "/api/rooms//messages",
            "/api/rooms/x",
            "/api/rooms/x/messages/",
            "/api/rooms/x/y/messages",
            "/",
            "",
        ] {
            assert!(!room.matches(other), "{other}");
        }
        assert!(endpoint("/ws/join/").matches("/ws/join/"));
        assert!(!endpoint("/ws/join/").matches("/ws/join"));
    }
}
