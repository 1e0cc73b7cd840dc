//! Who is there.
//!
//! A user is a hash: when each process's entry runs out, by the server's own time; what they wish
//! to be seen as; and the process by which they came. One sorted set has all users by when their
//! last entry runs out.
//!
//! An answer may be lost after the work was done. Then somebody would never be told of a coming or
//! a going, so both are kept until it is known that they were heard: who came by a touch that was
//! not answered is told to have come when the touch is repeated; who has gone stays in the set
//! until the answer has arrived, and is found by [`Presences::expire`] otherwise.

use std::{
    collections::HashSet,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Limits, NodeId, PresenceState, Result, RoomId, UserId, Visit, Wish, ports::Presences,
};
use redis::Script;

use crate::{failure::Failure, link::Link};

/// Users of one script: the server does nothing else meanwhile.
const AT_ONCE: usize = 500;

/// How long a departure that was answered may be on its way before it is answered again, at most.
const CLAIM: Duration = Duration::from_secs(10);

/// Users whose touch was not answered that are kept in mind.
const DOUBTS: usize = 100_000;

/// What can be there for a while.
pub trait Attending: Copy + Eq + Hash + Send + Sync + 'static {
    /// What the set of all is called.
    const ALL: &'static str;

    /// What the key of one begins with.
    const ONE: &'static str;

    /// By which keys and the set name it.
    fn name(self) -> String;

    /// What is named so.
    fn named(name: &str) -> Option<Self>;
}

impl Attending for UserId {
    const ALL: &'static str = "presences";
    const ONE: &'static str = "presence:";

    fn name(self) -> String {
        self.uuid().simple().to_string()
    }

    fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

impl Attending for Visit {
    const ALL: &'static str = "visits";
    const ONE: &'static str = "visit:";

    fn name(self) -> String {
        let (room, user) = (self.room.uuid(), self.user.uuid());
        format!("{}.{}", room.simple(), user.simple())
    }

    fn named(name: &str) -> Option<Self> {
        let (room, user) = name.split_once('.')?;
        let room: RoomId = room.parse().ok()?;
        let user = user.parse().ok()?;
        Some(Self { room, user })
    }
}

/// Who is there, in Redis; or whatever else is there for a while.
pub struct RedisPresences<K = UserId> {
    link: Arc<Link>,
    ttl: Duration,
    scripts: Scripts,
    /// Whose touch was not answered.
    doubts: Mutex<HashSet<K>>,
}

struct Scripts {
    touch: Script,
    leave: Script,
    wish: Script,
    look: Script,
    expire: Script,
    told: Script,
}

impl<K: Attending> RedisPresences<K> {
    /// Entries that run out after [`Limits::PRESENCE`].
    #[must_use]
    pub fn new(link: Arc<Link>) -> Self {
        Self::expiring_after(link, Limits::PRESENCE)
    }

    /// The same, with entries that run out `ttl` after they were touched.
    #[must_use]
    pub fn expiring_after(link: Arc<Link>, ttl: Duration) -> Self {
        let script = |body| Script::new(&format!("{}\n{body}", include_str!("presences/read.lua")));
        Self {
            link,
            ttl,
            scripts: Scripts {
                touch: script(include_str!("presences/touch.lua")),
                leave: script(include_str!("presences/leave.lua")),
                wish: script(include_str!("presences/wish.lua")),
                look: script(include_str!("presences/look.lua")),
                expire: script(include_str!("presences/expire.lua")),
                told: script(include_str!("presences/told.lua")),
            },
            doubts: Mutex::default(),
        }
    }

    fn doubts(&self) -> MutexGuard<'_, HashSet<K>> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> String {
        self.link.key(K::ALL)
    }

    fn key(&self, user: &str) -> String {
        self.link.key(&format!("{}{user}", K::ONE))
    }

    /// Asks a script, whose keys are the set and the users, for the state of each.
    async fn states(
        &self,
        script: &Script,
        users: &[K],
        arguments: &[String],
    ) -> Result<Vec<PresenceState>, Failure> {
        let mut ask = script.key(self.index());
        for user in users {
            ask.key(self.key(&user.name()));
        }
        for argument in arguments {
            ask.arg(argument);
        }
        let ask = |mut connection| async move { ask.invoke_async(&mut connection).await };
        let states: Vec<String> = self.link.call(ask).await?;
        Ok(states.iter().map(|state| read_state(state)).collect())
    }

