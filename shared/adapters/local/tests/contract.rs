//! The in-process adapters keep the contracts of their ports.

use std::{sync::Arc, time::Duration};

use adapter_local::{LocalBus, LocalCache, LocalPresences, SystemClock};
use domain::{
    Visit,
    ports::{Bus, Cache, Presences},
};
use testkit::contract::live::{BusWorld, CacheWorld, PresenceWorld};

struct Caches {
    cache: LocalCache,
    brief: LocalCache,
}

impl CacheWorld for Caches {
    fn cache(&self) -> &dyn Cache {
        &self.cache
    }

    fn brief(&self) -> &dyn Cache {
        &self.brief
    }
}

struct Buses;

impl BusWorld for Buses {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(LocalBus::new())
    }

    fn tight(&self) -> (Arc<dyn Bus>, usize) {
        (Arc::new(LocalBus::with_capacity(8)), 20)
    }
}

struct People;

impl PresenceWorld for People {
    fn presences(&self) -> Arc<dyn Presences> {
        Arc::new(LocalPresences::new())
    }

    fn fleeting(&self) -> (Arc<dyn Presences>, Duration) {
        let ttl = Duration::from_millis(300);
        (Arc::new(LocalPresences::expiring_after(ttl)), ttl)
    }

    fn visitors(&self) -> (Arc<dyn Presences<Visit>>, Duration) {
        let ttl = Duration::from_millis(300);
        (Arc::new(LocalPresences::expiring_after(ttl)), ttl)
    }
}

async fn people() -> People {
    People
}

async fn caches() -> Caches {
    Caches {
        cache: LocalCache::new(),
        brief: LocalCache::bounded(Duration::from_millis(200), 1_000_000),
    }
}

async fn buses() -> Buses {
    Buses
}

async fn system() -> SystemClock {
    SystemClock
}

testkit::cache_contract!(caches);
testkit::presence_contract!(people);
testkit::bus_contract!(buses);
testkit::clock_contract!(system);
