//! What is fast and forgetful: in this process, or in Redis for many.

use std::sync::Arc;

use adapter_local::{LocalBus, LocalCache, LocalPresences};
use adapter_redis::{
    BadUrl, BusBounds, Link, Place, RedisBudgets, RedisBus, RedisCache, RedisPresences, Timings,
};
use domain::{
    UserId, Visit,
    ports::{Budgets, Bus, Cache, Dependency, Presences, Store},
};
use uuid::Uuid;

use crate::url::{LiveUrl, Plan, UrlProblem};

/// The ports, and the servers behind them.
pub(crate) struct LivePorts {
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) presences: Arc<dyn Presences>,
    pub(crate) visitors: Arc<dyn Presences<Visit>>,
    pub(crate) budgets: Option<Arc<dyn Budgets>>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) dependencies: Vec<(&'static str, Arc<dyn Dependency>)>,
}

/// Opens them for a store. Presences and budgets lie where the cache lies. A server that is away is no error: it
/// is reached for until it is there, and so is one whose store is away.
pub(crate) async fn open(plan: &Plan, store: &Arc<dyn Store>) -> Result<LivePorts, UrlProblem> {
    let mut ports = LivePorts {
        cache: Arc::new(LocalCache::new()),
        presences: Arc::new(LocalPresences::new()),
        visitors: Arc::new(LocalPresences::new()),
        budgets: None,
        bus: Arc::new(LocalBus::new()),
        dependencies: Vec::new(),
    };
    if let Some(place) = plan.cache.place_of(store)? {
        let link = Link::open("cache", place, Timings::default()).await;
        ports.cache = Arc::new(RedisCache::new(Arc::clone(&link)));
        ports.presences = Arc::new(RedisPresences::<UserId>::new(Arc::clone(&link)));
        ports.visitors = Arc::new(RedisPresences::<Visit>::new(Arc::clone(&link)));
        ports.budgets = Some(Arc::new(RedisBudgets::new(Arc::clone(&link))));
        ports.dependencies.push(("cache", link));
    }
    if let Some(place) = plan.bus.place_of(store)? {
        let bus = RedisBus::open(place, Timings::default(), BusBounds::default()).await;
        let bus = Arc::new(bus);
        ports.bus = bus.clone();
        ports.dependencies.push(("bus", bus));
    }
    Ok(ports)
}

impl LiveUrl {
    /// The server, if it is one, with the keys of an epoch.
    pub(crate) fn place(&self, epoch: Uuid) -> Result<Option<Place>, UrlProblem> {
        self.made(|url| Place::new(url, epoch))
    }

    /// The server, if it is one, with the keys of a store.
    fn place_of(&self, store: &Arc<dyn Store>) -> Result<Option<Place>, UrlProblem> {
        self.made(|url| Place::of_store(url, store.clone()))
    }

    fn made(
        &self,
        make: impl FnOnce(&str) -> Result<Place, BadUrl>,
    ) -> Result<Option<Place>, UrlProblem> {
        let Self::Redis { key, url } = self else {
            return Ok(None);
        };
        let place = make(url).map_err(|bad| UrlProblem {
            key,
            text: bad.to_string(),
        })?;
        Ok(Some(place))
    }
}