    async fn touch_some(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>> {
        let mut arguments = vec![node.uuid().simple().to_string(), millis(self.ttl)];
        {
            let doubts = self.doubts();
            for user in users {
                let doubted = u8::from(doubts.contains(user));
                arguments.extend([user.name(), doubted.to_string()]);
            }
        }
        let touched = self.states(&self.scripts.touch, users, &arguments).await;
        self.note_doubts(users, touched.is_err());
        touched.map_err(Failure::of_write)
    }

    fn note_doubts(&self, users: &[K], doubtful: bool) {
        let mut doubts = self.doubts();
        if !doubtful {
            users.iter().for_each(|user| {
                doubts.remove(user);
            });
        } else if doubts.len() < DOUBTS {
            doubts.extend(users);
        }
    }

    async fn leave_some(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>> {
        let mut arguments = vec![node.uuid().simple().to_string(), self.claim()];
        arguments.extend(users.iter().copied().map(K::name));
        let left = self.states(&self.scripts.leave, users, &arguments).await;
        let states = left.map_err(Failure::of_write)?;
        let gone = users.iter().zip(&states);
        let gone = gone.filter(|(_, state)| **state == PresenceState::Offline);
        self.told(&gone.map(|(user, _)| *user).collect::<Vec<_>>())
            .await;
        Ok(states)
    }

    /// How long a departure may be on its way to who asked, before another is answered it.
    fn claim(&self) -> String {
        millis(CLAIM.min(self.ttl))
    }

    /// Forgets users of whose departure the caller now hears. If that fails they are answered
    /// again later, which does no harm.
    async fn told(&self, users: &[K]) {
        if users.is_empty() {
            return;
        }
        let names: Vec<_> = users.iter().copied().map(K::name).collect();
        if let Err(error) = self.states(&self.scripts.told, users, &names).await {
            tracing::debug!(%error, "departures are told again later");
        }
    }
}

#[async_trait]
impl<K: Attending> Presences<K> for RedisPresences<K> {
    async fn touch(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>> {
        let mut states = Vec::with_capacity(users.len());
        for users in users.chunks(AT_ONCE) {
            states.extend(self.touch_some(node, users).await?);
        }
        Ok(states)
    }

    async fn leave(&self, node: NodeId, users: &[K]) -> Result<Vec<PresenceState>> {
        let mut states = Vec::with_capacity(users.len());
        for users in users.chunks(AT_ONCE) {
            states.extend(self.leave_some(node, users).await?);
        }
        Ok(states)
    }

    async fn wish(&self, user: K, wish: Wish) -> Result<bool> {
        let wish = match wish {
            Wish::Online => "online",
            Wish::Away => "away",
            Wish::Busy => "busy",
        };
        let mut note = self.scripts.wish.key(self.key(&user.name()));
        note.arg(wish);
        let note = |mut connection| async move { note.invoke_async(&mut connection).await };
        self.link.call(note).await.map_err(Failure::of_write)
    }

    async fn look(&self, users: &[K]) -> Result<Vec<PresenceState>> {
        let mut states = Vec::with_capacity(users.len());
        for users in users.chunks(AT_ONCE) {
            states.extend(self.states(&self.scripts.look, users, &[]).await?);
        }
        Ok(states)
    }

    async fn expire(&self, limit: usize) -> Result<Vec<K>> {
        let mut expire = self.scripts.expire.key(self.index());
        expire
            .arg(limit.min(AT_ONCE))
            .arg(self.claim())
            .arg(self.key(""));
        let expire = |mut connection| async move { expire.invoke_async(&mut connection).await };
        let expired = self.link.call(expire).await;
        let expired: Vec<String> = expired.map_err(Failure::of_write)?;
        let expired = expired.iter().filter_map(|name| K::named(name));
        let expired: Vec<K> = expired.collect();
        self.told(&expired).await;
        Ok(expired)
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// A wish of a later version is seen as being there.
fn read_state(state: &str) -> PresenceState {
    match state {
        "offline" => PresenceState::Offline,
        "away" => PresenceState::Away,
        "busy" => PresenceState::Busy,
        _ => PresenceState::Online,
    }
}
