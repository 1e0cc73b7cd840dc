//! Where commands are carried out: on the store itself if nobody else has the data folder, and
//! else by the server that has it. Either way by the same admin routes.

use std::{path::Path, time::Duration};

use edge::Context;
use settings::Settings;
use tokio::time::{Instant, sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Failure,
    client::{Client, Inside},
    data::{Claim, DataFolder, admin_socket},
    server,
    services::{self, Parts},
};

/// How long a server that has the folder, but not yet its socket, is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// The place, and how to speak to it.
pub(crate) struct Office {
    pub(crate) client: Client,
    own: Option<(Context, DataFolder)>,
}

impl Office {
    /// Opens the store, or connects to whoever has it.
    pub(crate) async fn enter(settings: &Settings) -> Result<Self, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let holder = match DataFolder::claim(&settings.data)? {
                Claim::Free(folder) => return Self::open(settings.clone(), folder).await,
                Claim::Taken(holder) => holder,
            };
            match Self::connect(&settings.data).await {
                Ok(office) => return Ok(office),
                // It is starting or ending: soon there is a socket, or no lock.
                Err(_) if Instant::now() < until => sleep(LOOK).await,
                Err(error) => {
                    return Err(Failure::Silent {
                        data: settings.data.clone(),
                        holder,
                        reason: error.to_string(),
                    });
                }
            }
        }
    }

    async fn connect(data: &Path) -> std::io::Result<Self> {
        let client = Client::connect(&admin_socket(data), &TaskTracker::new()).await?;
        Ok(Self { client, own: None })
    }

    async fn open(settings: Settings, folder: DataFolder) -> Result<Self, Failure> {
        let ctx = server::open(settings)
            .await?
            .context(CancellationToken::new());
        let Parts {
            services, archive, ..
        } = services::all(&ctx);
        if let Err(error) = scheduler_service::end_cut(&archive).await {
            // As on a full disk, where people still may look.
            tracing::warn!(%error, "archive runs that were cut off are still there");
        }
        let front = edge::in_process(&ctx, services);
        let client = Client::InProcess(Box::new(Inside::new(front, &ctx)));
        Ok(Self {
            client,
            own: Some((ctx, folder)),
        })
    }

    /// Finishes what was begun here, closes the store and gives the folder back.
    pub(crate) async fn leave(self) {
        drop(self.client);
        if let Some((ctx, folder)) = self.own {
            ctx.drain.cancel();
            ctx.stop.cancel();
            ctx.tasks.close();
            ctx.tasks.wait().await;
            server::close(&ctx).await;
            drop(folder);
        }
    }
}
