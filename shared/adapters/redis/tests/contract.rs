//! Redis keeps the contracts of the ports that are fast and forgetful.

mod common;

use std::{sync::Arc, time::Duration};

use adapter_redis::{BusBounds, RedisBudgets, RedisBus, RedisCache, RedisPresences};
use common::{bus, link, patient, place, server};
use domain::{
    Visit,
    ports::{Budgets, Bus, Cache, Presences},
};
use testkit::contract::live::{BudgetWorld, BusWorld, CacheWorld, PresenceWorld};

struct Caches {
    cache: RedisCache,
    brief: RedisCache,
}

impl CacheWorld for Caches {
    fn cache(&self) -> &dyn Cache {
        &self.cache
    }

    fn brief(&self) -> &dyn Cache {
        &self.brief
    }
}

struct People {
    presences: Arc<RedisPresences>,
    fleeting: Arc<RedisPresences>,
    visitors: Arc<RedisPresences<Visit>>,
}

/// Long enough for a machine that builds something else, short enough to be waited for.
const FLEETING: Duration = Duration::from_millis(500);

impl PresenceWorld for People {
    fn presences(&self) -> Arc<dyn Presences> {
        self.presences.clone()
    }

    fn fleeting(&self) -> (Arc<dyn Presences>, Duration) {
        (self.fleeting.clone(), FLEETING)
    }

    fn visitors(&self) -> (Arc<dyn Presences<Visit>>, Duration) {
        (self.visitors.clone(), FLEETING)
    }
}

struct Spending(Arc<RedisBudgets>);

impl BudgetWorld for Spending {
    fn budgets(&self) -> Arc<dyn Budgets> {
        self.0.clone()
    }
}

struct Buses {
    bus: Arc<RedisBus>,
    tight: Arc<RedisBus>,
}

impl BusWorld for Buses {
    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn tight(&self) -> (Arc<dyn Bus>, usize) {
        (self.tight.clone(), 20)
    }
}

async fn caches() -> Option<Caches> {
    let place = place(server()?.url());
    let link = link(place, patient()).await;
    let brief = Duration::from_millis(300);
    Some(Caches {
        brief: RedisCache::keeping_for(Arc::clone(&link), brief),
        cache: RedisCache::new(link),
    })
}

async fn people() -> Option<People> {
    let url = server()?.url();
    let (one, other) = (link(place(url), patient()), link(place(url), patient()));
    let other = other.await;
    Some(People {
        presences: Arc::new(RedisPresences::new(one.await)),
        fleeting: Arc::new(RedisPresences::expiring_after(Arc::clone(&other), FLEETING)),
        visitors: Arc::new(RedisPresences::expiring_after(other, FLEETING)),
    })
}

async fn spending() -> Option<Spending> {
    let link = link(place(server()?.url()), patient()).await;
    Some(Spending(Arc::new(RedisBudgets::new(link))))
}

async fn buses() -> Option<Buses> {
    let url = server()?.url();
    let tight = BusBounds {
        ring: 8,
        ..BusBounds::default()
    };
    Some(Buses {
        bus: bus(&place(url), patient(), BusBounds::default()).await,
        tight: bus(&place(url), patient(), tight).await,
    })
}

testkit::cache_contract!(caches);
testkit::presence_contract!(people);
testkit::budget_contract!(spending);
testkit::bus_contract!(buses);
