//! The in-process adapters keep the contracts of their ports.

use std::{sync::Arc, time::Duration};

use adapter_local::{LocalBus, LocalCache, SystemClock};
use domain::ports::{Bus, Cache};
use testkit::contract::live::{BusWorld, CacheWorld};

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
testkit::bus_contract!(buses);
testkit::clock_contract!(system);
