//! The services of one process: all of them.

use std::sync::Arc;

use async_trait::async_trait;
use chat_service::{ChatService, Writers};
use domain::{Appended, NewRow, Result, Room};
use edge::{Context, Service};
use scheduler_service::{Archive, RoomLog};

use crate::admin;

/// Every service, ready to be served on one listener, and the archive behind one of them.
pub(crate) fn all(ctx: &Context) -> (Vec<Service>, Archive) {
    let ChatService { service, writers } = chat_service::service(ctx);
    let rooms = Arc::new(ThroughWriters(writers));
    let archive = scheduler_service::archive(ctx, rooms);
    let services = vec![
        service,
        notification_service::service(ctx),
        edge::socket::notifications(ctx),
        scheduler_service::service(ctx, archive.clone()),
        admin::service(ctx),
    ];
    (services, archive)
}

/// Archive runs tell rooms through chat's writers: of one room only one append may be under way.
struct ThroughWriters(Writers);

#[async_trait]
impl RoomLog for ThroughWriters {
    async fn append(&self, room: &Room, row: NewRow) -> Result<Appended> {
        self.0.append(&room.tenant, room.id, row).await
    }
}
