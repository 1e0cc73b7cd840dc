//! What the tests of this crate share: a process in miniature, on an embedded store.

use std::{sync::Arc, time::Duration};

use adapter_blobs::DirBlobs;
use adapter_local::{LocalBus, LocalCache, LocalPresences};
use adapter_sqlite::{Options, SqliteQueue, SqliteStore, Synchronous};
use domain::{
    NewRow, RoomId, Row, UserId,
    ports::{Log, Members, Ports, Rooms, Users},
};
use edge::Context;
use settings::{Secret, Settings};
use tempfile::TempDir;
use testkit::{
    builders::{join, message, new_channel, new_user, stored},
    clock::TestClock,
};

const SECRET: &str = "5b1d0c6fe2a94e8797c1f0a3d24b6e58";

/// A context and what it stands on.
pub(crate) struct World {
    pub(crate) ctx: Context,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<TestClock>,
    _data: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let options = Options {
            synchronous: Synchronous::Off,
            ..Options::new(clock.clone())
        };
        let store = Arc::new(SqliteStore::open(data.path().join("test.db"), options).unwrap());
        let ports = Ports {
            queue: Arc::new(SqliteQueue::new(store.clone())),
            store: store.clone(),
            cache: Arc::new(LocalCache::new()),
            presences: Arc::new(LocalPresences::new()),
            visitors: Arc::new(LocalPresences::new()),
            budgets: None,
            feed: None,
            bus: Arc::new(LocalBus::new()),
            blobs: Arc::new(DirBlobs::open(data.path().join("blobs")).unwrap()),
            clock: clock.clone(),
            dependencies: Vec::new(),
        };
        let settings = Arc::new(Settings::default());
        Self {
            ctx: Context::new(settings, ports, &Secret::new(SECRET)),
            store,
            clock,
            _data: data,
        }
    }

    pub(crate) async fn person(&self, name: &str) -> UserId {
        self.store.create_user(new_user(name)).await.unwrap().id
    }

    /// A channel of `owner` with these members.
    pub(crate) async fn channel(&self, name: &str, owner: UserId, members: &[UserId]) -> RoomId {
        let new = new_channel(name, owner);
        let room = self.store.create_room(new).await.unwrap();
        let first = self.store.first_rows(room.id).await.unwrap();
        self.store.append(room.id, first).await.unwrap();
        for member in members {
            let rev = self.store.member(room.id, *member).await.unwrap();
            let rev = rev.map_or(1, |member| member.rev + 1);
            self.append(room.id, join(*member, rev)).await;
        }
        room.id
    }

    /// Says something, a second after what was before.
    pub(crate) async fn say(&self, room: RoomId, who: UserId, text: &str) -> Row {
        self.clock.advance(Duration::from_secs(1));
        self.append(room, message(who, text)).await
    }

    pub(crate) async fn append(&self, room: RoomId, row: NewRow) -> Row {
        let answers = self.store.append(room, vec![row]).await.unwrap();
        stored(&answers[0]).clone()
    }
}
