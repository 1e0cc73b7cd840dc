//! The whole product in one process: open, serve, end.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use chat_service::setup::Setup;
use domain::{Limits, ports::Ports};
use edge::{Application, Context, Listener};
use settings::{Secret, Settings};
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Failure,
    client::Client,
    data::{Claim, DataFolder, admin_socket},
    services::{self, Parts},
};

/// How long a server may take to become ready that waits for nobody.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often somebody who waits for readiness asks.
const ASK: Duration = Duration::from_millis(2);

/// How long the store may take to close, once nobody uses it.
const CLOSE: Duration = Duration::from_secs(1);

/// The server of this process, ready. Dropping it leaves it running; [`Server::stop`] ends it.
pub struct Server {
    ctx: Context,
    app: Arc<dyn Application>,
    setup: Arc<Setup>,
    addresses: Vec<SocketAddr>,
    serving: JoinHandle<domain::Result<()>>,
    _folder: DataFolder,
}

/// A process whose ports are open, and which does nothing yet.
pub(crate) struct Opened {
    settings: Settings,
    secret: Secret,
    ports: Ports,
}

/// Serves everything on these listeners, and on `admin.sock` in the data folder, and answers once
/// `/readyz` is 200. This is all that `hubbub serve` does, less flags, signals, log and banner.
///
/// # Errors
/// When another process has the data folder, the store cannot be opened, something is missing for
/// half a minute (a store on a server is waited for), or all limits are lifted for more than loopback; the text says what to do.
pub async fn run(settings: Settings, listeners: Vec<TcpListener>) -> Result<Server, Failure> {
    run_between(settings, listeners, |_| {}).await
}

/// The same, with something put between the process and its ports: for tests, of a bus that loses
/// messages.
///
/// # Errors
/// As of [`run`].
pub async fn run_between(
    settings: Settings,
    listeners: Vec<TcpListener>,
    between: impl FnOnce(&mut Ports),
) -> Result<Server, Failure> {
    let folder = claim(&settings.data)?;
    let mut opened = open(settings).await?;
    between(&mut opened.ports);
    let ctx = opened.context(CancellationToken::new());
    let server = serve(ctx, folder, listeners).await?;
    match server.ready().await {
        Ok(()) => Ok(server),
        Err(failure) => Err(server.give_up(failure).await),
    }
}

/// Takes the data folder, or says who has it.
pub(crate) fn claim(data: &Path) -> Result<DataFolder, Failure> {
    match DataFolder::claim(data)? {
        Claim::Free(folder) => Ok(folder),
        Claim::Taken(holder) => Err(Failure::InUse {
            data: data.to_owned(),
            holder,
        }),
    }
}

/// Binds every address of the settings.
pub(crate) fn bind(settings: &Settings) -> Result<Vec<TcpListener>, Failure> {
    let bound = settings.listen.iter().map(|address| edge::listen(*address));
    bound.collect::<Result<_, _>>().map_err(Failure::Listen)
}

/// Opens the ports.
pub(crate) async fn open(settings: Settings) -> Result<Opened, Failure> {
    let secret = edge::load_secret(&settings)?;
    let ports = adapters::open(&settings).await?;
    Ok(Opened {
        settings,
        secret,
        ports,
    })
}

impl Opened {
    /// Puts the process together, which ends when `drain` is cancelled.
    pub(crate) fn context(self, drain: CancellationToken) -> Context {
        Context::draining_at(drain, Arc::new(self.settings), self.ports, &self.secret)
    }
}

/// Closes the store, once nobody uses it any more.
pub(crate) async fn close(ctx: &Context) {
    if timeout(CLOSE, ctx.ports.store.close()).await.is_err() {
        tracing::warn!("the store did not close in time; what was acknowledged is safe");
    }
}

