//! What the tests of this crate share: chat in miniature, on an embedded store.

use std::{path::PathBuf, sync::Arc};

use adapter_blobs::DirBlobs;
use adapter_local::{LocalBus, LocalCache, LocalPresences};
use adapter_sqlite::{Options, SqliteQueue, SqliteStore, Synchronous};
use domain::{
    Caller, ClientId, Code, Command, Content, Edit, Emoji, FileId, Member, Message, MessageId,
    Reply, Result, Rev, Role, RoomId, Row, TenantId, Timestamp, WantedRoom,
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
    data: TempDir,
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
            visitors: Arc::new(LocalPresences::new()),
            budgets: None,
            feed: None,
            bus: Arc::new(LocalBus::new()),
            blobs: Arc::new(DirBlobs::open(data.path().join("blobs")).unwrap()),
            clock: clock.clone(),
            dependencies: Vec::new(),
        };
        let ctx = Context::new(Arc::new(settings), ports, &Secret::new(SECRET));
        let ChatService { writers, .. } = crate::service(&ctx);
        Self {
            app: crate::application(&ctx, writers),
            ctx,
            clock,
            data,
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.ctx.ports.store
    }

    /// Where the bytes of a file lie.
    pub(crate) fn blob(&self, file: FileId) -> PathBuf {
        let folders = std::fs::read_dir(self.data.path().join("blobs")).unwrap();
        let mut places = folders.map(|folder| folder.unwrap().path().join(file.to_string()));
        places
            .find(|path| path.exists())
            .expect("the file is there")
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
        match self.ask(who, channel(name)).await.unwrap() {
            Reply::Opened { room, .. } => room,
            other => panic!("no room: {other:?}"),
        }
    }

    /// A group of its maker and these.
    pub(crate) async fn group(&self, who: &Caller, members: &[&Caller]) -> RoomId {
        let members = members.iter().map(|member| member.user).collect();
        let room = WantedRoom::Group {
            name: None,
            members,
            read_only: false,
        };
        let command = Command::CreateRoom { room, key: None };
        match self.ask(who, command).await.unwrap() {
            Reply::Opened { room, .. } => room.room.id,
            other => panic!("no room: {other:?}"),
        }
    }

    /// The direct room with somebody, and whether it was made now.
    pub(crate) async fn direct(&self, who: &Caller, with: &Caller) -> (RoomView, bool) {
        let user = with.user;
        match self.ask(who, Command::OpenDirect { user }).await.unwrap() {
            Reply::Opened { room, made } => (room, made),
            other => panic!("no room: {other:?}"),
        }
    }

    /// What somebody may do in a room; `None` for who is not in it.
    pub(crate) async fn role(&self, room: RoomId, of: &Caller) -> Option<Role> {
        let member = self.store().member(room, of.user).await.unwrap();
        member.filter(Member::is_active).map(|member| member.role)
    }

    pub(crate) async fn message(&self, who: &Caller, room: RoomId, message: MessageId) -> Message {
        let command = Command::GetMessage { room, message };
        match self.ask(who, command).await.unwrap() {
            Reply::Message { message, .. } => message,
            other => panic!("no message: {other:?}"),
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

/// The making of a channel.
pub(crate) fn channel(name: &str) -> Command {
    let name = room_name(name);
    let room = WantedRoom::Channel {
        name,
        read_only: false,
    };
    Command::CreateRoom { room, key: None }
}

/// An edit with a client id of its own.
pub(crate) fn edit(room: RoomId, message: MessageId, text: &str, if_rev: Option<Rev>) -> Command {
    Command::Edit {
        room,
        client_id: ClientId::new(),
        message,
        edit: Edit {
            text: text.into(),
            mentions: Vec::new(),
            if_rev,
        },
    }
}

/// A deletion with a client id of its own.
pub(crate) fn delete(room: RoomId, message: MessageId) -> Command {
    Command::Delete {
        room,
        client_id: ClientId::new(),
        message,
        if_rev: None,
    }
}

/// A reaction that is set, or taken back.
pub(crate) fn react(room: RoomId, message: MessageId, emoji: &str, set: bool) -> Command {
    Command::React {
        room,
        message,
        emoji: Emoji::parse(emoji).unwrap(),
        set,
    }
}

/// A message with a client id of its own.
pub(crate) fn send(room: RoomId, text: &str) -> Command {
    Command::Send {
        room,
        client_id: ClientId::new(),
        draft: Content::plain(text).into(),
    }
}
