//! What a process serves: routes, and the tasks behind them.

use std::{future::Future, pin::Pin};

use warp::{Filter, filters::BoxedFilter, reply::Response};

/// A background task. It watches [`crate::Context::stop`] and ends by itself.
pub struct Task {
    /// Its name, for the log.
    pub name: &'static str,
    /// What it does.
    pub run: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Task {
    /// Names a task.
    pub fn new(name: &'static str, run: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            name,
            run: Box::pin(run),
        }
    }
}

/// A part of the product, ready to be served. Any number of them share one listener.
pub struct Service {
    /// Its name, for the log.
    pub name: &'static str,
    /// What it answers to. A rejection means only "not my path".
    pub routes: BoxedFilter<(Response,)>,
    /// What runs behind it.
    pub tasks: Vec<Task>,
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
        }
    }
}