/// Serves what was put together. It may not be ready yet: see [`Server::ready`].
pub(crate) async fn serve(
    ctx: Context,
    folder: DataFolder,
    listeners: Vec<TcpListener>,
) -> Result<Server, Failure> {
    let addresses: Vec<_> = listeners
        .iter()
        .filter_map(|listener| listener.local_addr().ok())
        .collect();
    // Listeners that are handed in were never checked with the settings.
    if ctx.settings.no_limits && !addresses.iter().all(|at| at.ip().is_loopback()) {
        return Err(Failure::Unlimited);
    }
    let mut listeners = edge::secured(listeners, &ctx.settings.server.tls)?;
    listeners.push(Listener::Local(folder.admin_socket()?));
    let configured = match adapters::is_shared(&ctx.settings) {
        true => scheduler_service::configure_when_there(&ctx).await,
        false => scheduler_service::configure(&ctx).await,
    };
    configured.map_err(Failure::Broken)?;
    let Parts {
        services,
        app,
        setup,
        ..
    } = services::all(&ctx);
    let shared = ctx.clone();
    // Not on the context's own tracker, whose end it waits for.
    let serving =
        TaskTracker::new().spawn(async move { edge::serve(&shared, listeners, services).await });
    Ok(Server {
        ctx,
        app,
        setup,
        addresses,
        serving,
        _folder: folder,
    })
}

impl Server {
    /// Where it listens, in the order of the listeners.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where it listens first.
    ///
    /// # Panics
    /// When it was started without a listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// What the services share.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// The rules of chat.
    pub(crate) fn app(&self) -> &Arc<dyn Application> {
        &self.app
    }

    /// Lets whoever is shown the answer make the first administrator, once and within an hour, at
    /// `/setup` or `POST /api/v1/setup`. `None` when there is an administrator. Nobody else must
    /// see it.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn open_setup(&self) -> Result<Option<String>, Failure> {
        self.setup.open().await.map_err(Failure::Broken)
    }

    /// Drains, closes the store and gives the data folder back, within 10 seconds.
    ///
    /// # Errors
    /// When a part of it had failed.
    pub async fn stop(self) -> Result<(), Failure> {
        self.ctx.drain.cancel();
        self.wait().await
    }

    /// Ends it, since it did not become ready. Says why: what had failed, if anything had.
    pub(crate) async fn give_up(self, failure: Failure) -> Failure {
        let ended = self.stop().await;
        ended.err().unwrap_or(failure)
    }

    /// Whether it was told to end.
    pub(crate) fn is_draining(&self) -> bool {
        self.ctx.drain.is_cancelled()
    }

    /// Waits until somebody drains it, or a part fails, and then does what [`Server::stop`] does.
    ///
    /// # Errors
    /// When a part of it failed.
    pub async fn wait(self) -> Result<(), Failure> {
        let drain = &self.ctx.drain;
        let too_late = async {
            drain.cancelled().await;
            sleep(Limits::DRAIN - CLOSE).await;
        };
        let ended = tokio::select! {
            ended = self.serving => ended.map_err(domain::Error::internal).flatten(),
            () = too_late => {
                tracing::warn!("draining took too long and was cut off");
                Ok(())
            }
        };
        close(&self.ctx).await;
        ended.map_err(Failure::Broken)
    }

    /// Waits until it is ready, and fails when that takes too long, or it is drained.
    ///
    /// It asks like everybody else, so that whoever is told that it is ready finds it ready. A store
    /// that is a server's is waited for as long as it takes: whoever asks is told what is missing.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        let patience = match adapters::is_shared(&self.ctx.settings) {
            true => Duration::MAX,
            false => PATIENCE,
        };
        let tasks = TaskTracker::new();
        let path = admin_socket(&self.ctx.settings.data);
        let ask = async {
            loop {
                if let Ok(mut client) = Client::connect(&path, &tasks).await
                    && client.get("/readyz").await.is_ok()
                {
                    return;
                }
                sleep(ASK).await;
            }
        };
        tokio::select! {
            asked = timeout(patience, ask) => match asked {
                Ok(()) => Ok(()),
                Err(_) => Err(self.not_ready().await),
            },
            () = self.ctx.drain.cancelled() => Err(self.not_ready().await),
        }
    }

    async fn not_ready(&self) -> Failure {
        let missing = self.ctx.health.missing().await;
        let missing: Vec<_> = missing
            .iter()
            .map(|(part, why)| format!("{part} {why}"))
            .collect();
        Failure::NotReady {
            missing: missing.join(", "),
        }
    }
}
