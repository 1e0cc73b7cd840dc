//! The services of one process: all of them.

use std::sync::Arc;

use async_trait::async_trait;
use chat_service::{ChatService, Writers, setup::Setup};
use domain::{Appended, NewRow, Result, Room};
use edge::{Application, Context, Service};
use scheduler_service::{Archive, RoomLog};

use crate::admin;

/// Every service of a process, and what stands behind them.
pub(crate) struct Parts {
    /// Ready to be served on one listener.
    pub(crate) services: Vec<Service>,
    /// The archive.
    pub(crate) archive: Archive,
    /// The rules of chat.
    pub(crate) app: Arc<dyn Application>,
    /// How the first administrator comes to be.
    pub(crate) setup: Arc<Setup>,
}

/// Puts all of them together.
pub(crate) fn all(ctx: &Context) -> Parts {
    let ChatService {
        service,
        writers,
        app,
        setup,
    } = chat_service::service(ctx);
    let rooms = Arc::new(ThroughWriters(writers));
    let archive = scheduler_service::archive(ctx, rooms);
    let services = vec![
        service,
        notification_service::service(ctx),
        edge::socket::notifications(ctx),
        scheduler_service::service(ctx, archive.clone()),
        admin::service(ctx),
    ];
    Parts {
        services,
        archive,
        app,
        setup,
    }
}

/// Archive runs tell rooms through chat's writers: of one room only one append may be under way.
struct ThroughWriters(Writers);

#[async_trait]
impl RoomLog for ThroughWriters {
    async fn append(&self, room: &Room, row: NewRow) -> Result<Appended> {
        self.0.append(&room.tenant, room.id, row).await
    }
}

#[cfg(test)]
mod tests {
    use settings::Settings;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::server;

    #[tokio::test]
    async fn every_route_is_described_and_everything_described_is_a_route() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: folder.path().join("data"),
            ..Settings::default()
        };
        std::fs::create_dir(&settings.data).unwrap();
        let ctx = server::open(settings).await.unwrap();
        let ctx = ctx.context(CancellationToken::new());
        let services = all(&ctx).services;
        assert_eq!(edge::docs::differences(&services), Vec::<String>::new());
        server::close(&ctx).await;
    }
}
