//! The product in this process, on a port and a folder of its own: whole, or as its services.

use std::{net::SocketAddr, path::Path, sync::Arc};

use domain::ports::{Ports, Store};
use settings::{PolicySetting, Settings};
use tempfile::TempDir;

use crate::{
    Anon, Rest, SignedIn,
    backends::{self, Backends},
    split::Split,
};

/// bcrypt's lowest cost: the tests are not about how long a hash takes.
const QUICK_HASH: u32 = 4;

/// Later than every row of a test.
const LATER: domain::Timestamp = domain::Timestamp::MAX;

/// A running server. Tests end it with [`Server::stop`], which fails when a part of it had failed.
pub struct Server {
    running: Running,
    settings: Settings,
    between: Between,
    folder: TempDir,
}

/// One server that is everything, or the services behind one address.
enum Running {
    Whole(Box<hubbub::Server>),
    Split(Box<Split>),
}

/// What is put between a server and its ports, at each start.
pub(crate) type Between = Arc<dyn Fn(&mut Ports) + Send + Sync>;

impl Server {
    /// Starts a server with the default settings.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server that limits no rates and no sessions.
    pub async fn without_limits() -> Self {
        Self::start_with(|settings| settings.no_limits = true).await
    }

    /// Starts a server with archive policies.
    pub async fn with_policies(policies: Vec<PolicySetting>) -> Self {
        Self::start_with(|settings| {
            settings.no_limits = true;
            settings.archive.policies = policies;
        })
        .await
    }

    /// Starts a server with changed settings.
    ///
    /// # Panics
    /// When it does not become ready.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_between(change, Arc::new(|_| {})).await
    }

    /// The same, with something between it and its ports.
    pub(crate) async fn start_between(
        change: impl FnOnce(&mut Settings),
        between: Between,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Settings {
            data: folder.path().join("data"),
            ..Settings::default()
        };
        settings.auth.bcrypt_cost = QUICK_HASH;
        backends::choose(&mut settings);
        change(&mut settings);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = Running::start(&settings, any, &between).await;
        Self {
            running,
            settings,
            between,
            folder,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.running.address()
    }

    /// A client without a token.
    #[must_use]
    pub fn rest(&self) -> Rest {
        Rest::new(self.addr())
    }

    /// Somebody who has not said who they are.
    #[must_use]
    pub fn anon(&self) -> Anon {
        Anon { rest: self.rest() }
    }

    /// What the banner shows to whoever starts a server without an administrator.
    ///
    /// # Panics
    /// When there is one, or the services run alone, which show none.
    pub async fn setup_token(&self) -> String {
        let Running::Whole(running) = &self.running else {
            panic!("only a whole server shows one");
        };
        let token = running.open_setup().await.expect("a store");
        token.expect("no administrator yet")
    }

    /// Every method and path of chat, those of the dialects among them, with `{name}` for a segment
    /// that varies.
    #[must_use]
    pub fn paths(&self) -> Vec<(&'static str, &'static str)> {
        let services = chat_service::alone(self.running.ctx());
        let endpoints = services.iter().flat_map(|service| service.endpoints());
        let each = endpoints.flat_map(|one| one.methods.iter().map(|method| (*method, one.path)));
        each.collect()
    }

    /// How many files lie in the folder of the uploads, whole or in part.
    #[must_use]
    pub fn blobs(&self) -> usize {
        count(&self.settings.data.join("blobs"))
    }

    /// Signs an administrator up.
    ///
    /// # Panics
    /// When the store refuses it.
    pub async fn admin(&self, name: &str) -> SignedIn {
        let admin = self.anon().sign_up(name).await;
        let id = admin.id.parse().expect("an id");
        let made = self.running.store().set_admin(id, true).await;
        made.expect("an administrator");
        self.anon().log_in(name).await
    }

    /// What a month does to all that was said and done until now: once it is published, old changes
    /// are dropped from the logs.
    ///
    /// # Panics
    /// When the store refuses it, or it is never published.
    pub async fn a_month_later(&self) {
        let store = self.running.store();
        let published = async || {
            let marked = store.marked(LATER, 1).await.expect("a store");
            marked.is_empty().then_some(())
        };
        crate::eventually("publishing", published).await;
        let dropped = store.drop_changes(LATER, None, 10_000).await;
        assert_eq!(
            dropped.expect("a store").next,
            None,
            "more than a test does"
        );
    }

    /// Stops it and starts it again on the same folder and address.
    ///
    /// # Panics
    /// When either fails.
    pub async fn restart(self) -> Self {
        let addr = self.addr();
        Box::pin(self.running.stop()).await;
        let running = Running::start(&self.settings, addr, &self.between).await;
        Self {
            running,
            settings: self.settings,
            between: self.between,
            folder: self.folder,
        }
    }

    /// Stops it.
    ///
    /// # Panics
    /// When a part of it had failed, or it takes too long.
    pub async fn stop(self) {
        crate::soon("the end", self.running.stop()).await;
        drop(self.folder);
    }
}

impl Running {
    async fn start(settings: &Settings, addr: SocketAddr, between: &Between) -> Self {
        // Boxed, since all that opens is a part of it and tests nest.
        if backends::chosen() == Backends::Split {
            let split = Box::pin(Split::start(settings, addr, between));
            return Self::Split(Box::new(split.await));
        }
        let listener = edge::listen(addr).expect("a port");
        let between = Arc::clone(between);
        let running = hubbub::run_between(settings.clone(), vec![listener], move |p| between(p));
        Self::Whole(Box::new(Box::pin(running).await.expect("a server")))
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Whole(server) => server.address(),
            Self::Split(split) => split.address(),
        }
    }

    /// What chat works with.
    fn ctx(&self) -> &edge::Context {
        match self {
            Self::Whole(server) => server.ctx(),
            Self::Split(split) => split.chat(),
        }
    }

    fn store(&self) -> &Arc<dyn Store> {
        &self.ctx().ports.store
    }

    async fn stop(self) {
        match self {
            Self::Whole(server) => server.stop().await.expect("a clean end"),
            Self::Split(split) => split.stop().await,
        }
    }
}

/// The files below a folder.
fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let each = entries.map(|entry| match entry.path() {
        path if path.is_dir() => count(&path),
        _ => 1,
    });
    each.sum()
}
