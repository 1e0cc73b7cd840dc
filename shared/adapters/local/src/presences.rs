use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{Limits, NodeId, PresenceState, Result, UserId, Wish, ports::Presences};
use tokio::time::{Duration, Instant};

/// Who is there, within one process: as many users as have sessions, and those whose entries ran
/// out until they are asked for. Or whatever else is there for a while.
#[derive(Debug)]
pub struct LocalPresences<K = UserId> {
    people: Mutex<HashMap<K, Person>>,
    ttl: Duration,
}

/// Somebody with entries: when each process's runs out.
#[derive(Debug, Default)]
struct Person {
    entries: HashMap<NodeId, Instant>,
    wish: Wish,
}

impl<K> LocalPresences<K> {
    /// Nobody is there yet.
    #[must_use]
    pub fn new() -> Self {
        Self::expiring_after(Limits::PRESENCE)
    }

    /// The same, with entries that run out `ttl` after they were touched.
    #[must_use]
    pub fn expiring_after(ttl: Duration) -> Self {
        Self {
            people: Mutex::default(),
            ttl,
        }
    }

    fn people(&self) -> MutexGuard<'_, HashMap<K, Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Default for LocalPresences<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl<K> Presences<K> for LocalPresences<K>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
{
    async fn touch(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>> {
        let (mut people, now) = (self.people(), Instant::now());
        let touch = |user: &K| {
            let person = people.entry(*user).or_default();
            let before = person.state(now);
            if before == PresenceState::Offline {
                *person = Person::default();
            }
            person.entries.insert(node, now + self.ttl);
            before
        };
        Ok(users.iter().map(touch).collect())
    }

    async fn leave(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>> {
        let (mut people, now) = (self.people(), Instant::now());
        let leave = |user: &K| {
            let Some(person) = people.get_mut(user) else {
                return PresenceState::Offline;
            };
            person.entries.remove(&node);
            let left = person.state(now);
            if left == PresenceState::Offline {
                people.remove(user);
            }
            left
        };
        Ok(users.iter().map(leave).collect())
    }

    async fn wish(&self, user: K, wish: Wish) -> Result<bool> {
        let (mut people, now) = (self.people(), Instant::now());
        let person = people.get_mut(&user);
        let there = person.filter(|person| person.state(now) != PresenceState::Offline);
        Ok(there.map(|person| person.wish = wish).is_some())
    }

    async fn look(&self, users: &[K]) -> Result<Vec<PresenceState>> {
        let (people, now) = (self.people(), Instant::now());
        let state = |user| people.get(user).map(|person| person.state(now));
        let states = users.iter().map(state);
        Ok(states
            .map(|state| state.unwrap_or(PresenceState::Offline))
            .collect())
    }

    async fn expire(&self, limit: usize) -> Result<Vec<K>> {
        let (mut people, now) = (self.people(), Instant::now());
        let gone = |person: &Person| person.state(now) == PresenceState::Offline;
        let expired = people.iter().filter(|(_, person)| gone(person));
        let expired: Vec<K> = expired.map(|(user, _)| *user).take(limit).collect();
        expired.iter().for_each(|user| {
            people.remove(user);
        });
        Ok(expired)
    }
}

impl Person {
    fn state(&self, now: Instant) -> PresenceState {
        match self.entries.values().any(|until| *until > now) {
            true => self.wish.into(),
            false => PresenceState::Offline,
        }
    }
}
