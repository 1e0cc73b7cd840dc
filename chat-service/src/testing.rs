//! What the tests of this crate share: chat in miniature, on an embedded store.

use std::sync::Arc;

use adapter_blobs::DirBlobs;
use adapter_local::{LocalBus, LocalCache, LocalPresences};
use adapter_sqlite::{Options, SqliteQueue, SqliteStore, Synchronous};
use domain::{
    Caller, ClientId, Code, Command, Content, Reply, Result, RoomId, Row, TenantId, Timestamp,
    command::RoomView,
    ports::{Ports, Store},
};
use edge::{Application, Context};
use settings::{Secret, Settings};
use tempfile::TempDir;
use testkit::{
    builders::{new_user, room_name},
    clock::TestClock,
};

use crate::ChatService;

const SECRET: &str = "5b1d0c6fe2a94e8797c1f0a3d24b6e58";

/// Chat and what it stands on. Nobody runs its tasks but the room writers.
pub(crate) struct World {
    pub(crate) ctx: Context,
    pub(crate) app: Arc<dyn Application>,
    pub(crate) clock: Arc<TestClock>,
    _data: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new());
        let mut settings = Settings::default();
        settings.auth.bcrypt_cost = 4;
        change(&mut settings);
        let options = Options {
            synchronous: Synchronous::Off,
            ..Options::new(clock.clone())
        };
        let store = Arc::new(SqliteStore::open(data.path().join("test.db"), options).unwrap());
        let ports = Ports {
            queue: Arc::new(SqliteQueue::new(store.clone())),
            store,
            cache: Arc::new(LocalCache::new()),
            presences: Arc::new(LocalPresences::new()),
            bus: Arc::new(LocalBus::new()),
            blobs: Arc::new(DirBlobs::open(data.path().join("blobs")).unwrap()),
            clock: clock.clone(),
        };
        let ctx = Context::new(Arc::new(settings), ports, &Secret::new(SECRET));
        let ChatService { writers, .. } = crate::service(&ctx);
        Self {
            app: crate::application(&ctx, writers),
            ctx,
            clock,
            _data: data,
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.ctx.ports.store
    }

    /// Somebody of the default tenant.
    pub(crate) async fn person(&self, name: &str) -> Caller {
        self.person_of(name, TenantId::default()).await
    }

    pub(crate) async fn person_of(&self, name: &str, tenant: TenantId) -> Caller {
        let mut new = new_user(name);
        new.tenant = tenant;
        let user = self.ctx.ports.store.create_user(new).await.unwrap();
        Caller {
            tenant: user.tenant,
            user: user.id,
            username: user.username,
            admin: false,
            expires_at: Timestamp::MAX,
            session: None,
        }
    }

    pub(crate) async fn ask(&self, who: &Caller, command: Command) -> Result<Reply> {
        self.app.handle(who, command).await
    }

    pub(crate) async fn refused(&self, who: &Caller, command: Command) -> Code {
        self.ask(who, command).await.expect_err("refused").code()
    }

    pub(crate) async fn channel(&self, who: &Caller, name: &str) -> RoomView {
        let name = room_name(name);
        match self
            .ask(who, Command::CreateChannel { name })
            .await
            .unwrap()
        {
            Reply::Room(view) => view,
            other => panic!("no room: {other:?}"),
        }
    }

    pub(crate) async fn join(&self, who: &Caller, room: RoomId) -> Option<Row> {
        match self.ask(who, Command::Join { room }).await.unwrap() {
            Reply::Joined { row, .. } => row.map(|row| *row),
            other => panic!("not joined: {other:?}"),
        }
    }

    pub(crate) async fn say(&self, who: &Caller, room: RoomId, text: &str) -> Row {
        match self.ask(who, send(room, text)).await.unwrap() {
            Reply::Sent { row, .. } => row,
            other => panic!("not sent: {other:?}"),
        }
    }

    pub(crate) async fn view(&self, who: &Caller, room: RoomId) -> RoomView {
        match self.ask(who, Command::GetRoom { room }).await.unwrap() {
            Reply::Room(view) => view,
            other => panic!("no room: {other:?}"),
        }
    }
}

/// A message with a client id of its own.
pub(crate) fn send(room: RoomId, text: &str) -> Command {
    Command::Send {
        room,
        client_id: ClientId::new(),
        content: Content::plain(text),
    }
}
