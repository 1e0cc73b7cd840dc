//! How many sockets one user and one address may hold open, and how many connections.

use std::{hash::Hash, net::IpAddr, sync::Arc, time::Duration};

use dashmap::DashMap;
use domain::{Code, Error, Limits, Result, UserId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{Proxies, request::Peer};

/// The sockets that are open in this process, counted.
pub struct Sessions {
    per_user: Option<usize>,
    per_address: Option<usize>,
    users: DashMap<UserId, usize>,
    addresses: DashMap<IpAddr, usize>,
    open: watch::Sender<usize>,
}

impl Sessions {
    /// Takes the caps from the limits; `lifted` counts without refusing, for benchmarks.
    #[must_use]
    pub fn new(limits: &Limits, lifted: bool) -> Self {
        Self {
            per_user: (!lifted).then_some(limits.user_sessions),
            per_address: (!lifted).then_some(limits.address_sessions),
            users: DashMap::new(),
            addresses: DashMap::new(),
            open: watch::Sender::new(0),
        }
    }

    /// Counts a socket until the answer is dropped.
    ///
    /// # Errors
    /// `too_many_sessions` when the user or the address holds as many as it may.
    pub fn enter(self: &Arc<Self>, user: UserId, peer: Peer) -> Result<OpenSession> {
        let address = peer.network();
        if !count_up(&self.addresses, address, self.per_address) {
            return Err(too_many());
        }
        if !count_up(&self.users, user, self.per_user) {
            count_down(&self.addresses, address);
            return Err(too_many());
        }
        self.open.send_modify(|open| *open += 1);
        metrics::gauge!("hubbub_sessions_open").increment(1.0);
        Ok(OpenSession {
            sessions: self.clone(),
            user,
            address,
        })
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        *self.open.borrow()
    }

    /// Waits until none is open.
    pub async fn all_gone(&self) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// How long somebody waits before trying again: others of theirs may have ended by then.
const AGAIN: Duration = Duration::from_secs(30);

fn too_many() -> Error {
    Error::too_many(Code::TooManySessions, AGAIN)
}

/// A socket that is counted while this lives.
pub struct OpenSession {
    sessions: Arc<Sessions>,
    user: UserId,
    address: IpAddr,
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        count_down(&self.sessions.users, self.user);
        count_down(&self.sessions.addresses, self.address);
        self.sessions.open.send_modify(|open| *open -= 1);
        metrics::gauge!("hubbub_sessions_open").decrement(1.0);
    }
}

/// The places for connections: so many in all, of which one address has no more than its part.
/// A WebSocket keeps the place of the connection that it came on.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    per_address: Option<usize>,
    addresses: DashMap<IpAddr, usize>,
    /// They connect for everybody, and may have all.
    proxies: Arc<Proxies>,
}

impl Places {
    /// Takes the caps from the limits; `lifted` lets one address have all.
    pub(crate) fn new(limits: &Limits, lifted: bool, proxies: Arc<Proxies>) -> Self {
        Self {
            free: Arc::new(Semaphore::new(limits.connections)),
            per_address: (!lifted).then_some(limits.address_connections),
            addresses: DashMap::new(),
            proxies,
        }
    }

    /// Takes a place until the answer is dropped; `None` when there is none for this peer.
    pub(crate) fn take(self: &Arc<Self>, peer: Peer) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok()?;
        let address = peer.network();
        let cap = self.per_address.filter(|_| !self.proxies.trust(peer));
        count_up(&self.addresses, address, cap).then(|| Place {
            places: self.clone(),
            address,
            _permit: permit,
        })
    }
}

/// The place of a connection, taken while this lives.
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        count_down(&self.places.addresses, self.address);
    }
}

fn count_up<K: Eq + Hash>(counts: &DashMap<K, usize>, key: K, cap: Option<usize>) -> bool {
    let mut count = counts.entry(key).or_insert(0);
    let free = cap.is_none_or(|cap| *count < cap);
    if free {
        *count += 1;
    }
    free
}

fn count_down<K: Eq + Hash>(counts: &DashMap<K, usize>, key: K) {
    if let dashmap::Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(lifted: bool) -> Arc<Sessions> {
        let limits = Limits {
            user_sessions: 2,
            address_sessions: 3,
            ..Limits::default()
        };
        Arc::new(Sessions::new(&limits, lifted))
    }

    fn peer(last: u8) -> Peer {
        Peer(([10, 0, 0, last], 1).into())
    }

    #[test]
    fn a_user_and_an_address_hold_so_many_and_no_more() {
        let sessions = sessions(false);
        let ann = UserId::new();
        let first = sessions.enter(ann, peer(1)).unwrap();
        let _second = sessions.enter(ann, peer(2)).unwrap();
        let refused = sessions.enter(ann, peer(3)).err().unwrap();
        assert_eq!(refused.code(), Code::TooManySessions);
        drop(first);
        let _third = sessions.enter(ann, peer(3)).unwrap();

        let _others: Vec<_> = (0..2)
            .map(|_| sessions.enter(UserId::new(), peer(2)).unwrap())
            .collect();
        assert!(sessions.enter(UserId::new(), peer(2)).is_err());
    }

    fn places(lifted: bool) -> Arc<Places> {
        let limits = Limits {
            connections: 4,
            address_connections: 2,
            ..Limits::default()
        };
        let proxies = Proxies::new(&["10.0.0.9".parse().unwrap()]);
        Arc::new(Places::new(&limits, lifted, Arc::new(proxies)))
    }

    #[test]
    fn one_address_does_not_take_all_places() {
        let places = places(false);
        let first = places.take(peer(1)).unwrap();
        let _second = places.take(peer(1)).unwrap();
        assert!(places.take(peer(1)).is_none());
        let _others = [places.take(peer(2)).unwrap(), places.take(peer(3)).unwrap()];
        assert!(places.take(peer(4)).is_none(), "all are taken");
        drop(first);
        assert!(places.take(peer(4)).is_some());
    }

    #[test]
    fn without_limits_one_address_may_have_all_there_are() {
        let places = places(true);
        let taken: Vec<_> = (0..4).filter_map(|_| places.take(peer(1))).collect();
        assert_eq!(taken.len(), 4);
        drop(taken);
        assert!(places.addresses.is_empty());
    }

    #[test]
    fn a_proxy_may_have_all_there_are_because_it_connects_for_others() {
        let places = places(false);
        let _taken: Vec<_> = (0..4).map(|_| places.take(peer(9)).unwrap()).collect();
        assert!(places.take(peer(9)).is_none(), "all are taken");
    }

    #[tokio::test]
    async fn nothing_is_kept_of_who_has_gone() {
        let sessions = sessions(true);
        let open: Vec<_> = (0..10)
            .map(|_| sessions.enter(UserId::new(), peer(1)).unwrap())
            .collect();
        assert_eq!(sessions.open(), 10);
        drop(open);
        sessions.all_gone().await;
        assert!(sessions.users.is_empty() && sessions.addresses.is_empty());
    }
}
