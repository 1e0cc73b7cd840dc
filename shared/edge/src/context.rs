//! What every service of a process shares.

use std::sync::Arc;

use domain::{Code, Error, Limits, NodeId, ports::Ports};
use settings::{Secret, Settings};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Authenticator, Health, LinkSigner, Live, Origins, Passwords, Proxies, Rates, Sessions,
};

/// What every service of a process shares: the ports, the settings, the one hub, and the signals
/// of its end. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// This process.
    pub node: NodeId,
    /// Where everything is kept.
    pub ports: Ports,
    /// What the installation chose.
    pub settings: Arc<Settings>,
    /// The limits, apart, because they are asked for most.
    pub limits: Arc<Limits>,
    /// Who asks.
    pub auth: Arc<Authenticator>,
    /// Signs links to files.
    pub links: Arc<LinkSigner>,
    /// Hashes passwords.
    pub passwords: Arc<Passwords>,
    /// How fast somebody may go.
    pub rates: Arc<Rates>,
    /// How many sockets are open.
    pub sessions: Arc<Sessions>,
    /// Which web pages may come.
    pub origins: Arc<Origins>,
    /// Which reverse proxies are believed.
    pub proxies: Arc<Proxies>,
    /// Who listens, and how rows reach them.
    pub live: Arc<Live>,
    /// Whether everything is there.
    pub health: Arc<Health>,
    /// Cancelled first: stop accepting, tell the sessions, finish what was taken.
    pub drain: CancellationToken,
    /// Cancelled when the sessions are gone: background tasks finish and end.
    pub stop: CancellationToken,
    /// Whatever is spawned is spawned on it, so that the end waits for it.
    pub tasks: TaskTracker,
}

impl Context {
    /// Puts a process together. The secret is what [`crate::load_secret`] gave.
    #[must_use]
    pub fn new(settings: Arc<Settings>, ports: Ports, secret: &Secret) -> Self {
        Self::draining_at(CancellationToken::new(), settings, ports, secret)
    }

    /// The same, of a process that drains when `drain` is cancelled, perhaps before it is put
    /// together.
    #[must_use]
    pub fn draining_at(
        drain: CancellationToken,
        settings: Arc<Settings>,
        ports: Ports,
        secret: &Secret,
    ) -> Self {
        let limits = Arc::new(settings.limits.clone());
        let health = Arc::new(Health::new(drain.clone()));
        let store = ports.store.clone();
        health.check("store", move || {
            let store = store.clone();
            async move { store.ping().await }
        });
        for (name, dependency) in &ports.dependencies {
            let dependency = Arc::clone(dependency);
            health.check_spare(name, move || {
                let dependency = Arc::clone(&dependency);
                async move { dependency.ping().await }
            });
        }
        let (clock, lifted) = (ports.clock.clone(), settings.no_limits);
        let auth = Authenticator::new(ports.store.clone(), clock, &settings, secret);
        let auth = Arc::new(auth);
        watch_issuers(&health, &auth, &settings);
        let rates = Rates::new(&limits, lifted, secret).shared_by(ports.budgets.clone());
        let node = NodeId::new();
        Self {
            node,
            live: Live::new(node, &ports, Arc::clone(&limits)),
            auth,
            links: Arc::new(LinkSigner::new(secret)),
            passwords: Arc::new(Passwords::new(settings.auth.bcrypt_cost)),
            rates: Arc::new(rates),
            sessions: Arc::new(Sessions::new(&limits, lifted)),
            origins: Arc::new(Origins::new(&settings.http.allowed_origins)),
            proxies: Arc::new(Proxies::new(&settings.server.trusted_proxies)),
            health,
            drain,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            ports,
            settings,
            limits,
        }
    }
}

/// Lets readiness say what is wrong with foreign issuers. Everybody else can come in meanwhile, so
/// that the process is ready without them.
fn watch_issuers(health: &Health, auth: &Arc<Authenticator>, settings: &Settings) {
    if settings.auth.issuers.is_empty() {
        return;
    }
    let auth = Arc::downgrade(auth);
    health.check_spare("issuers", move || {
        let fault = auth.upgrade().and_then(|auth| auth.issuers_fault());
        let found = fault.map_or(Ok(()), |fault| {
            Err(Error::new(Code::Unavailable).with_detail(fault))
        });
        std::future::ready(found)
    });
}
