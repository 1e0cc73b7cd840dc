//! A fresh store, seen from two processes.

use std::{any::Any, sync::Arc};

use crate::clock::TestClock;

/// A fresh store that two nodes work on. Where a store is used by one process only, both nodes are
/// the same handle.
pub struct World<S: ?Sized> {
    nodes: [Arc<S>; 2],
    clock: Option<Arc<TestClock>>,
    _kept: Box<dyn Any + Send + Sync>,
}

impl<S: ?Sized> World<S> {
    /// A world of two nodes. `kept` lives as long as it: a temporary directory, a server.
    pub fn new(nodes: [Arc<S>; 2], kept: impl Any + Send + Sync) -> Self {
        Self {
            nodes,
            clock: None,
            _kept: Box::new(kept),
        }
    }

    /// Says that the store's time is this clock's. Cases that turn the clock need it.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<TestClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// One node.
    pub fn first(&self) -> &S {
        &self.nodes[0]
    }

    /// The other node.
    pub fn second(&self) -> &S {
        &self.nodes[1]
    }

    /// Node `n`, the nodes taking turns: for tasks that run side by side.
    pub fn node(&self, n: usize) -> Arc<S> {
        Arc::clone(&self.nodes[n % 2])
    }

    /// The clock, or the printed reason why the case is skipped.
    pub fn clock_or_skip(&self, case: &str) -> Option<&TestClock> {
        if self.clock.is_none() {
            println!("skipped {case}: this store's time cannot be set");
        }
        self.clock.as_deref()
    }
}
